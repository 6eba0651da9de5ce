//! What must hold whatever happens, over random schedules.

use alloc::vec;

use proptest::prelude::*;

use super::*;
use crate::gate::Drawn;

/// What the world can do to a client.
#[derive(Clone, Copy, Debug)]
enum Step {
    Frames(u32, u32),
    Visible(bool),
    Freeze(bool),
    Contexts(u32),
    Busy(u64),
    Idle(bool),
    Proved,
    Overdue(bool),
    Same(bool),
    Leave,
    Return,
    Loaded,
    Armed,
    Init,
    Ping,
    Done,
    Interval(u64),
    Abort,
    Answer(bool),
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u32..100, 17_u32..5_000).prop_map(|(count, longest)| Step::Frames(count, longest)),
        2 => any::<bool>().prop_map(Step::Visible),
        1 => any::<bool>().prop_map(Step::Freeze),
        2 => (0_u32..3).prop_map(Step::Contexts),
        1 => (0_u64..40_000).prop_map(Step::Busy),
        1 => any::<bool>().prop_map(Step::Idle),
        1 => Just(Step::Proved),
        2 => any::<bool>().prop_map(Step::Overdue),
        1 => any::<bool>().prop_map(Step::Same),
        1 => Just(Step::Leave),
        1 => Just(Step::Return),
        2 => Just(Step::Loaded),
        1 => Just(Step::Armed),
        1 => Just(Step::Init),
        2 => Just(Step::Ping),
        1 => Just(Step::Done),
        1 => (0_u64..20_000).prop_map(Step::Interval),
        1 => Just(Step::Abort),
        8 => any::<bool>().prop_map(Step::Answer),
        8 => Just(Step::Wait),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let hidden = prop_oneof![Just(WhenHidden::Report), Just(WhenHidden::Fine), Just(WhenHidden::Pause)];
    (0_u64..20_000, 100_u64..5_000, any::<bool>(), any::<bool>(), hidden, any::<bool>()).prop_map(
        |(interval, stall, init, done, hidden, vitals)| Config {
            interval: Duration::from_millis(interval),
            stall: Duration::from_millis(stall),
            init,
            done,
            hidden,
            vitals,
            ..Config::default()
        },
    )
}

fn input(step: Step, now: Time) -> Input {
    use gate::Input as Fact;
    Input::Page(match step {
        Step::Frames(frames, longest) => Fact::Drawn(Drawn { frames, last: now, longest, long: frames / 10 }),
        Step::Visible(visible) => Fact::Visible(visible),
        Step::Freeze(true) => Fact::Freeze,
        Step::Freeze(false) => Fact::Resume,
        Step::Contexts(lost) => Fact::Contexts { lost },
        Step::Busy(millis) => Fact::Busy(Duration::from_millis(millis)),
        Step::Idle(idle) => Fact::Idle(idle),
        Step::Proved => Fact::Proved,
        Step::Overdue(overdue) => Fact::Overdue(overdue),
        Step::Same(same) => Fact::Same(same),
        Step::Leave => Fact::Leave,
        Step::Loaded => Fact::Loaded,
        Step::Armed => Fact::Armed,
        Step::Return => return Input::Return,
        Step::Init => return Input::Init,
        Step::Ping => return Input::Ping,
        Step::Done => return Input::Done,
        Step::Interval(millis) => return Input::Interval(Duration::from_millis(millis)),
        Step::Abort => return Input::Abort,
        Step::Answer(true) => return Input::Answered,
        Step::Answer(false) => return Input::Failed,
        Step::Wait => return Input::Tick,
    })
}

/// To do for one input: giving up, a beacon, a probe, an expiry, a request, a change.
const MOST: usize = 6;

/// The other end of the wire: what is under way, and how often anything left.
#[derive(Default)]
struct Wire {
    in_flight: bool,
    seq: u32,
    left: u32,
    /// The longest gap reported since the last request, ms.
    gap: u32,
}

impl Wire {
    /// Remembers what the next request has to report.
    fn note(&mut self, step: Step) {
        match step {
            Step::Frames(_, longest) => self.gap = self.gap.max(longest),
            Step::Return => self.gap = 0,
            _ => {}
        }
    }

    /// Takes over what `sender` wants done, and holds it to the law.
    fn take(&mut self, now: Time, sender: &mut Sender, out: &mut Vec<Output>) -> Result<(), TestCaseError> {
        // Law 8 of the page: what one input costs has a bound, and nothing is left over for the next.
        prop_assert!(out.len() <= MOST, "{:?} for one input", out);
        prop_assert!(sender.facts.is_empty());
        for output in out.drain(..) {
            let (verb, promise) = match output {
                Output::Fetch(verb, promise) => {
                    prop_assert!(!self.in_flight, "two in flight");
                    self.in_flight = true;
                    (verb, promise)
                }
                Output::Beacon(verb, promise) => (verb, promise),
                Output::Abort | Output::Expire => {
                    prop_assert!(self.in_flight, "gave up what was not there");
                    self.in_flight = false;
                    continue;
                }
                Output::Probe | Output::Changed => continue,
            };
            let bad = sender.gate().diagnosis().is_bad();
            prop_assert!(!(bad && verb == Verb::Ping), "a ping in a bad state");
            let beat = sender.compose(now, verb, promise);
            prop_assert_eq!(beat.verb, verb);
            prop_assert!(
                beat.vitals.gap.is_none_or(|gap| gap == self.gap),
                "{:?} is not {}",
                beat.vitals.gap,
                self.gap
            );
            self.gap = 0;
            prop_assert!(beat.vitals.seq == Some(1) || beat.vitals.seq == Some(self.seq + 1), "a gap in seq");
            prop_assert!(verb != Verb::State || beat.vitals.diagnosis.is_some(), "a state without a word");
            self.seq = beat.vitals.seq.unwrap_or_default();
            self.left += 1;
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn law_8_one_request_is_under_way_and_a_bad_state_never_pings(
        config in config(),
        steps in prop::collection::vec((0_u64..3_000, step()), 1..80),
    ) {
        let mut sender = Sender::new(Time::ZERO, config);
        let mut wire = Wire::default();
        let mut out = vec![];
        let mut now = Time::ZERO;
        for (pause, step) in steps {
            let then = now + Duration::from_millis(pause);
            // Timers run in between, as a browser would run them.
            while let Some(next) = sender.next_timeout().filter(|&next| next < then) {
                prop_assert!(next >= now || next <= then);
                now = now.max(next);
                sender.handle(now, Input::Tick, &mut out);
                wire.take(now, &mut sender, &mut out)?;
                prop_assert!(sender.next_timeout() > Some(now) || sender.next_timeout().is_none(), "spins at {}", now);
            }
            now = then;
            if matches!(step, Step::Answer(_)) {
                wire.in_flight = false;
            }
            wire.note(step);
            sender.handle(now, input(step, now), &mut out);
            wire.take(now, &mut sender, &mut out)?;
        }
    }

    /// A server that never answers hears from a healthy page at least once per max(cadence, time-out).
    #[test]
    fn a_lost_answer_costs_one_cadence(
        interval in 100_u64..20_000,
        answers in prop::collection::vec(any::<bool>(), 60),
    ) {
        let config = Config { interval: Duration::from_millis(interval), ..Config::default() };
        let mut sender = Sender::new(Time::ZERO, config);
        let mut out = vec![];
        // A change that was urgent may have left just before; the promise is kept all the same.
        let cadence = (interval / 3).max(WINDOW.min(interval));
        let mut answers = answers.into_iter();
        let mut last = None;
        let mut now = Time::ZERO;
        sender.handle(now, input(Step::Armed, now), &mut out);
        sender.handle(now, input(Step::Loaded, now), &mut out);
        while now < Time::from_millis(30_000) {
            let mut sent = out.drain(..).any(|output| matches!(output, Output::Fetch(..)));
            if sent && answers.next().unwrap_or(false) {
                sender.handle(now, Input::Answered, &mut out);
                sent |= out.drain(..).any(|output| matches!(output, Output::Fetch(..)));
            }
            if sent {
                last = Some(now);
            }
            if let Some(last) = last {
                prop_assert!(since(now, last) <= cadence.max(LEAST_TIMEOUT), "silent at {}", now);
            }
            now = after(now, 50).min(sender.next_timeout().unwrap_or(Time::MAX).max(now));
            sender.handle(now, input(Step::Frames(3, 17), now), &mut out);
        }
    }
}
