//! A page on another thread, played against its gate: stuck, dead, asleep or well.

use alloc::vec;
use core::ops::Range;

use proptest::prelude::*;

use super::Input::{Armed, Contexts, Freeze, Idle, Leave, Loaded, Resume, Return, Tick, Visible};
use super::*;
use crate::beat::Diagnosis::{
    ContextLost, Frozen, Hidden, Leaving, MainBlocked, NoFrames, Ok as Fine, Starting,
};

const STALL: u64 = 3_000;

/// At so many ms this happens, and then this is the diagnosis.
type Moment = (u64, Input, Diagnosis);

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn drawn(frames: u32, last: u64) -> Input {
    Input::Drawn(Drawn { frames, last: at(last), longest: 17, long: 0 })
}

fn remote() -> Gate {
    Gate::new(at(0), Config { remote: true, ..Config::default() })
}

/// A page that draws sixty frames a second but while it is `blocked` or its loop is `dead`, and answers a question
/// after `latency` ms, but while it is blocked. What its gate says, when.
fn live(
    draws: bool,
    blocked: &Range<u64>,
    dead: &Range<u64>,
    latency: u64,
    until: u64,
) -> Vec<(u64, Diagnosis)> {
    let mut gate = remote();
    let mut out = vec![];
    let mut said = vec![];
    let (mut answer, mut frames, mut last) = (None, 0, 0);
    gate.handle(at(0), Loaded, &mut out);
    for now in 0..until {
        if draws && now % 16 == 0 && !blocked.contains(&now) && !dead.contains(&now) {
            (frames, last) = (frames + 1, now);
        }
        if answer.is_some_and(|due| due <= now) && !blocked.contains(&now) {
            answer = None;
            gate.handle(at(now), drawn(core::mem::take(&mut frames), last), &mut out);
        }
        if gate.next_timeout().is_some_and(|due| due <= at(now)) {
            gate.handle(at(now), Tick, &mut out);
            assert!(gate.next_timeout().is_none_or(|due| due > at(now)), "spins at {now}");
        }
        for output in out.drain(..) {
            match output {
                Output::Probe => {
                    assert_eq!(answer.replace(now + latency), None, "one question at a time");
                }
                Output::Changed(diagnosis) => said.push((now, diagnosis)),
            }
        }
    }
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_page_that_answers_late_is_blocked_and_one_that_only_stopped_drawing_is_not(
        draws in any::<bool>(),
        from in 1_000_u64..4_000,
        span in prop_oneof![0_u64..4_000, 3_700_u64..15_000],
        // Nobody answers within the ms in which it was asked.
        latency in 1_u64..60,
    ) {
        let end = from + span;
        let said = live(draws, &(from..end), &(0..0), latency, end + 2_000);
        prop_assert!(!said.iter().any(|&(_, word)| word == NoFrames), "{:?}", said);
        let blocked = said.iter().find(|&&(_, word)| word == MainBlocked);
        if span < STALL - latency {
            prop_assert_eq!(blocked, None);
        } else if span > STALL + 500 + latency {
            let &(when, _) = blocked.unwrap();
            prop_assert!(when >= from + STALL - latency && when <= from + STALL + 500 + latency, "at {}", when);
            let &(well, word) = said.last().unwrap();
            prop_assert_eq!(word, Fine);
            prop_assert!(well <= end + latency, "well again at {}", well);
        }

        let said = live(true, &(0..0), &(from..end), latency, end + 2_000);
        prop_assert!(!said.iter().any(|&(_, word)| word == MainBlocked), "{:?}", said);
        if span > STALL + 600 + latency {
            let &(when, _) = said.iter().find(|&&(_, word)| word == NoFrames).unwrap();
            prop_assert!(when >= from + STALL - 16 && when <= from + STALL + 600 + latency, "at {}", when);
        }
    }

    /// Whoever sleeps with the page, or is stopped with it, blames nobody.
    #[test]
    fn a_pause_of_both_is_no_stall(pause in 2_000_u64..1_000_000_000, asked in any::<bool>()) {
        let mut gate = remote();
        let mut out = vec![];
        gate.handle(at(0), Loaded, &mut out);
        gate.handle(at(10), drawn(1, 10), &mut out);
        let mut now = 10;
        if asked {
            now = 510;
            gate.handle(at(now), Tick, &mut out);
        }
        gate.handle(at(now + pause), Tick, &mut out);
        prop_assert_eq!(gate.diagnosis(), Fine);
        gate.handle(at(now + pause + 20), drawn(0, 10), &mut out);
        prop_assert_eq!(gate.diagnosis(), Fine);
    }
}

/// Its loop is dead, and what else it does holds each answer up for almost as long as would be a fault of its own.
#[test]
fn a_dead_loop_is_not_forgiven_for_ever() {
    let mut gate = remote();
    let mut out = vec![];
    gate.handle(at(0), Loaded, &mut out);
    gate.handle(at(10), drawn(1, 10), &mut out);
    let (mut now, mut answer) = (10, None);
    while gate.diagnosis() != NoFrames {
        now += 1;
        assert!(now < 7_500, "still {:?}", gate.diagnosis());
        let due = answer.is_some_and(|due| due <= now);
        let input = if due { drawn(0, 10) } else { Tick };
        gate.handle(at(now), input, &mut out);
        let asked = out.drain(..).any(|output| output == Output::Probe);
        answer = if asked { Some(now + 2_900) } else { answer.filter(|_| !due) };
    }
}

/// The worker hears nothing more, and time goes on all the same.
#[test]
fn the_last_frame_of_a_page_that_is_stuck_grows_older() {
    let mut gate = remote();
    let mut out = vec![];
    gate.handle(at(0), Loaded, &mut out);
    gate.handle(at(10), drawn(1, 10), &mut out);
    for now in (500..1_800_000).step_by(500) {
        gate.handle(at(now), Tick, &mut out);
    }
    assert_eq!((gate.diagnosis(), gate.age(at(1_800_000))), (MainBlocked, Some(1_799_990)));
}

#[test]
fn silence_outranks_what_was_said_before_and_is_excused_where_nobody_could_answer() {
    let seconds = |count| core::time::Duration::from_secs(count);
    let cases: &[(&str, &[Moment])] = &[
        ("a page that never draws", &[(0, Loaded, Fine), (3_499, Tick, Fine), (3_500, Tick, MainBlocked)]),
        ("a page that loads", &[(0, Visible(true), Starting), (60_000, Tick, Starting)]),
        (
            "one whose context is lost",
            &[
                (0, Loaded, Fine),
                (1, Contexts { lost: 1 }, ContextLost),
                (3_501, Tick, MainBlocked),
                (3_600, drawn(0, 0), ContextLost),
            ],
        ),
        (
            "one nobody sees",
            &[
                (0, Loaded, Fine),
                (1, Visible(false), Hidden),
                (3_501, Tick, MainBlocked),
                (4_000, drawn(0, 0), Hidden),
            ],
        ),
        (
            "a load that was announced",
            &[
                (0, Loaded, Fine),
                (0, Input::Busy(seconds(20)), Starting),
                (19_999, Tick, Starting),
                (20_000, Tick, MainBlocked),
            ],
        ),
        (
            "a load before the first frame",
            &[
                (0, Armed, Starting),
                (0, Loaded, Starting),
                (29_999, Tick, Starting),
                (30_000, Tick, MainBlocked),
                (30_500, drawn(0, 0), NoFrames),
                (30_600, drawn(2, 30_590), Fine),
            ],
        ),
        (
            "a page that rests",
            &[
                (0, Loaded, Fine),
                (0, Idle(true), Diagnosis::Idle),
                (2_999, Tick, Diagnosis::Idle),
                (3_500, Tick, MainBlocked),
            ],
        ),
        (
            "a frozen one",
            &[
                (0, Loaded, Fine),
                (600, Freeze, Frozen),
                (9_000, Tick, Frozen),
                (9_000, Resume, Fine),
                (12_499, Tick, Fine),
                (12_500, Tick, MainBlocked),
            ],
        ),
        (
            "one that leaves",
            &[(0, Loaded, Fine), (600, Leave, Leaving), (9_000, Tick, Leaving), (9_000, Return, Fine)],
        ),
    ];
    for (name, script) in cases {
        let mut gate = remote();
        let mut out = vec![];
        for &(when, input, expected) in *script {
            while let Some(next) = gate.next_timeout().filter(|&next| next < at(when)) {
                gate.handle(next, Tick, &mut out);
            }
            gate.handle(at(when), input, &mut out);
            assert_eq!(gate.diagnosis(), expected, "{name}: after {input:?} at {when} ms");
        }
    }
}
