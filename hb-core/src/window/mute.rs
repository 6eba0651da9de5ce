//! One mute: whom it is for, when, of which kind, who set it and from where.
//!
//! Not here: which of many mutes holds at a moment ([`super::Mutes`]).

use alloc::boxed::Box;

use hb_lease::time::Wall;

use super::hours::Hours;
use super::scope::Scope;
use crate::id::{self, InvalidName, Who};

/// Longest reason, in bytes.
pub const MAX_WORDS: usize = 200;

/// Why something is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Outside opening hours, or closed by a signal or by hand.
    Closed,
    /// Somebody works on it, once or regularly.
    Maintenance,
    /// Somebody knows already.
    Snooze,
}

/// When a mute holds. The end is excluded: at `until` people are told again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// From one moment to another.
    Once {
        /// The first millisecond.
        from: Wall,
        /// The first millisecond after it.
        until: Wall,
    },
    /// From now until its scope opens: by its calendar, or by a signal if that comes earlier.
    UntilOpening {
        /// The next opening by calendar. `None` lets [`super::Mutes`] look it up when the mute is added and keep it.
        until: Option<Wall>,
        /// The first millisecond.
        from: Wall,
    },
    /// Again and again, while these hours say that it is open: `we 07:00-09:00` is a window for maintenance.
    During(Hours),
}

/// A mute, checked by [`Mute::new`]. It ends by itself, or comes again and again: none that was forgotten holds for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    pub(super) scope: Scope,
    pub(super) when: When,
    pub(super) kind: Kind,
    pub(super) who: Who,
    pub(super) reason: Box<str>,
}

impl Mute {
    /// Checks that it ends after it begins and that `reason`, which may be empty, reads as it looks.
    ///
    /// # Errors
    /// What is wrong with it.
    ///
    /// ```
    /// use hb_core::id::Who;
    /// use hb_core::window::{Kind, Mute, Scope, When};
    /// use hb_lease::time::Wall;
    ///
    /// let at = Wall::from_unix_millis;
    /// let who = Who::new("Ada", "cli kiosk-17").unwrap();
    /// let an_hour = When::Once { from: at(0), until: at(3_600_000) };
    /// let mute = Mute::new(Scope::Everything, an_hour, Kind::Snooze, who.clone(), "lamp is ordered").unwrap();
    /// assert_eq!(mute.reason(), "lamp is ordered");
    ///
    /// let backwards = When::Once { from: at(1), until: at(1) };
    /// assert!(Mute::new(Scope::Everything, backwards, Kind::Snooze, who, "").is_err());
    /// ```
    pub fn new(scope: Scope, when: When, kind: Kind, who: Who, reason: &str) -> Result<Self, InvalidMute> {
        id::check(reason, MAX_WORDS).map_err(InvalidMute::Reason)?;
        match when {
            When::Once { from, until } | When::UntilOpening { from, until: Some(until) } if until <= from => {
                Err(InvalidMute::Backwards)
            }
            _ => Ok(Self { scope, when, kind, who, reason: reason.into() }),
        }
    }

    /// Whom it is for.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// When it holds.
    #[must_use]
    pub const fn when(&self) -> &When {
        &self.when
    }

    /// Why there is a mute at all.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Who set it, and from where.
    #[must_use]
    pub const fn who(&self) -> &Who {
        &self.who
    }

    /// In the words of who set it; may be empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Since when and until when it holds at `wall`, if it does. Hours that never began or never end say `None`.
    pub(super) fn holds(&self, wall: Wall) -> Option<(Option<Wall>, Option<Wall>)> {
        match &self.when {
            When::Once { from, until } | When::UntilOpening { from, until: Some(until) } => {
                (*from <= wall && wall < *until).then_some((Some(*from), Some(*until)))
            }
            When::UntilOpening { until: None, .. } => None,
            When::During(hours) => {
                hours.open_at(wall).then(|| (hours.last_change(wall), hours.next_change(wall)))
            }
        }
    }

    /// When it ends for good.
    pub(super) const fn end(&self) -> Option<Wall> {
        match &self.when {
            When::Once { until, .. } => Some(*until),
            When::UntilOpening { until, .. } => *until,
            When::During(_) => None,
        }
    }

    /// The first moment after `wall` at which [`Self::holds`] answers otherwise.
    pub(super) fn next_change(&self, wall: Wall) -> Option<Wall> {
        match &self.when {
            When::Once { from, until } | When::UntilOpening { from, until: Some(until) } => {
                [*from, *until].into_iter().find(|edge| *edge > wall)
            }
            When::UntilOpening { until: None, .. } => None,
            When::During(hours) => hours.next_change(wall),
        }
    }
}

/// Why there is no such mute. Meant for the person who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMute {
    /// Its end is not after its beginning.
    #[error("ends before it begins: expected an end after the beginning")]
    Backwards,
    /// A reason that does not read as it looks.
    #[error("the reason {0}")]
    Reason(InvalidName),
}
