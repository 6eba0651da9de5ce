//! What was kept is believed again (spec/liveness.md 3, law 5): apps, how they were, and from when on nobody looked.
//!
//! Not here: what is left of which state after a restart (`hb_core::registry`).

use std::collections::HashSet;

use hb_core::beat::Promise;
use hb_core::id::{Boot, OwnedIdentity};
use hb_core::registry::Memory;
use hb_lease::time::Wall;

use super::ledger::Ledger;
use crate::engine::Engine;
use crate::engine::clock::Clock;
use crate::store::Reader;
use crate::store::row::Last;

/// Has the engine believe what `reader` finds; returns how many apps those are. To be called before anybody beats.
///
/// # Errors
/// The memory cannot be read.
pub fn restore(engine: &Engine, reader: &mut Reader) -> Result<usize, rusqlite::Error> {
    into(engine, reader, &mut Ledger::default())
}

/// As [`restore`]; `ledger` goes on where the last run ended.
pub(super) fn into(
    engine: &Engine,
    reader: &mut Reader,
    ledger: &mut Ledger,
) -> Result<usize, rusqlite::Error> {
    let lasts = reader.last_states()?;
    let adopted: HashSet<OwnedIdentity> = reader.adoptions()?.into_iter().map(|row| row.app).collect();
    let clock = engine.clock();
    let now = clock.wall(clock.now());
    // The last sign of the run before: from then on nobody looked. A calendar that went back knows no better than now.
    let lived = lasts.iter().map(|last| last.at.as_unix_millis() + 1).max().unwrap_or(0);
    let lived = Wall::from_unix_millis(lived.min(now.as_unix_millis()));
    for last in &lasts {
        ledger.remember(last, lived, now);
    }
    for began in reader.open_conflicts()? {
        ledger.forget_conflict(&began, lived);
    }
    let memories =
        lasts.iter().map(|last| (last.app.clone(), memory(last, adopted.contains(&last.app), clock)));
    let refused = engine.restore(memories);
    if refused > 0 {
        tracing::warn!("{refused} remembered apps find no room: see max_apps");
    }
    Ok(lasts.len() - refused)
}

fn memory(last: &Last, adopted: bool, clock: &Clock) -> Memory {
    Memory {
        state: last.state,
        cause: last.cause,
        since: clock.at(last.since),
        first_seen: clock.at(last.first_seen),
        promise: Promise::from_millis(u64::from(last.promise)).unwrap_or_default(),
        boot: last.boot.as_deref().and_then(Boot::new),
        version: last.version.and_then(|version| u8::try_from(version).ok()),
        lived: last.lived,
        adopted,
    }
}
