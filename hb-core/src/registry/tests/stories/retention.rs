//! Who is held, for how long, and who gives way.

use super::*;

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
