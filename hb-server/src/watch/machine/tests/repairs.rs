//! Repairs in the house: what is rehearsed, what a restart and a move remember, how often a machine starts again.

use std::sync::Arc;
use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, OwnedIdentity};
use hb_core::incident::Number;
use hb_core::repair::{Action, Evidence, Failure, Ladder, Signs, Status, Step};
use hb_core::window::{Hours, Scope};
use jiff::tz::TimeZone;

use crate::notify::message::Kind;
use crate::watch::{Config, Input, Plan, Request};

use super::house::House;
use super::{id, repairing};

fn kiosk(config: Config) -> (House, OwnedIdentity) {
    let (mut house, app) = (House::new(config), id("kiosk-7", "Tetris"));
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    (house, app)
}

#[test]
fn a_rehearsal_is_written_down_and_does_nothing() {
    let mut config = repairing();
    config.repairs[0].dry = true;
    let (mut house, app) = kiosk(config);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(60);
    let row = house.repairs.values().next().unwrap();
    assert_eq!((house.steps.len(), row.dry, row.ended.is_some()), (0, true, true));
}

#[test]
fn what_a_step_said_stands_in_its_story() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(31);
    let ticket = house.steps[0].ticket;
    let (failure, said) = (Some(Failure::Refused), "no such unit");
    house.handle(Input::Repaired { id: app.borrow(), ticket, failure, said });
    let row = house.repairs.values().next().unwrap();
    assert_eq!((row.said.as_deref(), row.ended.is_some()), (Some(said), true), "{row:?}");
}

#[test]
fn the_last_word_before_silence_is_proof() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(10);
    house.believe(&app, State::Late, Cause::NoFrames);
    house.pass(10);
    house.believe(&app, State::Down, Cause::NoFrames);
    house.pass(11);
    assert_eq!(house.actions(), ["reload"]);
}

#[test]
fn a_stuck_page_whose_browser_then_ends_has_proved_what_it_proved_until_it_is_back() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::MainBlocked);
    house.pass(10);
    house.believe(&app, State::Late, Cause::ConnectionLost);
    house.pass(10);
    house.believe(&app, State::Down, Cause::ConnectionLost);
    house.pass(11);
    assert_eq!(house.actions(), ["restart"], "a page that is stuck hears no reload");
    house.answer(None);
    house.believe(&app, State::Up, Cause::None);
    for state in [State::Late, State::Down] {
        house.believe(&app, state, Cause::ConnectionLost);
    }
    house.pass(600);
    assert_eq!(house.actions(), ["restart"], "of itself an end proves nothing");
}

#[test]
fn what_the_agent_says_of_the_process_is_proof() {
    let (mut house, app) = kiosk(repairing());
    for state in [State::Late, State::Down] {
        house.believe(&app, state, Cause::Silence);
    }
    house.pass(300);
    assert_eq!(house.steps.len(), 0);
    house.handle(Input::Evidence { id: app.borrow(), evidence: Evidence::Exited, on: true });
    house.pass(60);
    assert_eq!(house.actions(), ["restart"], "a page that is gone hears no reload");
}

#[test]
fn what_was_proved_before_a_restart_is_so_after_it() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    let mut house = house.restart(5);
    house.pass(35);
    assert_eq!(house.actions(), ["reload"]);
}

#[test]
fn who_was_given_up_stays_so_wherever_it_moves_until_it_is_forgotten() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    for seconds in [31, 80] {
        house.pass(seconds);
        house.answer(Some(Failure::NobodyListening));
    }
    house.pass(600);
    assert_eq!(house.machine.repair_status(app.borrow()), Status::GaveUp);
    let (steps, new) = (house.steps.len(), id("10.0.0.9", "Tetris"));
    house.moved(&app, &new);
    house.pass(300);
    assert_eq!((house.steps.len(), house.machine.repair_status(new.borrow())), (steps, Status::GaveUp));
    house.handle(Input::Removed { id: new.borrow(), forgotten: true });
    assert_ne!(house.machine.repair_status(new.borrow()), Status::GaveUp);
}

#[test]
fn a_machine_starts_again_once_a_day_whatever_happens_to_the_server() {
    let wait = Duration::from_secs(60);
    let reboot = Step { action: Action::Reboot, when: Signs::ANY, wait, cap: 1 };
    let ladder = Arc::new(Ladder::new(&[reboot]).unwrap());
    let plan = Plan { apps: vec!["*".parse().unwrap()], ladder, command: None, unit: None, dry: false };
    let (mut house, app) = kiosk(Config { repairs: vec![plan], ..Config::default() });
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(31);
    assert_eq!(house.actions(), ["reboot"]);
    house.answer(None);
    house.believe(&app, State::Up, Cause::None);
    house.pass(3600);
    let mut house = house.restart(60);
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(12 * 3600);
    assert_eq!(house.actions(), ["reboot"]);
    house.believe(&app, State::Up, Cause::None);
    house.pass(11 * 3600);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(120);
    assert_eq!(house.actions(), ["reboot", "reboot"], "a day after the first");
}

#[test]
fn a_clock_that_is_trusted_again_in_closing_hours_repairs_nothing() {
    let hours = Hours::parse("mo-su 20:00-21:00", TimeZone::UTC).unwrap();
    let mut house = House::new(Config { calendars: vec![(Scope::Everything, hours)], ..repairing() });
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.set_clock(false, 0);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(60);
    house.set_clock(true, 0);
    house.pass(60);
    assert_eq!(house.steps.len(), 0);
}

/// A place of the list on which nobody was ever seen.
fn never_started() -> (House, OwnedIdentity) {
    let expected = ["Tetris", "Pong"].map(|app| Glob::new(app).unwrap());
    let place = Expected { place: Place::new("kiosk-7", "").unwrap(), shows: expected.into() };
    (House::new(Config { expect: vec![place], ..repairing() }), id("kiosk-7", "Tetris"))
}

/// The agent says that the browser is gone.
fn exits(house: &mut House, app: &OwnedIdentity) {
    house.handle(Input::Evidence { id: app.borrow(), evidence: Evidence::Exited, on: true });
}

#[test]
fn a_screen_that_never_started_is_repaired_once_it_is_missing_also_after_a_restart() {
    let (mut house, tetris) = never_started();
    exits(&mut house, &tetris);
    house.pass(299);
    assert_eq!(house.actions(), [""; 0], "it has a grace to start in");
    house.pass(60);
    assert_eq!(house.actions(), ["restart"]);

    let (mut house, _) = never_started();
    house.pass(301);
    let mut house = house.restart(60);
    exits(&mut house, &tetris);
    house.pass(60);
    assert_eq!(house.actions(), ["restart"]);
}

#[test]
fn whoever_gave_a_dark_place_its_name_is_repaired_no_more_once_another_shows_there() {
    let (mut house, tetris) = never_started();
    house.pass(301);
    exits(&mut house, &tetris);
    house.believe(&id("kiosk-7", "Pong"), State::Up, Cause::None);
    house.pass(3_600);
    assert_eq!(house.actions(), [""; 0]);
}

#[test]
fn repairs_that_show_a_picture_for_some_seconds_are_one_incident_with_one_opening_and_one_closing() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(31);
    assert_eq!(house.actions(), ["reload"]);
    let number = house.open_incidents()[0];
    house.ask(Request::Acknowledge(Number(number))).unwrap();
    for attempt in 1..=3 {
        house.answer(None);
        house.believe(&app, State::Reconnecting, Cause::None);
        house.believe(&app, State::Up, Cause::None);
        house.pass(20);
        if attempt == 2 {
            house = house.restart(5);
            house.believe(&app, State::Up, Cause::None);
            house.pass(5);
        }
        house.believe(&app, State::Stalled, Cause::NoFrames);
        house.pass(120);
        assert_eq!(house.open_incidents(), [number], "{attempt}");
        let standing = house.machine.standing(house.at(), app.borrow()).incident.unwrap();
        assert!(standing.acknowledged.is_some(), "{attempt}");
    }
    assert_eq!((house.told(Kind::Opening).len(), house.told(Kind::Closing).len()), (1, 0));
    house.believe(&app, State::Up, Cause::None);
    let works = house.at().wall;
    house.pass(59);
    assert_eq!(house.open_incidents(), [number]);
    house.pass(60);
    assert_eq!((house.told(Kind::Opening).len(), house.told(Kind::Closing).len()), (1, 1));
    assert_eq!(house.rows()[&number].ended, Some(works), "it ended when it began to work");
}

#[test]
fn a_move_takes_along_that_it_is_on_trial() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(31);
    house.answer(None);
    let new = id("10.0.0.9", "Tetris");
    house.moved(&app, &new);
    house.believe(&new, State::Up, Cause::None);
    house.pass(30);
    assert_eq!(house.open_incidents().len(), 1);
    house.pass(31);
    assert_eq!(house.open_incidents().len(), 0);
}

#[test]
fn whoever_asks_for_a_fourth_repair_of_the_hour_or_during_a_rehearsal_is_told_why_not() {
    let (mut house, app) = kiosk(repairing());
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(300);
    assert_eq!(house.steps.len(), 3, "{:?}", house.actions());
    let limit = house.machine.standing(house.at(), app.borrow()).limit.unwrap();
    assert_eq!((limit.0.word(), limit.1), ("hourly", Some(house.wall_in(3_600 + 30 - 300))));
    let denied = house.ask(Request::Repair(app.clone())).unwrap_err().to_string();
    assert!(
        denied.ends_with("had its repairs of this hour; the next may begin at Mon 09:00 UTC"),
        "{denied}"
    );

    let mut config = repairing();
    config.repairs[0].dry = true;
    let (mut house, app) = kiosk(config);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(31);
    let denied = house.ask(Request::Repair(app)).unwrap_err().to_string();
    assert!(denied.contains("nothing is done") && denied.contains("dry = true"), "{denied}");
}
