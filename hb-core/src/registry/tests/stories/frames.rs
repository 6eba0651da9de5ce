//! Frames: what proves that a picture moves, their rate and their age.

use super::*;

#[test]
fn green_needs_frames_that_advance() {
    let cases = [
        ("state=ok vis=visible age=2999", "up"),
        ("state=ok vis=visible age=3000", "stalled"),
        ("state=ok vis=visible age=3000 stall=5000", "up"),
        ("state=ok vis=visible age=900 stall=900", "stalled"),
        // What the wire makes of an age that does not fit: at least so much.
        ("state=ok vis=visible age=4294967295", "stalled"),
        ("state=ok vis=visible age=4000 stall=4294967295", "up"),
        ("state=idle vis=visible age=3000", "up"),
        ("state=hidden vis=hidden age=3000", "hidden"),
        ("state=frozen vis=hidden age=3000", "hidden"),
        ("vis=hidden", "hidden"),
        ("state=ok vis=hidden age=3000", "up"),
        ("state=starting vis=visible age=3000", "starting"),
        ("state=slow", "up"),
        ("", "up"),
    ];
    for (words, state) in cases {
        let mut stage = Stage::new(Config::default());
        stage.ping(&format!("v=1 boot=a {words}"));
        assert_eq!(stage.state(), state, "{words}");
    }
}

#[test]
fn frames_become_a_rate_and_an_age() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a frames=100 age=5");
    stage.after(2_000).ping("v=1 boot=a frames=220 age=8");
    stage.after(300);
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!(app.fps, Some(60.0));
    assert_eq!(app.frame_age, Some(Duration::from_millis(308)));
}

#[test]
fn a_rate_is_over_the_span_in_which_the_frames_were_drawn() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a frames=100 age=5");
    stage.after(2_000).beat("h", "x", Verb::Init, 1_000, "v=1 boot=a");
    stage.after(200).ping("v=1 boot=a frames=232");
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!((app.fps, app.frame_age), (None, None), "not 660 a second, and no age that nobody said");
}

#[test]
fn an_init_of_a_live_session_makes_no_frame_younger() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a frames=100 age=5");
    for _ in 0..2 {
        stage.after(2_000).beat("h", "x", Verb::Init, 5_000, "v=1 boot=a");
    }
    stage.after(300);
    let age = |stage: &Stage| stage.snapshot("h", "x").unwrap().frame_age;
    assert_eq!(age(&stage), Some(Duration::from_millis(4_305)));
    stage.ping("v=1 boot=a frames=101 age=7");
    assert_eq!(age(&stage), Some(Duration::from_millis(7)));
}
