//! What is seen from outside, and of the display.

use super::*;

#[test]
fn who_watches_from_outside_makes_no_page_green_and_may_call_it_stuck() {
    let mut stage = Stage::new(Config::default());
    let page = "v=1 boot=a state=ok";
    stage.ping(page);
    stage.ping("by=cli");
    stage.after(500).beat("h", "x", Verb::State, 1_000, "by=cli state=picture-stuck");
    stage.after(500).ping(page);
    assert_eq!(stage.state(), "stalled", "the worst true fact wins");
    // It is patient with command lines: three times the granted 2 s.
    for _ in 0..5 {
        stage.after(1_000).ping(page);
    }
    assert_eq!(stage.state(), "stalled");
    stage.after(500).tick();
    assert_eq!(stage.state(), "up", "a word that is older than its promise is none");
    stage.after(100).beat("h", "x", Verb::State, 1_000, "by=cli state=picture-stuck");
    stage.after(100).ping("by=cli");
    stage.after(100).beat("h", "x", Verb::State, 1_000, "by=cli state=picture-stuck");
    stage.after(1_000).ping("by=cli");
    stage.after(1_100).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 0 →up none",
            "x @ h 500 up→stalled picture-stuck",
            "x @ h 6500 stalled→up none",
            "x @ h 6600 up→stalled picture-stuck",
            "x @ h 6700 stalled→up none",
            "x @ h 6800 up→stalled picture-stuck",
            "x @ h 7800 stalled→up none",
            "x @ h 8000 up→late silence",
        ],
        "its silence and its life prove nothing of the page"
    );
}

#[test]
fn what_an_eye_saw_no_other_voice_takes_back_and_its_silence_is_none_of_the_apps() {
    for script in ["by=cli", "", "v=1 boot=a state=ok"] {
        let mut stage = Stage::new(Config::default());
        let look = |stage: &mut Stage, verb, words: &str| {
            stage.beat("h", "x", verb, 1_000, &format!("by=cli {words}"));
        };
        stage.ping(script);
        look(&mut stage, Verb::State, "boot=eye state=picture-stuck");
        for _ in 0..5 {
            stage.after(500).ping(script);
            look(&mut stage, Verb::Done, "boot=other");
            stage.after(500);
            look(&mut stage, Verb::State, "boot=eye state=picture-stuck");
        }
        assert_eq!(stage.state(), "stalled", "{script}");
        look(&mut stage, Verb::State, "boot=eye state=ok");
        assert_eq!(stage.state(), "up", "{script}");
        for _ in 0..30 {
            stage.after(1_000).ping(script);
        }
        assert_eq!(stage.state(), "up", "{script}");
        look(&mut stage, Verb::State, "boot=eye state=picture-stuck");
        look(&mut stage, Verb::Done, "boot=eye");
        assert_eq!(stage.state(), "up", "{script}: a goodbye takes it back");
        for _ in 0..30 {
            stage.after(1_000);
            look(&mut stage, Verb::Ping, "boot=eye");
        }
        assert_eq!(stage.state(), "down", "{script}: nor is its life");
        assert_eq!(stage.snapshot("h", "x").unwrap().sessions, 2);
    }
}

#[test]
fn law_7_nobody_says_the_goodbye_of_another_eye() {
    let mut stage = Stage::new(Config::default());
    let other = [(Verb::State, "state=leaving"), (Verb::Done, "")];
    stage.ping("by=cli boot=eye");
    for (verb, words) in other {
        stage.after(100).beat("h", "x", verb, 1_000, &format!("by=cli boot=other {words}"));
    }
    // Nor when it has fallen silent: that is the app's end, which nobody else may call a goodbye.
    for (verb, words) in other {
        stage.after(6_000).beat("h", "x", verb, 1_000, &format!("by=cli boot=other {words}"));
    }
    assert_eq!(
        stage.told(),
        ["x @ h 0 →up none", "x @ h 6000 up→late silence", "x @ h 10000 late→down silence"]
    );
}

#[test]
fn an_eye_that_was_killed_and_started_again_is_heard_at_once_and_knows_nothing_of_the_old_one() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=p state=ok");
    stage.ping("by=cli boot=old display=off");
    assert_eq!(stage.state(), "stalled");
    stage.beat("h", "x", Verb::State, 1_000, "by=cli boot=new state=ok");
    assert_eq!(stage.state(), "up");
    stage.beat("h", "x", Verb::State, 1_000, "by=cli boot=new state=picture-stuck");
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.conflict, app.sessions), (State::Stalled, false, 2));
}

#[test]
fn a_page_that_is_looked_at_keeps_its_frames_beside_what_was_seen() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=p seq=7 state=ok frames=100 age=10");
    stage.after(1_000).ping("v=1 boot=p seq=8 state=ok frames=160 age=10");
    stage.beat("h", "x", Verb::State, 60_000, "by=cli boot=eye state=picture-stuck");
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.vitals.diagnosis), (State::Stalled, Some(Diagnosis::PictureStuck)));
    assert_eq!((app.fps, app.frame_age), (Some(60.0), Some(Duration::from_millis(10))));
    assert_eq!((app.vitals.by, app.vitals.boot, app.vitals.seq), (None, Boot::new("p"), Some(8)));
    assert_eq!(app.promise.as_duration(), Duration::from_secs(60), "whose word it is has to renew it");
    // The page's rate is old news once its own promise is broken, whatever the other's is.
    assert_eq!(stage.after(1_999).snapshot("h", "x").unwrap().fps, Some(60.0));
    assert_eq!(stage.after(1).snapshot("h", "x").unwrap().fps, None);
}

#[test]
fn a_display_that_is_off_is_a_fault_unless_the_house_is_closed() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    stage.ping("v=1 boot=a state=ok");
    stage.ping("by=cli display=on");
    assert_eq!(stage.state(), "up");
    let display = |stage: &Stage| stage.snapshot("h", "x").unwrap().vitals.display;
    assert_eq!(display(&stage), Some(Display::On));
    stage.after(500).ping("by=cli display=off");
    assert_eq!(display(&stage), Some(Display::Off));
    stage.after(200).input(Input::Closed { id, on: true });
    stage.after(200).ping("v=1 boot=a state=hidden");
    stage.after(200).ping("v=1 boot=a state=ok");
    stage.after(200).input(Input::Closed { id, on: false });
    stage.after(200).ping("by=cli display=on");
    assert_eq!(
        stage.told(),
        [
            "x @ h 0 →up none",
            "x @ h 500 up→stalled display-off",
            "x @ h 700 stalled→off display-off",
            "x @ h 900 off→hidden none",
            "x @ h 1100 hidden→off display-off",
            "x @ h 1300 off→stalled display-off",
            "x @ h 1500 stalled→up none",
        ]
    );
    // Who falls silent knows no more of it; the page beats on.
    stage.ping("by=cli display=off");
    for _ in 0..6 {
        stage.after(1_000).ping("v=1 boot=a state=ok");
    }
    assert_eq!(stage.state(), "up");
    assert_eq!(display(&stage), None);
    // Nor is one lit for ever because it once was.
    for said in ["by=cli display=off", "by=cli boot=eye display=off"] {
        stage.ping(said);
        stage.after(100).beat("h", "x", Verb::State, 1_000, &said.replace("off", "on state=ok"));
        stage.ping("v=1 boot=a state=ok");
        assert_eq!(display(&stage), Some(Display::On));
        for _ in 0..7 {
            stage.after(1_000).ping("v=1 boot=a state=ok");
        }
        assert_eq!(display(&stage), None, "{said}");
    }
}
