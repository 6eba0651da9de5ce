//! Places that should show something: in whose name they are dark, and who is ready when it opens.

use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Identity};
use hb_core::incident::{Group, Tree};
use hb_core::window::{Hours, Kind as MuteKind, Mute, Scope, When};
use jiff::tz::TimeZone;

use crate::notify::message::Kind;
use crate::notify::render::Words;
use crate::watch::{Config, Input, Refusal, Reply, Request};

use super::house::House;
use super::{ada, id};

fn shows(host: &str, apps: &[&str]) -> Expected {
    let shows = apps.iter().map(|app| Glob::new(app).unwrap()).collect();
    Expected { place: Place::new(host, "").unwrap(), shows }
}

/// A kiosk on which Tetris, then Pong, then a menu ran and ended: it is dark.
fn dark() -> House {
    let mut house =
        House::new(Config { expect: vec![shows("kiosk-1", &["Tetris", "Pong"])], ..Config::default() });
    for app in ["Tetris", "Pong", "Menu"] {
        house.believe(&id("kiosk-1", app), State::Up, Cause::None);
        house.pass(5);
        house.believe(&id("kiosk-1", app), State::Done, Cause::None);
        house.pass(5);
    }
    house.pass(400);
    house
}

#[test]
fn a_place_is_dark_in_the_name_of_whom_it_should_show_and_showed_last() {
    let mut house = dark();
    assert_eq!(house.told(Kind::Opening)[0].incidents[0].app, "Pong");
    assert_eq!(house.machine.state(id("kiosk-1", "Pong").borrow()), Some(State::Missing));
    house.believe(&id("kiosk-1", "Tetris"), State::Up, Cause::None);
    house.pass(2);
    assert_eq!(house.told(Kind::Closing).len(), 1, "whatever of the list it shows");
    assert_eq!(house.open_incidents(), [0_u64; 0]);
}

#[test]
fn a_dark_place_stays_so_when_the_app_in_whose_name_it_is_goes() {
    let mut house = dark();
    let pong = id("kiosk-1", "Pong");
    house.handle(Input::Removed { id: pong.borrow(), forgotten: false });
    assert_eq!((house.open_incidents().len(), house.told(Kind::Closing).len()), (1, 0));
    house.believe(&id("kiosk-1", "Tetris"), State::Up, Cause::None);
    house.pass(2);
    assert_eq!(house.told(Kind::Closing).len(), 1);
    assert_eq!(house.rows().values().next().unwrap().ending.as_deref(), Some("back"));
    assert_eq!(house.machine.incidents().len(), 1, "Tetris: a name of no further use is gone");
}

#[test]
fn a_dark_place_stays_one_incident_over_restarts_although_its_app_is_held() {
    let mut house = dark();
    for _ in 0..3 {
        house = house.restart(60);
        // The registry tells of all that it holds once the new run listens.
        for app in ["Tetris", "Pong", "Menu"] {
            house.believe(&id("kiosk-1", app), State::Done, Cause::None);
        }
        assert_eq!(house.machine.state(id("kiosk-1", "Pong").borrow()), Some(State::Missing));
        house.pass(1000);
        assert_eq!((house.rows().len(), house.open_incidents().len()), (1, 1));
    }
    assert_eq!((house.told(Kind::Opening).len(), house.told(Kind::Closing).len()), (1, 0));
    house.believe(&id("kiosk-1", "Tetris"), State::Up, Cause::None);
    house.pass(2);
    assert_eq!((house.told(Kind::Closing).len(), house.open_incidents()), (1, vec![]));
}

#[test]
fn what_is_expected_no_longer_does_not_work_again() {
    let place = Place::new("kiosk-1", "").unwrap();
    // Nobody was ever seen there, or who was there said goodbye; by a request, or by a restart with another file.
    for (seen, restart) in [(false, false), (true, false), (false, true), (true, true)] {
        let expect = vec![shows("kiosk-1", &["Tetris"])];
        let mut house =
            House::new(Config { expect: if restart { expect } else { vec![] }, ..Config::default() });
        if !restart {
            house.ask(Request::Expect(shows("kiosk-1", &["Tetris"]))).unwrap();
        }
        if seen {
            house.believe(&id("kiosk-1", "Tetris"), State::Up, Cause::None);
            house.believe(&id("kiosk-1", "Tetris"), State::Done, Cause::None);
        }
        house.pass(400);
        assert_eq!(house.told(Kind::Opening).len(), 1);
        if restart {
            house = house.restart_with(1, Config::default());
            if seen {
                house.believe(&id("kiosk-1", "Tetris"), State::Done, Cause::None);
            }
        } else {
            house.ask(Request::Unexpect(place.clone())).unwrap();
        }
        assert_eq!(house.open_incidents(), [0_u64; 0]);
        assert_eq!(
            house.rows().values().next().unwrap().ending.as_deref(),
            Some("removed"),
            "{seen} {restart}"
        );
        house.pass(2);
        for closing in house.told(Kind::Closing) {
            let title = Words::new(closing, &TimeZone::UTC).title;
            assert_eq!(title, "Tetris on kiosk-1 is no longer expected");
        }
        assert_eq!(house.told(Kind::Closing).len(), 1, "{seen} {restart}");
        assert_eq!(house.machine.is_known(&id("kiosk-1", "Tetris")), seen);
    }
}

#[test]
fn a_screen_that_is_expected_no_longer_and_still_dark_stays_an_incident() {
    let mut house = House::new(Config::default());
    let tetris = id("kiosk-1", "Tetris");
    house.ask(Request::Expect(shows("kiosk-1", &["Tetris"]))).unwrap();
    house.believe(&tetris, State::Up, Cause::None);
    house.believe(&tetris, State::Down, Cause::Silence);
    house.pass(400);
    assert_eq!(house.machine.state(tetris.borrow()), Some(State::Missing));
    house.ask(Request::Unexpect(Place::new("kiosk-1", "").unwrap())).unwrap();
    assert_eq!((house.open_incidents().len(), house.told(Kind::Closing).len()), (1, 0));
    house.believe(&tetris, State::Up, Cause::None);
    assert_eq!(house.rows().values().next().unwrap().ending.as_deref(), Some("back"));
}

#[test]
fn a_mute_holds_a_place_that_nobody_was_ever_seen_in() {
    let mut house = House::new(Config { expect: vec![shows("kiosk-1", &["Tetris"])], ..Config::default() });
    let when = When::Once { from: house.at().wall, until: house.wall_in(7200) };
    let mute = Mute::new("kiosk-1/*".parse().unwrap(), when, MuteKind::Snooze, ada(), "").unwrap();
    let Ok(Reply::Muted(number)) = house.ask(Request::Mute(Box::new(mute))) else { panic!() };
    house.pass(3600);
    assert_eq!((house.open_incidents().len(), house.all.len()), (1, 0));
    house.ask(Request::Lift(number)).unwrap();
    house.pass(60);
    assert_eq!(house.told(Kind::Opening).len(), 1);
}

#[test]
fn an_app_that_moves_to_where_it_is_expected_is_there() {
    let mut house = House::new(Config { expect: vec![shows("new", &["Tetris"])], ..Config::default() });
    house.believe(&id("old", "Tetris"), State::Up, Cause::None);
    house.moved(&id("old", "Tetris"), &id("new", "Tetris"));
    house.pass(3600);
    assert_eq!(house.all.len(), 0);
}

#[test]
fn a_place_is_expected_once_and_as_it_was_said_last() {
    let mut house = House::new(Config { expect: vec![shows("written", &["*"])], ..Config::default() });
    let written = shows("written", &["Pong"]);
    assert_eq!(house.ask(Request::Expect(written.clone())), Err(Refusal::Configured(written.place)));
    for app in ["Pong", "Tetris"] {
        house.ask(Request::Expect(shows("spoken", &[app]))).unwrap();
    }
    assert_eq!(house.machine.expected_places().count(), 2);
    let mut house = house.restart(1);
    assert_eq!(house.machine.expected_places().count(), 2);
    let place = Place::new("spoken", "").unwrap();
    house.ask(Request::Unexpect(place.clone())).unwrap();
    assert_eq!(house.ask(Request::Unexpect(place.clone())), Err(Refusal::NotExpected(place)));
}

#[test]
fn the_report_counts_what_should_work_there_and_nothing_else() {
    let hall = Group { name: "hall 3".into(), members: vec!["hall3-*/*".parse().unwrap()] };
    let hours = Hours::parse("mo-su 08:30-18:00", TimeZone::UTC).unwrap();
    let mut house = House::new(Config {
        tree: Tree { groups: vec![hall], dependencies: vec![] },
        calendars: vec![(Scope::Group(Glob::new("hall 3").unwrap()), hours)],
        expect: vec![shows("hall3-5", &["*"]), shows("hall3-6", &["*"]), shows("desk-9", &["*"])],
        ..Config::default()
    });
    for (host, app, state, adopted) in [
        ("hall3-0", "Tetris", State::Up, true),
        ("hall3-1", "Tetris", State::Done, true),
        ("hall3-2", "Tetris", State::Up, false),
        // Of what a place may show, one that works is enough; a display that is off shows nothing.
        ("hall3-5", "Tetris", State::Up, false),
        ("hall3-5", "Pong", State::Stalled, false),
        ("hall3-6", "Tetris", State::Off, false),
        ("desk-1", "Tetris", State::Up, true),
    ] {
        if adopted {
            house.adopt(&id(host, app));
        }
        house.believe(&id(host, app), State::Up, Cause::None);
        house.believe(&id(host, app), state, Cause::None);
    }
    house.pass(3600);
    let reports = house.told(Kind::Report);
    let dark: Vec<&str> = reports[0].incidents.iter().map(|incident| &*incident.host).collect();
    assert_eq!((reports.len(), reports[0].ready, dark), (1, Some((2, 3)), vec!["hall3-6"]));
}

#[test]
fn a_restart_without_a_grace_opens_no_second_incident_and_none_for_what_runs() {
    let expect = vec![shows("dark", &["Tetris"]), shows("lit", &["Tetris"]), shows("down", &["Tetris"])];
    let mut house = House::new(Config { expect, boot_grace: Duration::ZERO, ..Config::default() });
    house.believe(&id("lit", "Tetris"), State::Up, Cause::None);
    house.believe(&id("down", "Tetris"), State::Up, Cause::None);
    house.believe(&id("down", "Tetris"), State::Down, Cause::Silence);
    house.pass(60);
    let (open, rows, told) = (house.open_incidents(), house.rows().len(), house.all.len());
    assert_eq!(open.len(), 2);
    for _ in 0..3 {
        house = house.restart(60);
        house.pass(60);
    }
    assert_eq!((house.open_incidents(), house.rows().len(), house.all.len()), (open, rows, told));
    for host in ["dark", "down"] {
        assert_eq!(house.machine.state(id(host, "Tetris").borrow()), Some(State::Missing));
        house.believe(&id(host, "Tetris"), State::Up, Cause::None);
    }
    house.pass(60);
    assert_eq!(house.open_incidents(), [0_u64; 0]);
}

#[test]
fn without_a_grace_a_place_is_missing_when_the_server_has_begun() {
    let config = Config {
        expect: vec![shows("kiosk-1", &["Tetris"])],
        boot_grace: Duration::ZERO,
        ..Config::default()
    };
    let house = House::new(config);
    assert_eq!(house.machine.state(id("kiosk-1", "Tetris").borrow()), Some(State::Missing));
    assert_eq!(house.open_incidents().len(), 1);
}

#[test]
fn a_place_knows_its_apps_and_none_of_a_neighbour() {
    let mut house = House::new(Config { expect: vec![shows("kiosk-1", &["*"])], ..Config::default() });
    let slot = |host, slot, app| Identity::new(host, slot, app).unwrap().to_owned();
    let own = [slot("kiosk-1", "", " "), slot("kiosk-1", "", "Tetris"), slot("kiosk-1", "", "\u{10FFFF}")];
    let others = [
        slot("kiosk-0", "~", "~"),
        slot("kiosk-1", " ", " "),
        slot("kiosk-1", "left", "Tetris"),
        slot("kiosk-1 ", "", "Tetris"),
        slot("kiosk-10", "", "Tetris"),
    ];
    for app in own.iter().chain(&others) {
        house.believe(app, State::Up, Cause::None);
    }
    let place = Place::new("kiosk-1", "").unwrap();
    assert!(house.machine.apps_at(&place).map(|(id, _)| id).eq(&own));
}

#[test]
fn a_host_goes_with_its_last_app_and_comes_back_with_the_next() {
    let hours = Hours::parse("mo-su 07:00-18:00", TimeZone::UTC).unwrap();
    let mut house = House::new(Config { calendars: vec![(Scope::Everything, hours)], ..Config::default() });
    let (before, known) = (house.machine.closings.len(), |house: &House| {
        (house.machine.hosts.len(), house.machine.closings.len())
    });
    for app in ["Pong", "Tetris"] {
        house.adopt(&id("10.0.0.5", app));
        house.believe(&id("10.0.0.5", app), State::Up, Cause::None);
    }
    house.remove(&id("10.0.0.5", "Pong"), true);
    assert_eq!(known(&house), (1, before + 1), "one is still there");
    house.moved(&id("10.0.0.5", "Tetris"), &id("10.0.0.9", "Tetris"));
    assert_eq!(known(&house), (1, before + 1), "the new one instead of the old");
    house.remove(&id("10.0.0.9", "Tetris"), true);
    assert_eq!(known(&house), (0, before));
    house.believe(&id("10.0.0.5", "Tetris"), State::Up, Cause::None);
    assert_eq!(known(&house), (0, before), "nobody expects it any more");
    house.adopt(&id("10.0.0.5", "Tetris"));
    assert_eq!(known(&house), (1, before + 1));
}
