//! Whether somebody is slowing down: whose beats came later than they used to, several times in a short while.
//!
//! The idea of φ-accrual in six bytes and without a root: mean and mean deviation of the intervals (Jacobson 1988, as
//! Bertier, Marin and Sens 2002 use it to detect failures), both as shares of what was granted, so that a page that
//! changes its promise keeps its pace. An interval is suspect beyond the mean and seven deviations: for a normal variable,
//! whose mean deviation is 0.8 σ, that is φ = 8. One alone says nothing, since delays have heavy tails: each counts
//! [`POINTS`], each other takes one back. Not here: verdicts. This is advice.

use core::time::Duration;

/// Parts of what was granted in which shares are kept: intervals up to eight times as long are told apart.
const PARTS: u64 = 8_192;
/// Intervals that weigh the same, at first; fewer say nothing.
const FIRST: u8 = 16;
/// Afterwards the newest weighs one in so many, as a shift.
const SHIFT: u32 = 5;
/// Deviations beyond the mean.
const DEVIATIONS: i32 = 7;
/// What a suspect interval counts …
const POINTS: u8 = 8;
/// … and from how many points on somebody is slowing down, until there is none left.
const SLOW: u8 = 3 * POINTS;
/// In the score: slowing down.
const FLAG: u8 = 0x80;

/// The pace of one who beats.
///
/// ```
/// use core::time::Duration;
/// use hb_core::detect::Pace;
///
/// let (granted, second) = (Duration::from_secs(6), Duration::from_secs(1));
/// let mut pace = Pace::default();
/// for _ in 0..100 {
///     assert_eq!(pace.hear(granted, second), None);
/// }
/// let told: Vec<_> = (0..3).map(|_| pace.hear(granted, second * 2)).collect();
/// assert_eq!(told, [None, None, Some(true)]);
/// // In time for so many beats in turn that it was something that passed.
/// let told: Vec<_> = (0..24).map(|_| pace.hear(granted, second)).collect();
/// assert_eq!((told.last(), pace.is_slowing()), (Some(&Some(false)), false));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    mean: u16,
    deviation: u16,
    /// Intervals seen, up to [`FIRST`].
    seen: u8,
    score: u8,
}

impl Pace {
    /// Takes an interval that was `granted` so much; `Some` where the answer to [`Self::is_slowing`] changed.
    pub fn hear(&mut self, granted: Duration, interval: Duration) -> Option<bool> {
        let share = millis(interval).saturating_mul(PARTS) / millis(granted).max(1);
        let share = share.min(u16::MAX.into()) as i32;
        let (mean, deviation) = (i32::from(self.mean), i32::from(self.deviation));
        let off = share - mean;
        if self.seen < FIRST {
            self.seen += 1;
            let seen = i32::from(self.seen);
            // The first is no deviation from anything.
            let away = if self.seen == 1 { 0 } else { off.abs() };
            self.mean = (mean + off / seen) as u16;
            self.deviation = (deviation + (away - deviation) / seen) as u16;
            return None;
        }
        // Nobody is more regular than a thirty-second of the mean, on a machine that will not always be idle.
        let is_late = off > DEVIATIONS * deviation.max(mean >> SHIFT);
        self.mean = (mean + ((off + (1 << (SHIFT - 1))) >> SHIFT)) as u16;
        self.deviation = (deviation + ((off.abs() - deviation + (1 << (SHIFT - 1))) >> SHIFT)) as u16;
        self.count(is_late)
    }

    /// Whether its beats come later than they used to.
    #[must_use]
    pub const fn is_slowing(self) -> bool {
        self.score & FLAG != 0
    }

    fn count(&mut self, is_late: bool) -> Option<bool> {
        let was = self.is_slowing();
        let points = self.score & !FLAG;
        let points = if is_late { (points + POINTS).min(SLOW) } else { points.saturating_sub(1) };
        let is = if was { points > 0 } else { points >= SLOW };
        self.score = points | if is { FLAG } else { 0 };
        (was != is).then_some(is)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn told(pace: &mut Pace, intervals: impl IntoIterator<Item = u64>) -> Vec<bool> {
        let hear = |ms| pace.hear(Duration::from_secs(6), Duration::from_millis(ms));
        intervals.into_iter().filter_map(hear).collect()
    }

    #[test]
    fn one_hiccup_says_nothing_and_a_new_pace_is_learned() {
        let mut pace = Pace::default();
        assert!(told(&mut pace, [1_667; 100]).is_empty());
        for _ in 0..20 {
            assert!(told(&mut pace, core::iter::once(5_900).chain([1_667; 100])).is_empty());
        }
        for slower in [2_400, 3_300, 5_500, 20_000] {
            let mut pace = pace;
            assert_eq!(told(&mut pace, [slower; 500]), [true, false], "{slower}");
        }
    }

    #[test]
    fn who_is_quicker_than_before_is_not_slow() {
        let mut pace = Pace::default();
        assert!(told(&mut pace, core::iter::repeat_n(5_000, 100).chain([500; 400])).is_empty());
    }

    proptest! {
        /// Whatever is heard: no overflow, and what is told is every second time the other.
        #[test]
        fn it_is_told_in_turns(
            intervals in proptest::collection::vec((0_u64..10_000, 0_u64..1 << 40), 0..300),
        ) {
            let mut pace = Pace::default();
            let mut slow = false;
            for (granted, interval) in intervals {
                if let Some(is) = pace.hear(Duration::from_millis(granted), Duration::from_millis(interval)) {
                    prop_assert_eq!(is, !slow);
                    slow = is;
                }
                prop_assert_eq!(pace.is_slowing(), slow);
            }
        }

        /// The same at every scale: what was granted is the measure.
        #[test]
        fn only_shares_count(intervals in proptest::collection::vec(0_u64..5_000, 0..300), scale in 1_u64..1_000) {
            let hear = |scale: u64| {
                let mut pace = Pace::default();
                let granted = Duration::from_millis(3_000 * scale);
                intervals.iter().map(|ms| pace.hear(granted, Duration::from_millis(ms * scale))).collect::<Vec<_>>()
            };
            prop_assert_eq!(hear(1), hear(scale));
        }
    }
}
