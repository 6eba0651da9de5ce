//! Which vitals a request says, as numbers: the client's half of liveness.md 5. Their names and words stand in the face
//! (`npm/src/words.ts`), where text costs a third of what it costs here.
//!
//! The names before them (app, boot, host, slot) never enter the module: the face writes them once. Not here:
//! reading a query, and writing one natively (hb-core's wire, against which the tests of `words` hold face and module).

use hb_core::beat::Vitals;

/// Calls `say` with each part that is known, in the order of the face's table: its place there, and its value or the place
/// of its word.
pub(crate) fn each(vitals: &Vitals, mut say: impl FnMut(u32, u32)) {
    let mut part = |which, value: Option<u32>| {
        if let Some(value) = value {
            say(which, value);
        }
    };
    part(0, vitals.version.map(u32::from));
    part(1, vitals.seq);
    part(2, vitals.by.map(|by| by as u32));
    // 32 bits of frames are two years at 60 a second.
    part(3, vitals.frames.map(|frames| frames as u32));
    part(4, vitals.age);
    part(5, vitals.gap);
    part(6, vitals.visibility.map(|visibility| visibility as u32));
    part(7, vitals.gl.map(|gl| gl as u32));
    part(8, vitals.diagnosis.map(|diagnosis| diagnosis as u32));
    part(9, vitals.stall);
    part(10, vitals.errors);
    part(11, vitals.memory);
}
