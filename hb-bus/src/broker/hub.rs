//! The broker itself: opens connections, sends to them, closes them.

use std::sync::Arc as StdArc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{Sink, SinkExt, Stream, StreamExt, TryStreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::codec::Framed;

use super::builder::Builder;
use super::connection::{Connection, ConnectionId, Link, Phase};
use super::encoding::{Encodings, Index};
use super::event::{CloseError, Ending, Event, Stats};
use super::frame::{Cutter, FrameError};
use super::handler::Handlers;
use super::limits::Limits;
use super::link::{self, Incoming, Leaving, Place};
use super::message::{Message, Payload, Types};
use super::negotiate::{self, Answer, AnswerError, Offer, Refusal};
use super::pattern::Pattern;
use super::pipe::Pipe;
use super::roster::Roster;
use super::send::Delivery;
use crate::runtime::Handle;
use crate::sync::{Arc, Mutex};

/// Connections that speak typed messages, in both directions; the same type for clients and servers. Clones are the
/// same broker. See the [module](super) for an example.
///
/// It lives as long as a clone of it or an open connection does; [`close`](Self::close) ends it before.
///
/// ```
/// # use hb_bus::{broker::Broker, runtime::Simulation};
/// # let world = Simulation::new(1);
/// let broker = Broker::builder(world.handle()).register::<String>(10).build()?;
/// let (near, far) = tokio::io::duplex(4096);
/// broker.admit("application/json")?.start(far)?; // a server lets somebody in
/// broker.start(near, "application/json")?; // a client begins
/// assert_eq!(world.run(async { broker.send("to all".to_owned()).await })?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Broker(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) runtime: Handle,
    pub(super) limits: Limits,
    pub(super) types: Types,
    pub(super) encodings: Encodings,
    pub(super) handlers: Handlers,
    pub(super) pipes: Vec<StdArc<dyn Pipe>>,
    pub(super) pattern: Box<dyn Pattern>,
    pub(super) observer: Box<dyn Fn(&Event<'_>) + Send + Sync>,
    pub(super) roster: Mutex<Roster>,
    pub(super) places: StdArc<Semaphore>,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
}

/// Why a connection cannot be started. Nothing was written.
///
/// ```
/// # use hb_bus::broker::Broker;
/// use hb_bus::broker::StartError;
///
/// # let broker = Broker::builder(hb_bus::runtime::Simulation::new(1).handle()).build()?;
/// let started = broker.start(tokio::io::empty(), "application/cbor");
/// assert_eq!(started.unwrap_err(), StartError::InvalidEncoding("application/cbor".into()));
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// The encoding is not known here.
    #[error("encoding {0:?} is not known here: add it when the broker is built")]
    InvalidEncoding(String),
    /// The broker is closed.
    #[error("the broker is closed")]
    ConnectionClosed,
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker").field("limits", &self.0.limits).field("open", &self.len()).finish()
    }
}

impl Broker {
    /// Begins to build one that gets its time, chance and tasks from `runtime`.
    pub fn builder(runtime: Handle) -> Builder {
        Builder::new(runtime)
    }

    /// Runs a connection over a byte stream, as the side that asked for it; `max_connections` does not count it.
    /// Both sides must have agreed on the encoding, for instance by an HTTP upgrade.
    ///
    /// # Errors
    /// [`StartError`], and not a byte was read or written.
    pub fn start<Io>(&self, io: Io, media_type: &str) -> Result<Connection, StartError>
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.launch(self.known(media_type)?, self.framed(io), None)
    }

    /// As [`start`](Self::start), over something that has frames of its own, such as a WebSocket: every item is one
    /// whole [frame](super::frame). It should refuse more than [`Limits::max_frame_size`] by itself.
    ///
    /// # Errors
    /// [`StartError`], and nothing was read or written.
    pub fn start_frames<C, E>(&self, carrier: C, media_type: &str) -> Result<Connection, StartError>
    where
        C: Stream<Item = Result<Bytes, E>> + Sink<Bytes, Error = E> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        self.launch(self.known(media_type)?, halves(carrier, Ending::carrier), None)
    }

    /// Answers a client's request for an upgrade, as pure words: the carrier sends them.
    ///
    /// # Errors
    /// [`Refusal`] with the status to answer.
    pub fn negotiate(&self, offer: &Offer<'_>) -> Result<Accepted, Refusal> {
        self.accept(negotiate::negotiate(offer, &self.0.encodings)?)
    }

    /// Takes a connection whose encoding was agreed on in another way than by [`negotiate`](Self::negotiate) or
    /// [`negotiate_subprotocol`](Self::negotiate_subprotocol).
    ///
    /// # Errors
    /// [`Refusal::NotAcceptable`] for an unknown encoding, [`Refusal::Unavailable`] where no place is free.
    pub fn admit(&self, media_type: &str) -> Result<Accepted, Refusal> {
        self.accept(self.0.encodings.find(media_type).ok_or(Refusal::NotAcceptable)?)
    }

    /// What a client sends as `Accept`: every encoding, the preferred one first.
    #[must_use]
    pub fn accepts(&self) -> String {
        self.0.encodings.media_types().collect::<Vec<_>>().join(", ")
    }

    /// What a client does with the server's answer: the media type to [`start`](Self::start) with.
    ///
    /// # Errors
    /// [`AnswerError`] if there will be no connection.
    pub fn answered(&self, answer: &Answer<'_>) -> Result<&str, AnswerError> {
        let index = negotiate::answered(answer, &self.0.encodings)?;
        Ok(self.0.encodings.media_type(index))
    }

    /// Sends through the pipes to the connections that the pattern chooses. Nothing happens before the result is
    /// awaited.
    pub fn send<T: Payload>(&self, value: T) -> Delivery<'_> {
        self.send_message(Message::new(value))
    }

    /// As [`send`](Self::send), of a message that exists already.
    pub fn send_message(&self, message: Message) -> Delivery<'_> {
        Delivery::new(self, message)
    }

    /// The open connections, in the order of opening.
    #[must_use]
    pub fn connections(&self) -> Arc<[Connection]> {
        self.open().unwrap_or_default()
    }

    /// How many connections are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections().len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is allowed.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What all connections have done so far, closed ones included.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats { sent: load(&self.0.sent), received: load(&self.0.received) }
    }

    /// Messages that came through the pipes, and whose type has no handler.
    #[must_use]
    pub fn unhandled(&self) -> u64 {
        self.0.handlers.unhandled()
    }

    /// Closes every connection at once and lets no new one in; at most `timeout` of the limits. A second time is no
    /// error.
    ///
    /// # Errors
    /// [`CloseError`] with a cause for each connection that did not close cleanly.
    pub async fn close(&self) -> Result<(), CloseError> {
        let open = self.shut_doors();
        let closed = join_all(open.iter().map(Connection::close)).await;
        let causes: Vec<(ConnectionId, Ending)> =
            closed.into_iter().filter_map(Result::err).flat_map(|error| error.causes).collect();
        if causes.is_empty() { Ok(()) } else { Err(CloseError { causes }) }
    }

    pub(super) fn tell(&self, event: &Event<'_>) {
        (self.0.observer)(event);
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn known(&self, media_type: &str) -> Result<Index, StartError> {
        let unknown = || StartError::InvalidEncoding(media_type.to_owned());
        self.0.encodings.find(media_type).ok_or_else(unknown)
    }

    pub(super) fn accept(&self, encoding: Index) -> Result<Accepted, Refusal> {
        let open = self.open().is_some();
        let place = StdArc::clone(&self.0.places).try_acquire_owned().ok().filter(|_| open);
        let place = place.ok_or(Refusal::Unavailable)?;
        Ok(Accepted { broker: self.clone(), encoding, place })
    }

    fn framed<Io: AsyncRead + AsyncWrite + Send + 'static>(&self, io: Io) -> (Incoming, Leaving) {
        let cutter = Cutter { limit: self.0.limits.max_message_size };
        halves(Box::pin(Framed::new(Box::pin(io), cutter)), <Ending as From<FrameError>>::from)
    }

    fn launch(
        &self,
        encoding: Index,
        halves: (Incoming, Leaving),
        place: Place,
    ) -> Result<Connection, StartError> {
        let (queue, waiting) = mpsc::channel(self.0.limits.send_buffer);
        let now = self.0.runtime.now().as_millis();
        let broker = self.clone();
        let connection = self
            .enrol(|id| {
                Connection(Arc::new(Link {
                    id,
                    broker,
                    encoding,
                    queue,
                    phase: watch::Sender::new(Phase::Open),
                    heard: AtomicU64::new(now),
                    wrote: AtomicU64::new(now),
                    handling: AtomicBool::new(false),
                    sent: AtomicU64::new(0),
                    received: AtomicU64::new(0),
                }))
            })
            .ok_or(StartError::ConnectionClosed)?;
        self.tell(&Event::Opened(&connection));
        link::run(&connection, halves, waiting, place);
        Ok(connection)
    }
}

/// Both directions of a carrier, whatever it is.
fn halves<C, E>(carrier: C, ending: fn(E) -> Ending) -> (Incoming, Leaving)
where
    C: Stream<Item = Result<Bytes, E>> + Sink<Bytes, Error = E> + Send + 'static,
    E: Send + 'static,
{
    let (leaving, incoming) = carrier.split();
    (Box::pin(incoming.map_err(ending)), Box::pin(leaving.sink_map_err(ending)))
}

/// A client that a server said yes to. It holds one of `max_connections`; dropping it gives the place back.
///
/// ```
/// # use hb_bus::broker::{Broker, Limits, Refusal};
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// let limits = Limits { max_connections: 1, ..Limits::default() };
/// let broker = Broker::builder(runtime).limits(limits).build()?;
/// let accepted = broker.admit("application/postcard")?;
/// assert_eq!(accepted.media_type(), "application/postcard");
/// assert_eq!(broker.admit("application/json").unwrap_err(), Refusal::Unavailable);
/// drop(accepted); // never started: the place is free again
/// assert!(broker.admit("application/json").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping it gives the place back"]
#[derive(Debug)]
pub struct Accepted {
    broker: Broker,
    encoding: Index,
    place: OwnedSemaphorePermit,
}

impl Accepted {
    /// What the answer says as `Content-Type`; its `Upgrade` is [`PROTOCOL`](super::PROTOCOL), its status 101.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.broker.0.encodings.media_type(self.encoding)
    }

    /// Runs the connection over the byte stream that the upgrade left.
    ///
    /// # Errors
    /// [`StartError::ConnectionClosed`] if the broker was closed meanwhile.
    pub fn start<Io>(self, io: Io) -> Result<Connection, StartError>
    where
        Io: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.broker.launch(self.encoding, self.broker.framed(io), Some(Arc::new(self.place)))
    }

    /// Runs it over something that has frames of its own, as [`Broker::start_frames`] does.
    ///
    /// # Errors
    /// [`StartError::ConnectionClosed`] if the broker was closed meanwhile.
    pub fn start_frames<C, E>(self, carrier: C) -> Result<Connection, StartError>
    where
        C: Stream<Item = Result<Bytes, E>> + Sink<Bytes, Error = E> + Send + 'static,
        E: std::error::Error + Send + Sync + 'static,
    {
        self.broker.launch(self.encoding, halves(carrier, Ending::carrier), Some(Arc::new(self.place)))
    }
}
