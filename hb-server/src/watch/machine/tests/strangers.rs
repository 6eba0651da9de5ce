//! Names that anybody may make up: they are seen, and take no place where it is decided who is told and what repaired.

use hb_core::beat::{Cause, State};
use hb_core::hold::Reason;
use hb_core::incident::{Group, Tree};
use hb_core::repair;

use crate::notify::message::Kind;
use crate::watch::{Config, Input, Refusal, Request};

use super::house::House;
use super::{id, repairing};

/// A house in which everybody is of one group, and one screen that is adopted.
fn house() -> House {
    let group = Group { name: "all".into(), members: vec!["*/*".parse().unwrap()] };
    let tree = Tree { groups: vec![group], ..Tree::default() };
    let mut house = House::new(Config { tree, ..repairing() });
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house
}

/// How many apps the incidents know, and how many apps and hosts the repairs.
fn sizes(house: &House) -> (usize, usize, usize) {
    let repairs = &house.machine.repairs;
    (house.machine.incidents.len(), repairs.len(), repairs.hosts())
}

#[test]
fn a_crowd_of_names_makes_nothing_larger_that_is_walked_through() {
    let mut house = house();
    let before = sizes(&house);
    for n in 0..100 {
        let app = id(&format!("10.0.0.{n}"), "x");
        house.believe(&app, State::Up, Cause::None);
        house.believe(&app, State::Stalled, Cause::NoFrames);
        let holds = house.machine.standing(house.at(), app.borrow()).holds;
        assert_eq!(holds.iter().collect::<Vec<_>>(), [Reason::New]);
    }
    house.pass(3600);
    assert_eq!((sizes(&house), house.all.len(), house.steps.len()), (before, 0, 0));
    let refused = house.ask(Request::Repair(id("10.0.0.7", "x")));
    assert_eq!(refused, Err(Refusal::Repair(repair::Refusal::Held(Reason::New))));
    let house = house.restart(60);
    assert_eq!(sizes(&house), before);
}

#[test]
fn whoever_is_adopted_among_them_is_told_of_and_repaired() {
    let mut house = house();
    let app = id("10.0.0.7", "x");
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(3600);
    house.ask(Request::Adopt(app.clone())).unwrap();
    assert!(house.machine.standing(house.at(), app.borrow()).holds.is_empty());
    house.pass(60);
    assert_eq!((house.told(Kind::Opening).len(), house.actions()), (1, vec!["reload"]));
}

#[test]
fn a_host_is_forgotten_with_its_last_app() {
    let mut house = house();
    let before = sizes(&house);
    for n in 0..100 {
        let app = id(&format!("10.0.0.{n}"), "x");
        house.adopt(&app);
        house.believe(&app, State::Up, Cause::None);
        house.handle(Input::Removed { id: app.borrow(), forgotten: true });
    }
    assert_eq!(sizes(&house), before);
}
