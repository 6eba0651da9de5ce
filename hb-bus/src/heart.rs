//! Heartbeats: a loop that asks, a loop that answers, and the rules of a registry between them.
//!
//! | room | what it is |
//! |---|---|
//! | [`requester`] | sends a request, has the answer turned into the next one, and so on until there is none |
//! | [`responder`] | takes requests, has each answered, sends the answers back |
//! | [`link`] | a transport for the requester over anything that only sends and only receives |
//! | [`schedule`] | how long a lease is granted, and when and how often it is renewed |
//! | [`members`] | who is there: one table of leases for every protocol |
//! | [`registry`] | who may come in, and for how long |
//! | [`registrant`] | keeps registered, and moves on when a registry is gone |
//!
//! Protocols and transports are [`tower::Service`]s, so a closure with [`tower::service_fn`] is one. A loop is stopped
//! by a [`CancellationToken`]. Requests, answers and errors that are spawned with a loop own what they say: a limit of
//! the compiler lets a `String` or a newtype through, but not a bare `&'static str`. Not here: sockets,
//! formats, and what a heartbeat says about a screen.
//!
//! [`CancellationToken`]: tokio_util::sync::CancellationToken

pub mod link;
pub mod members;
pub mod registrant;
pub mod registry;
pub mod requester;
pub mod responder;
pub mod schedule;

pub use requester::{Attempt, RequesterHeart};
pub use responder::ResponderHeart;

#[cfg(test)]
mod tests;
