//! Why a message was not sent or not answered.
//!
//! Not here: what comes in and is wrong. Nobody called for it, so it is counted (see [`Stats`](super::Stats)).

use std::io;

use crate::pending::{Closed, DuplicateKey, ExpectError};

/// Why a message did not go out. `E` is the adapter's error.
///
/// ```
/// # use hb_bus::dispatch::SendError;
/// use std::convert::Infallible;
///
/// /// Whether it is worth another try in a moment.
/// fn again(error: &SendError<Infallible>) -> bool {
///     match error {
///         SendError::Congested => true,
///         SendError::Closed(_) | SendError::TooLong { .. } => false,
///         SendError::Adapter(never) => match *never {},
///     }
/// }
/// assert!(again(&SendError::Congested) && !again(&SendError::TooLong { length: 70_000, limit: 65_535 }));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum SendError<E> {
    /// The dispatcher is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The adapter has no bytes for it.
    #[error("the message cannot be encoded: {0}")]
    Adapter(#[source] E),
    /// It is longer than a datagram may be.
    #[error("the message takes {length} bytes, a datagram holds {limit}: send less, or raise max_datagram")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The longest allowed, in bytes.
        limit: usize,
    },
    /// As many datagrams as may wait do wait already.
    #[error("the send queue is full: the transport is slower than what is sent")]
    Congested,
}

/// Why a request has no reply, or a notification no confirmation. `E` is the adapter's error.
///
/// The example of [`Dispatcher`](super::Dispatcher) shows it.
#[derive(Debug, thiserror::Error)]
pub enum RequestError<E> {
    /// The time given was over. The peer may have received it all the same.
    #[error("nobody answered in the time given")]
    TimedOut,
    /// Another one with this key is under way. Nothing was sent.
    #[error(transparent)]
    DuplicateKey(#[from] DuplicateKey),
    /// The dispatcher is closed, or its transport has ended.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The adapter has no bytes for it. Nothing was sent.
    #[error("the message cannot be encoded: {0}")]
    Adapter(#[source] E),
    /// It is longer than a datagram may be. Nothing was sent.
    #[error("the message takes {length} bytes, a datagram holds {limit}: send less, or raise max_datagram")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The longest allowed, in bytes.
        limit: usize,
    },
    /// The transport refused it.
    #[error("the transport failed: {0}")]
    Transport(#[source] io::Error),
}

impl<E> From<ExpectError> for RequestError<E> {
    fn from(error: ExpectError) -> Self {
        match error {
            ExpectError::DuplicateKey(error) => error.into(),
            ExpectError::Closed(error) => error.into(),
        }
    }
}

/// What keeps a message from going out keeps it from being answered.
impl<E> From<Unsendable<E>> for RequestError<E> {
    fn from(error: Unsendable<E>) -> Self {
        match error {
            Unsendable::Adapter(error) => Self::Adapter(error),
            Unsendable::TooLong { length, limit } => Self::TooLong { length, limit },
        }
    }
}

impl<E> From<Unsendable<E>> for SendError<E> {
    fn from(error: Unsendable<E>) -> Self {
        match error {
            Unsendable::Adapter(error) => Self::Adapter(error),
            Unsendable::TooLong { length, limit } => Self::TooLong { length, limit },
        }
    }
}

/// Why a message makes no datagram.
pub(super) enum Unsendable<E> {
    Adapter(E),
    TooLong { length: usize, limit: usize },
}
