//! Out as text and in again: nothing is lost, nothing is doubled.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::row::{Hidden, Secret, Used};
use super::dice::any_row;
use super::*;

fn export(store: &Store) -> String {
    let mut text = Vec::new();
    store.reader().unwrap().export(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn all(store: &Store) -> Vec<Row> {
    let mut rows = Vec::new();
    let visit = |row| {
        rows.push(row);
        Ok::<(), rusqlite::Error>(())
    };
    store.reader().unwrap().each(visit).unwrap();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_row_comes_back_as_it_went_in(row in any_row()) {
        let store = Store::memory(forever()).unwrap();
        store.commit(vec![row.clone()]).wait().unwrap();
        prop_assert_eq!(all(&store), [row]);
    }

    #[test]
    fn a_memory_comes_back_as_it_went_out(rows in vec(any_row(), 0..40)) {
        let [here, there] = [(); 2].map(|()| Store::memory(forever()).unwrap());
        let last = rows.last().cloned();
        here.commit(rows).wait().unwrap();
        if let Some(last) = last {
            prop_assert!(all(&here).contains(&last), "the newest of one key holds");
        }
        let text = export(&here);
        let count = there.import(text.as_bytes()).unwrap();
        prop_assert_eq!(count, text.lines().count() - 1);
        prop_assert_eq!(sorted(&all(&there)), sorted(&public(&here)));
        there.import(text.as_bytes()).unwrap();
        prop_assert_eq!(sorted(&all(&there)), sorted(&public(&here)), "twice is once");
    }
}

/// What leaves the house.
fn public(store: &Store) -> Vec<Row> {
    let mut rows = all(store);
    rows.retain(|row| !row.kind().is_private());
    rows
}

#[test]
fn what_is_signed_with_leaves_in_no_export_and_comes_by_no_import() {
    let store = Store::memory(forever()).unwrap();
    let secret = Secret { name: "links".into(), value: Hidden("hunter2".into()) };
    let used = Used { nonce: "n1".into(), until: Wall::from_unix_millis(9) };
    assert!(!format!("{secret:?}").contains("hunter2"));
    store.commit(vec![secret.clone().into(), used.into()]).wait().unwrap();
    let text = export(&store);
    assert_eq!(text.lines().count(), 1, "{text}");
    for line in [r#"{"row":"secrets","name":"links","value":"x"}"#, r#"{"row":"used","nonce":"n","until":9}"#]
    {
        let error = store.import(format!("{text}{line}\n").as_bytes()).unwrap_err().to_string();
        assert!(error.contains("there is no kind of rows"), "{error}");
    }
    assert_eq!(store.reader().unwrap().secret("links").unwrap(), Some(secret));
}

/// Apps have other numbers elsewhere, and rows the order of those.
fn sorted(rows: &[Row]) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    rows.iter().for_each(|row| *found.entry(format!("{row:?}")).or_default() += 1);
    found
}

#[test]
fn the_text_is_one_object_a_line() {
    let store = Store::memory(forever()).unwrap();
    store.commit(vec![change(1)]).wait().unwrap();
    let expected = "{\"hb\":\"memory\",\"version\":3}\n\
        {\"app\":{\"app\":\"Tetris\",\"host\":\"kiosk-7\",\"slot\":\"left\"},\"at\":1700000000001,\
        \"cause\":\"silence\",\"from\":\"up\",\"row\":\"transitions\",\"seq\":1,\"to\":\"down\"}\n";
    assert_eq!(export(&store), expected);
}

#[test]
fn a_line_that_is_no_row_is_named() {
    let head = "{\"hb\":\"memory\",\"version\":3}\n";
    let cases = [
        ("", "{}", "line 1: expected the first line of an export"),
        ("", "{\"hb\":\"memory\",\"version\":99}", "newer hb"),
        (head, "{", "line 2: expected a JSON object"),
        (head, "{\"row\":\"bogus\"}", "no kind of rows named \"bogus\""),
        (head, "{\"row\":\"tokens\",\"name\":\"a\",\"colour\":1}", "tokens have no colour"),
        (head, "{\"row\":\"tokens\",\"name\":true}", "name: expected a number, a text or an app"),
        (head, "{\"row\":\"tokens\",\"name\":1}", "not of the type"),
        (head, "{\"row\":\"hours\",\"app\":{\"app\":\"\"}}", "app: is empty"),
        (head, "{\"row\":\"hours\",\"app\":99}", "line 2"),
        (head, "\n\n{\"row\":\"acknowledgements\",\"incident\":1.5}", "line 4: incident: not a whole number"),
    ];
    let store = Store::memory(forever()).unwrap();
    for (head, line, expected) in cases {
        let said = store.import(format!("{head}{line}").as_bytes()).unwrap_err().to_string();
        assert!(said.contains(expected), "{line}: {said}");
    }
    assert_eq!(all(&store), []);
}
