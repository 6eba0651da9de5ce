//! Heartbeats: a loop that asks, and a loop that answers.
//!
//! | room | what it is |
//! |---|---|
//! | [`requester`] | sends a request, has the answer turned into the next one, and so on until there is none |
//! | [`responder`] | takes requests, has each answered, sends the answers back |
//! | [`link`] | a transport for the requester over anything that only sends and only receives |
//!
//! Protocols and transports are [`tower::Service`]s, so a closure with [`tower::service_fn`] is one. A loop is stopped
//! by a [`CancellationToken`]. Not here: sockets, formats, and what a heartbeat says about a screen.
//!
//! [`CancellationToken`]: tokio_util::sync::CancellationToken

pub mod link;
pub mod requester;
pub mod responder;

pub use requester::{Attempt, RequesterHeart};
pub use responder::ResponderHeart;

#[cfg(test)]
mod tests;
