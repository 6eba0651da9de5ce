//! Connections that speak typed messages, in both directions: one [`Broker`] for clients and servers.
//!
//! A type is registered under a code; values of it are sent to connections that a [`Pattern`] chooses, in the encoding
//! each connection agreed on, through [`Pipe`]s in both directions. A connection runs over any byte stream or anything
//! with frames of its own, such as a WebSocket; how its bytes look is said in [`frame`], how both sides agree in
//! [`negotiate`].
//!
//! ```
//! use std::sync::Arc;
//! use hb_bus::broker::{Broker, Connection};
//! use hb_bus::runtime::Simulation;
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Ask(String);
//! #[derive(Debug, serde::Serialize, serde::Deserialize)]
//! struct Say(String);
//!
//! let simulation = Simulation::new(1);
//! let server = Broker::builder(simulation.handle())
//!     .register::<Ask>(10)
//!     .register::<Say>(11)
//!     .handle(|from: Connection, ask: Arc<Ask>| async move {
//!         from.send(Say(format!("hello {}", ask.0))).await?;
//!         Ok(())
//!     })
//!     .build()?;
//! let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
//! let client = Broker::builder(simulation.handle())
//!     .register::<Ask>(10)
//!     .register::<Say>(11)
//!     .handle(move |_: Connection, say: Arc<Say>| std::future::ready(heard.send(say).map_err(Into::into)))
//!     .build()?;
//!
//! let (near, far) = tokio::io::duplex(4096);
//! server.admit("application/json")?.start(far)?;
//! client.start(near, "application/json")?;
//! simulation.run(async {
//!     client.send(Ask("world".into())).await?;
//!     assert_eq!(hears.recv().await.expect("an answer").0, "hello world");
//!     client.close().await?;
//!     Ok::<_, Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! Two tasks per connection and one per broker; none per message. Not here: sockets, HTTP, reconnecting.

mod builder;
mod connection;
mod encoding;
mod event;
pub mod frame;
mod handler;
mod hub;
mod limits;
mod link;
mod message;
pub mod negotiate;
mod pattern;
mod pipe;
mod roster;
mod send;
#[cfg(test)]
mod tests;

pub use builder::Builder;
pub use connection::{Connection, ConnectionId};
pub use encoding::{Content, Encoding, EncodingError, Json, Postcard, Target};
pub use event::{CloseError, Ending, Event, Stats};
pub use frame::FrameError;
pub use handler::Failure;
pub use hub::{Accepted, Broker, StartError};
pub use limits::{BuildError, Limits};
pub use message::{HEARTBEAT, Message, Payload};
pub use negotiate::{Answer, AnswerError, Offer, PROTOCOL, Refusal};
pub use pattern::{All, Pattern, Random, RoundRobin};
pub use pipe::{Flow, Inbound, Outbound, Pipe};
pub use send::{Delivery, SendError};
