//! Is the picture slower than usual? Frame rate and the share of long frames, over windows of a few seconds.
//!
//! "p95 of the frame time above twice the usual" is the same as "more than one frame in twenty took longer than twice
//! the usual", which needs two counters and no histogram. Not here: whether frames come at all.

use hb_lease::time::Time;

use super::{Drawn, since};

/// Long enough that a garbage collection is not a slow-down, short enough to be news. In ms.
const WINDOW: u64 = 5_000;
/// Fewer frames than this say nothing about a rate.
const FEW: u32 = 5;

/// Frame rate of one stretch of drawing.
#[derive(Debug)]
pub(super) struct Pace {
    since: Time,
    frames: u32,
    long: u32,
    fps: f32,
    /// Usual frame time in ms; 0 while unknown.
    usual: f32,
    slow: bool,
}

impl Pace {
    pub(super) const fn new(now: Time) -> Self {
        Self { since: now, frames: 0, long: 0, fps: 0.0, usual: 0.0, slow: false }
    }

    pub(super) fn add(&mut self, now: Time, drawn: Drawn) {
        self.frames += drawn.frames;
        self.long += drawn.long;
        let span = since(now, self.since);
        if span < WINDOW {
            return;
        }
        if self.frames >= FEW {
            let mean = span as f32 / self.frames as f32;
            self.fps = 1000.0 / mean;
            self.slow = self.usual > 0.0 && self.long * 20 > self.frames;
            // A page that is slow for good has a new usual, but takes four times as long to convince us.
            let weight = if self.slow { 1.0 / 64.0 } else { 1.0 / 16.0 };
            self.usual = if self.usual > 0.0 { self.usual + (mean - self.usual) * weight } else { mean };
        }
        self.since = now;
        self.frames = 0;
        self.long = 0;
    }

    pub(super) const fn is_slow(&self) -> bool {
        self.slow
    }

    /// Twice the usual, and a millisecond for browsers whose clock has no finer step.
    pub(super) fn long_frame(&self) -> f64 {
        if self.usual > 0.0 { f64::from(self.usual) * 2.0 + 1.0 } else { f64::INFINITY }
    }

    pub(super) fn fps(&self, now: Time) -> f32 {
        let span = since(now, self.since);
        // A window just begun has little to say; the one before it still holds.
        if span < 1_000 { self.fps } else { self.frames as f32 * 1000.0 / span as f32 }
    }
}
