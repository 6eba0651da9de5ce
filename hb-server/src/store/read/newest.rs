//! The newest rows of a span, as many as are wanted: what a person reads page by page.

use std::ops::Range;

use hb_core::id::Identity;
use hb_lease::time::Wall;
use rusqlite::{Error, params};

use super::{APP, Reader};
use crate::store::row::{Incident, Kind, Mute, Repair, Table, Transition};

impl Reader {
    /// Whether anything is kept of an app.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn knows(&mut self, id: Identity<'_>) -> Result<bool, Error> {
        let text = "SELECT count(*) FROM apps WHERE host = ? AND slot = ? AND app = ?";
        let found: i64 = self.db.query_row(text, [id.host(), id.slot(), id.app()], |row| row.get(0))?;
        Ok(found > 0)
    }

    /// At most `most` of the transitions of an app in `span`, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_transitions(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Transition>, Error> {
        self.newest(id, "at", "at DESC, seq DESC", span, most)
    }

    /// At most `most` of the repairs of an app that began in `span`, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_repairs(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Repair>, Error> {
        self.newest(id, "at", "at DESC", span, most)
    }

    /// At most `most` of the incidents of an app that began in `span`, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_incidents(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Incident>, Error> {
        self.newest(id, "since", "since DESC, number DESC", span, most)
    }

    /// At most `most` of the mutes that began in `span` and are `wanted`, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn mutes_of(
        &mut self,
        span: Range<Wall>,
        wanted: impl Fn(&Mute) -> bool,
        most: usize,
    ) -> Result<Vec<Mute>, Error> {
        let mut found = Vec::new();
        let clause = "WHERE \"from\" >= ? AND \"from\" < ? ORDER BY \"from\" DESC, number DESC";
        let bounds = [span.start.as_unix_millis(), span.end.as_unix_millis()];
        self.walk(Kind::Mute, clause, bounds, |values, db, names| {
            let mute = Mute::read(values, db, names)?;
            if found.len() < most && wanted(&mute) {
                found.push(mute);
            }
            Ok::<(), Error>(())
        })?;
        Ok(found)
    }

    fn newest<T: Table>(
        &mut self,
        id: Identity<'_>,
        column: &str,
        order: &str,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let clause = format!("WHERE {APP} AND {column} >= ?4 AND {column} < ?5 ORDER BY {order} LIMIT ?6");
        let (from, to) = (span.start.as_unix_millis(), span.end.as_unix_millis());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.select(&clause, params![id.host(), id.slot(), id.app(), from, to, most])
    }
}
