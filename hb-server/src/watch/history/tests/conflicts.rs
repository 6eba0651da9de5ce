//! Two pages that answer to one name, in the story that is kept.

use super::*;
use crate::store::row::Conflict;

/// Turns of conflicts, in order.
fn turns(entries: &[Entry]) -> Vec<&Conflict> {
    let row = |entry| if let &Entry::Row(Row::Conflict(ref row)) = entry { Some(row) } else { None };
    entries.iter().filter_map(row).collect()
}

/// Whether each began or ended.
fn told(stage: &Stage) -> Vec<bool> {
    turns(&stage.entries).iter().map(|row| row.on).collect()
}

/// Two answer to the name, and nobody has heard of it yet.
fn contested() -> Stage {
    let stage = Stage::new(64);
    for boot in ["a", "b", "a"] {
        stage.beat("h", "x", &format!("boot={boot}"));
        stage.pass(secs(1));
    }
    stage
}

#[test]
fn two_pages_of_one_name_stand_in_its_story() {
    let mut stage = contested();
    stage.follow();
    assert_eq!(told(&stage), [true]);
    stage.look(false);
    stage.beat("h", "x", "boot=b&state=leaving");
    stage.follow();
    let rows = turns(&stage.entries);
    assert_eq!(rows.iter().map(|row| row.on).collect::<Vec<_>>(), [true, false], "one of them went");
    assert!(rows[0].at < rows[1].at && rows[0].seq < rows[1].seq, "{rows:?}");
}

#[test]
fn a_conflict_that_was_missed_is_told_by_the_look_that_follows() {
    let mut stage = Stage::new(1);
    stage.beat("h", "x", "boot=a");
    stage.follow();
    for boot in ["b", "a", "b", "a"] {
        stage.beat("h", "x", &format!("boot={boot}"));
        stage.pass(secs(1));
    }
    assert!(stage.follow(), "too many to be told one by one");
    assert_eq!(told(&stage), [true]);
}

#[test]
fn a_conflict_is_over_with_the_app_that_it_is_about() {
    let mut stage = contested();
    stage.engine.forget(Identity::new("h", "", "x").unwrap());
    stage.follow();
    assert_eq!(told(&stage), [true, false]);
}

#[test]
fn a_conflict_that_an_earlier_run_did_not_see_end_is_over_and_may_begin_anew() {
    let store = Store::memory(store::Config { retention: Retention::FOREVER, ..Default::default() }).unwrap();
    let mut stage = contested();
    stage.follow();
    let rows = |stage: &Stage| turns(&stage.entries).into_iter().cloned().map(Row::from).collect::<Vec<_>>();
    assert_eq!(rows(&stage).len(), 1);
    assert!(store.commit(rows(&stage)).wait().is_ok());
    for _ in 0..2 {
        let mut stage = Stage::new(64);
        restore::into(&stage.engine, &mut store.reader().unwrap(), &mut stage.ledger).unwrap();
        stage.follow();
        assert!(store.commit(rows(&stage)).wait().is_ok());
    }
    let id = Identity::new("h", "", "x").unwrap();
    let ever = Wall::from_unix_millis(0)..Wall::from_unix_millis(i64::MAX);
    let kept = store.reader().unwrap().newest_conflicts(id, ever, 9).unwrap();
    assert_eq!(kept.iter().map(|row| row.on).collect::<Vec<_>>(), [false, true], "told once: {kept:?}");
}

#[test]
fn who_makes_a_conflict_with_each_beat_fills_no_disk() {
    for (stays, most) in [(false, 60), (true, 1_000)] {
        let mut stage = Stage::new(10_000);
        stage.beat("h", "x", "boot=a");
        assert!(stage.engine.adopt(Identity::new("h", "", "x").unwrap(), stays));
        stage.follow();
        for turn in 0..7_200 {
            stage.beat("h", "x", &format!("boot={}", if turn % 2 == 0 { "a" } else { "b" }));
            if turn % 2 == 1 {
                assert!(stage.engine.dismiss(Identity::new("h", "", "x").unwrap()));
            }
            stage.pass(Duration::from_millis(250));
            stage.follow();
            if turn % 240 == 0 {
                stage.look(false);
            }
        }
        let rows = turns(&stage.entries);
        assert!((most..=2 * (most + 1)).contains(&rows.len()), "{}", rows.len());
        assert!(rows.windows(2).all(|pair| pair[0].on != pair[1].on), "each turns what was told before");
    }
}
