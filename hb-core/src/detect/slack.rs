//! What a judge adds to a promise for somebody whose beats come late now and then: learned, bounded, forgotten.
//!
//! A streaming quantile in 16 bits, of how long after its deadline a beat comes: each beat in time lets it sink, one
//! beyond it lets it rise 64 times as far, so it rests where one beat in so many comes later (Ma, Muthukrishnan,
//! Sandler 2013, "Frugal streaming for estimating quantiles"). Both steps are measured in the time that passed, so that
//! from its most it sinks to nothing within an hour, however often somebody beats. It is never granted: who paces itself
//! by the answer would be granted ever more for it. Not here: which beats teach ([`crate::registry`]).

use core::time::Duration;

/// From the most to nothing, without a beat that is late.
const HOUR: u64 = 60 * 60 * 1_000;
/// One beat in so many may come later than the slack allows.
const RISE: u64 = 64;
/// The least that the most can be, ms.
const LEAST: u64 = 1_000;
/// The most, in which the slack is counted as shares.
const WHOLE: u64 = u16::MAX as u64;

/// The slack of one who beats.
///
/// ```
/// use core::time::Duration;
/// use hb_core::detect::Slack;
///
/// let (promise, six) = (Duration::from_secs(5), Duration::from_secs(6));
/// let mut slack = Slack::default();
/// slack.learn(promise, six, Duration::from_millis(300));
/// assert_eq!(slack.of(promise), Duration::from_millis(266), "no step is longer than a tenth of the most, here");
/// slack.learn(promise, six, Duration::from_millis(300));
/// assert_eq!(slack.of(promise), Duration::from_millis(300), "and none goes beyond what was seen");
/// slack.learn(promise, Duration::from_secs(3_600), Duration::ZERO);
/// assert_eq!(slack.of(promise), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slack(u16);

impl Slack {
    /// Takes a beat that came `elapsed` after the one before it, and `over` after its deadline: zero if in time.
    pub fn learn(&mut self, promise: Duration, elapsed: Duration, over: Duration) {
        let sink = (millis(elapsed).min(HOUR) * WHOLE / HOUR).max(1);
        // Upwards: who is late by as much each time is not late by a millisecond for ever.
        let seen = (millis(over).min(most(promise)) * WHOLE).div_ceil(most(promise)) as u16;
        self.0 = if seen > self.0 {
            let rise = u16::try_from(sink * RISE).unwrap_or(u16::MAX);
            self.0.saturating_add(rise).min(seen)
        } else {
            let sink = u16::try_from(sink).unwrap_or(u16::MAX);
            self.0.saturating_sub(sink).max(seen)
        };
    }

    /// What is added to `promise`: at most a second, or half of a promise that is longer than two.
    #[must_use]
    pub fn of(self, promise: Duration) -> Duration {
        Duration::from_millis(most(promise) * u64::from(self.0) / WHOLE)
    }
}

fn most(promise: Duration) -> u64 {
    (millis(promise) / 2).max(LEAST)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_stays_within_its_most_and_is_gone_after_an_hour(
            promise in 0_u64..700_000_000,
            beats in proptest::collection::vec((0_u64..100_000, 0_u64..100_000), 0..200),
        ) {
            let promise = Duration::from_millis(promise);
            let mut slack = Slack::default();
            for (elapsed, over) in beats {
                slack.learn(promise, Duration::from_millis(elapsed), Duration::from_millis(over));
                prop_assert!(slack.of(promise) <= Duration::from_secs(1).max(promise / 2));
            }
            let mut left = slack;
            for _ in 0..3_600 {
                left.learn(promise, Duration::from_secs(1), Duration::ZERO);
                prop_assert!(left <= slack);
            }
            // Whole shares are what a step is made of, 18 of 18.2 in a second: an hour and 41 s from the most.
            for _ in 0..41 {
                left.learn(promise, Duration::from_secs(1), Duration::ZERO);
            }
            prop_assert_eq!(left, Slack::default());
        }

        /// One beat in two hundred is late by so much: that is less than one in [`RISE`], and nothing stays. One in twenty
        /// is learned, but for what it sinks in between.
        #[test]
        fn it_rests_where_one_beat_in_so_many_is_later(elapsed in 1_000_u64..20_000, over in 50_u64..1_000) {
            let promise = Duration::from_millis(elapsed);
            let rest = |one_in: u64| {
                let mut slack = Slack::default();
                let mut least = Duration::MAX;
                for beat in 0..40_000 {
                    let late = if beat % one_in == 0 { Duration::from_millis(over) } else { Duration::ZERO };
                    slack.learn(promise, Duration::from_millis(elapsed), late);
                    if beat > 20_000 {
                        least = least.min(slack.of(promise));
                    }
                }
                least
            };
            prop_assert_eq!(rest(200), Duration::ZERO);
            let sunk = Duration::from_millis(20 * most(promise) * elapsed / HOUR + 20);
            prop_assert!(rest(20) + sunk >= Duration::from_millis(over.min(most(promise))), "{:?}", rest(20));
        }
    }
}
