//! From silence to suspicion: when has somebody who promised to speak been silent for too long?
//!
//! A [`Detector`] answers in moments, not in yes or no, so that whoever asks can sleep until then. Here: the ratio of
//! the silence to the time granted, which is what the Hilbert protocol defines. Beneath, what learns from beats:
//! [`Phi`] and [`Chen`], two estimators of the literature, [`Slack`], what a judge adds to a promise, and [`Pace`], who
//! is slowing down. Which of them
//! judges is decided by measurement (docs/detection.md). Not here: what silence means together with everything else that
//! is known ([`crate::verdict`]).

mod chen;
mod pace;
mod phi;
mod rhythm;
mod slack;

use core::time::Duration;

use hb_lease::time::Time;

pub use chen::Chen;
pub use pace::Pace;
pub use phi::{Level, Phi};
pub use rhythm::Rhythm;
pub use slack::Slack;

/// How silent somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// The promise is kept, so far.
    Kept,
    /// Silent beyond the late threshold.
    Late,
    /// Silent beyond the down threshold.
    Down,
    /// Silent beyond the threshold at which the record is dropped.
    Dropped,
}

/// Judges silence.
pub trait Detector {
    /// The suspicion at `now` about somebody last heard at `last` and granted `granted`, and when it will change if
    /// nothing is heard: [`Time::MAX`] for never. Never early: below `granted` it is [`Suspicion::Kept`].
    fn suspect(&self, last: Time, granted: Duration, now: Time) -> (Suspicion, Time);
}

/// Thresholds on the overdue ratio `od = (now − last) / granted`, in whole multiples.
///
/// ```
/// use core::time::Duration;
/// use hb_core::detect::{Detector, Ratio, Suspicion};
/// use hb_lease::time::Time;
///
/// let granted = Duration::from_millis(1_000);
/// let at = Time::from_millis;
/// assert_eq!(Ratio::PROMPT.suspect(at(0), granted, at(999)), (Suspicion::Kept, at(1_000)));
/// assert_eq!(Ratio::PROMPT.suspect(at(0), granted, at(1_000)), (Suspicion::Late, at(2_000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// `od` from which somebody is late; at least 1.
    pub late: u32,
    /// `od` from which somebody is down; above `late`.
    pub down: u32,
    /// `od` at which the record is dropped, where it is.
    pub dropped: Option<u32>,
}

impl Ratio {
    /// For clients that beat well inside their promise: 1 and 2.
    pub const PROMPT: Self = Self { late: 1, down: 2, dropped: None };
    /// For clients that pace themselves by the time granted: 3 and 5.
    pub const PATIENT: Self = Self { late: 3, down: 5, dropped: None };
    /// The reference server's: 3 and 5, dropped at 6.
    pub const HILBERT: Self = Self { late: 3, down: 5, dropped: Some(6) };
}

impl Detector for Ratio {
    fn suspect(&self, last: Time, granted: Duration, now: Time) -> (Suspicion, Time) {
        let steps = [
            (Some(self.late), Suspicion::Late),
            (Some(self.down), Suspicion::Down),
            (self.dropped, Suspicion::Dropped),
        ];
        let mut found = Suspicion::Kept;
        for (threshold, suspicion) in steps {
            let Some(threshold) = threshold else { continue };
            let at = last + granted * threshold;
            if now < at {
                return (found, at);
            }
            found = suspicion;
        }
        (found, Time::MAX)
    }
}

/// The suspicion at `now` of who is late from one moment on and down from another, and when it changes.
fn steps(now: Time, late: Time, down: Time) -> (Suspicion, Time) {
    if now >= down {
        (Suspicion::Down, Time::MAX)
    } else if now >= late {
        (Suspicion::Late, down)
    } else {
        (Suspicion::Kept, late)
    }
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_1_each_threshold_is_met_to_the_millisecond() {
        let granted = Duration::from_millis(6_000);
        let last = Time::from_millis(777);
        let cases = [
            (Ratio::PROMPT, [Some(1), Some(2), None]),
            (Ratio::PATIENT, [Some(3), Some(5), None]),
            (Ratio::HILBERT, [Some(3), Some(5), Some(6)]),
        ];
        for (ratio, thresholds) in cases {
            let mut before = Suspicion::Kept;
            for (threshold, after) in
                thresholds.into_iter().zip([Suspicion::Late, Suspicion::Down, Suspicion::Dropped])
            {
                let Some(threshold) = threshold else { continue };
                let at = last + granted * threshold;
                let ms = Duration::from_millis(1);
                assert_eq!(ratio.suspect(last, granted, at - ms), (before, at), "{ratio:?}");
                assert_eq!(ratio.suspect(last, granted, at).0, after, "{ratio:?}");
                assert_eq!(ratio.suspect(last, granted, at + ms).0, after, "{ratio:?}");
                before = after;
            }
            assert_eq!(ratio.suspect(last, granted, Time::MAX).1, Time::MAX);
        }
    }
}
