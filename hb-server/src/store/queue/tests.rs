//! Who gives way, and when it is written: in a time of our own.

use hb_core::id::Identity;
use hb_lease::time::Wall;

use super::super::row::{Hour, Mute, Transition};
use super::*;

fn app(name: &str) -> OwnedIdentity {
    Identity::new("h", "", name).unwrap().to_owned()
}

fn last(name: &str, state: State, at: i64) -> Item {
    let (at, since) = (Wall::from_unix_millis(at), Wall::from_unix_millis(0));
    Item::Row(super::super::tests::dice::last(app(name), state, Cause::None, at, since).into())
}

fn hour(hour: u32) -> Item {
    let quiet = super::super::tests::dice::quiet_hour(app("a"));
    Item::Row(Hour { hour, ..quiet }.into())
}

fn change(seq: u64) -> Item {
    let at = Wall::from_unix_millis(0);
    Item::Row(Transition { app: app("a"), at, seq, from: None, to: None, cause: Cause::None }.into())
}

fn mute(number: u64) -> Item {
    let row = Mute {
        number,
        scope: "everything".into(),
        kind: "snooze".into(),
        from: Wall::from_unix_millis(0),
        until: None,
        hours: None,
        opening: false,
        by: "Ada".into(),
        place: "cli".into(),
        reason: String::new(),
        lifted: None,
    };
    Item::Row(row.into())
}

/// The numbers in the rows, in order.
fn numbers(batch: &Batch) -> Vec<u64> {
    let number = |item: &Item| match item {
        Item::Row(Row::Transition(it)) => it.seq,
        Item::Row(Row::Mute(it)) => it.number,
        Item::Row(Row::Hour(it)) => it.hour.into(),
        _ => 0,
    };
    batch.items.iter().map(number).collect()
}

#[test]
fn roll_ups_give_way_before_transitions_and_those_before_the_rest() {
    let now = Instant::now();
    let mut queue = Queue::new(3, now);
    queue.push(now, hour(1));
    queue.push(now, hour(2));
    queue.push(now, change(3));
    queue.push(now, change(4));
    assert_eq!(queue.lost, Lost::from([(Kind::Hour, 1)]));
    queue.push(now, mute(5));
    assert_eq!(queue.lost, Lost::from([(Kind::Hour, 2)]));
    queue.push(now, change(6));
    assert_eq!(queue.lost, Lost::from([(Kind::Hour, 2), (Kind::Transition, 1)]), "the newcomer among equals");
    queue.push(now, hour(7));
    assert_eq!(queue.lost[&Kind::Hour], 3, "who comes last and ranks lowest");
    queue.push(now, mute(8));
    queue.push(now, mute(9));
    queue.push(now, mute(10));
    assert_eq!(queue.lost, Lost::from([(Kind::Hour, 3), (Kind::Transition, 3), (Kind::Mute, 1)]));
    assert_eq!(numbers(&queue.take(now, false)), [5, 8, 9]);
    assert!(queue.is_empty());
}

#[test]
fn rows_wait_for_more_but_not_long_and_not_for_many() {
    let now = Instant::now();
    let mut queue = Queue::new(10_000, now);
    assert_eq!(queue.due(now), None);
    queue.push(now, change(1));
    queue.push(now + BATCH_TIME / 2, change(2));
    assert_eq!(queue.due(now), Some(now + BATCH_TIME), "counted from the first");
    for seq in 3..=BATCH_ROWS as u64 + 1 {
        queue.push(now, change(seq));
    }
    assert_eq!(queue.due(now), Some(now));
    assert_eq!(queue.take(now, false).items.len(), BATCH_ROWS);
    assert_eq!(queue.due(now), Some(now + BATCH_TIME), "one is left");
    let (told, _answer) = oneshot::channel();
    queue.push(now, Item::Commit(Vec::new(), Vec::new(), told));
    assert_eq!(queue.due(now), Some(now), "somebody waits");
    queue.take(now, false);
    assert_eq!((queue.due(now), queue.is_urgent()), (None, false));
}

#[test]
fn a_last_state_is_written_on_change_and_else_once_a_minute() {
    let now = Instant::now();
    let mut queue = Queue::new(1, now);
    let mut writes = 0;
    // Two apps, ten beats a second each, for ten minutes; one of them is down for the last five.
    for tick in 0..6_000_u32 {
        let at = now + tick * Duration::from_millis(100);
        let state = if tick < 3_000 { State::Up } else { State::Down };
        queue.push(at, last("a", state, tick.into()));
        queue.push(at, last("b", State::Up, tick.into()));
        if queue.due(at).is_some_and(|due| due <= at) {
            let batch = queue.take(at, false);
            writes += batch.lasts.len();
            queue.wrote(batch);
        }
    }
    assert!((2 * 9 + 1..=2 * 11 + 1).contains(&writes), "{writes}");
    assert_eq!(queue.lost, Lost::new(), "and takes no place in the queue");
}

#[test]
fn what_could_not_be_written_keeps_its_place() {
    let now = Instant::now();
    let mut queue = Queue::new(4, now);
    (1..=3).for_each(|seq| queue.push(now, change(seq)));
    queue.push(now, last("a", State::Up, 1));
    let (told, mut answer) = oneshot::channel();
    queue.push(now, Item::Commit(Vec::new(), Vec::new(), told));
    let batch = queue.take(now, true);
    queue.push(now, change(4));
    queue.push(now, last("a", State::Down, 2));
    queue.put_back(now, batch, &NotKept::Full);
    assert_eq!(answer.try_recv().unwrap(), Err(NotKept::Full), "who waits is told");
    let batch = queue.take(now, true);
    assert_eq!(numbers(&batch), [1, 2, 3, 4]);
    assert_eq!(batch.lasts.iter().map(|it| it.state).collect::<Vec<_>>(), [State::Down], "the newest");
    assert_eq!(queue.lost, Lost::new());
}

#[test]
fn a_forgotten_app_leaves_no_last_state() {
    let now = Instant::now();
    let mut queue = Queue::new(4, now);
    queue.push(now, last("a", State::Up, 1));
    queue.push(now, Item::Forget(app("a")));
    assert!(queue.take(now, true).lasts.is_empty());
}

#[test]
fn a_new_file_is_told_every_last_state_again() {
    let now = Instant::now();
    let mut queue = Queue::new(4, now);
    queue.push(now, last("a", State::Up, 1));
    let batch = queue.take(now, false);
    queue.wrote(batch);
    queue.push(now, last("a", State::Up, 2));
    assert_eq!(queue.due(now), Some(now + REFRESH), "nothing changed");
    queue.forget_written(now);
    assert_eq!(queue.due(now), Some(now + BATCH_TIME));
    assert_eq!(queue.take(now, false).lasts.len(), 1);
}
