//! The two tasks of a connection: one reads and handles, one writes and closes.
//!
//! Two, so that a handler that takes its time holds up neither heartbeats nor what others send.

use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures_util::future::{Either, select};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::connection::{Connection, Outgoing, Phase};
use super::event::{Ending, Event};
use super::frame::Frame;
use super::message::HEARTBEAT;
use super::pipe::Inbound;
use crate::runtime::{Elapsed, timeout};
use crate::sync::Arc;

pub(super) type Incoming = Pin<Box<dyn Stream<Item = Result<Bytes, Ending>> + Send>>;
pub(super) type Leaving = Pin<Box<dyn Sink<Bytes, Error = Ending> + Send>>;

/// One of `max_connections`, held as long as one of the tasks runs.
pub(super) type Place = Option<Arc<OwnedSemaphorePermit>>;

/// Starts both tasks.
pub(super) fn run(
    connection: &Connection,
    (incoming, leaving): (Incoming, Leaving),
    queue: mpsc::Receiver<Outgoing>,
    place: Place,
) {
    let runtime = &connection.0.broker.0.runtime;
    let (reader, held) = (connection.clone(), place.clone());
    runtime.spawn(Box::pin(async move {
        let _place = held;
        let guard = Aborts(reader);
        let ending = read(&guard.0, incoming).await;
        guard.0.shut(ending);
    }));
    let writer = connection.clone();
    runtime.spawn(Box::pin(async move {
        let _place = place;
        let guard = Closes(writer);
        let failure = write(&guard.0, leaving, queue).await;
        guard.0.finish(failure);
    }));
}

/// A handler that panics takes its task with it, but not the knowledge that it is gone.
struct Aborts(Connection);

impl Drop for Aborts {
    fn drop(&mut self) {
        self.0.shut(Ending::Aborted);
    }
}

/// The same for the writer: whoever waits for the end must learn of it.
struct Closes(Connection);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.shut(Ending::Aborted);
        self.0.finish(None);
    }
}

impl Connection {
    /// Completes when closing begins.
    async fn closing(&self) -> Ending {
        let mut phase = self.0.phase.subscribe();
        let closing = phase.wait_for(|phase| !matches!(phase, Phase::Open)).await;
        match closing.as_deref() {
            Ok(Phase::Closing(ending) | Phase::Closed { ending, .. }) => ending.clone(),
            // The sender lives in `self`.
            Ok(Phase::Open) | Err(_) => Ending::Aborted,
        }
    }

    /// From closing to closed, once.
    fn finish(&self, failure: Option<Ending>) {
        let mut ended = None;
        self.0.phase.send_if_modified(|phase| {
            let Phase::Closing(ending) = phase else { return false };
            ended = Some(ending.clone());
            *phase = Phase::Closed { ending: ending.clone(), failure };
            true
        });
        if let Some(ending) = ended {
            self.0.broker.tell(&Event::Closed(self, &ending));
        }
    }

    fn now(&self) -> u64 {
        self.0.broker.0.runtime.now().as_millis()
    }
}

/// Reads and handles, one frame at a time, until the end.
async fn read(connection: &Connection, mut incoming: Incoming) -> Ending {
    let mut closing = pin!(connection.closing());
    loop {
        let bytes = match select(incoming.next(), &mut closing).await {
            Either::Left((Some(Ok(bytes)), _)) => bytes,
            Either::Left((Some(Err(ending)), _)) => return ending,
            Either::Left((None, _)) => return Ending::Remote,
            Either::Right((ending, _)) => return ending,
        };
        connection.0.heard.store(connection.now(), Ordering::Relaxed);
        connection.0.handling.store(true, Ordering::Release);
        let received = receive(connection, bytes).await;
        connection.0.heard.store(connection.now(), Ordering::Relaxed);
        connection.0.handling.store(false, Ordering::Release);
        if let Err(ending) = received {
            return ending;
        }
    }
}

async fn receive(connection: &Connection, bytes: Bytes) -> Result<(), Ending> {
    let shared = &connection.0.broker.0;
    let frame = Frame::parse(bytes, shared.limits.max_message_size)?;
    let code = frame.code;
    if code == HEARTBEAT {
        return Ok(());
    }
    let build = shared.types.build(code).ok_or(Ending::InvalidMessageCode(code))?;
    let encoding = match frame.encoding() {
        None => connection.0.encoding,
        Some(name) => shared.encodings.find(name).ok_or_else(|| Ending::InvalidEncoding(name.to_owned()))?,
    };
    let message = shared
        .encodings
        .decode(encoding, build, &frame.body)
        .map_err(|error| Ending::Undecodable { code, error })?;
    connection.0.received.fetch_add(1, Ordering::Relaxed);
    shared.received.fetch_add(1, Ordering::Relaxed);
    let way = Inbound { pipes: &shared.pipes, from: connection, handlers: &shared.handlers };
    if let Err(failure) = way.run(message).await {
        connection.0.broker.tell(&Event::Failed(connection, &failure));
    }
    Ok(())
}

/// Writes until closing begins, then closes the carrier. Returns what failed in closing.
async fn write(
    connection: &Connection,
    mut leaving: Leaving,
    mut queue: mpsc::Receiver<Outgoing>,
) -> Option<Ending> {
    let shared = &connection.0.broker.0;
    let limit = Some(shared.limits.timeout);
    let mut closing = pin!(connection.closing());
    let ending = loop {
        let next = match select(pin!(queue.recv()), &mut closing).await {
            Either::Left((next, _)) => next,
            Either::Right((ending, _)) => break ending,
        };
        let Some(Outgoing { frame, written }) = next else { break Ending::Aborted };
        if written.as_ref().is_some_and(tokio::sync::oneshot::Sender::is_closed) {
            continue; // its sender gave up
        }
        let writing = pin!(timeout(&*shared.runtime, limit, leaving.send(frame)));
        match select(writing, &mut closing).await {
            Either::Left((Ok(Ok(())), _)) => {}
            Either::Left((Ok(Err(ending)), _)) => break ending,
            Either::Left((Err(Elapsed), _)) => break Ending::Stalled,
            Either::Right((ending, _)) => break ending,
        }
        connection.0.wrote.store(connection.now(), Ordering::Relaxed);
        if let Some(written) = written {
            connection.0.sent.fetch_add(1, Ordering::Relaxed);
            shared.sent.fetch_add(1, Ordering::Relaxed);
            let _ = written.send(()); // nobody may wait any more
        }
    };
    let stalled = matches!(ending, Ending::Stalled);
    connection.shut(ending);
    queue.close();
    if stalled {
        return None; // it took nothing for a whole `timeout`: it will not take a farewell
    }
    match timeout(&*shared.runtime, limit, leaving.close()).await {
        Ok(Ok(())) => None,
        Ok(Err(failure)) => Some(failure),
        Err(Elapsed) => Some(Ending::Stalled),
    }
}
