//! The thread that notices silence: sleeps until the earliest timeout of all shards, at most one tick long.
//!
//! A thread of its own and no task: under full load a task waits for its turn behind thousands of requests, a thread
//! is woken by the kernel's scheduler. It is also the only one that ticks the clock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use super::clock::PERIOD;
use super::shard::Shard;
use super::{Engine, Happening};
use crate::service::Watchdog;

/// A pause from which on people are told.
const NOTEWORTHY: Duration = Duration::from_secs(1);
/// Longest sleep, ms.
const TICK: u64 = PERIOD.as_millis() as u64;
/// How soon a shard is tried again whose lock was held.
const RETRY: Duration = Duration::from_micros(200);

/// Wakes the detector when a timeout appears that is earlier than what it sleeps for.
#[derive(Default)]
pub(super) struct Alarm {
    /// Engine time until which the detector sleeps, ms; 0 while it is awake (or there is none).
    sleeps_until: AtomicU64,
    thread: std::sync::OnceLock<Thread>,
}

impl Alarm {
    /// Some shard has a timeout at `next`, in ms of engine time.
    pub(super) fn expect(&self, next: u64) {
        // Taken by one caller only: the others need not wake it again.
        if next < self.sleeps_until.load(Ordering::SeqCst)
            && self.sleeps_until.swap(0, Ordering::SeqCst) != 0
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

/// The running detector; dropping it stops the thread.
#[derive(Debug)]
pub struct Detector {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Detector {
    /// Starts watching `engine`. One detector per engine. Feeds `watchdog` as long as whoever is due is judged: a loop that hangs,
    /// and a lock that nobody gives back, both end in a restart by the service manager.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(engine: &Engine, mut watchdog: Option<Watchdog>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (engine, stopping) = (engine.clone(), Arc::clone(&stop));
        let thread = thread::Builder::new().name("hb-detector".into()).stack_size(256 * 1024);
        let thread = thread.spawn(move || {
            // A second detector of one engine would find the alarm taken; it still wakes every tick.
            let _ = engine.0.alarm.thread.set(thread::current());
            let mut due = Instant::now();
            while !stopping.load(Ordering::Acquire) {
                due = round(&engine, due, watchdog.as_mut());
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Detector {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It looks once a tick. It has nothing to return, and a panic in it was printed when it happened.
            let _ = thread.join();
        }
    }
}

/// One round, which was `due` then: judge, say so, then sleep. When the next one is due.
fn round(engine: &Engine, due: Instant, watchdog: Option<&mut Watchdog>) -> Instant {
    let clock = &engine.0.clock;
    tick(engine);
    let all = judge_all(engine);
    let judged = Instant::now();
    engine.0.figures.looked(judged.duration_since(due));
    if let Some(watchdog) = watchdog.filter(|_| all) {
        watchdog.feed(judged);
    }
    let now = clock.now().as_millis();
    // Announced before the shards are read: whoever sets an earlier timeout after that sees it and wakes us.
    engine.0.alarm.sleeps_until.store(now + TICK, Ordering::SeqCst);
    let earliest = engine.0.shards.iter().map(Shard::next).min().unwrap_or(u64::MAX);
    let (until, sleep) = nap(now, earliest, all);
    engine.0.alarm.sleeps_until.store(until, Ordering::SeqCst);
    let wakes = Instant::now() + sleep;
    thread::park_timeout(sleep);
    engine.0.alarm.sleeps_until.store(0, Ordering::SeqCst);
    // Whoever was passed over has been due since then.
    if all { due_next(wakes, Instant::now()) } else { due }
}

/// When the round is due before which it meant to sleep until `wakes`, and was awake at `woken`: who woke it earlier wants
/// it now, and what comes later is late.
fn due_next(wakes: Instant, woken: Instant) -> Instant {
    wakes.min(woken)
}

/// Judges whoever is due; `false` if somebody held a lock, so that not all were.
fn judge_all(engine: &Engine) -> bool {
    let mut all = true;
    for shard in &engine.0.shards {
        if shard.is_due(engine.0.clock.now()) {
            // Never waits for a lock: its holder may have lost its turn on the processor, and while we wait nobody
            // would tick, which would look like a pause of us all.
            all &= shard.try_run_due(engine);
            // A long round is work, not absence.
            tick(engine);
        }
    }
    all
}

/// Until when to sleep, in ms, and how long, when `earliest` is due next and `all` that was due has been judged.
fn nap(now: u64, earliest: u64, all: bool) -> (u64, Duration) {
    let until = earliest.clamp(now, now + TICK);
    let sleep = match until - now {
        // While time stands still after a pause, what is due stays due: do not spin on it.
        0 if all => Duration::from_millis(1),
        0 => RETRY,
        millis => Duration::from_millis(millis),
    };
    (until, sleep)
}

pub(super) fn tick(engine: &Engine) {
    let Some(length) = engine.0.clock.tick() else { return };
    tracing::debug!(?length, "this process was paused");
    if length > NOTEWORTHY {
        let at = engine.0.clock.now();
        engine.publish(Happening::Pause { at, length });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use hb_core::beat::{Beat, Promise, Verb, Vitals};
    use hb_core::id::Identity;

    use super::*;
    use crate::engine::Config;
    use crate::engine::clock::Clock;

    #[test]
    fn it_sleeps_until_somebody_is_due_and_one_tick_at_most() {
        let millis = Duration::from_millis;
        let cases = [
            (110, true, (110, millis(10))),
            (110, false, (110, millis(10))),
            (125, true, (125, millis(25))),
            (126, true, (125, millis(25))),
            (u64::MAX, true, (125, millis(25))),
            (100, true, (100, millis(1))),
            (7, true, (100, millis(1))),
            (7, false, (100, RETRY)),
        ];
        for (earliest, all, expected) in cases {
            assert_eq!(nap(100, earliest, all), expected, "{earliest} {all}");
        }
    }

    #[test]
    fn a_round_is_due_when_it_meant_to_wake_or_was_woken() {
        let (now, later) = (Instant::now(), Instant::now() + Duration::from_secs(1));
        assert_eq!([due_next(now, later), due_next(later, now)], [now, now]);
    }

    #[test]
    fn a_lock_that_was_held_is_remembered_whatever_the_others_did() {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, hb_bus::runtime::Simulation::new(1).handle());
        let promise = Promise::from_millis(1_000).unwrap();
        let beat =
            Beat { verb: Verb::Ping, promise, vitals: Vitals::default(), last_error: None, malformed: 0 };
        for n in 0..20 {
            let _ = engine.beat(Identity::new("h", "", &format!("x{n}")).unwrap(), &beat, None);
        }
        hand.advance(Duration::from_secs(6));
        let now = engine.0.clock.now();
        let due: Vec<_> = engine.0.shards.iter().filter(|shard| shard.is_due(now)).collect();
        assert!(due.len() > 2);
        assert!(!due[0].read(|_| judge_all(&engine)), "those after it were free");
        assert!(judge_all(&engine) && !due[0].is_due(now));
        hand.advance(Duration::from_secs(4));
        assert!(!due[due.len() - 1].read(|_| judge_all(&engine)), "those before it were free");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_watchdog_is_fed_while_all_are_judged_and_not_while_somebody_cannot_be() {
        use crate::service::Manager;
        use std::os::unix::net::UnixDatagram;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let fed = || std::iter::from_fn(|| socket.recv(&mut [0; 64]).ok()).count();
        let env = |name: &str| match name {
            "NOTIFY_SOCKET" => Some(path.display().to_string()),
            // Each round is one to say so.
            _ => Some("3".to_owned()).filter(|_| name == "WATCHDOG_USEC"),
        };
        let mut watchdog = Manager::read(&env, 1).watchdog().unwrap().expect("it is wanted");
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, hb_bus::runtime::Simulation::new(1).handle());
        round(&engine, Instant::now(), Some(&mut watchdog));
        assert_eq!(fed(), 1, "nobody to judge is all judged");
        let promise = Promise::from_millis(1_000).unwrap();
        let beat =
            Beat { verb: Verb::Ping, promise, vitals: Vitals::default(), last_error: None, malformed: 0 };
        let _ = engine.beat(Identity::new("h", "", "x").unwrap(), &beat, None);
        hand.advance(Duration::from_secs(6));
        let due = engine.0.shards.iter().find(|shard| shard.is_due(engine.0.clock.now())).unwrap();
        due.read(|_| round(&engine, Instant::now(), Some(&mut watchdog)));
        assert_eq!(fed(), 0, "its lock is held: it hangs");
        round(&engine, Instant::now(), Some(&mut watchdog));
        assert_eq!(fed(), 1);
    }

    #[test]
    fn an_earlier_timeout_wakes_who_sleeps_and_a_later_one_does_not() {
        let alarm = Arc::new(Alarm::default());
        let ((ready, is_ready), (woken, is_woken)) = (mpsc::channel(), mpsc::channel());
        let sleeper = Arc::clone(&alarm);
        let sleeping = thread::spawn(move || {
            let _ = sleeper.thread.set(thread::current());
            sleeper.sleeps_until.store(100, Ordering::SeqCst);
            let _ = ready.send(());
            // Another waking than ours is no proof.
            while sleeper.sleeps_until.load(Ordering::SeqCst) != 0 {
                thread::park();
            }
            let _ = woken.send(());
        });
        is_ready.recv().unwrap();
        alarm.expect(100);
        assert_eq!(alarm.sleeps_until.load(Ordering::SeqCst), 100);
        alarm.expect(99);
        is_woken.recv_timeout(Duration::from_secs(20)).expect("woken in time");
        sleeping.join().unwrap();
    }

    #[test]
    fn a_beat_sets_the_alarm() {
        let (clock, _hand) = Clock::manual();
        let engine = Engine::new(Config::default(), clock, hb_bus::runtime::Simulation::new(1).handle());
        let promise = Promise::from_millis(1_000).unwrap();
        let beat =
            Beat { verb: Verb::Ping, promise, vitals: Vitals::default(), last_error: None, malformed: 0 };
        // Late at 6000, and the shard wants to be asked at some time before.
        for (sleeps_until, left) in [(1, 1), (6_001, 0)] {
            engine.0.alarm.sleeps_until.store(sleeps_until, Ordering::SeqCst);
            let _ = engine.beat(Identity::new("h", "", "x").unwrap(), &beat, None);
            assert_eq!(engine.0.alarm.sleeps_until.load(Ordering::SeqCst), left);
        }
    }
}
