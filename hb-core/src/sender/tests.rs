//! What is said when, as tables; the laws as properties in [`laws`](super::laws).

use alloc::vec;

use super::*;
use crate::beat::{Promise, Vitals};
use crate::gate::Drawn;
use crate::gate::Input::{Busy, Contexts, Leave, Loaded, Visible};

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn frames(count: u32, last: u64) -> Input {
    Input::Page(gate::Input::Drawn(Drawn { frames: count, last: at(last), longest: 17, long: 0 }))
}

fn fetch(verb: Verb, promise: u64) -> Output {
    Output::Fetch(verb, super::promise(promise))
}

fn beacon(verb: Verb, promise: u64) -> Output {
    Output::Beacon(verb, super::promise(promise))
}

/// Plays inputs at their ms, ticking as asked in between, and compares everything sent, with its moment.
fn check(name: &str, config: Config, script: &[(u64, Input)], until: u64, expected: &[(u64, Output)]) {
    let mut sender = Sender::new(at(0), config);
    let mut sent = vec![];
    let mut out = vec![];
    let mut script = script.iter().peekable();
    let mut now = at(0);
    loop {
        let input = script.peek().map(|&&(when, _)| at(when));
        let tick = sender.next_timeout();
        let next = input.into_iter().chain(tick).min().unwrap_or(Time::MAX).max(now);
        if next > at(until) {
            break;
        }
        now = next;
        let input = if input == Some(now) {
            script.next().map_or(Input::Tick, |&(_, input)| input)
        } else {
            Input::Tick
        };
        sender.handle(now, input, &mut out);
        sent.extend(
            out.drain(..).filter(|output| *output != Output::Changed).map(|output| (now.as_millis(), output)),
        );
    }
    assert_eq!(sent, expected, "{name}");
}

fn page(fact: gate::Input) -> Input {
    Input::Page(fact)
}

#[test]
fn says_the_right_thing_at_the_right_time() {
    use Verb::{Done, Init, Ping, State};
    let config = Config { interval: Duration::from_millis(3_000), ..Config::default() };
    let loaded = page(Loaded);
    let answered = Input::Answered;
    check(
        "a page that never ticks keeps the cadence of the original",
        config,
        &[(0, loaded), (5, answered), (3_010, answered)],
        6_000,
        &[(0, fetch(Ping, 3_000)), (3_000, fetch(Ping, 3_000)), (6_000, fetch(Ping, 3_000))],
    );
    check(
        "frames drive it: T is announced, T/3 is the cadence, and silence of the picture is said at once",
        config,
        &[
            (0, loaded),
            (5, answered),
            (400, frames(1, 400)),
            (410, answered),
            (1_410, answered),
            (2_410, answered),
            (3_405, answered),
        ],
        4_400,
        &[
            (0, fetch(Ping, 3_000)),
            (400, fetch(Ping, 3_000)),
            (1_400, fetch(Ping, 3_000)),
            (2_400, fetch(Ping, 3_000)),
            (3_400, fetch(State, 3_000)),
            (4_400, fetch(State, 3_000)),
        ],
    );
    check(
        "a lost answer costs one cadence",
        config,
        &[(0, loaded), (5, answered), (400, frames(1, 400))],
        1_500,
        &[
            (0, fetch(Ping, 3_000)),
            (400, fetch(Ping, 3_000)),
            (1_400, Output::Expire),
            (1_400, fetch(Ping, 3_000)),
        ],
    );
    check(
        "a refused connection is no storm",
        config,
        &[(0, loaded), (2, Input::Failed), (3_002, Input::Failed)],
        6_000,
        &[(0, fetch(Ping, 3_000)), (3_000, fetch(Ping, 3_000)), (6_000, fetch(Ping, 3_000))],
    );
    check(
        "init first where it was asked for, with the grace as its promise",
        Config { init: true, ..config },
        &[(0, loaded), (5, answered)],
        3_000,
        &[(0, fetch(Init, 30_000)), (3_000, fetch(Ping, 3_000))],
    );
    check(
        "an armed page promises its grace until the first frame",
        config,
        &[(0, page(gate::Input::Armed)), (0, loaded), (5, answered), (900, frames(1, 900)), (905, answered)],
        1_000,
        &[(0, fetch(Ping, 30_000)), (900, fetch(Ping, 3_000))],
    );
    check(
        "nobody sees it: one promise that a timer once a minute can keep",
        config,
        &[(0, loaded), (5, answered), (1_000, page(Visible(false))), (1_005, answered)],
        1_100,
        &[(0, fetch(Ping, 3_000)), (1_000, fetch(Ping, 65_000))],
    );
    check(
        "busy goes as a beacon, before the page blocks",
        config,
        &[
            (0, loaded),
            (5, answered),
            (400, frames(1, 400)),
            (405, answered),
            (500, page(Busy(Duration::from_secs(20)))),
        ],
        900,
        &[(0, fetch(Ping, 3_000)), (400, fetch(Ping, 3_000)), (500, beacon(Ping, 20_000))],
    );
    check(
        "leaving is said, and then nothing",
        config,
        &[(0, loaded), (5, answered), (1_000, page(Leave)), (1_001, page(Visible(false)))],
        99_000,
        &[(0, fetch(Ping, 3_000)), (1_000, beacon(State, 30_000))],
    );
    check(
        "leaving is a goodbye where it was asked for; the ping under way is given up first",
        Config { done: true, ..config },
        &[(0, loaded), (5, page(Leave))],
        99_000,
        &[(0, fetch(Ping, 3_000)), (5, Output::Abort), (5, beacon(Done, 0))],
    );
    check(
        "back from the cache: a new boot begins with init",
        config,
        &[(0, loaded), (5, answered), (1_000, page(Leave)), (9_000, Input::Return)],
        9_000,
        &[(0, fetch(Ping, 3_000)), (1_000, beacon(State, 30_000)), (9_000, fetch(Init, 30_000))],
    );
    check(
        "after a goodbye silence, until somebody asks for more: init reopens",
        config,
        &[
            (0, loaded),
            (5, answered),
            (100, Input::Done),
            (200, Input::Done),
            (50_000, Input::Ping),
            (50_005, answered),
        ],
        53_000,
        &[
            (0, fetch(Ping, 3_000)),
            (100, beacon(Done, 0)),
            (50_000, fetch(Init, 30_000)),
            (53_000, fetch(Ping, 3_000)),
        ],
    );
    check(
        "what is urgent leaves at once, but nothing as the third in a second",
        config,
        &[
            (0, loaded),
            (5, answered),
            (400, frames(1, 400)),
            (405, answered),
            (600, page(Contexts { lost: 1 })),
            (1_005, answered),
            (1_100, page(Contexts { lost: 0 })),
            (1_200, frames(1, 1_200)),
            (1_405, answered),
        ],
        2_300,
        &[
            (0, fetch(Ping, 3_000)),
            (400, fetch(Ping, 3_000)),
            (1_000, fetch(State, 3_000)),
            (1_400, fetch(Ping, 3_000)),
        ],
    );
    check(
        "a promise of a second is beaten for twice, and one of a moment once",
        Config { interval: Duration::from_millis(1_000), ..config },
        &[
            (0, loaded),
            (5, answered),
            (100, frames(1, 100)),
            (105, answered),
            (1_005, answered),
            (1_505, answered),
            (1_600, Input::Interval(Duration::from_millis(200))),
            (1_605, answered),
            (1_805, answered),
        ],
        2_000,
        &[
            (0, fetch(Ping, 1_000)),
            (100, fetch(Ping, 1_000)),
            (1_000, fetch(Ping, 1_000)),
            (1_500, fetch(Ping, 1_000)),
            (1_600, fetch(Ping, 200)),
            (1_800, fetch(Ping, 200)),
            (2_000, fetch(Ping, 200)),
        ],
    );
    check(
        "interval 0 sends only what is asked for",
        Config { interval: Duration::ZERO, ..config },
        &[(0, loaded), (7_000, Input::Ping), (7_005, answered)],
        99_000,
        &[(7_000, fetch(Ping, 0))],
    );
    check(
        "asking for a ping in a bad state says what is wrong",
        config,
        &[
            (0, loaded),
            (5, answered),
            (10, page(Contexts { lost: 1 })),
            (15, answered),
            (300, Input::Ping),
            (301, answered),
        ],
        400,
        &[(0, fetch(Ping, 3_000)), (10, fetch(State, 3_000)), (300, fetch(State, 3_000))],
    );
    check(
        "a hidden item of a playlist that pauses says goodbye and comes back with init",
        Config { hidden: WhenHidden::Pause, ..config },
        &[(0, loaded), (5, answered), (100, page(Visible(false))), (60_000, page(Visible(true)))],
        60_000,
        &[(0, fetch(Ping, 3_000)), (100, beacon(Done, 0)), (60_000, fetch(Init, 30_000))],
    );
}

#[test]
fn a_worker_asks_before_it_beats_and_waits_for_an_answer_no_longer_than_a_moment() {
    let config = Config { interval: Duration::from_millis(900), remote: true, ..Config::default() };
    let word = page(gate::Input::Drawn(Drawn { frames: 0, last: at(0), longest: 0, long: 0 }));
    let ping = fetch(Verb::Ping, 900);
    check(
        "a worker",
        config,
        &[
            (0, page(Loaded)),
            (5, Input::Answered),
            (510, word),
            (920, word),
            (925, Input::Answered),
            (1_750, word),
        ],
        1_820,
        &[
            (0, ping),
            (500, Output::Probe),
            (900, Output::Probe),
            (920, ping),
            (1_420, Output::Probe),
            // Heard 70 ms ago, which is fresh.
            (1_820, ping),
        ],
    );
    check(
        "a worker whose page is stuck",
        config,
        &[(0, page(Loaded)), (5, Input::Answered), (510, word)],
        1_000,
        &[(0, ping), (500, Output::Probe), (900, Output::Probe), (1_000, ping)],
    );
}

#[test]
fn every_request_has_the_next_number_and_a_return_starts_over() {
    let mut sender = Sender::new(at(0), Config::default());
    for expected in 1..=3 {
        assert_eq!(sender.compose(at(0), Verb::Ping, Promise::default()).vitals.seq, Some(expected));
    }
    sender.handle(at(1), Input::Return, &mut vec![]);
    assert_eq!(sender.compose(at(1), Verb::Ping, Promise::default()).vitals.seq, Some(1));
}

/// The server calls a picture frozen whose last frame is older than the client's own limit, whatever the client calls it.
#[test]
fn what_nobody_could_see_or_was_slept_away_is_no_age_of_the_picture() {
    for pause in [&[page(Visible(false)), page(Visible(true))][..], &[Input::Tick]] {
        let mut sender = Sender::new(at(0), Config::default());
        let mut out = vec![];
        for (now, input) in [(0, page(Loaded)), (10, frames(1, 10)), (500, frames(30, 500))] {
            sender.handle(at(now), input, &mut out);
        }
        let age =
            |sender: &mut Sender, now| sender.compose(at(now), Verb::Ping, Promise::default()).vitals.age;
        assert_eq!(age(&mut sender, 900), Some(400), "while it can be seen, every ms counts");
        let (first, rest) = pause.split_first().expect("a pause has a first input");
        sender.handle(at(if rest.is_empty() { 60_000 } else { 900 }), *first, &mut out);
        for input in rest {
            sender.handle(at(60_000), *input, &mut out);
        }
        assert_eq!(sender.state(), Some(Diagnosis::Ok), "the benefit of the doubt");
        assert!(age(&mut sender, 60_000) < Some(3_000), "and the age says no other");
    }
}

#[test]
fn what_the_page_measured_is_said_with_every_beat() {
    let mut sender = Sender::new(at(0), Config::default());
    let mut say = |inputs: &[Input]| {
        for &input in inputs {
            sender.handle(at(0), input, &mut vec![]);
        }
        let vitals = sender.compose(at(0), Verb::Ping, Promise::default()).vitals;
        (vitals.errors, vitals.memory)
    };
    assert_eq!(say(&[]), (None, None));
    assert_eq!(say(&[Input::Error, Input::Error, Input::Heap(20_480)]), (Some(2), Some(20_480)));
    assert_eq!(say(&[Input::Heap(100)]), (Some(2), Some(100)));
}

#[test]
fn without_vitals_only_the_number_and_the_fault_are_said() {
    let mut sender = Sender::new(at(0), Config { vitals: false, ..Config::default() });
    let plain = sender.compose(at(0), Verb::Ping, Promise::default()).vitals;
    assert_eq!(plain, Vitals { seq: Some(1), ..Vitals::default() });
    sender.handle(at(0), page(Contexts { lost: 1 }), &mut vec![]);
    let bad = sender.compose(at(0), Verb::Ping, Promise::default());
    assert_eq!((bad.verb, bad.vitals.diagnosis), (Verb::State, Some(Diagnosis::ContextLost)));
}

#[test]
fn nothing_is_under_way_when_a_goodbye_leaves() {
    use Verb::{Done, Ping};
    let config = Config { interval: Duration::from_millis(3_000), ..Config::default() };
    check(
        "said by the page, while its first beat is unanswered",
        config,
        &[(0, page(Loaded)), (10, Input::Done)],
        9_000,
        &[(0, fetch(Ping, 3_000)), (10, Output::Abort), (10, beacon(Done, 0))],
    );
    check(
        "a page that pauses while hidden",
        Config { hidden: WhenHidden::Pause, ..config },
        &[(0, page(Loaded)), (10, page(Visible(false)))],
        9_000,
        &[(0, fetch(Ping, 3_000)), (10, Output::Abort), (10, beacon(Done, 0))],
    );
}

#[test]
fn who_never_spoke_leaves_without_a_word() {
    let config = Config { interval: Duration::ZERO, done: false, ..Config::default() };
    check("no beat of its own", config, &[(0, page(Loaded)), (10, page(Leave))], 9_000, &[]);
}

#[test]
fn a_page_out_of_the_cache_brings_no_errors_along() {
    let (mut sender, mut out) = (Sender::new(at(0), Config::default()), vec![]);
    sender.handle(at(0), page(Loaded), &mut out);
    sender.handle(at(5), Input::Error, &mut out);
    let errors = |sender: &mut Sender| sender.compose(at(10), Verb::Ping, Promise::default()).vitals.errors;
    assert_eq!(errors(&mut sender), Some(1));
    sender.handle(at(10), Input::Return, &mut out);
    assert_eq!(errors(&mut sender), None, "counted from each page load on");
}
