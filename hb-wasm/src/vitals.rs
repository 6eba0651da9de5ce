//! How vitals are spelled in a query: the client's half of liveness.md 5, without formatting machinery.
//!
//! The names before them (promise, app, host, slot) never enter the module: the face writes them once. Not here:
//! reading a query (hb-core's wire, which the tests of this file hold it against).

use alloc::string::String;

use hb_core::beat::{By, Diagnosis, Gl, Visibility, Vitals};
use hb_core::id::Boot;

/// Appends `&v=1&boot=…` to `out`: every part that is known, no other.
pub(crate) fn spell(vitals: &Vitals, out: &mut String) {
    number(out, "&v=", vitals.version.map(u32::from));
    text(out, "&boot=", vitals.boot.as_ref().map(Boot::as_str));
    number(out, "&seq=", vitals.seq);
    text(out, "&by=", vitals.by.map(By::word));
    // 32 bits of frames are two years at 60 a second.
    number(out, "&frames=", vitals.frames.map(|frames| frames as u32));
    number(out, "&age=", vitals.age);
    number(out, "&gap=", vitals.gap);
    text(out, "&vis=", vitals.visibility.map(Visibility::word));
    text(out, "&gl=", vitals.gl.map(Gl::word));
    text(out, "&state=", vitals.diagnosis.map(Diagnosis::word));
    number(out, "&stall=", vitals.stall);
    number(out, "&errs=", vitals.errors);
}

fn number(out: &mut String, name: &str, value: Option<u32>) {
    if let Some(mut value) = value {
        let mut digits = [0_u8; 10];
        let mut from = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
            from -= 1;
            if value == 0 {
                break;
            }
        }
        out.push_str(name);
        digits.iter().skip(from).for_each(|&digit| out.push(char::from(digit)));
    }
}

/// Words and boots need no escaping: letters, digits, `-`, `_` and `.`.
fn text(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push_str(name);
        out.push_str(value);
    }
}
