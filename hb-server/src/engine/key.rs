//! Beat keys: apps that are beaten for only by who knows a key of theirs. Not here: where a key stands in a request
//! (`hb_core::wire`), who else may say what.

use std::borrow::Cow;
use std::fmt;

use hb_core::id::{Identity, Pattern};
use subtle::{Choice, ConstantTimeEq};

/// What is said to who does not know it. It tells neither the key nor whether one was given.
pub const REFUSAL: &str =
    "this app is beaten for only with its key: expected key=, with what [[key]] in hb.toml says";

/// A key: a text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Box<str>);

/// Apps, and the key to them.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Which apps.
    pub apps: Vec<Pattern>,
    /// What must be known to beat for them.
    pub key: Key,
}

/// All locks. An app without one is anybody's; of several on one app each key opens, so that a key can be changed.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Lock>);

impl Key {
    /// Hides `text`; `None` if there is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// For who has to say it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Keys {
    /// These locks, and no other.
    #[must_use]
    pub fn new(locks: Vec<Lock>) -> Self {
        Self(locks)
    }

    /// Whether who says what `given` finds may speak for `id`. Where there is no lock nothing is looked for.
    #[must_use]
    pub fn admit<'k>(&self, id: Identity<'_>, given: impl FnOnce() -> Option<Cow<'k, str>>) -> bool {
        self.0.is_empty() || self.open(id, &given().unwrap_or_default())
    }

    /// Takes as long for a key that is nearly right as for one that is not.
    fn open(&self, id: Identity<'_>, given: &str) -> bool {
        let matches = |lock: &&Lock| lock.apps.iter().any(|apps| apps.matches(id));
        let mut locks = self.0.iter().filter(matches).peekable();
        if locks.peek().is_none() {
            return true;
        }
        let opens = |lock: &Lock| lock.key.0.as_bytes().ct_eq(given.as_bytes());
        locks.fold(Choice::from(0), |open, lock| open | opens(lock)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_with_locks_is_open_to_each_of_their_keys_and_to_nothing_else() {
        let lock = |apps: &[&str], key| Lock {
            apps: apps.iter().map(|apps| apps.parse().unwrap()).collect(),
            key: Key::new(key).unwrap(),
        };
        let keys = Keys::new(vec![
            lock(&["tetris", "hall3-*/*"], "hunter2"),
            lock(&["tetris"], "hunter3"),
            lock(&["hall4-1/pong#left"], "hunter4"),
        ]);
        for (host, slot, app, opening) in [
            ("10.0.0.7", "", "tetris", &["hunter2", "hunter3"][..]),
            ("hall3-1", "x", "anything", &["hunter2"]),
            ("hall4-1", "left", "pong", &["hunter4"]),
            ("hall4-1", "", "pong", &["", "x", "hunter2"]),
            ("10.0.0.7", "", "Tetris", &["", "x"]),
        ] {
            let is_open = opening.contains(&"");
            for key in ["", "x", "hunter", "hunter2", "hunter22", "hunter3", "hunter4"] {
                let id = Identity::new(host, slot, app).unwrap();
                let admitted = keys.admit(id, || (!key.is_empty()).then_some(Cow::Borrowed(key)));
                assert_eq!(admitted, is_open || opening.contains(&key), "{app} {key}");
            }
        }
        assert!(!format!("{keys:?}").contains("hunter"));
        assert!(Key::new("").is_none());
    }

    #[test]
    fn where_there_are_no_locks_no_key_is_looked_for() {
        let id = Identity::new("h", "", "a").unwrap();
        assert!(Keys::default().admit(id, || panic!("nobody needs it")));
    }
}
