//! Nothing is missing, nothing is too much, and what is called the default is it.

use super::*;
use crate::config::{Config, Overrides, TypedState};

#[test]
fn every_key_has_a_default_and_a_reason_and_every_default_a_key() {
    let mut wrong = Vec::new();
    for room in rooms() {
        let Some(table) = TABLES.iter().find(|table| table.name == room.name) else {
            wrong.push(format!("[[{}]] has no defaults", room.name));
            continue;
        };
        for key in &room.keys {
            match table.rows.iter().find(|row| row.key == key.name) {
                Some(row) if !row.is.is_empty() && !row.why.is_empty() => {}
                _ => wrong.push(format!("`{}` of [[{}]] has no default or no reason", key.name, room.name)),
            }
        }
        for row in table.rows {
            if !room.keys.iter().any(|key| key.name == row.key) {
                wrong.push(format!("[[{}]] takes no `{}`", room.name, row.key));
            }
        }
    }
    for table in key::tables() {
        if !rooms().iter().any(|room| room.name == table) {
            wrong.push(format!("[[{table}]] is described nowhere"));
        }
    }
    assert!(wrong.is_empty(), "config/reference/defaults.rs:\n  {}", wrong.join("\n  "));
}

#[test]
fn what_is_called_the_default_of_the_top_is_it() {
    let folder = tempfile::tempdir().unwrap();
    let load = |text: &str| {
        let path = folder.path().join("hb.toml");
        std::fs::write(&path, text).unwrap();
        let state = TypedState { none: true, ..TypedState::default() };
        let typed = Overrides { config: Some(path), state, ..Overrides::default() };
        let config = Config::load(typed, &|_| None).unwrap_or_else(|error| panic!("{text}: {error}"));
        format!("{config:?}")
    };
    let (nothing, mut checked) = (load(""), 0);
    assert_ne!(load("max_apps = 5"), nothing, "what is compared sees a difference");
    for row in TABLES[0].rows {
        if is_toml(row.is) {
            assert_eq!(load(&format!("{} = {}\n", row.key, row.is)), nothing, "{}", row.key);
            checked += 1;
        }
    }
    assert!(checked > 14, "only {checked} defaults are TOML?");
}
