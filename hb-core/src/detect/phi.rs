//! φ-accrual: Hayashibara, Défago, Yared, Katayama 2004, "The φ accrual failure detector".
//!
//! φ(t) = −log₁₀ P(the next beat comes more than t after the last), where intervals are held to be normal with the mean
//! μ and the deviation σ of those seen: at φ = 1 about one suspicion in ten is wrong, at 3 one in a thousand. It is
//! asked here the other way round: φ is reached at μ + z·σ, where z is the point that a normal variable exceeds with the
//! probability 10^−φ. Of z a table is enough, and no logarithm is left.

use core::time::Duration;

use hb_lease::time::Time;

use super::{Detector, Rhythm, Suspicion};

/// z in thousandths for φ = 0.5, 1.0, 1.5 … 16.
const Z: [u16; 32] = [
    478, 1282, 1857, 2326, 2730, 3090, 3417, 3719, 4000, 4265, 4515, 4753, 4981, 5199, 5409, 5612, 5808,
    5998, 6182, 6361, 6536, 6706, 6872, 7034, 7193, 7349, 7501, 7651, 7797, 7941, 8083, 8222,
];
/// φ from one entry of the table to the next, in tenths.
const STEP: u16 = 5;
/// Nobody is more regular than a twentieth of the mean, whatever was seen: a page on an idle machine beats to the
/// millisecond, until the machine is no longer idle.
const LEAST: u32 = 20;

/// A value of φ, from 0.5 to 16 in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Level(u16);

impl Level {
    /// 8: what users of φ-accrual most often choose.
    pub const USUAL: Self = Self(80);

    /// φ in tenths, brought into the range.
    #[must_use]
    pub const fn from_tenths(tenths: u16) -> Self {
        let most = Z.len() as u16 * STEP;
        Self(if tenths < STEP {
            STEP
        } else if tenths > most {
            most
        } else {
            tenths
        })
    }

    /// In tenths.
    #[must_use]
    pub const fn as_tenths(self) -> u16 {
        self.0
    }

    /// Thousandths of the deviation, between two entries by a straight line.
    fn z(self) -> u32 {
        let (entry, rest) = (usize::from(self.0 / STEP) - 1, u32::from(self.0 % STEP));
        let from = u32::from(Z[entry]);
        let to = Z.get(entry + 1).map_or(from, |&to| u32::from(to));
        from + (to - from) * rest / u32::from(STEP)
    }
}

/// The detector of one who beats.
///
/// ```
/// use hb_core::detect::{Level, Phi};
/// use hb_lease::time::Time;
///
/// let mut phi = Phi::new(Level::from_tenths(30), Level::USUAL);
/// for beat in 0..20 {
///     phi.hear(Time::from_millis(beat * 1_000));
/// }
/// // As regular as can be believed: a deviation of 50 ms, of which 3.09 make φ = 3.
/// assert_eq!(phi.crosses(Level::from_tenths(30)), Some(Time::from_millis(20_155)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phi {
    late: Level,
    down: Level,
    last: Option<Time>,
    rhythm: Rhythm,
}

impl Phi {
    /// Of somebody who is late at one level and down at another.
    #[must_use]
    pub fn new(late: Level, down: Level) -> Self {
        Self { late, down: down.max(late), last: None, rhythm: Rhythm::default() }
    }

    /// Takes a beat.
    pub fn hear(&mut self, at: Time) {
        if let Some(last) = self.last {
            self.rhythm.hear(at.since(last));
        }
        self.last = Some(at);
    }

    /// When φ reaches `level` if nothing more is heard; `None` while too little is known of the intervals.
    #[must_use]
    pub fn crosses(&self, level: Level) -> Option<Time> {
        self.last.filter(|_| self.rhythm.is_known()).map(|last| last + self.silence(level))
    }

    /// How long a silence reaches `level`.
    fn silence(&self, level: Level) -> Duration {
        let mean = self.rhythm.mean();
        let deviation = self.rhythm.deviation().max(mean / LEAST);
        mean + deviation * level.z() / 1_000
    }
}

impl Detector for Phi {
    fn suspect(&self, last: Time, granted: Duration, now: Time) -> (Suspicion, Time) {
        let promised = last + granted;
        let at = |level| {
            let silence = if self.rhythm.is_known() { self.silence(level) } else { Duration::ZERO };
            promised.max(last + silence)
        };
        super::steps(now, at(self.late), at(self.down))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table against the integral of the normal density, which knows nothing of how the table was made.
    #[test]
    fn each_entry_is_exceeded_with_the_probability_of_its_level() {
        for (entry, &z) in Z.iter().enumerate() {
            let (from, to, parts) = (f64::from(z) / 1e3, f64::from(z) / 1e3 + 8.0, 4_000);
            let width = (to - from) / f64::from(parts);
            // Simpson's rule, e^(−z²/2) taken out of the integral.
            let density = |x: f64| exp(-(x * x - from * from) / 2.0);
            let inner: f64 = (1..parts)
                .map(|part| density(from + width * f64::from(part)) * if part % 2 == 1 { 4.0 } else { 2.0 })
                .sum();
            let tail = (density(from) + inner + density(to)) * width / 3.0 / 2.506_628_274_631;
            // log₁₀ by its inverse: 10^−φ must be the tail, within what a thousandth of z makes of it.
            let level = (entry + 1) as f64 / 2.0;
            let share = tail * exp(level * core::f64::consts::LN_10 - from * from / 2.0);
            assert!((share - 1.0).abs() < 0.006, "φ = {level}: {share}");
        }
    }

    /// e^x by its series, halved until it converges at once.
    fn exp(x: f64) -> f64 {
        let (mut term, mut sum, small) = (1.0, 1.0, x / 1_024.0);
        for n in 1..12 {
            term *= small / f64::from(n);
            sum += term;
        }
        (0..10).fold(sum, |power, _| power * power)
    }

    #[test]
    fn levels_stay_in_the_table_and_rise() {
        assert_eq!((Level::from_tenths(0).z(), Level::from_tenths(9_999).z()), (478, 8_222));
        assert!((5..160).all(|tenths| Level::from_tenths(tenths).z() < Level::from_tenths(tenths + 1).z()));
        assert_eq!(Level::from_tenths(35).as_tenths(), 35);
    }

    #[test]
    fn eight_intervals_are_needed() {
        let mut phi = Phi::new(Level::USUAL, Level::USUAL);
        for beat in 0..=8 {
            assert_eq!(phi.crosses(Level::USUAL), None);
            phi.hear(Time::from_millis(beat * 500));
        }
        assert!(phi.crosses(Level::USUAL).is_some());
    }
}
