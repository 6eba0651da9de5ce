//! What most apps never have: voices beside the newest page, unclean starts, and pages that made room.
//!
//! Everything here is bounded, whatever peers say. Not here: when a page is superseded ([`super::app`]).

use alloc::vec::Vec;

use hb_lease::time::Time;

use super::Config;
use super::session::{Kind, Phase, Session};
use crate::defaults::{CRASH_SPAN, CRASHES, DISPLACED, PAGES};
use crate::id::Boot;

/// Other voices than the first, and what went wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    pub(super) rest: Vec<Session>,
    /// When the last boots came whose predecessor did not say goodbye, oldest first.
    crashes: Vec<Time>,
    /// Pages that made room for others without a goodbye, oldest first: if one comes back, it was never gone.
    displaced: Vec<Boot>,
}

impl Past {
    /// Adds a voice to the rest. Where there are too many pages, the one that matters least goes: closed before open, those that
    /// say in time that something is wrong last, then the one unheard for longest. Of the other kinds of voices there is one each.
    pub(super) fn shelve(&mut self, session: Session, now: Time, config: &Config) {
        self.rest.push(session);
        let pages = || self.rest.iter().enumerate().filter(|(_, s)| s.kind.boot().is_some());
        if pages().count() < PAGES {
            return;
        }
        let weight = |s: &Session| (s.is_open(), s.speaks_up(now, config), s.last_contact());
        let Some((at, _)) = pages().min_by_key(|(_, s)| weight(s)) else { return };
        let gone = self.rest.swap_remove(at);
        if let (
            Kind::Page(boot),
            Phase::Open | Phase::Remembered { .. } | Phase::Superseded { unclean: true },
        ) = (gone.kind, gone.phase)
        {
            push_bounded(&mut self.displaced, boot, DISPLACED);
        }
    }

    /// Whether a new voice is a page that was displaced. Then those before it did not crash either: too many pages
    /// have one name.
    pub(super) fn readmit(&mut self, kind: Kind) -> bool {
        let before = self.displaced.len();
        self.displaced.retain(|&boot| kind != Kind::Page(boot));
        let returned = self.displaced.len() < before;
        if returned {
            self.crashes.clear();
        }
        returned
    }

    /// Notes an unclean start.
    pub(super) fn crashed(&mut self, now: Time) {
        push_bounded(&mut self.crashes, now, CRASHES + 1);
    }

    /// Takes back the last unclean start: its page turned out to live, or to have said goodbye.
    pub(super) fn forgive(&mut self) {
        self.crashes.pop();
    }

    /// When the fourth unclean start from the end will be old enough to be forgotten.
    pub(super) fn crash_loop_until(&self) -> Option<Time> {
        let fourth = self.crashes.len().checked_sub(CRASHES + 1)?;
        Some(self.crashes[fourth] + CRASH_SPAN)
    }
}

/// Adds to a short list that forgets its oldest.
fn push_bounded<T>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() >= most {
        list.remove(0);
    }
    list.push(item);
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;
    use crate::registry::Origin;
    use crate::registry::tests::beat;

    fn page(number: usize) -> Session {
        let kind = Kind::Page(Boot::new(&format!("k{number}")).unwrap());
        let mut page = Session::new(kind);
        let ping = beat(crate::beat::Verb::Ping, 1_000, "");
        page.absorb(Time::from_millis(number as u64), &ping, Origin::default());
        page
    }

    #[test]
    fn so_many_pages_that_made_room_are_remembered_and_the_oldest_is_forgotten_first() {
        let mut past = Past::default();
        for number in 0..PAGES + DISPLACED {
            past.shelve(page(number), Time::from_millis(number as u64), &Config::default());
            assert!(past.rest.len() < PAGES && past.displaced.len() <= DISPLACED);
        }
        assert_eq!((past.rest.len(), past.displaced.len()), (PAGES - 1, DISPLACED));
        assert!(!past.readmit(page(0).kind), "one too many ago");
        assert!(past.readmit(page(1).kind) && past.readmit(page(DISPLACED).kind));
        assert!(!past.readmit(page(1).kind), "once");
    }

    #[test]
    fn no_more_crashes_are_remembered_than_make_a_loop() {
        let mut past = Past::default();
        for number in 0..100 {
            past.crashed(Time::from_millis(number));
        }
        assert_eq!(past.crashes.len(), CRASHES + 1);
        assert_eq!(past.crash_loop_until(), Some(Time::from_millis(96) + CRASH_SPAN));
    }
}
