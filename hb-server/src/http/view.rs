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

use crate::engine::Engine;
use crate::engine::clock::Clock;
use crate::screen;
use crate::watch::{self, Verdict};

use super::sight::Screen;

pub(super) use standing::By;

use standing::Standing;

/// One app.
#[derive(Debug, Serialize)]
pub(super) struct App<'a> {
    app: &'a str,
    host: &'a str,
    slot: &'a str,
    state: &'static str,
    cause: &'static str,
    sentence: &'static str,
    nagios: &'static str,
    since: Stamp,
    first_seen: Option<Stamp>,
    last_beat_age_ms: Option<u64>,
    last_word_age_ms: Option<u64>,
    promise_ms: Option<u32>,
    granted_ms: Option<u64>,
    overdue: Option<f64>,
    policy: Option<&'static str>,
    muted: bool,
    conflict: bool,
    new: bool,
    presence: Option<bool>,
    sessions: usize,
    boot: Option<&'a str>,
    seq: Option<u32>,
    vitals: Words<'a>,
    frame_age_ms: Option<u64>,
    fps: Option<f64>,
    reloads: u32,
    /// A transition on the bus does not tell it: it is of the past, this is of now.
    #[serde(flatten)]
    standing: Option<Standing<'a>>,
    /// The commands its pages take. A transition does not tell it: it is of the past, this is of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepts: Option<Vec<String>>,
}

/// The vitals under their own names (spec/liveness.md 5).
#[derive(Debug, Default, Serialize)]
struct Words<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    v: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vis: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gl: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stall: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasterr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
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
            sentence: verdict::sentence(snapshot.state, snapshot.cause),
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
            sentence: verdict::sentence(state, cause),
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
