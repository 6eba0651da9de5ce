//! An app that speaks from another host: what people said of it goes along.

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::hold::Reason;
use hb_core::id::{Glob, Identity, OwnedIdentity};
use hb_core::incident::{Number, Subject};
use hb_core::repair::Status;
use hb_core::window::{Hours, Kind as MuteKind, Mute, Scope, When};
use jiff::tz::TimeZone;

use crate::notify::message::Kind;
use crate::watch::{Config, Input, Request, Window};

use super::house::House;
use super::{ada, id, repairing};

fn up(house: &mut House, app: &OwnedIdentity) {
    house.adopt(app);
    house.believe(app, State::Up, Cause::None);
}

fn mute(house: &mut House, scope: &str) {
    let when = When::Once { from: house.at().wall, until: house.wall_in(7200) };
    let mute = Mute::new(scope.parse().unwrap(), when, MuteKind::Maintenance, ada(), "lamp").unwrap();
    house.ask(Request::Mute(Box::new(mute))).unwrap();
}

fn scopes(house: &House) -> Vec<(u64, String)> {
    let mutes = house.machine.mutes().list(house.at().wall);
    mutes.map(|(id, mute, _)| (id.get(), mute.scope().to_string())).collect()
}

fn is_muted(house: &House, app: &OwnedIdentity) -> bool {
    house.machine.incidents().holds(app.borrow()).contains(Reason::Muted)
}

#[test]
fn a_mute_of_its_host_goes_along_also_over_a_restart() {
    for scope in ["10.0.0.5/*", "10.0.0.5/Tetris", "10.0.0.5/*#"] {
        let mut house = House::new(repairing());
        let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
        up(&mut house, &old);
        mute(&mut house, scope);
        house.moved(&old, &new);
        let moved: Vec<_> = match scope {
            "10.0.0.5/Tetris" => vec![(1, "10.0.0.9/Tetris".to_owned())],
            wide => vec![(1, wide.to_owned()), (2, "10.0.0.9/Tetris#".to_owned())],
        };
        assert_eq!(scopes(&house), moved, "a mute of a host stays, and goes along for this app alone");
        house.believe(&new, State::Stalled, Cause::NoFrames);
        house.pass(3600);
        assert_eq!((house.all.len(), house.steps.len()), (0, 0), "{scope}");
        let mut house = house.restart(10);
        assert_eq!(scopes(&house), moved);
        house.pass(60);
        assert_eq!((house.all.len(), house.steps.len()), (0, 0), "{scope}");
    }
}

#[test]
fn who_moves_in_the_moment_of_a_repair_is_muted_at_every_moment() {
    let mut house = House::new(repairing());
    let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    up(&mut house, &old);
    house.believe(&old, State::Stalled, Cause::NoFrames);
    house.pass(29);
    mute(&mut house, "10.0.0.5/*");
    house.pass(100);
    house.moved(&old, &new);
    house.pass(100);
    assert_eq!(house.steps.len(), 0);
}

#[test]
fn windows_of_one_machine_move_one_after_the_other_and_are_muted_all_the_time() {
    let mut house = House::new(repairing());
    let window = |host: &str, slot: &str| Identity::new(host, slot, "Tetris").unwrap().to_owned();
    let slots = ["left", "middle", "right"];
    for slot in slots {
        up(&mut house, &window("10.0.0.5", slot));
    }
    mute(&mut house, "10.0.0.5/*");
    for (n, slot) in slots.into_iter().enumerate() {
        house.moved(&window("10.0.0.5", slot), &window("10.0.0.9", slot));
        let here = |&(at, slot): &(usize, &str)| window(if at <= n { "10.0.0.9" } else { "10.0.0.5" }, slot);
        let muted: Vec<bool> = slots.into_iter().enumerate().map(|it| is_muted(&house, &here(&it))).collect();
        assert_eq!(muted, [true; 3], "{slot}");
    }
    let all: Vec<_> = scopes(&house).into_iter().map(|(_, scope)| scope).collect();
    let own = slots.map(|slot| format!("10.0.0.9/Tetris#{slot}"));
    assert_eq!(all, [&["10.0.0.5/*".to_owned()][..], &own].concat());
    let house = house.restart(1);
    assert_eq!(scopes(&house).len(), all.len());
}

#[test]
fn what_names_more_than_the_host_or_stands_in_the_configuration_stays() {
    let hours = Hours::parse("mo-su 00:00-24:00", TimeZone::UTC).unwrap();
    let scope: Scope = "10.0.0.5/*".parse().unwrap();
    let windows = vec![Window { scope, hours, reason: String::new() }];
    let mut house = House::new(Config { windows, ..Config::default() });
    let old = id("10.0.0.5", "Tetris");
    up(&mut house, &old);
    for scope in ["10.0.0.*/*", "group:hall", "10.0.0.7/*"] {
        mute(&mut house, scope);
    }
    let before = scopes(&house);
    house.moved(&old, &id("10.0.0.9", "Tetris"));
    assert_eq!(scopes(&house), before);
    // A name that would mean everybody.
    mute(&mut house, "10.0.0.9/Tetris");
    let before = scopes(&house);
    house.moved(&id("10.0.0.9", "Tetris"), &id("*", "Tetris"));
    assert_eq!(scopes(&house), before);
}

#[test]
fn a_place_that_people_expect_is_expected_where_its_app_went() {
    let mut house = House::new(Config::default());
    let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    let expected =
        Expected { place: Place::new("10.0.0.5", "").unwrap(), shows: vec![Glob::new("Tetris").unwrap()] };
    house.ask(Request::Expect(expected)).unwrap();
    up(&mut house, &old);
    house.moved(&old, &new);
    house.pass(3600);
    assert_eq!(house.all.len(), 0, "nobody misses it where it was");
    let mut house = house.restart(1);
    house.believe(&new, State::Up, Cause::None);
    house.pass(3600);
    assert_eq!(house.all.len(), 0);
    house.believe(&new, State::Done, Cause::None);
    house.pass(120);
    let told = house.told(Kind::Opening);
    assert_eq!((told.len(), &*told[0].incidents[0].host), (1, "10.0.0.9"), "and misses it where it is");
}

#[test]
fn an_incident_is_known_to_the_alerts_by_its_new_name() {
    let mut house = House::new(Config::default());
    let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    up(&mut house, &old);
    house.believe(&old, State::Stalled, Cause::NoFrames);
    house.moved(&old, &new);
    let record = house.machine.alerts().record(Number(1)).unwrap();
    assert_eq!(record.subject, Subject::App(new));
}

#[test]
fn a_step_that_is_under_way_ends_in_the_story_of_its_new_name() {
    let mut house = House::new(repairing());
    let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    up(&mut house, &old);
    house.believe(&old, State::Stalled, Cause::NoFrames);
    house.pass(31);
    let ticket = house.steps[0].ticket;
    house.moved(&old, &new);
    let input = Input::Repaired { id: old.borrow(), ticket, failure: None, said: "reloaded" };
    house.handle(input);
    let row = house.repairs.values().next().unwrap().clone();
    assert_eq!((row.said.as_deref(), row.outcome.as_deref()), (Some("reloaded"), Some("done")), "{row:?}");
    assert_eq!((house.repairs.len(), &row.app), (1, &new));
    house.pass(65 + 15);
    assert_eq!(house.actions(), ["reload", "reload"], "the ladder goes on, and does not begin anew");
}

#[test]
fn whoever_moves_there_and_back_is_given_up_once() {
    let mut house = House::new(repairing());
    let (old, new) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    up(&mut house, &old);
    house.believe(&old, State::Stalled, Cause::NoFrames);
    house.pass(900);
    let steps = house.actions();
    assert_eq!(house.told(Kind::GaveUp).len(), 1);
    for (from, to) in [(&old, &new), (&new, &old)] {
        house.moved(from, to);
        house.pass(60);
        assert_eq!(house.machine.repair_status(to.borrow()), Status::GaveUp, "{to:?}");
    }
    house.pass(900);
    assert_eq!((house.told(Kind::GaveUp).len(), house.actions()), (1, steps));
}

#[test]
fn whoever_can_beat_moves_nothing_of_what_people_said() {
    let mut house = House::new(Config::default());
    mute(&mut house, "hall-a/*");
    let expected =
        Expected { place: Place::new("hall-d", "").unwrap(), shows: vec![Glob::new("Doom").unwrap()] };
    house.ask(Request::Expect(expected)).unwrap();
    let victim = id("hall-v", "Tetris");
    up(&mut house, &victim);
    // A name that nobody knows, one that means all, and the app that is expected where nothing runs.
    for (from, app) in [("hall-a", "made-up"), ("hall-a", "*"), ("hall-d", "Doom")] {
        house.believe(&id(from, app), State::Up, Cause::None);
        house.moved(&id(from, app), &id("hall-v", app));
    }
    assert_eq!(scopes(&house), [(1, "hall-a/*".to_owned())]);
    assert!(!is_muted(&house, &victim));
    let places = house.machine.expected_places().map(|(expected, _)| expected.place.host().to_owned());
    assert_eq!(places.collect::<Vec<_>>(), ["hall-d"]);
    house.believe(&victim, State::Stalled, Cause::NoFrames);
    house.pass(60);
    assert_eq!(house.told(Kind::Opening)[0].incidents[0].host, "hall-v");
}
