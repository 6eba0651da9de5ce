//! What a broker tells about its connections, and why they end.

use std::sync::Arc;

use super::connection::{Connection, ConnectionId};
use super::encoding::EncodingError;
use super::frame::FrameError;
use super::handler::Failure;

/// Something happened that no return value tells.
///
/// ```
/// # use hb_bus::{broker::Broker, runtime::Simulation};
/// use hb_bus::broker::{Ending, Event};
///
/// # let world = Simulation::new(1);
/// # let (told, mut log) = tokio::sync::mpsc::unbounded_channel();
/// let broker = Broker::builder(world.handle())
///     .observe(move |event| match event {
///         Event::Opened(_) => {}
///         Event::Closed(_, Ending::Remote) => told.send("they went".to_owned()).expect("the test reads"),
///         other => told.send(format!("{other:?}")).expect("the test reads"),
///     })
///     .build()?;
/// let (near, far) = tokio::io::duplex(64);
/// broker.start(near, "application/json")?;
/// drop(far);
/// assert_eq!(world.run(log.recv()).as_deref(), Some("they went"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A connection is open.
    Opened(&'a Connection),
    /// A pipe or a handler failed; the connection goes on.
    Failed(&'a Connection, &'a Failure),
    /// A connection is closed, and why.
    Closed(&'a Connection, &'a Ending),
}

/// Why a connection ended.
///
/// The example of [`Event`] shows it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Ending {
    /// This side closed it.
    #[error("closed by this side")]
    Local,
    /// The peer closed it, between two frames.
    #[error("closed by the peer")]
    Remote,
    /// Nothing was heard for the whole `timeout`.
    #[error("the peer was silent for too long")]
    Silent,
    /// A write took the whole `timeout`.
    #[error("the peer took nothing for too long")]
    Stalled,
    /// The peer sent no frame, or one too large.
    #[error(transparent)]
    Frame(Arc<FrameError>),
    /// The peer sent a code that no type is registered under.
    #[error("message code {0} is not registered here: register the same types on both sides")]
    InvalidMessageCode(u32),
    /// The peer sent a message in an encoding that is not known here.
    #[error("encoding {0:?} is not known here: add it to both sides")]
    InvalidEncoding(String),
    /// A body was not of the type that its code says.
    #[error("message code {code} cannot be decoded: {error}; is it the same type on both sides?")]
    Undecodable {
        /// The message's code.
        code: u32,
        /// What the encoding said.
        error: EncodingError,
    },
    /// This side wanted to send a body that the limits do not allow.
    #[error("tried to send a body of {size} bytes, at most {limit} are allowed")]
    TooLargeToSend {
        /// Bytes of the body.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// What carries the bytes failed.
    #[error("the carrier failed: {0}")]
    Carrier(Arc<dyn std::error::Error + Send + Sync>),
    /// A pipe or a handler panicked, or the runtime ended.
    #[error("the task of the connection ended")]
    Aborted,
}

impl Ending {
    pub(super) fn carrier(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Carrier(Arc::new(error))
    }
}

impl From<FrameError> for Ending {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Io(error) => Self::carrier(error),
            error => Self::Frame(Arc::new(error)),
        }
    }
}

/// Closing failed on some connections. All of them are closed nevertheless.
///
/// ```
/// use hb_bus::broker::{Broker, CloseError};
///
/// /// Ends a broker, and says whom it could not say goodbye to.
/// async fn end(broker: &Broker) {
///     if let Err(CloseError { causes }) = broker.close().await {
///         causes.iter().for_each(|(connection, why)| eprintln!("connection {connection}: {why}"));
///     }
/// }
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # world.run(end(&Broker::builder(world.handle()).build()?));
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[error("{} connections did not close cleanly; the first: {}", causes.len(), first(causes))]
pub struct CloseError {
    /// Which, and why; never empty.
    pub causes: Vec<(ConnectionId, Ending)>,
}

fn first(causes: &[(ConnectionId, Ending)]) -> String {
    causes.first().map(|(_, ending)| ending.to_string()).unwrap_or_default()
}

/// What a broker, or one connection, has done so far. Heartbeats are not counted.
///
/// ```
/// # use hb_bus::broker::{Broker, Stats};
/// # let broker = Broker::builder(hb_bus::runtime::Simulation::new(1).handle()).build()?;
/// assert_eq!(broker.stats(), Stats { sent: 0, received: 0 });
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages written: one to three connections counts three.
    pub sent: u64,
    /// Messages decoded.
    pub received: u64,
}
