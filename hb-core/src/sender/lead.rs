//! A page and its worker count the requests of one boot: which numbers the worker may have used by now.
//!
//! What the page says itself, and above all its last word, must outrank whatever the worker said before, also what the
//! page has not heard of: a page whose script was stuck for an hour may be left before it reads a message. So it leaves
//! out as many numbers as the worker can have used, which the worker's own cadence bounds. Not here: the counter.

use hb_lease::time::Time;

use super::{Input, LEAST_CADENCE, Sender, WINDOW};
use crate::gate::{after, since};

/// Numbers for what the worker had been asked for before, for the beat that was due at once, and for that of a page that
/// has loaded.
const SLACK: u32 = 3;

/// What a quiet page knows of its worker. Two of its questions can be under way at once, since it asks anew after any word of
/// the page: so a number is only known to be younger than the word before the word before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lead {
    /// When the page heard from it, and answered, the latest first. Not before the last had it used the number it named.
    heard: [Time; 3],
    /// What it was asked to send since each of these, until the next.
    asks: [u32; 3],
}

impl Lead {
    pub(super) const fn new(now: Time) -> Self {
        Self { heard: [now; 3], asks: [0; 3] }
    }

    /// Counts what makes the worker send at once.
    pub(super) fn note(&mut self, input: Input) {
        if matches!(input, Input::Init | Input::Ping | Input::Interval(_)) {
            self.asks[0] = self.asks[0].saturating_add(1);
        }
    }

    /// How many requests can have left it beyond the last number known.
    pub(super) fn reserve(&self, now: Time) -> u32 {
        let [_, _, since_then] = self.heard;
        let beats = (since(now, since_then) / LEAST_CADENCE) as u32;
        self.asks.iter().fold(beats.saturating_add(SLACK), |sum, &asks| sum.saturating_add(asks))
    }
}

impl Sender {
    pub(super) fn reach(&mut self, now: Time, seq: u32) {
        self.seq = self.seq.max(seq);
        if let Some(lead) = &mut self.lead {
            let ([first, second, _], [last, before, _]) = (lead.heard, lead.asks);
            *lead = Lead { heard: [now, first, second], asks: [0, last, before] };
        }
        if !self.spoken && seq > 0 {
            // Whoever spoke before may have said two things just now.
            self.free = [after(now, if seq > 1 { WINDOW } else { 0 }); 2];
            self.count(now);
        }
    }
}
