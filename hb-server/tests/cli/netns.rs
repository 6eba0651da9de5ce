//! A screen that gets another address, and several that share one, in network name spaces: over a cable, and behind a
//! router that hides them.
//!
//! The halls are laid by `netns.sh` and `nat.sh`. Not here: what tells a move from a newcomer, and a reload from a conflict
//! (`hb_core::registry`).

use std::process::Command;

use serde_json::{Value, json};

/// What the server showed in such a hall.
fn shown(script: &str) -> Vec<Value> {
    let said = Command::new("unshare")
        .args(["-rmn", "sh", &format!("{}/tests/cli/{script}", env!("CARGO_MANIFEST_DIR"))])
        .env("HB", env!("CARGO_BIN_EXE_hb"))
        .output()
        .expect("unshare runs: it is in util-linux");
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("laid"),
        "this test lays cables between network name spaces and needs `ip`, `nft` and user name spaces: allow them (sysctl \
         kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run as root: {err}"
    );
    assert!(said.status.success(), "{out}\n{err}");
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// These facts of each app.
fn apps(shown: &Value, keys: &[&str]) -> Value {
    let app = |app: &Value| keys.iter().map(|key| app[*key].clone()).collect::<Value>();
    shown.as_array().unwrap().iter().map(app).collect()
}

#[test]
fn a_new_address_is_a_move_and_two_pages_behind_one_are_a_conflict() {
    let shown = shown("netns.sh");
    let [before, after, history, reload, conflict] = &shown[..] else { panic!("{shown:?}") };
    let apps = |shown: &Value| apps(shown, &["host", "state", "boot", "conflict"]);
    assert_eq!(apps(before), json!([["10.0.0.5", "up", "a", false]]));
    assert_eq!(apps(after), json!([["10.0.0.9", "up", "a", false]]), "one app, which moved");
    assert_eq!(before[0]["first_seen"], after[0]["first_seen"]);
    let told = history["history"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["at"]), (1, &before[0]["since"]), "its story went with it");
    assert_eq!(apps(reload), json!([["10.0.0.9", "up", "b", false]]));
    assert_eq!((&conflict[0]["conflict"], &conflict[0]["sessions"]), (&json!(true), &json!(2)));
    assert_eq!(conflict.as_array().unwrap().len(), 1);
}

#[test]
fn kiosks_behind_one_address_are_a_conflict_where_they_show_the_same_and_never_green_because_one_lives() {
    let shown = shown("nat.sh");
    let [apart, conflict, worst, left, declared] = &shown[..] else { panic!("{shown:?}") };
    let told = |shown| apps(shown, &["host", "app", "state", "conflict"]).as_array().unwrap().clone();
    assert_eq!(told(apart).len(), 2);
    for app in ["x", "y"] {
        assert!(told(apart).contains(&json!(["10.0.0.2", app, "up", false])), "{apart}");
    }
    let facts = |app: &Value| json!([app["state"], app["conflict"], app["sessions"]]);
    assert_eq!(facts(conflict), json!(["up", true, 2]));
    assert_eq!(facts(worst), json!(["stalled", true, 2]), "the other is fine");
    assert_eq!((&left["state"], &left["conflict"]), (&json!("up"), &json!(false)), "one is left");
    for host in ["one", "two"] {
        assert!(told(declared).contains(&json!([host, "z", "up", false])), "{declared}");
    }
}
