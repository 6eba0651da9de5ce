//! What is learned of the pace of a page, and what that is good for.

use super::*;

#[test]
fn slack_is_learned_by_the_judge_and_never_granted_so_it_does_not_feed_back() {
    let config = Config { policy: Policy::Strict, slack: true, ..Config::default() };
    let mut stage = Stage::new(config);
    // It paces itself by what it is granted, and is late by 300 ms each time: whoever learned the answer would grant more
    // and more. Promise 1 s, granted 2 s, slack at most 1 s.
    let mut reply = stage.beat("h", "x", Verb::Ping, 1_000, "boot=a frames=9");
    for beat in 0..5_000 {
        let Reply::Granted(granted) = reply else { panic!("{reply:?}") };
        assert_eq!(granted, Duration::from_secs(2), "beat {beat}");
        stage.after(granted.as_millis() as u64 + 300);
        reply = stage.beat("h", "x", Verb::Ping, 1_000, "boot=a frames=9");
        let slack = stage.snapshot("h", "x").unwrap().slack;
        assert!(slack <= Duration::from_millis(300), "beat {beat}: {slack:?}");
    }
    let told = stage.told().len();
    assert!(told < 30, "late until it was learned, and no more: {told}");
    stage.after(2_000 + 299).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.told().len(), 1, "silent for longer than it ever was");
}

#[test]
fn slack_is_off_by_default_and_under_hilbert_and_hidden_pages_teach_none() {
    // Half a second after it is late by each policy: at 1 or 3 times 2 s.
    let learned = |config: Config, words: &str| {
        let mut stage = Stage::new(config);
        let late = if stage.registry.config.policy == Policy::Strict { 2_000 } else { 6_000 };
        for _ in 0..200 {
            stage.after(late + 500).ping(words);
        }
        stage.snapshot("h", "x").unwrap().slack
    };
    let slack = Config { policy: Policy::Strict, slack: true, ..Config::default() };
    let about_half = Duration::from_millis(490)..=Duration::from_millis(500);
    for policy in [Policy::Strict, Policy::Auto] {
        let slack = learned(Config { policy, ..slack.clone() }, "boot=a frames=9");
        assert!(about_half.contains(&slack), "{policy:?}: {slack:?}");
    }
    for proves_nothing in ["", "by=cli", "frames=9", "by=cli frames=9", "by=cli boot=a frames=9", "boot=a"] {
        assert_eq!(learned(slack.clone(), proves_nothing), Duration::ZERO, "{proves_nothing}");
    }
    assert_eq!(learned(slack.clone(), "boot=a frames=9 vis=hidden"), Duration::ZERO);
    assert_eq!(learned(slack.clone(), "boot=a frames=9 state=no-frames"), Duration::ZERO);
    assert_eq!(learned(Config { slack: false, ..slack.clone() }, "boot=a frames=9"), Duration::ZERO);
    assert_eq!(learned(Config { policy: Policy::Hilbert, ..slack }, "boot=a frames=9"), Duration::ZERO);
}

#[test]
fn what_is_no_ordinary_interval_teaches_no_slack() {
    let config = || Config { policy: Policy::Strict, slack: true, ..Config::default() };
    let learned = |play: &dyn Fn(&mut Stage)| {
        let mut stage = Stage::new(config());
        (0..50).for_each(|_| play(&mut stage));
        stage.snapshot("h", "x").unwrap().slack
    };
    let ping = |stage: &mut Stage, after, words| stage.after(after).ping(&format!("boot=a frames=9 {words}"));
    // Late, and not yet down at 4 s.
    assert!(learned(&|stage| ping(stage, 3_999, "")) > Duration::from_millis(900));
    assert_eq!(learned(&|stage| ping(stage, 5_000, "")), Duration::ZERO, "it was down");
    assert_eq!(
        learned(&|stage| ping(stage, 4_000, "")),
        Duration::ZERO,
        "as it is at twice what it was granted"
    );
    let hidden = |stage: &mut Stage| {
        ping(stage, 2_500, "vis=hidden");
        ping(stage, 2_500, "");
    };
    assert_eq!(learned(&hidden), Duration::ZERO, "hidden before or after");
    let begun_again = |stage: &mut Stage| {
        stage.after(2_500).beat("h", "x", Verb::Init, 1_000, "boot=a frames=9");
        ping(stage, 100, "");
    };
    assert_eq!(learned(&begun_again), Duration::ZERO, "an init comes when it comes");
}

#[test]
fn who_is_slowing_down_is_told_once_and_stays_green() {
    let mut stage = Stage::new(Config::default());
    for _ in 0..100 {
        stage.after(400).ping("v=1 boot=a frames=9");
    }
    stage.told();
    for _ in 0..5 {
        stage.after(1_200).ping("v=1 boot=a frames=9");
    }
    assert_eq!(stage.told(), ["x @ h 43600 slowing"]);
    assert!(stage.snapshot("h", "x").unwrap().slowing && stage.state() == "up");
    for _ in 0..30 {
        stage.after(400).ping("v=1 boot=a frames=9");
    }
    assert_eq!(stage.told().len(), 1, "no longer");
    assert!(!stage.snapshot("h", "x").unwrap().slowing);
}

#[test]
fn of_two_pages_that_answer_to_one_name_nobody_learns_a_pace() {
    let mut stage = Stage::new(Config::default());
    for _ in 0..100 {
        stage.after(400).ping("v=1 boot=a frames=9");
    }
    stage.ping("v=1 boot=b frames=9");
    stage.ping("v=1 boot=a frames=9");
    stage.told();
    for _ in 0..10 {
        stage.after(600).ping("v=1 boot=b frames=9");
        stage.after(600).ping("v=1 boot=a frames=9");
    }
    assert_eq!(stage.told(), [""; 0], "each of them comes seldom, and neither is slow");
    assert!(!stage.snapshot("h", "x").unwrap().slowing);
}
