//! One lock's worth of apps: a registry, what it has to say, and who brought which app.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use hb_core::beat::Beat;
use hb_core::id::{Fingerprint, HashKey, Identity};
use hb_core::registry::{Config, Event, EventKind, Input, Memory, Origin, Output, Registry, Reply};
use hb_lease::time::Time;

use super::{Engine, Happening};

/// "No timeout at all" among the atomics.
const NEVER: u64 = u64::MAX;

/// Padded to two cache lines (processors fetch them in pairs), so that neighbours do not slow each other down.
#[repr(align(128))]
pub(super) struct Shard {
    apps: Mutex<Apps>,
    /// When the registry wants to be asked next, ms; written under the lock, read without.
    next: AtomicU64,
}

/// What the lock protects.
pub(super) struct Apps {
    registry: Registry,
    key: HashKey,
    out: Vec<Output>,
    /// The latest arrival, rounded up: the registry's time is at least this.
    stamped: Time,
    /// Places taken from the whole by the change under way.
    taken: usize,
    /// Who brought an app, for those that are counted.
    brought: HashMap<Fingerprint, IpAddr>,
}

impl Shard {
    pub(super) fn new(config: Config, key: HashKey) -> Self {
        let apps = Apps {
            registry: Registry::new(config, key),
            key,
            out: Vec::new(),
            stamped: Time::ZERO,
            taken: 0,
            brought: HashMap::new(),
        };
        Self { apps: Mutex::new(apps), next: AtomicU64::new(NEVER) }
    }

    /// Runs `change` under the lock with the time of its arrival, and publishes what followed.
    pub(super) fn with<R>(&self, engine: &Engine, change: impl FnOnce(&mut Apps, Time) -> R) -> R {
        self.change(engine, self.lock(), |apps| {
            let (now, arrival) = engine.0.clock.read();
            // The registry's time never goes back, and an arrival, rounded up, moves it to the end of this millisecond.
            // Nobody may be judged by that; so whoever's time was over at its beginning is judged first.
            if self.is_due(now) {
                apps.handle(now, Input::Tick);
            }
            apps.stamped = apps.stamped.max(arrival);
            change(apps, arrival)
        })
    }

    /// Judges those whose time is over.
    pub(super) fn run_due(&self, engine: &Engine) {
        self.judge(engine, self.lock());
    }

    /// Judges those whose time is over; `false` if somebody else holds the lock just now.
    pub(super) fn try_run_due(&self, engine: &Engine) -> bool {
        let apps = match self.apps.try_lock() {
            Ok(apps) => apps,
            Err(TryLockError::Poisoned(apps)) => apps.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        self.judge(engine, apps);
        true
    }

    /// By the time under the lock: before it, others may have come in.
    fn judge(&self, engine: &Engine, apps: MutexGuard<'_, Apps>) {
        self.change(engine, apps, |apps| {
            let now = engine.0.clock.now();
            // Otherwise something arrived within this very millisecond, and `with` has judged everybody first.
            if apps.stamped <= now {
                apps.handle(now, Input::Tick);
            }
        });
    }

    /// Runs `change` under the lock, publishes what followed and wakes the detector if it would sleep too long.
    fn change<R>(
        &self,
        engine: &Engine,
        mut apps: MutexGuard<'_, Apps>,
        change: impl FnOnce(&mut Apps) -> R,
    ) -> R {
        let held = apps.registry.len();
        let result = change(&mut apps);
        // What was admitted took its place before; what is gone gives its own back.
        let taken = std::mem::take(&mut apps.taken);
        let gone = (held + taken).saturating_sub(apps.registry.len());
        if gone > 0 {
            engine.0.capacity.give_back(gone);
        }
        apps.publish(engine);
        let next = apps.registry.next_timeout().map_or(NEVER, Time::as_millis);
        if next != self.next.load(Ordering::Relaxed) {
            // Sequentially consistent, as is the detector's look at it: either it sees this, or we see it asleep.
            self.next.store(next, Ordering::SeqCst);
        }
        drop(apps);
        engine.0.alarm.expect(next);
        result
    }

    /// Whether somebody's time may be over.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.next() <= now.as_millis()
    }

    /// The earliest timeout in ms, [`u64::MAX`] for none.
    pub(super) fn next(&self) -> u64 {
        self.next.load(Ordering::SeqCst)
    }

    /// Who of those that `address` brought gives way first, and from when on.
    pub(super) fn gives_way(&self, address: IpAddr) -> Option<(Time, Fingerprint)> {
        let Apps { registry, brought, .. } = &*self.lock();
        let its = brought.iter().filter(|&(_, by)| *by == address);
        its.filter_map(|(&app, _)| Some((registry.gives_way(app)?, app))).min()
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&Registry) -> R) -> R {
        look(&self.lock().registry)
    }

    fn lock(&self) -> MutexGuard<'_, Apps> {
        // A panic under this lock would be a bug in the registry; the other apps of the shard go on being watched.
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Apps {
    pub(super) fn handle(&mut self, now: Time, input: Input<'_>) -> Reply {
        self.registry.handle(now, input, &mut self.out)
    }

    /// Takes the first beat of an app that was let in.
    pub(super) fn admit(
        &mut self,
        now: Time,
        id: Identity<'_>,
        beat: &Beat<'_>,
        from: Origin,
        by: Option<IpAddr>,
    ) -> Reply {
        self.taken += 1;
        if let Some(address) = by {
            self.brought.insert(id.fingerprint(&self.key), address);
        }
        self.handle(now, Input::Beat { id, beat, from, admit: true })
    }

    /// Takes an app that an earlier run knew.
    pub(super) fn restore(&mut self, now: Time, id: Identity<'_>, memory: Memory) {
        // If it is held already, this place is given back.
        self.taken += 1;
        self.handle(now, Input::Restored { id, memory });
    }

    /// Notes that an app is wanted, or no longer: then it may give way, of which a look may have found the contrary.
    pub(super) fn adopt(&mut self, engine: &Engine, now: Time, id: Identity<'_>, on: bool) -> Reply {
        if let Some(&address) = self.brought.get(&id.fingerprint(&self.key)).filter(|_| !on) {
            engine.0.capacity.is_firm_until(address, Time::ZERO);
        }
        self.handle(now, Input::Adopt { id, on })
    }

    fn publish(&mut self, engine: &Engine) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            let happening = match output {
                Output::Transition(transition) => {
                    if transition.from != Some(transition.to) {
                        engine.0.figures.changed(transition.to);
                    }
                    let view = self.registry.snapshot(transition.at, transition.id.borrow()).map(Box::new);
                    Happening::Transition { transition, view }
                }
                Output::Event(event) => {
                    self.account(engine, &event);
                    Happening::Event(event)
                }
            };
            engine.publish(happening);
        }
        // Keeps its capacity for the next time.
        self.out = out;
    }

    /// Keeps the accounts of who brought what.
    fn account(&mut self, engine: &Engine, event: &Event) {
        let fingerprint = event.id.borrow().fingerprint(&self.key);
        match &event.kind {
            EventKind::Removed { .. } | EventKind::Replaced { .. } => {
                if let Some(address) = self.brought.remove(&fingerprint) {
                    engine.0.capacity.give_back_to(address);
                }
            }
            EventKind::Moved { from } => {
                let id = event.id.borrow();
                let before = Identity::new(from, id.slot(), id.app()).map(|old| old.fingerprint(&self.key));
                if let Some(address) = before.ok().and_then(|old| self.brought.remove(&old)) {
                    self.brought.insert(fingerprint, address);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use hb_core::beat::{Promise, State, Verb, Vitals};

    use super::*;
    use crate::engine::clock::{Clock, Hand};

    /// One shard, looked at as if it were alone.
    fn stage() -> (Engine, Hand) {
        let (clock, hand) = Clock::manual();
        (
            Engine::new(super::super::Config::default(), clock, hb_bus::runtime::Simulation::new(1).handle()),
            hand,
        )
    }

    fn beat(engine: &Engine, shard: &Shard, app: &str) {
        let promise = Promise::from_millis(1_000).unwrap();
        let beat =
            Beat { verb: Verb::Ping, promise, vitals: Vitals::default(), last_error: None, malformed: 0 };
        let id = Identity::new("h", "", app).unwrap();
        shard.with(engine, |apps, now| {
            apps.handle(now, Input::Beat { id, beat: &beat, from: Origin::default(), admit: true })
        });
    }

    fn state(shard: &Shard, app: &str) -> State {
        let id = Identity::new("h", "", app).unwrap();
        shard.read(|registry| registry.snapshot(Time::ZERO, id)).unwrap().state
    }

    #[test]
    fn a_busy_neighbour_does_not_keep_the_late_from_being_judged() {
        let (engine, hand) = stage();
        let shard = Shard::new(Config::default(), HashKey(1, 2));
        beat(&engine, &shard, "x");
        // Late at 6000; from then on each millisecond begins with a beat of somebody else.
        hand.advance(std::time::Duration::from_micros(6_000_300));
        beat(&engine, &shard, "neighbour");
        assert_eq!(state(&shard, "x"), State::Late);
    }

    #[test]
    fn whoever_is_due_by_an_arrival_rounded_up_is_not_judged_before_its_millisecond() {
        let (engine, hand) = stage();
        let shard = Shard::new(Config::default(), HashKey(1, 2));
        beat(&engine, &shard, "early");
        hand.advance(std::time::Duration::from_micros(300));
        beat(&engine, &shard, "x");
        // The detector has seen that `early` is due at 6000, but not taken the lock yet, when somebody arrives; the
        // registry's time is 6001 now, at which `x` is due too.
        hand.advance(std::time::Duration::from_micros(5_999_900));
        beat(&engine, &shard, "neighbour");
        shard.run_due(&engine);
        assert_eq!((state(&shard, "early"), state(&shard, "x")), (State::Late, State::Up));
        hand.advance(std::time::Duration::from_micros(800));
        shard.run_due(&engine);
        assert_eq!(state(&shard, "x"), State::Late);
    }
    #[test]
    fn a_lock_that_is_held_is_not_waited_for_and_one_that_broke_is_taken() {
        let (engine, hand) = stage();
        let shard = Shard::new(Config::default(), HashKey(1, 2));
        beat(&engine, &shard, "x");
        hand.advance(std::time::Duration::from_secs(6));
        let held = shard.lock();
        assert!(!shard.try_run_due(&engine));
        drop(held);
        let broken = std::panic::AssertUnwindSafe(|| shard.read(|_| std::panic::resume_unwind(Box::new(()))));
        assert!(std::panic::catch_unwind(broken).is_err());
        assert!(shard.try_run_due(&engine));
        assert_eq!(state(&shard, "x"), State::Late, "the others are still watched");
    }
}
