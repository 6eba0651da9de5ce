//! An app: its sessions, which of them count, and what they amount to.
//!
//! Pages count before all others, so that a supervisor's ping cannot keep a frozen page green; a program's word that the
//! picture stands still counts beside them. Not here: names, deadlines and the order of events ([`super`]).

use alloc::boxed::Box;
use core::time::Duration;

use compact_str::CompactString;
use hb_lease::time::Time;

use super::habit::Habit;
use super::past::Past;
use super::session::{Judged, Kind, Knock, Phase, Session};
use super::{Config, EventKind, Memory, Origin};
use crate::beat::{Beat, Cause, Display, State, Verb};
use crate::id::{Boot, Identity};
use crate::verdict;

#[derive(Clone, Debug)]
pub(super) struct App {
    host: CompactString,
    /// The app's name; behind it, after a [`SEAM`], the slot where there is one.
    name: CompactString,
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) reloads: u32,
    pub(super) since: Time,
    pub(super) first_seen: Time,
    /// Beats and words taken in this run.
    pub(super) beats: u64,
    standing: Standing,
    pub(super) habit: Habit,
    /// The newest page, or the only voice.
    first: Session,
    /// What most apps never have.
    past: Option<Box<Past>>,
}

/// What was said of an app from outside; in one byte, of which there are none to spare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing(u8);

impl Standing {
    /// Somebody wants it here.
    const ADOPTED: u8 = 1;
    /// It was no longer new in an earlier run.
    const LIVED: u8 = 2;
    /// Nobody is to look at it now.
    const CLOSED: u8 = 4;

    const fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    const fn with(self, mark: u8, on: bool) -> Self {
        if on { Self(self.0 | mark) } else { Self(self.0 & !mark) }
    }
}

/// A control character, which no name may hold.
const SEAM: char = '\0';

/// What a beat did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Fresh,
    Stale,
}

impl App {
    pub(super) fn new(id: Identity<'_>, kind: Kind, now: Time) -> Self {
        Self {
            host: id.host().into(),
            name: if id.slot().is_empty() {
                id.app().into()
            } else {
                [id.app(), id.slot()].join("\0").into()
            },
            state: State::Starting,
            cause: Cause::None,
            reloads: 0,
            since: now,
            first_seen: now,
            beats: 0,
            standing: Standing::default(),
            habit: Habit::default(),
            first: Session::new(kind),
            past: None,
        }
    }

    /// As an earlier run knew it; `now` is when this one was told.
    pub(super) fn remembered(id: Identity<'_>, memory: &Memory, now: Time) -> Self {
        Self {
            state: memory.state,
            cause: memory.cause,
            since: memory.since.min(now),
            first_seen: memory.first_seen.min(now),
            standing: Standing::default()
                .with(Standing::ADOPTED, memory.adopted)
                .with(Standing::LIVED, memory.lived),
            first: Session::remembered(memory, now),
            ..Self::new(id, Kind::Legacy { program: false }, now)
        }
    }

    /// Takes from an earlier run what this one cannot know of an app that it has heard itself.
    pub(super) fn recollect(&mut self, memory: &Memory) {
        self.first_seen = self.first_seen.min(memory.first_seen);
        let lived = self.standing.has(Standing::LIVED) || memory.lived;
        let adopted = self.is_adopted() || memory.adopted;
        self.standing = self.standing.with(Standing::LIVED, lived).with(Standing::ADOPTED, adopted);
    }

    /// Somebody wants it here, or no longer.
    pub(super) fn adopt(&mut self, on: bool) {
        self.standing = self.standing.with(Standing::ADOPTED, on);
    }

    /// Nobody is to look at it, or people may again.
    pub(super) fn close(&mut self, on: bool) {
        self.standing = self.standing.with(Standing::CLOSED, on);
    }

    /// Whether somebody wants it here.
    pub(super) fn is_adopted(&self) -> bool {
        self.standing.has(Standing::ADOPTED)
    }

    pub(super) fn id(&self) -> Identity<'_> {
        let (app, slot) = self.name.split_once(SEAM).unwrap_or((&self.name, ""));
        Identity::new(&self.host, slot, app).expect("made from a checked identity")
    }

    pub(super) fn set_host(&mut self, id: Identity<'_>) {
        self.host = id.host().into();
    }

    /// Whether `id` is this app in any place: same slot and name.
    pub(super) fn is_namesake(&self, id: Identity<'_>) -> bool {
        let here = self.id();
        (here.app(), here.slot()) == (id.app(), id.slot())
    }

    /// The newest page.
    pub(super) fn boot(&self) -> Option<Boot> {
        self.first.kind.boot()
    }

    /// The newest page, while it is open: by it this app is found again at another address.
    pub(super) fn live_boot(&self) -> Option<Boot> {
        if self.first.is_open() { self.boot() } else { None }
    }

    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        core::iter::once(&self.first).chain(self.past.iter().flat_map(|past| &past.rest))
    }

    fn sessions_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        core::iter::once(&mut self.first).chain(self.past.iter_mut().flat_map(|past| &mut past.rest))
    }

    /// Whether nothing that `beat` says can bring its page here from elsewhere: it is open here, or this is late news.
    pub(super) fn is_home_of(&self, boot: Boot, beat: &Beat<'_>) -> bool {
        let kind = Kind::Page(boot);
        let here = |session: &Session| session.is_open() || session.is_stale(kind, beat);
        self.sessions().any(|session| session.kind == kind && here(session))
    }

    /// Whether this page has spoken in this run.
    pub(super) fn has_heard(&self, boot: Boot) -> bool {
        self.sessions().any(|s| s.kind == Kind::Page(boot) && s.last_contact().is_some())
    }

    /// Whether `boot` may be the page that shows this app: it is open, or no page is that spoke in this run.
    pub(super) fn may_be_shown_by(&self, boot: Boot) -> bool {
        let heard = |s: &&Session| s.is_open() && s.last_contact().is_some();
        let mut pages = self.sessions().filter(heard).filter_map(|s| s.kind.boot()).peekable();
        pages.peek().is_none() || pages.any(|page| page == boot)
    }

    /// The last time anybody said anything.
    pub(super) fn last_heard(&self) -> Option<Time> {
        self.sessions().filter_map(Session::last_contact).max()
    }

    /// Whether nobody wants it and it has not lived for long enough to be here to stay: shown as new, and gone an hour
    /// after it went down.
    pub(super) fn is_new(&self, config: &Config) -> bool {
        !self.is_adopted() && !self.has_lived(config)
    }

    /// Whether its name has been heard for long enough.
    pub(super) fn has_lived(&self, config: &Config) -> bool {
        let life = self.last_heard().map_or(Duration::ZERO, |at| at.since(self.first_seen));
        self.standing.has(Standing::LIVED) || life >= config.adopt_after
    }

    /// The moment from which its place was not used: the last word, or, without any in this run, its restoring or goodbye.
    pub(super) fn silent_since(&self) -> Time {
        self.last_heard().or(self.first.remembered_at()).unwrap_or(self.since)
    }

    fn session_mut(&mut self, kind: Kind) -> Option<&mut Session> {
        self.sessions_mut().find(|session| session.kind.is(kind))
    }

    fn open_pages(&self) -> usize {
        self.sessions().filter(|s| s.is_open() && s.kind.boot().is_some()).count()
    }

    /// Whether two pages answer to its name.
    pub(super) fn is_contested(&self) -> bool {
        self.open_pages() > 1
    }

    /// Whether nobody but an eye ever spoke for it.
    fn is_eyes_only(&self) -> bool {
        self.sessions().all(|s| s.kind.is_eye())
    }

    /// The sessions that are judged: open pages, or, where there are none, the other open voices; an eye only where there
    /// never was another. Beside those that are, a program counts only while it warns: it may know of a picture what a page
    /// cannot, and its silence proves nothing.
    pub(super) fn counted(&self, now: Time, config: &Config) -> impl Iterator<Item = &Session> {
        let pages = self.open_pages() > 0;
        let alone = self.is_eyes_only();
        let lives = move |kind| match kind {
            Kind::Page(_) => true,
            Kind::Cli { .. } | Kind::Legacy { .. } => !pages,
            Kind::Eye(_) => alone,
        };
        self.sessions().filter(move |s| s.is_open() && (lives(s.kind) || s.speaks_up(now, config)))
    }

    /// Takes a beat. Events that follow from it go to `tell`.
    pub(super) fn hear(
        &mut self,
        now: Time,
        beat: &Beat<'_>,
        from: Origin,
        config: &Config,
        tell: &mut impl FnMut(EventKind),
    ) -> Heard {
        let kind = Kind::of(beat, from);
        let contested = self.is_contested();
        self.first.recognize(kind);
        let Some(session) = self.session_mut(kind) else {
            if beat.verb == Verb::Done {
                // Whoever never spoke here cannot end what others keep alive.
                return Heard::Stale;
            }
            self.join(now, kind, from.place, config, tell);
            self.session_mut(kind).expect("it has just joined").absorb(now, beat, from);
            self.tell_conflict(contested, tell);
            return Heard::Fresh;
        };
        if session.is_stale(kind, beat) {
            return Heard::Stale;
        }
        if session.kind != kind {
            // The eye heard last is the eye, and knows nothing of what another saw.
            *session = Session::new(kind);
        }
        session.awake();
        let parting = beat.is_parting();
        let was = session.phase;
        let mut lesson = session.lesson(now, beat, config);
        if beat.verb == Verb::Done {
            session.phase = Phase::Done;
        } else {
            session.absorb(now, beat, from);
            lesson = lesson.filter(|_| session.is_fine(config));
        }
        match was {
            Phase::Superseded { unclean } => {
                if parting && beat.verb != Verb::Done {
                    // Its beacon was overtaken by the page that followed: a clean reload after all.
                    session.phase = Phase::Superseded { unclean: false };
                }
                if unclean {
                    self.forgive();
                }
            }
            // Of two that answer to the name one is left: it goes for good.
            _ if parting && contested => {
                if let Some(session) = self.session_mut(kind).filter(|s| s.is_open()) {
                    session.phase = Phase::Superseded { unclean: false };
                }
            }
            _ => {}
        }
        self.tell_conflict(contested, tell);
        // Of two that answer to one name nobody knows whose pace it is.
        let lesson = lesson.filter(|_| !self.is_contested());
        if let Some(on) = lesson.and_then(|lesson| self.habit.learn(&lesson, config)) {
            tell(EventKind::Slowing { on });
        }
        Heard::Fresh
    }

    /// Tells that a conflict began or ended since it was `contested` or not.
    fn tell_conflict(&self, contested: bool, tell: &mut impl FnMut(EventKind)) {
        let on = self.is_contested();
        if on != contested {
            tell(EventKind::Conflict { on });
        }
    }

    /// Makes room for a new voice. A new page supersedes the one before that gives way to it; in a conflict all stay.
    fn join(&mut self, now: Time, kind: Kind, place: u32, config: &Config, tell: &mut impl FnMut(EventKind)) {
        if kind.boot().is_some() && self.sessions().any(|s| s.kind.boot().is_some()) {
            let returned = self.past.as_mut().is_some_and(|past| past.readmit(kind));
            let conflict = self.is_contested() || returned;
            let mut unclean = false;
            for page in self.sessions_mut().filter(|s| s.is_open() && s.kind.boot().is_some()) {
                // Of one that was not heard in this run nobody knows how it ended: that is no crash.
                let leaving = page.says_leaving() || page.is_remembered();
                let gone = leaving || (!conflict && page.gives_way(place, now, config));
                page.awake();
                if gone {
                    page.phase = Phase::Superseded { unclean: !leaving };
                    unclean |= !leaving;
                }
            }
            if self.open_pages() == 0 && !conflict {
                self.reloads = self.reloads.saturating_add(1);
                if unclean {
                    self.past.get_or_insert_default().crashed(now);
                }
                tell(EventKind::Reload { clean: !unclean });
            }
        }
        let mut newcomer = Session::new(kind);
        if kind.boot().is_some() {
            core::mem::swap(&mut newcomer, &mut self.first);
        }
        self.past.get_or_insert_default().shelve(newcomer, now, config);
    }

    /// Takes back the last crash: its page turned out to live, or to have said goodbye.
    fn forgive(&mut self) {
        if let Some(past) = &mut self.past {
            past.forgive();
        }
    }

    /// Ends a conflict: the page heard last is believed and none before it. The others said no goodbye, so one that
    /// speaks again is the conflict again.
    pub(super) fn dismiss(&mut self) {
        // By its name too, so that of two heard in one millisecond one is chosen.
        let heard = |s: &Session| s.kind.boot().filter(|_| s.is_open()).map(|boot| (s.last_contact(), boot));
        let last = self.sessions().filter_map(heard).max();
        for page in self.sessions_mut().filter(|s| heard(s).is_some() && heard(s) != last) {
            page.phase = Phase::Superseded { unclean: false };
        }
    }

    /// Closes the page `boot` because it now speaks from elsewhere. It said no goodbye, so it may come back. `true` where that
    /// ends a conflict.
    pub(super) fn depart(&mut self, boot: Boot) -> bool {
        let contested = self.is_contested();
        if let Some(session) = self.session_mut(Kind::Page(boot)) {
            session.awake();
            session.phase = Phase::Superseded { unclean: false };
        }
        contested && !self.is_contested()
    }

    /// Notes what happened to a page's presence socket; `false` if there is no such page.
    pub(super) fn note_socket(&mut self, boot: Boot, knock: Knock) -> bool {
        let session = self.session_mut(Kind::Page(boot));
        session.map(|session| session.note(knock)).is_some()
    }

    /// The worst of the sessions that count, and the earliest moment at which that may change by silence.
    /// `None` when everybody said goodbye.
    pub(super) fn judge(&self, now: Time, config: &Config) -> Option<Judged> {
        let calm = self.past.as_ref().and_then(|past| past.crash_loop_until()).filter(|&until| now < until);
        let judged = || {
            self.counted(now, config).map(|session| session.judge(now, config, calm.is_some(), self.habit))
        };
        let mut worst = judged().reduce(|a, b| {
            let worse = if (b.state, b.cause) < (a.state, a.cause) { b } else { a };
            Judged { until: a.until.min(b.until), dropped: a.dropped && b.dropped, ..worse }
        })?;
        // Who is silent beside one that is heard: nobody need look whether the machine is on.
        if self.is_contested()
            && worst.cause == Cause::Silence
            && judged().any(|page| page.state > State::Late)
        {
            worst.cause = Cause::Conflict;
        }
        worst.until = worst.until.min(calm.unwrap_or(Time::MAX));
        if let Some(until) = self.dark_until(now, config) {
            let closed = self.standing.has(Standing::CLOSED);
            (worst.state, worst.cause) = verdict::dark(worst.state, worst.cause, closed);
            worst.until = worst.until.min(until);
        }
        Some(worst)
    }

    /// The earliest moment at which a word that the display is off is too old; `None` where nobody says so.
    fn dark_until(&self, now: Time, config: &Config) -> Option<Time> {
        self.sessions().filter_map(|s| s.dark_until(now, config)).min()
    }

    /// Power of the display, by whoever knows.
    pub(super) fn display(&self, now: Time, config: &Config) -> Option<Display> {
        if self.dark_until(now, config).is_some() {
            return Some(Display::Off);
        }
        let lit = |s: &Session| s.is_open() && s.reading().display() == Some(Display::On);
        let mut said = self.sessions().filter(|s| lit(s) && s.kept_until(now, config).is_some());
        said.next().map(|_| Display::On)
    }

    /// The session that the verdict is about.
    pub(super) fn spokesman(&self, now: Time, config: &Config) -> &Session {
        let counted = self.counted(now, config).min_by_key(|s| {
            let judged = s.judge(now, config, false, self.habit);
            (judged.state, judged.cause)
        });
        counted.or_else(|| self.sessions().max_by_key(|s| s.last_contact())).unwrap_or(&self.first)
    }

    /// Whose frames and errors are shown where `spokesman` has the verdict: who looks at a screen from outside knows
    /// nothing of them, but the page does that it looks at.
    pub(super) fn drawn_by<'a>(&'a self, spokesman: &'a Session, now: Time, config: &Config) -> &'a Session {
        if !spokesman.kind.is_eye() {
            return spokesman;
        }
        let pages = self.counted(now, config).filter(|s| s.kind.boot().is_some());
        pages.max_by_key(|s| s.last_contact()).unwrap_or(spokesman)
    }
}
