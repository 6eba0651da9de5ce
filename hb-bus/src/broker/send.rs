//! Sending: through the pipes, to the connections that the pattern chooses, encoded once for each encoding.

use std::future::IntoFuture;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::connection::{Connection, ConnectionId};
use super::encoding::{EncodingError, Index};
use super::event::Ending;
use super::frame::{ComposeError, compose};
use super::hub::{Broker, Shared};
use super::message::Message;
use super::pipe::{Flow, Outbound};
use crate::runtime::timeout;

/// Why a message was not sent, or not to all.
///
/// ```
/// # use hb_bus::broker::Broker;
/// use hb_bus::broker::SendError;
///
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let broker = Broker::builder(world.handle()).register::<String>(10).build()?;
/// let sent = world.run(async { broker.send("is anybody there?".to_owned()).await });
/// assert_eq!(sent, Err(SendError::NoConnections));
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Its type has no code.
    #[error("{0} has no message code: register it")]
    InvalidMessageCode(&'static str),
    /// The encoding asked for is not known here.
    #[error("encoding {0:?} is not known here: add it when the broker is built")]
    InvalidEncoding(String),
    /// There is no connection, or the pattern chose none.
    #[error("no connection to send to: none is open, or the pattern chose none")]
    NoConnections,
    /// The connection, or the broker, is closed.
    #[error("the connection is closed")]
    ConnectionClosed,
    /// The connection belongs to another broker, whose codes and encodings may differ.
    #[error("the connection belongs to another broker: send through its own")]
    Foreign,
    /// The peer did not take it in the time given. It may get it nevertheless, if its writing had begun.
    #[error("the peer did not take the message in time")]
    TimedOut,
    /// The body is larger than allowed. The connection is closed: both sides should have known better.
    #[error(
        "a body of {size} bytes, at most {limit} are allowed: send less at once, or raise `max_message_size` on both sides"
    )]
    TooLarge {
        /// Bytes of the body.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The encoding cannot say it.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Some of several connections failed.
    #[error("sent to {delivered} connections, but not to {}; the first: {}", failures.len(), first(failures))]
    Partly {
        /// To how many it was sent.
        delivered: usize,
        /// To which it was not, and why; never empty.
        failures: Vec<(ConnectionId, Self)>,
    },
}

fn first(failures: &[(ConnectionId, SendError)]) -> String {
    failures.first().map(|(_, error)| error.to_string()).unwrap_or_default()
}

/// A message about to be sent: say more about it, then await it. The result is the number of connections that it was
/// written to: handed to what carries the bytes, not yet read by the peer.
///
/// ```
/// # use std::time::Duration;
/// # use hb_bus::broker::{Broker, Delivery};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let broker = Broker::builder(world.handle()).register::<String>(10).build()?;
/// # let (near, far) = tokio::io::duplex(4096);
/// # let _peer = broker.start(far, "application/json")?;
/// let these = [broker.start(near, "application/json")?];
/// let hello: Delivery<'_> = broker.send("hello".to_owned());
/// let hello = hello.to(&these).within(Duration::from_secs(1)).encoded_as("application/postcard");
/// assert_eq!(world.run(async { hello.await })?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is sent before this is awaited"]
#[derive(Debug)]
pub struct Delivery<'a> {
    route: Route<'a>,
    message: Message,
}

/// Where to, and how long it may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route<'a> {
    broker: &'a Broker,
    to: To<'a>,
    within: Duration,
}

#[derive(Clone, Copy, Debug)]
enum To<'a> {
    /// What the pattern chooses from all.
    Open,
    /// What the pattern chooses from these.
    Offered(&'a [Connection]),
    /// This one, past pipes and pattern.
    Direct(&'a Connection),
}

impl<'a> Delivery<'a> {
    pub(super) fn new(broker: &'a Broker, message: Message) -> Self {
        Self { route: Route { broker, to: To::Open, within: broker.0.limits.timeout }, message }
    }

    pub(super) fn direct(connection: &'a Connection, message: Message) -> Self {
        let mut direct = Self::new(connection.broker(), message);
        direct.route.to = To::Direct(connection);
        direct
    }

    /// Offers only these connections to the pattern. Without this, all that are open.
    pub fn to(mut self, connections: &'a [Connection]) -> Self {
        self.route.to = To::Offered(connections);
        self
    }

    /// How long writing may take, pipes not included. Without this, `timeout` of the limits.
    pub fn within(mut self, limit: Duration) -> Self {
        self.route.within = limit;
        self
    }

    /// In this encoding, whatever the connections agreed on. Those before and after are not touched.
    pub fn encoded_as(mut self, media_type: &str) -> Self {
        self.message = self.message.encoded_as(media_type);
        self
    }
}

impl<'a> IntoFuture for Delivery<'a> {
    type Output = Result<usize, SendError>;
    type IntoFuture = Flow<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { route, message } = self;
        Box::pin(async move {
            let shared = &route.broker.0;
            shared.code(&message)?;
            match route.to {
                To::Direct(_) => route.go(message).await,
                To::Open | To::Offered(_) => Outbound { pipes: &shared.pipes, route }.run(message).await,
            }
        })
    }
}

impl Shared {
    fn code(&self, message: &Message) -> Result<u32, SendError> {
        self.types.code(message.type_id()).ok_or_else(|| SendError::InvalidMessageCode(message.type_name()))
    }

    fn frame(&self, message: &Message, index: Index, name: Option<&str>) -> Result<Bytes, SendError> {
        let limit = self.limits.max_message_size;
        compose(self.code(message)?, name, limit, |body| self.encodings.encode(index, message, body)).map_err(
            |error| match error {
                ComposeError::TooLarge(size) => SendError::TooLarge { size, limit },
                ComposeError::Write(error) => error.into(),
            },
        )
    }
}

impl Route<'_> {
    /// The end of the way out.
    pub(super) async fn go(self, message: Message) -> Result<usize, SendError> {
        let all;
        let offered = match self.to {
            To::Direct(connection) => return self.deliver(&message, std::slice::from_ref(connection)).await,
            To::Offered(connections) => connections,
            To::Open => {
                all = self.broker.open().ok_or(SendError::ConnectionClosed)?;
                &*all
            }
        };
        if offered.is_empty() {
            return Err(SendError::NoConnections);
        }
        let chosen = self.broker.0.pattern.choose(offered);
        if chosen.is_empty() {
            return Err(SendError::NoConnections);
        }
        self.deliver(&message, &chosen).await
    }

    async fn deliver(self, message: &Message, to: &[Connection]) -> Result<usize, SendError> {
        let shared = &self.broker.0;
        let asked = match message.encoding() {
            Some(name) => {
                let invalid = || SendError::InvalidEncoding(name.to_owned());
                Some(shared.encodings.find(name).ok_or_else(invalid)?)
            }
            None => None,
        };
        // Few encodings, so a list is the quickest map.
        let mut frames: Vec<(Index, Result<Bytes, SendError>)> = Vec::new();
        let mut outcomes: Vec<Result<(), SendError>> = Vec::with_capacity(to.len());
        let mut writes = FuturesUnordered::new();
        for (at, connection) in to.iter().enumerate() {
            if !connection.broker().is(self.broker) {
                outcomes.push(Err(SendError::Foreign));
                continue;
            }
            let index = asked.unwrap_or(connection.0.encoding);
            let known = frames.iter().position(|(known, _)| *known == index).unwrap_or_else(|| {
                let name = asked.map(|index| shared.encodings.media_type(index));
                frames.push((index, shared.frame(message, index, name)));
                frames.len() - 1
            });
            match &frames[known].1 {
                Ok(frame) => {
                    let frame = frame.clone();
                    writes.push(async move { (at, connection.put(frame).await) });
                    outcomes.push(Err(SendError::TimedOut));
                }
                Err(error) => {
                    if let SendError::TooLarge { size, limit } = *error {
                        connection.shut(Ending::TooLargeToSend { size, limit });
                    }
                    outcomes.push(Err(error.clone()));
                }
            }
        }
        let written = async {
            while let Some((at, outcome)) = writes.next().await {
                outcomes[at] = outcome;
            }
        };
        // What is not written by then stays timed out.
        let _ = timeout(&*shared.runtime, Some(self.within), written).await;
        total(to, outcomes)
    }
}

fn total(to: &[Connection], outcomes: Vec<Result<(), SendError>>) -> Result<usize, SendError> {
    let failures: Vec<(ConnectionId, SendError)> = to
        .iter()
        .zip(outcomes)
        .filter_map(|(connection, outcome)| Some((connection.id(), outcome.err()?)))
        .collect();
    let delivered = to.len() - failures.len();
    match failures.first() {
        None => Ok(delivered),
        // Nobody got it, all for one reason: no need to tell them apart.
        Some((_, first)) if delivered == 0 && failures.iter().all(|(_, error)| error == first) => {
            Err(first.clone())
        }
        Some(_) => Err(SendError::Partly { delivered, failures }),
    }
}
