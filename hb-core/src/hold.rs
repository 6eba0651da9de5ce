//! Why alerts and repairs of an app wait: one set of reasons, and which of the two each of them stops.
//!
//! Detection never waits: states stay true. Not here: when a reason begins and ends ([`crate::incident`] knows what apps
//! have in common, the shell the rest), what waiting means for a message ([`crate::alert`]) or a step
//! ([`crate::repair`]).
//!
//! ```
//! use hb_core::hold::{Reason, Reasons, Stops};
//!
//! let mut reasons = Reasons::default();
//! assert!(reasons.set(Reason::DisplayOff, true) && !reasons.set(Reason::DisplayOff, true));
//! assert_eq!(reasons.first(Stops::Repairs), Some(Reason::DisplayOff));
//! assert_eq!(reasons.first(Stops::Alerts), None);
//! ```

/// Why something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Reason {
    /// Outside opening hours; a group's incident also for what began just before they end.
    Closed,
    /// Under maintenance or snoozed.
    Muted,
    /// Just opened, or the server or the power just came back.
    Grace,
    /// Never adopted: nobody expects it.
    New,
    /// Many of its group fell silent at once, and the longest promise among them is not over.
    Group,
    /// It is part of a group's incident, which speaks for it for as long as it is open.
    Covered,
    /// What it depends on is down.
    Dependency,
    /// Its display is off.
    DisplayOff,
    /// Two pages answer to its name.
    Conflict,
}

/// What a reason can stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stops {
    /// Messages to people.
    Alerts,
    /// Steps of the repair ladder.
    Repairs,
}

/// Each reason, its word, and whether it stops alerts and repairs (spec/liveness.md 2, 4, 6, 7).
const TABLE: [(Reason, &str, bool, bool); 9] = [
    (Reason::Closed, "closed", true, true),
    (Reason::Muted, "muted", true, true),
    (Reason::Grace, "grace", true, true),
    (Reason::New, "new", true, true),
    (Reason::Group, "group", true, true),
    // Evidence against one screen of a silent group is worth a repair once the group's window is over.
    (Reason::Covered, "covered", true, false),
    (Reason::Dependency, "dependency", true, true),
    // A dark display shows no state but `off` by itself; what is worse than that, people want to know.
    (Reason::DisplayOff, "display-off", false, true),
    // Anybody can say of an app without a key that it stands still: people look, and no repair rests on it.
    (Reason::Conflict, "conflict", false, true),
];

impl Reason {
    /// Every reason, in order.
    pub const ALL: &[Self] = &{
        let mut all = [Self::Closed; TABLE.len()];
        let mut at = 0;
        while at < TABLE.len() {
            all[at] = TABLE[at].0;
            at += 1;
        }
        all
    };

    /// The word for this reason.
    #[must_use]
    pub const fn word(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The reason for a word; `None` if there is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.word() == word)
    }

    /// Whether `what` waits while it lasts.
    #[must_use]
    pub const fn stops(self, what: Stops) -> bool {
        match what {
            Stops::Alerts => TABLE[self as usize].2,
            Stops::Repairs => TABLE[self as usize].3,
        }
    }
}

/// A set of reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u16);

impl Reasons {
    /// Whether `reason` is among them.
    #[must_use]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & (1 << reason as u8) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are there, in order.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.iter().copied().filter(move |&reason| self.contains(reason))
    }

    /// The first that stops `what`; `None` if nothing does.
    #[must_use]
    pub fn first(self, what: Stops) -> Option<Reason> {
        self.iter().find(|reason| reason.stops(what))
    }

    /// Whether any stops `what`.
    #[must_use]
    pub fn stop(self, what: Stops) -> bool {
        self.first(what).is_some()
    }

    /// Puts `reason` in or takes it out. Whether that changed anything.
    pub fn set(&mut self, reason: Reason, on: bool) -> bool {
        let before = self.0;
        let bit = 1 << reason as u8;
        self.0 = if on { before | bit } else { before & !bit };
        self.0 != before
    }
}

impl FromIterator<Reason> for Reasons {
    fn from_iter<T: IntoIterator<Item = Reason>>(reasons: T) -> Self {
        let mut set = Self::default();
        for reason in reasons {
            set.set(reason, true);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn the_table_has_each_reason_in_its_place() {
        for (at, &reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(reason as usize, at, "{reason:?}");
            assert_eq!(Reason::from_word(reason.word()), Some(reason));
            assert!(reason.stops(Stops::Alerts) || reason.stops(Stops::Repairs), "{reason:?} stops nothing");
        }
        assert_eq!(Reason::from_word("tired"), None);
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_stops_what_any_of_it_stops() {
        for set in 0..1_u16 << Reason::ALL.len() {
            let wanted: Vec<Reason> =
                Reason::ALL.iter().copied().filter(|&reason| set >> reason as u8 & 1 == 1).collect();
            let reasons: Reasons = wanted.iter().copied().collect();
            assert_eq!(reasons.iter().collect::<Vec<_>>(), wanted);
            assert_eq!(reasons.is_empty(), wanted.is_empty());
            for what in [Stops::Alerts, Stops::Repairs] {
                assert_eq!(reasons.stop(what), wanted.iter().any(|reason| reason.stops(what)));
            }
        }
    }
}
