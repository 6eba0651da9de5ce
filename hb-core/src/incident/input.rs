//! What incidents are told and what they tell: closed enums, matched exhaustively by the shell.

use core::fmt;
use core::time::Duration;

use hb_lease::time::Time;

use super::Parent;
use crate::beat::{Cause, State};
use crate::hold::{Reason, Reasons};
use crate::id::{Identity, OwnedIdentity};

/// The number of an incident, unique as long as the shell gives every machine the highest one so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u64);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
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
    /// machine knows itself ([`Reason::Group`], [`Reason::Covered`], [`Reason::Dependency`]) are not taken from outside.
    Held {
        /// Who.
        id: Identity<'a>,
        /// Why.
        reason: Reason,
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
    /// When a group or a host closes next; from then until it opens again, when it closed. Told when it opens, when that
    /// changes, and before what was restored. Without it, nothing is information only.
    Closing {
        /// Which one.
        parent: &'a Parent,
        /// When; `None` for never.
        at: Option<Time>,
    },
    /// Something is being done about an app, or its effect awaited; or no longer. Meanwhile it is not over because it
    /// works for a moment. Of an app of which nothing was told, this changes nothing.
    Tried {
        /// Who.
        id: Identity<'a>,
        /// Whether it begins.
        on: bool,
    },
    /// What was true before the server restarted. Opens and closes nothing.
    Restored {
        /// Who.
        id: Identity<'a>,
        /// What was believed.
        belief: Belief,
        /// Its incident, if one was open, and since when.
        open: Option<(Number, Time)>,
        /// The group's incident that its silence was part of: the last [`Output::Covered`] of it.
        covered: Option<(&'a Parent, Number)>,
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
    /// It is no longer held, or no longer expected.
    Removed,
}

impl Ending {
    /// The word for it, as it is told and kept.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Back => "back",
            Self::Goodbye => "goodbye",
            Self::Removed => "removed",
        }
    }

    /// The ending of this [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Back, Self::Goodbye, Self::Removed].into_iter().find(|ending| ending.word() == word)
    }
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
        /// Why it waits already.
        holds: Reasons,
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
    /// It works, and is not over yet, as something is being done about it ([`Input::Tried`]) or it fails again and again
    /// ([`FLAPS`](crate::defaults::FLAPS)); or it is bad again.
    Works {
        /// The incident.
        number: Number,
        /// Whether it works.
        on: bool,
    },
    /// A group's incident is information only, as its place closes, or no longer is.
    Quiet {
        /// The group's incident.
        number: Number,
        /// Whether it is.
        on: bool,
    },
    /// An app's silence is part of a group's incident, or no longer is. Its alerts wait for as long
    /// ([`Reason::Covered`]).
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
        reason: Reason,
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
