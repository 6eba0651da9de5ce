//! How much of a span a screen worked: from its transitions and the time its place was dark, without the time in which it
//! was muted. Pure.
//!
//! Not here: where transitions, incidents and mutes come from ([`super::read`]).

use std::ops::{Add, Range};
use std::time::Duration;

use hb_core::beat::State;
use hb_lease::time::Wall;
use serde::Serialize;
use utoipa::ToSchema;

/// A span of the calendar, taken apart: the four parts add up to all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "Seconds")]
pub struct Uptime {
    /// Judged and fine. Late, starting and on the way back count here: nobody is told of them.
    pub working: Duration,
    /// Missing, down, stalled or hidden: what opens an incident.
    pub broken: Duration,
    /// Muted, whatever it did.
    pub muted: Duration,
    /// Not judged: not held, unknown after a restart, off, or gone with a goodbye.
    pub apart: Duration,
}

impl Uptime {
    /// The share of the judged time in which it worked, in percent; `None` if it was never judged.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        let judged = (self.working + self.broken).as_secs_f64();
        (judged > 0.0).then(|| 100.0 * self.working.as_secs_f64() / judged)
    }

    const fn part(&mut self, state: Option<State>) -> &mut Duration {
        match state {
            Some(State::Up | State::Late | State::Starting | State::Reconnecting) => &mut self.working,
            Some(State::Missing | State::Down | State::Stalled | State::Hidden) => &mut self.broken,
            Some(State::Unknown | State::Off | State::Done) | None => &mut self.apart,
        }
    }
}

impl Add for Uptime {
    type Output = Self;

    /// What several screens are together: each counts for as long as it was judged.
    fn add(self, other: Self) -> Self {
        Self {
            working: self.working + other.working,
            broken: self.broken + other.broken,
            muted: self.muted + other.muted,
            apart: self.apart + other.apart,
        }
    }
}

/// An [`Uptime`] as it is told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Uptime)]
pub struct Seconds {
    /// The share of the judged time in which it worked; null where it was never judged
    #[schema(minimum = 0, maximum = 100)]
    pub percent: Option<f64>,
    /// Seconds in which it was judged and fine
    pub working_s: u64,
    /// Seconds in which it was missing, down, stalled or hidden
    pub broken_s: u64,
    /// Seconds in which it was muted or closed
    pub muted_s: u64,
    /// Seconds in which nobody judged it
    pub unknown_s: u64,
}

impl From<Uptime> for Seconds {
    fn from(all: Uptime) -> Self {
        Self {
            percent: all.percent(),
            working_s: all.working.as_secs(),
            broken_s: all.broken.as_secs(),
            muted_s: all.muted.as_secs(),
            unknown_s: all.apart.as_secs(),
        }
    }
}

/// Takes `span` apart. `changes` are what was believed from when on, in their order; those before the span say what was
/// believed at its beginning. While its place was `dark` it was broken, whatever was believed: its place showed nothing.
/// Spans of `dark` and `muted` may overlap and reach beyond `span`.
///
/// ```
/// use hb_core::beat::State;
/// use hb_lease::time::Wall;
/// use hb_server::store::uptime;
///
/// let at = |seconds: i64| Wall::from_unix_millis(seconds * 1_000);
/// let changes = [(at(0), Some(State::Up)), (at(60), Some(State::Down)), (at(70), Some(State::Up))];
/// let day = uptime(at(0)..at(110), &changes, &[at(74)..at(80)], &[at(65)..at(75)]);
/// assert_eq!((day.working.as_secs(), day.broken.as_secs(), day.muted.as_secs()), (90, 10, 10));
/// assert_eq!(day.percent(), Some(90.0));
/// ```
#[must_use]
pub fn uptime(
    span: Range<Wall>,
    changes: &[(Wall, Option<State>)],
    dark: &[Range<Wall>],
    muted: &[Range<Wall>],
) -> Uptime {
    let mut changes = changes.to_vec();
    changes.sort_by_key(|(at, _)| *at);
    let not_believed = union(&[dark, muted].concat());
    let muted = union(muted);
    let mut found = Uptime::default();
    let ends = changes.iter().skip(1).map(|(at, _)| *at).chain([span.end]);
    let spans = changes.iter().zip(ends).map(|(&(at, state), end)| (at..end, state));
    let first = changes.first().map_or(span.end, |(at, _)| *at);
    for (when, state) in [(span.start..first, None)].into_iter().chain(spans) {
        let when = overlap(&when, &span);
        let within =
            |spans: &[Range<Wall>]| spans.iter().map(|it| length(&overlap(it, &when))).sum::<Duration>();
        let (silent, not_believed) = (within(&muted), within(&not_believed));
        found.muted += silent;
        found.broken += not_believed.saturating_sub(silent);
        *found.part(state) += length(&when).saturating_sub(not_believed);
    }
    found
}

/// The same time in spans that do not overlap.
fn union(spans: &[Range<Wall>]) -> Vec<Range<Wall>> {
    let mut spans: Vec<_> = spans.iter().filter(|span| span.start < span.end).cloned().collect();
    spans.sort_by_key(|span| span.start);
    let mut found: Vec<Range<Wall>> = Vec::new();
    for span in spans {
        match found.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => found.push(span),
        }
    }
    found
}

fn overlap(a: &Range<Wall>, b: &Range<Wall>) -> Range<Wall> {
    a.start.max(b.start)..a.end.min(b.end)
}

fn length(span: &Range<Wall>) -> Duration {
    let millis = span.end.as_unix_millis().saturating_sub(span.start.as_unix_millis());
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LENGTH: i64 = 120;

    fn at(second: i64) -> Wall {
        Wall::from_unix_millis(second * 1_000)
    }

    /// Asks for every second what was true in it.
    fn naive(
        span: &Range<i64>,
        changes: &[(i64, Option<State>)],
        dark: &[Range<i64>],
        muted: &[Range<i64>],
    ) -> Uptime {
        let mut found = Uptime::default();
        for second in span.clone() {
            if muted.iter().any(|mute| mute.contains(&second)) {
                found.muted += Duration::from_secs(1);
                continue;
            }
            if dark.iter().any(|dark| dark.contains(&second)) {
                found.broken += Duration::from_secs(1);
                continue;
            }
            let mut believed = (i64::MIN, None);
            for &(when, state) in changes {
                if when <= second && when >= believed.0 {
                    believed = (when, state);
                }
            }
            *found.part(believed.1) += Duration::from_secs(1);
        }
        found
    }

    proptest! {
        #[test]
        fn it_says_what_asking_for_every_second_says(
            span in (0..LENGTH, 0..LENGTH),
            changes in prop::collection::vec((-20..LENGTH, prop::option::of(prop::sample::select(State::ALL))), 0..20),
            dark in prop::collection::vec((-20..LENGTH, -20..LENGTH + 20), 0..4),
            muted in prop::collection::vec((-20..LENGTH, -20..LENGTH + 20), 0..5),
        ) {
            let span = span.0..span.1;
            let spans = |spans: Vec<(i64, i64)>| spans.into_iter().map(|(from, until)| from..until).collect::<Vec<_>>();
            let (dark, muted) = (spans(dark), spans(muted));
            let expected = naive(&span, &changes, &dark, &muted);
            let changes: Vec<_> = changes.into_iter().map(|(when, state)| (at(when), state)).collect();
            let walls = |spans: &[Range<i64>]| spans.iter().map(|it| at(it.start)..at(it.end)).collect::<Vec<_>>();
            let found = uptime(at(span.start)..at(span.end), &changes, &walls(&dark), &walls(&muted));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_was_never_judged_has_no_share() {
        assert_eq!(uptime(at(0)..at(60), &[], &[], &[]).percent(), None);
        let off = [(at(0), Some(State::Off))];
        assert_eq!(uptime(at(0)..at(60), &off, &[], &[]).apart, Duration::from_secs(60));
    }
}
