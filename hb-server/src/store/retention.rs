//! What is too old goes, in bites small enough that nobody waits for them.
//!
//! What is still true never goes by age: open incidents, adoptions, last states, mutes and tokens in force, messages
//! under way, and the last transition of each app, which says what the time after it was like.
//! Not here: when a bite is taken ([`super::writer`]).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hb_lease::time::Wall;
use rusqlite::{Connection, Error, OptionalExtension, params};

/// Rows that go in one transaction.
const BITE: i64 = 500;
/// Names that are looked at in one transaction: strangers may have left many.
const NAMES: i64 = 1_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HOUR: i64 = 60 * 60 * 1_000;

/// How long things are kept after they are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Transitions, roll-ups, incidents and what was done about them. Default 365 days.
    pub history: Duration,
    /// The same of apps that were never adopted, by nobody and by no day of life: whoever beats can make up names, and each
    /// has its rows. No longer than `history`. Default 7 days.
    pub strangers: Duration,
    /// Messages that arrived or were given up, with their whole text, and which of their links were used. Default 30 days.
    pub deliveries: Duration,
}

impl Retention {
    /// Nothing ever goes.
    pub const FOREVER: Self =
        Self { history: Duration::MAX, strangers: Duration::MAX, deliveries: Duration::MAX };
}

impl Default for Retention {
    fn default() -> Self {
        Self { history: 365 * DAY, strangers: 7 * DAY, deliveries: 30 * DAY }
    }
}

/// Now, by the calendar.
pub(super) fn today() -> Wall {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Wall::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A walk over all names, bite by bite.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    /// The number of the last name that was looked at.
    after: i64,
}

/// What one bite took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bitten {
    /// Rows.
    pub(super) rows: usize,
    /// Whether names are left that were not looked at.
    pub(super) more: bool,
}

impl Sweep {
    /// Deletes up to a bite of what is too old, and goes on from there the next time. A calendar that is ahead of all that
    /// was ever stored (a clock without a battery, set wrong) makes nothing old.
    pub(super) fn bite(&mut self, db: &mut Connection, kept: Retention, now: Wall) -> Result<Bitten, Error> {
        let transaction = db.transaction()?;
        let newest: Option<i64> =
            transaction.query_row("SELECT max(at) FROM last_states", (), |row| row.get(0))?;
        let now = newest.map_or(now.as_unix_millis(), |newest| newest.min(now.as_unix_millis()));
        let before =
            |age: Duration| i64::try_from(age.as_millis()).map_or(i64::MIN, |age| now.saturating_sub(age));
        let (history, deliveries) = (before(kept.history), before(kept.deliveries));
        let strangers = before(kept.strangers).max(history);
        let mut room = BITE;
        let apps: Vec<i64> = transaction
            .prepare_cached("SELECT number FROM apps WHERE number > ? ORDER BY number LIMIT ?")?
            .query_map([self.after, NAMES], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let (mut last, mut more) = (self.after, apps.len() as i64 == NAMES);
        for app in apps {
            let history = if is_stranger(&transaction, app)? { strangers } else { history };
            let mut delete = |table: &str, column: &str, bound: i64| -> Result<(), Error> {
                let text = format!(
                    "DELETE FROM {table} WHERE app = ?1 AND {column} <= (SELECT max({column}) FROM \
                 (SELECT {column} FROM {table} WHERE app = ?1 AND {column} < ?2 ORDER BY {column} LIMIT ?3))"
                );
                if room > 0 {
                    let gone = transaction.prepare_cached(&text)?.execute(params![app, bound, room])?;
                    room -= i64::try_from(gone).unwrap_or(BITE);
                }
                Ok(())
            };
            delete("transitions", "at", from_when_transitions_count(&transaction, app, history)?)?;
            delete("conflicts", "at", history)?;
            delete("hours", "hour", history.div_euclid(HOUR))?;
            delete("repairs", "at", history)?;
            delete("ladders", "at", history)?;
            if room <= 0 {
                // There may be more of this one.
                more = true;
                break;
            }
            last = app;
        }
        // What belongs to no app is looked at once in a walk.
        if !more {
            for (key, table, over, bound) in [
                ("number", "deliveries", "ended < ?1", deliveries),
                ("nonce", "used", "until < ?1", deliveries),
                ("number", "incidents", "ended < ?1", history),
                ("number", "mutes", "min(ifnull(until, lifted), ifnull(lifted, until)) < ?1", history),
                ("name", "tokens", "min(ifnull(expires, revoked), ifnull(revoked, expires)) < ?1", history),
            ] {
                let text = format!(
                    "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {over} LIMIT ?2)"
                );
                room -=
                    i64::try_from(transaction.execute(&text, params![bound, room.max(0)])?).unwrap_or(BITE);
            }
            transaction.execute(
        "DELETE FROM acknowledgements WHERE at < ? AND incident NOT IN (SELECT number FROM incidents)",
        [history],
    )?;
            // Nobody can say any more of whom they tell.
            for (kind, key) in
                [("ladders", "app"), ("adoptions", "app"), ("last_states", "app"), ("incidents", "number")]
            {
                let text = format!(
                    "DELETE FROM {kind} WHERE {key} IN (SELECT {key} FROM {kind} WHERE app IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM apps WHERE apps.number = {kind}.app) LIMIT ?)"
                );
                room -= i64::try_from(transaction.execute(&text, [room.max(0)])?).unwrap_or(BITE);
            }
        }
        if room > 0 {
            let gone = transaction.execute(UNUSED_NAMES, [self.after, last, room])?;
            room -= i64::try_from(gone).unwrap_or(BITE);
        }
        transaction.commit()?;
        self.after = if more { last } else { 0 };
        Ok(Bitten { rows: usize::try_from(BITE - room).unwrap_or(0), more })
    }
}

/// Whether an app was never adopted.
fn is_stranger(db: &Connection, app: i64) -> Result<bool, Error> {
    let mut asked = db.prepare_cached("SELECT NOT EXISTS (SELECT 1 FROM adoptions WHERE app = ?)")?;
    asked.query_row([app], |row| row.get(0))
}

/// What happened before this moment no longer counts: the last transition before the bound still does, unless by it the
/// app was gone.
fn from_when_transitions_count(db: &Connection, app: i64, bound: i64) -> Result<i64, Error> {
    let last = db
        .prepare_cached(
            "SELECT at, \"to\" FROM transitions WHERE app = ? AND at < ? ORDER BY at DESC, seq DESC LIMIT 1",
        )?
        .query_row(params![app, bound], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match last {
        Some((at, Some::<String>(_))) => at,
        Some((_, None)) | None => bound,
    })
}

/// Names of apps, of those between two numbers, that no row tells of any more.
const UNUSED_NAMES: &str = "DELETE FROM apps WHERE number IN (SELECT number FROM apps WHERE
    number > ?1 AND number <= ?2
    AND NOT EXISTS (SELECT 1 FROM transitions WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM conflicts WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM hours WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM repairs WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM adoptions WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM ladders WHERE app = number)
    AND NOT EXISTS (SELECT 1 FROM last_states WHERE app = number)
    AND number NOT IN (SELECT app FROM incidents WHERE app IS NOT NULL)
    LIMIT ?3)";

#[cfg(test)]
mod tests;
