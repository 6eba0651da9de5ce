//! The tokens as they were read last, by their hashes. Not here: reading them, and sessions.

use std::collections::HashMap;

use hb_lease::time::Wall;

use super::keys::LOGIN;
use super::role::Role;
use super::secret::Hash;
use crate::store::row;

/// One-time logins that were used in this run: more than can be made while one waits to be written.
const SPENT: usize = 64;

/// Who shows a token, or has a session by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The token's name.
    pub name: String,
    /// What it is good for.
    pub role: Role,
}

/// A token, read.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) holder: Holder,
    pub(super) hash: Hash,
    /// Good for one login.
    pub(super) once: bool,
    pub(super) row: row::Token,
}

impl Key {
    /// `None` for a row that makes no sense: it opens nothing.
    pub(super) fn of(row: &row::Token) -> Option<Self> {
        let once = row.role == LOGIN;
        let role = if once { Role::Admin } else { Role::from_word(&row.role)? };
        let holder = Holder { name: row.name.clone(), role };
        Some(Self { holder, hash: Hash::read(&row.hash)?, once, row: row.clone() })
    }

    pub(super) fn is_good(&self, now: Wall) -> bool {
        self.row.revoked.is_none() && self.row.expires.is_none_or(|expires| now < expires)
    }
}

#[derive(Debug, Default)]
pub(super) struct Book {
    keys: HashMap<Hash, Key>,
    spent: Vec<Hash>,
}

impl Book {
    /// What was read now.
    pub(super) fn turn(&mut self, rows: &[row::Token]) {
        let keys = rows.iter().filter_map(Key::of).filter(|key| !self.spent.contains(&key.hash));
        self.keys = keys.map(|key| (key.hash, key)).collect();
    }

    /// The token of this hash, if it is good.
    pub(super) fn find(&self, hash: &Hash, now: Wall) -> Option<&Key> {
        self.keys.get(hash).filter(|key| key.is_good(now))
    }

    /// Uses up what is good for once; `false` if somebody was faster.
    pub(super) fn spend(&mut self, hash: &Hash) -> bool {
        if self.keys.remove(hash).is_none() {
            return false;
        }
        if self.spent.len() == SPENT {
            self.spent.remove(0);
        }
        self.spent.push(*hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::invite;
    use super::*;

    #[test]
    fn what_was_used_stays_used_though_the_disk_still_says_otherwise() {
        let now = Wall::from_unix_millis(0);
        let (row, secret) = invite("ada", "cli", now);
        let (rows, hash) = ([row], secret.hash());
        let mut book = Book::default();
        book.turn(&rows);
        assert!(book.find(&hash, now).is_some_and(|key| key.once));
        assert_eq!([book.spend(&hash), book.spend(&hash)], [true, false], "of two that come at once, one");
        book.turn(&rows);
        assert!(book.find(&hash, now).is_none());
    }
}
