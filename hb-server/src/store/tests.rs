//! The store as its users see it; what stands in several of its tests.

mod change;
pub(super) mod dice;
mod kill;
mod transfer;
mod trouble;
#[cfg(target_os = "linux")]
mod volume;
mod year;

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use tempfile::TempDir;

use super::row::{Token, Transition};
use super::*;
use hb_lease::time::Wall;

const LONG: Duration = Duration::from_secs(60);

/// The rows of these tests are older than any retention.
fn forever() -> Config {
    Config { retention: Retention::FOREVER, ..Config::default() }
}

fn small() -> Config {
    Config { capacity: 10, ..forever() }
}

fn at(millis: i64) -> Wall {
    Wall::from_unix_millis(1_700_000_000_000 + millis)
}

fn app(name: &str) -> OwnedIdentity {
    Identity::new("kiosk-7", "left", name).unwrap().to_owned()
}

fn change(seq: u64) -> Row {
    change_of("Tetris", seq)
}

fn change_of(name: &str, seq: u64) -> Row {
    let (from, to) = (Some(State::Up), Some(State::Down));
    let at = at(i64::try_from(seq).unwrap());
    Transition { app: app(name), at, seq, from, to, cause: Cause::Silence }.into()
}

fn token(name: &str) -> Row {
    let (hash, role) = ("00ff".into(), "operator".into());
    let (by, place) = ("Ada".into(), "cli".into());
    Token { name: name.into(), hash, role, at: at(0), by, place, expires: None, revoked: None }.into()
}

fn hour(hour: u32) -> Row {
    Hour { hour, ..dice::quiet_hour(app("Tetris")) }.into()
}

/// The order numbers of all transitions that are there.
fn kept(reader: &mut Reader) -> Vec<u64> {
    kept_of("Tetris", reader)
}

fn kept_of(name: &str, reader: &mut Reader) -> Vec<u64> {
    let (id, span) = (app(name), at(-1)..at(i64::from(u32::MAX)));
    reader.transitions(id.borrow(), span).unwrap().iter().map(|it| it.seq).collect()
}

/// Waits until everything that was recorded is written.
fn flush(store: &Store) -> Result<(), NotKept> {
    loop {
        store.commit(Vec::new()).wait()?;
        if store.health().waiting == 0 {
            return Ok(());
        }
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state").join(FILE);
    (folder, file)
}

#[test]
fn what_is_recorded_is_there_after_a_restart() {
    let (_folder, file) = folder();
    let store = Store::open(&file, forever()).unwrap();
    (1..=3).for_each(|seq| store.record(change(seq)));
    let (state, cause) = (State::Down, Cause::Silence);
    let last = dice::last(app("Tetris"), state, cause, at(9), at(3));
    store.record(last.clone());
    assert!(store.close(LONG));
    let store = Store::open(&file, forever()).unwrap();
    let mut reader = store.reader().unwrap();
    assert_eq!(kept(&mut reader), [1, 2, 3]);
    assert_eq!(reader.last_states().unwrap(), [last]);
    store.forget(app("Tetris"));
    flush(&store).unwrap();
    assert_eq!(reader.last_states().unwrap(), []);
    assert_eq!(kept(&mut reader), [1, 2, 3], "its history stays");
}

#[test]
fn a_memory_without_a_file_works_the_same() {
    let [one, other] = [(); 2].map(|()| Store::memory(forever()).unwrap());
    let mut reader = one.reader().unwrap();
    one.record(change(1));
    flush(&one).unwrap();
    assert_eq!(kept(&mut reader), [1]);
    assert_eq!(kept(&mut other.reader().unwrap()), [0; 0], "each has its own");
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, file) = folder();
    let store = Store::open(&file, forever()).unwrap();
    store.commit(vec![token("a")]).wait().unwrap();
    for entry in file.parent().unwrap().read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

#[test]
fn uptime_counts_a_dark_place_as_broken_though_nobody_was_ever_heard_there() {
    let store = Store::memory(forever()).unwrap();
    let second = |n: i64| at(n * 1_000);
    let incident = |number, name, state, since, ended: Option<i64>| row::Incident {
        number,
        about: "app".into(),
        app: Some(app(name)),
        parent: None,
        state,
        cause: Cause::None,
        since: second(since),
        at: second(since),
        granted: 0,
        holds: hb_core::hold::Reasons::default(),
        acknowledged: false,
        snoozed: None,
        told: "{}".into(),
        ended: ended.map(second),
        ending: ended.map(|_| "back".into()),
    };
    store.record(incident(1, "Tetris", State::Missing, 0, Some(30)));
    store.record(incident(2, "Tetris", State::Missing, 100, None));
    store.record(incident(3, "Tetris", State::Down, 50, Some(60)));
    store.record(incident(4, "Other", State::Missing, 0, None));
    flush(&store).unwrap();
    let subject = hb_core::window::Subject { groups: &[], host: "kiosk-7", slot: "left", app: "Tetris" };
    let found = store.reader().unwrap().uptime(subject, second(10)..second(110), &[]).unwrap();
    let seconds = [found.working, found.broken, found.muted, found.apart].map(|it| it.as_secs());
    assert_eq!(seconds, [0, 30, 0, 70]);
}

#[test]
fn uptime_leaves_out_what_was_muted() {
    let store = Store::memory(forever()).unwrap();
    let second = |n: i64| at(n * 1_000);
    for (seq, when, to) in [(1, 0, State::Up), (2, 60, State::Down), (3, 80, State::Up)] {
        let (from, cause) = (None, Cause::None);
        store.record(Transition { app: app("Tetris"), at: second(when), seq, from, to: Some(to), cause });
    }
    let mute = |number, scope: &str, from, until, lifted: Option<i64>| row::Mute {
        number,
        scope: scope.into(),
        kind: "snooze".into(),
        from: second(from),
        until: Some(second(until)),
        hours: None,
        opening: false,
        by: "Ada".into(),
        place: "cli".into(),
        reason: String::new(),
        lifted: lifted.map(second),
    };
    store.record(mute(1, "Tetris", 70, 500, Some(75)));
    store.record(mute(2, "Other", 0, 500, None));
    flush(&store).unwrap();
    let subject = hb_core::window::Subject { groups: &[], host: "kiosk-7", slot: "left", app: "Tetris" };
    let mut reader = store.reader().unwrap();
    let found = reader.uptime(subject, second(10)..second(110), &[second(100)..second(200)]).unwrap();
    let seconds = [found.working, found.broken, found.muted, found.apart].map(|it| it.as_secs());
    assert_eq!(seconds, [70, 15, 15, 0]);
}
