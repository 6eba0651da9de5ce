//! Which registry to turn to, and when there is none left.
//!
//! A machine in the shape of the house: inputs with the time, outputs appended, no clock. Not here: how a registry is
//! spoken to.

use std::collections::VecDeque;
use std::hash::{Hash, RandomState};
use std::num::NonZeroUsize;
use std::time::Duration;

use hb_lease::lease::Table;
use hb_lease::time::Time;

/// Two of these without a registry to turn to, and the registrant stops. 1 s, as in gogistry.
const WATCHDOG: Duration = Duration::from_secs(1);
/// More candidates than this are not remembered, nor more that are barred: registries choose what they recommend.
const MOST: usize = 256;

/// What the machine is told.
///
/// The example of [`Failover`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input<I> {
    /// From now on, find registries for all hearts.
    Start,
    /// Registries that may be turned to, the best first.
    Heard(Vec<I>),
    /// A heart was let in, and heard of others.
    Accepted {
        /// Which.
        heart: usize,
        /// As in [`Input::Heard`].
        candidates: Vec<I>,
    },
    /// A heart stopped: its registry is gone or does not want us.
    Ended {
        /// Which.
        heart: usize,
        /// How long not to turn there again, even if it is recommended.
        bar: Option<Duration>,
    },
    /// Do not turn to this registry, for so long or for ever.
    Bar {
        /// Which.
        registry: I,
        /// `None` is for ever.
        after: Option<Duration>,
    },
    /// All hearts are to stop. At the next start they first turn to the registries they have now.
    Stop,
    /// Time went by. Early or late does no harm.
    Tick,
}

/// What is to be done.
///
/// The example of [`Failover`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<I> {
    /// This heart should turn to this registry. Say [`Input::Ended`] when that is over.
    Connect {
        /// Which heart, from 0.
        heart: usize,
        /// Not one that another heart speaks to, nor a barred one.
        registry: I,
    },
    /// No heart had a registry for two ticks of the watchdog. Nothing happens until [`Input::Start`].
    Asleep,
}

/// The hearts of a registrant, and the registries they may turn to.
///
/// ```
/// use std::num::NonZeroUsize;
/// use hb_bus::heart::registrant::{Failover, Input, Output};
/// use hb_lease::time::Time;
///
/// let mut failover = Failover::new(NonZeroUsize::MIN);
/// let mut out = Vec::new();
/// failover.handle(Time::ZERO, Input::Heard(vec!["a", "b"]), &mut out);
/// failover.handle(Time::ZERO, Input::Start, &mut out);
/// failover.handle(Time::from_millis(500), Input::Ended { heart: 0, bar: None }, &mut out);
/// assert_eq!(out, ["a", "b"].map(|registry| Output::Connect { heart: 0, registry }));
///
/// out.clear();
/// failover.handle(Time::from_millis(900), Input::Ended { heart: 0, bar: None }, &mut out);
/// assert_eq!(failover.next_timeout(), Some(Time::from_millis(2900)));
/// failover.handle(Time::from_millis(2900), Input::Tick, &mut out);
/// assert_eq!(out, [Output::Asleep]);
/// ```
#[derive(Debug)]
pub struct Failover<I> {
    hearts: Vec<Option<Partner<I>>>,
    candidates: VecDeque<I>,
    barred: Table<I, (), RandomState>,
    running: bool,
    /// Since when no heart has a registry.
    idle: Option<Time>,
    now: Time,
}

#[derive(Debug)]
struct Partner<I> {
    registry: I,
    accepted: bool,
}

impl<I: Hash + Eq + Clone> Failover<I> {
    /// So many hearts, not started.
    #[must_use]
    pub fn new(hearts: NonZeroUsize) -> Self {
        let hearts = (0..hearts.get()).map(|_| None).collect();
        let (candidates, barred) = (VecDeque::new(), Table::default());
        Self { hearts, candidates, barred, running: false, idle: None, now: Time::ZERO }
    }

    /// Takes one input; what follows from it is appended to `out`, in order. A `now` before an earlier one counts as
    /// that one.
    pub fn handle(&mut self, now: Time, input: Input<I>, out: &mut Vec<Output<I>>) {
        self.now = self.now.max(now);
        match input {
            Input::Start => (self.running, self.idle) = (true, None),
            Input::Heard(candidates) => self.hear(candidates),
            Input::Accepted { heart, candidates } => {
                if let Some(Some(partner)) = self.hearts.get_mut(heart) {
                    partner.accepted = true;
                }
                self.hear(candidates);
            }
            Input::Ended { heart, bar } => {
                let partner = self.hearts.get_mut(heart).and_then(Option::take);
                if let Some((partner, after)) = partner.zip(bar) {
                    self.bar(partner.registry, Some(after));
                }
            }
            Input::Bar { registry, after } => self.bar(registry, after),
            Input::Stop => {
                self.running = false;
                for partner in self.hearts.iter_mut().rev().filter_map(Option::take) {
                    if !self.candidates.contains(&partner.registry) {
                        self.candidates.push_front(partner.registry);
                    }
                }
            }
            Input::Tick => (),
        }
        while let Some((slot, _)) = self.barred.pop_expired(self.now) {
            self.barred.remove(slot);
        }
        if self.running {
            self.connect(out);
            self.watch(out);
        }
    }

    /// When [`Input::Tick`] is worth a call, possibly too early.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let asleep = self.idle.map(|since| since + 2 * WATCHDOG);
        let pardon = self.barred.next_timeout();
        asleep.into_iter().chain(pardon).min().filter(|_| self.running)
    }

    /// The registries that have let us in, by heart.
    #[must_use]
    pub fn connections(&self) -> Vec<I> {
        let accepted = self.hearts.iter().flatten().filter(|partner| partner.accepted);
        accepted.map(|partner| partner.registry.clone()).collect()
    }

    /// The longest known stay in front; what does not fit is forgotten.
    fn hear(&mut self, candidates: Vec<I>) {
        for candidate in candidates {
            if self.candidates.len() < MOST && !self.candidates.contains(&candidate) {
                self.candidates.push_back(candidate);
            }
        }
    }

    fn bar(&mut self, registry: I, after: Option<Duration>) {
        let until = after.map_or(Time::MAX, |after| self.now + after);
        match self.barred.find(&registry) {
            Some(slot) => self.barred.renew(slot, self.barred.deadline(slot).max(until)),
            // Without an end: the user's word, and bounded by what the user says.
            None if after.is_none() || self.barred.len() < MOST => {
                self.barred.insert(registry, (), until);
            }
            None => (),
        }
    }

    /// Gives each heart without a registry the first candidate that is free.
    fn connect(&mut self, out: &mut Vec<Output<I>>) {
        for heart in 0..self.hearts.len() {
            if self.hearts[heart].is_some() {
                continue;
            }
            let free = |it: &I| {
                self.barred.find(it).is_none()
                    && self.hearts.iter().flatten().all(|partner| partner.registry != *it)
            };
            let Some(at) = self.candidates.iter().position(free) else { return };
            let Some(registry) = self.candidates.remove(at) else { return };
            self.hearts[heart] = Some(Partner { registry: registry.clone(), accepted: false });
            out.push(Output::Connect { heart, registry });
        }
    }

    fn watch(&mut self, out: &mut Vec<Output<I>>) {
        if self.hearts.iter().any(Option::is_some) {
            self.idle = None;
            return;
        }
        let since = *self.idle.get_or_insert(self.now);
        if self.now >= since + 2 * WATCHDOG {
            (self.running, self.idle) = (false, None);
            out.push(Output::Asleep);
        }
    }
}
