//! How somebody beats: mean and deviation of the intervals, in so many bits whatever the number of beats.
//!
//! Exponentially weighted moments instead of a window of samples: the newest interval weighs 1/64, and until
//! there are as many, all weigh the same (West 1979; Finch 2009, "Incremental calculation of weighted mean and
//! variance"). Whole numbers throughout. Not here: what a long interval means ([`super::Phi`], [`super::Chen`]).

use core::time::Duration;

/// How many intervals are remembered, about: two minutes of a page that beats every 1.7 s. Long enough to know the tail of
/// an ordinary day, short enough to follow a page that changes its pace.
const MEMORY: i64 = 64;
/// Fewer intervals than this say nothing.
const ENOUGH: i64 = 8;
/// Parts of a millisecond in which the mean is kept.
const PARTS: i64 = 16;
/// Longest interval that is told from a longer one, ms: 12 days.
const LONGEST: i64 = 1 << 30;

/// Mean and variance of intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rhythm {
    /// Intervals seen, up to `MEMORY`.
    seen: i64,
    /// In 1/16 ms.
    mean: i64,
    /// In (1/16 ms)²: 2 × 34 bits and no sign do not fit into 64.
    variance: i128,
}

impl Rhythm {
    /// Takes one interval between two beats.
    pub fn hear(&mut self, interval: Duration) {
        let millis = i64::try_from(interval.as_millis()).unwrap_or(LONGEST).min(LONGEST);
        self.seen = (self.seen + 1).min(MEMORY);
        let off = millis * PARTS - self.mean;
        self.mean += off / self.seen;
        let left = millis * PARTS - self.mean;
        self.variance += (i128::from(off) * i128::from(left) - self.variance) / i128::from(self.seen);
    }

    /// Whether enough intervals were heard to say anything.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.seen >= ENOUGH
    }

    /// The mean interval.
    #[must_use]
    pub fn mean(&self) -> Duration {
        parts(self.mean)
    }

    /// The standard deviation of the intervals.
    #[must_use]
    pub fn deviation(&self) -> Duration {
        // Of intervals below 2^30 ms it is below 2^34 parts.
        let variance = u128::try_from(self.variance).unwrap_or(0);
        parts(i64::try_from(variance.isqrt()).unwrap_or(i64::MAX))
    }
}

fn parts(parts: i64) -> Duration {
    Duration::from_micros(u64::try_from(parts).unwrap_or(0) * 1_000 / PARTS as u64)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    fn of(intervals: &[u64]) -> Rhythm {
        let mut rhythm = Rhythm::default();
        intervals.iter().for_each(|&ms| rhythm.hear(Duration::from_millis(ms)));
        rhythm
    }

    proptest! {
        /// Until the memory is full, mean and deviation are those of the textbook.
        #[test]
        fn the_first_intervals_weigh_the_same(intervals in proptest::collection::vec(0_u64..100_000, 1..64)) {
            let rhythm = of(&intervals);
            let count = intervals.len() as f64;
            let mean = intervals.iter().sum::<u64>() as f64 / count;
            let square = |&ms: &u64| (ms as f64 - mean) * (ms as f64 - mean);
            let variance = intervals.iter().map(square).sum::<f64>() / count;
            let near = |found: Duration, wanted: f64| (found.as_secs_f64() * 1e3 - wanted).abs() < 5.0;
            prop_assert!(near(rhythm.mean(), mean), "{:?}, {mean}", rhythm.mean());
            let deviation = rhythm.deviation().as_secs_f64() * 1e3;
            prop_assert!((deviation * deviation - variance).abs() <= 2.0 + variance * 0.01 + 10.0 * deviation,
                "{deviation}² for {variance}");
            prop_assert_eq!(rhythm.is_known(), intervals.len() >= 8);
        }
    }

    #[test]
    fn a_new_pace_is_learned_and_the_longest_intervals_overflow_nothing() {
        let mut intervals: Vec<u64> = alloc::vec![1_000; 500];
        assert_eq!(
            (of(&intervals).mean(), of(&intervals).deviation()),
            (Duration::from_secs(1), Duration::ZERO)
        );
        intervals.extend([2_000; 500]);
        let mean = of(&intervals).mean();
        assert!(mean > Duration::from_millis(1_990) && mean <= Duration::from_secs(2), "{mean:?}");
        let wild = of(&[0, u64::MAX, 0, u64::MAX, u64::MAX, 0]);
        assert!(wild.deviation() > Duration::from_secs(1_000) && wild.mean() > Duration::from_secs(1_000));
    }
}
