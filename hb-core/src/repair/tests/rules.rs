//! Rules, each by a story that ends well and one that does not.

use super::*;

#[test]
fn evidence_must_last_for_thirty_seconds() {
    check("0 h repairs; 1 h on no-frames; 30.999 h tick", &[]);
    check("0 h repairs; 1 h on no-frames; 31 h tick", &["31 h run reload #1 no-frames"]);
    check("0 h repairs; 1 h on no-frames; 30.999 h off no-frames; 31 h on no-frames; 60.999 h tick", &[]);
    // Another bad word is the same bad state; only its end ends it.
    check(
        "0 h repairs; 1 h on no-frames; 20 h on main-blocked; 21 h off no-frames; 31 h tick",
        &["31 h run restart #1 main-blocked"],
    );
    // A stuck script hears no reload: the ladder begins above it.
    check("0 h repairs; 1 h on main-blocked; 31 h tick", &["31 h run restart #1 main-blocked"]);
    check("0 h repairs; 1 h on exited; 31 h tick", &["31 h run restart #1 exited"]);
    check("0 h repairs; 1 h on browser-dead; 31 h tick", &["31 h run restart #1 browser-dead"]);
}

#[test]
fn silence_is_no_evidence() {
    check("0 h repairs; 1 h is late; 9 h is down; 9000 h is missing; 90000 h tick", &[]);
    check("0 h repairs; 1 h is down; 99 h now", &["99 h refused NoEvidence"]);
}

#[test]
fn a_lost_context_is_waited_for_three_seconds_and_then_reloaded() {
    let lost = "0 h repairs; 1 h lost; 1 h on context-lost;";
    check(&format!("{lost} 3.999 h tick"), &[]);
    check(&format!("{lost} 4 h tick"), &["4 h run reload #1 context-lost"]);
    // Restored, but nothing drawn yet: the page loads its textures and has the usual patience.
    check(&format!("{lost} 3.999 h restored; 30.999 h tick"), &[]);
    check(&format!("{lost} 3.999 h restored; 31 h tick"), &["31 h run reload #1 context-lost"]);
    // Nothing but a reload may come so early.
    let full = format!("{lost} 2 h full; 5 h fails; 30.999 h tick");
    check(&full, &["4 h run reload #1 context-lost", "5 h Failed(NobodyListening)"]);
    // A context alone, without a bad word of the client, is no evidence.
    check("0 h repairs; 1 h lost; 99 h tick", &[]);
}

#[test]
fn at_the_second_loss_within_two_minutes_the_browser_is_restarted_instead() {
    let once = "0 h repairs; 1 h lost; 1 h on context-lost; 2 h restored; 2 h off context-lost;";
    check(
        &format!("{once} 121 h lost; 121 h on context-lost; 124 h tick"),
        &["124 h run restart #1 context-lost"],
    );
    check(
        &format!("{once} 121.001 h lost; 121.001 h on context-lost; 125 h tick"),
        &["124.001 h run reload #1 context-lost"],
    );
    // The new browser counts anew: it is not restarted a second time, but reloaded where the ladder still has that.
    check(
        &format!(
            "{once} 50 h lost; 50 h on context-lost; 55 h restored; 55 h off context-lost; 55 h is up;
             115 h tick; 118 h lost; 118 h on context-lost; 122 h tick"
        ),
        &["53 h run restart #1 context-lost", "115 h recovered #1", "121 h run reload #1 context-lost"],
    );
    // A program of the operator's is no new browser.
    check(
        &format!("{once} 9 h full; 50 h lost; 50 h on context-lost; 53 h tick"),
        &["53 h run restart #1 context-lost"],
    );
}

#[test]
fn whatever_forbids_repairs_holds_them_back_until_it_ends() {
    for &reason in Reason::ALL {
        let word = reason.word();
        let story = format!("0 h repairs; 0 h holds {word}; 1 h on no-frames;");
        if !reason.stops(Stops::Repairs) {
            check(&format!("{story} 31 h tick"), &["31 h run reload #1 no-frames"]);
            continue;
        }
        check(&format!("{story} 500 h tick; 600 h ends {word}"), &["600 h run reload #1 no-frames"]);
        check(&format!("{story} 99 h now"), &[&format!("99 h refused Held({reason:?})")]);
    }
    check(
        "0 h repairs; 0 h clock bad; 1 h on no-frames; 40 h now; 500 h clock good",
        &["40 h refused Clock", "500 h run reload #1 no-frames"],
    );
    check(
        "1 h on no-frames; 500 h now; 501 h repairs",
        &["500 h refused Held(New)", "501 h run reload #1 no-frames"],
    );
}

#[test]
fn nobody_acts_before_the_clock_was_called_good() {
    let mut repairs = Repairs::new(Config::default());
    let mut out = Vec::new();
    let id = Identity::new("h", "", "x").unwrap();
    repairs.handle(Time::ZERO, Input::Adopt { id, adoption: Adoption::Repairs }, &mut out);
    repairs.handle(Time::ZERO, Input::Evidence { id, evidence: Evidence::Exited, on: true }, &mut out);
    repairs.handle(Time::from_millis(90_000), Input::Tick, &mut out);
    assert_eq!(out, []);
}

#[test]
fn the_ladder_is_climbed_with_growing_pauses_and_given_up_once() {
    check(
        "0 h repairs; 0 h on no-frames; 90000 h tick",
        &[
            "30 h run reload #1 no-frames",
            "90 h NoHelp",
            "100 h run reload #2 no-frames",
            "160 h NoHelp",
            "180 h run restart #3 no-frames",
            "300 h NoHelp",
            "340 h gave-up #3 no-frames",
        ],
    );
}

#[test]
fn gave_up_stays_visible_until_the_screen_has_worked_for_a_minute() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    stage.play("0 h repairs; 0 h on no-frames; 31 h tick");
    assert_eq!(stage.repairs.status(id), Status::Running(Action::Reload));
    stage.play("9000 h off no-frames; 9000 h is up; 9059.999 h tick");
    assert_eq!(stage.repairs.status(id), Status::GaveUp);
    stage.play("9060 h tick");
    assert_eq!(stage.repairs.status(id), Status::Idle);
    assert_eq!(stage.told().last().unwrap(), "9060 h recovered #3");
}

#[test]
fn a_screen_that_works_for_a_moment_after_each_reload_climbs_the_ladder() {
    check(
        "0 h repairs; 0 h on no-frames; 32 h off no-frames; 33 h is up; 50 h is stalled; 50 h on no-frames;
         82 h off no-frames; 83 h is up; 142 h is stalled; 142 h on no-frames; 180 h tick",
        &["30 h run reload #1 no-frames", "80 h run reload #2 no-frames", "172 h run restart #3 no-frames"],
    );
}

#[test]
fn a_step_that_cannot_be_carried_out_is_not_tried_again() {
    check(
        "0 h repairs; 0 h on no-frames; 31 h fails; 31 h fails; 42 h done; 42 h stale",
        &[
            "30 h run reload #1 no-frames",
            "31 h Failed(NobodyListening)",
            "41 h run restart #2 no-frames",
            "42 h Done",
        ],
    );
}

#[test]
fn steps_are_taken_on_the_evidence_they_are_for() {
    // A page whose browser is gone hears no reload; what happened outside the page weighs more than its last words.
    check(
        "0 h repairs; 0 h on no-frames; 0 h on exited; 30 h tick; 31 h off exited",
        &["30 h run restart #1 exited"],
    );
    let mut stage = Stage::new(Config::default());
    let only = Ladder::new(&[step(Action::Restart, Signs::of(&[Evidence::Exited]), 60, 1)]).unwrap();
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::Ladder { id, ladder: Arc::new(only) });
    stage.play("0 h repairs; 0 h on no-frames; 99 h now; 100 h on exited; 131 h off exited; 500 h tick");
    assert_eq!(
        stage.told(),
        ["99 h refused NoStep", "130 h run restart #1 exited", "190 h NoHelp", "200 h gave-up #1 no-frames"]
    );
}

#[test]
fn three_repairs_an_hour() {
    let broken = |at: u64| {
        let later = at + 31;
        format!("{at} h on no-frames; {later} h off no-frames; {later} h is up; {} h is stalled;", later + 61)
    };
    let script: String = (0..5).map(|round| broken(round * 100)).collect();
    check(
        &format!("0 h repairs; {script} 500 h on no-frames; 9000 h tick"),
        &[
            "30 h run reload #1 no-frames",
            "91 h recovered #1",
            "130 h run reload #1 no-frames",
            "191 h recovered #1",
            "230 h run reload #1 no-frames",
            "291 h recovered #1",
            "3630 h run reload #1 no-frames",
            "3690 h NoHelp",
            "3730 h run reload #2 no-frames",
            "3790 h NoHelp",
            "3830 h run restart #3 no-frames",
            "3950 h NoHelp",
            "3990 h gave-up #3 no-frames",
        ],
    );
}

#[test]
fn one_reboot_a_day_for_a_host_whoever_asks() {
    let mut stage = Stage::new(Config { span: Duration::ZERO, ..Config::default() });
    let reboot = Arc::new(Ladder::new(&[step(Action::Reboot, Signs::ANY, 300, 1)]).unwrap());
    for app in ["x", "y"] {
        let id = Identity::new("h", "", app).unwrap();
        stage.input(Input::Ladder { id, ladder: Arc::clone(&reboot) });
        stage.play("0 h repairs; 0 h:y repairs");
    }
    stage.play("0 h on exited; 600 h:y on exited; 650 h:y now; 86000 h:y is up; 86000 h:y off exited");
    stage.play("86400 h:y is down; 86430 h:y on exited; 86460 h:y tick");
    assert_eq!(
        stage.told(),
        [
            "30 h run reboot #1 exited",
            "330 h NoHelp",
            "340 h gave-up #1 exited",
            "630 h:y gave-up #0 exited",
            "650 h:y refused Rebooted(Time(86430000))",
            "86060 h:y recovered #0",
            "86460 h:y run reboot #1 exited",
        ]
    );
}

#[test]
fn one_host_of_a_group_at_a_time_and_who_waited_longest_comes_first() {
    let hall = "0 a groups hall; 0 b groups hall left; 0 c groups left; 0 d tick;
                0 a repairs; 0 b repairs; 0 c repairs; 0 a:y repairs; 0 d repairs;";
    check(
        &format!("{hall} 1 a on no-frames; 2 b on no-frames; 2 a:y on no-frames; 3 c on no-frames; 3 d on no-frames;
                  35 c off no-frames; 36 c is up; 36 b now; 40 a off no-frames; 41 a is up; 41 a:y off no-frames;
                  42 a:y is up"),
        &[
            "31 a run reload #1 no-frames",
            // Of the same host.
            "32 a:y run reload #1 no-frames",
            // Of another group; and of none.
            "33 c run reload #1 no-frames",
            "33 d run reload #1 no-frames",
            "36 b refused Busy",
            "42 b run reload #1 no-frames",
        ],
    );
    let mut all = String::from("0 d tick;");
    for host in ["e", "d", "c"] {
        all += &format!("0 {host} groups hall; 0 {host} repairs;");
    }
    check(
        &format!(
            "{all} 0 e on exited; 1 d on exited; 2 c on exited; 152 d off exited; 153 d is up; 163 e off exited"
        ),
        &[
            "30 e run restart #1 exited",
            "150 e NoHelp",
            "150 d run restart #1 exited",
            "153 c run restart #1 exited",
            "160 e gave-up #1 exited",
        ],
    );
}

#[test]
fn a_host_that_moves_to_another_group_takes_its_repair_along() {
    check(
        "0 a groups hall; 0 b groups hall; 0 a repairs; 0 b repairs; 0 a on exited; 0 b on exited; 31 a groups yard;
         32 c tick",
        &["30 a run restart #1 exited", "31 b run restart #1 exited"],
    );
}

#[test]
fn on_a_host_that_reboots_nothing_else_is_done() {
    check(
        "0 h repairs; 0 h:y repairs; 0 h full; 0 h on exited; 31 h fails; 42 h fails; 63 h done; 64 h:y on no-frames;
         400 h tick",
        &[
            "30 h run command #1 exited",
            "31 h Failed(NobodyListening)",
            "41 h run restart #2 exited",
            "42 h Failed(NobodyListening)",
            "62 h run reboot #3 exited",
            "63 h Done",
            "362 h NoHelp",
            "362 h:y run reload #1 no-frames",
        ],
    );
}

#[test]
fn a_reload_waits_for_a_visitor_unless_the_picture_stands_still() {
    let touched = "0 h repairs; 0 h on no-frames; 20 h touched; 29 h touched;";
    check(&format!("{touched} 58.999 h tick"), &[]);
    check(&format!("{touched} 59 h tick"), &["59 h run reload #1 no-frames"]);
    check(&format!("{touched} 30 h is stalled"), &["30 h run reload #1 no-frames"]);
    check(&format!("{touched} 31 h is down"), &["31 h run reload #1 no-frames"]);
    check("0 h repairs; 0 h on exited; 29 h touched; 31 h tick", &["30 h run restart #1 exited"]);
}

#[test]
fn a_dry_run_says_and_does_nothing() {
    check(
        "0 h dry; 0 h groups hall; 0 i groups hall; 0 h on no-frames; 10 i repairs; 10 i on exited; 900 h tick;
         1000 h repairs; 1001 h done",
        &[
            "30 h would reload #1 no-frames",
            "40 i run restart #1 exited",
            // It waits for the group as a real one would.
            "160 i NoHelp",
            "160 h would reload #2 no-frames",
            "170 i gave-up #1 exited",
            "240 h would restart #3 no-frames",
            // Nobody was called, and what was not done counts for nothing.
            "1000 h run reload #4 no-frames",
            "1001 h Done",
        ],
    );
}

#[test]
fn a_person_skips_patience_but_neither_evidence_nor_holds_nor_caps() {
    check(
        "0 h repairs; 0 h now; 1 h touched; 1 h on no-frames; 2 h now; 3 h now; 70 h now; 140 h now; 270 h now",
        &[
            "0 h refused NoEvidence",
            "2 h run reload #1 no-frames Ada",
            "3 h refused Running",
            "62 h NoHelp",
            "70 h run reload #2 no-frames Ada",
            "130 h NoHelp",
            "140 h run restart #3 no-frames Ada",
            "260 h NoHelp",
            "270 h refused Hourly(Time(3602000))",
        ],
    );
    // What was given up begins anew, and is alerted no second time.
    check(
        "0 h repairs; 0 h on exited; 4000 h now; 9000 h tick",
        &[
            "30 h run restart #1 exited",
            "150 h NoHelp",
            "160 h gave-up #1 exited",
            "4000 h run restart #2 exited Ada",
            "4120 h NoHelp",
        ],
    );
}

#[test]
fn a_goodbye_closes_an_incident_and_so_does_forgetting_but_caps_remain() {
    check(
        "0 h repairs; 0 h on exited; 31 h off exited; 32 h is up; 33 h is done",
        &["30 h run restart #1 exited", "33 h closed"],
    );
    check(
        "0 h repairs; 0 h on exited; 31 h forget; 32 h repairs; 32 h on exited; 63 h forget; 63 h repairs; 63 h on exited;
         94 h forget; 94 h repairs; 94 h on exited; 4000 h forget",
        &[
            "30 h run restart #1 exited",
            "31 h closed",
            "62 h run restart #1 exited",
            "63 h closed",
            "93 h run restart #1 exited",
            "94 h closed",
            "3630 h run restart #1 exited",
            "3750 h NoHelp",
            "3760 h gave-up #1 exited",
            "4000 h closed",
        ],
    );
}

#[test]
fn nothing_is_remembered_of_those_of_whom_nothing_is_known() {
    let mut stage = Stage::new(Config { apps: 2, ..Config::default() });
    stage.play("0 a is up; 0 a touched; 0 a off exited; 0 a restored; 0 a ends closed; 0 a forget; 0 a new");
    assert!(stage.repairs.is_empty());
    stage.play("0 a on exited; 0 b lost; 0 c on exited; 1 a off exited; 1 c on exited; 1 d on exited");
    assert_eq!((stage.repairs.len(), stage.repairs.refused()), (2, 2));
    stage.play(
        "2 b restored; 2 c off exited; 3 a repairs; 3 a groups hall; 3 a on exited; 40 a forget; 99 b tick",
    );
    assert_eq!(stage.repairs.len(), 1, "the caps of an hour");
    stage.play("3640 a groups; 3640 b tick");
    assert!(stage.repairs.is_empty());
    stage.repairs.hosts.sweep(Time::from_millis(stage.now));
    assert_eq!(
        (stage.repairs.timers.len(), stage.repairs.waiting.len(), stage.repairs.hosts.len()),
        (0, 0, 0)
    );
}

#[test]
fn a_host_in_no_group_is_remembered_only_while_something_is_done_there() {
    let mut stage = Stage::new(Config::default());
    stage.play("0 a groups; 0 b groups hall; 1 b groups");
    assert_eq!(stage.repairs.hosts(), 0, "none of them is in a group");
    stage.play("2 a repairs; 2 a on no-frames; 40 a tick");
    assert_eq!(stage.repairs.hosts(), 1, "a step is under way");
    stage.play("41 a done; 3000 a off no-frames; 3001 a is up; 4000 a tick");
    assert_eq!(stage.repairs.hosts(), 0);
}

#[test]
fn an_app_takes_little_memory() {
    let size = size_of::<Unit>();
    assert!(size <= 360, "{size} bytes");
}

#[test]
fn what_starts_again_on_our_word_may_say_goodbye_first() {
    check(
        "0 h repairs; 0 h is stalled; 0 h on no-frames; 31 h is done; 31 h off no-frames; 40 h is up; 101 h tick",
        &["30 h run reload #1 no-frames", "100 h recovered #1"],
    );
    check(
        "0 h repairs; 0 h is stalled; 0 h on no-frames; 31 h is done; 31 h off no-frames; 200 h tick",
        &["30 h run reload #1 no-frames", "90 h closed"],
    );
}

#[test]
fn it_is_on_trial_from_the_first_step_until_it_has_worked_for_a_while_but_not_in_a_rehearsal() {
    let trying = |stage: &Stage| stage.repairs.is_trying(Identity::new("h", "", "x").unwrap());
    let mut stage = Stage::new(Config::default());
    stage.play("0 h repairs; 0 h is stalled; 0 h on no-frames; 29 h tick");
    assert!(!trying(&stage));
    stage.play("30 h tick");
    assert!(trying(&stage));
    stage.play("33 h is up; 33 h off no-frames; 38 h is stalled; 38 h on no-frames; 60 h off no-frames; 60 h is up; 119 h tick");
    assert!(trying(&stage), "{:?}", stage.told());
    stage.play("120 h tick");
    assert!(!trying(&stage));
    let mut stage = Stage::new(Config::default());
    stage.play("0 h dry; 0 h on no-frames; 40 h tick");
    assert_eq!((stage.told().len(), trying(&stage)), (1, false));
}

#[test]
fn whoever_wonders_why_nothing_more_is_done_is_told_why_and_until_when() {
    let limit = |stage: &Stage, host| {
        let limit = stage.repairs.limit(Time::from_millis(stage.now), Identity::new(host, "", "x").unwrap());
        limit.map(|(limit, until)| (limit.word(), until.map(|at| at.as_millis() / 1_000)))
    };
    let mut stage = Stage::new(Config::default());
    stage.play("0 h repairs; 0 h is stalled; 0 h on no-frames; 20 h tick");
    assert_eq!(limit(&stage, "h"), None, "proof is young");
    stage.play("31 h tick");
    assert_eq!(limit(&stage, "h"), None, "a step is under way");
    stage.play("91 h tick");
    assert_eq!(limit(&stage, "h"), Some(("pause", Some(100))));
    // The third of its hour was tried at 130 s, with two tries of a reload before.
    stage.play("3000 h forget; 3000 h repairs; 3000 h is stalled; 3000 h on no-frames; 3100 h tick");
    assert_eq!(limit(&stage, "h"), Some(("hourly", Some(3_630))), "{:?}", stage.told());
    stage.play("3100 h now");
    assert!(stage.told().last().unwrap().contains("refused Hourly"), "{:?}", stage.told());

    let mut stage = Stage::new(Config::default());
    stage.play(
        "0 a groups hall; 0 b groups hall; 0 a repairs; 0 b repairs; 0 a on exited; 5 b on exited; 40 b tick",
    );
    assert_eq!((limit(&stage, "a"), limit(&stage, "b")), (None, Some(("others", None))));

    let mut stage = Stage::new(Config::default());
    let ladder = Arc::new(
        Ladder::new(&[Step {
            action: Action::Reboot,
            when: Signs::ANY,
            wait: Duration::from_secs(60),
            cap: 1,
        }])
        .unwrap(),
    );
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::Ladder { id, ladder });
    stage.play("0 h repairs; 0 h on exited; 200 h tick");
    assert_eq!(limit(&stage, "h"), Some(("reboot", Some(30 + 24 * 3_600))), "{:?}", stage.told());
    stage.play("200 h now");
    assert!(stage.told().last().unwrap().contains("refused Rebooted"), "{:?}", stage.told());

    let mut stage = Stage::new(Config::default());
    stage.play("0 h dry; 0 h is up; 0 h on exited; 40 h now; 200 h tick");
    assert!(stage.told().iter().any(|line| line.contains("refused Rehearsing")), "{:?}", stage.told());
    assert_eq!(limit(&stage, "h"), None, "nothing is done anyway");
}
