//! The counter a render loop touches once per frame: four numbers, no decision, no clock.
//!
//! Not here: what the numbers mean (that is the gate's).

use hb_lease::time::Time;

/// Frames drawn since the last report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// How many.
    pub frames: u32,
    /// When the last of them was drawn, as its render loop said; not to be trusted.
    pub last: Time,
    /// The longest time between two of them, in whole ms.
    pub longest: u32,
    /// How many took longer than the limit in force.
    pub long: u32,
}

/// Counts frames. Copies cheaply, so that a shell can keep it in a `Cell`.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    frames: u32,
    long: u32,
    last: f64,
    longest: f64,
    limit: f64,
}

impl Default for Meter {
    fn default() -> Self {
        // NaN compares false with everything: the first frame has no predecessor and so no length.
        Self { frames: 0, long: 0, last: f64::NAN, longest: 0.0, limit: f64::INFINITY }
    }
}

impl Meter {
    /// One frame, drawn `at` ms after the origin of the page's clock (what `requestAnimationFrame` passes).
    #[inline]
    pub fn tick(&mut self, at: f64) {
        let length = at - self.last;
        if length > self.longest {
            self.longest = length;
        }
        if length > self.limit {
            self.long += 1;
        }
        self.last = at;
        self.frames += 1;
    }

    /// What was counted since the last call; frames longer than `limit` ms count as long from now on.
    #[must_use]
    pub fn take(&mut self, limit: f64) -> Drawn {
        let drawn = Drawn {
            frames: self.frames,
            // `as` saturates, and NaN becomes 0: whatever came in, this is a moment.
            last: Time::from_millis(self.last as u64),
            longest: self.longest as u32,
            long: self.long,
        };
        *self = Self { last: self.last, limit, ..Self::default() };
        drawn
    }

    /// Frames counted since the last [`Meter::take`].
    #[must_use]
    pub const fn frames(&self) -> u32 {
        self.frames
    }

    /// The longest time between two frames since the last [`Meter::take`], ms.
    #[must_use]
    pub const fn longest(&self) -> f64 {
        self.longest
    }

    /// Forgets when the last frame was: what follows is a pause that nobody should measure.
    pub fn interrupt(&mut self) {
        self.last = f64::NAN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_frames_gaps_and_long_ones() {
        let mut meter = Meter::default();
        let _ = meter.take(33.0);
        for at in [100.0, 116.6, 133.3, 233.3, 250.0] {
            meter.tick(at);
        }
        let drawn = meter.take(33.0);
        assert_eq!(drawn, Drawn { frames: 5, last: Time::from_millis(250), longest: 100, long: 1 });
        assert_eq!(meter.take(33.0).frames, 0);
        meter.tick(280.0);
        assert_eq!(meter.take(33.0).longest, 30, "a gap across two reports counts in the second");
    }

    #[test]
    fn survives_any_number() {
        let mut meter = Meter::default();
        for at in [f64::NAN, f64::INFINITY, -1.0, 0.0, f64::NEG_INFINITY, 1e300, f64::MIN_POSITIVE] {
            meter.tick(at);
        }
        assert_eq!(meter.take(1.0).frames, 7);
    }

    #[test]
    fn an_interruption_is_not_a_gap() {
        let mut meter = Meter::default();
        meter.tick(10.0);
        meter.interrupt();
        meter.tick(60_010.0);
        assert_eq!(meter.take(1.0).longest, 0);
    }
}
