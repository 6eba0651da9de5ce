//! Virtual time: tasks run until none can go on, then the clock jumps to the next timer.
//!
//! The same seed gives the same run, to the last step. Not here: networks; a test builds its own on top.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use hb_lease::time::{Time, Wall};

use super::{Handle, Runtime, Task};

/// A runtime for tests: single-threaded, deterministic, and an hour takes no time.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::runtime::{Elapsed, Runtime, Simulation, timeout};
///
/// let simulation = Simulation::new(1);
/// let runtime = simulation.handle();
/// let result = simulation.run(async {
///     let hour = runtime.sleep(Duration::from_secs(3600));
///     timeout(&*runtime, Some(Duration::from_secs(60)), hour).await
/// });
/// assert_eq!(result, Err(Elapsed));
/// assert_eq!(simulation.now().as_millis(), 60_000);
/// ```
#[derive(Clone, Debug)]
pub struct Simulation(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Time,
    chance: u64,
    timers: BTreeMap<(Time, u64), Waker>,
    named: u64,
    ready: VecDeque<Arc<Spawned>>,
}

/// A task, and whether it stands in the queue already.
struct Spawned {
    future: Mutex<Option<Task>>,
    queued: AtomicBool,
    home: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Spawned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spawned").finish_non_exhaustive()
    }
}

/// A panic in a task leaves the state whole: no lock is held while one runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wake for Spawned {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let home = Arc::clone(&self.home);
            lock(&home).ready.push_back(self);
        }
    }
}

/// The future that [`Simulation::run`] was given.
struct Main(AtomicBool);

impl Wake for Main {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl Simulation {
    /// A world at time zero whose chance follows from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let (timers, ready) = (BTreeMap::new(), VecDeque::new());
        Self(Arc::new(Mutex::new(State { now: Time::ZERO, chance: seed, timers, named: 0, ready })))
    }

    /// This world as a runtime.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Arc::new(self.clone())
    }

    /// How much virtual time one [`run`](Self::run) may take: no test waits longer for anything but what never comes.
    pub const LONGEST_RUN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Runs `main` and everything spawned until `main` is done. Other tasks stay where they are.
    ///
    /// # Panics
    /// If `main` waits for what will never come: no task can go on and no timer is left, or timers go on without it for
    /// [`LONGEST_RUN`](Self::LONGEST_RUN). A world that is to last longer takes several runs.
    pub fn run<F: Future>(&self, main: F) -> F::Output {
        let end = self.now() + Self::LONGEST_RUN;
        let mut main = pin!(main);
        let awake = Arc::new(Main(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&awake));
        loop {
            if awake.0.swap(false, Ordering::AcqRel)
                && let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return output;
            }
            let turn = lock(&self.0).ready.pop_front();
            if let Some(task) = turn {
                task.poll();
            } else if !awake.0.load(Ordering::Acquire) {
                self.jump(end);
            }
        }
    }

    /// To the next timer, if it is not after `end`.
    fn jump(&self, end: Time) {
        let mut state = lock(&self.0);
        let next = state.timers.first_entry().expect("somebody waits for what will never come");
        let late = next.key().0 > end;
        if late {
            // Whoever cleans up behind the panic may ask this world for something.
            drop(state);
            panic!(
                "somebody waits for what will never come: timers went on for {:?} of virtual time",
                Self::LONGEST_RUN
            );
        }
        let ((at, _), waker) = next.remove_entry();
        state.now = state.now.max(at);
        drop(state);
        waker.wake();
    }
}

impl Spawned {
    fn poll(self: Arc<Self>) {
        self.queued.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self));
        let mut place = lock(&self.future);
        if let Some(future) = place.as_mut()
            && future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        {
            *place = None;
        }
    }
}

impl Runtime for Simulation {
    fn now(&self) -> Time {
        lock(&self.0).now
    }

    fn wall(&self) -> Wall {
        // Its calendar begins on 2026-01-01.
        Wall::from_unix_millis(1_767_225_600_000 + lock(&self.0).now.as_millis().cast_signed())
    }

    fn sleep(&self, after: Duration) -> Task {
        let home = Arc::clone(&self.0);
        let mut state = lock(&home);
        let until = state.now + after;
        state.named += 1;
        let timer = Timer { home: Arc::clone(&self.0), key: (until, state.named) };
        drop(state);
        Box::pin(async move {
            poll_fn(|cx| {
                let mut state = lock(&timer.home);
                if state.now >= timer.key.0 {
                    return Poll::Ready(());
                }
                state.timers.insert(timer.key, cx.waker().clone());
                Poll::Pending
            })
            .await;
        })
    }

    fn spawn(&self, task: Task) {
        let future = Mutex::new(Some(task));
        Arc::new(Spawned { future, queued: AtomicBool::new(false), home: Arc::clone(&self.0) }).wake();
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn random(&self) -> u64 {
        let mut state = lock(&self.0);
        state.chance = state.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = state.chance;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Takes itself out of the list when dropped.
struct Timer {
    home: Arc<Mutex<State>>,
    key: (Time, u64),
}

impl Drop for Timer {
    fn drop(&mut self) {
        lock(&self.home).timers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    #[wasm_bindgen_test(unsupported = test)]
    fn tasks_take_turns_and_time_jumps() {
        let simulation = Simulation::new(7);
        let runtime = simulation.handle();
        let told = Arc::new(Mutex::new(Vec::new()));
        for (name, pause) in [("slow", 30), ("quick", 10)] {
            let (runtime, told, again) = (simulation.handle(), Arc::clone(&told), simulation.handle());
            runtime.spawn(Box::pin(async move {
                for _ in 0..2 {
                    again.sleep(Duration::from_millis(pause)).await;
                    lock(&told).push((name, again.now().as_millis()));
                }
            }));
        }
        simulation.run(runtime.sleep(Duration::from_millis(50)));
        assert_eq!(*lock(&told), [("quick", 10), ("quick", 20), ("slow", 30)]);
        simulation.run(runtime.sleep(Duration::from_millis(10)));
        assert_eq!(lock(&told).len(), 4);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn one_seed_is_one_world() {
        let numbers = |seed| [0; 8].map(|_: u8| Simulation::random(&Simulation::new(seed)));
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }

    #[wasm_bindgen_test(unsupported = test)]
    #[should_panic(expected = "never come")]
    fn waiting_for_nothing_is_said() {
        Simulation::new(0).run(std::future::pending::<()>());
    }

    #[wasm_bindgen_test(unsupported = test)]
    #[should_panic(expected = "timers went on for 604800s")]
    fn waiting_for_nothing_while_others_go_on_is_said() {
        let world = Simulation::new(0);
        let clock = world.handle();
        world.spawn(Box::pin(async move {
            loop {
                clock.sleep(Duration::from_secs(60)).await;
            }
        }));
        // A long life in several runs is nothing bad.
        for _ in 0..8 {
            world.run(world.sleep(Duration::from_secs(24 * 60 * 60)));
        }
        world.run(std::future::pending::<()>());
    }
}
