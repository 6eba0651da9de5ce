//! Two pages that answer to one name.

use super::*;

#[test]
fn a_page_that_falls_silent_beside_one_that_is_heard_is_a_conflict_and_no_dead_machine() {
    let mut stage = Stage::new(Config::default());
    for boot in ["a", "b", "a"] {
        stage.ping(&format!("v=1 boot={boot} frames=9"));
    }
    stage.told();
    for _ in 0..40 {
        stage.after(500).ping("v=1 boot=b frames=9");
    }
    let (state, cause) = stage.snapshot("h", "x").map(|x| (x.state, x.cause)).unwrap();
    assert_eq!((state, cause), (State::Down, Cause::Conflict));
    stage.after(60_000).tick();
    let (state, cause) = stage.snapshot("h", "x").map(|x| (x.state, x.cause)).unwrap();
    assert_eq!((state, cause), (State::Down, Cause::Silence), "nobody is heard any more");
}

#[test]
fn two_pages_of_one_name_are_a_conflict_and_the_worse_one_is_believed() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.ping("v=1 boot=b");
    stage.told();
    stage.after(100).ping("v=1 boot=a");
    assert_eq!(stage.told(), ["x @ h 100 conflict"]);
    stage.beat("h", "x", Verb::State, 1_000, "v=1 boot=a state=no-frames");
    stage.ping("v=1 boot=b");
    assert_eq!(stage.state(), "stalled", "not green because one of them lives");
    stage.beat("h", "x", Verb::Done, 0, "boot=a");
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.conflict), (State::Up, false), "one said goodbye");
}

#[test]
fn a_page_that_begins_again_after_its_goodbye_beside_another_is_a_conflict() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::Done, 0, "boot=a");
    stage.ping("v=1 boot=b");
    stage.told();
    stage.beat("h", "x", Verb::Init, 1_000, "v=1 boot=a");
    assert_eq!(stage.told(), ["x @ h 0 conflict", "x @ h 0 up→starting none"]);
    assert!(stage.snapshot("h", "x").unwrap().conflict);
    stage.beat("h", "x", Verb::Done, 0, "boot=b");
    assert!(!stage.snapshot("h", "x").unwrap().conflict);
}

#[test]
fn a_person_dismisses_a_conflict_whose_other_page_is_gone() {
    let mut stage = Stage::new(Config::default());
    for boot in ["a", "b", "a"] {
        stage.after(10).ping(&format!("v=1 boot={boot}"));
    }
    // `b` ended without a word; `a` beats on, and the worse one is believed.
    for _ in 0..5 {
        stage.after(900).ping("v=1 boot=a");
    }
    assert_eq!(stage.state(), "down");
    stage.told();
    let id = Identity::new("h", "", "x").unwrap();
    assert_eq!(stage.input(Input::Dismiss { id }), Reply::Done);
    assert_eq!(stage.told(), ["x @ h 4530 no conflict", "x @ h 4530 down→up none"]);
    assert_eq!(stage.input(Input::Dismiss { id }), Reply::Done, "there is none left");
    stage.after(10).ping("v=1 boot=a");
    assert_eq!(stage.told(), [""; 0]);

    stage.after(10).ping("v=1 boot=b");
    assert_eq!(stage.told(), ["x @ h 4550 conflict"], "it lives after all");
    let nobody = Identity::new("h", "", "y").unwrap();
    assert_eq!(stage.input(Input::Dismiss { id: nobody }), Reply::Unknown);
}

#[test]
fn sixty_boots_under_one_name_hold_four_sessions_and_one_flag() {
    let mut stage = Stage::new(Config::default());
    let round = |stage: &mut Stage, seq: u32| {
        for boot in 0..60 {
            stage.after(1).ping(&format!("v=1 boot=k{boot} seq={seq}"));
        }
    };
    round(&mut stage, 1);
    stage.told();
    round(&mut stage, 2);
    round(&mut stage, 3);
    assert_eq!(
        stage.told(),
        ["x @ h 61 conflict", "x @ h 61 stalled→up none"],
        "told once, and no crash loop"
    );
    let app = stage.snapshot("h", "x").unwrap();
    assert!(app.sessions <= 4 && app.conflict, "{app:?}");
}

#[test]
fn a_page_that_made_room_after_its_goodbye_is_no_conflict_when_it_is_remembered() {
    let mut stage = Stage::new(Config::default());
    for boot in ["a", "b", "c", "d", "e", "f"] {
        stage.after(1).ping(&format!("v=1 boot={boot} seq=1"));
        stage.beat("h", "x", Verb::State, 1_000, &format!("v=1 boot={boot} seq=2 state=leaving"));
    }
    stage.after(1).ping("v=1 boot=a seq=3");
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.conflict), (State::Up, false));
}

#[test]
fn a_page_that_joined_its_namesake_elsewhere_comes_home_and_is_heard() {
    let mut stage = Stage::new(Config::default());
    let ping = |stage: &mut Stage, host: &str, words: &str| {
        stage.beat(host, "x", Verb::Ping, 1_000, &format!("v=1 {words}"));
        stage.now += 100;
    };
    ping(&mut stage, "a", "boot=k seq=1");
    ping(&mut stage, "b", "boot=other seq=1");
    // Two clients swap addresses, or somebody speaks in its name.
    ping(&mut stage, "b", "boot=k seq=2");
    assert_eq!(stage.snapshot("a", "x").map(|app| app.state), Some(State::Done));
    ping(&mut stage, "a", "boot=k seq=3");
    assert_eq!(stage.snapshot("a", "x").map(|app| app.state), Some(State::Up), "it said no goodbye");
    assert_eq!(stage.snapshot("b", "x").map(|app| app.state), Some(State::Done), "and is not there any more");
    stage.after(10_000).tick();
    assert_eq!(stage.snapshot("a", "x").map(|app| app.state), Some(State::Down), "its silence is noticed");
    assert_eq!(stage.snapshot("b", "x").map(|app| app.state), Some(State::Done));
}
