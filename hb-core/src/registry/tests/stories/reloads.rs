//! One page after another: which is believed, and how the one before ended.

use super::*;

#[test]
fn a_new_boot_supersedes_and_the_reload_says_whether_it_was_clean() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a seq=1");
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=a seq=2 state=leaving");
    assert_eq!(stage.state(), "reconnecting");
    stage.after(400).ping("v=1 boot=b seq=1");
    stage.after(400).ping("v=1 boot=c seq=1");
    assert_eq!(
        stage.told(),
        [
            "x @ h 0 →up none",
            "x @ h 0 up→reconnecting none",
            "x @ h 400 reload",
            "x @ h 400 reconnecting→up none",
            "x @ h 800 unclean reload",
        ]
    );
    assert_eq!(stage.snapshot("h", "x").map(|app| app.reloads), Some(2));
}

#[test]
fn who_left_and_does_not_return_is_late() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=a state=leaving");
    stage.told();
    stage.after(30_999).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.told(), ["x @ h 31000 reconnecting→late left"]);
}

#[test]
fn a_leaving_that_its_successor_overtook_is_no_conflict_and_no_crash() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a seq=1");
    for (old, new) in ["ab", "bc", "cd", "de", "ef"].map(|pair| pair.split_at(1)) {
        stage.after(10).ping(&format!("v=1 boot={new} seq=1"));
        stage.beat("h", "x", Verb::State, 30_000, &format!("v=1 boot={old} seq=9 state=leaving"));
        let app = stage.snapshot("h", "x").unwrap();
        assert_eq!((app.state, app.conflict), (State::Up, false), "{old} to {new}");
    }
}

#[test]
fn more_than_three_unclean_starts_in_five_minutes_are_a_crash_loop() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=b0");
    for boot in 1..=4 {
        assert_eq!(stage.state(), "up");
        stage.after(10_000).ping(&format!("v=1 boot=b{boot}"));
    }
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.cause), (State::Stalled, Cause::CrashLoop));
    stage.told();
    // It beats on; the first of the four crashes was at 10 s.
    while stage.now < 310_000 {
        stage.after(1_000).ping("v=1 boot=b4");
    }
    assert_eq!(stage.told(), ["x @ h 310000 stalled→up none"]);
}

#[test]
fn an_overtaken_goodbye_takes_back_its_own_crash_and_none_before() {
    let mut stage = Stage::new(Config::default());
    for boot in 0..=4 {
        stage.after(1_000).ping(&format!("v=1 boot=b{boot} seq=1"));
    }
    assert_eq!(stage.state(), "stalled");
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=b3 seq=9 state=leaving");
    assert_eq!(stage.state(), "up", "three are none too many");
    stage.after(1_000).ping("v=1 boot=b5 seq=1");
    assert_eq!(stage.state(), "stalled", "and with the next they are four again");
}
