//! What the machine is told, and what it tells.
//!
//! Not here: what follows from what ([`super`]).

use alloc::boxed::Box;
use core::time::Duration;

use hb_lease::time::Wall;

use crate::defaults;
use crate::id::Who;
use crate::window::hours::Hours;
use crate::window::mute::{Kind, Mute};
use crate::window::openings::Phase;
use crate::window::scope::Scope;

/// Most mutes at a time.
pub const MAX_MUTES: usize = 512;
/// Most scopes with a calendar.
pub const MAX_CALENDARS: usize = 128;
/// Most scopes with a signal that counts.
pub const MAX_SIGNALS: usize = 128;
/// Most returns of power within one grace.
pub const MAX_RETURNS: usize = 128;

/// Spans of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// After opening and after power returned, before anyone is judged.
    pub boot_grace: Duration,
    /// How long a signal counts without being repeated.
    pub signal_trust: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self { boot_grace: defaults::BOOT_GRACE, signal_trust: defaults::SIGNAL_TRUST }
    }
}

/// A mute that is held; never given twice by one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MuteId(pub(super) u64);

impl MuteId {
    /// The number, for texts and addresses.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id with this number, as somebody typed it.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// What the machine is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A mute is set.
    Add(Mute),
    /// A mute that an earlier run held. One that is over by now is told as such, and gone.
    Restored {
        /// Under which id.
        id: MuteId,
        /// The mute.
        mute: Mute,
    },
    /// Somebody ends a mute.
    Remove {
        /// Which.
        id: MuteId,
        /// Who ends it.
        who: Who,
    },
    /// Whom a mute is for is called otherwise now.
    Retarget {
        /// Which mute.
        id: MuteId,
        /// Its scope from now on.
        scope: Scope,
    },
    /// The opening hours of a scope; they replace the ones it had.
    Calendar {
        /// Whose hours.
        scope: Scope,
        /// `None`: it has none any more.
        hours: Option<Hours>,
        /// Who says so: a line of a file, mostly.
        who: Who,
    },
    /// A key switch or show control opens or closes a scope, or repeats what it said.
    Signal {
        /// What is opened or closed.
        scope: Scope,
        /// Or closed.
        open: bool,
        /// When it was heard. A moment after now is now.
        at: Wall,
        /// The switch, and the way it came.
        who: Who,
    },
    /// What an earlier run heard last of a scope, and since when it had been said.
    Heard {
        /// What was opened or closed.
        scope: Scope,
        /// Or closed.
        open: bool,
        /// When it was said first.
        since: Wall,
        /// When it was said last.
        at: Wall,
        /// The switch, and the way it came.
        who: Who,
    },
    /// Power or network returned, a server started: what is open gets the grace again.
    Returned {
        /// For whom.
        scope: Scope,
    },
    /// Whether the calendar can be believed. It is, until this says otherwise.
    Clock {
        /// `false` without a real-time clock, or behind the last time that was stored.
        trusted: bool,
        /// By how many ms it just stepped forth (back: below zero), measured by the clock that never steps. When it
        /// becomes trusted, what was said on it before moves along: a switch turned a minute ago stays turned.
        step: i64,
    },
    /// Time passed.
    Tick,
}

/// How an input was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// As said.
    Done,
    /// The mute is held under this id.
    Added(MuteId),
    /// There is no such mute, or no calendar of that scope.
    Unknown,
    /// It was not taken; nothing changed.
    Refused(Refused),
}

/// Why something was not taken. Meant for the person who asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A limit.
    #[error("there are {0} {1} already: end one of them first")]
    Full(usize, &'static str),
    /// A mute whose end is not in the future.
    #[error("is over already: expected an end in the future")]
    Over,
    /// A mute until opening where no calendar and no signal opens anything.
    #[error("no opening hours are known for it: expected a span or a date instead of the next opening")]
    NoOpening,
    /// A signal too old to count.
    #[error("was said too long ago to count: expected it to be repeated at least once a day")]
    Stale,
}

/// What the machine tells. Edges are level-triggered: what came and went between two calls is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A mute begins to hold.
    Began {
        /// Which.
        id: MuteId,
        /// Since when it holds.
        at: Wall,
    },
    /// A mute no longer holds: it ended, or its next window is to come.
    Ended {
        /// Which.
        id: MuteId,
        /// When it ceased to hold.
        at: Wall,
    },
    /// A mute is held no longer; after its [`Output::Ended`], if it held.
    Removed {
        /// Which it was.
        id: MuteId,
        /// When.
        at: Wall,
        /// What it was: for the record, who had set it and from where.
        mute: Box<Mute>,
        /// Why it is gone.
        end: End,
    },
    /// A scope with a calendar or a signal is in another phase, as far as its own name tells.
    Phase {
        /// Which scope.
        scope: Scope,
        /// The phase it is in.
        phase: Phase,
        /// Since when.
        at: Wall,
    },
}

/// Why a mute is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its time is over.
    Over,
    /// What it waited for was opened by a signal.
    Opened,
    /// Somebody ended it.
    Removed(Who),
}

/// By what something is muted, since when and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Muted<'a> {
    /// The mute; `None` where calendar or signal say that it is closed.
    pub id: Option<MuteId>,
    /// Why.
    pub kind: Kind,
    /// Whom it is for.
    pub scope: &'a Scope,
    /// Who set it, and from where.
    pub who: &'a Who,
    /// In their words; may be empty.
    pub reason: &'a str,
    /// Since when; `None` for longer than anybody looks back.
    pub since: Option<Wall>,
    /// The first moment without it, if nothing else is said; `None` for later than anybody looks ahead.
    pub until: Option<Wall>,
}

/// Why nobody is told, or nothing repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hush<'a> {
    /// The clock is not trusted, and a repair might fall into closing time. Never said of alerts.
    Clock,
    /// It is muted.
    Muted(Muted<'a>),
    /// It just opened, or power just returned.
    Opening {
        /// The end of the grace, excluded.
        until: Wall,
    },
}
