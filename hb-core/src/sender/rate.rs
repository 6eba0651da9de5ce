//! How often anything leaves a client: seldom enough for any server, often enough for what was promised.
//!
//! Not here: what must hold of each request ([`super::laws`]), two senders played together ([`super::duet`]).

use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::gate::Drawn;

/// What left, and what was promised with it.
#[derive(Default)]
struct Wire {
    left: Vec<Time>,
    /// Until when nothing more need be heard.
    until: Time,
    /// When a long load was announced.
    announced: Option<Time>,
    /// Whether a boot began that has not spoken yet.
    fresh: bool,
}

impl Wire {
    fn lately(&self, now: Time) -> usize {
        self.left.iter().filter(|&&then| since(now, then) < WINDOW).count()
    }

    fn take(&mut self, now: Time, out: &mut Vec<Output>) -> Result<(), TestCaseError> {
        for output in out.drain(..) {
            let (promise, most) = match output {
                // A last word, which cannot wait.
                Output::Beacon(Verb::Done | Verb::State, promise) => (promise, usize::MAX),
                Output::Beacon(_, promise) => {
                    let again = self.announced.is_some_and(|then| since(now, then) < WINDOW);
                    prop_assert!(!again, "announced twice at {}", now);
                    self.announced = Some(now);
                    (promise, usize::MAX)
                }
                // The worker that takes over at the first request of a boot counts that one only.
                Output::Fetch(_, promise) => (promise, if self.fresh { 1 } else { 2 }),
                _ => continue,
            };
            prop_assert!(self.lately(now) < most, "one more at {}, after {:?}", now, self.left);
            self.fresh = false;
            self.left.push(now);
            self.until = after(now, u64::from(promise.as_millis()));
        }
        Ok(())
    }
}

proptest! {
    /// Whatever goes on, no page that promises for a second or more sends anything of its own accord as the third in a second.
    /// At once goes what it may not be able to say later, the announcement of a long load not twice a second either. And none
    /// falls silent for longer than it said.
    #[test]
    fn nothing_is_sent_more_than_twice_a_second_and_no_promise_is_broken(
        interval in 1_000_u64..20_000,
        // Of a worker: how much its page has just said.
        worker in prop::option::of(0_u32..3),
        pauses in any::<bool>(),
        steps in prop::collection::vec((1_u64..400, 0_u8..11), 100..300),
    ) {
        use gate::Input as Fact;
        let remote = worker.is_some();
        let hidden = if pauses { WhenHidden::Pause } else { WhenHidden::Report };
        let config = Config { interval: Duration::from_millis(interval), hidden, remote, ..Config::default() };
        let mut sender = Sender::new(Time::ZERO, config);
        let mut out = vec![];
        let mut now = Time::ZERO;
        let said = worker.unwrap_or(0);
        let mut wire = Wire { left: vec![now; said as usize], until: after(now, interval), ..Wire::default() };
        sender.handle(now, Input::Reached(said), &mut out);
        sender.handle(now, Input::Page(Fact::Loaded), &mut out);
        wire.take(now, &mut out)?;
        let mut quiet = false;
        for (pause, what) in steps {
            let even = pause % 2 == 0;
            let then = after(now, pause);
            let input = match what {
                0 => Input::Page(Fact::Busy(Duration::from_secs(10))),
                1 => Input::Page(Fact::Contexts { lost: u32::from(even) }),
                2 => Input::Page(Fact::Visible(pause % 3 > 0)),
                3 => Input::Page(Fact::Idle(even)),
                4 => Input::Page(Fact::Same(even)),
                5 if even => Input::Answered,
                5 => Input::Failed,
                6 => Input::Tick,
                7 if !remote && pause % 4 == 0 => Input::Return,
                8 if !remote => Input::Quiet(even),
                9 if quiet => Input::Reached(sender.seq() + 1),
                _ => Input::Page(Fact::Drawn(Drawn { frames: 1, last: then, longest: 17, long: 0 })),
            };
            while let Some(next) = sender.next_timeout().filter(|&next| next < then) {
                now = next.max(now);
                sender.handle(now, Input::Tick, &mut out);
                wire.take(now, &mut out)?;
            }
            now = then;
            if quiet && input == Input::Quiet(false) {
                // The other may have said two things just now.
                wire.left.extend([now; 2]);
                wire.until = after(now, interval);
            }
            wire.fresh |= input == Input::Return;
            if remote && what == 0 {
                // A worker's page announces it.
                wire.until = wire.until.max(after(now, 10_000));
            }
            if let Input::Quiet(other) = input {
                quiet = other;
            }
            sender.handle(now, input, &mut out);
            wire.take(now, &mut out)?;
            if quiet || sender.state().is_none() {
                // Another speaks, or nobody need.
                wire.until = after(now, interval);
            }
            // A worker asks its page before it beats.
            prop_assert!(now <= after(wire.until, if remote { 100 } else { 0 }), "silent at {}: {:?}", now, wire.left);
        }
    }
}
