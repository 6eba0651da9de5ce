//! `[[key]]` of `hb.toml`: apps that are beaten for only with a key. Not here: who compares them (`engine::key`).

use std::path::Path;

use hb_core::id::Pattern;
use serde::Deserialize;

use super::file::FileError;
use super::table::{Key, Table, Written};
use crate::engine::key::{self, Keys, Lock};

/// The key of the file that holds such tables.
pub(super) const TABLE: &str = "key";

#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    key: Vec<Written>,
}

const APPS: Key = Key { name: "apps", expected: "apps in quotes, as in [\"tetris\", \"hall3-*/*\"]" };
const KEY: Key = Key { name: "key", expected: "a text in quotes" };
const KEY_FILE: Key = Key { name: "key_file", expected: "a file in quotes, as in \"/etc/hb/tetris-key\"" };

/// What the table takes.
pub(super) const KEYS: &[Key] = &[APPS, KEY, KEY_FILE];

/// Reads the locks in the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Keys, FileError> {
    let tables: Tables = toml::from_str(text).map_err(|error| FileError::Table {
        path: path.into(),
        line: error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count()),
        reason: "expected tables that begin with [[key]]".into(),
    })?;
    let locks: Result<_, _> =
        tables.key.into_iter().map(|written| lock(Table::new(path, text, written))).collect();
    locks.map(Keys::new)
}

fn lock(mut table: Table<'_>) -> Result<Lock, FileError> {
    let patterns = |value: &_| super::key::texts(value)?.iter().map(|text| text.parse().ok()).collect();
    let apps: Option<Vec<Pattern>> = table.take(&APPS, patterns)?;
    let apps = table.must(&APPS, apps.filter(|apps| !apps.is_empty()))?;
    let secret = table.secret(&KEY, &KEY_FILE)?;
    let key = secret.and_then(|secret| key::Key::new(secret.expose()));
    let key =
        key.ok_or_else(|| table.refuse("a [[key]] without a key: expected `key_file`, or `key`".into()))?;
    table.finish(KEYS)?;
    Ok(Lock { apps, key })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use hb_core::id::Identity;

    use super::*;

    #[test]
    fn a_key_stands_in_the_file_or_in_one_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tetris-key"), "hunter2\n").unwrap();
        let text = "[[key]]\napps = \"tetris\"\nkey_file = \"tetris-key\"\n[[key]]\napps = [\"pong\", \"hall3-*/*\"]\nkey = \"hunter3\"\n";
        let keys = parse(&folder.path().join("hb.toml"), text).unwrap();
        for (app, key) in [("tetris", "hunter2"), ("pong", "hunter3")] {
            let id = Identity::new("h", "", app).unwrap();
            assert!(keys.admit(id, || Some(Cow::Borrowed(key))) && !keys.admit(id, || None), "{app}");
        }
    }

    #[test]
    fn a_mistake_is_named_and_no_key_is_told() {
        for (text, why) in [
            ("[[key]]\nkey = \"hunter2\"", "line 2: `apps` is missing: expected apps in quotes"),
            ("[[key]]\napps = []\nkey = \"hunter2\"", "line 2: `apps` is missing: expected apps in quotes"),
            (
                "[[key]]\napps = \"a//\"\nkey = [\"hunter2\"]",
                "line 3: `key` is not one: expected a text in quotes",
            ),
            ("[[key]]\napps = \"a\"", "line 2: a [[key]] without a key: expected `key_file`, or `key`"),
            ("[[key]]\napps = \"a\"\nkey_file = \"/nowhere/k\"", "`key_file`: cannot read /nowhere/k: "),
            (
                "[[key]]\napps = \"a\"\nkey = \"hunter2\"\nap = 1",
                "line 4: unknown key `ap`: did you mean `apps`?",
            ),
            ("key = \"hunter2\"", "line 1: expected tables that begin with [[key]]"),
        ] {
            let error = parse(Path::new("hb.toml"), text).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("hunter"), "{error}");
        }
    }
}
