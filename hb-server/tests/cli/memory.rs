//! `hb export`, `hb import` and `hb uptime`, as a person uses them.

use std::fs;
use std::path::Path;

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use hb_lease::time::Wall;
use hb_server::store::{
    Claim, Config, FILE, Store,
    row::{Last, Transition},
};

use crate::hb::{Ended, hb};

/// A memory in which an app was up for nine of the last ten hours.
fn memory(folder: &Path) {
    let store = Store::open(folder.join(FILE), Config::default()).unwrap();
    let app = Identity::new("kiosk-7", "", "Tetris").unwrap().to_owned();
    let now = jiff::Timestamp::now().as_millisecond();
    let change = |seq, hours: i64, from, to| {
        let at = Wall::from_unix_millis(now - hours * 3_600_000);
        Transition { app: app.clone(), at, seq, from, to: Some(to), cause: Cause::None }.into()
    };
    let rows = vec![
        change(1, 10, None, State::Up),
        change(2, 6, Some(State::Up), State::Down),
        change(3, 5, Some(State::Down), State::Up),
    ];
    store.commit(rows).wait().unwrap();
    assert!(store.close(std::time::Duration::from_secs(30)));
}

fn run(args: &[&str]) -> Ended {
    hb(args).end()
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let home = tempfile::tempdir().unwrap();
    let [here, there, text] = ["here", "there", "all.jsonl"].map(|name| home.path().join(name));
    let [here, there, text] = [&here, &there, &text].map(|path| path.to_str().unwrap());
    memory(Path::new(here));
    let ended = run(&["export", "--state", here, text]);
    assert_eq!(ended, Ended::of(0, &format!("{text} has 3 rows\n"), ""));
    let ended = run(&["import", "--state", there, text]);
    assert_eq!(ended, Ended::of(0, &format!("3 rows are in {there}/{FILE}\n"), ""));
    assert_eq!(run(&["export", "--state", there]), Ended::of(0, &fs::read_to_string(text).unwrap(), ""));

    let claim = Claim::of(Path::new(there)).unwrap();
    let refused = run(&["import", "--state", there, text]);
    assert!(refused.code == Some(1) && refused.err.contains("in use by another hb"), "{refused:?}");
    assert_eq!(run(&["export", "--state", there]).code, Some(0), "who reads claims nothing");
    drop(claim);

    fs::write(text, "{\"hb\":\"memory\",\"version\":1}\nnonsense\n").unwrap();
    let refused = run(&["import", "--state", there, text]);
    assert!(refused.code == Some(1) && refused.err.contains("line 2: expected a JSON object"), "{refused:?}");

    fs::write(text, b"\xff\n").unwrap();
    let refused = run(&["import", "--state", there, text]);
    let times = refused.err.matches("did not contain valid UTF-8").count();
    assert_eq!((refused.code, times), (Some(1), 1), "why is said once: {refused:?}");
}

#[test]
fn an_export_says_how_many_rows_cannot_be_read_and_where_it_looked() {
    let home = tempfile::tempdir().unwrap();
    let [state, text, config] = ["state", "all.jsonl", "hb.toml"].map(|name| home.path().join(name));
    memory(&state);
    fs::write(&config, format!("state = {state:?}\n")).unwrap();
    let [state, text, config] = [&state, &text, &config].map(|path| path.to_str().unwrap());
    let looked = format!("hb: in {state}; --state names another\n");
    let ended = run(&["export", "--config", config, text]);
    assert_eq!(ended, Ended::of(0, &format!("{text} has 3 rows\n"), &looked));
    assert_eq!(run(&["uptime", "--config", config]).err, looked);

    let db = rusqlite::Connection::open(Path::new(state).join(FILE)).unwrap();
    db.execute("UPDATE transitions SET \"to\" = 'no state' WHERE seq = 2", ()).unwrap();
    drop(db);
    let missing = "hb: left out 1 row of the memory that cannot be read; all others are written\n";
    let ended = run(&["export", "--state", state, text]);
    assert_eq!(ended, Ended::of(1, &format!("{text} has 2 rows\n"), missing));
    let ended = run(&["export", "--state", state]);
    assert_eq!((ended.code, &*ended.err, ended.out.lines().count()), (Some(1), missing, 3));
}

#[test]
fn who_only_asks_a_damaged_memory_is_told_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().to_str().unwrap();
    let file = home.path().join(FILE);
    fs::write(&file, "no database at all, but somebody's bytes").unwrap();
    let login = ["login", "--url", "http://127.0.0.1:1"];
    for args in [
        &["token", "list"][..],
        &["token", "revoke", "desk"],
        &["token", "new", "desk", "--role", "viewer"],
        &login,
        &["export"],
        &["uptime"],
    ] {
        let ended = run(&[args, &["--state", state]].concat());
        let said = ended.err.starts_with(&format!("hb: the memory in {state} cannot be read: it is damaged"))
            && ended.err.contains("nothing was changed")
            && ended.err.contains("hb serve");
        assert!(ended.code == Some(1) && ended.out.is_empty() && said, "{args:?}: {ended:?}");
        let left: Vec<_> = home.path().read_dir().unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(left, [FILE], "{args:?}");
        assert!(fs::read_to_string(&file).unwrap().starts_with("no database"), "{args:?}");
    }
}

#[test]
fn uptime_is_a_table_or_json() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().to_str().unwrap();
    memory(home.path());
    let ended = run(&["uptime", "tetris", "--state", state]);
    assert!(ended.code == Some(1) && ended.err.contains("nothing is known of tetris"), "{ended:?}");
    let ended = run(&["uptime", "Tetris", "--state", state, "--since", "8h"]);
    let words: Vec<_> = ended.out.split_whitespace().collect();
    let expected = "app up broken muted unknown Tetris @ kiosk-7 87.50 % 1h00m 0s 0s";
    assert_eq!(words.join(" "), expected, "{ended:?}");
    let ended = run(&["uptime", "--state", state, "--since", "8h", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(json["apps"][0]["uptime"]["broken_s"], 3_600);
    assert_eq!(json["apps"][0]["host"], "kiosk-7");
    let ended = run(&["uptime", "--state", state, "--since", "soon"]);
    assert!(ended.code == Some(1) && ended.err.contains("--since: `soon` is no time: expected"), "{ended:?}");
}

#[test]
fn uptime_ends_with_the_last_sign_of_a_server_that_runs_no_more() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().to_str().unwrap();
    memory(home.path());
    let sign = |hours: i64| {
        let store = Store::open(home.path().join(FILE), Config::default()).unwrap();
        let at = Wall::from_unix_millis(jiff::Timestamp::now().as_millisecond() - hours * 3_600_000);
        let last = Last {
            app: Identity::new("kiosk-7", "", "Tetris").unwrap().to_owned(),
            at,
            state: State::Up,
            cause: Cause::None,
            since: at,
            granted: 6_000,
            first_seen: at,
            promise: 5_000,
            boot: None,
            version: None,
            lived: false,
        };
        store.commit(vec![last.into()]).wait().unwrap();
        assert!(store.close(std::time::Duration::from_secs(30)));
    };
    sign(4);
    let ended = run(&["uptime", "Tetris", "--state", state, "--since", "8h"]);
    assert!(ended.out.contains("75.00 %") && ended.out.contains("1h00m"), "three of four hours: {ended:?}");
    assert!(ended.err.starts_with("hb: no server has written here since 20"), "{ended:?}");
    let ended = run(&["uptime", "Tetris", "--state", state, "--since", "3h"]);
    assert!(ended.code == Some(1) && ended.err.contains("ask further back with --since"), "{ended:?}");
    sign(0);
    let ended = run(&["uptime", "Tetris", "--state", state, "--since", "8h"]);
    assert!(ended.out.contains("87.50 %") && ended.err.is_empty(), "it runs: {ended:?}");
}

#[test]
fn where_there_is_no_memory_it_says_so() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join("nowhere");
    let state = state.to_str().unwrap();
    let line = format!("hb: there is no memory in {state}: say where it is with --state DIR\n");
    for command in ["export", "uptime"] {
        assert_eq!(run(&[command, "--state", state]), Ended::of(1, "", &line));
    }
}
