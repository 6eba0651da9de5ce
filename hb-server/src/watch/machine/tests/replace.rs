//! A host took the place of another: what people said of it goes along, and who speaks is believed.

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, How, Place};
use hb_core::id::{Glob, OwnedIdentity};
use hb_core::incident::Number;
use hb_core::window::{Kind as MuteKind, Mute, Scope, When};

use crate::notify::message::Kind;
use crate::watch::{Config, Refusal, Replaced, Request};

use super::house::House;
use super::{ada, id, repairing};

fn broken(house: &mut House, app: &OwnedIdentity) {
    house.adopt(app);
    house.believe(app, State::Up, Cause::None);
    house.believe(app, State::Down, Cause::Silence);
}

fn mute(house: &mut House, scope: &str) {
    let when = When::Once { from: house.at().wall, until: house.wall_in(7200) };
    let mute = Mute::new(scope.parse().unwrap(), when, MuteKind::Maintenance, ada(), "lamp").unwrap();
    house.ask(Request::Mute(Box::new(mute))).unwrap();
}

fn scopes(house: &House) -> Vec<String> {
    house.machine.mutes().list(house.at().wall).map(|(_, mute, _)| mute.scope().to_string()).collect()
}

fn expect(house: &mut House, host: &str, show: &str) {
    let expected = Expected { place: Place::new(host, "").unwrap(), shows: vec![Glob::new(show).unwrap()] };
    house.ask(Request::Expect(expected)).unwrap();
}

fn places(house: &House) -> Vec<String> {
    house.machine.expected_places().map(|(it, _)| it.place.to_string()).collect()
}

fn taken(house: &House, number: u64) -> bool {
    let record = house.machine.alerts().record(Number(number));
    record.is_some_and(|record| record.acknowledged.is_some())
}

#[test]
fn what_was_said_of_the_old_machine_is_said_of_the_new_one_also_over_a_restart() {
    let mut house = House::new(repairing());
    let (old, new) = (id("old", "Tetris"), id("new", "Tetris"));
    broken(&mut house, &old);
    house.pass(60);
    house.ask(Request::Acknowledge(Number(1))).unwrap();
    ["old/*", "old/Tetris", "old/*#", "group:hall", "older/*"].iter().for_each(|it| mute(&mut house, it));
    expect(&mut house, "old", "Tetris");
    house.ask(Request::Signal { scope: "old/*".parse().unwrap(), open: true }).unwrap();
    house.believe(&new, State::Starting, Cause::None);
    let done = house.replace("old", "new", &[]).unwrap();
    assert_eq!(done, Replaced { apps: 1, mutes: 3, places: 1 });
    let said = ["new/*", "new/Tetris", "new/*#", "group:hall", "older/*"];
    let house = house.restart(1);
    assert_eq!(scopes(&house), said);
    assert_eq!(places(&house), ["new"]);
    assert_eq!(house.machine.expect().adopted(new.borrow()), Some(How::Person));
    assert_eq!(house.machine.expect().adopted(old.borrow()), None);
    let signal: Scope = "new/*".parse().unwrap();
    assert!(house.machine.mutes().said_since(&signal).is_some());
}

#[test]
fn an_incident_that_somebody_takes_care_of_goes_along_and_ends_when_the_new_machine_works() {
    let mut house = House::new(Config::default());
    let (old, new) = (id("old", "Tetris"), id("new", "Tetris"));
    broken(&mut house, &old);
    house.pass(60);
    house.ask(Request::Acknowledge(Number(1))).unwrap();
    house.believe(&id("new", "other"), State::Up, Cause::None);
    house.replace("old", "new", &[]).unwrap();
    assert_eq!(house.machine.incidents().of(new.borrow()), Some(Number(1)), "not there yet");
    assert!(taken(&house, 1));
    let mut house = house.restart(1);
    assert_eq!(house.machine.incidents().of(new.borrow()), Some(Number(1)));
    assert!(taken(&house, 1));
    house.believe(&new, State::Up, Cause::None);
    house.pass(600);
    assert_eq!(house.open_incidents(), Vec::<u64>::new());
    assert_eq!(house.rows()[&1].ending.as_deref(), Some("back"));
    assert_eq!(house.rows()[&1].app, Some(new));
}

#[test]
fn a_place_that_is_dark_is_lit_by_the_machine_that_stands_there_now() {
    for speaks in ["Tetris", "Pong"] {
        let mut house = House::new(Config::default());
        let expected = Expected {
            place: Place::new("old", "").unwrap(),
            shows: vec![Glob::new("Pong").unwrap(), Glob::new("Tetris").unwrap()],
        };
        house.ask(Request::Expect(expected)).unwrap();
        house.pass(3600);
        assert_eq!(house.open_incidents().len(), 1, "nobody was ever heard there");
        house.believe(&id("new", speaks), State::Up, Cause::None);
        house.replace("old", "new", &[]).unwrap();
        house.pass(600);
        assert_eq!(house.open_incidents(), Vec::<u64>::new(), "{speaks}");
        assert_eq!(house.rows()[&1].ending.as_deref(), Some("back"), "{speaks}");
    }
}

#[test]
fn a_place_that_is_still_dark_stays_one_incident() {
    let mut house = House::new(Config::default());
    expect(&mut house, "old", "Tetris");
    house.pass(3600);
    house.ask(Request::Acknowledge(Number(1))).unwrap();
    house.believe(&id("new", "other"), State::Up, Cause::None);
    house.replace("old", "new", &[]).unwrap();
    house.pass(3600);
    assert_eq!(house.open_incidents(), [1]);
    assert!(taken(&house, 1));
    let mut house = house.restart(1);
    house.pass(3600);
    assert_eq!(house.open_incidents(), [1]);
    assert_eq!(house.told(Kind::Opening).len(), 1, "once");
    house.believe(&id("new", "Tetris"), State::Up, Cause::None);
    house.pass(600);
    assert_eq!(house.open_incidents(), Vec::<u64>::new());
}

#[test]
fn who_is_heard_on_the_new_machine_is_believed_and_not_who_was_here() {
    let mut house = House::new(repairing());
    let (old, new) = (id("old", "Tetris"), id("new", "Tetris"));
    broken(&mut house, &old);
    house.pass(600);
    house.believe(&new, State::Up, Cause::None);
    house.replace("old", "new", &[]).unwrap();
    assert_eq!(house.machine.state(new.borrow()), Some(State::Up));
    assert_eq!(house.machine.state(old.borrow()), None);
    house.pass(60);
    assert_eq!(house.open_incidents(), Vec::<u64>::new());
    house.believe(&new, State::Stalled, Cause::NoFrames);
    house.pass(60);
    assert_eq!(house.open_incidents(), [2], "it is of the house: its trouble is told");
}

#[test]
fn nothing_moves_where_that_would_be_wrong() {
    let place = |host: &str| Place::new(host, "").unwrap();
    let expect = vec![Expected { place: place("written"), shows: vec![Glob::new("Tetris").unwrap()] }];
    let mut house = House::new(Config { expect, ..Config::default() });
    for host in ["alive", "new", "*"] {
        house.believe(&id(host, "Tetris"), State::Up, Cause::None);
    }
    broken(&mut house, &id("old", "Tetris"));
    mute(&mut house, "old/*");
    let refused = |house: &mut House, old: &str, new: &str| house.replace(old, new, &[]).unwrap_err();
    assert_eq!(refused(&mut house, "old", "old"), Refusal::SameHost);
    assert_eq!(refused(&mut house, "old", "*"), Refusal::PatternHost);
    assert_eq!(refused(&mut house, "old", "nobody"), Refusal::NoSuccessor("nobody".into()));
    assert_eq!(refused(&mut house, "nobody", "new"), Refusal::NoHost("nobody".into()));
    assert_eq!(refused(&mut house, "nobody", "neither"), Refusal::NoHost("nobody".into()));
    assert_eq!(refused(&mut house, "alive", "new"), Refusal::Alive(id("alive", "Tetris")));
    assert_eq!(refused(&mut house, "written", "new"), Refusal::Configured(place("written")));
    assert_eq!(scopes(&house), ["old/*"]);
}

#[test]
fn an_app_that_only_the_memory_knows_goes_along() {
    let mut house = House::new(Config::default());
    let (old, new) = (id("old", "Tetris"), id("new", "Tetris"));
    broken(&mut house, &old);
    house.remove(&old, false);
    house.believe(&id("new", "other"), State::Up, Cause::None);
    assert_eq!(house.replace("old", "new", &[]), Err(Refusal::NoHost("old".into())));
    assert_eq!(house.replace("old", "new", std::slice::from_ref(&old)).unwrap().apps, 1);
    assert_eq!(house.machine.expect().adopted(new.borrow()), Some(How::Person));
    assert_eq!(house.machine.expect().adopted(old.borrow()), None);
}
