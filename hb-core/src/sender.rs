//! The client: when to beat and what to say, over one [`Gate`].
//!
//! Law: while the diagnosis is bad no `hb_ping` leaves, so that even a server that knows nothing of us turns red by
//! itself; `hb_state` goes instead. At most one request is in flight, a beat that cannot go is skipped, and the next
//! beat is the retry. Not here: sockets, addresses, names (whoever spells a beat adds app and boot; a boot begins with the
//! machine and with each [`Input::Return`]).

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use crate::beat::{Diagnosis, MAX_PROMISE, Verb};
use crate::gate::{self, Gate, after, millis, since};

mod config;
mod course;
#[cfg(test)]
mod duet;
mod input;
#[cfg(test)]
mod laws;
mod lead;
#[cfg(test)]
mod rate;
mod speech;
#[cfg(test)]
mod tests;

pub use config::{Config, WhenHidden};
pub use input::{Input, Output, Stats};

use course::Phase;
use lead::Lead;
use speech::{narrow, promise};

/// Two requests at most leave in any such time, ms, so that what is urgent leaves at once and no page is a storm. Others are
/// only what a page asks for by hand, promises for less than this time, and what it may not be able to say later.
const WINDOW: u64 = 1_000;
/// Least time for an answer, ms: one slow handshake is not an outage.
const LEAST_TIMEOUT: u64 = 500;
/// Between two beats of a promise that is long enough, ms.
const EASY_CADENCE: u64 = WINDOW / 2;
/// Least time between two beats, ms, whatever interval was asked for.
const LEAST_CADENCE: u64 = 100;
/// Longest promise, ms.
const LONGEST: u64 = MAX_PROMISE.as_millis() as u64;

/// The machine; one per client object.
#[derive(Debug)]
pub struct Sender {
    /// The promise, ms; zero sends nothing by itself.
    interval: u64,
    stall: u32,
    grace: u64,
    timeout: Option<u64>,
    says_done: bool,
    hidden: WhenHidden,
    vitals: bool,
    gate: Gate,
    phase: Phase,
    seq: u32,
    /// Whether we speak for a page on another thread.
    remote: bool,
    /// Who speaks for us, while somebody does.
    lead: Option<Lead>,
    /// When the request in flight has taken too long.
    flight: Option<Time>,
    /// When the next beat is due.
    due: Time,
    /// Whether this boot has spoken.
    spoken: bool,
    /// From when on the next request may leave, and the one after it.
    free: [Time; 2],
    /// When the last beacon left.
    beaconed: Option<Time>,
    init: bool,
    /// Somebody asked for a request, whatever the cadence.
    asked: bool,
    gl: bool,
    /// Longest time between two frames since the last beat, ms.
    gap: u32,
    errors: u32,
    /// Heap in use, KiB, where the browser tells.
    heap: Option<u32>,
    stats: Stats,
    facts: Vec<gate::Output>,
}

impl Sender {
    /// A page that is loading and visible.
    #[must_use]
    pub fn new(now: Time, config: Config) -> Self {
        let gate = gate::Config {
            stall: config.stall,
            grace: config.grace,
            hidden_is_fine: config.hidden != WhenHidden::Report,
            remote: config.remote,
        };
        Self {
            interval: millis(config.interval).min(LONGEST),
            stall: narrow(millis(config.stall)),
            grace: millis(config.grace),
            timeout: config.timeout.map(millis),
            says_done: config.done,
            hidden: config.hidden,
            vitals: config.vitals,
            gate: Gate::new(now, gate),
            phase: Phase::Loading,
            seq: 0,
            remote: config.remote,
            lead: None,
            flight: None,
            due: now,
            spoken: false,
            free: [Time::ZERO; 2],
            beaconed: None,
            init: config.init,
            asked: false,
            gl: false,
            gap: 0,
            errors: 0,
            heap: None,
            stats: Stats::default(),
            facts: Vec::new(),
        }
    }

    /// Takes in what happened; appends what to do to `out`.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        let before = self.state();
        if let Some(lead) = &mut self.lead {
            lead.note(input);
        }
        match input {
            Input::Page(fact) => self.page(now, fact, out),
            Input::Watch => self.gl = true,
            Input::Init => {
                self.open(now, out);
                self.init = true;
                self.asked = true;
            }
            Input::Ping => {
                self.open(now, out);
                self.asked = true;
            }
            Input::Done => self.close(now, Phase::Done, out),
            Input::Interval(interval) => {
                self.interval = millis(interval).min(LONGEST);
                if self.interval > 0 {
                    self.open(now, out);
                    self.asked = true;
                }
            }
            Input::Return => self.start_over(now, out),
            Input::Answered => self.flight = None,
            Input::Failed => self.lose(),
            Input::Abort => self.abort(out),
            Input::Quiet(quiet) => {
                if let Some(lead) = &self.lead {
                    // Whoever spoke may have used all these, and have sent two just now.
                    self.seq = self.seq.saturating_add(lead.reserve(now));
                    self.free = [after(now, WINDOW); 2];
                }
                self.lead = quiet.then(|| Lead::new(now));
                self.due = Time::MAX;
                self.urge(now);
            }
            Input::Reached(seq) => self.reach(now, seq),
            Input::Error => self.errors = self.errors.saturating_add(1),
            Input::Heap(heap) => self.heap = Some(heap),
            Input::Tick => {}
        }
        self.look(now, gate::Input::Tick, out);
        self.pump(now, out);
        if self.state() != before {
            out.push(Output::Changed);
        }
    }

    /// When [`Input::Tick`] is next needed; an early one is harmless.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let beat = match self.flight {
            Some(deadline) => Some(deadline),
            None if self.is_beating() && self.lead.is_none() => Some(self.due.max(self.gate.patience())),
            None => None,
        };
        [beat, self.gate.next_timeout()].into_iter().flatten().min()
    }

    /// What this client is: a diagnosis of liveness.md 5, or `None` after a goodbye.
    #[must_use]
    pub const fn state(&self) -> Option<Diagnosis> {
        match self.phase {
            Phase::Done | Phase::Paused => None,
            Phase::Loading | Phase::Beating | Phase::Left => Some(self.gate.diagnosis()),
        }
    }

    /// Whether the next frame must be reported at once.
    #[must_use]
    pub const fn awaits_frame(&self) -> bool {
        self.gate.awaits_frame()
    }

    /// The proof of life underneath.
    #[must_use]
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The promise `T` in force when nothing special is going on.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        Duration::from_millis(self.interval)
    }

    /// Longest time between two frames since the last beat, ms.
    #[must_use]
    pub const fn gap(&self) -> u32 {
        self.gap
    }

    /// The number of the last request of this boot; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> u32 {
        self.seq
    }

    /// Counters since the beginning.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    fn page(&mut self, now: Time, fact: gate::Input, out: &mut Vec<Output>) {
        let before = (self.gate.is_armed(), self.gate.is_throttled());
        self.look(now, fact, out);
        match fact {
            gate::Input::Drawn(drawn) => self.gap = self.gap.max(drawn.longest),
            gate::Input::Loaded if self.phase == Phase::Loading => {
                self.phase = Phase::Beating;
                // Where the page has just spoken itself, its worker waits its turn.
                if !self.remote || !self.spoken {
                    self.due = now;
                }
                if self.hidden == WhenHidden::Pause && !self.gate.is_visible() {
                    self.phase = Phase::Paused;
                }
            }
            gate::Input::Leave if self.phase == Phase::Beating => self.leave(now, out),
            gate::Input::Freeze if self.is_beating() => self.beacon(now, Verb::Ping, self.promise(now), out),
            gate::Input::Busy(_) if self.is_beating() => {
                // The page may block as soon as the caller goes on: what is not sent now comes too late.
                if self.beaconed.is_none_or(|then| since(now, then) >= WINDOW) {
                    self.beacon(now, Verb::Ping, self.promise(now), out);
                } else {
                    self.urge(now);
                }
            }
            gate::Input::Visible(visible) if self.hidden == WhenHidden::Pause => {
                if visible && self.phase == Phase::Paused {
                    self.open(now, out);
                } else if !visible && self.phase == Phase::Beating {
                    self.close(now, Phase::Paused, out);
                }
            }
            _ => {}
        }
        // The cadence or the promise is another one now.
        if before != (self.gate.is_armed(), self.gate.is_throttled()) {
            self.urge(now);
        }
    }

    /// Shows the gate a fact; a change of diagnosis is urgent, unless it is only the pace.
    fn look(&mut self, now: Time, fact: gate::Input, out: &mut Vec<Output>) {
        let pace = |diagnosis| matches!(diagnosis, Diagnosis::Ok | Diagnosis::Slow);
        let before = self.gate.diagnosis();
        let mut facts = core::mem::take(&mut self.facts);
        self.gate.handle(now, fact, &mut facts);
        for fact in facts.drain(..) {
            match fact {
                gate::Output::Changed(after) if pace(before) && pace(after) => {}
                gate::Output::Changed(_) => self.urge(now),
                gate::Output::Probe => out.push(Output::Probe),
            }
        }
        self.facts = facts;
    }

    fn pump(&mut self, now: Time, out: &mut Vec<Output>) {
        if self.flight.is_some_and(|deadline| deadline <= now) {
            self.lose();
            out.push(Output::Expire);
        }
        if self.lead.is_some() {
            (self.asked, self.init) = (false, false);
            return;
        }
        let asked = self.asked && matches!(self.phase, Phase::Loading | Phase::Beating);
        let due = self.is_beating() && self.due <= now;
        if self.flight.is_some() || !(asked || due) {
            return;
        }
        if let Some(ask) = (!asked).then(|| self.gate.await_word(now)).flatten() {
            if ask {
                out.push(Output::Probe);
            }
            return;
        }
        self.asked = false;
        let (verb, promise) = if self.init {
            self.init = false;
            (Verb::Init, promise(self.grace))
        } else {
            (Verb::Ping, self.promise(now))
        };
        self.flight = Some(after(now, self.timeout.unwrap_or(self.cadence()).max(LEAST_TIMEOUT)));
        self.count(now);
        self.stats.sent = self.stats.sent.saturating_add(1);
        out.push(Output::Fetch(self.honest(verb), promise));
    }

    /// Makes the next beat due at once, or when [`WINDOW`] allows.
    #[inline(never)]
    fn urge(&mut self, now: Time) {
        self.due = self.due.min(self.free[0].max(now));
    }

    /// A request leaves: the next is due within the promise, as soon as it should and may.
    #[inline(never)]
    fn count(&mut self, now: Time) {
        self.spoken = true;
        self.free = [self.free[1], after(now, WINDOW)];
        self.due = after(now, self.cadence()).max(self.free[0].min(after(now, self.interval)));
    }

    const fn is_beating(&self) -> bool {
        matches!(self.phase, Phase::Beating) && self.interval > 0
    }

    #[inline(never)]
    fn cadence(&self) -> u64 {
        let cadence = if self.gate.is_armed() { self.interval / 3 } else { self.interval };
        cadence.max(EASY_CADENCE.min(self.interval)).max(LEAST_CADENCE)
    }
}
