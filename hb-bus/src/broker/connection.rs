//! A connection, as its users hold it: a cheap handle that sends, closes and tells.
//!
//! Not here: the two tasks that move its bytes ([`link`](super::link)).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use hb_lease::time::Time;
use tokio::sync::{mpsc, oneshot, watch};

use super::encoding::Index;
use super::event::{CloseError, Ending, Stats};
use super::frame;
use super::hub::Broker;
use super::message::{Message, Payload};
use super::send::{Delivery, SendError};
use crate::sync::Arc;

/// Names a connection of one broker; never given twice. Later ones are greater.
///
/// ```
/// # use hb_bus::{broker::Broker, runtime::Simulation};
/// # let broker = Broker::builder(Simulation::new(1).handle()).build()?;
/// # let (near, far) = tokio::io::duplex(64);
/// let first = broker.start(near, "application/json")?;
/// let second = broker.start(far, "application/json")?;
/// assert!(first.id() < second.id());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub(super) u64);

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A connection. Clones are the same one; dropping them does not close it.
///
/// ```
/// # use hb_bus::{broker::Broker, runtime::Simulation};
/// # let world = Simulation::new(1);
/// # let broker = Broker::builder(world.handle()).register::<String>(10).build()?;
/// # let (near, far) = tokio::io::duplex(4096);
/// # let _peer = broker.start(far, "application/json")?;
/// let connection = broker.start(near, "application/json")?;
/// # world.run(async {
/// assert_eq!(connection.send("hello".to_owned()).await?, 1);
/// assert_eq!(connection.stats().sent, 1);
/// connection.close().await?;
/// assert!(!connection.is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Connection(pub(super) Arc<Link>);

/// What the handle, the two tasks and the roster share.
pub(super) struct Link {
    pub(super) id: ConnectionId,
    pub(super) broker: Broker,
    /// What it agreed on.
    pub(super) encoding: Index,
    pub(super) queue: mpsc::Sender<Outgoing>,
    pub(super) phase: watch::Sender<Phase>,
    /// Milliseconds of the runtime's clock.
    pub(super) heard: AtomicU64,
    pub(super) wrote: AtomicU64,
    /// While a handler runs nothing is read, so the peer's silence says nothing.
    pub(super) handling: AtomicBool,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
}

/// A frame that waits for being written.
pub(super) struct Outgoing {
    pub(super) frame: Bytes,
    /// Who waits for it; `None` for heartbeats.
    pub(super) written: Option<oneshot::Sender<()>>,
}

#[derive(Clone, Debug)]
pub(super) enum Phase {
    Open,
    Closing(Ending),
    Closed { ending: Ending, failure: Option<Ending> },
}

/// What the roster has to do about a connection whose lease ran out.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Heartbeat,
    Silent,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("id", &self.0.id).field("encoding", &self.media_type()).finish()
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Connection {}

impl Connection {
    /// Its name within its broker.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.0.id
    }

    /// The broker it belongs to: send through it and the pipes see the message.
    #[must_use]
    pub fn broker(&self) -> &Broker {
        &self.0.broker
    }

    /// The media type of the encoding it agreed on.
    #[must_use]
    pub fn media_type(&self) -> &str {
        self.0.broker.0.encodings.media_type(self.0.encoding)
    }

    /// Sends to this connection, past the pipes and the pattern. Nothing happens before the result is awaited.
    pub fn send<T: Payload>(&self, value: T) -> Delivery<'_> {
        self.send_message(Message::new(value))
    }

    /// As [`send`](Self::send), of a message that exists already.
    pub fn send_message(&self, message: Message) -> Delivery<'_> {
        Delivery::direct(self, message)
    }

    /// Whether neither side has begun to close it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(*self.0.phase.borrow(), Phase::Open)
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats { sent: load(&self.0.sent), received: load(&self.0.received) }
    }

    /// Closes it and waits until that is done, at most `timeout` of the limits. What waits for being written is given
    /// up, and its senders are told. A handler that runs goes on. Closing what is closed is no error.
    ///
    /// # Errors
    /// [`CloseError`] with the one cause, if the carrier did not close cleanly.
    pub async fn close(&self) -> Result<(), CloseError> {
        let first = self.shut(Ending::Local);
        let (_, failure) = self.end().await;
        match failure.filter(|_| first) {
            Some(failure) => Err(CloseError { causes: vec![(self.id(), failure)] }),
            None => Ok(()),
        }
    }

    /// Waits until it is closed, by whomever, and says why.
    pub async fn closed(&self) -> Ending {
        self.end().await.0
    }

    async fn end(&self) -> (Ending, Option<Ending>) {
        let mut phase = self.0.phase.subscribe();
        let closed = phase.wait_for(|phase| matches!(phase, Phase::Closed { .. })).await;
        match closed.as_deref() {
            Ok(Phase::Closed { ending, failure }) => (ending.clone(), failure.clone()),
            // The sender lives in `self`.
            Ok(Phase::Open | Phase::Closing(_)) | Err(_) => (Ending::Aborted, None),
        }
    }

    /// Begins to close; `false` if that was begun before.
    pub(super) fn shut(&self, ending: Ending) -> bool {
        let first = self.0.phase.send_if_modified(|phase| {
            let open = matches!(phase, Phase::Open);
            if open {
                *phase = Phase::Closing(ending);
            }
            open
        });
        if first {
            self.0.broker.forget(self.id());
        }
        first
    }

    /// Queues a frame and waits until it is written. Dropped earlier, it is taken back unless its writing has begun.
    pub(super) async fn put(&self, frame: Bytes) -> Result<(), SendError> {
        let (written, done) = oneshot::channel();
        let queued = self.0.queue.send(Outgoing { frame, written: Some(written) }).await.is_ok();
        if queued && done.await.is_ok() {
            return Ok(());
        }
        match &*self.0.phase.borrow() {
            Phase::Closing(Ending::Stalled) | Phase::Closed { ending: Ending::Stalled, .. } => {
                Err(SendError::TimedOut)
            }
            Phase::Open | Phase::Closing(_) | Phase::Closed { .. } => Err(SendError::ConnectionClosed),
        }
    }

    pub(super) fn heartbeat(&self) {
        // A full queue says more than a heartbeat, and a closed one needs none.
        drop(self.0.queue.try_send(Outgoing { frame: frame::heartbeat(), written: None }));
    }

    /// What is due at `now`, and when to ask again.
    pub(super) fn due(&self, now: Time) -> (Due, Time) {
        let timeout = self.0.broker.0.limits.timeout;
        let read = |at: &AtomicU64| Time::from_millis(at.load(Ordering::Relaxed));
        let heard = if self.0.handling.load(Ordering::Acquire) { now } else { read(&self.0.heard) };
        let silent = heard + timeout;
        if now >= silent {
            return (Due::Silent, Time::MAX);
        }
        let beat = read(&self.0.wrote) + timeout / 3;
        if now < beat {
            return (Due::Nothing, beat.min(silent));
        }
        (Due::Heartbeat, (now + timeout / 3).min(silent))
    }
}
