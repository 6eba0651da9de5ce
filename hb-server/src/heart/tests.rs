//! The server's voice in virtual time, over a transport that keeps what was said.

use std::sync::atomic::{AtomicBool, Ordering};

use hb_bus::runtime::Simulation;
use hb_core::beat::{Diagnosis, Verb};
use hb_core::wire;

use super::*;

/// What was said, and when, ms.
type Said = Arc<Mutex<Vec<(u64, Verb, Option<Diagnosis>, u32)>>>;

struct World {
    simulation: Simulation,
    said: Said,
    alive: Arc<AtomicBool>,
    reachable: Arc<AtomicBool>,
    told: Arc<Mutex<Vec<bool>>>,
    stop: CancellationToken,
}

impl World {
    /// A heart that promises 3 s.
    fn new() -> Self {
        let simulation = Simulation::new(1);
        let flag = || Arc::new(AtomicBool::new(true));
        let (alive, reachable, stop) = (flag(), flag(), CancellationToken::new());
        let said = Said::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let runtime = simulation.handle();
        let voice =
            Voice::new(runtime.now(), Duration::from_secs(3), Boot::new("b1").unwrap(), Some("hall".into()));
        let (sees, proof) = (Arc::clone(&alive), move |alive: &AtomicBool| alive.load(Ordering::Relaxed));
        let pulse = Pulse::new(Arc::clone(&runtime), voice, move || proof(&sees));
        let (ear, network, clock) = (Arc::clone(&said), Arc::clone(&reachable), Arc::clone(&runtime));
        let transport = service_fn(move |sent: Sent<Word>| {
            let up = network.load(Ordering::Relaxed);
            if up {
                let Word { verb, query, promise } = sent.request;
                let request = wire::parse(verb, &query).expect("it speaks the protocol");
                assert_eq!((request.app.as_ref(), request.host.as_deref()), ("hb", Some("hall")));
                assert_eq!(request.beat.promise, promise);
                let vitals = &request.beat.vitals;
                let word = (clock.now().as_millis(), verb, vitals.diagnosis, vitals.seq.unwrap());
                ear.lock().unwrap().push(word);
            }
            async move { if up { Ok(()) } else { Err("unplugged") } }
        });
        let outcomes = Arc::clone(&told);
        let (tell, token) = (
            move |outcome: Result<(), &dyn fmt::Display>| {
                let mut outcomes = outcomes.lock().unwrap();
                if outcomes.last() != Some(&outcome.is_ok()) {
                    outcomes.push(outcome.is_ok());
                }
            },
            stop.clone(),
        );
        runtime.spawn(Box::pin(async move { pulse.run(transport, tell, &token).await }));
        Self { simulation, said, alive, reachable, told, stop }
    }

    /// What was said in the next `millis` ms.
    fn pass(&self, millis: u64) -> Vec<(u64, Verb, Option<Diagnosis>, u32)> {
        self.simulation.run(self.simulation.handle().sleep(Duration::from_millis(millis)));
        std::mem::take(&mut self.said.lock().unwrap())
    }
}

#[test]
fn it_registers_and_beats_thrice_in_a_promise() {
    let world = World::new();
    let idle = Some(Diagnosis::Idle);
    assert_eq!(
        world.pass(3_500),
        [
            (0, Verb::Init, idle, 1),
            (1_000, Verb::Ping, idle, 2),
            (2_000, Verb::Ping, idle, 3),
            (3_000, Verb::Ping, idle, 4)
        ]
    );
    assert_eq!(*world.told.lock().unwrap(), [true]);
}

#[test]
fn a_server_whose_detector_is_stuck_pings_no_more_and_says_why() {
    let world = World::new();
    world.pass(2_500);
    world.alive.store(false, Ordering::Relaxed);
    let said = world.pass(10_000);
    let bad: Vec<_> = said.iter().filter(|(_, verb, ..)| *verb == Verb::State).collect();
    assert!(bad.len() >= 4, "{said:?}");
    assert!(bad.iter().all(|(.., diagnosis, _)| *diagnosis == Some(Diagnosis::NoFrames)));
    let last_ping = said.iter().rfind(|(_, verb, ..)| *verb == Verb::Ping).map(|(at, ..)| *at);
    assert!(last_ping.is_none_or(|at| at < 7_000), "{said:?}");
    world.alive.store(true, Ordering::Relaxed);
    let said = world.pass(2_000);
    assert!(
        said.iter().all(|(_, verb, diagnosis, _)| (*verb, *diagnosis) == (Verb::Ping, Some(Diagnosis::Idle)))
    );
    assert!(!said.is_empty());
}

#[test]
fn what_does_not_arrive_is_said_again_at_the_next_beat() {
    let world = World::new();
    world.pass(1_500);
    world.reachable.store(false, Ordering::Relaxed);
    assert_eq!(world.pass(5_000), []);
    world.reachable.store(true, Ordering::Relaxed);
    let said = world.pass(1_000);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(*world.told.lock().unwrap(), [true, false, true], "each change is told once");
}

#[test]
fn the_last_word_is_that_it_leaves() {
    let world = World::new();
    world.pass(1_500);
    world.stop.cancel();
    assert_eq!(world.pass(10_000), [(1_500, Verb::State, Some(Diagnosis::Leaving), 3)]);
}
