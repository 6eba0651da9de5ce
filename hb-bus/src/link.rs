//! A connection between two processes, and how to open one: what every carrier of [`crate::node`] and
//! [`crate::guest`] is made into.
//!
//! Not here: sockets, and what is said over a connection.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::{Sink, Stream, StreamExt};

use crate::codec::{Codec, Json};
use crate::runtime::Task;
use crate::sync::Arc;

pub mod memory;

/// What goes over a connection. Over a WebSocket, Grav's two kinds are its two opcodes.
///
/// ```
/// # use futures_util::{Sink, SinkExt, Stream, StreamExt, future::ready};
/// # use std::io;
/// use hb_bus::link::{Connection, Frame};
///
/// /// A carrier of bytes with one kind of frame: it says the kind in the first byte.
/// fn connection<T>(carrier: T) -> Connection
/// where
///     T: Sink<Vec<u8>, Error = io::Error> + Stream<Item = io::Result<Vec<u8>>> + Send + 'static,
/// {
///     let (leaving, frames) = carrier.split();
///     let read = |frame: io::Result<Vec<u8>>| match frame?.split_first() {
///         Some((0, rest)) => Ok(Frame::Control(rest.to_vec().into())),
///         Some((1, rest)) => Ok(Frame::Message(rest.to_vec().into())),
///         _ => Err(io::ErrorKind::InvalidData.into()),
///     };
///     let write = |frame| match frame {
///         Frame::Control(bytes) => ready(Ok([&[0], &bytes[..]].concat())),
///         Frame::Message(bytes) => ready(Ok([&[1], &bytes[..]].concat())),
///     };
///     Connection::from_parts(frames.map(read), leaving.with(write))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Handshakes and farewells, in JSON: a text frame (opcode 1).
    Control(Bytes),
    /// A message in the codec of the connection: a binary frame (opcode 2).
    Message(Bytes),
}

impl Frame {
    /// Its content's bytes.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Control(bytes) | Self::Message(bytes) => bytes.len(),
        }
    }
}

pub(crate) type Frames = Pin<Box<dyn Stream<Item = io::Result<Frame>> + Send>>;
pub(crate) type Leaving = Pin<Box<dyn Sink<Frame, Error = io::Error> + Send>>;

/// An open connection, before anything was said. Its carrier bounds the size of a frame.
///
/// The example of [`Frame`] shows it.
pub struct Connection {
    pub(crate) frames: Frames,
    pub(crate) leaving: Leaving,
    pub(crate) replaceable: bool,
    pub(crate) codec: Arc<dyn Codec>,
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
        let (frames, leaving) = (Box::pin(frames.fuse()), Box::pin(leaving));
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

/// How to reach others. Implemented by closures too.
///
/// ```
/// use std::io;
/// use hb_bus::link::{Connection, Transport, memory};
/// use hb_bus::runtime::{Simulation, Task};
///
/// /// Reaches whoever listens in this process.
/// struct InProcess(tokio::sync::mpsc::UnboundedSender<Connection>);
///
/// impl Transport for InProcess {
///     fn connect(&self, _endpoint: &str) -> Task<io::Result<Connection>> {
///         let (near, far) = memory::pair(16);
///         let taken = self.0.send(far).map_err(|_| io::ErrorKind::ConnectionRefused.into());
///         Box::pin(async { taken.map(|()| near) })
///     }
/// }
///
/// let (door, mut listener) = tokio::sync::mpsc::unbounded_channel();
/// assert!(Simulation::new(1).run(InProcess(door).connect("there")).is_ok());
/// assert!(listener.try_recv().is_ok());
/// ```
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
