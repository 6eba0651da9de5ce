//! Sessions of browsers: bounded in number and in age, and no longer good than the token they were opened with.
//!
//! Pure: `now` is an argument. They end with the process. Not here: cookies (`http`).

use std::collections::HashMap;
use std::time::Duration;

use hb_lease::time::Time;

use super::book::Holder;
use super::secret::{Hash, Secret};

/// How long one lasts.
pub const AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How many one token may have: one more ends its oldest, so that no holder ends those of others.
const OF_ONE: usize = 16;
/// How many there may be: one more ends the oldest.
const MOST: usize = 512;

#[derive(Debug)]
struct Session {
    holder: Holder,
    /// What it was opened with; a one-time login is gone by now.
    token: Option<Hash>,
    since: Time,
    /// What the page keeps, and no cookie: cookies go to every port of a name.
    key: Hash,
    /// Breaks ties between those of one moment.
    number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<Hash, Session>,
    opened: u64,
}

impl Sessions {
    /// The secret for the cookie, and that for the page.
    pub(super) fn open(&mut self, holder: Holder, token: Option<Hash>, now: Time) -> (Secret, Secret) {
        self.open.retain(|_, session| now.since(session.since) < AGE);
        self.make_room(OF_ONE, |session| session.token == token);
        self.make_room(MOST, |_| true);
        let (secret, key) = (Secret::random(), Secret::random());
        self.opened += 1;
        let session = Session { holder, token, since: now, key: key.hash(), number: self.opened };
        self.open.insert(secret.hash(), session);
        (secret, key)
    }

    /// Whose it is, if the token it came by `is_good`, and what its page keeps.
    pub(super) fn find(
        &mut self,
        hash: &Hash,
        now: Time,
        is_good: impl Fn(&Hash) -> bool,
    ) -> Option<(Holder, Hash)> {
        let session = self.open.get(hash)?;
        if now.since(session.since) < AGE && session.token.as_ref().is_none_or(is_good) {
            return Some((session.holder.clone(), session.key));
        }
        self.open.remove(hash);
        None
    }

    pub(super) fn close(&mut self, hash: &Hash) {
        self.open.remove(hash);
    }

    /// Ends the oldest of those that count, when there are `most`.
    fn make_room(&mut self, most: usize, counts: impl Fn(&Session) -> bool) {
        let counted = || self.open.iter().filter(|(_, session)| counts(session));
        if counted().count() < most {
            return;
        }
        let oldest = counted().min_by_key(|(_, session)| session.number).map(|(hash, _)| *hash);
        if let Some(oldest) = oldest {
            self.open.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::role::Role;
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn ada() -> Holder {
        Holder { name: "ada".into(), role: Role::Operator }
    }

    #[test]
    fn a_session_ends_by_age_by_logout_and_with_its_token() {
        let token = Secret::random().hash();
        let mut sessions = Sessions::default();
        let open = sessions.open(ada(), Some(token), at(0)).0.hash();
        let day = 24 * 60 * 60;
        assert_eq!(sessions.find(&open, at(7 * day - 1), |it| *it == token).map(|(who, _)| who), Some(ada()));
        assert_eq!(sessions.find(&open, at(7 * day), |_| true), None);
        let open = sessions.open(ada(), Some(token), at(0)).0.hash();
        assert_eq!(sessions.find(&open, at(1), |_| false), None);
        assert_eq!(sessions.find(&open, at(1), |_| true), None, "it does not come back");
        let open = sessions.open(ada(), None, at(0)).0.hash();
        sessions.close(&open);
        assert_eq!(sessions.find(&open, at(1), |_| true), None);
    }

    #[test]
    fn one_holder_ends_only_its_own_and_all_are_bounded() {
        let mut sessions = Sessions::default();
        let other = sessions.open(ada(), Some(Secret::random().hash()), at(0)).0.hash();
        let greedy = Secret::random().hash();
        let first = sessions.open(ada(), Some(greedy), at(0)).0.hash();
        for _ in 0..OF_ONE {
            sessions.open(ada(), Some(greedy), at(0));
        }
        assert_eq!(sessions.find(&first, at(0), |_| true), None);
        assert!(sessions.find(&other, at(0), |_| true).is_some());
        for _ in 0..2 * MOST {
            sessions.open(ada(), Some(Secret::random().hash()), at(0));
        }
        assert_eq!(sessions.open.len(), MOST);
    }
}
