//! What goes into the machine, and what comes out of it.
//!
//! Not here: what becomes of it.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::words::{Say, Tell};

/// What happens. Numbers are the shell's: no two subscriptions or requests have the same.
#[derive(Debug)]
pub enum Input<P, M> {
    /// Time has passed. An early tick is harmless.
    Tick,
    /// The connection is open.
    Opened,
    /// It is closed, did not open, or carries what is not ours.
    Closed(String),
    /// The host said something.
    Heard(Tell<M>),
    /// To be published, now or when there is a connection.
    Publish {
        /// What it is about: `./x` is under the guest's own place, `#slot/x` under that of another window of the app.
        topic: String,
        /// What it carries.
        data: P,
    },
    /// To be answered, if the connection over which it came is still there.
    Answer {
        /// The message's id.
        to: String,
        /// The answer.
        data: P,
    },
    /// To be asked, if there is a connection.
    Request {
        /// The number of the reply.
        nr: u32,
        /// What it is about.
        topic: String,
        /// What it carries.
        data: P,
        /// How long a reply is waited for.
        patience: Duration,
    },
    /// Nobody waits for this reply any more.
    Forget(u32),
    /// To be subscribed to, again with every connection.
    Subscribe {
        /// The number of the subscription.
        nr: u32,
        /// What it is about.
        topics: Vec<String>,
        /// Whether what can be replayed is wanted first.
        replay: bool,
    },
    /// A subscription ends.
    Unsubscribe(u32),
    /// The guest leaves for good.
    Leave,
}

/// What is to be done, in order.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<P, M> {
    /// Open a connection; `Opened` or `Closed` follows.
    Dial,
    /// Close it, or stop opening it. Nothing of it is wanted any more.
    HangUp,
    /// Say this over it.
    Say(Say<P>),
    /// Tell whoever subscribed.
    Heard(u32, Heard<M>),
    /// Tell whoever asked.
    Replied(u32, Result<M, Failure>),
    /// It is connected.
    Online {
        /// The host's run.
        epoch: String,
        /// The guest's own place.
        prefix: String,
    },
    /// It is not; the next attempt comes after this long.
    Offline {
        /// Why.
        reason: String,
        /// The wait.
        again_in: Duration,
    },
    /// It said what it may not say.
    Denied(String),
}

/// What a subscription hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<M> {
    /// A message, by its place in the order of the bus.
    Message(u64, M),
    /// It stands; whether nothing is missing since the last connection.
    Connected(bool),
    /// So many are lost.
    Missed(u64),
    /// It is refused. It is tried again with the next connection.
    Refused(String),
    /// The guest has left.
    Closed,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The host says why.
    Told(String),
    /// None came in time.
    Late,
    /// The guest is not connected, or no more.
    Offline,
    /// The guest has left.
    Left,
}
