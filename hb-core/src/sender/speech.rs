//! What the client says: which verb, which promise, which vitals. Not here: when ([`super`]).

use hb_lease::time::Time;

use super::{LONGEST, Sender, WhenHidden};
use crate::beat::{Beat, By, Diagnosis, Gl, Promise, Verb, Visibility, Vitals};

/// Browsers run the timers of a page nobody sees once a minute: the least that can be promised then, ms.
const THROTTLED: u64 = 65_000;

impl Sender {
    /// A request that leaves now, with all there is to say: the next in `seq`. Bound by the law whoever asks for it, so
    /// a ping in a bad state becomes `hb_state`.
    #[must_use]
    pub fn compose(&mut self, now: Time, verb: Verb, promise: Promise) -> Beat<'static> {
        let verb = self.honest(verb);
        let reserve = self.lead.map_or(0, |lead| lead.reserve(now));
        self.seq = self.seq.saturating_add(reserve).saturating_add(1);
        let mut vitals = Vitals { seq: Some(self.seq), ..Vitals::default() };
        if self.vitals {
            self.describe(now, &mut vitals);
        }
        self.gap = 0;
        if verb == Verb::State {
            vitals.diagnosis = Some(self.gate.diagnosis());
        }
        Beat { verb, promise, vitals, last_error: None, malformed: 0 }
    }

    /// The law: a bad state is said as such, never as a ping.
    pub(super) const fn honest(&self, verb: Verb) -> Verb {
        if matches!(verb, Verb::Ping) && self.gate.diagnosis().is_bad() { Verb::State } else { verb }
    }

    pub(super) fn promise(&self, now: Time) -> Promise {
        let least = if self.gate.is_throttled() { THROTTLED } else { 0 };
        promise(self.interval.max(least).max(self.gate.held(now)))
    }

    fn describe(&self, now: Time, vitals: &mut Vitals) {
        let gate = &self.gate;
        vitals.version = Some(1);
        vitals.by = Some(match (self.remote, gate.is_armed()) {
            (true, _) => By::Worker,
            (_, true) => By::Frame,
            _ => By::Timer,
        });
        vitals.diagnosis = Some(gate.diagnosis());
        if gate.is_armed() {
            vitals.frames = Some(gate.frames());
            // The server calls a picture with too old a frame frozen, whatever we say: then what we forgive must not be in it.
            let fine = matches!(gate.diagnosis(), Diagnosis::Ok | Diagnosis::Slow);
            vitals.age = if fine { gate.age_in_sight(now) } else { gate.age(now) }.map(narrow);
            vitals.gap = Some(self.gap);
            vitals.stall = Some(self.stall);
        }
        // Declared harmless means that nobody downstream need know.
        if gate.is_visible() {
            vitals.visibility = Some(Visibility::Visible);
        } else if self.hidden == WhenHidden::Report {
            vitals.visibility = Some(Visibility::Hidden);
        }
        if self.gl {
            vitals.gl = Some(if gate.is_lost() { Gl::Lost } else { Gl::Ok });
        }
        if self.errors > 0 {
            vitals.errors = Some(self.errors);
        }
        vitals.memory = self.heap;
    }
}

/// ms as far as 32 bits go (49 days).
pub(super) const fn narrow(millis: u64) -> u32 {
    if millis > u32::MAX as u64 { u32::MAX } else { millis as u32 }
}

pub(super) fn promise(millis: u64) -> Promise {
    Promise::from_millis(millis.min(LONGEST)).unwrap_or_default()
}
