//! Pipes: what every message passes through on its way in and on its way out.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::connection::Connection;
use super::handler::{Failure, Handlers};
use super::message::Message;
use super::send::{Route, SendError};

/// A future that borrows what it works on.
///
/// The example of [`Pipe`] shows it.
pub type Flow<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A step on the way of every message. Received ones go through the pipes in the order they were added, then to the
/// handler; sent ones in the opposite order, then out. What a connection sends directly goes through none.
///
/// A pipe may change the message, do something before and after, or end the way by not calling `run`.
///
/// ```
/// use hb_bus::broker::{Failure, Flow, Inbound, Message, Pipe};
///
/// /// Drops empty texts.
/// struct NotEmpty;
///
/// impl Pipe for NotEmpty {
///     fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
///         match message.get::<String>() {
///             Some(text) if text.is_empty() => Box::pin(async { Ok(()) }),
///             _ => next.run(message),
///         }
///     }
/// }
/// ```
pub trait Pipe: Send + Sync + 'static {
    /// A message came. Messages of one connection come one at a time, those of several at once.
    fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
        next.run(message)
    }

    /// A message goes, to connections that are chosen after the last pipe. The result says to how many it went; a
    /// pipe that does not call `run` says 0.
    fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
        next.run(message)
    }
}

/// The rest of the way in.
///
/// The example of [`Pipe`] shows it.
pub struct Inbound<'a> {
    pub(super) pipes: &'a [Arc<dyn Pipe>],
    pub(super) from: &'a Connection,
    pub(super) handlers: &'a Handlers,
}

impl<'a> Inbound<'a> {
    /// Where the message came from.
    #[must_use]
    pub fn connection(&self) -> &'a Connection {
        self.from
    }

    /// Goes on with `message`: the next pipe, or the handler.
    pub fn run(self, message: Message) -> Flow<'a, Result<(), Failure>> {
        match self.pipes.split_first() {
            Some((pipe, pipes)) => pipe.inbound(message, Inbound { pipes, ..self }),
            None => self.handlers.handle(self.from, message),
        }
    }
}

/// The rest of the way out.
///
/// ```
/// # use hb_bus::broker::{Flow, Message, Outbound, Pipe, SendError};
/// /// Sends texts in capitals.
/// struct Loud;
///
/// impl Pipe for Loud {
///     fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
///         let louder = message.get::<String>().map(|text| Message::new(text.to_uppercase()));
///         next.run(louder.unwrap_or(message))
///     }
/// }
/// ```
pub struct Outbound<'a> {
    pub(super) pipes: &'a [Arc<dyn Pipe>],
    pub(super) route: Route<'a>,
}

impl<'a> Outbound<'a> {
    /// Goes on with `message`: the next pipe, or the connections.
    pub fn run(self, message: Message) -> Flow<'a, Result<usize, SendError>> {
        match self.pipes.split_last() {
            Some((pipe, pipes)) => pipe.outbound(message, Outbound { pipes, ..self }),
            None => Box::pin(self.route.go(message)),
        }
    }
}
