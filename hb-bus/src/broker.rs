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
//! Two tasks per connection and one per broker; none per message. Not here: sockets and HTTP (`hb_server::carrier`
//! brings them), connecting again.
//!
//! # For those who know go-goo's `message`
//!
//! Its sources are not public any more: this is what its documentation offered. The bytes are our own.
//!
//! | `message` | here |
//! |---|---|
//! | a broker, for clients and for servers | [`Broker`], from a [`Builder`] |
//! | starting a client's connection | [`Broker::start`], after [`Broker::accepts`] and [`Broker::answered`] |
//! | the upgrade of a server's request, `GHMS/0.1` | [`Broker::negotiate`], then [`Accepted::start`]; [`PROTOCOL`] |
//! | constructors of messages by their code | [`Builder::register`] |
//! | handling a message | [`Builder::handle`] |
//! | encodings by media type | [`Encoding`], [`Builder::encoding`], [`Builder::prefer`]; [`Json`], [`Postcard`] |
//! | an encoding for one message | [`Message::encoded_as`], [`Delivery::encoded_as`] |
//! | sending to all, to these, on one connection | [`Broker::send`], [`Delivery::to`], [`Connection::send`] |
//! | a context with its deadline | [`Delivery::within`] |
//! | pipes, inbound and outbound | [`Pipe`], [`Inbound`], [`Outbound`], [`Builder::pipe`] |
//! | patterns: all, round robin, random, the user's | [`Pattern`]: [`All`], [`RoundRobin`], [`Random`]; [`Builder::pattern`] |
//! | configuration | [`Limits`]: [`max_connections`](Limits::max_connections), [`max_message_size`](Limits::max_message_size), [`send_buffer`](Limits::send_buffer), [`timeout`](Limits::timeout) |
//! | the heartbeat's code 1 | [`HEARTBEAT`] |
//! | statistics, and how many are open | [`Broker::stats`], [`Connection::stats`], [`Broker::len`] |
//! | closing one, closing all | [`Connection::close`], [`Broker::close`], which fails with a [`CloseError`] |
//! | `ConnectionClosed` | [`SendError::ConnectionClosed`], [`StartError::ConnectionClosed`] |
//! | `DuplicateMessageCode` | [`BuildError::DuplicateMessageCode`] |
//! | `InvalidConfig` | [`BuildError::InvalidConfig`] |
//! | `InvalidEncoding` | [`BuildError::InvalidEncoding`], [`StartError::InvalidEncoding`], [`SendError::InvalidEncoding`], [`Ending::InvalidEncoding`] |
//! | `InvalidMessageCode` | [`BuildError::InvalidMessageCode`], [`SendError::InvalidMessageCode`], [`Ending::InvalidMessageCode`] |
//! | `NoConnections` | [`SendError::NoConnections`] |

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
mod subprotocol;
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
