//! A screen that gets another address, and two that share one, over a cable between two network name spaces.
//!
//! The hall is laid by `netns.sh`. Not here: what tells a move from a newcomer, and a reload from a conflict
//! (`hb_core::registry`).

use std::process::Command;

use serde_json::{Value, json};

#[test]
fn a_new_address_is_a_move_and_two_pages_behind_one_are_a_conflict() {
    let said = Command::new("unshare")
        .args(["-rmn", "sh", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/netns.sh")])
        .env("HB", env!("CARGO_BIN_EXE_hb"))
        .output()
        .expect("unshare runs: it is in util-linux");
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    let mut lines = out.lines();
    assert_eq!(
        lines.next(),
        Some("laid"),
        "this test lays a cable between network name spaces and needs `ip` and user name spaces: allow them (sysctl \
         kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run as root: {err}"
    );
    assert!(said.status.success(), "{out}\n{err}");
    let shown: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let [before, after, history, reload, conflict] = &shown[..] else { panic!("{out}") };
    let apps = |shown: &Value| {
        let keys = ["host", "state", "boot", "conflict"];
        let app = |app: &Value| Value::from_iter(keys.map(|key| app[key].clone()));
        Value::from_iter(shown.as_array().unwrap().iter().map(app))
    };
    assert_eq!(apps(before), json!([["10.0.0.5", "up", "a", false]]));
    assert_eq!(apps(after), json!([["10.0.0.9", "up", "a", false]]), "one app, which moved");
    assert_eq!(before[0]["first_seen"], after[0]["first_seen"]);
    let told = history["history"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["at"]), (1, &before[0]["since"]), "its story went with it");
    assert_eq!(apps(reload), json!([["10.0.0.9", "up", "b", false]]));
    assert_eq!((&conflict[0]["conflict"], &conflict[0]["sessions"]), (&json!(true), &json!(2)));
    assert_eq!(conflict.as_array().unwrap().len(), 1);
}
