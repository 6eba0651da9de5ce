//! NFD-E: Chen, Toueg, Aguilera 2002, "On the quality of service of failure detectors", section 5.
//!
//! When the next beat is expected is estimated from when the last ones came, of which each is moved to the present by the
//! interval η and its number: EA(k+1) = (1/n) Σ (Aᵢ − η·i) + (k+1)·η. Suspected is who has not come α after that. Here the
//! last n weigh exponentially instead of all the same, which needs no window: EA(k+1) = EA(k) + η + (A(k) − EA(k)) / n.

use core::time::Duration;

use hb_lease::time::Time;

use super::{Detector, Suspicion};

/// Beats that weigh, about. The paper's examples have 32; fewer here, since a page sends so long after its last beat and
/// not at times that were fixed beforehand: its lateness stays, and has to be learned soon.
const MEMORY: u64 = 8;
/// Parts of a millisecond in which expectations are kept.
const PARTS: u64 = 16;

/// The detector of one who beats.
///
/// ```
/// use core::time::Duration;
/// use hb_core::detect::Chen;
/// use hb_lease::time::Time;
///
/// let second = Duration::from_secs(1);
/// let mut chen = Chen::new(second, second / 2, second * 2);
/// chen.hear(Time::from_millis(7_000), 1);
/// chen.hear(Time::from_millis(9_000), 3);
/// assert_eq!(chen.expects(), Some(Time::from_millis(10_000)));
/// assert_eq!(chen.crosses(), Some(Time::from_millis(10_500)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chen {
    interval: Duration,
    late: Duration,
    down: Duration,
    /// The number of the last beat, and when the one after it is expected, in 1/16 ms.
    next: Option<(u32, u64)>,
}

impl Chen {
    /// Of somebody who beats every `interval` (η), and is late or down so long after a beat was expected (α).
    #[must_use]
    pub fn new(interval: Duration, late: Duration, down: Duration) -> Self {
        Self { interval, late, down: down.max(late), next: None }
    }

    /// Takes the beat numbered `seq`; one that was overtaken teaches nothing.
    pub fn hear(&mut self, at: Time, seq: u32) {
        let came = at.as_millis().saturating_mul(PARTS);
        let interval = millis(self.interval).saturating_mul(PARTS);
        let expected = match self.next {
            Some((last, _)) if seq <= last => return,
            Some((last, next)) => next.saturating_add(interval.saturating_mul(u64::from(seq - last - 1))),
            None => came,
        };
        let learned = if came >= expected {
            expected + (came - expected) / MEMORY
        } else {
            expected - (expected - came) / MEMORY
        };
        // Who paused goes on from there.
        let learned = if came > expected.saturating_add(interval) { came } else { learned };
        self.next = Some((seq, learned.saturating_add(interval)));
    }

    /// When the next beat is expected.
    #[must_use]
    pub fn expects(&self) -> Option<Time> {
        self.next.map(|(_, next)| Time::from_millis(next.div_ceil(PARTS)))
    }

    /// When somebody is late if nothing more is heard; `None` before the first beat.
    #[must_use]
    pub fn crosses(&self) -> Option<Time> {
        self.expects().map(|next| next + self.late)
    }
}

impl Detector for Chen {
    fn suspect(&self, last: Time, granted: Duration, now: Time) -> (Suspicion, Time) {
        let promised = last + granted;
        let at = |after| self.expects().map_or(promised, |next| promised.max(next + after));
        super::steps(now, at(self.late), at(self.down))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_that_is_missing_moves_the_expectation_and_teaches_nothing() {
        let second = Duration::from_secs(1);
        let mut chen = Chen::new(second, second, second);
        for seq in (1..=100).filter(|seq| seq % 7 != 0) {
            chen.hear(Time::from_millis(u64::from(seq) * 1_000 + 40), seq);
            assert_eq!(chen.expects(), Some(Time::from_millis(u64::from(seq) * 1_000 + 1_040)));
        }
        chen.hear(Time::from_millis(200_000), 50);
        assert_eq!(chen.expects(), Some(Time::from_millis(101_040)), "overtaken");
    }

    #[test]
    fn jitter_is_averaged_and_a_pause_is_the_new_beginning() {
        let second = Duration::from_secs(1);
        let mut chen = Chen::new(second, second, second);
        for seq in 1..=200 {
            chen.hear(Time::from_millis(u64::from(seq) * 1_000 + u64::from(seq % 2) * 80), seq);
        }
        let off = chen.expects().unwrap().since(Time::from_millis(201_000)).as_millis();
        assert!((30..=50).contains(&off), "{off}");
        chen.hear(Time::from_millis(300_000), 201);
        assert_eq!(chen.expects(), Some(Time::from_millis(301_000)));
    }
}
