//! Restarts as stories (law 5): what of an earlier run is left, and for how long. Not here: random ones ([`super::laws`]).

use super::*;
use crate::defaults;

/// A second, as promised by `Stage::ping`, and a tolerance.
const GRANTED: u64 = 2_000;
const GRACE: u64 = 300_000;
/// When the next run begins, well after what it remembers.
const START: u64 = 1_000_000;

impl Stage {
    /// The server stops, is away for `ms`, and another begins with what this one believed.
    pub(super) fn restart(&mut self, ms: u64) {
        let config = self.registry.config.clone();
        let now = Time::from_millis(self.now);
        let memories: Vec<_> = self.registry.snapshots(now).map(|app| (Memory::of(&app), app.id)).collect();
        self.registry = Registry::new(config, HashKey(self.now, 4));
        self.now += ms;
        for (memory, id) in memories {
            self.input(Input::Restored { id: id.borrow(), memory });
        }
    }
}

/// Heard, and then restarted a minute later; nothing of before is in `out`.
fn restarted(before: impl FnOnce(&mut Stage)) -> Stage {
    let mut stage = Stage::new(Config::default());
    before(&mut stage);
    stage.tick();
    stage.out.clear();
    stage.restart(START - stage.now);
    stage
}

fn since(stage: &Stage) -> u64 {
    stage.snapshot("h", "x").unwrap().since.as_millis()
}

#[test]
fn law_5_who_was_good_is_unknown_until_its_first_beat() {
    for words in ["v=1 boot=a seq=7", "v=1 boot=b seq=1", "", "by=cli", "v=1"] {
        let mut stage =
            restarted(|stage| stage.ping(if words.contains("boot") { "v=1 boot=a seq=6" } else { words }));
        assert_eq!(stage.told(), ["x @ h 1000000 up→unknown restart"], "{words}");
        assert_eq!((stage.state(), stage.registry.tracked()), ("unknown", 1));
        stage.after(GRACE - 1).tick();
        assert_eq!(stage.told(), [""; 0], "neither late nor green");
        stage.ping(words);
        let told = stage.told();
        assert_eq!(told.last().unwrap(), &format!("x @ h {} unknown→up none", START + GRACE - 1), "{words}");
        assert_eq!(told.len(), 1 + usize::from(words.contains("boot=b")), "{told:?}");
        assert_eq!(stage.snapshot("h", "x").unwrap().first_seen, Time::ZERO);
    }
}

#[test]
fn law_5_who_was_good_and_stays_away_is_late_and_down_after_the_grace() {
    // Granted, words, late and down after the start.
    let week = defaults::TOLERANCE.as_millis() as u64 + 604_800_000;
    let cases = [
        (GRANTED, "v=1 boot=a", GRACE, GRACE + GRANTED),
        (GRANTED, "", GRACE, GRACE + 2 * GRANTED),
        (400_000, "v=1", 400_000, 800_000),
        // Paces itself by what it was granted: one beat a little late is no fault.
        (400_000, "", 1_200_000, 2_000_000),
        (week, "v=1 boot=a", week, 2 * week),
    ];
    for (granted, words, late, down) in cases {
        let mut stage = restarted(|stage| {
            stage.beat("h", "x", Verb::Ping, granted - 1_000, words);
        });
        stage.after(late - 1).tick();
        assert_eq!(stage.state(), "unknown", "{granted} {words}");
        stage.after(1).tick();
        assert_eq!(stage.state(), "late");
        stage.after(down - late - 1).tick();
        assert_eq!(stage.state(), "late");
        stage.after(1).tick();
        assert_eq!(stage.state(), "down");
        let told = stage.told();
        assert_eq!(told[1], format!("x @ h {} unknown→late silence", START + late));
        assert_eq!(told[2..], [format!("x @ h {} late→down silence", START + down)]);
    }
}

/// State and cause, and how they came about.
type Belief = (&'static str, fn(&mut Stage));

/// What was believed when the server stopped.
fn bad_ones() -> [Belief; 3] {
    [
        ("down silence", |stage| {
            stage.ping("v=1 boot=a");
            stage.after(20_000);
        }),
        ("stalled context-lost", |stage| {
            stage.ping("v=1 boot=a");
            stage.after(500).beat("h", "x", Verb::State, 1_000, "v=1 boot=a state=context-lost");
        }),
        ("hidden none", |stage| stage.ping("v=1 boot=a state=hidden")),
    ]
}

#[test]
fn law_5_who_was_bad_stays_bad_since_then_and_nothing_is_told_of_it() {
    for (belief, before) in bad_ones() {
        let since_then = {
            let mut stage = Stage::new(Config::default());
            before(&mut stage);
            stage.tick();
            since(&stage)
        };
        let mut stage = restarted(before);
        stage.after(GRACE + GRANTED - 1).tick();
        let app = stage.snapshot("h", "x").unwrap();
        assert_eq!(format!("{} {}", app.state, app.cause), belief);
        assert_eq!((app.since.as_millis(), stage.told()), (since_then, Vec::new()), "{belief}");
        stage.ping("v=1 boot=a");
        assert_eq!(stage.state(), "up", "{belief}");
    }
}

#[test]
fn law_5_what_a_page_last_said_is_no_longer_true_when_it_is_down() {
    let down = START + GRACE + GRANTED;
    for ((_, before), told) in bad_ones().into_iter().zip([
        None,
        Some(format!("x @ h {down} stalled→down context-lost")),
        Some(format!("x @ h {down} hidden→down silence")),
    ]) {
        let mut stage = restarted(before);
        stage.after(GRACE + GRANTED).tick();
        assert_eq!(stage.told(), Vec::from_iter(told));
    }
}

#[test]
fn law_5_who_was_late_has_the_grace_of_who_was_good() {
    let mut stage = restarted(|stage| {
        stage.ping("v=1 boot=a");
        stage.after(3_000);
    });
    assert_eq!(stage.told(), ["x @ h 1000000 late→unknown restart"]);
}

#[test]
fn law_5_a_kill_within_the_grace_begins_it_anew_and_tells_nothing() {
    let mut stage = restarted(|stage| stage.ping("v=1 boot=a"));
    stage.out.clear();
    stage.after(GRACE - 1).restart(10);
    stage.after(GRACE - 1).tick();
    assert_eq!((stage.told(), stage.state(), since(&stage)), (Vec::new(), "unknown", START));
    stage.after(1).tick();
    assert_eq!(stage.state(), "late");
}

#[test]
fn law_5_a_goodbye_lasts_as_long_as_it_would_have() {
    let mut stage = restarted(|stage| {
        stage.ping("v=1 boot=a seq=1");
        stage.after(500).beat("h", "x", Verb::Done, 0, "boot=a seq=2");
    });
    assert_eq!((stage.told(), stage.registry.tracked()), (Vec::new(), 0));
    stage.ping("v=1 boot=a seq=3");
    assert_eq!(stage.state(), "done", "late pings of that page do not bring it back");
    let end = 500 + defaults::DONE_RETENTION.as_millis() as u64;
    stage.after(end - 1 - START).tick();
    assert_eq!(stage.told(), [""; 0]);
    stage.after(1).tick();
    assert_eq!(stage.told(), [format!("x @ h {end} removed Retention")]);
}

#[test]
fn whose_time_was_over_while_the_server_was_away_goes_at_its_start() {
    let day = defaults::DONE_RETENTION.as_millis() as u64;
    let mut stage = Stage::new(Config::default());
    stage.ping("boot=a");
    stage.beat("h", "x", Verb::Done, 0, "boot=a");
    stage.out.clear();
    stage.restart(day + 5);
    assert_eq!(stage.told(), [format!("x @ h {} removed Retention", day + 5)]);
    assert!(stage.registry.is_empty() && stage.registry.tracked() == 0);
}

#[test]
fn law_5_a_page_that_beats_on_from_elsewhere_has_moved() {
    let mut stage = restarted(|stage| stage.ping("v=1 boot=a seq=1"));
    stage.out.clear();
    stage.beat("h2", "x", Verb::Ping, 1_000, "v=1 boot=a seq=2");
    assert_eq!(stage.told(), ["x @ h2 1000000 moved from h", "x @ h2 1000000 unknown→up none"]);
}

#[test]
fn law_5_no_command_line_speaks_for_a_page_that_is_remembered() {
    for (state, before) in [("unknown", "v=1 boot=a"), ("hidden", "v=1 boot=a state=hidden")] {
        let mut stage = restarted(|stage| stage.ping(before));
        stage.ping("by=cli");
        stage.beat("h", "x", Verb::Done, 0, "");
        assert_eq!(stage.state(), state);
        stage.ping("v=1 boot=a");
        assert_eq!(stage.state(), "up");
    }
}

#[test]
fn law_5_a_page_load_after_a_restart_is_no_crash() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=k0");
    for boot in 1..9 {
        stage.restart(1_000);
        stage.after(1_000).ping(&format!("v=1 boot=k{boot}"));
        assert_eq!(stage.state(), "up");
    }
    assert!(!stage.told().iter().any(|line| line.contains("unclean")));
    // One that comes back was never gone.
    stage.restart(1_000);
    stage.ping("v=1 boot=k9");
    stage.ping("v=1 boot=k8");
    assert!(stage.snapshot("h", "x").unwrap().conflict);
}

#[test]
fn law_5_a_socket_says_nothing_of_a_page_that_is_remembered() {
    let mut stage = restarted(|stage| stage.ping("v=1 boot=a seq=1"));
    let (id, boot) = (Identity::new("h", "", "x").unwrap(), Boot::new("a").unwrap());
    stage.input(Input::PresenceOpened { id, boot });
    stage.input(Input::PresenceClosed { id, boot, grace: Duration::from_secs(2) });
    stage.after(60_000).tick();
    assert_eq!(stage.state(), "unknown");
    stage.input(Input::PresenceOpened { id, boot });
    stage.ping("v=1 boot=a seq=2");
    assert_eq!(stage.snapshot("h", "x").unwrap().presence, Some(true));
}

#[test]
fn law_5_monitoring_is_never_told_that_who_is_not_heard_is_well() {
    use crate::verdict::Nagios;
    for policy in Policy::ALL {
        let mut stage = Stage::new(Config { policy: *policy, ..Config::default() });
        stage.ping("v=1 boot=a");
        stage.restart(1);
        let app = stage.snapshot("h", "x").unwrap();
        assert_eq!(app.nagios(Time::from_millis(stage.now)), Nagios::Unknown, "{policy:?}");
        assert_eq!((app.is_heard(), app.beats, app.silent_since), (false, 0, Time::from_millis(1)));
    }
}

#[test]
fn who_is_heard_already_keeps_what_it_says_and_gets_its_age() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    let app = stage.snapshot("h", "x").unwrap();
    let memory = Memory { state: State::Down, lived: true, ..Memory::of(&app) };
    let mut next = Stage::new(Config::default());
    next.now = START;
    next.ping("v=1 boot=b");
    next.out.clear();
    next.input(Input::Restored { id: app.id.borrow(), memory });
    let app = next.snapshot("h", "x").unwrap();
    assert_eq!((app.state, app.new, app.first_seen, next.told()), (State::Up, false, Time::ZERO, Vec::new()));
}

#[test]
fn who_is_heard_already_is_adopted_if_it_was() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    let app = stage.snapshot("h", "x").unwrap();
    for before in [false, true] {
        for now in [false, true] {
            let mut next = Stage::new(Config::default());
            next.ping("v=1 boot=a");
            next.input(Input::Adopt { id: app.id.borrow(), on: now });
            let memory = Memory { adopted: before, ..Memory::of(&app) };
            next.input(Input::Restored { id: app.id.borrow(), memory });
            assert_eq!(next.snapshot("h", "x").unwrap().adopted, before || now);
        }
    }
}

#[test]
fn what_is_remembered_of_times_to_come_is_of_now() {
    let mut stage = Stage::new(Config::default());
    stage.now = 2 * START;
    stage.ping("v=1 boot=a");
    let app = stage.snapshot("h", "x").unwrap();
    let mut next = Stage::new(Config::default());
    next.now = START;
    let memory = Memory { state: State::Stalled, cause: Cause::NoFrames, ..Memory::of(&app) };
    next.input(Input::Restored { id: app.id.borrow(), memory });
    let app = next.snapshot("h", "x").unwrap();
    assert_eq!([app.since, app.first_seen].map(Time::as_millis), [START; 2]);
}

#[test]
fn who_was_restored_keeps_its_place_from_then_on_and_not_since_it_went_down() {
    let mut stage = restarted(|stage| {
        stage.ping("v=1 boot=a");
        stage.after(4_000);
    });
    assert_eq!(stage.state(), "down");
    let app = Identity::new("h", "", "x").unwrap().fingerprint(&stage.registry.key);
    assert_eq!(stage.registry.gives_way(app), Some(Time::from_millis(START) + defaults::NEW_HOLD));
    let held = defaults::NEW_HOLD.as_millis() as u64;
    assert_eq!(stage.after(held - 1).input(Input::Displace { app }), Reply::Unknown);
    assert_eq!(stage.after(1).input(Input::Displace { app }), Reply::Done);
}

#[test]
fn of_two_that_claim_one_page_the_first_has_it() {
    let mut stage = Stage::new(Config::default());
    stage.ping("v=1 boot=a");
    let memory = Memory::of(&stage.snapshot("h", "x").unwrap());
    for host in ["h2", "h3"] {
        let id = Identity::new(host, "", "x").unwrap();
        let mut next = Stage::new(Config::default());
        core::mem::swap(&mut next, &mut stage);
        next.input(Input::Restored { id, memory });
        core::mem::swap(&mut next, &mut stage);
    }
    assert_eq!((stage.registry.len(), stage.registry.boots.held().0), (3, 1));
}

/// An app of `host` that has just gone down, as `new` as `adopt` leaves it.
fn gone(stage: &mut Stage, adopt: &[bool]) -> bool {
    stage.ping("v=1 boot=a");
    stage.after(4_000).tick();
    let id = Identity::new("h", "", "x").unwrap();
    for &on in adopt {
        assert_eq!(stage.input(Input::Adopt { id, on }), Reply::Done);
    }
    let app = stage.snapshot("h", "x").unwrap();
    assert_eq!(app.adopted, adopt.last() == Some(&true));
    let key = id.fingerprint(&stage.registry.key);
    assert_eq!(stage.registry.gives_way(key).is_some(), app.new);
    app.new
}

#[test]
fn who_is_adopted_is_not_new_and_stays() {
    let hour = defaults::NEW_RETENTION.as_millis() as u64;
    for (adopt, stays) in [(&[][..], false), (&[true][..], true), (&[true, false][..], false)] {
        for restart in [false, true] {
            let mut stage = Stage::new(Config::default());
            assert_eq!(gone(&mut stage, adopt), !stays, "{adopt:?}");
            if restart {
                stage.restart(10);
                let id = Identity::new("h", "", "x").unwrap();
                stage.input(Input::Adopt { id, on: false });
                assert!(stage.snapshot("h", "x").unwrap().new, "no adoption makes it older");
                stage.input(Input::Adopt { id, on: stays });
                assert_eq!(stage.snapshot("h", "x").unwrap().adopted, stays);
            }
            stage.now = 4_000 + hour - 1;
            stage.tick();
            assert_eq!(stage.state(), "down", "{adopt:?}");
            stage.after(1).tick();
            assert_eq!(stage.state(), if stays { "down" } else { "gone" }, "{adopt:?} {restart}");
        }
    }
}

#[test]
fn who_is_no_longer_wanted_and_long_down_goes_at_once() {
    let mut stage = Stage::new(Config::default());
    gone(&mut stage, &[true]);
    stage.after(10_000_000).tick();
    stage.out.clear();
    let id = Identity::new("h", "", "x").unwrap();
    assert_eq!(stage.input(Input::Adopt { id, on: false }), Reply::Done);
    assert_eq!(stage.told(), ["x @ h 10004000 removed Forgotten"]);
    assert_eq!(stage.input(Input::Adopt { id, on: true }), Reply::Unknown);
}

#[test]
fn who_has_lived_for_a_day_has_lived_for_a_day_after_a_restart() {
    let mut stage = Stage::new(Config::default());
    stage.beat("h", "x", Verb::Ping, 604_800_000, "v=1 boot=a");
    stage.after(defaults::ADOPT_AFTER.as_millis() as u64).ping("v=1 boot=a");
    stage.restart(10);
    assert!(!stage.snapshot("h", "x").unwrap().new);
    stage.restart(10);
    assert!(!stage.snapshot("h", "x").unwrap().new);
}
