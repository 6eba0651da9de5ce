//! What the engine counts about its own work: how late it looked, and how often apps changed into which state.
//!
//! Counts only grow. They are atomics, so that whoever reads them waits for nobody and nobody for them. Not here: what is
//! counted by app (`hb_core::registry`), and how it is shown (`http`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hb_core::beat::State;

/// Upper ends of the buckets of [`Lag`], µs: from a timer that is on time to a processor that somebody else has.
const ENDS: [u64; 12] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

/// How late each look at those whose time is over was done: from when it was due until everybody due was judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lag {
    /// Looks, by how late: the upper end in seconds, the last one infinite, and how many there are above the one before.
    pub buckets: Vec<(f64, u64)>,
    /// All together, in seconds.
    pub sum: f64,
    /// All looks.
    pub count: u64,
}

#[derive(Debug, Default)]
pub(super) struct Figures {
    looks: [AtomicU64; ENDS.len() + 1],
    late: AtomicU64,
    changes: [AtomicU64; State::ALL.len()],
}

impl Figures {
    /// Everybody due was judged, so much later than it should have been.
    pub(super) fn looked(&self, late: Duration) {
        let micros = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        let bucket = ENDS.partition_point(|&end| end < micros);
        self.looks[bucket].fetch_add(1, Ordering::Relaxed);
        self.late.fetch_add(micros, Ordering::Relaxed);
    }

    pub(super) fn lag(&self) -> Lag {
        let looks = self.looks.each_ref().map(|looks| looks.load(Ordering::Relaxed));
        let ends = ENDS.iter().map(|&end| end as f64 / 1e6).chain([f64::INFINITY]);
        Lag {
            buckets: ends.zip(looks).collect(),
            sum: self.late.load(Ordering::Relaxed) as f64 / 1e6,
            // Of the same look as the buckets, of which it is the sum.
            count: looks.iter().sum(),
        }
    }

    /// An app has come into a state.
    pub(super) fn changed(&self, to: State) {
        self.changes[to as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (State, u64)> + '_ {
        State::ALL.iter().zip(&self.changes).map(|(&state, count)| (state, count.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_falls_into_the_bucket_whose_end_it_does_not_pass() {
        let figures = Figures::default();
        for micros in [0, 100, 101, 25_000, 3_000_000] {
            figures.looked(Duration::from_micros(micros));
        }
        let lag = figures.lag();
        let filled: Vec<_> = lag.buckets.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(filled, [(0.0001, 2), (0.00025, 1), (0.025, 1), (f64::INFINITY, 1)]);
        assert_eq!((lag.count, lag.sum), (5, 3.025_201));
    }

    #[test]
    fn every_state_has_its_own_count() {
        let figures = Figures::default();
        for (times, &state) in State::ALL.iter().enumerate() {
            (0..times).for_each(|_| figures.changed(state));
        }
        let counted: Vec<_> = figures.changes().collect();
        let expected: Vec<_> = State::ALL.iter().copied().zip(0..).collect();
        assert_eq!(counted, expected);
    }
}
