//! What the registry tells about an app at one moment. Not here: how it is written for people ([`crate::wire`], pages).

use alloc::string::String;
use core::time::Duration;

use hb_lease::time::Time;

use super::app::App;
use super::session::Socket;
use super::{Config, Policy};
use crate::beat::{Cause, Promise, State, Vitals};
use crate::detect::{Detector, Ratio};
use crate::id::OwnedIdentity;
use crate::verdict::{self, Nagios};

/// An app as it is believed to be.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Who.
    pub id: OwnedIdentity,
    /// What is believed.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Time,
    /// When it was first heard of.
    pub first_seen: Time,
    /// Its last init or ping.
    pub last_beat: Option<Time>,
    /// Its last `hb_state`.
    pub last_word: Option<Time>,
    /// Whichever of the two its silence counts from; if there is neither in this run, when it was restored, or said
    /// goodbye.
    pub silent_since: Time,
    /// The promise in force.
    pub promise: Promise,
    /// The promise plus tolerance.
    pub granted: Duration,
    /// Silence as a multiple of `granted`.
    pub overdue: f64,
    /// The policy it is judged by.
    pub policy: Policy,
    /// The thresholds in force for it.
    pub thresholds: Ratio,
    /// Two pages answer to its name ([`EventKind::Conflict`](super::EventKind::Conflict)).
    pub conflict: bool,
    /// Its beats come later than they used to ([`EventKind::Slowing`](super::EventKind::Slowing)).
    pub slowing: bool,
    /// What the judge adds to `granted`, learned from its late beats.
    pub slack: Duration,
    /// Has not lived for a day, and nobody wants it: gone an hour after it went down.
    pub new: bool,
    /// Has lived for a day.
    pub lived: bool,
    /// Somebody wants it here ([`Input::Adopt`](super::Input::Adopt)).
    pub adopted: bool,
    /// Beats and words taken in this run, stale ones included: over all apps, and those of
    /// [`EventKind::Removed`](super::EventKind::Removed), as many as [`Stats::accepted`](super::Stats::accepted).
    pub beats: u64,
    /// Whether its presence socket is open; `None` if it never had one.
    pub presence: Option<bool>,
    /// Page loads after the first.
    pub reloads: u32,
    /// What it last said; of a page whose picture a program looks at, the page's frames and the worse diagnosis.
    pub vitals: Vitals,
    /// The last uncaught error.
    pub last_error: Option<String>,
    /// Age of the last frame, now.
    pub frame_age: Option<Duration>,
    /// Frames per second between the last two beats.
    pub fps: Option<f32>,
    /// Sessions held.
    pub sessions: usize,
}

impl Snapshot {
    /// What monitoring is told about it at `now`. The reference server knows silence alone, and so does who is judged
    /// as by it.
    #[must_use]
    pub fn nagios(&self, now: Time) -> Nagios {
        self.nagios_without(now, Duration::ZERO)
    }

    /// The same where `closed` of the time since its state began does not count.
    #[must_use]
    pub fn nagios_without(&self, now: Time, closed: Duration) -> Nagios {
        let age = now.since(self.since).saturating_sub(closed);
        match self.policy {
            _ if !self.is_heard() => Nagios::of(self.state, age),
            Policy::Auto | Policy::Strict => Nagios::of(self.state, age),
            Policy::Hilbert if self.state == State::Done => Nagios::of(State::Done, Duration::ZERO),
            Policy::Hilbert => {
                let (silence, _) = self.thresholds.suspect(self.silent_since, self.granted, now);
                let state = verdict::by_silence(silence);
                state.map_or(Nagios::Critical, |state| Nagios::of(state, Duration::ZERO))
            }
        }
    }

    /// Whether anything of it came in this run. Of who is not heard there is only a memory: its silence proves nothing.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.last_beat.is_some() || self.last_word.is_some()
    }

    pub(super) fn of(app: &App, now: Time, config: &Config) -> Self {
        let session = app.spokesman(now, config);
        let (promise, since) = session.promise_in_force(config);
        let silent_since =
            session.last_contact().map(|_| since).or(session.remembered_at()).unwrap_or(app.since);
        let granted = promise.as_duration() + config.tolerance;
        // A promise of nothing with no tolerance is broken at once and forever.
        let overdue = now.since(silent_since).as_secs_f64() / granted.as_secs_f64().max(f64::MIN_POSITIVE);
        let display = app.display(now, config);
        let page = app.drawn_by(session, now, config);
        let diagnosis = session.reading().diagnosis();
        let vitals = Vitals { display, diagnosis, ..page.reading().vitals(page.kind.boot(), page.seq()) };
        let unheard = page.last_contact().map_or(Duration::ZERO, |at| now.since(at));
        let (drawn, _) = page.promise_in_force(config);
        Self {
            id: app.id().to_owned(),
            state: app.state,
            cause: app.cause,
            since: app.since,
            first_seen: app.first_seen,
            last_beat: session.last_beat(),
            last_word: session.last_word(),
            silent_since,
            promise,
            granted,
            overdue: overdue.min(1e9),
            policy: config.policy,
            thresholds: session.ratio(config.policy),
            conflict: app.is_contested(),
            slowing: app.habit.is_slowing(),
            slack: app.habit.slack(promise.as_duration(), config),
            new: app.is_new(config),
            lived: app.has_lived(config),
            adopted: app.is_adopted(),
            beats: app.beats,
            presence: match page.socket {
                Socket::Never => None,
                Socket::Open { .. } => Some(true),
                Socket::Closed { .. } => Some(false),
            },
            reloads: app.reloads,
            last_error: page.last_error().map(Into::into),
            frame_age: page.frame_age(now),
            // A rate of who is silent or stuck is old news.
            fps: page.fps().filter(|_| unheard < drawn.as_duration() + config.tolerance),
            sessions: app.sessions().count(),
            vitals,
        }
    }
}
