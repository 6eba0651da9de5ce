//! The house put together, in virtual time: who is told, what is repaired, what outlives a restart.

mod flaps;
mod groups;
mod house;
mod laws;
mod moves;
mod places;
mod repairs;
mod replace;
mod strangers;
mod waits;

use hb_core::beat::{Cause, State};
use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Identity, OwnedIdentity, Who};
use hb_core::incident::Number;
use hb_core::repair::{Action, Failure, Ladder, Status};
use hb_core::window::{Hours, Kind as MuteKind, Mute, Scope, When};
use jiff::tz::TimeZone;

use crate::notify::message::Kind;
use crate::watch::{Config, Input, Plan, Refusal, Rehearsal, Reply, Request};

use house::House;

fn id(host: &str, app: &str) -> OwnedIdentity {
    Identity::new(host, "", app).unwrap().to_owned()
}

fn ada() -> Who {
    Who::new("Ada", "test").unwrap()
}

/// Whoever is repaired may be.
fn repairing() -> Config {
    let apps = vec!["*".parse().unwrap()];
    let ladder = std::sync::Arc::new(Ladder::default());
    Config {
        repairs: vec![Plan { apps, ladder, command: None, unit: None, dry: false }],
        ..Config::default()
    }
}

#[test]
fn a_frozen_picture_is_reloaded_and_a_person_called_when_nothing_helps() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.pass(10);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(29);
    assert_eq!(house.steps.len(), 0, "most of what breaks for seconds mends itself");
    assert_eq!(house.told(Kind::Opening).len(), 1);
    house.pass(2);
    assert_eq!(house.actions(), ["reload"]);
    assert!(matches!(house.machine.repair_status(app.borrow()), Status::Running(_)));
    house.answer(None);
    house.pass(65 + 15);
    house.answer(None);
    assert_eq!(house.actions(), ["reload", "reload"]);
    house.pass(120);
    assert_eq!(house.actions(), ["reload", "reload", "restart"]);
    house.answer(Some(Failure::NobodyListening));
    house.pass(600);
    assert_eq!(house.actions().len(), 3);
    assert_eq!(house.told(Kind::GaveUp).len(), 1, "once");
    assert_eq!(house.machine.repair_status(app.borrow()), Status::GaveUp);
    let outcomes: Vec<_> =
        house.repairs.values().map(|row| row.outcome.clone().unwrap_or_default()).collect();
    assert_eq!(outcomes, ["no-help", "no-help", "nobody-listening", ""]);
    let last = house.repairs.values().last().unwrap();
    assert_eq!((&*last.action, &*last.evidence), ("gave-up", "no-frames"), "the story says so, too");
}

#[test]
fn a_name_nobody_adopted_is_neither_told_nor_repaired() {
    let mut house = House::new(repairing());
    let app = id("laptop", "test");
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(3600);
    assert_eq!((house.all.len(), house.steps.len()), (0, 0));
    house.ask(Request::Adopt(app.clone())).unwrap();
    house.pass(60);
    assert_eq!((house.told(Kind::Opening).len(), house.steps.len()), (1, 1));
}

#[test]
fn who_lived_for_a_day_in_several_runs_is_here_to_stay() {
    let mut house = House::new(Config::default());
    let app = id("kiosk-7", "Tetris");
    house.believe(&app, State::Up, Cause::None);
    house.handle(Input::Lived { id: app.borrow() });
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(60);
    assert_eq!(house.told(Kind::Opening).len(), 1);
    let house = house.restart(1);
    assert!(house.machine.expect().adopted(app.borrow()).is_some());
}

#[test]
fn a_mute_silences_alerts_and_repairs_and_what_is_still_bad_at_its_end_is_told() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    let (from, until) = (house.at().wall, house.wall_in(3600));
    let mute =
        Mute::new("kiosk-7/*".parse().unwrap(), When::Once { from, until }, MuteKind::Snooze, ada(), "");
    let Ok(Reply::Muted(number)) = house.ask(Request::Mute(Box::new(mute.unwrap()))) else { panic!() };
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(1800);
    assert_eq!((house.all.len(), house.steps.len()), (0, 0));
    assert_eq!(house.machine.state(app.borrow()), Some(State::Stalled), "states stay true");
    house.ask(Request::Lift(number)).unwrap();
    house.pass(40);
    assert_eq!((house.told(Kind::Opening).len(), house.steps.len()), (1, 1));
    assert_eq!(house.ask(Request::Lift(number)), Err(Refusal::NoMute(number.get())));
}

#[test]
fn a_kiosk_that_never_starts_is_missing_after_the_grace_and_back_when_it_shows() {
    let place = Place::new("kiosk-22", "").unwrap();
    let expect =
        vec![Expected { place, shows: vec![Glob::new("Tetris").unwrap(), Glob::new("Pong").unwrap()] }];
    let mut house = House::new(Config { expect, ..Config::default() });
    house.pass(299);
    assert_eq!(house.all.len(), 0);
    house.pass(30);
    let openings = house.told(Kind::Opening);
    assert_eq!(openings.len(), 1);
    assert_eq!((&*openings[0].incidents[0].app, &*openings[0].incidents[0].state), ("Tetris", "missing"));
    assert_eq!(house.machine.state(id("kiosk-22", "Tetris").borrow()), Some(State::Missing));
    house.believe(&id("kiosk-22", "Pong"), State::Up, Cause::None);
    house.pass(2);
    assert_eq!(house.told(Kind::Closing).len(), 1);
    assert_eq!(house.machine.state(id("kiosk-22", "Tetris").borrow()), None);
}

#[test]
fn sixty_kiosks_switched_on_at_the_wall_make_one_report_and_no_alarm() {
    let hours = Hours::parse("mo-su 09:30-18:00", TimeZone::UTC).unwrap();
    let place = |n| Place::new(&format!("kiosk-{n}"), "").unwrap();
    let expect =
        (0..60).map(|n| Expected { place: place(n), shows: vec![Glob::new("*").unwrap()] }).collect();
    let calendars = vec![(Scope::Everything, hours)];
    let mut house = House::new(Config { expect, calendars, ..Config::default() });
    // It begins at 08:00, in the dark.
    house.pass(90 * 60 + 40);
    for n in 0..60 {
        house.believe(&id(&format!("kiosk-{n}"), "Tetris"), State::Starting, Cause::None);
    }
    house.pass(60);
    for n in 0..58 {
        house.believe(&id(&format!("kiosk-{n}"), "Tetris"), State::Up, Cause::None);
    }
    house.pass(60);
    house.believe(&id("kiosk-58", "Tetris"), State::Stalled, Cause::NoFrames);
    assert_eq!(house.all.len(), 0);
    house.pass(300);
    let reports = house.told(Kind::Report);
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].ready, reports[0].incidents.len()), (Some((58, 60)), 2));
    // The one that is black is told of by itself; the one that only starts is not.
    assert_eq!(house.told(Kind::Opening).len(), 1);
}

#[test]
fn a_restart_tells_nothing_twice_and_forgets_nobody() {
    let place = Place::new("kiosk-22", "").unwrap();
    let expect = vec![Expected { place, shows: vec![Glob::new("Tetris").unwrap()] }];
    let mut house = House::new(Config { expect, ..repairing() });
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(400);
    assert_eq!(house.told(Kind::Opening).len(), 2, "one that stands still, one that is missing");
    let number = house.open_incidents()[0];
    house.ask(Request::Acknowledge(Number(number))).unwrap();
    let (told, steps) = (house.all.len(), house.steps.len());

    let mut house = house.restart(120);
    house.pass(3 * 3600);
    let acknowledged = |message: &&crate::notify::message::Message| {
        message.incidents.iter().any(|incident| incident.number == number)
    };
    let later: Vec<_> = house.all[told..].to_vec();
    assert!(later.iter().all(|message| message.kind != Kind::Opening), "{later:#?}");
    assert_eq!(later.iter().filter(acknowledged).count(), 0, "somebody takes care of it");
    assert!(later.iter().any(|message| message.kind == Kind::Reminder), "nobody takes care of the other");
    assert!(house.steps.len() - steps <= 3, "three repairs an hour");
    house.believe(&app, State::Up, Cause::None);
    house.pass(60);
    house.believe(&id("kiosk-22", "Tetris"), State::Up, Cause::None);
    house.pass(60);
    let closings = house.told(Kind::Closing);
    assert_eq!((closings.len(), closings[0].incidents.len()), (1, 2), "both in one message");
    assert_eq!(house.open_incidents(), [0_u64; 0]);
}

#[test]
fn a_mute_outlives_a_restart_beside_the_windows_of_the_configuration() {
    let window = crate::watch::Window {
        scope: "kiosk-9/*".parse().unwrap(),
        hours: Hours::parse("mo-su 00:00-24:00", TimeZone::UTC).unwrap(),
        reason: String::new(),
    };
    let mut house = House::new(Config { windows: vec![window], ..repairing() });
    let (muted, serviced) = (id("kiosk-7", "Tetris"), id("kiosk-9", "Tetris"));
    for app in [&muted, &serviced] {
        house.adopt(app);
        house.believe(app, State::Up, Cause::None);
    }
    let (from, until) = (house.at().wall, house.wall_in(3600));
    let mute =
        Mute::new("kiosk-7/*".parse().unwrap(), When::Once { from, until }, MuteKind::Snooze, ada(), "");
    house.ask(Request::Mute(Box::new(mute.unwrap()))).unwrap();
    let mut house = house.restart(60);
    for app in [&muted, &serviced] {
        house.believe(app, State::Stalled, Cause::NoFrames);
    }
    house.pass(1800);
    assert_eq!(house.all.len(), 0);
    house.pass(1800);
    let openings = house.told(Kind::Opening);
    assert_eq!((openings.len(), &*openings[0].incidents[0].host), (1, "kiosk-7"));
}

#[test]
fn a_key_switch_owns_the_truth_also_over_a_restart() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.ask(Request::Signal { scope: Scope::Everything, open: false }).unwrap();
    house.believe(&app, State::Stalled, Cause::NoFrames);
    let mut house = house.restart(60);
    house.pass(3600);
    assert_eq!((house.all.len(), house.steps.len()), (0, 0));
    house.ask(Request::Signal { scope: Scope::Everything, open: true }).unwrap();
    house.pass(301 + 60);
    assert_eq!(house.told(Kind::Opening).len(), 1);
}

#[test]
fn a_button_repairs_what_is_proved_and_nothing_else() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    let refused = house.ask(Request::Repair(app.clone())).unwrap_err().to_string();
    assert!(refused.contains("nothing proves that the screen is broken"), "{refused}");
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.ask(Request::Repair(app.clone())).unwrap();
    assert_eq!(house.actions(), ["reload"], "at once");
    assert_eq!(house.repairs.values().next().unwrap().by, "Ada");
    let nobody = house.ask(Request::Repair(id("nowhere", "x")));
    assert_eq!(nobody, Err(Refusal::NoApp(id("nowhere", "x"))));
}

#[test]
fn a_button_says_why_it_only_rehearses() {
    let mut dry = repairing();
    dry.repairs[0].dry = true;
    let cases = [
        (dry, true, Rehearsal::Dry),
        (Config::default(), true, Rehearsal::NoPlan),
        (repairing(), false, Rehearsal::New),
    ];
    for (config, adopt, why) in cases {
        let mut house = House::new(config);
        let app = id("kiosk-7", "Tetris");
        if adopt {
            house.adopt(&app);
        }
        house.believe(&app, State::Up, Cause::None);
        house.believe(&app, State::Stalled, Cause::NoFrames);
        let reply = house.ask(Request::Repair(app.clone()));
        if why == Rehearsal::New {
            assert!(matches!(reply, Err(Refusal::Repair(_))), "{reply:?}");
        } else {
            assert_eq!(reply, Ok(Reply::Rehearsed(Action::Reload, why)));
        }
        assert_eq!(house.steps.len(), 0);
    }
}

#[test]
fn people_expect_beside_the_configuration_and_cannot_undo_it() {
    let place = |name| Place::new(name, "").unwrap();
    let shows = || vec![Glob::new("Tetris").unwrap()];
    let expect = vec![Expected { place: place("written"), shows: shows() }];
    let mut house = House::new(Config { expect, ..Config::default() });
    let spoken = Expected { place: place("spoken"), shows: shows() };
    house.ask(Request::Expect(spoken)).unwrap();
    let mut house = house.restart(1);
    house.pass(400);
    assert_eq!(house.told(Kind::Opening)[0].incidents.len(), 2, "both are missing");
    let configured = house.ask(Request::Unexpect(place("written"))).unwrap_err().to_string();
    assert!(configured.contains("change it there"), "{configured}");
    house.ask(Request::Unexpect(place("spoken"))).unwrap();
    assert_eq!(house.open_incidents().len(), 1);
    let house = house.restart(1);
    assert_eq!(house.open_incidents().len(), 1, "what was taken back stays so");
}

#[test]
fn an_app_that_moves_keeps_its_incident_and_its_adoption() {
    let mut house = House::new(repairing());
    let (before, after) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    house.adopt(&before);
    house.believe(&before, State::Up, Cause::None);
    house.believe(&before, State::Stalled, Cause::NoFrames);
    house.pass(20);
    house.moved(&before, &after);
    house.pass(35);
    assert_eq!(house.actions(), ["reload"], "what is proved is so under any name");
    let mut house = house.restart(60);
    house.pass(20);
    house.believe(&after, State::Up, Cause::None);
    house.pass(65);
    assert_eq!((house.told(Kind::Opening).len(), house.told(Kind::Closing).len()), (1, 1));
    assert_eq!(house.told(Kind::Closing)[0].incidents[0].host, "10.0.0.9", "by the name it has now");
    assert_eq!(house.open_incidents(), [0_u64; 0]);
}

#[test]
fn whoever_moves_while_it_is_closed_is_not_repaired() {
    let mut house = House::new(repairing());
    let (before, after) = (id("10.0.0.5", "Tetris"), id("10.0.0.9", "Tetris"));
    house.adopt(&before);
    house.believe(&before, State::Up, Cause::None);
    house.ask(Request::Signal { scope: Scope::Everything, open: false }).unwrap();
    house.believe(&before, State::Stalled, Cause::NoFrames);
    house.moved(&before, &after);
    house.believe(&after, State::Up, Cause::None);
    house.believe(&after, State::Stalled, Cause::NoFrames);
    house.pass(3600);
    assert_eq!((house.all.len(), house.steps.len()), (0, 0));
}

#[test]
fn a_clock_that_is_not_trusted_tells_and_does_not_repair() {
    let hours = Hours::parse("mo-su 20:00-21:00", TimeZone::UTC).unwrap();
    let mut house = House::new(Config { calendars: vec![(Scope::Everything, hours)], ..repairing() });
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.handle(Input::Clock { trusted: false, step: 0 });
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(120);
    assert_eq!((house.told(Kind::Opening).len(), house.steps.len()), (1, 0));
}

#[test]
fn a_rule_tells_in_its_hours_and_then_what_is_still_so() {
    // It begins at 08:00.
    let hours = Hours::parse("mo-su 09:00-18:00", TimeZone::UTC).unwrap();
    let mut house = House::telling(Config::default(), vec![Some(hours)]);
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(3599);
    assert_eq!(house.all.len(), 0);
    house.pass(1);
    assert_eq!(house.told(Kind::Opening).len(), 1);
}

#[test]
fn an_exit_is_evidence_until_the_app_is_heard_again() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.believe(&app, State::Up, Cause::None);
    let exited = |on| Input::Evidence { id: app.borrow(), evidence: hb_core::repair::Evidence::Exited, on };
    house.handle(exited(true));
    house.believe(&app, State::Down, Cause::Silence);
    house.pass(31);
    assert_eq!(house.actions(), ["restart"], "nobody hears a reload there");
    house.answer(None);
    house.believe(&app, State::Up, Cause::None);
    house.pass(600);
    assert_eq!(house.actions(), ["restart"]);
    let refused = house.ask(Request::Repair(app.clone())).unwrap_err().to_string();
    assert!(refused.contains("nothing proves"), "{refused}");
}

#[test]
fn between_closing_hours_and_the_grace_there_is_no_moment_to_tell_or_repair() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.ask(Request::Signal { scope: Scope::Everything, open: false }).unwrap();
    house.believe(&app, State::Stalled, Cause::NoFrames);
    house.pass(3600);
    house.ask(Request::Signal { scope: Scope::Everything, open: true }).unwrap();
    house.pass(299);
    assert_eq!((house.told(Kind::Opening).len(), house.steps.len()), (0, 0));
    house.pass(60);
    assert_eq!((house.told(Kind::Opening).len(), house.steps.len()), (1, 1));
}

#[test]
fn an_exit_of_which_an_agent_told_before_the_first_beat_waits_for_opening() {
    let mut house = House::new(repairing());
    let app = id("kiosk-7", "Tetris");
    house.adopt(&app);
    house.ask(Request::Signal { scope: Scope::Everything, open: false }).unwrap();
    let evidence = hb_core::repair::Evidence::Exited;
    house.handle(Input::Evidence { id: app.borrow(), evidence, on: true });
    house.pass(60);
    house.believe(&app, State::Down, Cause::Silence);
    house.pass(60);
    assert_eq!(house.steps.len(), 0);
}
