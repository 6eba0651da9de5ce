//! What goes, what stays, and how much at once.

use super::super::row::{Kind, Row};
use super::super::tests::dice::{last, quiet_hour};
use super::super::{cell::Names, row, schema, writer::put};
use super::*;
use hb_core::beat::{Cause, State};
use hb_core::hold::Reasons;
use hb_core::id::{Identity, OwnedIdentity};

const NOW: i64 = 1_000 * 86_400_000;

fn day(n: i64) -> Wall {
    Wall::from_unix_millis(n * 86_400_000)
}

fn app(name: &str) -> OwnedIdentity {
    Identity::new("h", "", name).unwrap().to_owned()
}

fn change(name: &str, at: Wall, to: Option<State>) -> Row {
    row::Transition { app: app(name), at, seq: 0, from: None, to, cause: Cause::None }.into()
}

fn incident(number: u64, ended: Option<Wall>) -> Row {
    row::Incident {
        number,
        about: "app".into(),
        app: Some(app("incident")),
        parent: None,
        state: State::Down,
        cause: Cause::Silence,
        since: day(1),
        at: day(1),
        granted: 0,
        holds: Reasons::default(),
        acknowledged: false,
        snoozed: None,
        told: String::new(),
        ended,
        ending: None,
    }
    .into()
}

fn acknowledged(incident: u64) -> Row {
    let (by, place) = ("Ada".into(), "cli".into());
    row::Acknowledgement { incident, at: day(1), until: None, by, place }.into()
}

fn adopted(name: &str) -> Row {
    let (how, by, place) = ("person".into(), "Ada".into(), "cli".into());
    row::Adoption { app: app(name), at: day(1), how, by, place }.into()
}

fn filled(rows: impl IntoIterator<Item = Row>) -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let mut names = Names::default();
    for row in rows {
        put(&db, &mut names, &row).unwrap();
    }
    db
}

fn count(db: &Connection, table: &str) -> i64 {
    db.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
}

fn sweep(db: &mut Connection) {
    let mut walk = Sweep::default();
    loop {
        let Bitten { rows, more } = walk.bite(db, Retention::default(), Wall::from_unix_millis(NOW)).unwrap();
        if rows == 0 && !more {
            return;
        }
    }
}

#[test]
fn what_is_too_old_goes_and_what_is_still_true_stays() {
    let hour = |n| -> Row { row::Hour { hour: n, ..quiet_hour(app("steady")) }.into() };
    let conflict = |name, at| -> Row { row::Conflict { app: app(name), at, seq: 0, on: true }.into() };
    let mut db = filled([
        adopted("steady"),
        adopted("new"),
        change("steady", day(10), Some(State::Down)),
        change("steady", day(20), Some(State::Up)),
        change("gone", day(20), None),
        change("new", day(990), Some(State::Up)),
        conflict("gone", day(20)),
        conflict("new", day(990)),
        hour(24),
        hour(990 * 24),
        incident(1, Some(day(2))),
        incident(2, None),
        acknowledged(1),
        acknowledged(2),
    ]);
    sweep(&mut db);
    let left = ["transitions", "conflicts", "hours", "incidents", "acknowledgements", "apps"]
        .map(|table| count(&db, table));
    assert_eq!(left, [2, 1, 1, 1, 1, 3], "the last word on an app holds until the next");
    let steady: i64 = db.query_row("SELECT min(at) FROM transitions", (), |row| row.get(0)).unwrap();
    assert_eq!(steady, day(20).as_unix_millis());
}

/// Whoever beats can make up names for ever.
#[test]
fn who_was_never_adopted_leaves_nothing_after_a_week() {
    let hour = |name, day: u32| -> Row { row::Hour { hour: day * 24, ..quiet_hour(app(name)) }.into() };
    let of = |name, at: i64, last| {
        [
            change(name, day(at), Some(State::Up)),
            change(name, day(at), last),
            hour(name, u32::try_from(at).unwrap()),
        ]
    };
    let left = |last, at, row: Option<Row>| {
        let mut db = filled(of("stranger", at, last).into_iter().chain(row));
        sweep(&mut db);
        ["transitions", "hours", "apps"].map(|table| count(&db, table))
    };
    assert_eq!(left(None, 992, None), [0, 0, 0]);
    assert_eq!(left(None, 994, None), [1, 1, 1], "it is not a week");
    assert_eq!(left(Some(State::Up), 992, None), [1, 0, 1], "it is still here");
    assert_eq!(left(None, 992, Some(adopted("stranger"))), [1, 1, 1]);
}

#[test]
fn nobody_waits_for_more_than_a_bite() {
    let hours = (0..1_200).map(|n| row::Hour { hour: n, ..quiet_hour(app("a")) }.into());
    let mut db = filled(hours);
    let (mut bites, mut walk) = (Vec::new(), Sweep::default());
    while bites.last() != Some(&0) {
        bites.push(walk.bite(&mut db, Retention::default(), Wall::from_unix_millis(NOW)).unwrap().rows);
    }
    assert_eq!(bites, [500, 500, 201, 0], "with the name of the app");
}

#[test]
fn however_many_names_there_are_a_bite_looks_at_some() {
    let mut db = filled((0..2_500).map(|n| change(&format!("a{n}"), day(990), Some(State::Up))));
    let mut walk = Sweep::default();
    let mut bite = || walk.bite(&mut db, Retention::default(), Wall::from_unix_millis(NOW)).unwrap();
    let looked = [(); 4].map(|()| bite());
    let [more, end] = [true, false].map(|more| Bitten { rows: 0, more });
    assert_eq!(looked, [more, more, end, more], "and begins anew");
}

#[test]
fn a_calendar_that_is_ahead_makes_nothing_old() {
    let last = last(app("a"), State::Up, Cause::None, day(30), day(1));
    let mut db = filled([last.into(), incident(1, Some(day(20)))]);
    sweep(&mut db);
    assert_eq!(count(&db, Kind::Incident.word()), 1);
}

#[test]
fn a_used_link_goes_once_it_would_be_too_old_anyway() {
    let used = |nonce: &str, until| -> Row { row::Used { nonce: nonce.into(), until }.into() };
    let mut db = filled([used("old", day(900)), used("good", day(1_100))]);
    sweep(&mut db);
    let left: Vec<String> = db
        .prepare("SELECT nonce FROM used")
        .unwrap()
        .query_map((), |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(left, ["good"]);
}

#[test]
fn rows_of_nobody_go_at_any_age() {
    let (state, cause) = (State::Up, Cause::None);
    let kept = last(app("held"), state, cause, Wall::from_unix_millis(NOW), day(1));
    let mut db = filled([kept.into(), incident(1, None)]);
    db.execute_batch(
        "INSERT INTO ladders (app, at, record) VALUES (77, 0, 'x'); UPDATE incidents SET app = 78",
    )
    .unwrap();
    let bitten = Sweep::default().bite(&mut db, Retention::FOREVER, Wall::from_unix_millis(NOW)).unwrap();
    assert_eq!(bitten, Bitten { rows: 3, more: false }, "and a name");
    let count = |table: &str| -> i64 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), (), |row| row.get(0)).unwrap()
    };
    assert_eq!(["ladders", "incidents", "last_states", "apps"].map(count), [0, 0, 1, 1]);
}
