//! What fences and looks at the picture add to the diagnosis, as moments and as laws. Not here: frames ([`super`]).

use proptest::prelude::*;

use super::*;
use crate::beat::Diagnosis::{GpuStuck, PictureStuck};
use crate::gate::Input::{Overdue, Same};

/// Engines go on calling the loop, and the screen stays black.
#[test]
fn what_is_drawn_without_a_context_is_no_frame_that_anybody_saw() {
    let mut gate = Gate::new(at(0), Config::default());
    let mut out = vec![];
    let script = [Loaded, frames(1, 1_000), Contexts { lost: 1 }, frames(60, 1_900), frames(60, 3_000)];
    for (now, input) in [1, 1_000, 1_100, 1_900, 3_000].into_iter().zip(script) {
        gate.handle(at(now), input, &mut out);
    }
    assert_eq!((gate.diagnosis(), gate.frames(), gate.age(at(3_000))), (ContextLost, 121, Some(2_000)));
    gate.handle(at(3_100), Contexts { lost: 0 }, &mut out);
    gate.handle(at(3_200), frames(1, 3_200), &mut out);
    assert_eq!((gate.diagnosis(), gate.age(at(3_300))), (Fine, Some(100)));
}

#[test]
fn a_hung_gpu_is_told_from_a_dead_loop() {
    let config = Config::default();
    let cases: &[(&str, &[Moment])] = &[
        (
            "the GPU hangs: named as soon as there is a stall, and over with the next frame",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (1_500, Overdue(true), Fine),
                (3_009, Tick, Fine),
                (3_010, Tick, GpuStuck),
                (9_000, Overdue(true), GpuStuck),
                (9_500, frames(1, 9_500), Fine),
                (9_600, Overdue(false), Fine),
            ],
        ),
        (
            "a stall comes first: it is renamed, and has its old name when the GPU is back and no frame is",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (3_010, Tick, NoFrames),
                (3_500, Overdue(true), GpuStuck),
                (3_600, Overdue(false), NoFrames),
            ],
        ),
        (
            "what a lost context owes never comes",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (2_000, Overdue(true), Fine),
                (2_010, Contexts { lost: 1 }, ContextLost),
                (2_500, Contexts { lost: 0 }, ContextLost),
                (2_600, frames(1, 2_600), Fine),
                (5_600, Tick, NoFrames),
            ],
        ),
        (
            "out of sight nothing is owed",
            &[
                (0, Loaded, Fine),
                (10, frames(1, 10), Fine),
                (500, Overdue(true), Fine),
                (600, Visible(false), Hidden),
                (60_000, Visible(true), Fine),
                (63_000, Tick, NoFrames),
            ],
        ),
        (
            "a page that rests can be stuck too",
            &[
                (0, Loaded, Fine),
                (0, Idle(true), Resting),
                (2_000, Overdue(true), Resting),
                (3_000, Tick, GpuStuck),
            ],
        ),
    ];
    for (name, script) in cases {
        check(name, config, script);
    }
}

#[test]
fn a_picture_that_stays_the_same_is_stuck_only_while_frames_are_drawn() {
    check(
        "looked at and found the same",
        Config::default(),
        &[
            (0, Same(true), Starting),
            (0, Loaded, Fine),
            (10, frames(1, 10), PictureStuck),
            (20, Idle(true), Resting),
            (30, Idle(false), PictureStuck),
            (3_030, Tick, NoFrames),
            (3_100, frames(1, 3_100), PictureStuck),
            (3_200, Same(false), Fine),
            (3_300, Same(true), PictureStuck),
            (3_400, Return, Starting),
            (3_500, frames(1, 3_500), Fine),
        ],
    );
}

#[test]
fn a_stuck_picture_costs_no_call_per_frame_and_a_dead_loop_after_it_is_still_seen() {
    let mut gate = Gate::new(at(0), Config::default());
    let mut out = vec![];
    gate.handle(at(0), Loaded, &mut out);
    gate.handle(at(10), frames(1, 10), &mut out);
    gate.handle(at(20), Same(true), &mut out);
    assert!(!gate.awaits_frame());
    while let Some(next) = gate.next_timeout() {
        gate.handle(next, Tick, &mut out);
    }
    assert_eq!(gate.diagnosis(), NoFrames);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Fences give a fault its name; they neither make one nor hide one.
    #[test]
    fn a_fence_is_never_a_false_alarm(
        steps in prop::collection::vec((0_u64..2_500, 0_u8..10, 0_u64..5_000), 1..80),
    ) {
        let (mut with, mut without) = (Gate::new(at(0), Config::default()), Gate::new(at(0), Config::default()));
        let mut out = vec![];
        let mut now = 0;
        for (pause, step, span) in steps {
            now += pause;
            let input = match step {
                0 => Loaded,
                1 | 2 => frames(1, now),
                3 => Visible(span < 2_500),
                4 => Contexts { lost: u32::from(span < 500) },
                5 => Idle(span < 500),
                6 | 7 => Overdue(true),
                8 => Overdue(false),
                _ => Tick,
            };
            with.handle(at(now), input, &mut out);
            let fence = matches!(input, Overdue(_));
            without.handle(at(now), if fence { Tick } else { input }, &mut out);
            let (with, without) = (with.diagnosis(), without.diagnosis());
            prop_assert!(with == without || (with, without) == (GpuStuck, NoFrames), "{with:?}, not {without:?}, at {now}");
        }
    }
}
