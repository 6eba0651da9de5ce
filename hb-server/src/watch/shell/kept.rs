//! What an earlier run kept, each table for itself: one that cannot be read costs what it holds, and no other.
//!
//! Not here: what is made of it ([`super::super::Machine::begin`]), rows that cannot be read ([`crate::store::Reader`]).

use hb_lease::time::Wall;
use rusqlite::Error;

use crate::store::Reader;
use crate::store::row::Delivery;

use super::super::Past;

/// Reboots are remembered for so long.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Above every number that was ever counted up to, whatever the calendar says.
const BEYOND: u64 = 1 << 40;

/// What an earlier run kept.
pub(super) struct Kept {
    pub(super) past: Past,
    /// The highest number of a message, and those that did not arrive.
    pub(super) outbox: (u64, Vec<Delivery>),
    /// The last moment that it knew of.
    pub(super) latest: Option<Wall>,
}

impl Kept {
    /// Reads it, as far as it can be read.
    pub(super) fn read(reader: &mut Result<Reader, String>, now: Wall) -> Self {
        if let Err(why) = reader {
            tracing::error!("what an earlier run kept cannot be read: {why}; it is as if there was none");
        }
        let mut tables = Tables { reader: reader.as_mut().ok(), now };
        let yesterday = Wall::from_unix_millis(now.as_unix_millis().saturating_sub(DAY));
        let past = Past {
            apps: Vec::new(),
            incidents: tables.rows("incidents", Reader::open_incidents),
            untold: tables.rows("incidents", Reader::untold_incidents),
            last_incident: tables.highest("incidents", Reader::last_incident),
            last_mute: tables.highest("mutes", Reader::last_mute),
            mutes: tables.rows("mutes", |reader| reader.mutes(now)),
            adoptions: tables.rows("adoptions", Reader::adoptions),
            expectations: tables.rows("expectations", Reader::expectations),
            signals: tables.rows("signals", Reader::signals),
            ladders: tables.rows("ladders", Reader::ladders),
            reboots: tables.rows("repairs", |reader| reader.reboots(yesterday)),
        };
        let latest = tables.rows("last_states", Reader::last_states).iter().map(|last| last.at).max();
        let number = tables.highest("deliveries", Reader::last_delivery);
        Self { past, outbox: (number, tables.rows("deliveries", Reader::outbox)), latest }
    }
}

struct Tables<'a> {
    reader: Option<&'a mut Reader>,
    now: Wall,
}

impl Tables<'_> {
    /// What `read` finds; `None` if nothing can be read.
    fn ask<T>(&mut self, table: &str, read: impl FnOnce(&mut Reader) -> Result<T, Error>) -> Option<T> {
        let told =
            |why: &Error| tracing::error!("what an earlier run kept in `{table}` cannot be read: {why}");
        read(self.reader.as_deref_mut()?).inspect_err(told).ok()
    }

    fn rows<T>(&mut self, table: &str, read: impl FnOnce(&mut Reader) -> Result<Vec<T>, Error>) -> Vec<T> {
        self.ask(table, read).unwrap_or_default()
    }

    /// A number given twice would overwrite what stands under it: one that cannot be read is beyond all that were given.
    fn highest(&mut self, table: &str, read: impl FnOnce(&mut Reader) -> Result<Option<u64>, Error>) -> u64 {
        let beyond = u64::try_from(self.now.as_unix_millis()).unwrap_or(0).max(BEYOND);
        self.ask(table, read).map_or(beyond, |highest| highest.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use crate::store::row::{Delivery, Signal};
    use crate::store::{Config, Retention, Store};

    use super::*;

    const NOW: Wall = Wall::from_unix_millis(1_800_000_000_000);

    #[test]
    fn a_table_that_cannot_be_read_costs_itself() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hb.db");
        let store =
            Store::open(&file, Config { retention: Retention::FOREVER, ..Config::default() }).unwrap();
        let signal = Signal {
            scope: "everything".into(),
            open: true,
            at: NOW,
            since: NOW,
            by: "key".into(),
            place: "mqtt".into(),
        };
        let message = Delivery {
            number: 5,
            channel: "desk".into(),
            lane: "desk".into(),
            incident: None,
            at: NOW,
            due: NOW,
            attempts: 0,
            body: String::new(),
            ended: None,
            failure: None,
        };
        store.commit(vec![signal.into(), message.into()]).wait().unwrap();
        let mut reader = store.reader().map_err(|why| why.to_string());
        let kept = Kept::read(&mut reader, NOW);
        assert_eq!((kept.past.last_incident, kept.past.last_mute, kept.outbox.0), (0, 0, 5));
        let db = rusqlite::Connection::open(&file).unwrap();
        db.execute_batch("DROP TABLE mutes; DROP TABLE deliveries; DROP TABLE last_states").unwrap();
        let kept = Kept::read(&mut reader, NOW);
        assert_eq!((kept.past.signals.len(), kept.past.last_incident), (1, 0), "what can be read is");
        let beyond = NOW.as_unix_millis().unsigned_abs();
        assert_eq!((kept.past.last_mute, kept.outbox.0), (beyond, beyond), "no number is given twice");
        let none = Kept::read(&mut Err("no disk".into()), Wall::from_unix_millis(0));
        assert_eq!((none.past.last_incident, none.outbox.0), (BEYOND, BEYOND));
    }
}
