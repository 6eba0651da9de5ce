//! A restart of the server is amnesty with memory: evidence is to be proved anew, what was done is not forgotten.

use super::*;

/// The server starts again after so many seconds, with a clock of its own that begins at zero.
fn restarted(stage: &Stage, after: u64) -> Stage {
    let mut next = Stage::new(Config::default());
    for (host, left) in stage.repairs.reboots(Time::from_millis(stage.now)) {
        next.input(Input::Rebooted { host, left });
    }
    for (id, record) in stage.repairs.records(Time::from_millis(stage.now)) {
        next.input(Input::Restore {
            id: id.borrow(),
            record,
            after: Duration::from_secs(after),
            ticket: None,
        });
    }
    next
}

#[test]
fn evidence_is_proved_anew_and_the_ladder_goes_on() {
    let mut stage = Stage::new(Config::default());
    stage.play("0 h repairs; 0 h on no-frames; 40 h tick");
    let mut next = restarted(&stage, 10);
    next.play("0 h repairs; 0 h on no-frames; 900 h tick");
    assert_eq!(
        next.told(),
        // The reload of second 30 is waited for until its second 90; its end tells nobody anything.
        [
            "50 h run reload #2 no-frames",
            "110 h NoHelp",
            "130 h run restart #3 no-frames",
            "250 h NoHelp",
            "290 h gave-up #3 no-frames"
        ]
    );
}

#[test]
fn what_was_given_up_stays_so_and_is_alerted_no_second_time() {
    let mut stage = Stage::new(Config::default());
    stage.play("0 h repairs; 0 h on exited; 200 h tick");
    let mut next = restarted(&stage, 0);
    let id = Identity::new("h", "", "x").unwrap();
    assert_eq!(next.repairs.status(id), Status::GaveUp);
    next.play("0 h repairs; 0 h on exited; 9000 h off exited; 9000 h is up; 9060 h tick");
    assert_eq!(next.told(), ["9060 h recovered #1"]);
    assert_eq!(next.repairs.record(Time::from_millis(next.now), id), None);
}

#[test]
fn caps_and_groups_outlast_the_run_that_filled_them() {
    let mut stage = Stage::new(Config { backoff: Duration::ZERO, ..Config::default() });
    stage.play("0 h repairs; 0 h on exited; 100 h now; 160 h now; 280 h now; 400 h now; 401 h tick");
    let mut next = restarted(&stage, 0);
    // h still has its group, and no fourth repair before the first is an hour old.
    next.play(
        "0 h groups hall; 0 i groups hall; 0 h repairs; 0 i repairs; 0 i on exited; 0 h on exited; 1 h now",
    );
    let first = next.told();
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("1 h refused"), "{first:?}");
}

#[test]
fn the_reboot_of_the_day_outlasts_everybody() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let reboot = Arc::new(Ladder::new(&[step(Action::Reboot, Signs::ANY, 300, 1)]).unwrap());
    stage.input(Input::Ladder { id, ladder: Arc::clone(&reboot) });
    stage.play("0 h repairs; 0 h on exited; 40 h forget; 4000 h tick");
    let mut next = restarted(&stage, 0);
    next.input(Input::Ladder { id, ladder: reboot });
    next.play("0 h repairs; 0 h on exited; 90000 h tick");
    assert_eq!(next.told(), ["30 h gave-up #0 exited"]);
}

#[test]
fn spans_that_no_run_can_have_left_are_cut() {
    let mut stage = Stage::new(Config::default());
    let id = Identity::new("h", "", "x").unwrap();
    let long = Duration::MAX;
    let past =
        Past { step: 200, tries: 200, pause: long, running: Some((Action::Reboot, long)), ..Past::default() };
    let record = Record { incident: Some(past), repairs: alloc::vec![long; 100] };
    stage.input(Input::Restore { id, record: record.clone(), after: Duration::ZERO, ticket: None });
    // A second word about the same app changes nothing.
    stage.input(Input::Restore { id, record, after: Duration::ZERO, ticket: None });
    stage.play("0 h repairs; 0 h on exited; 9000 h tick");
    assert_eq!(stage.told(), ["3610 h gave-up #0 exited"]);
}
