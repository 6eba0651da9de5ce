//! What a protocol says of its messages: their bytes, their key, their class.
//!
//! Not here: where they travel, and who waits for them.

use std::error::Error;
use std::hash::Hash;

/// What a message is for.
///
/// The example of [`Dispatcher`](super::Dispatcher) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Wants a reply that bears the same key.
    Request,
    /// Ends the request of its key.
    Reply,
    /// Ends the acknowledged notification of its key.
    Ack,
    /// Wants no reply; at most an ack.
    Notification,
}

/// A user's protocol. Called from the dispatcher's task and from whoever sends, never under a lock.
///
/// The peer writes what [`decode`](Self::decode) reads: a panic there ends the dispatcher.
///
/// The example of [`Dispatcher`](super::Dispatcher) shows it.
pub trait Adapter: Send + Sync + 'static {
    /// What is sent and received.
    type Message: Send + Sync + 'static;
    /// What a reply has in common with its request.
    type Key: Hash + Eq + Clone + Unpin + Send + 'static;
    /// Why a message has no bytes, or bytes are no message.
    type Error: Error + Send + Sync + 'static;

    /// Appends the bytes of `message`.
    ///
    /// # Errors
    /// It has none. Nothing is sent.
    fn encode(&self, message: &Self::Message, into: &mut Vec<u8>) -> Result<(), Self::Error>;

    /// Reads one datagram, which may be empty, cut off or hostile.
    ///
    /// # Errors
    /// It is none of ours. It is counted, and the next one is read.
    fn decode(&self, datagram: &[u8]) -> Result<Self::Message, Self::Error>;

    /// Joins a reply, or an ack, to what it answers. Never asked of what calls itself a request or a notification
    /// when it comes in.
    fn key(&self, message: &Self::Message) -> Self::Key;

    /// What `message` is for. `None` if the protocol does not tell: then it is the reply, or else the ack, to what is
    /// outstanding under its key, and unsolicited if nothing is.
    fn class(&self, message: &Self::Message) -> Option<Class>;
}
