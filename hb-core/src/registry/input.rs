//! What the registry is told and what it tells: closed enums, matched exhaustively by the shell.

use alloc::boxed::Box;
use core::time::Duration;

use hb_lease::time::Time;

use super::Memory;
use crate::beat::{Beat, Cause, State};
use crate::id::{Boot, Fingerprint, Identity, OwnedIdentity};

/// Where a beat came from; the shell decides it once, at the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The address, and the web origin of a page, so far as the shell can tell: equal for equal places.
    pub place: u32,
    /// Whether it is a program's, by a mark that no page of a browser can make.
    pub program: bool,
}

/// Something that happened outside.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A request of a client.
    Beat {
        /// Whom it is about.
        id: Identity<'a>,
        /// What it says.
        beat: &'a Beat<'a>,
        /// Where it came from.
        from: Origin,
        /// Whether a name never seen before may be added.
        admit: bool,
    },
    /// The presence socket of a page opened.
    PresenceOpened {
        /// The app.
        id: Identity<'a>,
        /// The page.
        boot: Boot,
    },
    /// The presence socket of a page closed.
    PresenceClosed {
        /// The app.
        id: Identity<'a>,
        /// The page.
        boot: Boot,
        /// How long its return is waited for.
        grace: Duration,
    },
    /// A person wants an app gone.
    Forget {
        /// The app.
        id: Identity<'a>,
    },
    /// A person says that a conflict is none: the page heard last is the app, until another speaks.
    Dismiss {
        /// The app.
        id: Identity<'a>,
    },
    /// Another needs the place of an app: it is removed if it gives way ([`Registry::gives_way`](super::Registry::gives_way)).
    Displace {
        /// The app.
        app: Fingerprint,
    },
    /// What an earlier run believed of an app, before anybody beats. An app that is held already was heard, and that counts
    /// more: then only its age and its adoption are taken.
    Restored {
        /// The app.
        id: Identity<'a>,
        /// What was believed.
        memory: Memory,
    },
    /// Somebody wants an app here (the list of what is expected, a person), or no longer does: wanted, it is not new
    /// whatever its age.
    Adopt {
        /// The app.
        id: Identity<'a>,
        /// Whether it is wanted.
        on: bool,
    },
    /// A person says that one host took the place of another: what beat there is now called as here.
    Replaced {
        /// The app, as it was called.
        from: Identity<'a>,
        /// The same on the other host.
        to: Identity<'a>,
    },
    /// The house of an app is closed, or open again: while it is closed, a display that is off is no fault.
    Closed {
        /// The app.
        id: Identity<'a>,
        /// Whether it is closed.
        on: bool,
    },
    /// Time has passed.
    Tick,
}

/// What the sender of an input is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The time granted: the promise plus tolerance.
    Granted(Duration),
    /// Goodbye.
    Goodbye,
    /// A new name, and [`Input::Beat`] did not admit any. Nothing changed.
    NotAdmitted,
    /// Done.
    Done,
    /// There is no such app or page, or it does not give way.
    Unknown,
}

/// What followed from an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// An app changed its state or the cause of it.
    Transition(Transition),
    /// Something else worth telling.
    Event(Event),
}

/// A change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Who.
    pub id: OwnedIdentity,
    /// Before; `None` for the first word about an app. Equal to `to` if only the cause changed.
    pub from: Option<State>,
    /// After.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// When it became true, which may be before it was noticed.
    pub at: Time,
}

/// Something worth telling that is no change of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Whom it is about.
    pub id: OwnedIdentity,
    /// When it happened.
    pub at: Time,
    /// What happened.
    pub kind: EventKind,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A new page load took the place of another.
    Reload {
        /// The former said that it leaves, or goodbye.
        clean: bool,
    },
    /// The app now speaks from another host.
    Moved {
        /// Its host before.
        from: Box<str>,
    },
    /// The app is no longer held, as the same on another host took its place.
    Replaced {
        /// The other host.
        by: Box<str>,
        /// As of [`EventKind::Removed`].
        beats: u64,
    },
    /// Two pages answer to one name, or no longer. The worse is believed, as its visitors may see a dark screen, and it is no
    /// evidence for a repair.
    Conflict {
        /// Whether they do.
        on: bool,
    },
    /// Beats come later than they used to, or no longer do. Advice: it changes no state.
    Slowing {
        /// Whether they do.
        on: bool,
    },
    /// The app is no longer held.
    Removed {
        /// Why.
        why: Removal,
        /// How many of [`Stats::accepted`] were its own: a snapshot can no longer tell.
        beats: u64,
    },
}

/// Why an app is no longer held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The policy drops apps that are silent for too long.
    Dropped,
    /// A person removed it, or it was new and fell silent, or it was new, unheard and in the way.
    Forgotten,
    /// It said goodbye long ago.
    Retention,
}

/// What has been counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Beats and words taken, stale ones included.
    pub accepted: u64,
    /// Of those: behind one already heard, or after a goodbye.
    pub stale: u64,
    /// Optional parts that were malformed and dropped, or said by who cannot know.
    pub malformed: u64,
    /// Transitions told.
    pub transitions: u64,
}
