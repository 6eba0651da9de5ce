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
