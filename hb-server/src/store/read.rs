//! What is asked of the memory, over a connection of one's own: who reads never waits for who writes, nor the other way
//! round.
//!
//! Not here: what is made of it (uptime is [`super::uptime()`], text is [`super::export`]).

mod newest;

use std::ops::Range;
use std::path::Path;

use hb_core::beat::State;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::window::{Scope, Subject};
use hb_lease::time::Wall;
use rusqlite::{Connection, Error, Params, params, params_from_iter};

use super::cell::Names;
use super::place::{Place, is_broken};
use super::row::{
    Adoption, Conflict, Delivery, Expectation, Hour, Incident, Kind, Ladder, Last, Mute, Repair, Row, Secret,
    Signal, Table, Token, Transition, Used,
};
use super::{OpenError, Uptime, schema, uptime};

/// The number of the app in `?1` to `?3`.
const APP: &str = "app = (SELECT number FROM apps WHERE host = ?1 AND slot = ?2 AND app = ?3)";

/// A look at the memory.
#[derive(Debug)]
pub struct Reader {
    db: Connection,
    names: Names,
}

impl Reader {
    pub(super) fn new(db: Connection) -> Self {
        Self { db, names: Names::default() }
    }

    /// A look at the memory in `file`, whoever writes it.
    ///
    /// # Errors
    /// It is not there, cannot be opened, is damaged, or is of another release.
    pub fn open(file: &Path) -> Result<Self, OpenError> {
        let open = || {
            let db = Place::File(file.into()).open_to_read()?;
            schema::check(&db)?;
            Ok(Self::new(db))
        };
        open().map_err(|why| match why {
            OpenError::Sqlite(why) if is_broken(&why) => OpenError::Damaged(why),
            other => other,
        })
    }

    /// Every app of which anything is kept.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn apps(&mut self) -> Result<Vec<OwnedIdentity>, Error> {
        let mut statement = self.db.prepare("SELECT host, slot, app FROM apps")?;
        let rows = statement.query_map((), |row| {
            let (host, slot, app): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Identity::new(&host, &slot, &app).map(|id| id.to_owned()))
        })?;
        // A name that this release would not take is nobody's here.
        rows.filter_map(|row| row.map(Result::ok).transpose()).collect()
    }

    /// What an app did in `span`, in order; before that the last thing it did before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn transitions(&mut self, id: Identity<'_>, span: Range<Wall>) -> Result<Vec<Transition>, Error> {
        let parts = (id.host(), id.slot(), id.app());
        let before = format!("WHERE {APP} AND at < ?4 ORDER BY at DESC, seq DESC LIMIT 1");
        let from = span.start.as_unix_millis();
        let mut found = self.select(&before, params![parts.0, parts.1, parts.2, from])?;
        let within = format!("WHERE {APP} AND at >= ?4 AND at < ?5 ORDER BY at, seq");
        let until = span.end.as_unix_millis();
        found.extend(self.select::<Transition>(&within, params![parts.0, parts.1, parts.2, from, until])?);
        Ok(found)
    }

    /// The last `most` things that an app did in `span`, in order; where there is room for it, before that the last thing it
    /// did before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn latest_transitions(
        &mut self,
        id: Identity<'_>,
        span: Range<Wall>,
        most: usize,
    ) -> Result<Vec<Transition>, Error> {
        let mut found = self.newest_transitions(id, span.clone(), most)?;
        if found.len() < most {
            found.extend(self.newest_transitions(id, Wall::from_unix_millis(i64::MIN)..span.start, 1)?);
        }
        found.reverse();
        Ok(found)
    }

    /// Roll-ups of an app, from one hour to before another, in hours since 1970.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn hours(&mut self, id: Identity<'_>, hours: Range<u32>) -> Result<Vec<Hour>, Error> {
        let clause = format!("WHERE {APP} AND hour >= ?4 AND hour < ?5 ORDER BY hour");
        self.select(&clause, params![id.host(), id.slot(), id.app(), hours.start, hours.end])
    }

    /// How much of `span` an app worked, and its place was not dark. Mutes that begin and end once are looked up; what is
    /// closed by calendar or comes again and again ([`Self::recurring`]) is known to whoever has the calendar, and comes
    /// as `also_muted`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn uptime(
        &mut self,
        subject: Subject<'_>,
        span: Range<Wall>,
        also_muted: &[Range<Wall>],
    ) -> Result<Uptime, Error> {
        let id = Identity::new(subject.host, subject.slot, subject.app);
        let id = id.map_err(|why| super::cell::unreadable(&why.to_string()))?;
        let changes: Vec<(Wall, Option<State>)> =
            self.transitions(id, span.clone())?.into_iter().map(|it| (it.at, it.to)).collect();
        let dark = self.dark(id, &span)?;
        let mut muted = also_muted.to_vec();
        let mutes: Vec<Mute> = self.select(
            "WHERE \"from\" < ? AND until > ? AND hours IS NULL",
            [span.end.as_unix_millis(), span.start.as_unix_millis()],
        )?;
        for mute in mutes {
            let covers = mute.scope.parse::<Scope>().is_ok_and(|scope| scope.covers(subject));
            if let Some(until) = mute.until.filter(|_| covers) {
                muted.push(mute.from..mute.lifted.map_or(until, |lifted| lifted.min(until)));
            }
        }
        Ok(uptime(span, &changes, &dark, &muted))
    }

    /// When the place of an app showed nothing that it should: that is no state of the app's own, which may never have
    /// been heard at all, so only its incidents say so.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn dark(&mut self, id: Identity<'_>, span: &Range<Wall>) -> Result<Vec<Range<Wall>>, Error> {
        let clause = format!("WHERE {APP} AND state = 'missing' AND since < ?4 AND ifnull(ended, ?4) > ?5");
        let (from, until) = (span.start.as_unix_millis(), span.end.as_unix_millis());
        let found: Vec<Incident> =
            self.select(&clause, params![id.host(), id.slot(), id.app(), until, from])?;
        Ok(found.into_iter().map(|it| it.since..it.ended.unwrap_or(span.end)).collect())
    }

    /// Mutes that come again and again, of which some of `span` may have been.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn recurring(&mut self, span: Range<Wall>) -> Result<Vec<Mute>, Error> {
        let clause = "WHERE hours IS NOT NULL AND \"from\" < ?1 AND ifnull(until, ?2) >= ?2 AND ifnull(lifted, ?2) >= ?2";
        self.select(clause, [span.end.as_unix_millis(), span.start.as_unix_millis()])
    }

    /// What was last believed of each app.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_states(&mut self) -> Result<Vec<Last>, Error> {
        self.select("ORDER BY app", ())
    }

    /// The last sign of a server: from then on nobody looked. `None` where nobody ever beat; a server that runs gives one
    /// every minute.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_sign(&mut self) -> Result<Option<Wall>, Error> {
        let at: Option<i64> = self.db.query_row("SELECT max(at) FROM last_states", (), |row| row.get(0))?;
        Ok(at.map(Wall::from_unix_millis))
    }

    /// Conflicts whose end no row tells: where they began.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_conflicts(&mut self) -> Result<Vec<Conflict>, Error> {
        let later = "SELECT 1 FROM conflicts AS later WHERE later.app = conflicts.app
            AND (later.at, later.seq) > (conflicts.at, conflicts.seq)";
        self.select(&format!("WHERE \"on\" = 1 AND NOT EXISTS ({later}) ORDER BY app"), ())
    }

    /// Incidents that have not ended.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open_incidents(&mut self) -> Result<Vec<Incident>, Error> {
        self.select("WHERE ended IS NULL ORDER BY number", ())
    }

    /// Incidents that have ended, of which the watch says that people are yet to be told.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn untold_incidents(&mut self) -> Result<Vec<Incident>, Error> {
        let closing = "\"closing\":true";
        self.select("WHERE ended IS NOT NULL AND instr(told, ?) > 0 ORDER BY number", [closing])
    }

    /// At most `most` of the incidents that are over, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn closed_incidents(&mut self, most: usize) -> Result<Vec<Incident>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.select("WHERE ended IS NOT NULL ORDER BY number DESC LIMIT ?", [most])
    }

    /// The highest number that an incident ever had here: the next run goes on from it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_incident(&mut self) -> Result<Option<u64>, Error> {
        self.highest(Kind::Incident)
    }

    /// Mutes that were not over at `now`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn mutes(&mut self, now: Wall) -> Result<Vec<Mute>, Error> {
        let clause = "WHERE lifted IS NULL AND (until IS NULL OR until > ?) ORDER BY number";
        self.select(clause, [now.as_unix_millis()])
    }

    /// The highest number that a mute ever had here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_mute(&mut self) -> Result<Option<u64>, Error> {
        self.highest(Kind::Mute)
    }

    /// Apps that are here to stay.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn adoptions(&mut self) -> Result<Vec<Adoption>, Error> {
        self.select("ORDER BY app", ())
    }

    /// Where repairs stood that had something to remember.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn ladders(&mut self) -> Result<Vec<Ladder>, Error> {
        self.select("WHERE record IS NOT NULL ORDER BY app", ())
    }

    /// What people expect beside the configuration.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn expectations(&mut self) -> Result<Vec<Expectation>, Error> {
        self.select("WHERE lifted IS NULL ORDER BY host, slot", ())
    }

    /// The last word of every signal.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn signals(&mut self) -> Result<Vec<Signal>, Error> {
        self.select("ORDER BY at", ())
    }

    /// Hosts that were rebooted at `since` or later.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reboots(&mut self, since: Wall) -> Result<Vec<Repair>, Error> {
        self.select("WHERE action = 'reboot' AND dry = 0 AND at >= ?", [since.as_unix_millis()])
    }

    /// Messages that have not arrived and were not given up, in the order in which they were written.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn outbox(&mut self) -> Result<Vec<Delivery>, Error> {
        self.select("WHERE ended IS NULL ORDER BY number", ())
    }

    /// The highest number that a message ever had here.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn last_delivery(&mut self) -> Result<Option<u64>, Error> {
        self.highest(Kind::Delivery)
    }

    /// Every token that was not taken back.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn tokens(&mut self) -> Result<Vec<Token>, Error> {
        self.select("WHERE revoked IS NULL ORDER BY name", ())
    }

    /// What this server signs with, if it ever did.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn secret(&mut self, name: &str) -> Result<Option<Secret>, Error> {
        Ok(self.select("WHERE name = ?", [name])?.pop())
    }

    /// Every link that was used and may still be good.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn used(&mut self) -> Result<Vec<Used>, Error> {
        self.select("", ())
    }

    /// The highest number of a kind, also of a row that cannot be read.
    fn highest(&self, kind: Kind) -> Result<Option<u64>, Error> {
        let text = format!("SELECT max(number) FROM {}", kind.word());
        let number: Option<i64> = self.db.query_row(&text, (), |row| row.get(0))?;
        Ok(number.map(i64::cast_unsigned))
    }

    /// The rows that can be read: one that cannot is left out, and the log says so.
    fn select<T: Table>(&mut self, clause: &str, params: impl Params) -> Result<Vec<T>, Error> {
        let (mut found, mut unread) = (Vec::new(), Unread::default());
        self.walk(T::KIND, clause, params, |values, db, names| {
            found.extend(unread.unless(T::read(values, db, names)));
            Ok::<(), Error>(())
        })?;
        unread.tell(T::KIND);
        Ok(found)
    }

    /// Every row of every kind that can be read, as it was at one moment; answers how many could not be.
    pub(super) fn each<E: From<Error>>(
        &mut self,
        mut visit: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<u64, E> {
        self.db.execute_batch("BEGIN")?;
        let mut walked = Ok(0);
        for &kind in Kind::ALL {
            walked = walked.and_then(|left_out| {
                let mut unread = Unread::default();
                let all = self.walk(kind, "", params_from_iter([0_i64; 0]), |values, db, names| {
                    unread.unless(kind.read(values, db, names)).map_or(Ok(()), &mut visit)
                });
                let left_out = left_out + unread.count;
                unread.tell(kind);
                all.map(|()| left_out)
            });
        }
        self.db.execute_batch("COMMIT")?;
        walked
    }

    fn walk<E: From<Error>>(
        &mut self,
        kind: Kind,
        clause: &str,
        params: impl Params,
        mut visit: impl FnMut(Vec<rusqlite::types::Value>, &Connection, &mut Names) -> Result<(), E>,
    ) -> Result<(), E> {
        let columns: Vec<String> = kind.columns().iter().map(|name| format!("\"{name}\"")).collect();
        let text = format!("SELECT {} FROM {} {clause}", columns.join(", "), kind.word());
        let mut statement = self.db.prepare(&text)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            let values = (0..columns.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
            visit(values, &self.db, &mut self.names)?;
        }
        Ok(())
    }
}

/// Rows of one walk that could not be read: how many, and why the first.
#[derive(Default)]
struct Unread {
    count: u64,
    why: Option<Error>,
}

impl Unread {
    fn unless<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|why| {
            self.count += 1;
            self.why.get_or_insert(why);
        })
        .ok()
    }

    fn tell(self, kind: Kind) {
        if let Some(why) = self.why {
            let (table, count) = (kind.word(), self.count);
            tracing::error!(table, count, "rows of the memory cannot be read and are left out: {why}");
        }
    }
}
