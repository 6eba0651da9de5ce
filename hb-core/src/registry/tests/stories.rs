//! Each rule of identity, sessions, order and retention, told as what happens and what is believed.

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

#[test]
fn a_boot_at_a_new_address_is_the_same_app_that_moved() {
    let mut stage = Stage::new(Config::default());
    stage.beat("10.0.0.1", "x", Verb::Ping, 1_000, "v=1 boot=a seq=1");
    stage.after(500).beat("10.0.0.2", "x", Verb::Ping, 1_000, "v=1 boot=a seq=2");
    assert_eq!(stage.told(), ["x @ 10.0.0.1 0 →up none", "x @ 10.0.0.2 500 moved from 10.0.0.1"]);
    assert!(stage.snapshot("10.0.0.1", "x").is_none());
    assert_eq!(stage.snapshot("10.0.0.2", "x").unwrap().first_seen, Time::ZERO);
    // And it can move again, and be told apart from another app of that boot.
    stage.beat("10.0.0.3", "y", Verb::Ping, 1_000, "v=1 boot=a seq=3");
    stage.beat("10.0.0.1", "x", Verb::Ping, 1_000, "v=1 boot=a seq=4");
    assert_eq!(stage.registry.len(), 2);
}

#[test]
fn a_boot_that_moves_to_a_taken_place_joins_it() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h1", "x", Verb::Ping, 1_000, "v=1 boot=a");
    stage.beat("h2", "x", Verb::Ping, 1_000, "v=1 boot=b");
    stage.beat("h2", "x", Verb::Ping, 1_000, "v=1 boot=a");
    assert_eq!(stage.snapshot("h1", "x").unwrap().state, State::Done);
    assert_eq!(stage.snapshot("h2", "x").unwrap().state, State::Up);
}

#[test]
fn two_kiosks_with_the_same_app_are_two_apps() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h1", "x", Verb::Ping, 1_000, "v=1 boot=a");
    stage.beat("h2", "x", Verb::Ping, 9_000, "v=1 boot=b");
    stage.after(3_000).tick();
    assert_eq!(stage.snapshot("h1", "x").unwrap().state, State::Late);
    assert_eq!(stage.snapshot("h2", "x").unwrap().state, State::Up);
}

#[test]
fn a_socket_that_closes_without_a_goodbye_is_told_at_once_and_waited_for() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    let grace = Duration::from_millis(2_000);
    assert_eq!(stage.input(Input::PresenceOpened { id, boot }), Reply::Unknown, "presence registers nobody");
    assert_eq!(stage.registry.len(), 0);
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
    assert_eq!(stage.snapshot("h", "x").unwrap().presence, Some(true), "it waited for its page");
    stage.told();
    stage.after(100).input(Input::PresenceClosed { id, boot, grace });
    stage.after(12_000).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 100 up→reconnecting none",
            "x @ h 2100 reconnecting→late connection-lost",
            "x @ h 12000 late→down connection-lost"
        ]
    );
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
    assert_eq!(stage.state(), "up");
}

#[test]
fn a_promise_that_ends_before_the_grace_of_a_closed_socket_does_is_late_because_it_closed() {
    // On loopback and on a network; a promise of 1 s is late after 2 s.
    for grace in [2_000, 5_000] {
        let mut stage = Stage::new(Config::default());
        let id = Identity::new("h", "", "x").unwrap();
        let boot = Boot::new("a").unwrap();
        stage.ping("v=1 boot=a");
        stage.input(Input::PresenceOpened { id, boot });
        stage.told();
        let grace = Duration::from_millis(grace);
        stage.after(100).input(Input::PresenceClosed { id, boot, grace });
        stage.after(10_000).tick();
        assert_eq!(
            stage.told(),
            [
                "x @ h 100 up→reconnecting none",
                "x @ h 2000 reconnecting→late connection-lost",
                "x @ h 4000 late→down connection-lost"
            ],
            "{grace:?}: once, and never for its silence"
        );
    }
}

#[test]
fn a_page_that_hangs_and_then_ends_is_gone_and_no_longer_stuck() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    let grace = Duration::from_secs(2);
    let hangs = "v=1 boot=a by=worker state=main-blocked";
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a by=worker state=ok");
    stage.input(Input::PresenceOpened { id, boot });
    stage.after(100).beat("h", "x", Verb::State, 5_000, hangs);
    stage.told();
    stage.after(100).input(Input::PresenceClosed { id, boot, grace });
    stage.after(20_000).tick();
    assert_eq!(
        stage.told(),
        [
            "x @ h 2200 stalled→stalled connection-lost",
            "x @ h 6100 stalled→late connection-lost",
            "x @ h 12100 late→down connection-lost"
        ]
    );
    // Whoever speaks is not gone: it was the network.
    stage.beat("h", "x", Verb::State, 5_000, hangs);
    assert_eq!(stage.told(), ["x @ h 20200 down→stalled main-blocked"]);
}

#[test]
fn a_page_whose_leaving_was_overtaken_by_the_end_of_its_socket_has_the_longer_grace() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a seq=1");
    stage.input(Input::PresenceOpened { id, boot });
    stage.input(Input::PresenceClosed { id, boot, grace: Duration::from_secs(2) });
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=a seq=2 state=leaving");
    stage.told();
    stage.after(30_999).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.told(), ["x @ h 31000 reconnecting→late left"]);
}

#[test]
fn a_page_is_present_while_one_of_its_sockets_is_open() {
    for before_its_first_beat in [false, true] {
        let mut stage = Stage::new(Config::default());
        let id = Identity::new("h", "", "x").unwrap();
        let boot = Boot::new("a").unwrap();
        let closed = Input::PresenceClosed { id, boot, grace: Duration::from_secs(2) };
        if before_its_first_beat {
            stage.input(Input::PresenceOpened { id, boot });
            stage.input(Input::PresenceOpened { id, boot });
        }
        stage.beat("h", "x", Verb::Ping, 5_000, "v=1 boot=a");
        if !before_its_first_beat {
            stage.input(Input::PresenceOpened { id, boot });
            stage.input(Input::PresenceOpened { id, boot });
        }
        // The old one of a page that reconnected, or a stranger's that borrowed its boot.
        stage.input(closed);
        assert_eq!(stage.state(), "up");
        stage.input(closed);
        assert_eq!(stage.state(), "reconnecting");
    }
}

#[test]
fn an_unclaimed_socket_is_forgotten_after_ten_seconds() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::PresenceOpened { id, boot: Boot::new("a").unwrap() });
    stage.after(10_000).ping("v=1 boot=a");
    assert_eq!(stage.snapshot("h", "x").unwrap().presence, None);
}

#[test]
fn so_many_sockets_may_wait_for_their_page_and_the_oldest_goes_first() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let boots: Vec<String> = (0..300).map(|page| format!("k{page}")).collect();
    for boot in &boots {
        stage.after(1).input(Input::PresenceOpened { id, boot: Boot::new(boot).unwrap() });
    }
    assert_eq!(stage.registry.boots.held(), (0, 256));
    for (page, presence) in [(0, None), (43, None), (44, Some(true)), (299, Some(true))] {
        stage.ping(&format!("v=1 boot={}", boots[page]));
        assert_eq!(stage.snapshot("h", "x").unwrap().presence, presence, "page {page}");
    }
}

#[test]
fn the_done_and_the_new_are_forgotten_in_time() {
    const HOUR: u64 = 3_600_000;
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::Done, 0, "boot=a");
    stage.told();
    stage.after(24 * HOUR - 1).tick();
    assert_eq!(stage.state(), "done");
    stage.after(1).tick();
    assert_eq!(stage.told(), ["x @ h 86400000 removed Retention"]);

    stage.now = 0;
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1");
    stage.after(4_000 + HOUR - 1).tick();
    assert_eq!(stage.state(), "down");
    stage.after(1).tick();
    assert_eq!(stage.state(), "gone", "a test page goes by itself");

    let mut stage = Stage::new(Config::default());
    while stage.now < 25 * HOUR {
        stage.after(60_000).beat("h", "x", Verb::Ping, 120_000, "v=1");
    }
    stage.after(1_000 * HOUR).tick();
    assert_eq!(stage.state(), "down", "who lived for a day stays");
}

#[test]
fn who_is_new_and_unheard_gives_way_whatever_it_promised_and_nobody_else_does() {
    const WEEK: u64 = 604_800_000;
    let app = |stage: &Stage| Identity::new("h", "", "x").unwrap().fingerprint(&stage.registry.key);
    let displace = |stage: &mut Stage| {
        let app = app(stage);
        stage.input(Input::Displace { app })
    };
    let mut stage = Stage::new(Config::default());
    assert_eq!(displace(&mut stage), Reply::Unknown);
    stage.beat("h", "x", Verb::Ping, WEEK, "");
    stage.after(119_999);
    assert_eq!(displace(&mut stage), Reply::Unknown);
    stage.beat("h", "x", Verb::State, WEEK, "state=ok");
    assert_eq!(stage.registry.gives_way(app(&stage)), Some(Time::from_millis(stage.now + 120_000)));
    stage.after(119_999);
    assert_eq!(displace(&mut stage), Reply::Unknown, "every word counts");
    stage.after(1);
    assert_eq!(displace(&mut stage), Reply::Done);
    assert_eq!(stage.told().last().unwrap(), "x @ h 239999 removed Forgotten");

    for _ in 0..2 {
        stage.beat("h", "x", Verb::Ping, WEEK, "");
        stage.after(24 * 3_600_000);
    }
    assert_eq!(stage.registry.gives_way(app(&stage)), None);
    assert_eq!(displace(&mut stage), Reply::Unknown, "who lived for a day stays");
}

#[test]
fn who_is_shown_as_new_is_who_goes_by_itself() {
    const HOUR: u64 = 3_600_000;
    let mut stage = Stage::new(Config::default());
    while stage.now < 24 * HOUR - 60_000 {
        stage.beat("h", "x", Verb::Ping, 120_000, "v=1");
        stage.after(60_000);
    }
    assert!(stage.snapshot("h", "x").unwrap().new);
    // Its first day ends in silence: that is no life.
    stage.after(HOUR).tick();
    assert_eq!(stage.state(), "down");
    assert!(stage.snapshot("h", "x").unwrap().new, "it goes in a few minutes");
    stage.after(HOUR).tick();
    assert_eq!(stage.state(), "gone");
}

#[test]
fn a_stranger_that_leaves_or_ends_leaves_nothing_behind() {
    let mut stage = Stage::new(Config::default());
    assert_eq!(stage.beat("h", "x", Verb::Done, 0, "boot=a"), Reply::Goodbye);
    stage.beat("h", "x", Verb::State, 30_000, "v=1 boot=a state=leaving");
    assert_eq!(stage.registry.len(), 0);
    stage.beat("h", "x", Verb::State, 1_000, "v=1 boot=a state=no-frames");
    assert_eq!(stage.state(), "stalled", "frozen while the server restarted: must be seen");
}

#[test]
fn what_silence_made_true_is_told_before_a_person_removes_the_app() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    stage.ping("v=1");
    stage.told();
    stage.after(3_000);
    assert_eq!(stage.input(Input::Forget { id }), Reply::Done);
    assert_eq!(stage.told(), ["x @ h 2000 up→late silence", "x @ h 3000 removed Forgotten"]);
    assert_eq!(stage.input(Input::Forget { id }), Reply::Unknown);
}

#[test]
fn nobody_enters_who_is_not_admitted() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let ping = beat(Verb::Ping, 1_000, "");
    assert_eq!(
        stage.input(Input::Beat { id, beat: &ping, from: Origin::default(), admit: false }),
        Reply::NotAdmitted
    );
    assert_eq!((stage.registry.len(), stage.told().len()), (0, 0));
    stage.ping("");
    let known = stage.input(Input::Beat { id, beat: &ping, from: Origin::default(), admit: false });
    assert_eq!(known, Reply::Granted(Duration::from_secs(2)), "known ones go on");
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

fn replaced(stage: &mut Stage, from: &str, to: &str) -> Reply {
    let [from, to] = [from, to].map(|host| Identity::new(host, "", "x").unwrap());
    stage.input(Input::Replaced { from, to })
}

#[test]
fn a_machine_that_took_the_place_of_another_is_called_as_it_is() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.told();
    assert_eq!(replaced(&mut stage, "h", "h"), Reply::Unknown);
    assert_eq!(replaced(&mut stage, "nobody", "h"), Reply::Unknown);
    assert_eq!(replaced(&mut stage, "h", "new"), Reply::Done);
    assert_eq!(stage.told(), ["x @ new 0 moved from h"]);
    assert_eq!((stage.state(), stage.registry.len()), ("gone", 1));
    // Its page may still be there: it moves as any page does.
    stage.after(500).ping("v=1 boot=a");
    assert_eq!(stage.told(), ["x @ h 500 moved from new"]);
}

#[test]
fn whoever_speaks_on_the_new_machine_is_believed_and_the_old_one_leaves_nothing() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    stage.beat("h", "x", Verb::Done, 1_000, "v=1 boot=a");
    stage.beat("new", "x", Verb::Ping, 1_000, "v=1 boot=b");
    stage.told();
    assert_eq!(stage.registry.tracked(), 1);
    assert_eq!(replaced(&mut stage, "h", "new"), Reply::Done);
    assert_eq!(stage.told(), ["x @ h 0 replaced by new"]);
    assert_eq!((stage.registry.len(), stage.registry.tracked()), (1, 1));
    assert_eq!(stage.snapshot("new", "x").unwrap().state, State::Up);
    assert_eq!(stage.registry.boots.held(), (1, 0));
}
