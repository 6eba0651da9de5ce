//! A hall that falls silent as a whole: one message for all of it, also over a restart.

use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, OwnedIdentity};
use hb_core::incident::{Group, Number, Tree};
use hb_core::window::{Hours, Scope};
use jiff::tz::TimeZone;

use crate::notify::message::{Kind, Message};
use crate::watch::{Config, Input, Refusal, Request};

use super::house::House;
use super::{id, repairing};

/// A hall of so many screens, all up.
fn hall(config: Config, screens: usize) -> (House, Vec<OwnedIdentity>) {
    let hall = Group { name: "hall 3".into(), members: vec!["hall3-*/*".parse().unwrap()] };
    let tree = Tree { groups: vec![hall], dependencies: vec![] };
    let mut house = House::new(Config { tree, ..config });
    let apps: Vec<_> = (0..screens).map(|n| id(&format!("hall3-{n}"), "Tetris")).collect();
    for app in &apps {
        house.adopt(app);
        house.believe(app, State::Up, Cause::None);
    }
    house.pass(100);
    (house, apps)
}

fn fall_silent(house: &mut House, apps: &[OwnedIdentity]) {
    for state in [State::Late, State::Down] {
        for app in apps {
            house.believe(app, state, Cause::Silence);
        }
        house.pass(6);
    }
}

/// Of what kind each message is, about how many incidents, and whom the first of them is about.
fn told(messages: &[Message]) -> Vec<(Kind, usize, &str)> {
    messages.iter().map(|it| (it.kind, it.incidents.len(), &*it.incidents[0].host)).collect()
}

#[test]
fn twelve_screens_behind_one_dead_switch_make_one_alert_and_no_repair() {
    let (mut house, apps) = hall(repairing(), 12);
    fall_silent(&mut house, &apps);
    house.pass(600);
    let openings = house.told(Kind::Opening);
    assert_eq!(openings.len(), 1, "{openings:#?}");
    assert_eq!((&*openings[0].incidents[0].host, openings[0].incidents[0].screens), ("hall 3", Some(12)));
    assert_eq!(
        (openings[0].incidents[0].covers.len(), &*openings[0].incidents[0].covers[11]),
        (12, "Tetris on hall3-9")
    );
    assert_eq!(house.steps.len(), 0, "silence proves nothing");
    for app in &apps {
        house.believe(app, State::Up, Cause::None);
    }
    house.pass(60);
    assert_eq!(house.told(Kind::Closing).len(), 1);
}

#[test]
fn a_hall_that_is_switched_off_before_closing_alarms_nobody() {
    let hours = Hours::parse("mo-su 07:00-09:00", TimeZone::UTC).unwrap();
    // It begins at 08:00.
    let (mut house, apps) =
        hall(Config { calendars: vec![(Scope::Everything, hours)], ..Config::default() }, 12);
    house.pass(45 * 60);
    fall_silent(&mut house, &apps);
    let mut house = house.restart(10);
    house.pass(12 * 3600);
    assert_eq!(house.told(Kind::Opening).len(), 0, "{:#?}", house.all);
}

#[test]
fn a_restart_goes_on_with_a_silent_hall() {
    let (mut house, apps) = hall(repairing(), 12);
    fall_silent(&mut house, &apps);
    house.pass(60);
    let mut house = house.restart(30);
    house.pass(600);
    assert_eq!(told(&house.all), [(Kind::Opening, 1, "hall 3")], "told before, and told once");
    for app in &apps[..7] {
        house.believe(app, State::Up, Cause::None);
    }
    house.pass(60);
    let later = [(Kind::Closing, 1, "hall 3"), (Kind::Opening, 5, "hall3-7")];
    assert_eq!(told(&house.all[1..]), later, "who is still dark speaks for itself, in one list");
}

#[test]
fn a_silent_hall_of_expected_screens_does_not_work_again_while_all_of_it_is_dark() {
    let shows = || vec![Glob::new("Tetris").unwrap()];
    let place = |n| Place::new(&format!("hall3-{n}"), "").unwrap();
    let expect = (0..12).map(|n| Expected { place: place(n), shows: shows() }).collect();
    let (mut house, apps) = hall(Config { expect, ..repairing() }, 12);
    house.pass(300);
    fall_silent(&mut house, &apps);
    house.pass(1000);
    assert_eq!(house.machine.state(apps[0].borrow()), Some(State::Missing));
    let mut house = house.restart(30);
    apps.iter().for_each(|app| house.believe(app, State::Down, Cause::Silence));
    house.pass(1000);
    assert_eq!(told(&house.all), [(Kind::Opening, 1, "hall 3")]);
    assert_eq!(house.machine.state(apps[0].borrow()), Some(State::Missing));
    apps[..7].iter().for_each(|app| house.believe(app, State::Up, Cause::None));
    house.pass(60);
    let later = [(Kind::Closing, 1, "hall 3"), (Kind::Opening, 5, "hall3-7")];
    assert_eq!(told(&house.all[1..]), later, "who is still dark speaks for itself, in one list");
}

#[test]
fn a_group_that_is_no_more_after_a_restart_leaves_no_incident_behind() {
    let (mut house, apps) = hall(Config::default(), 3);
    fall_silent(&mut house, &apps);
    house.pass(60);
    assert_eq!(house.open_incidents().len(), 4);
    let mut house = house.restart_with(30, Config::default());
    assert_eq!(house.open_incidents().len(), 3, "those of the screens");
    house.pass(5 * 3600);
    assert_eq!(house.all.iter().filter(|it| it.incidents[0].host == "hall 3").count(), 2);
    let later = [(Kind::Closing, 1, "hall 3"), (Kind::Opening, 3, "hall3-0")];
    assert_eq!(told(&house.all)[1..3], later, "whoever heard of it hears that it is no more");
}

#[test]
fn who_comes_back_before_anybody_is_told_is_not_counted() {
    let (mut house, apps) = hall(Config::default(), 12);
    fall_silent(&mut house, &apps);
    apps[..3].iter().for_each(|app| house.believe(app, State::Up, Cause::None));
    house.pass(10);
    let incident = &house.told(Kind::Opening)[0].incidents[0];
    assert_eq!((incident.screens, incident.covers.len()), (Some(9), 9));
}

#[test]
fn a_wall_of_one_machine_closes_with_its_group_every_evening() {
    let hours = Hours::parse("mo-su 07:00-09:00", TimeZone::UTC).unwrap();
    let calendars = vec![(Scope::Group(Glob::new("hall 3").unwrap()), hours)];
    let (mut house, _) = hall(Config { calendars, ..Config::default() }, 0);
    let apps = ["a", "b", "c"].map(|app| id("hall3-wall", app));
    for app in &apps {
        house.adopt(app);
        house.believe(app, State::Up, Cause::None);
    }
    // From 08:02 to 08:45 of the next day.
    house.pass(24 * 3600 + 43 * 60);
    fall_silent(&mut house, &apps);
    house.pass(12 * 3600);
    assert_eq!(house.told(Kind::Opening).len(), 0, "{:#?}", house.all);
}

#[test]
fn one_host_of_a_group_is_repaired_at_a_time() {
    let (mut house, apps) = hall(repairing(), 4);
    apps[..2].iter().for_each(|app| house.believe(app, State::Stalled, Cause::NoFrames));
    house.pass(31);
    assert_eq!(house.actions(), ["reload"]);
}

#[test]
fn names_that_nobody_adopted_alarm_nobody_and_hide_nobody() {
    let hall = Group { name: "hall 3".into(), members: vec!["hall3-*/*".parse().unwrap()] };
    let mut house =
        House::new(Config { tree: Tree { groups: vec![hall], dependencies: vec![] }, ..repairing() });
    let known = id("hall3-0", "Tetris");
    house.adopt(&known);
    house.believe(&known, State::Up, Cause::None);
    // Any page can say this for any host.
    let made_up: Vec<_> = (0..40).map(|n| id(&format!("hall3-{}", n % 4), &format!("x{n}"))).collect();
    made_up.iter().for_each(|app| house.believe(app, State::Up, Cause::None));
    house.pass(5);
    for state in [State::Late, State::Down] {
        made_up.iter().for_each(|app| house.believe(app, state, Cause::Silence));
        house.pass(6);
    }
    house.pass(60);
    assert_eq!(house.all.len(), 0, "{:#?}", house.all);
    assert_eq!(house.open_incidents(), [0_u64; 0]);
    for state in [State::Late, State::Down] {
        house.believe(&known, state, Cause::Silence);
        house.pass(6);
    }
    house.pass(60);
    let openings = house.told(Kind::Opening);
    assert_eq!((openings.len(), &*openings[0].incidents[0].app), (1, "Tetris"));
}

#[test]
fn screens_that_come_back_within_a_second_are_one_message_also_when_the_server_is_killed_meanwhile() {
    for killed in [false, true] {
        let mut house = House::new(Config::default());
        let apps: Vec<OwnedIdentity> = (0..12).map(|n| id(&format!("kiosk-{n}"), "Tetris")).collect();
        for app in &apps {
            house.adopt(app);
            house.believe(app, State::Up, Cause::None);
        }
        for app in &apps {
            house.believe(app, State::Stalled, Cause::NoFrames);
        }
        house.pass(60);
        for app in &apps {
            house.believe(app, State::Up, Cause::None);
            house.go(house.at().now + Duration::from_millis(80));
            house.handle(Input::Tick);
        }
        assert_eq!((house.told(Kind::Closing).len(), house.open_incidents().len()), (0, 0));
        let number = Number(1);
        assert_eq!(house.ask(Request::Acknowledge(number)), Err(Refusal::NoIncident(1)), "it is over");
        if killed {
            house = house.restart(60);
        }
        house.pass(2);
        let told = house.told(Kind::Closing);
        assert_eq!((told.len(), told[0].incidents.len()), (1, 12));
        assert!(told[0].incidents.iter().all(|incident| incident.ending.as_deref() == Some("back")));
        let house = house.restart(60);
        assert_eq!(house.told(Kind::Closing).len(), 1, "once");
        assert!(house.rows().values().all(|row| row.told.contains("guards 0")), "who was told stays known");
    }
}

#[test]
fn many_dark_places_at_the_first_start_say_in_which_hall_each_is() {
    let group =
        |hall: &str| Group { name: hall.into(), members: vec![format!("{hall}-*/*").parse().unwrap()] };
    let tree = Tree { groups: vec![group("hall1"), group("hall2")], dependencies: vec![] };
    let place = |n: usize| Expected {
        place: Place::new(&format!("hall{}-{n}", 1 + n % 2), "").unwrap(),
        shows: vec![Glob::new("Tetris").unwrap()],
    };
    let mut house = House::new(Config { tree, expect: (0..50).map(place).collect(), ..Config::default() });
    house.pass(400);
    let openings = house.told(Kind::Opening);
    assert_eq!((openings.len(), openings[0].incidents.len()), (1, 50));
    let of = |hall: &str| openings[0].incidents.iter().filter(|it| it.hall == hall).count();
    assert_eq!((of("hall1"), of("hall2")), (25, 25));
}
