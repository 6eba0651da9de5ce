//! What a guest and a host say to each other (docs/messaging.md), as values.
//!
//! Not here: their form on the wire, which the shells give them.

use alloc::string::String;
use alloc::vec::Vec;

/// What a guest says. `P` is what its messages carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say<P> {
    /// First: who it is, which its shell knows.
    Hello,
    /// A message.
    Publish {
        /// What it is about.
        topic: String,
        /// What it carries.
        data: P,
    },
    /// A message that wants a reply.
    Request {
        /// The number of the reply.
        nr: u32,
        /// What it is about.
        topic: String,
        /// What it carries.
        data: P,
    },
    /// The answer to a message that it was sent.
    Answer {
        /// The id of that message.
        to: String,
        /// What it carries.
        data: P,
    },
    /// It wants to hear these topics.
    Subscribe {
        /// The number of the subscription.
        nr: u32,
        /// What it is about.
        topics: Vec<String>,
        /// Whether it wants first what can be replayed.
        replay: bool,
        /// The last message it has of these.
        after: Option<After>,
    },
    /// It does not any more.
    Unsubscribe {
        /// The number of the subscription.
        nr: u32,
    },
}

/// A place in the order of a host's bus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// The host's run.
    pub epoch: String,
    /// The number within it.
    pub seq: u64,
}

/// What a host says. `M` is what its messages and replies carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tell<M> {
    /// The guest is let in.
    Welcome {
        /// Numbers of messages count within it.
        epoch: String,
        /// What the topics under which it may publish begin with; empty if it has no place of its own.
        prefix: String,
    },
    /// It is not, or is shown out.
    Refused {
        /// Why.
        reason: String,
    },
    /// A subscription stands.
    Subscribed {
        /// Its number.
        nr: u32,
        /// Whether nothing is missing.
        whole: bool,
    },
    /// A message for a subscription.
    Message {
        /// Its number.
        nr: u32,
        /// The message's place in the order of the bus.
        seq: u64,
        /// The message.
        message: M,
    },
    /// The guest was too slow for a subscription.
    Missed {
        /// Its number.
        nr: u32,
        /// So many are lost.
        count: u64,
    },
    /// The reply to a request.
    Reply {
        /// Its number.
        nr: u32,
        /// The reply.
        message: M,
    },
    /// A request or a subscription came to nothing.
    Failed {
        /// Its number.
        nr: u32,
        /// Why.
        reason: String,
    },
    /// It may not say what it said.
    Denied {
        /// Why.
        reason: String,
    },
}
