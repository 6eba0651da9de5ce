//! Which links were used: each as long as it would be good, and never more than a bound. Pure. Not here: the disk.

use std::collections::HashMap;

use hb_lease::time::Wall;

/// More than a house uses in a day. Nothing is forgotten to make room: then a link would work twice.
const MOST: usize = 10_000;

/// By nonce, how long each would be good.
#[derive(Debug, Default)]
pub(super) struct Used(HashMap<String, Wall>);

/// What became of a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// It was the first.
    Now,
    /// It was not.
    Before,
    /// There is no room to remember it.
    Full,
}

impl Used {
    pub(super) fn of(known: impl IntoIterator<Item = (String, Wall)>) -> Self {
        Self(known.into_iter().collect())
    }

    pub(super) fn contains(&self, nonce: &str) -> bool {
        self.0.contains_key(nonce)
    }

    pub(super) fn spend(&mut self, nonce: &str, until: Wall, now: Wall) -> Spent {
        if self.contains(nonce) {
            return Spent::Before;
        }
        if self.0.len() >= MOST {
            self.0.retain(|_, until| now < *until);
        }
        if self.0.len() >= MOST {
            return Spent::Full;
        }
        self.0.insert(nonce.to_owned(), until);
        Spent::Now
    }

    pub(super) fn give_back(&mut self, nonce: &str) {
        self.0.remove(nonce);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_and_bounded() {
        let at = Wall::from_unix_millis;
        let mut used = Used::default();
        assert_eq!(used.spend("a", at(10), at(0)), Spent::Now);
        assert_eq!(used.spend("a", at(10), at(0)), Spent::Before);
        used.give_back("a");
        assert_eq!(used.spend("a", at(10), at(0)), Spent::Now);
        for n in 1..MOST {
            assert_eq!(used.spend(&n.to_string(), at(20), at(0)), Spent::Now);
        }
        assert_eq!(used.spend("b", at(20), at(9)), Spent::Full);
        assert_eq!(used.spend("b", at(20), at(10)), Spent::Now, "what is too old makes room");
        assert!(!used.contains("a"));
    }
}
