//! An app as JSON: what the API, the event stream and through them dashboard and tools see.
//!
//! Times are RFC 3339 with ms, ages and durations whole ms, what is unknown is null. Only known vitals appear.

mod standing;

use hb_core::beat::{Cause, State, Vitals};
use hb_core::id::Boot;
use hb_core::registry::Snapshot;
use hb_core::verdict::{self, Nagios};
use hb_lease::time::{Time, Wall};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::engine::Engine;
use crate::engine::clock::Clock;
use crate::notify::voice;
use crate::screen;
use crate::watch::{self, Verdict};

use super::schema::words;
use super::sight::Screen;

pub(super) use standing::By;

use standing::Standing;

/// An app, and how it stands with it. Times are RFC 3339, ages and durations whole milliseconds; what is unknown is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = App)]
pub(super) struct App<'a> {
    /// Its id
    app: &'a str,
    /// The machine it is on: its address, or the name that it declares
    host: &'a str,
    /// Its window of the host; empty where there is only one
    slot: &'a str,
    /// What the server believes
    #[schema(value_type = words::State)]
    state: &'static str,
    /// Why
    #[schema(value_type = words::Cause)]
    cause: &'static str,
    /// State and cause in words
    sentence: &'static str,
    /// What a person can do about it; null where nothing is wrong
    advice: Option<&'static str>,
    /// What monitoring is told
    #[schema(value_type = words::Nagios)]
    nagios: &'static str,
    /// Since when the state is so
    since: Stamp,
    /// When it was first heard of
    first_seen: Option<Stamp>,
    /// Age of the last `hb_init` or `hb_ping`
    last_beat_age_ms: Option<u64>,
    /// Age of the last `hb_state`
    last_word_age_ms: Option<u64>,
    /// What it promised
    promise_ms: Option<u32>,
    /// What it was granted: the promise and the tolerance
    granted_ms: Option<u64>,
    /// Time since the last beat as a share of what was granted: below 1 the promise holds
    overdue: Option<f64>,
    /// How its silence is judged
    policy: Option<&'static str>,
    /// Whether nobody is told of it now
    muted: bool,
    /// Whether two pages of this name speak
    conflict: bool,
    /// Whether its beats come later than they used to
    slowing: bool,
    /// Whether it is not yet here to stay
    new: bool,
    /// Whether its page holds a presence socket; null where it never had one
    presence: Option<bool>,
    /// Pages of this name
    sessions: usize,
    /// The first quarter of what tells page loads apart
    boot: Option<&'a str>,
    /// The number of its last beat
    seq: Option<u32>,
    /// What its last beat said of itself
    vitals: Words<'a>,
    /// Age of its last frame
    frame_age_ms: Option<u64>,
    /// Frames a second, lately
    fps: Option<f64>,
    /// Page loads after the first
    reloads: u32,
    /// A transition on the bus does not tell it: it is of the past, this is of now.
    #[serde(flatten)]
    standing: Option<Standing<'a>>,
    /// The commands its pages take now; `*` for any
    // A transition does not tell it: it is of the past, this is of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    accepts: Option<Vec<String>>,
}

/// What a page says of itself with each beat; what it did not say is not there
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Vitals)]
struct Words<'a> {
    /// Version of the vocabulary
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    v: Option<u8>,
    /// Who sent the beat
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Sender>, nullable = false)]
    by: Option<&'static str>,
    /// Frames since the page was loaded
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    frames: Option<u64>,
    /// Age of the last frame in ms
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    age: Option<u32>,
    /// Longest gap between two frames in ms
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    gap: Option<u32>,
    /// Whether the page can be seen
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Visibility>, nullable = false)]
    vis: Option<&'static str>,
    /// Its GL contexts
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Gl>, nullable = false)]
    gl: Option<&'static str>,
    /// Its own diagnosis
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Diagnosis>, nullable = false)]
    state: Option<&'static str>,
    /// Power of the display
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Display>, nullable = false)]
    display: Option<&'static str>,
    /// After how many ms without a frame it says that it stands still
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    stall: Option<u32>,
    /// Uncaught errors
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errs: Option<u32>,
    /// The last of them
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lasterr: Option<&'a str>,
    /// JavaScript's heap in KiB
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    mem: Option<u32>,
}

impl<'a> App<'a> {
    /// The view of `snapshot` at `now`, as the registry has it.
    pub(super) fn of(snapshot: &'a Snapshot, now: Time, clock: &Clock) -> Self {
        let id = snapshot.id.borrow();
        let vitals = &snapshot.vitals;
        Self {
            app: id.app(),
            host: id.host(),
            slot: id.slot(),
            state: snapshot.state.word(),
            cause: snapshot.cause.word(),
            sentence: voice::sentence(snapshot.state, snapshot.cause, vitals.by),
            advice: voice::advice(snapshot.state, snapshot.cause, vitals.by),
            nagios: snapshot.nagios(now).word(),
            since: Stamp(clock.wall(snapshot.since)),
            first_seen: Some(Stamp(clock.wall(snapshot.first_seen))),
            last_beat_age_ms: snapshot.last_beat.map(|at| millis(now.since(at))),
            last_word_age_ms: snapshot.last_word.map(|at| millis(now.since(at))),
            promise_ms: Some(snapshot.promise.as_millis()),
            granted_ms: Some(millis(snapshot.granted)),
            overdue: Some(decimals(snapshot.overdue, 1000.0)),
            policy: Some(snapshot.policy.word()),
            muted: false,
            conflict: snapshot.conflict,
            slowing: snapshot.slowing,
            new: snapshot.new,
            presence: snapshot.presence,
            sessions: snapshot.sessions,
            boot: vitals.boot.as_ref().map(boot_mark),
            seq: vitals.seq,
            vitals: Words::of(vitals, snapshot.last_error.as_deref()),
            frame_age_ms: snapshot.frame_age.map(millis),
            fps: snapshot.fps.map(|fps| decimals(f64::from(fps), 10.0)),
            reloads: snapshot.reloads,
            standing: None,
            accepts: None,
        }
    }

    /// The view of an app with how it stands with it.
    pub(super) fn with(
        snapshot: &'a Snapshot,
        standing: &'a watch::Standing,
        now: Time,
        clock: &Clock,
    ) -> Self {
        let Verdict { state, cause, nagios, .. } = standing.verdict(snapshot, now, clock.wall(now));
        let view = Self::of(snapshot, now, clock);
        Self {
            state: state.word(),
            cause: cause.word(),
            sentence: voice::sentence(state, cause, snapshot.vitals.by),
            advice: voice::advice(state, cause, snapshot.vitals.by),
            nagios: nagios.word(),
            since: standing.missing.map_or(view.since, Stamp),
            muted: standing.muted.is_some(),
            new: standing.adopted.is_none(),
            standing: Some(Standing::of(standing)),
            ..view
        }
    }

    /// The view of `screen`, which was just looked at.
    pub(super) fn now(engine: &Engine, screen: &'a Screen, now: Time) -> Self {
        let Screen { id, app, standing } = screen;
        let clock = engine.clock();
        let Some(snapshot) = app else { return Self::unheard(screen, clock.wall(now)) };
        let accepts = Some(screen::takes(engine, id.borrow()));
        Self { accepts, ..Self::with(snapshot, standing, now, clock) }
    }

    /// The view of a place that shows nothing, in the name of an app that nobody ever heard.
    fn unheard(Screen { id, standing, .. }: &'a Screen, wall: Wall) -> Self {
        let (id, state) = (id.borrow(), State::Missing);
        let since = standing.missing.unwrap_or(wall);
        let age = wall.as_unix_millis().saturating_sub(since.as_unix_millis());
        let age = std::time::Duration::from_millis(u64::try_from(age).unwrap_or(0));
        let nagios = if standing.is_excused() { Nagios::Ok } else { Nagios::of(state, age) };
        Self {
            app: id.app(),
            host: id.host(),
            slot: id.slot(),
            state: state.word(),
            cause: Cause::None.word(),
            sentence: verdict::sentence(state, Cause::None),
            advice: verdict::advice(state, Cause::None),
            nagios: nagios.word(),
            since: Stamp(since),
            first_seen: None,
            last_beat_age_ms: None,
            last_word_age_ms: None,
            promise_ms: None,
            granted_ms: None,
            overdue: None,
            policy: None,
            muted: standing.muted.is_some(),
            conflict: false,
            slowing: false,
            new: false,
            presence: None,
            sessions: 0,
            boot: None,
            seq: None,
            vitals: Words::default(),
            frame_age_ms: None,
            fps: None,
            reloads: 0,
            standing: Some(Standing::of(standing)),
            accepts: Some(Vec::new()),
        }
    }
}

impl<'a> Words<'a> {
    fn of(vitals: &'a Vitals, last_error: Option<&'a str>) -> Self {
        Self {
            v: vitals.version,
            by: vitals.by.map(hb_core::beat::By::word),
            frames: vitals.frames,
            age: vitals.age,
            gap: vitals.gap,
            vis: vitals.visibility.map(hb_core::beat::Visibility::word),
            gl: vitals.gl.map(hb_core::beat::Gl::word),
            state: vitals.diagnosis.map(hb_core::beat::Diagnosis::word),
            display: vitals.display.map(hb_core::beat::Display::word),
            stall: vitals.stall,
            errs: vitals.errors,
            lasterr: last_error,
            mem: vitals.memory,
        }
    }
}

/// A moment of the calendar, as RFC 3339 with milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp(pub(super) Wall);

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0.as_unix_millis()) {
            Ok(timestamp) => serializer.collect_str(&format_args!("{timestamp:.3}")),
            // Beyond the year 9999.
            Err(_) => serializer.serialize_none(),
        }
    }
}

/// The first quarter of a boot: enough to tell page loads apart. Whoever knew all of it could speak for the page, from
/// another address too, and count its beats as stale.
fn boot_mark(boot: &Boot) -> &str {
    let text = boot.as_str();
    &text[..text.len().div_ceil(4)]
}

/// Whole milliseconds.
pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `value` rounded to one part in `parts`.
fn decimals(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_has_milliseconds_and_none_beyond_the_calendar() {
        let json = |millis| serde_json::to_string(&Stamp(Wall::from_unix_millis(millis))).unwrap();
        assert_eq!(json(1_767_225_600_007), "\"2026-01-01T00:00:00.007Z\"");
        assert_eq!(json(0), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(json(i64::MAX), "null");
    }
}
