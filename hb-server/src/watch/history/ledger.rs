//! What is worth a row, and when: from what happens and from looks at every app. Pure; a clock only dates what it is told.
//!
//! Transitions are told as they come. Who missed some looks at every app instead, and each that is not as it was told
//! gets one: many at once become one. So do those of an app beyond [`MOST`] an hour, soon where nobody expects it: who turns a
//! state to and fro with each beat must not fill the disk. Conflicts go by the same rule. Not here: who looks and when ([`super`]), the sums of an hour ([`super::tally`]).

use std::collections::{HashMap, HashSet};
use std::mem;

use hb_core::beat::{Cause, State};
use hb_core::detect::Suspicion;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::registry::{Event, EventKind, Snapshot};
use hb_core::verdict::remembered;
use hb_lease::time::{Time, Wall};

use super::minutes::Minutes;
use super::tally::Tally;
use crate::engine::Happening;
use crate::engine::clock::Clock;
use crate::store::row::{Conflict, Hour, Last, Row, Transition};

/// What is believed of everybody while nobody looks.
const ABSENT: (State, Cause) = (State::Unknown, Cause::Restart);

/// How often an hour under way is told, in ms: what a crash loses of it is at most this old.
const PIECE: i64 = 10 * 60 * 1_000;

/// Transitions of an hour, and turns of conflicts, that are told of an app that is not here to stay, one a minute, and of one
/// that is: more than a page makes that starts anew each ten seconds.
const MOST: [u16; 2] = [60, 1000];
/// An hour in ms.
const HOUR: i64 = 60 * 60 * 1_000;

/// What the memory is to take, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A row.
    Row(Row),
    /// A piece of an hour.
    Piece(Hour),
    /// Nobody holds this app any more.
    Gone(OwnedIdentity),
    /// The first is now called as the second.
    Renamed(OwnedIdentity, OwnedIdentity),
}

/// What was told of every app.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    apps: HashMap<OwnedIdentity, App>,
    /// The ten minutes of which the last piece was told.
    piece: Option<i64>,
    /// The number up to which a look told what was missed.
    looked: u64,
    told: Vec<Entry>,
    /// What the hours are too coarse for.
    pub(super) minutes: Minutes,
}

#[derive(Debug)]
struct App {
    state: State,
    cause: Cause,
    /// When that became true.
    at: Wall,
    tally: Tally,
    rows: Rows,
    contest: Contest,
}

/// The rows of an app so far.
#[derive(Debug)]
struct Rows {
    /// What the last one said.
    last: Option<State>,
    room: Room,
    /// The number of the last that was left out since.
    owed: Option<u64>,
    /// It is adopted, or has lived for a day.
    stays: bool,
}

/// Whether two pages answer to the name of an app, and what was told of that.
#[derive(Debug, Default)]
struct Contest {
    on: bool,
    told: bool,
    room: Room,
}

/// The hour of the last row of a kind, and how many it had.
#[derive(Debug, Default)]
struct Room {
    hour: i64,
    rows: u16,
}

/// A look at every app.
#[derive(Debug)]
pub(super) struct Look {
    now: Wall,
    /// The number under which what was missed is told.
    missed: Option<u64>,
    /// Whether all pieces are told now.
    pieces: bool,
    marked: bool,
    seen: HashSet<OwnedIdentity>,
}

impl Ledger {
    /// What is to be kept since this was last asked.
    pub(super) fn told(&mut self) -> Vec<Entry> {
        mem::take(&mut self.told)
    }

    /// Beats that were seen and are in no piece yet.
    #[cfg(test)]
    pub(super) fn untold(&self) -> u64 {
        self.apps.values().map(|app| app.tally.untold()).sum()
    }

    /// Goes on from what an earlier run kept, which `lived` until then: for the time up to `now` nothing is known.
    pub(super) fn remember(&mut self, last: &Last, lived: Wall, now: Wall) {
        let (id, was) = (&last.app, (last.state, last.cause));
        let is = remembered(was.0, was.1, Suspicion::Kept);
        // Whoever said goodbye is not judged, and that did not end.
        if was.0 != State::Done {
            let mut tell = |at, from: State, (to, cause): (State, Cause)| {
                let row = Transition { app: id.clone(), at, seq: 0, from: Some(from), to: Some(to), cause };
                self.told.push(Entry::Row(row.into()));
            };
            tell(lived, was.0, ABSENT);
            if is != ABSENT {
                tell(now, ABSENT.0, is);
            }
        }
        let at = if is == was { last.since } else { lived };
        let tally = Tally::new(now, is.0, Time::ZERO);
        let rows = Rows::new(Some(is.0), last.lived);
        let app = App { state: is.0, cause: is.1, at, tally, rows, contest: Contest::default() };
        self.apps.insert(id.clone(), app);
    }

    /// Ends a conflict that an earlier run, which `lived` until then, did not see end: in this one nobody has spoken yet.
    pub(super) fn forget_conflict(&mut self, began: &Conflict, lived: Wall) {
        // What a crash leaves of signs of life may be older than the row.
        let after = Wall::from_unix_millis(began.at.as_unix_millis().saturating_add(1));
        let row = Conflict { app: began.app.clone(), at: lived.max(after), seq: 0, on: false };
        self.told.push(Entry::Row(row.into()));
    }

    /// Takes what happened, with its number.
    pub(super) fn happened(&mut self, seq: u64, happening: &Happening, clock: &Clock) {
        // A look has told since who came, went and moved, and counted their time.
        let is_old = seq <= self.looked;
        match happening {
            Happening::Transition { transition, .. } if is_old && !self.apps.contains_key(&transition.id) => {
            }
            Happening::Event(_) if is_old => {}
            Happening::Transition { transition, view } => {
                let at = clock.wall(transition.at);
                self.turn(&transition.id, at, seq, (transition.to, transition.cause), view.as_deref(), clock);
            }
            Happening::Event(event) => self.event(seq, event, clock),
            // Nobody was judged, and nothing turned.
            Happening::Pause { .. } => {}
        }
    }

    fn event(&mut self, seq: u64, event: &Event, clock: &Clock) {
        match &event.kind {
            EventKind::Moved { from } => {
                let to = event.id.borrow();
                let former = Identity::new(from, to.slot(), to.app()).map(|id| id.to_owned());
                if let Ok(former) = former {
                    self.rename(&former, &event.id);
                }
            }
            EventKind::Removed { beats, .. } => self.remove(&event.id, clock.wall(event.at), seq, *beats),
            EventKind::Replaced { by, beats } => {
                let from = event.id.borrow();
                if let Ok(to) = Identity::new(by, from.slot(), from.app()) {
                    self.replace(&event.id, &to.to_owned(), clock.wall(event.at), seq, *beats);
                }
            }
            EventKind::Conflict { on } => self.contest(&event.id, clock.wall(event.at), seq, *on),
            // Counted by the app itself.
            EventKind::Reload { .. } | EventKind::Slowing { .. } => {}
        }
    }

    fn turn(
        &mut self,
        id: &OwnedIdentity,
        at: Wall,
        seq: u64,
        (to, cause): (State, Cause),
        view: Option<&Snapshot>,
        clock: &Clock,
    ) {
        let told = &mut self.told;
        let known = self.apps.get_mut(id);
        let met = known.is_none();
        let app = match known {
            Some(app) => app,
            None => {
                let tally = Tally::new(at, to, view.map_or(Time::ZERO, |view| view.first_seen));
                let rows = Rows::new(None, false);
                self.apps.entry(id.clone()).or_insert(App {
                    state: to,
                    cause,
                    at,
                    tally,
                    rows,
                    contest: Contest::default(),
                })
            }
        };
        if let Some(view) = view {
            app.tally.count(view);
            app.rows.stays = view.adopted || view.lived;
        }
        // Told already: by a look that saw more than had come in here, or by the memory.
        if !met && (at < app.at || (to, cause) == (app.state, app.cause)) {
            return;
        }
        app.tally.turn(id, at, to, &mut |hour| told.push(Entry::Piece(hour)));
        told.extend(app.owed(id, at));
        (app.state, app.cause, app.at) = (to, cause, at);
        if app.rows.has_room(at) {
            told.push(app.row(id, seq));
        } else {
            app.rows.owed = Some(seq);
        }
        if let Some(view) = view {
            told.push(Entry::Row(app.last(id, view, at, clock).into()));
        }
    }

    /// Two pages answer to a name, or no longer.
    fn contest(&mut self, id: &OwnedIdentity, at: Wall, seq: u64, on: bool) {
        let Some(app) = self.apps.get_mut(id) else { return };
        app.contest.on = on;
        self.told.extend(app.contested(id, at, seq));
    }

    fn remove(&mut self, id: &OwnedIdentity, at: Wall, seq: u64, beats: u64) {
        let Some(mut app) = self.apps.remove(id) else { return };
        let told = &mut self.told;
        app.tally.count_beats(beats);
        app.tally.pass(id, at, &mut |hour| told.push(Entry::Piece(hour)));
        told.extend(app.tally.take(id).map(Entry::Piece));
        told.extend(app.over(id, at, seq));
        let (from, to, cause) = (app.rows.last, None, Cause::None);
        told.push(Entry::Row(Transition { app: id.clone(), at, seq, from, to, cause }.into()));
        told.push(Entry::Gone(id.clone()));
    }

    fn rename(&mut self, from: &OwnedIdentity, to: &OwnedIdentity) {
        let Some(app) = self.apps.remove(from).filter(|_| from != to) else { return };
        self.minutes.rename(from, to);
        if let Some(mut other) = self.apps.insert(to.clone(), app) {
            self.told.extend(other.tally.take(to).map(Entry::Piece));
        }
        self.told.push(Entry::Renamed(from.clone(), to.clone()));
    }

    /// The past of `from` is that of `to`, which lives: after what became of `from`, how that one is stands once more.
    fn replace(&mut self, from: &OwnedIdentity, to: &OwnedIdentity, at: Wall, seq: u64, beats: u64) {
        let Some(mut app) = self.apps.remove(from) else { return };
        self.minutes.rename(from, to);
        let told = &mut self.told;
        app.tally.count_beats(beats);
        app.tally.pass(from, at, &mut |hour| told.push(Entry::Piece(hour)));
        told.extend(app.tally.take(from).map(Entry::Piece));
        told.extend(app.over(from, at, seq));
        told.push(Entry::Renamed(from.clone(), to.clone()));
        if let Some(now) = self.apps.get(to) {
            let (to, state, cause) = (to.clone(), now.state, now.cause);
            let row = Transition { app: to, at, seq, from: Some(app.state), to: Some(state), cause };
            told.push(Entry::Row(row.into()));
        }
    }

    /// Begins a look at `now`. With `missed` whatever is not as it was told is told under that number.
    pub(super) fn look(&mut self, now: Wall, missed: Option<u64>) -> Look {
        let piece = Some(now.as_unix_millis().div_euclid(PIECE));
        let pieces = self.piece.is_some() && self.piece != piece;
        self.piece = piece;
        self.looked = missed.unwrap_or(self.looked);
        Look { now, missed, pieces, marked: false, seen: HashSet::new() }
    }

    /// An app, as it is in this look.
    pub(super) fn see(&mut self, look: &mut Look, view: &Snapshot, clock: &Clock) {
        if let Some(seq) = look.missed {
            let is = (view.state, view.cause);
            if self.apps.get(&view.id).is_none_or(|app| (app.state, app.cause) != is) {
                self.turn(&view.id, clock.wall(view.since), seq, is, Some(view), clock);
            }
            self.contest(&view.id, look.now, seq, view.conflict);
            look.seen.insert(view.id.clone());
        }
        // Not told yet: the word about it is on its way.
        let Some(app) = self.apps.get_mut(&view.id) else { return };
        let told = &mut self.told;
        app.rows.stays = view.adopted || view.lived;
        told.extend(app.owed(&view.id, look.now));
        told.extend(app.contested(&view.id, look.now, 0));
        app.tally.count(view);
        app.tally.rate(view);
        if look.missed.is_none() {
            self.minutes.note(view, look.now);
        }
        app.tally.pass(&view.id, look.now, &mut |hour| told.push(Entry::Piece(hour)));
        // One that is fresh says until when this server lived; all of them once in a while, to be as old as they look.
        if look.pieces || !mem::replace(&mut look.marked, true) {
            told.push(Entry::Row(app.last(&view.id, view, look.now, clock).into()));
        }
        if look.pieces {
            told.extend(app.tally.take(&view.id).map(Entry::Piece));
        }
    }

    /// Ends a look: who was not seen is gone, where that could not be told.
    pub(super) fn end(&mut self, look: &Look) {
        self.minutes.sweep(look.now);
        let Some(seq) = look.missed else { return };
        let gone: Vec<_> = self.apps.keys().filter(|id| !look.seen.contains(*id)).cloned().collect();
        gone.iter().for_each(|id| self.remove(id, look.now, seq, 0));
    }

    /// Tells the hours so far: this run ends, and the next goes on with them.
    pub(super) fn close(&mut self) {
        for (id, app) in &mut self.apps {
            if let Some(seq) = app.rows.owed {
                self.told.push(app.row(id, seq));
            }
            self.told.extend(app.tally.take(id).map(Entry::Piece));
        }
    }
}

impl Rows {
    const fn new(last: Option<State>, stays: bool) -> Self {
        Self { last, room: Room { hour: 0, rows: 0 }, owed: None, stays }
    }

    /// Whether one more is told at `at`.
    const fn has_room(&self, at: Wall) -> bool {
        self.room.is_left(at, self.stays)
    }
}

impl Room {
    /// Whether one more row is told at `at`.
    const fn is_left(&self, at: Wall, stays: bool) -> bool {
        at.as_unix_millis().div_euclid(HOUR) != self.hour || self.rows < MOST[stays as usize]
    }

    /// Counts one at `at`.
    const fn take(&mut self, at: Wall) {
        let hour = at.as_unix_millis().div_euclid(HOUR);
        let before = if self.hour == hour { self.rows } else { 0 };
        (self.hour, self.rows) = (hour, before.saturating_add(1));
    }
}

impl App {
    /// The row that says what it is now, counted in the hour of that.
    fn row(&mut self, id: &OwnedIdentity, seq: u64) -> Entry {
        let rows = &mut self.rows;
        rows.room.take(self.at);
        rows.owed = None;
        let (from, to) = (rows.last.replace(self.state), Some(self.state));
        Entry::Row(Transition { app: id.clone(), at: self.at, seq, from, to, cause: self.cause }.into())
    }

    /// What came of all that was left out, once there is room for it.
    fn owed(&mut self, id: &OwnedIdentity, now: Wall) -> Option<Entry> {
        let seq = self.rows.owed.filter(|_| self.rows.has_room(now))?;
        Some(self.row(id, seq))
    }

    /// The row that says how a conflict stands, if that was not told and there is room for it.
    fn contested(&mut self, id: &OwnedIdentity, at: Wall, seq: u64) -> Option<Entry> {
        let Contest { on, told, room } = &mut self.contest;
        if on == told || !room.is_left(at, self.rows.stays) {
            return None;
        }
        room.take(at);
        *told = *on;
        Some(Entry::Row(Conflict { app: id.clone(), at, seq, on: *on }.into()))
    }

    /// The row that says that its conflict is over, as it is gone itself.
    fn over(&mut self, id: &OwnedIdentity, at: Wall, seq: u64) -> Option<Entry> {
        let told = mem::take(&mut self.contest.told);
        told.then(|| Entry::Row(Conflict { app: id.clone(), at, seq, on: false }.into()))
    }

    fn last(&self, id: &OwnedIdentity, view: &Snapshot, at: Wall, clock: &Clock) -> Last {
        Last {
            app: id.clone(),
            at,
            state: self.state,
            cause: self.cause,
            since: self.at,
            granted: u64::try_from(view.granted.as_millis()).unwrap_or(u64::MAX),
            first_seen: clock.wall(view.first_seen),
            promise: view.promise.as_millis(),
            boot: view.vitals.boot.map(|boot| boot.as_str().to_owned()),
            version: view.vitals.version.map(u16::from),
            lived: view.lived,
        }
    }
}
