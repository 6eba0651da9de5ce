//! What is shown of an app: what it said and how long that lasts, its promise, what monitoring is told, and which of its pages
//! may be asked. Not here: states and transitions ([`super::stories`]).

use super::*;
use crate::verdict::Nagios;

fn shown(stage: &Stage) -> Snapshot {
    stage.snapshot("h", "x").expect("it is held")
}

fn name() -> Identity<'static> {
    Identity::new("h", "", "x").unwrap()
}

#[test]
fn what_a_beat_says_of_now_is_over_with_the_next_and_the_rest_stays_known() {
    let cases = [
        ("v=1", true),
        ("seq=4", true),
        ("by=frame", true),
        ("gl=ok", true),
        ("display=on", true),
        ("stall=900", true),
        ("errs=2", true),
        ("mem=100", true),
        ("frames=9", false),
        ("age=5", false),
        ("gap=7", false),
        ("vis=visible", false),
        ("state=ok", false),
    ];
    for (words, stays) in cases {
        let mut stage = Stage::new(Config::default());
        let said = format!("boot=a {words}");
        stage.ping(&said);
        assert_eq!(shown(&stage).vitals, vitals(&said), "{words}");
        stage.after(500).ping("boot=a");
        let left = if stays { &said } else { "boot=a" };
        assert_eq!(shown(&stage).vitals, vitals(left), "{words}");
    }
}

#[test]
fn a_count_beyond_all_counts_is_the_largest_and_not_none() {
    let mut stage = Stage::new(Config::default());
    stage.ping("boot=a frames=18446744073709551615 age=4294967295");
    let said = shown(&stage).vitals;
    assert_eq!((said.frames, said.age), (Some(u64::MAX - 1), Some(u32::MAX - 1)));
}

#[test]
fn a_rate_takes_a_tenth_of_a_second_and_is_shown_while_the_promise_is_kept() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a frames=100");
    stage.after(99).ping("v=1 boot=a frames=106");
    assert_eq!(shown(&stage).fps, None);
    stage.after(100).ping("v=1 boot=a frames=112");
    assert_eq!(shown(&stage).fps, Some(60.0));
    stage.after(1_999);
    assert_eq!(shown(&stage).fps, Some(60.0));
    stage.after(1);
    assert_eq!(shown(&stage).fps, None, "of who is silent it is old news");
}

#[test]
fn the_last_error_is_shown_until_there_is_another() {
    let mut stage = Stage::new(Config::default());
    let from = stage.from;
    for (said, expected) in
        [(None, None), (Some("one"), Some("one")), (None, Some("one")), (Some("two"), Some("two"))]
    {
        let last_error = said.map(Into::into);
        let beat = Beat { last_error, ..beat(Verb::Ping, 1_000, "boot=a") };
        stage.after(100).input(Input::Beat { id: name(), beat: &beat, from, admit: true });
        assert_eq!(shown(&stage).last_error.as_deref(), expected);
    }
}

#[test]
fn what_a_page_has_open_and_how_far_it_counted_outlasts_its_goodbye() {
    let mut stage = Stage::new(Config::default());
    let boot = Boot::new("a").unwrap();
    stage.ping("v=1 boot=a seq=5 errs=2");
    stage.input(Input::PresenceOpened { id: name(), boot });
    stage.beat("h", "x", Verb::Done, 0, "boot=a seq=6");
    stage.after(100).beat("h", "x", Verb::Init, 1_000, "v=1 boot=a");
    let app = shown(&stage);
    assert_eq!((app.presence, app.vitals.seq, app.vitals.errors), (Some(true), Some(5), None));
    stage.ping("v=1 boot=a seq=5");
    assert_eq!(stage.registry.stats().stale, 1, "what was overtaken before is so now");
}

#[test]
fn the_promise_shown_is_that_of_the_word_from_which_silence_counts() {
    // Ping, and then this word, so many ms later: (promise, silent since).
    let cases = [
        ("leaving", 0, (30_000, 0)),
        ("leaving", 500, (30_000, 500)),
        ("no-frames", 500, (30_000, 500)),
        ("ok", 500, (1_000, 0)),
    ];
    for (word, later, expected) in cases {
        let mut stage = Stage::new(Config::default());
        stage.ping("v=1 boot=a");
        stage.after(later).beat("h", "x", Verb::State, 30_000, &format!("v=1 boot=a state={word}"));
        let app = shown(&stage);
        assert_eq!((app.promise.as_millis(), app.silent_since.as_millis()), expected, "{word} after {later}");
        assert_eq!(app.granted, Duration::from_millis(u64::from(expected.0) + 1_000));
    }
}

#[test]
fn of_who_was_not_heard_since_a_restart_the_promise_of_before_is_shown_and_silence_counts_from_it() {
    for (last, state) in [(Verb::Ping, "unknown"), (Verb::State, "stalled"), (Verb::Done, "done")] {
        let mut stage = Stage::new(Config::default());
        stage.beat("h", "x", Verb::Ping, 7_000, "v=1 boot=a");
        let said = if last == Verb::State { "v=1 boot=a state=no-frames" } else { "v=1 boot=a" };
        stage.after(100).beat("h", "x", last, 7_000, said);
        stage.restart(5_000);
        let app = shown(&stage);
        assert_eq!((app.state.word(), app.promise.as_millis()), (state, 7_000));
        assert!(!app.is_heard());
        let since = if last == Verb::Done { 100 } else { 5_100 };
        assert_eq!(app.silent_since.as_millis(), since, "{state}");
    }
}

#[test]
fn a_promise_of_nothing_is_overdue_by_a_number() {
    let mut stage = Stage::new(Config { tolerance: Duration::ZERO, ..Config::default() });
    stage.beat("h", "x", Verb::Ping, 0, "v=1");
    stage.after(1);
    assert_eq!(shown(&stage).overdue, 1e9);
}

#[test]
fn who_is_judged_as_by_the_reference_server_is_told_of_as_by_it() {
    let mut stage = Stage::new(Config { policy: Policy::Hilbert, ..Config::default() });
    stage.ping("boot=a");
    let told = |stage: &Stage, at| shown(stage).nagios(Time::from_millis(at));
    let cases = [
        (5_999, Nagios::Ok),
        (6_000, Nagios::Warning),
        (10_000, Nagios::Critical),
        // Nobody has looked, so its record is still there.
        (12_000, Nagios::Critical),
    ];
    for (at, expected) in cases {
        assert_eq!(told(&stage, at), expected, "{at}");
    }
    stage.beat("h", "x", Verb::Done, 1_000, "boot=a");
    assert_eq!(told(&stage, 12_000), Nagios::Ok, "it said goodbye");
    // A word alone is heard, and no beat: a reference server knows nothing of it, and so it has nothing good to tell.
    let mut stage = Stage::new(Config { policy: Policy::Hilbert, ..Config::default() });
    stage.beat("h", "x", Verb::State, 1_000, "boot=a state=ok");
    assert!(shown(&stage).is_heard());
    assert_eq!(told(&stage, 12_000), Nagios::Critical);
}

#[test]
fn hours_in_which_the_house_was_closed_make_no_warning_worse() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h", "x", Verb::Ping, 60_000, "v=1 boot=a state=hidden");
    let app = shown(&stage);
    for (closed, expected) in [(0, Nagios::Critical), (9_999, Nagios::Critical), (10_001, Nagios::Warning)] {
        let told = app.nagios_without(Time::from_millis(40_000), Duration::from_millis(closed));
        assert_eq!(told, expected, "{closed}");
    }
}

#[test]
fn a_page_may_be_asked_in_the_apps_name_unless_another_is_open_that_spoke_in_this_run() {
    let mut stage = Stage::new(Config::default());
    let [a, b] = ["a", "b"].map(|boot| Boot::new(boot).unwrap());
    let asked = |stage: &Stage| [a, b].map(|boot| stage.registry.may_ask(name(), boot));
    let known = |stage: &Stage| [a, b].map(|boot| stage.registry.knows(name(), boot));
    assert_eq!((asked(&stage), known(&stage)), ([true, true], [false, false]), "nobody is there");
    stage.ping("v=1 boot=a");
    assert_eq!((asked(&stage), known(&stage)), ([true, false], [true, false]));
    stage.restart(1_000);
    assert_eq!((asked(&stage), known(&stage)), ([true, true], [false, false]), "nobody spoke in this run");
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::Done, 1_000, "v=1 boot=a");
    assert_eq!((asked(&stage), known(&stage)), ([true, true], [true, false]), "none is open");
}

#[test]
fn only_a_browsers_word_about_its_display_is_malformed() {
    for (program, malformed) in [(true, 0), (false, 1)] {
        let mut stage = Stage::new(Config::default());
        stage.from = Origin { place: 0, program };
        stage.ping("boot=a display=on");
        assert_eq!(stage.registry.stats().malformed, malformed);
        assert_eq!(shown(&stage).vitals.display.is_some(), program);
    }
}
