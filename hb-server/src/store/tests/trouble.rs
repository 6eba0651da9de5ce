//! A disk that is locked, slow, gone or broken: nobody waits for it, what is lost is counted, and it comes back.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use super::*;

const LOCKED: &str = "HB_TEST_STORE_LOCKED";

#[test]
fn a_file_that_another_process_locks() {
    let (_folder, file) = folder();
    let store = Store::open(&file, small()).unwrap();
    store.commit(vec![change(1)]).wait().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::trouble::child", "--nocapture"])
        .env(LOCKED, &file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("locked")));

    let said = store.commit(vec![change(2)]).wait().unwrap_err();
    assert!(matches!(&said, NotKept::Trouble(why) if why.contains("locked")), "{said}");
    (0..30).for_each(|seq| store.record(change(100 + seq)));
    let health = store.health();
    assert!(health.trouble.is_some());
    let lost = health.lost[&Kind::Transition];
    assert!(lost >= 19, "ten wait, one batch may be under way: {lost}");

    drop(child.stdin.take());
    child.wait().unwrap();
    flush(&store).unwrap();
    assert_eq!(store.health().trouble, None);
    let lost = store.health().lost[&Kind::Transition];
    let found = kept(&mut store.reader().unwrap());
    assert!(!found.contains(&2), "whom it was refused is not surprised");
    assert_eq!(found.len() as u64, 1 + 30 - lost, "kept or counted");
}

/// The process that locks. Does nothing when it is not asked to.
#[test]
fn child() {
    let Ok(file) = std::env::var(LOCKED) else { return };
    let db = rusqlite::Connection::open(file).unwrap();
    db.execute_batch("BEGIN EXCLUSIVE").unwrap();
    println!("locked");
    let _ = io::stdin().lines().next();
}

#[test]
fn a_disk_that_takes_its_time() {
    let (enter, entered) = channel();
    let (leave, left) = channel::<()>();
    let (_folder, file) = folder();
    let store = Store::start(Place::File(file), small(), |writer| {
        writer.toll = Box::new(move || {
            let _ = enter.send(());
            let _ = left.recv();
        });
    })
    .unwrap();
    let first = store.commit(vec![change(1)]);
    entered.recv_timeout(LONG).unwrap();
    // The write hangs, and this returns.
    (0..8).for_each(|n| store.record(hour(n)));
    (0..10).for_each(|seq| store.record(change(100 + seq)));
    (0..3).for_each(|n| store.record(token(&n.to_string())));
    let lost = store.health().lost;
    assert_eq!(lost, BTreeMap::from([(Kind::Hour, 8), (Kind::Transition, 3)]), "roll-ups give way first");
    let mut answers: Vec<_> = (0..8).map(|_| store.commit(vec![change(2)])).collect();
    let refused = answers.pop().expect("eight were asked for");
    assert_eq!(
        refused.wait(),
        Err(NotKept::Full),
        "seven transitions gave way to commits, and nothing is left to"
    );
    drop(leave);
    first.wait().unwrap();
    answers.into_iter().for_each(|answer| answer.wait().unwrap());
    flush(&store).unwrap();
    assert_eq!(store.reader().unwrap().tokens().unwrap().len(), 3);
}

#[test]
fn a_disk_that_hangs_does_not_hold_up_the_end() {
    let (leave, left) = channel::<()>();
    let store = Store::start(Place::memory(), small(), |writer| {
        writer.toll = Box::new(move || {
            let _ = left.recv();
        });
    })
    .unwrap();
    let answer = store.commit(vec![change(1)]);
    assert!(!store.close(Duration::ZERO));
    drop(leave);
    answer.wait().unwrap();
}

#[test]
fn a_file_that_is_taken_away_is_made_again() {
    let (_folder, file) = folder();
    let store = Store::open(&file, small()).unwrap();
    store.commit(vec![change(1)]).wait().unwrap();
    fs::remove_file(&file).unwrap();
    store.commit(vec![change(2)]).wait().unwrap();
    assert_eq!(kept(&mut store.reader().unwrap()), [2]);
    assert_eq!(store.health().remade, 1);
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    store.commit(vec![change(3)]).wait().unwrap();
    assert_eq!(kept(&mut store.reader().unwrap()), [3]);
    assert_eq!(store.health().remade, 2);
}

#[test]
fn a_damaged_file_is_set_aside() {
    let (_folder, file) = folder();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "no database at all, but somebody's bytes").unwrap();
    let store = Store::open(&file, small()).unwrap();
    store.commit(vec![change(1)]).wait().unwrap();
    let beside = file.parent().unwrap().read_dir().unwrap().map(|entry| entry.unwrap().path());
    let kept = beside.filter(|path| path.to_string_lossy().contains(".broken-")).collect::<Vec<_>>();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(fs::read_to_string(&kept[0]).unwrap().starts_with("no database"));
}

#[test]
fn a_newer_file_is_left_alone() {
    let (_folder, file) = folder();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let db = rusqlite::Connection::open(&file).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    let said = Store::open(&file, small()).unwrap_err().to_string();
    assert!(said.contains("newer hb") && said.contains("99"), "{said}");
}
