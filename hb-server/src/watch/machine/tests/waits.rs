//! Why alerts and repairs of single apps wait, and what people said of their incidents.

use hb_core::beat::{Cause, State};
use hb_core::expect::How;
use hb_core::hold::{Reason, Stops};
use hb_core::id::OwnedIdentity;
use hb_core::incident::{Dependency, Needed, Number, Tree};
use hb_core::window::{Hours, Kind as MuteKind, Mute, Scope, When};
use jiff::tz::TimeZone;

use crate::notify::message::Kind;
use crate::watch::machine::Input;
use crate::watch::{Config, Refusal, Reply, Request};

use super::house::{House, START};
use super::{ada, id};

fn holds(house: &House, id: &OwnedIdentity) -> Vec<Reason> {
    house.machine.incidents().holds(id.borrow()).iter().collect()
}

fn stalled(config: Config) -> (House, OwnedIdentity) {
    let (mut house, app) = (House::new(config), id("kiosk-7", "Tetris"));
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    (house, app)
}

fn snooze(house: &House, scope: &str) -> Request {
    let when = When::Once { from: house.at().wall, until: house.wall_in(3600) };
    let mute = Mute::new(scope.parse().unwrap(), when, MuteKind::Snooze, ada(), "");
    Request::Mute(Box::new(mute.unwrap()))
}

#[test]
fn a_snooze_ends_when_the_calendar_says_so_whatever_became_of_the_clock() {
    // An hour went by while the server stood still; the calendar was set, and set back.
    for (restart, ahead) in [(false, 3_000), (false, -3_000), (true, 3_000), (true, -3_000)] {
        let (mut house, _) = stalled(Config::default());
        let number = Number(house.open_incidents()[0]);
        let until = house.wall_in(3_600);
        house.ask(Request::Snooze { number, until }).unwrap();
        house.set_clock(true, ahead);
        if restart {
            house = house.restart(10);
        }
        let at = house.at();
        assert_eq!(house.machine.open_incidents(at)[0].snoozed, Some(until), "{ahead}");
        let left = (until.as_unix_millis() - at.wall.as_unix_millis()) / 1_000;
        house.pass(left as u64 - 1);
        assert_eq!(house.told(Kind::Opening).len(), 0, "{ahead}: too early");
        house.pass(2);
        assert_eq!(house.told(Kind::Opening).len(), 1, "{ahead}: too late");
    }
}

#[test]
fn whoever_others_depend_on_is_expected_to_be_here() {
    let films = id("server", "films");
    let who = "kiosk-*/*".parse().unwrap();
    let tree =
        Tree { dependencies: vec![Dependency { who, on: Needed::App(films.clone()) }], ..Tree::default() };
    let (mut house, app) = stalled(Config { tree, ..Config::default() });
    house.believe(&app, State::Up, Cause::None);
    for state in [State::Up, State::Down] {
        house.believe(&films, state, Cause::None);
    }
    assert_eq!(house.machine.expect().adopted(films.borrow()), Some(How::List));
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(600);
    let told: Vec<_> = house.all.iter().map(|message| &*message.incidents[0].host).collect();
    assert_eq!(told, ["server"], "one alert, of the cause");

    // Over a restart, when it goes and comes again, and when it moves there.
    let mut house = house.restart(60);
    assert_eq!(house.machine.expect().adopted(films.borrow()), Some(How::List));
    house.remove(&films, false);
    house.believe(&films, State::Up, Cause::None);
    assert_eq!(house.machine.expect().adopted(films.borrow()), Some(How::List));
    house.remove(&films, true);
    house.believe(&id("10.0.0.9", "films"), State::Up, Cause::None);
    house.moved(&id("10.0.0.9", "films"), &films);
    assert_eq!(house.machine.expect().adopted(films.borrow()), Some(How::List));
    assert_eq!(holds(&house, &films), []);
}

#[test]
fn it_waits_while_it_is_closed_and_then_for_the_grace() {
    let hours = Hours::parse("mo-su 08:30-18:00", TimeZone::UTC).unwrap();
    let (mut house, app) =
        stalled(Config { calendars: vec![(Scope::Everything, hours)], ..Config::default() });
    assert_eq!(holds(&house, &app), [Reason::Closed]);
    house.pass(30 * 60);
    assert_eq!(holds(&house, &app), [Reason::Grace]);
    house.pass(300);
    assert_eq!(holds(&house, &app), []);
}

#[test]
fn the_registry_is_told_what_is_closed_also_after_a_restart() {
    let hours = Hours::parse("mo-su 08:30-18:00", TimeZone::UTC).unwrap();
    let (house, app) = stalled(Config { calendars: vec![(Scope::Everything, hours)], ..Config::default() });
    assert_eq!(house.closed, [true]);
    let mut house = house.restart(1);
    assert_eq!(house.closed, [true], "before anybody beats");
    house.believe(&app, State::Stalled, Cause::DisplayOff);
    assert_eq!(house.closed.last(), Some(&true));
    house.believe(&app, State::Off, Cause::DisplayOff);
    let told = house.closed.len();
    house.believe(&app, State::Hidden, Cause::None);
    assert_eq!(house.closed.len(), told, "and no more often than that");
    house.pass(30 * 60);
    assert_eq!(house.closed.last(), Some(&false));
}

#[test]
fn who_is_contradicted_is_told_of_and_not_repaired() {
    let (mut house, app) = stalled(Config::default());
    house.handle(Input::Conflict { id: app.borrow(), on: true });
    assert_eq!(holds(&house, &app), [Reason::Conflict]);
    assert!(Reason::Conflict.stops(Stops::Repairs) && !Reason::Conflict.stops(Stops::Alerts));
    let there = id("10.0.0.9", "Tetris");
    house.moved(&app, &there);
    assert_eq!(holds(&house, &there), [Reason::Conflict]);
    house.handle(Input::Conflict { id: there.borrow(), on: false });
    assert_eq!(holds(&house, &there), []);
}

#[test]
fn a_display_that_is_off_is_a_reason() {
    let (mut house, app) = stalled(Config::default());
    for dark in [(State::Off, Cause::DisplayOff), (State::Stalled, Cause::DisplayOff)] {
        house.believe(&app, dark.0, dark.1);
        assert_eq!(holds(&house, &app), [Reason::DisplayOff]);
        house.believe(&app, State::Up, Cause::None);
        assert_eq!(holds(&house, &app), []);
    }
}

#[test]
fn a_mute_that_was_lifted_stays_so_after_a_restart() {
    let (mut house, app) = stalled(Config::default());
    let mute = snooze(&house, "kiosk-7/*");
    let Ok(Reply::Muted(first)) = house.ask(mute) else { panic!() };
    house.ask(Request::Lift(first)).unwrap();
    let mut house = house.restart(1);
    assert_eq!(holds(&house, &app), []);
    let mute = snooze(&house, "kiosk-7/*");
    let Ok(Reply::Muted(second)) = house.ask(mute) else { panic!() };
    assert!(second.get() > first.get(), "no number is given twice");
}

#[test]
fn what_is_over_keeps_its_number_after_a_restart() {
    let (mut house, app) = stalled(Config::default());
    house.believe(&app, State::Up, Cause::None);
    let mut house = house.restart(1);
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    assert_eq!(house.open_incidents(), [2]);
}

#[test]
fn people_are_told_when_it_is_due_and_what_is_true_then() {
    let (mut house, app) = stalled(Config::default());
    house.pass(600);
    assert_eq!(house.told(Kind::Opening)[0].at, START + 15_000);
    house.believe(&app, State::Stalled, Cause::GpuStuck);
    house.pass(3600);
    assert_eq!(house.told(Kind::Reminder)[0].incidents[0].cause, Cause::GpuStuck.word());
    house.believe(&app, State::Up, Cause::None);
    house.pass(2);
    assert_eq!(house.told(Kind::Closing)[0].incidents[0].until, Some(START + 4_200_000));
}

#[test]
fn a_snooze_is_of_an_open_incident_and_ends_in_the_future_also_after_a_restart() {
    let (mut house, _) = stalled(Config::default());
    house.pass(60);
    let number = Number(house.open_incidents()[0]);
    let unknown = Request::Snooze { number: Number(99), until: house.wall_in(60) };
    assert_eq!(house.ask(unknown), Err(Refusal::NoIncident(99)));
    let over = Request::Snooze { number, until: house.at().wall };
    assert_eq!(house.ask(over), Err(Refusal::Over));
    let quiet = Request::Snooze { number, until: house.wall_in(3 * 3600) };
    house.ask(quiet).unwrap();
    let mut house = house.restart(60);
    house.pass(2 * 3600);
    assert_eq!(house.told(Kind::Reminder).len(), 0);
    house.pass(3600);
    assert_eq!(house.told(Kind::Reminder).len(), 1);
}

#[test]
fn whoever_moves_waits_as_its_new_place_does() {
    let (mut house, app) = stalled(Config::default());
    let (mute, new) = (snooze(&house, "10.0.0.9/*"), id("10.0.0.9", "Tetris"));
    house.ask(mute).unwrap();
    house.moved(&app, &new);
    assert_eq!(holds(&house, &new), [Reason::Muted]);
    assert!(house.machine.expect().adopted(app.borrow()).is_none(), "nobody is there any more");
}

#[test]
fn a_restart_knows_since_when_a_signal_that_is_repeated_has_closed() {
    let (mut house, app) = (House::new(Config::default()), id("kiosk-7", "Tetris"));
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    let closed = Request::Signal { scope: Scope::Everything, open: false };
    house.ask(closed.clone()).unwrap();
    house.pass(60);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    let excused = |house: &House| house.machine.standing(house.at(), app.borrow()).is_excused();
    assert!(excused(&house));
    // Longer than one word counts.
    for _ in 0..4 {
        house.pass(20 * 3600);
        house.ask(closed.clone()).unwrap();
        house = house.restart(60);
        assert!(excused(&house), "it was well when it was closed");
    }
    house.ask(Request::Signal { scope: Scope::Everything, open: true }).unwrap();
    house.pass(600);
    house.ask(closed).unwrap();
    let house = house.restart(60);
    assert!(!excused(&house), "it was not when it was closed again");
}

#[test]
fn a_restart_gives_no_grace_after_an_opening_that_is_only_repeated() {
    let (mut house, app) = stalled(Config::default());
    let open = Request::Signal { scope: Scope::Everything, open: true };
    house.ask(Request::Signal { scope: Scope::Everything, open: false }).unwrap();
    house.ask(open.clone()).unwrap();
    house.pass(3600);
    house.ask(open).unwrap();
    let house = house.restart(60);
    assert_eq!(holds(&house, &app), []);
}
