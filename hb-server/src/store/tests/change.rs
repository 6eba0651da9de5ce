//! Rows that are there already: pieces of an hour become one, and a name takes its past along.

use super::*;

fn piece(name: &str, hour: u32) -> Hour {
    Hour { app: app(name), hour, ..dice::quiet_hour(app(name)) }
}

fn hours(store: &Store, name: &str) -> Vec<Hour> {
    store.reader().unwrap().hours(app(name).borrow(), 0..u32::MAX).unwrap()
}

#[test]
fn pieces_of_an_hour_add_up() {
    let store = Store::memory(forever()).unwrap();
    let zero = Hour { up: 0, beats: 0, mean: None, slowest: None, gap: None, ..piece("Tetris", 5) };
    let first =
        Hour { up: 600, beats: 100, mean: Some(600), slowest: Some(580), gap: Some(17), ..zero.clone() };
    let second = Hour { up: 590, down: 10, beats: 300, mean: Some(400), slowest: Some(90), ..zero.clone() };
    [&first, &second, &zero].into_iter().for_each(|piece| store.add(piece.clone()));
    flush(&store).unwrap();
    let sum =
        Hour { up: 1190, down: 10, beats: 400, mean: Some(450), slowest: Some(90), gap: Some(17), ..zero };
    assert_eq!(hours(&store, "Tetris"), [sum]);
}

#[test]
fn beats_of_a_lost_piece_are_counted() {
    let mut queue = queue::Queue::new(1, std::time::Instant::now());
    let now = std::time::Instant::now();
    queue.push(now, Item::Row(change(1)));
    queue.push(now, Item::Add(Box::new(Hour { beats: 7, ..piece("Tetris", 5) })));
    assert_eq!((queue.lost[&Kind::Hour], queue.beats_lost), (1, 7));
}

#[test]
fn a_name_takes_its_past_along() {
    let (store, from, to) = (Store::memory(forever()).unwrap(), app("Tetris"), app("Other"));
    store.add(Hour { beats: 3, ..piece("Tetris", 5) });
    store.add(Hour { beats: 4, ..piece("Other", 5) });
    store.add(Hour { beats: 5, ..piece("Tetris", 6) });
    store.record(change(1));
    flush(&store).unwrap();
    // Waits while the move is on its way, and is written after it.
    store.record(change(2));
    store.rename(from, to);
    flush(&store).unwrap();
    let mut reader = store.reader().unwrap();
    assert_eq!((kept_of("Other", &mut reader), kept(&mut reader)), (vec![1, 2], vec![]));
    assert_eq!(hours(&store, "Other").iter().map(|it| it.beats).collect::<Vec<_>>(), [7, 5]);
    assert_eq!(hours(&store, "Tetris"), []);
}

#[test]
fn no_row_of_any_kind_tells_of_a_name_that_moved() {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let (mut names, from, to) = (cell::Names::default(), app("Tetris"), app("Other"));
    for &kind in Kind::ALL {
        writer::put(&db, &mut names, &dice::of_app(kind, &to)).unwrap();
        writer::put(&db, &mut names, &dice::of_app(kind, &from)).unwrap();
    }
    super::super::change::move_to(&db, &mut names, &from, &to).unwrap();
    let with_an_app = |kind: &&Kind| kind.columns().contains(&"app");
    for kind in Kind::ALL.iter().filter(with_an_app) {
        let of = |whom: &str| -> i64 {
            let text =
                format!("SELECT count(*) FROM {} WHERE app {whom} (SELECT number FROM apps)", kind.word());
            db.query_row(&text, (), |row| row.get(0)).unwrap()
        };
        assert!((of("IN") > 0, of("NOT IN")) == (true, 0), "{kind:?}");
    }
    // Who comes back has a number of its own, also where its former one is a stranger's by now.
    let [stranger, back] = [&app("Stranger"), &from].map(|id| names.number(&db, id).unwrap());
    assert_ne!(stranger, back);
    let query = "SELECT app FROM apps WHERE number = ?";
    assert_eq!(db.query_row(query, [back], |row| row.get::<_, String>(0)).unwrap(), "Tetris");
    let mut rows = 0;
    Reader::new(db)
        .each(|_| {
            rows += 1;
            Ok::<(), rusqlite::Error>(())
        })
        .unwrap();
    assert!(rows >= Kind::ALL.len());
}

#[test]
fn of_two_ladders_the_newer_word_holds() {
    let (store, from, to) = (Store::memory(forever()).unwrap(), app("Tetris"), app("Other"));
    let ladder = |app: &OwnedIdentity, when, record: Option<&str>| row::Ladder {
        app: app.clone(),
        at: at(when),
        record: record.map(Into::into),
    };
    // The watch has moved it already: nothing is left of the former name.
    store.record(ladder(&from, 5, None));
    store.record(ladder(&to, 5, Some("stands")));
    flush(&store).unwrap();
    store.rename(from, to.clone());
    flush(&store).unwrap();
    assert_eq!(store.reader().unwrap().ladders().unwrap(), [ladder(&to, 5, Some("stands"))]);
}

#[test]
fn a_row_that_cannot_be_read_costs_itself() {
    let mut db = rusqlite::Connection::open_in_memory().unwrap();
    schema::migrate(&mut db).unwrap();
    let mut names = cell::Names::default();
    let good = dice::of_app(Kind::Ladder, &app("Tetris"));
    writer::put(&db, &mut names, &good).unwrap();
    writer::put(&db, &mut names, &dice::of_app(Kind::Incident, &app("Tetris"))).unwrap();
    let nobodys = "INSERT INTO ladders (app, at, record) VALUES (0, 1, 'x'), (9, 1, 'x');
        UPDATE incidents SET number = 77, state = 'no state'";
    db.execute_batch(nobodys).unwrap();
    let mut reader = Reader::new(db);
    let found: Vec<Row> = reader.ladders().unwrap().into_iter().map(Row::from).collect();
    assert_eq!(found, std::slice::from_ref(&good));
    let mut rows = Vec::new();
    reader
        .each(|row| {
            rows.push(row);
            Ok::<(), rusqlite::Error>(())
        })
        .unwrap();
    assert_eq!(rows, [good], "and so it is in an export");
    assert_eq!(reader.last_incident().unwrap(), Some(77), "its number is taken all the same");
}
