//! The stall clock against a naive one, and moments as tables.

use alloc::vec;
use core::time::Duration;

use proptest::prelude::*;

use super::Input::{
    Armed, Busy, Contexts, Freeze, Idle, Leave, Loaded, Proved, Resume, Return, Tick, Visible,
};
use super::*;
use crate::beat::Diagnosis::{
    ContextLost, Frozen, Hidden, Idle as Resting, Leaving, NoFrames, Ok as Fine, Starting,
};

mod probes;

/// At so many ms this happens, and then this is the diagnosis.
type Moment = (u64, Input, Diagnosis);

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// So many frames, the last of them at the moment it is reported.
fn frames(count: u32, last: u64) -> Input {
    Input::Drawn(Drawn { frames: count, last: at(last), longest: 17, long: 0 })
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[test]
fn a_span_is_whole_milliseconds_rounded_up_and_never_wraps() {
    let longest = u64::MAX / 1_000;
    let cases = [
        (Duration::ZERO, 0),
        (Duration::from_nanos(1), 1),
        (Duration::from_millis(1), 1),
        (Duration::new(2, 1_000_001), 2_002),
        (seconds(longest), longest * 1_000),
        (Duration::new(longest, 999_000_000), u64::MAX),
    ];
    for (span, expected) in cases {
        assert_eq!(millis(span), expected, "{span:?}");
    }
    // 2^61 s would wrap to zero.
    for forever in [seconds(1 << 61), Duration::MAX] {
        assert!(millis(forever) >= longest * 1_000, "{forever:?}");
    }
}

/// Plays facts at their ms through a gate with a stall of 3 s and a grace of 30 s, looking at the clock as asked in
/// between, and compares the diagnosis after each.
fn check(name: &str, config: Config, script: &[Moment]) {
    let mut gate = Gate::new(at(0), config);
    let mut out = vec![];
    for &(when, input, expected) in script {
        while let Some(next) = gate.next_timeout().filter(|&next| next < at(when)) {
            gate.handle(next, Tick, &mut out);
        }
        gate.handle(at(when), input, &mut out);
        assert_eq!(gate.diagnosis(), expected, "{name}: after {input:?} at {when} ms");
    }
}

#[test]
fn a_page_is_judged_by_what_it_draws() {
    let config = Config::default();
    let cases: &[(&str, &[Moment])] = &[
        ("nothing was promised", &[(0, Loaded, Fine), (100_000, Tick, Fine)]),
        (
            "the first frame makes the promise",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (3_009, Tick, Fine),
                (3_010, Tick, NoFrames),
                (3_500, frames(1, 3_500), Fine),
            ],
        ),
        (
            "an armed page has the grace, not longer",
            &[
                (0, Armed, Starting),
                (0, Loaded, Starting),
                (29_999, Tick, Starting),
                (30_000, Tick, NoFrames),
            ],
        ),
        (
            "loading is not stalling",
            &[
                (0, Armed, Starting),
                (60_000, Tick, Starting),
                (60_001, Loaded, Starting),
                (90_001, Tick, NoFrames),
            ],
        ),
        (
            "hidden stops the clock, the return starts it anew",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (2_000, Visible(false), Hidden),
                (90_000, Tick, Hidden),
                (90_001, Visible(true), Fine),
                (93_000, Tick, Fine),
                (93_001, Tick, NoFrames),
            ],
        ),
        (
            "freezing and thawing",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Freeze, Frozen),
                (99_999, Resume, Fine),
                (102_999, Tick, NoFrames),
            ],
        ),
        (
            "a lost context outranks frames, and only a frame after the restoring ends it",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Contexts { lost: 1 }, ContextLost),
                (30, frames(9, 30), ContextLost),
                (40, Contexts { lost: 0 }, ContextLost),
                (50, Tick, ContextLost),
                (60, frames(1, 60), Fine),
            ],
        ),
        (
            "restored while hidden: the return decides",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Contexts { lost: 1 }, ContextLost),
                (30, Visible(false), ContextLost),
                (40, Contexts { lost: 0 }, Hidden),
                (50, Visible(true), Fine),
                (3_050, Tick, NoFrames),
            ],
        ),
        (
            "busy ends with the second frame, since the first may be the one that called it",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Busy(seconds(20)), Starting),
                (21, frames(1, 21), Starting),
                (15_000, Tick, Starting),
                (15_100, frames(1, 15_100), Fine),
                (18_100, Tick, NoFrames),
            ],
        ),
        (
            "busy ends with its time",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Busy(seconds(20)), Starting),
                (20_019, Tick, Starting),
                (20_020, Tick, NoFrames),
            ],
        ),
        (
            "idle is proven by probes",
            &[
                (0, Loaded, Fine),
                (0, Idle(true), Resting),
                (2_900, Proved, Resting),
                (5_800, Proved, Resting),
                (8_799, Tick, Resting),
                (8_800, Tick, NoFrames),
                (9_000, Proved, Resting),
                (9_001, Idle(false), Fine),
            ],
        ),
        (
            "a page that rests from the start owes no first frame",
            &[
                (0, Idle(true), Starting),
                (0, Armed, Starting),
                (0, Loaded, Resting),
                (1_000, Proved, Resting),
                (2_000, Idle(false), Starting),
                (31_999, Tick, Starting),
                (32_000, Tick, NoFrames),
            ],
        ),
        (
            "leaving outranks all, and the return is a new start",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (20, Contexts { lost: 1 }, ContextLost),
                (30, Leave, Leaving),
                (40, Visible(false), Leaving),
                (50, Contexts { lost: 0 }, Leaving),
                (60, Visible(true), Leaving),
                (70, Return, Starting),
                (80, frames(1, 80), Fine),
            ],
        ),
    ];
    for (name, script) in cases {
        check(name, config, script);
    }
    check(
        "hidden is fine where it was declared so",
        Config { hidden_is_fine: true, ..config },
        &[(0, Loaded, Fine), (10, Visible(false), Resting), (99_999, Visible(true), Fine)],
    );
}

#[test]
fn a_page_on_demand_is_probed_in_time_whatever_its_limit() {
    for stall in [500, 2_000, 3_000, 60_000] {
        let mut gate = Gate::new(at(0), Config { stall: Duration::from_millis(stall), ..Config::default() });
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        gate.handle(at(0), Idle(true), &mut out);
        let mut now = 0;
        while now < 30_000 {
            // A frame comes 100 ms after it was asked for.
            if out.drain(..).any(|output| output == Output::Probe) {
                now += 100;
                gate.handle(at(now), Proved, &mut out);
            } else {
                now = gate.next_timeout().expect("it is looked at").as_millis().max(now + 1);
                gate.handle(at(now), Tick, &mut out);
            }
            assert_eq!(gate.diagnosis(), Resting, "a limit of {stall} ms, at {now}");
        }
    }
}

#[test]
fn a_clock_that_jumped_is_no_stall() {
    let mut gate = Gate::new(at(0), Config::default());
    let mut out = vec![];
    gate.handle(at(0), Loaded, &mut out);
    gate.handle(at(10), frames(1, 10), &mut out);
    // Eight hours of sleep: no timer ran. The page has its full time again, less what had passed before.
    let morning = 8 * 3_600_000;
    gate.handle(at(morning), Tick, &mut out);
    assert_eq!(gate.diagnosis(), Fine);
    for look in 1..=3 {
        gate.handle(at(morning + look * 1_000), Tick, &mut out);
    }
    assert_eq!(gate.diagnosis(), NoFrames);
}

#[test]
fn a_blocked_main_thread_does_not_hide_a_dead_loop_for_ever() {
    let mut gate = Gate::new(at(0), Config::default());
    let mut out = vec![];
    gate.handle(at(0), Loaded, &mut out);
    gate.handle(at(10), frames(1, 10), &mut out);
    // Every look is held up by 9 s: each still counts for the second it was meant to take.
    for look in 1..=4 {
        gate.handle(at(look * 10_000), Tick, &mut out);
    }
    assert_eq!(gate.diagnosis(), NoFrames);
}

#[test]
fn numbers_that_are_no_timestamps_neither_kill_nor_save() {
    for nonsense in [0, 16, 1_700_000_000_000, u64::MAX] {
        let mut gate = Gate::new(at(0), Config::default());
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        let mut now = 0;
        while now < 60_000 {
            now += 1_000;
            gate.handle(at(now), frames(60, nonsense), &mut out);
            gate.handle(at(now), Tick, &mut out);
            assert_eq!(gate.diagnosis(), Fine, "drawing, with {nonsense}, at {now}");
        }
        for look in 1..=4 {
            gate.handle(at(now + look * 1_000), Tick, &mut out);
        }
        assert_eq!(gate.diagnosis(), NoFrames, "not drawing, with {nonsense}");
    }
}

#[test]
fn slow_is_one_frame_in_twenty_above_twice_the_usual() {
    for (long, expected) in [(0, Fine), (15, Fine), (16, Diagnosis::Slow), (300, Diagnosis::Slow)] {
        let mut gate = Gate::new(at(0), Config::default());
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        let window = |now, long| Input::Drawn(Drawn { frames: 300, last: at(now), longest: 40, long });
        gate.handle(at(5_000), window(5_000, 0), &mut out);
        assert!((gate.long_frame() - 34.3).abs() < 0.1, "twice 16.7 ms and one");
        gate.handle(at(10_000), window(10_000, long), &mut out);
        assert_eq!(gate.diagnosis(), expected, "{long} of 300");
    }
}

/// The obvious model: all evidence ever seen, looked through each time.
#[derive(Default)]
struct Naive {
    evidence: Vec<u64>,
    drawn: bool,
    hidden: bool,
}

impl Naive {
    fn judge(&self, now: u64) -> Diagnosis {
        if self.hidden {
            Hidden
        } else if self.drawn && self.evidence.iter().all(|&then| now - then >= 3_000) {
            NoFrames
        } else {
            Fine
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn agrees_with_the_obvious_model(steps in prop::collection::vec((1_u64..1_000, 0_u8..8), 1..60)) {
        let mut gate = Gate::new(at(0), Config::default());
        let mut naive = Naive::default();
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        let mut now = 0;
        for (pause, step) in steps {
            now += pause;
            match step {
                0 | 1 => {
                    gate.handle(at(now), frames(1, now), &mut out);
                    naive.evidence.push(now);
                    naive.drawn = true;
                }
                2 => {
                    let show = naive.hidden;
                    gate.handle(at(now), Visible(show), &mut out);
                    naive.hidden = !show;
                    if show {
                        naive.evidence.push(now);
                    }
                }
                _ => gate.handle(at(now), Tick, &mut out),
            }
            prop_assert_eq!(gate.diagnosis(), naive.judge(now), "at {}", now);
        }
    }

    /// The page's half of the law: who looks much later than meant was held up, and what held it up is not the picture's
    /// fault. The obvious model keeps the picture's own time, in which such a look comes when it was meant.
    #[test]
    fn law_4_our_own_pause_is_no_stall(
        steps in prop::collection::vec((prop_oneof![
            6 => 1_u64..1_000, 2 => 1_900_u64..2_100, 1 => 2_000_u64..40_000, 1 => 1_000_000_u64..1_000_000_000,
        ], 0_u8..5), 1..60),
    ) {
        let mut gate = Gate::new(at(0), Config::default());
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        let (mut now, mut lived, mut evidence) = (0_u64, 0_u64, None);
        for (pause, step) in steps {
            now += pause;
            lived += if pause >= 2_000 { 1_000 } else { pause };
            if step == 0 {
                gate.handle(at(now), frames(1, now), &mut out);
                evidence = Some(lived);
            } else {
                gate.handle(at(now), Tick, &mut out);
            }
            let stuck = evidence.is_some_and(|then| lived - then >= 3_000);
            prop_assert_eq!(gate.diagnosis(), if stuck { NoFrames } else { Fine }, "at {}", now);
        }
    }

    #[test]
    fn wakes_in_time_to_see_every_stall(last in 0_u64..5_000) {
        let mut gate = Gate::new(at(0), Config::default());
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        gate.handle(at(last), frames(1, last), &mut out);
        let mut now = at(last);
        while let Some(next) = gate.next_timeout() {
            prop_assert!(next > now, "time goes on");
            now = next;
            gate.handle(now, Tick, &mut out);
        }
        prop_assert_eq!(now, at(last + 3_000));
        prop_assert_eq!(gate.diagnosis(), NoFrames);
    }
}

#[test]
fn a_page_out_of_the_cache_is_not_frozen() {
    let (mut gate, mut out) = (Gate::new(at(0), Config::default()), vec![]);
    for (now, input) in [(0, Loaded), (10, frames(1, 10)), (20, Leave), (30, Freeze), (9_000, Return)] {
        gate.handle(at(now), input, &mut out);
    }
    assert_ne!(gate.diagnosis(), Frozen);
    gate.handle(at(9_010), frames(1, 9_010), &mut out);
    assert_eq!(gate.diagnosis(), Fine);
}
