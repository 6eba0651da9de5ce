//! Killed in the middle of writing: the file opens, and holds all that was acknowledged.

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

/// Names the file to the process that is killed.
const FILE_OF_CHILD: &str = "HB_TEST_STORE_KILLED";

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let chance = |end: u64| RandomState::new().hash_one(end) % end;
    let (_folder, file) = folder();
    let mut acknowledged = 0;
    for round in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::kill::child", "--nocapture"])
            .env(FILE_OF_CHILD, &file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut lines = lines.filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
        for _ in 0..=chance(30) {
            acknowledged = lines.next().expect("it writes until it is killed");
        }
        // Somewhere within the next write: so many turns of this loop.
        for turn in 0..chance(400_000) {
            std::hint::black_box(turn);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = lines.last().unwrap_or(acknowledged);

        let store = Store::open(&file, forever()).unwrap();
        assert_eq!(store.health().trouble, None);
        let found = kept(&mut store.reader().unwrap());
        let missing = (1..=acknowledged).find(|seq| found.binary_search(seq).is_err());
        assert_eq!(missing, None, "round {round}, {acknowledged} acknowledged");
        assert!(store.close(LONG));
        let db = rusqlite::Connection::open(&file).unwrap();
        let sound: String = db.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }
    assert!(acknowledged >= 20, "it wrote in every round");
}

/// The process that is killed: it writes and says what was acknowledged. Does nothing when it is not asked to.
#[test]
fn child() {
    let Ok(file) = std::env::var(FILE_OF_CHILD) else { return };
    let store = Store::open(&file, forever()).unwrap();
    let next = kept(&mut store.reader().unwrap()).last().map_or(1, |last| last + 1);
    // Ends by being killed; if nobody does, not never.
    for seq in next..next + 100_000 {
        (0..50).for_each(|n| store.record(hour((seq as u32 * 50 + n) % 100_000)));
        store.commit(vec![change(seq)]).wait().unwrap();
        println!("kept {seq}");
    }
}
