//! What the machine of expectations is told and what it tells: closed enums, matched exhaustively by the shell.
//!
//! Not here: what follows from what ([`super::Expect`]).

use hb_lease::time::Time;

use super::{Expected, Place};
use crate::beat::State;
use crate::id::{Identity, OwnedIdentity, Who};

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// The whole list, at the start and whenever it changes. What is new on it has the grace of a start.
    List(&'a [Expected]),
    /// Opening hours of a place. Open until something else is said.
    Phase {
        /// Where.
        place: &'a Place,
        /// What now.
        phase: Phase,
    },
    /// The group of a place fell silent together, or that is over.
    Group {
        /// Where.
        place: &'a Place,
        /// Whether it is silent.
        silent: bool,
    },
    /// What the server believes about an app, from each transition.
    State {
        /// Who.
        id: Identity<'a>,
        /// What is believed.
        state: State,
    },
    /// The app is no longer held.
    Removed {
        /// Who.
        id: Identity<'a>,
        /// A person forgot it: its adoption goes too.
        forgotten: bool,
    },
    /// A person adopts an app, by a click or by `hb adopt`; it need not have been heard of yet.
    Adopt {
        /// Whom.
        id: Identity<'a>,
        /// Who, and from where.
        who: Who,
    },
    /// An earlier run of the server knew this app to be adopted.
    Adopted {
        /// Whom.
        id: Identity<'a>,
        /// How.
        how: How,
    },
    /// An earlier run of the server knew this place of the list to be missing: no incident is opened by a restart.
    Missing {
        /// Where.
        place: &'a Place,
    },
    /// Time has passed.
    Tick,
}

/// Opening hours at one moment. The shell knows the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is expected.
    Closed,
    /// Opened a moment ago: nobody is judged before `until`.
    Opening {
        /// The end of the grace.
        until: Time,
    },
    /// Open.
    Open,
}

/// How an app was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The list expects it, or what others depend on.
    List,
    /// A person wanted it.
    Person,
    /// It has lived for a day.
    Age,
}

/// Why a place is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing runs at the end of the grace after opening.
    Opening,
    /// … after the server's start, or after the place came on the list.
    Start,
    /// … after the end of a group's incident.
    Group,
    /// Its app said goodbye or was removed in opening hours, and nothing came.
    Goodbye,
}

/// What followed from an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing that should be shown here is running.
    Missing {
        /// Where.
        place: Place,
        /// When that became true.
        since: Time,
        /// Why.
        why: Why,
    },
    /// Something runs there again.
    Present {
        /// Where.
        place: Place,
        /// When.
        at: Time,
    },
    /// It was missing, and is no longer expected.
    Unlisted {
        /// Where.
        place: Place,
        /// When.
        at: Time,
    },
    /// An app is no longer new.
    Adopted {
        /// Whom.
        id: OwnedIdentity,
        /// When.
        at: Time,
        /// How.
        how: How,
        /// Who, where it was a person.
        who: Option<Who>,
    },
    /// A person adopted an app that was not heard of, and [`super::Config::absent`] such are remembered already.
    Full {
        /// Whom.
        id: OwnedIdentity,
        /// Who asked.
        who: Who,
    },
}
