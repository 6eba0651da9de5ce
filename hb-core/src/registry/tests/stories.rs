//! Each rule of identity, sessions, order and retention, told as what happens and what is believed. Here: silence, words, and
//! who may say what; the rest in rooms of their own.

mod conflicts;
mod eyes;
mod frames;
mod moves;
mod pace;
mod reloads;
mod retention;
mod sockets;

use super::*;

#[test]
fn each_policy_turns_to_the_millisecond() {
    // Promise 1 s, granted 2 s: (policy, client, late at, down at, dropped at).
    let cases = [
        (Policy::Auto, "v=1", 2_000, 4_000, None),
        (Policy::Auto, "", 6_000, 10_000, None),
        (Policy::Auto, "v=0", 6_000, 10_000, None),
        (Policy::Strict, "", 2_000, 4_000, None),
        (Policy::Hilbert, "v=1", 6_000, 10_000, Some(12_000)),
        (Policy::Hilbert, "", 6_000, 10_000, Some(12_000)),
    ];
    for (policy, words, late, down, dropped) in cases {
        let mut stage = Stage::new(Config { policy, ..Config::default() });
        stage.now = 500;
        stage.ping(words);
        let mut check = |at: u64, state: &str| {
            stage.now = 500 + at;
            stage.tick();
            assert_eq!(stage.state(), state, "{policy:?} {words:?} at {at}");
        };
        check(late - 1, "up");
        check(late, "late");
        check(late + 1, "late");
        check(down - 1, "late");
        check(down, "down");
        if let Some(dropped) = dropped {
            check(dropped - 1, "down");
            check(dropped, "gone");
        }
    }
}

#[test]
fn ten_thousand_promises_break_in_one_tick_each_told_once() {
    let mut stage = Stage::new(Config::default());
    for app in 0..10_000 {
        stage.beat("h", &format!("app-{app}"), Verb::Ping, 4_000, "v=1");
    }
    stage.out.clear();
    stage.after(4_999).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    let told = stage.told();
    assert_eq!(told.len(), 10_000);
    assert!(told.iter().all(|line| line.ends_with(" 5000 up→late silence")));
    stage.tick();
    assert_eq!(stage.told(), [""; 0]);
}

#[test]
fn what_silence_made_true_is_told_before_the_beat_that_ends_it() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1");
    stage.after(5_000).ping("v=1");
    assert_eq!(
        stage.told(),
        [
            "x @ h 0 →up none",
            "x @ h 2000 up→late silence",
            "x @ h 4000 late→down silence",
            "x @ h 5000 down→up none"
        ]
    );
}

#[test]
fn a_bad_word_is_a_stall_at_once_and_silence_counts_from_it() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a seq=1 state=ok");
    stage.after(500).beat("h", "x", Verb::State, 1_000, "v=1 boot=a seq=2 state=context-lost");
    stage.after(10_000).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 0 →up none",
            "x @ h 500 up→stalled context-lost",
            "x @ h 2500 stalled→late context-lost",
            "x @ h 4500 late→down context-lost"
        ]
    );
    stage.ping("v=1 boot=a seq=3 state=ok");
    assert_eq!(stage.state(), "up");
}

#[test]
fn a_stall_goes_on_for_as_long_as_it_is_said_whatever_the_last_ping_was() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    for _ in 0..20 {
        stage.after(900).beat("h", "x", Verb::State, 1_000, "v=1 boot=a state=no-frames");
        assert_eq!(stage.state(), "stalled");
    }
}

#[test]
fn law_7_a_boot_touches_only_itself_and_a_goodbye_lasts() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a seq=1");
    stage.beat("h", "x", Verb::Done, 0, "boot=b seq=1");
    stage.beat("h", "x", Verb::Done, 0, "");
    assert_eq!(stage.state(), "up", "neither another boot nor a stranger ends it");
    stage.beat("h", "x", Verb::Done, 0, "boot=a seq=2");
    assert_eq!(stage.state(), "done");
    let reply = stage.beat("h", "x", Verb::Ping, 1_000, "v=1 boot=a seq=3");
    assert_eq!(
        (reply, stage.state()),
        (Reply::Granted(Duration::from_secs(2)), "done"),
        "answered, counted as stale"
    );
    assert_eq!(stage.registry.stats().stale, 3);
    stage.beat("h", "x", Verb::Init, 1_000, "v=1 boot=a seq=4");
    assert_eq!(stage.state(), "starting", "only an init reopens");
}

#[test]
fn law_7_an_older_number_refreshes_nothing() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a seq=5");
    stage.after(1_500).ping("v=1 boot=a seq=5");
    stage.ping("v=1 boot=a seq=4");
    stage.after(500).tick();
    assert_eq!(stage.state(), "late");
}

#[test]
fn beats_without_a_boot_behave_like_the_reference_server() {
    let mut stage = Stage::new(Config::default());
    stage.ping("");
    stage.beat("h", "x", Verb::Done, 0, "");
    assert_eq!(stage.state(), "done");
    assert_eq!(stage.registry.tracked(), 0);
    stage.ping("");
    assert_eq!((stage.state(), stage.registry.tracked()), ("up", 1));
}

#[test]
fn an_init_of_a_live_session_renews_it_and_changes_no_state() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h", "x", Verb::Init, 1_000, "v=1 boot=a");
    assert_eq!(stage.state(), "starting");
    stage.ping("v=1 boot=a state=ok");
    stage.told();
    stage.after(1_500).beat("h", "x", Verb::Init, 1_000, "v=1 boot=a state=starting");
    stage.after(1_999).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.state(), "late");
}

#[test]
fn a_supervisor_cannot_keep_a_frozen_page_green() {
    let mut stage = Stage::new(Config::default());
    stage.ping("by=cli");
    assert_eq!(stage.state(), "up");
    stage.ping("v=1 boot=a");
    for _ in 0..5 {
        stage.after(1_000).ping("by=cli");
    }
    assert_eq!(stage.state(), "down");
    stage.beat("h", "x", Verb::Done, 0, "boot=a");
    assert_eq!(stage.state(), "up", "where no page is open the command line counts again");
}

#[test]
fn only_within_a_boot_is_there_an_order() {
    for words in ["", "by=cli", "by=cli boot=a"] {
        let mut stage = Stage::new(Config { policy: Policy::Strict, ..Config::default() });
        stage.ping(&format!("{words} seq=4294967295"));
        stage.after(1_500).ping(&format!("{words} seq=1"));
        stage.after(1_500).tick();
        assert_eq!(stage.state(), "up", "{words:?}: a command that was started again counts from 1 again");
        assert_eq!(stage.registry.stats().stale, 0);
    }
}

#[test]
fn law_3_a_now_that_goes_back_changes_nothing() {
    let mut stage = Stage::new(Config::default());
    stage.now = 100_000;
    stage.ping("v=1");
    stage.now = 1;
    stage.ping("v=1");
    stage.now = 101_999;
    stage.tick();
    assert_eq!(stage.state(), "up");
}

#[test]
fn a_beat_in_the_last_millisecond_is_in_time() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1");
    stage.told();
    stage.after(2_000).ping("v=1");
    assert_eq!(stage.told(), [""; 0]);
    stage.after(2_001).ping("v=1");
    assert_eq!(stage.told(), ["x @ h 4000 up→late silence", "x @ h 4001 late→up none"]);
}
