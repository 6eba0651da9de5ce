//! What the client is told, what it wants done, and what it has counted: closed enums, matched exhaustively by the shell.
//!
//! Not here: what follows from what ([`super::Sender`]).

use core::time::Duration;

use crate::beat::{Promise, Verb};
use crate::gate;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// A fact about the page.
    Page(gate::Input),
    /// The page watches GL contexts from now on.
    Watch,
    /// Say `hb_init`, now.
    Init,
    /// Beat now, whatever the cadence.
    Ping,
    /// Say goodbye and fall silent.
    Done,
    /// A new promise; beats at once. Zero stops the beats.
    Interval(Duration),
    /// Back from the back/forward cache: a new boot, which the shell names.
    Return,
    /// The request in flight was answered, in whatever way.
    Answered,
    /// The request in flight failed.
    Failed,
    /// Forget the request in flight.
    Abort,
    /// Another speaks for us from now on (true), or no longer: what is under way ends, and nothing else begins but beacons.
    Quiet(bool),
    /// The other speaker of this boot, page or worker, has used this number. From a worker to its quiet page this comes
    /// in answer to the page's last answer.
    Reached(u32),
    /// An uncaught error on the page.
    Error,
    /// So much of the heap of the page's scripts is in use, KiB.
    Heap(u32),
    /// Time has passed.
    Tick,
}

/// What to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send what [`Sender::compose`](super::Sender::compose) makes of this, and report how it went; the only request in flight.
    Fetch(Verb, Promise),
    /// The same, even if the page is about to die or to block; nobody waits for an answer.
    Beacon(Verb, Promise),
    /// Give the request in flight up: something else matters more.
    Abort,
    /// Give the request in flight up: its time is over.
    Expire,
    /// Ask the browser for one frame of our own and report [`gate::Input::Proved`] when it comes.
    Probe,
    /// [`Sender::state`](super::Sender::state) is a different one now.
    Changed,
}

/// Counters since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Requests that asked for an answer.
    pub sent: u32,
    /// Of these, how many failed or took too long.
    pub failed: u32,
}
