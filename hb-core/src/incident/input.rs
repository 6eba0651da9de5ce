//! What incidents are told and what they tell: closed enums, matched exhaustively by the shell.

use core::fmt;
use core::time::Duration;

use hb_lease::time::Time;

use super::Parent;
use crate::beat::{Cause, State};
use crate::id::{Identity, OwnedIdentity};

/// The number of an incident, unique as long as the shell gives every machine the highest one so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Why alerts and repairs of an app wait. Detection never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Hold {
    /// Closed, under maintenance or snoozed.
    Muted,
    /// Just opened, or the server just started.
    Grace,
    /// Never adopted: nobody expects it.
    New,
    /// Many of its group fell silent at once: repairs would be of no use.
    Group,
    /// It is part of a group's incident, which speaks for it.
    Covered,
    /// What it depends on is down.
    Dependency,
}

impl Hold {
    /// Every one of them.
    pub const ALL: &[Self] =
        &[Self::Muted, Self::Grace, Self::New, Self::Group, Self::Covered, Self::Dependency];
}

/// A set of [`Hold`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds(u8);

impl Holds {
    /// Whether `hold` is among them.
    #[must_use]
    pub const fn contains(self, hold: Hold) -> bool {
        self.0 & (1 << hold as u8) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are there, in order.
    pub fn iter(self) -> impl Iterator<Item = Hold> {
        Hold::ALL.iter().copied().filter(move |&hold| self.contains(hold))
    }

    /// Puts `hold` in or takes it out. Whether that changed anything.
    pub fn set(&mut self, hold: Hold, on: bool) -> bool {
        let before = self.0;
        let bit = 1 << hold as u8;
        self.0 = if on { before | bit } else { before & !bit };
        self.0 != before
    }
}

/// What the registry believes of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Belief {
    /// What.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// Since when it is true.
    pub since: Time,
    /// The time it was granted.
    pub granted: Duration,
    /// When its silence makes it down; only read of apps that are late or down.
    pub down_at: Time,
}

/// Something that happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// An app changed its state or the cause of it.
    Believed {
        /// Who.
        id: Identity<'a>,
        /// What is believed now.
        belief: Belief,
    },
    /// Alerts and repairs of an app wait, or no longer do, for a reason that only the shell can know. Reasons that this
    /// machine knows itself ([`Hold::Group`], [`Hold::Covered`], [`Hold::Dependency`]) are not taken from outside.
    Held {
        /// Who.
        id: Identity<'a>,
        /// Why.
        hold: Hold,
        /// Whether it begins.
        on: bool,
    },
    /// An app is no longer held by the registry.
    Removed {
        /// Who.
        id: Identity<'a>,
    },
    /// An app now speaks from another host.
    Moved {
        /// As it was called.
        from: Identity<'a>,
        /// As it is called.
        to: Identity<'a>,
    },
    /// What was true before the server restarted. Opens and closes nothing.
    Restored {
        /// Who.
        id: Identity<'a>,
        /// What was believed.
        belief: Belief,
        /// Its incident, if one was open, and since when.
        open: Option<(Number, Time)>,
    },
    /// Time has passed.
    Tick,
}

/// Whom an incident is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One app.
    App(OwnedIdentity),
    /// Many apps of one parent.
    Parent(Parent),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(id) => id.fmt(f),
            Self::Parent(parent) => parent.fmt(f),
        }
    }
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It works again.
    Back,
    /// It said goodbye, or its display is off.
    Goodbye,
    /// It is no longer held.
    Removed,
}

/// What followed from an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// The good states were left.
    Opened {
        /// The incident.
        number: Number,
        /// Whom it is about.
        subject: Subject,
        /// What is believed.
        state: State,
        /// Why.
        cause: Cause,
        /// When the good states were left.
        since: Time,
        /// When it became as bad as this, which may be later.
        at: Time,
        /// Time it was granted: what is still bad after a wait is judged after one of these.
        granted: Duration,
        /// Why its alerts wait already.
        holds: Holds,
    },
    /// It is bad in another way.
    Changed {
        /// The incident.
        number: Number,
        /// What is believed.
        state: State,
        /// Why.
        cause: Cause,
        /// Since when.
        at: Time,
    },
    /// An app's silence is part of a group's incident, or no longer is.
    Covered {
        /// The group's incident.
        by: Number,
        /// The app.
        id: OwnedIdentity,
        /// Whether it is.
        on: bool,
    },
    /// Alerts and repairs of an app wait, or no longer do.
    Held {
        /// Who.
        id: OwnedIdentity,
        /// Its incident, if one is open.
        number: Option<Number>,
        /// Why.
        hold: Hold,
        /// Whether it begins.
        on: bool,
    },
    /// Good again.
    Closed {
        /// The incident.
        number: Number,
        /// Whom it was about.
        subject: Subject,
        /// When it ended.
        at: Time,
        /// How.
        ending: Ending,
    },
}
