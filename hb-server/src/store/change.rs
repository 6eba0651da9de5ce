//! What is done to rows that are there already: an app goes, moves, or has more to say of an hour.
//!
//! Not here: rows that come as a whole ([`super::writer::put`]), and what goes by age ([`super::retention`]).

use hb_core::id::OwnedIdentity;
use rusqlite::{Connection, Error};

use super::cell::Names;
use super::row::{Hour, Kind, Row};

/// What two pieces of one hour are together: seconds and counts add up, extremes are the further one, and the mean of
/// frame rates is weighted with beats, of which there are the more the longer it was measured.
const TOGETHER: &str = "ON CONFLICT (app, hour) DO UPDATE SET
    missing = min(missing + excluded.missing, 65535), down = min(down + excluded.down, 65535),
    stalled = min(stalled + excluded.stalled, 65535), hidden = min(hidden + excluded.hidden, 65535),
    late = min(late + excluded.late, 65535), unknown = min(unknown + excluded.unknown, 65535),
    reconnecting = min(reconnecting + excluded.reconnecting, 65535),
    starting = min(starting + excluded.starting, 65535), up = min(up + excluded.up, 65535),
    off = min(off + excluded.off, 65535), done = min(done + excluded.done, 65535),
    beats = beats + excluded.beats, reloads = reloads + excluded.reloads, errors = errors + excluded.errors,
    slowest = min(ifnull(slowest, excluded.slowest), ifnull(excluded.slowest, slowest)),
    mean = CASE WHEN mean IS NULL OR excluded.mean IS NULL THEN ifnull(mean, excluded.mean)
        ELSE (mean * max(beats, 1) + excluded.mean * max(excluded.beats, 1))
            / (max(beats, 1) + max(excluded.beats, 1)) END,
    gap = max(ifnull(gap, excluded.gap), ifnull(excluded.gap, gap))";

/// Adds a piece of an hour to what is known of it.
pub(super) fn add(db: &Connection, names: &mut Names, hour: &Hour) -> Result<u64, Error> {
    let row = Row::Hour(hour.clone());
    let values = row.values(db, names)?;
    let marks = vec!["?"; values.len()].join(", ");
    let text = format!("INSERT INTO hours ({}) VALUES ({marks}) {TOGETHER}", row.kind().columns().join(", "));
    db.prepare_cached(&text)?.execute(rusqlite::params_from_iter(values))?;
    Ok(1)
}

/// Nobody holds this app any more.
pub(super) fn forget(db: &Connection, names: &mut Names, id: &OwnedIdentity) -> Result<(), Error> {
    let number = names.number(db, id)?;
    for kind in [Kind::Last, Kind::Adoption] {
        db.execute(&format!("DELETE FROM {} WHERE app = ?", kind.word()), [number])?;
    }
    Ok(())
}

/// All that is known of an app is known of another from now on.
pub(super) fn move_to(
    db: &Connection,
    names: &mut Names,
    from: &OwnedIdentity,
    to: &OwnedIdentity,
) -> Result<(), Error> {
    if from == to {
        return Ok(());
    }
    let parts = [names.number(db, to)?, names.number(db, from)?];
    // Of two that were heard, who was heard last.
    let older = "DELETE FROM last_states WHERE app = ?1
        AND at <= ifnull((SELECT at FROM last_states WHERE app = ?2), at - 1)";
    db.execute(older, parts)?;
    db.execute("UPDATE OR IGNORE last_states SET app = ?1 WHERE app = ?2", parts)?;
    for kind in [Kind::Transition, Kind::Conflict, Kind::Incident, Kind::Adoption, Kind::Repair] {
        db.execute(&format!("UPDATE OR REPLACE {} SET app = ?1 WHERE app = ?2", kind.word()), parts)?;
    }
    // Whoever watches writes of the new name by itself: what was said last holds.
    let ladders = "INSERT INTO ladders (app, at, record) SELECT ?1, at, record FROM ladders WHERE app = ?2
        ON CONFLICT (app) DO UPDATE SET at = excluded.at, record = excluded.record
        WHERE (excluded.at, excluded.record IS NOT NULL) > (ladders.at, ladders.record IS NOT NULL)";
    db.execute(ladders, parts)?;
    let columns = Kind::Hour.columns()[1..].join(", ");
    let hours = format!(
        "INSERT INTO hours (app, {columns}) SELECT ?1, {columns} FROM hours WHERE app = ?2 {TOGETHER}"
    );
    db.execute(&hours, parts)?;
    for kind in [Kind::Ladder, Kind::Hour, Kind::Last] {
        db.execute(&format!("DELETE FROM {} WHERE app = ?", kind.word()), [parts[1]])?;
    }
    db.execute("DELETE FROM apps WHERE number = ?", [parts[1]])?;
    // The number of the former name may be given to somebody else.
    *names = Names::default();
    Ok(())
}
