//! The newest rows of a span, as many as are wanted: what a person reads page by page.

use std::ops::Range;

use hb_core::id::Identity;
use hb_lease::time::Wall;
use rusqlite::{Error, params};

use super::{APP, Reader};
use crate::store::row::{
    Acknowledgement, Adoption, Conflict, Delivery, Incident, Kind, Mute, Repair, Table, Transition,
};

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

    /// At most `most` of the moments in `span` at which a conflict of an app began or ended, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_conflicts(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Conflict>, Error> {
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

    /// At most `most` of the moments in `span` at which an app was adopted, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_adoptions(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Adoption>, Error> {
        self.newest(id, "at", "at DESC", span, most)
    }

    /// At most `most` of the words that people gave in `span` on the incidents of an app, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_acknowledgements(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Acknowledgement>, Error> {
        let of_app = format!("incident IN (SELECT number FROM incidents WHERE {APP})");
        let clause = format!("WHERE {of_app} AND at >= ?4 AND at < ?5 ORDER BY at DESC LIMIT ?6");
        let (from, to) = (span.start.as_unix_millis(), span.end.as_unix_millis());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.select(&clause, params![id.host(), id.slot(), id.app(), from, to, most])
    }

    /// At most `most` of the messages that were written in `span` of the incidents of an app, or of those of groups and hosts
    /// that its own were part of; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn newest_deliveries(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Delivery>, Error> {
        // What the watch keeps of an incident names the one that covers it.
        let own = format!("SELECT number FROM incidents WHERE {APP}");
        let covers = format!(
            "SELECT CASE WHEN json_valid(told) THEN json_extract(told, '$.covered_by') END FROM incidents WHERE {APP}"
        );
        let clause = format!(
            "WHERE incident IN ({own} UNION {covers}) AND at >= ?4 AND at < ?5 ORDER BY at DESC, number DESC LIMIT ?6"
        );
        let (from, to) = (span.start.as_unix_millis(), span.end.as_unix_millis());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.select(&clause, params![id.host(), id.slot(), id.app(), from, to, most])
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

    /// The newest `most` of the transitions of all apps in `span`, and all of the last of these moments; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn transitions_of_all(&mut self, span: Range<Wall>, most: usize) -> Result<Vec<Transition>, Error> {
        self.newest_of_all("at", "at DESC, seq DESC", span, most)
    }

    /// The newest `most` of the moments in `span` at which a conflict began or ended, and all of the last of these; the newest
    /// first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn conflicts_of_all(&mut self, span: Range<Wall>, most: usize) -> Result<Vec<Conflict>, Error> {
        self.newest_of_all("at", "at DESC, seq DESC", span, most)
    }

    /// The newest `most` of the repairs that began in `span`, and all of the last of these moments; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn repairs_of_all(&mut self, span: Range<Wall>, most: usize) -> Result<Vec<Repair>, Error> {
        self.newest_of_all("at", "at DESC", span, most)
    }

    /// The newest `most` of the incidents that began in `span`, those of groups and hosts too, and all of the last of these
    /// moments; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn incidents_of_all(&mut self, span: Range<Wall>, most: usize) -> Result<Vec<Incident>, Error> {
        self.newest_of_all("since", "since DESC, number DESC", span, most)
    }

    /// The newest `most` of the adoptions in `span`, and all of the last of these moments; the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn adoptions_of_all(&mut self, span: Range<Wall>, most: usize) -> Result<Vec<Adoption>, Error> {
        self.newest_of_all("at", "at DESC", span, most)
    }

    /// The newest `most` of the words that people gave in `span` on any incident, and all of the last of these moments; the
    /// newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn acknowledgements_of_all(
        &mut self,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Acknowledgement>, Error> {
        self.newest_of_all("at", "at DESC", span, most)
    }

    fn newest_of_all<T: Table>(
        &mut self,
        column: &str,
        order: &str,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        // All of the oldest moment: a restart changes everybody in one.
        let clause = format!(
            "WHERE {column} >= ?1 AND {column} < ?2 AND {column} >= coalesce((SELECT {column} FROM {} \
             WHERE {column} >= ?1 AND {column} < ?2 ORDER BY {column} DESC LIMIT 1 OFFSET ?3), ?1) ORDER BY {order}",
            T::KIND.word()
        );
        let (from, to) = (span.start.as_unix_millis(), span.end.as_unix_millis());
        self.select(&clause, params![from, to, i64::try_from(most.saturating_sub(1)).unwrap_or(i64::MAX)])
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

#[cfg(test)]
mod tests {
    use hb_core::beat::{Cause, State};
    use hb_core::hold::Reasons;
    use rusqlite::Connection;

    use super::*;
    use crate::store::cell::Names;
    use crate::store::row::Row;
    use crate::store::{schema, writer};

    fn at(second: i64) -> Wall {
        Wall::from_unix_millis(second * 1_000)
    }

    fn incident(number: u64, app: &str) -> Row {
        Incident {
            number,
            about: "app".into(),
            app: Some(Identity::new("h", "", app).unwrap().to_owned()),
            parent: None,
            state: State::Down,
            cause: Cause::Silence,
            since: at(0),
            at: at(0),
            granted: 0,
            holds: Reasons::default(),
            acknowledged: true,
            snoozed: None,
            told: String::new(),
            ended: None,
            ending: None,
        }
        .into()
    }

    #[test]
    fn what_people_said_of_an_app_is_that_of_its_incidents_the_newest_first() {
        let word = |incident, second| {
            let (by, place) = ("Ada".into(), "page".into());
            Acknowledgement { incident, at: at(second), until: None, by, place }.into()
        };
        let rows = [
            incident(1, "x"),
            incident(2, "y"),
            incident(3, "x"),
            word(1, 10),
            word(2, 20),
            word(3, 30),
            word(3, 90),
        ];
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db).unwrap();
        let mut names = Names::default();
        for row in rows {
            writer::put(&db, &mut names, &row).unwrap();
        }
        let mut reader = Reader::new(db);
        let mut of = |app, most| {
            let id = Identity::new("h", "", app).unwrap();
            let words = reader.newest_acknowledgements(id, at(0)..at(60), most).unwrap();
            words.iter().map(|word| word.incident).collect::<Vec<_>>()
        };
        assert_eq!((of("x", 9), of("x", 1), of("y", 9)), (vec![3, 1], vec![3], vec![2]));
    }

    #[test]
    fn of_the_oldest_moment_of_a_page_nothing_is_left_out() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db).unwrap();
        let mut names = Names::default();
        for (number, second) in [(1, 3), (2, 5), (3, 5), (4, 5), (5, 9)] {
            let Row::Incident(row) = incident(number, "x") else { unreachable!() };
            writer::put(&db, &mut names, &Incident { since: at(second), ..row }.into()).unwrap();
        }
        let mut reader = Reader::new(db);
        let mut of = |most| {
            let rows = reader.incidents_of_all(at(0)..at(60), most).unwrap();
            rows.iter().map(|row| row.number).collect::<Vec<_>>()
        };
        assert_eq!((of(1), of(2), of(9)), (vec![5], vec![5, 4, 3, 2], vec![5, 4, 3, 2, 1]));
    }
}
