//! What users give a node: ways to reach others, and ways to learn of them.
//!
//! Not here: sockets, and what goes over a connection.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Sink, Stream, StreamExt};

use crate::codec::{Codec, Json};
use crate::message::Id;
use crate::runtime::Task;
use crate::sync::Arc;

/// What goes over a connection. Over a WebSocket, Grav's two kinds are its two opcodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Handshakes and farewells, in JSON: a text frame (opcode 1).
    Control(Bytes),
    /// A message in the codec of the connection: a binary frame (opcode 2).
    Message(Bytes),
}

pub(super) type Frames = Pin<Box<dyn Stream<Item = io::Result<Frame>> + Send>>;
pub(super) type Leaving = Pin<Box<dyn Sink<Frame, Error = io::Error> + Send>>;

/// An open connection to another node, before the handshake. The transport bounds the size of a frame.
pub struct Connection {
    pub(super) frames: Frames,
    pub(super) leaving: Leaving,
    pub(super) replaceable: bool,
    pub(super) codec: Arc<dyn Codec>,
}

impl Connection {
    /// A connection that carries frames in order, both ways, in Grav's JSON.
    pub fn new<T>(carrier: T) -> Self
    where
        T: Sink<Frame, Error = io::Error> + Stream<Item = io::Result<Frame>> + Send + 'static,
    {
        let (leaving, frames) = carrier.split();
        Self::from_parts(frames, leaving)
    }

    /// The same of two halves.
    pub fn from_parts(
        frames: impl Stream<Item = io::Result<Frame>> + Send + 'static,
        leaving: impl Sink<Frame, Error = io::Error> + Send + 'static,
    ) -> Self {
        let (frames, leaving) = (Box::pin(frames), Box::pin(leaving));
        Self { frames, leaving, replaceable: false, codec: Arc::new(Json) }
    }

    /// One that carries messages to us only, such as the requests that a peer makes over HTTP. Another connection to
    /// the same node takes its place.
    #[must_use]
    pub fn replaceable(self) -> Self {
        Self { replaceable: true, ..self }
    }

    /// One whose two ends have agreed on another form of messages.
    #[must_use]
    pub fn codec(self, codec: Arc<dyn Codec>) -> Self {
        Self { codec, ..self }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let codec = self.codec.media_type();
        f.debug_struct("Connection").field("codec", &codec).field("replaceable", &self.replaceable).finish()
    }
}

/// How a node reaches others. Implemented by closures too.
pub trait Transport: Send + Sync + 'static {
    /// Opens a connection to `endpoint`, in whatever form this transport knows endpoints.
    fn connect(&self, endpoint: &str) -> Task<io::Result<Connection>>;
}

impl<F> Transport for F
where
    F: Fn(&str) -> Task<io::Result<Connection>> + Send + Sync + 'static,
{
    fn connect(&self, endpoint: &str) -> Task<io::Result<Connection>> {
        self(endpoint)
    }
}

/// Something learned about where other nodes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A node can be reached there. Told again, it changes nothing.
    Found {
        /// Where, as the node's transport understands it.
        endpoint: String,
        /// Who is there, if that is known: whoever else answers is refused.
        name: Option<Id>,
    },
    /// Nobody is there any more: it is not dialled again. A connection that exists is kept.
    Lost {
        /// What was found.
        endpoint: String,
    },
}

/// How a node learns of others. Implemented by closures from the node's own name to a stream too.
pub trait Discovery: Send + 'static {
    /// Announces `own`, where it does that, and tells what it sees. When the stream is dropped, it stops.
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>>;
}

impl<F, S> Discovery for F
where
    F: FnOnce(Id) -> S + Send + 'static,
    S: Stream<Item = Sighting> + Send + 'static,
{
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>> {
        Box::pin(self(own))
    }
}
