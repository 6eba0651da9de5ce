//! One voice of an app: a page load, the command line, or a client without a boot. Two clocks: `last_beat` (init, ping)
//! and `last_word` (`hb_state`).
//!
//! Not here: which voices count, and what they amount to together ([`super::app`]).

use alloc::boxed::Box;
use core::time::Duration;

use compact_str::CompactString;
use hb_lease::time::Time;

use super::habit::{Habit, Lesson};
use super::reading::Reading;
use super::{Config, Memory, Origin, Policy};
use crate::beat::{Beat, By, Cause, Diagnosis, Display, Promise, State, Verb, Visibility, Vitals};
use crate::detect::{Detector, Ratio, Suspicion};
use crate::id::Boot;
use crate::verdict::{self, Claim, Facts, Presence};

/// Whose voice it is. A program's and that of anybody else are two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Page(Boot),
    Cli {
        program: bool,
    },
    /// A program that looks at the screen from outside (`by=cli` with a boot): one for each app, whatever the boot.
    Eye(Boot),
    Legacy {
        program: bool,
    },
}

impl Kind {
    pub(super) fn of(beat: &Beat<'_>, Origin { program, .. }: Origin) -> Self {
        match (beat.vitals.by, beat.vitals.boot) {
            (Some(By::Cli), Some(boot)) if program => Self::Eye(boot),
            (Some(By::Cli), _) => Self::Cli { program },
            (_, Some(boot)) => Self::Page(boot),
            (_, None) => Self::Legacy { program },
        }
    }

    /// Whether what it says is wrong with the picture is evidence: it is the page itself, or a program.
    pub(super) fn is_believed(self) -> bool {
        !matches!(self, Self::Cli { program: false } | Self::Legacy { program: false })
    }

    pub(super) fn is_eye(self) -> bool {
        matches!(self, Self::Eye(_))
    }

    /// Whether the two are one voice of an app.
    pub(super) fn is(self, other: Self) -> bool {
        self == other || (self.is_eye() && other.is_eye())
    }

    pub(super) fn boot(self) -> Option<Boot> {
        if let Self::Page(boot) = self { Some(boot) } else { None }
    }
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Counts.
    Open,
    /// Another boot took its place.
    Superseded {
        /// Without having said that it leaves.
        unclean: bool,
    },
    /// Said goodbye.
    Done,
    /// Counts, and is known from an earlier run only: this was believed then.
    Remembered { state: State, cause: Cause },
}

/// The presence socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Socket {
    Never,
    Open {
        /// More than one while a page that lost its connection has the next one already.
        sockets: u16,
    },
    Closed {
        /// The end of its grace.
        until: Time,
    },
}

/// What happened to a presence socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Knock {
    Opened,
    Closed {
        /// The end of the grace.
        until: Time,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) kind: Kind,
    pub(super) phase: Phase,
    pub(super) socket: Socket,
    /// Something other than an init has come: start-up is over.
    pinged: bool,
    seq: u32,
    promise: Promise,
    /// The promise of the last `hb_state`.
    word: Promise,
    fps: f32,
    /// From the word that the reading's claims are of to the last contact, ms: an init in between renews and claims nothing.
    claimed_before: u32,
    /// [`Time::MAX`] for never; likewise below. Of who is remembered: when that was.
    last_beat: Time,
    last_word: Time,
    reading: Reading,
    /// Behind one word: a fat pointer would cost all pages eight bytes for the few that have one.
    last_error: Option<Box<CompactString>>,
}

/// A verdict about one session, and when it may change without a further word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) state: State,
    pub(super) cause: Cause,
    pub(super) until: Time,
    pub(super) dropped: bool,
}

impl Session {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            phase: Phase::Open,
            pinged: false,
            socket: Socket::Never,
            seq: 0,
            promise: Promise::default(),
            word: Promise::default(),
            fps: f32::NAN,
            claimed_before: 0,
            last_beat: Time::MAX,
            last_word: Time::MAX,
            reading: Reading::default(),
            last_error: None,
        }
    }

    /// As an earlier run knew it; `now` is when this one was told. Nothing of it was heard.
    pub(super) fn remembered(memory: &Memory, now: Time) -> Self {
        let mut session = Self::new(memory.boot.map_or(Kind::Legacy { program: false }, Kind::Page));
        session.reading.absorb_facts(&Vitals { version: memory.version, ..Vitals::default() });
        // Whichever comes to bear.
        (session.promise, session.word) = (memory.promise, memory.promise);
        if memory.state == State::Done {
            session.phase = Phase::Done;
        } else {
            session.phase = Phase::Remembered { state: memory.state, cause: memory.cause };
            session.last_beat = now;
        }
        session
    }

    /// Whether nothing of it was heard in this run.
    pub(super) fn is_remembered(&self) -> bool {
        matches!(self.phase, Phase::Remembered { .. })
    }

    /// When that was told which is known of it from an earlier run only.
    pub(super) fn remembered_at(&self) -> Option<Time> {
        self.is_remembered().then_some(self.last_beat)
    }

    /// A voice speaks that may be this one: who was remembered without a page may be anybody.
    pub(super) fn recognize(&mut self, kind: Kind) {
        if self.is_remembered() && self.kind.boot().is_none() {
            (self.kind, self.reading) = (kind, Reading::default());
        }
    }

    /// From here on this run knows it by itself.
    pub(super) fn awake(&mut self) {
        if self.is_remembered() {
            (self.phase, self.last_beat) = (Phase::Open, Time::MAX);
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Remembered { .. })
    }

    /// Whether a beat of `kind` is late news: behind one already heard, after the goodbye of its boot, or the goodbye of
    /// another eye.
    ///
    /// Only within a boot is there an order: a command that is started again counts from 1 again.
    pub(super) fn is_stale(&self, kind: Kind, beat: &Beat<'_>) -> bool {
        if self.kind.boot().is_none() {
            return self.kind != kind && beat.is_parting();
        }
        let overtaken = self.last_contact().is_some() && beat.vitals.seq.is_some_and(|seq| seq <= self.seq);
        let buried = self.phase == Phase::Done && beat.verb != Verb::Init;
        overtaken || buried
    }

    /// Takes a beat that is not stale, other than a goodbye.
    pub(super) fn absorb(&mut self, now: Time, beat: &Beat<'_>, from: Origin) {
        if self.phase == Phase::Done {
            *self = Self { seq: self.seq, socket: self.socket, ..Self::new(self.kind) };
        }
        let renewal = beat.verb == Verb::Init && self.last_contact().is_some();
        self.seq = beat.vitals.seq.unwrap_or(self.seq);
        self.measure(now, beat);
        let elapsed =
            self.last_contact().map_or(0, |last| now.since(last).as_millis().min(u32::MAX.into()) as u32);
        self.claimed_before = if renewal { self.claimed_before.saturating_add(elapsed) } else { 0 };
        if renewal {
            // Renews and changes no state, so it claims nothing either.
            self.reading.absorb_facts(&beat.vitals);
        } else {
            self.reading.absorb(&beat.vitals, from.program);
        }
        self.reading.place = from.place;
        if let Some(error) = &beat.last_error {
            self.last_error = Some(Box::new(error.as_ref().into()));
        }
        // Whoever speaks is not gone; a page whose goodbye was overtaken by the end of its socket has a longer grace.
        if matches!(self.socket, Socket::Closed { .. }) {
            self.socket = Socket::Never;
        }
        match beat.verb {
            Verb::State => {
                self.word = beat.promise;
                self.last_word = now;
            }
            Verb::Init | Verb::Ping | Verb::Done => {
                self.promise = beat.promise;
                self.last_beat = now;
            }
        }
        self.phase = Phase::Open;
        self.pinged |= beat.verb != Verb::Init;
    }

    /// Frames per second since the last word, where both say how many frames there were.
    fn measure(&mut self, now: Time, beat: &Beat<'_>) {
        let Some(last) = self.last_contact() else { return };
        let elapsed = now.since(last).as_secs_f32();
        // Below a tenth of a second one frame more or less would be ten a second.
        if let (Some(before), Some(after)) = (self.reading.frames(), beat.vitals.frames)
            && elapsed >= 0.1
        {
            self.fps = after.saturating_sub(before) as f32 / elapsed;
        }
    }

    /// What the session says of itself. What is wrong by the word of anybody is wrong, and proves nothing.
    fn claim(&self, config: &Config) -> Claim {
        match self.said(config) {
            Claim::Bad(_) if !self.kind.is_believed() => Claim::Bad(Cause::Unproven),
            said => said,
        }
    }

    /// What its words amount to. A picture whose last frame is older than the client's own limit is frozen, whatever the
    /// client calls it: green needs proof.
    fn said(&self, config: &Config) -> Claim {
        let stall = self.reading.stall().map_or(config.stall, |ms| Duration::from_millis(ms.into()));
        let age = Duration::from_millis(self.reading.age().unwrap_or(0).into());
        match (self.reading.diagnosis(), self.reading.visibility()) {
            (Some(Diagnosis::NoFrames), _) => Claim::Bad(Cause::NoFrames),
            (Some(Diagnosis::MainBlocked), _) => Claim::Bad(Cause::MainBlocked),
            (Some(Diagnosis::ContextLost), _) => Claim::Bad(Cause::ContextLost),
            (Some(Diagnosis::GpuStuck), _) => Claim::Bad(Cause::GpuStuck),
            (Some(Diagnosis::PictureStuck), _) => Claim::Bad(Cause::PictureStuck),
            (Some(Diagnosis::Leaving), _) => Claim::Leaving,
            (Some(Diagnosis::Frozen), _) => Claim::Unseen { frozen: true },
            (Some(Diagnosis::Hidden), _) | (None, Some(Visibility::Hidden)) => {
                Claim::Unseen { frozen: false }
            }
            (Some(Diagnosis::Starting), _) => Claim::Starting,
            (Some(Diagnosis::Ok | Diagnosis::Slow) | None, Some(Visibility::Visible))
                if age >= stall && self.reading.age().is_some() && self.pinged =>
            {
                Claim::Bad(Cause::NoFrames)
            }
            _ if !self.pinged => Claim::Starting,
            (Some(Diagnosis::Ok | Diagnosis::Slow | Diagnosis::Idle) | None, _) => Claim::Fine,
        }
    }

    /// Whether it says that the page's picture stands still, said so no longer ago than it promised, and is believed.
    pub(super) fn speaks_up(&self, now: Time, config: &Config) -> bool {
        let is_bad = matches!(self.claim(config), Claim::Bad(_));
        self.kind.is_believed() && is_bad && self.kept_until(now, config).is_some()
    }

    /// Whether a page that comes from `place` takes the place of this one, and is no second page of its name: it comes from
    /// where this one is, or this one left, lost its connection, or broke its promise.
    pub(super) fn gives_way(&self, place: u32, now: Time, config: &Config) -> bool {
        let gone = self.says_leaving() || matches!(self.socket, Socket::Closed { .. });
        self.reading.place == place || gone || self.kept_until(now, config).is_none()
    }

    /// Until when its word that the display is off holds, if nothing more comes; `None` where it says no such thing.
    pub(super) fn dark_until(&self, now: Time, config: &Config) -> Option<Time> {
        let says_so = self.is_open() && self.reading.display() == Some(Display::Off);
        if says_so { self.kept_until(now, config) } else { None }
    }

    /// Until when what it said holds, if nothing more comes; `None` where that is over, or was said in an earlier run.
    pub(super) fn kept_until(&self, now: Time, config: &Config) -> Option<Time> {
        let (since, granted) = self.bearing(self.claim(config), config);
        let (silence, until) = self.ratio(config.policy).suspect(since, granted, now);
        (silence == Suspicion::Kept && !self.is_remembered()).then_some(until)
    }

    /// Whether there is nothing to say about the picture but that it moves.
    pub(super) fn is_fine(&self, config: &Config) -> bool {
        self.claim(config) == Claim::Fine
    }

    /// What `beat` teaches about the pace of this voice, if it leaves the picture as fine as it was: only a page that counts
    /// its frames teaches, as others prove nothing.
    pub(super) fn lesson(&self, now: Time, beat: &Beat<'_>, config: &Config) -> Option<Lesson> {
        let proves = self.kind.boot().is_some() && beat.vitals.frames.is_some();
        let ordinary = proves && beat.verb == Verb::Ping && self.phase == Phase::Open && self.is_fine(config);
        let last = self.last_beat().filter(|_| ordinary)?;
        let promise = self.promise.as_duration();
        Some(Lesson {
            promise,
            granted: promise + config.tolerance,
            ratio: self.ratio(config.policy),
            elapsed: now.since(last),
        })
    }

    /// State, cause, and when that may change by silence alone.
    pub(super) fn judge(&self, now: Time, config: &Config, crashing: bool, habit: Habit) -> Judged {
        if let Phase::Remembered { state, cause } = self.phase {
            return self.recall(now, config, state, cause);
        }
        let claim = self.claim(config);
        let (mut since, granted) = self.bearing(claim, config);
        if claim == Claim::Fine {
            since += habit.slack(self.promise.as_duration(), config);
        }
        let (silence, mut until) = self.ratio(config.policy).suspect(since, granted, now);
        let presence = match self.socket {
            Socket::Closed { until: grace } if grace <= now => Presence::Lost,
            Socket::Closed { until: grace } => {
                until = until.min(grace);
                Presence::Missed
            }
            Socket::Open { .. } | Socket::Never => Presence::Unsuspicious,
        };
        let (state, cause) = verdict::judge(Facts { claim, silence, presence, crashing });
        Judged { state, cause, until, dropped: silence == Suspicion::Dropped }
    }

    /// What is left of a belief of an earlier run: its silence counts from so late that nobody is late before the boot
    /// grace is over, and nobody before the promise is. What its socket does says nothing yet.
    fn recall(&self, now: Time, config: &Config, state: State, cause: Cause) -> Judged {
        let ratio = self.ratio(config.policy);
        let granted = self.promise.as_duration() + config.tolerance;
        let since = self.last_beat + config.boot_grace.saturating_sub(granted * ratio.late);
        let (silence, until) = ratio.suspect(since, granted, now);
        let (state, cause) = verdict::remembered(state, cause, silence);
        Judged { state, cause, until, dropped: silence == Suspicion::Dropped }
    }

    pub(super) fn ratio(&self, policy: Policy) -> Ratio {
        match policy {
            Policy::Auto if self.reading.is_prompt() => Ratio::PROMPT,
            Policy::Auto => Ratio::PATIENT,
            Policy::Strict => Ratio::PROMPT,
            Policy::Hilbert => Ratio::HILBERT,
        }
    }

    /// The word from which silence counts: for a bad or parting word that word itself, else the last beat.
    fn bearing(&self, claim: Claim, config: &Config) -> (Time, Duration) {
        let beat = (self.last_beat, self.promise.as_duration() + config.tolerance);
        let word = (self.last_word, self.word.as_duration() + config.tolerance);
        let by_word = matches!(claim, Claim::Bad(_) | Claim::Leaving);
        match (self.last_beat == Time::MAX, self.last_word == Time::MAX) {
            (true, _) => word,
            (false, true) => beat,
            // What an eye sees it says by whichever word fits.
            (false, false) if (by_word || self.kind.is_eye()) && self.last_word >= self.last_beat => word,
            (false, false) => beat,
        }
    }

    /// Notes what happened to the presence socket.
    pub(super) fn note(&mut self, knock: Knock) {
        self.socket = match (knock, self.socket) {
            (Knock::Opened, Socket::Open { sockets }) => Socket::Open { sockets: sockets.saturating_add(1) },
            (Knock::Opened, Socket::Never | Socket::Closed { .. }) => Socket::Open { sockets: 1 },
            (Knock::Closed { .. }, Socket::Open { sockets: sockets @ 2.. }) => {
                Socket::Open { sockets: sockets - 1 }
            }
            // A page that said it is leaving has a longer grace of its own.
            (Knock::Closed { .. }, _) if self.says_leaving() => Socket::Never,
            (Knock::Closed { until }, _) => Socket::Closed { until },
        };
    }

    pub(super) fn says_leaving(&self) -> bool {
        self.reading.diagnosis() == Some(Diagnosis::Leaving)
    }

    /// The last time anything came: beat or word.
    pub(super) fn last_contact(&self) -> Option<Time> {
        self.last_beat().max(self.last_word())
    }

    pub(super) fn last_beat(&self) -> Option<Time> {
        (self.last_beat != Time::MAX && !self.is_remembered()).then_some(self.last_beat)
    }

    pub(super) fn last_word(&self) -> Option<Time> {
        (self.last_word != Time::MAX).then_some(self.last_word)
    }

    /// The promise in force and the moment from which it counts.
    pub(super) fn promise_in_force(&self, config: &Config) -> (Promise, Time) {
        let (since, granted) = self.bearing(self.claim(config), config);
        let by_beat = granted == self.promise.as_duration() + config.tolerance && since == self.last_beat;
        (if by_beat { self.promise } else { self.word }, since)
    }

    pub(super) fn seq(&self) -> u32 {
        self.seq
    }

    pub(super) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Age of the last frame at `now`, by the last word that told one.
    pub(super) fn frame_age(&self, now: Time) -> Option<Duration> {
        let age = Duration::from_millis(self.reading.age()?.into());
        let unheard = self.last_contact().map_or(Duration::ZERO, |at| now.since(at));
        Some(age + Duration::from_millis(self.claimed_before.into()) + unheard)
    }

    pub(super) fn fps(&self) -> Option<f32> {
        (!self.fps.is_nan()).then_some(self.fps)
    }

    pub(super) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref().map(CompactString::as_str)
    }
}
