//! A peer that is connected: one task reads, one writes, until either can go on no more.
//!
//! Not here: who is let in, and what is sent to whom.

use std::pin::pin;

use bytes::Bytes;
use futures_util::future::select;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio_util::sync::CancellationToken;

use super::control::Control;
use super::meeting::MeetError;
use super::peers::{Admitted, Meeting};
use super::{Event, PATIENCE, Shared, lock};
use crate::bus::{Filter, Options, Queue, Received, Taken};
use crate::codec::Codec;
use crate::link::{Frame, Frames, Leaving};
use crate::message::{Id, Message, Topic};
use crate::runtime::{Elapsed, timeout};
use crate::sync::Arc;

/// Why a peer or a bridge is connected no more.
///
/// The example of [`Event`](super::Event) shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ending {
    /// This node was closed.
    #[error("closed here")]
    Closed,
    /// The other side ended it.
    #[error("closed by the other side")]
    Remote,
    /// It took nothing of what it was sent for longer than [`PATIENCE`].
    #[error("the other side takes nothing any more")]
    Stalled,
    /// The connection broke; in the words of the carrier.
    #[error("the connection broke: {0}")]
    Broken(String),
}

/// What is on its way to one peer.
pub(super) struct Link {
    pub(super) codec: Arc<dyn Codec>,
    queue: Queue<Frame>,
    /// The session is over; what waits in the queue may still go.
    stop: CancellationToken,
    farewell: CancellationToken,
}

impl Link {
    pub(super) fn new(queue: usize, codec: Arc<dyn Codec>) -> Self {
        let (stop, farewell) = (CancellationToken::new(), CancellationToken::new());
        Self { codec, queue: Queue::new(queue), stop, farewell }
    }

    /// Never waits.
    pub(super) fn send(&self, frame: Frame) {
        if let Some(waker) = self.queue.push(frame, &mut Vec::new()) {
            waker.wake();
        }
    }

    pub(super) fn shut(&self) {
        self.stop.cancel();
        if let Some(waker) = self.queue.close() {
            waker.wake();
        }
    }

    /// It has heard our farewell, or is gone itself.
    pub(super) async fn farewell_heard(&self) {
        self.stop.run_until_cancelled(self.farewell.cancelled()).await;
    }
}

impl Shared {
    /// Lets a node in, if it may, and tells so.
    pub(super) fn admit(
        self: &Arc<Self>,
        meeting: Meeting,
        link: &Arc<Link>,
    ) -> Result<(Id, u64), MeetError> {
        let mut state = lock(&self.state);
        self.open()?;
        let Admitted { name, number, replaced } = state.peers.admit(meeting, Arc::clone(link))?;
        if state.outbox.is_none() {
            state.outbox = Some(self.open_outbox());
        }
        drop(state);
        match replaced {
            Some(replaced) => replaced.shut(),
            None => self.events.tell(&Event::Joined(name)),
        }
        Ok((name, number))
    }

    /// Starts both tasks.
    pub(super) fn begin(
        self: &Arc<Self>,
        who: (Id, u64),
        link: &Arc<Link>,
        frames: Frames,
        leaving: Leaving,
    ) {
        let (reader, writer) = (Arc::clone(self), Arc::clone(self));
        let (read, written) = (Arc::clone(link), Arc::clone(link));
        self.runtime().spawn(Box::pin(async move {
            let ending = reader.hear(who.0, &read, frames).await;
            reader.end(who, &read, ending);
        }));
        self.runtime().spawn(Box::pin(async move {
            let ending = writer.write(&written, leaving).await;
            writer.end(who, &written, ending);
        }));
    }

    /// Whichever task ends first says why.
    fn end(&self, (name, number): (Id, u64), link: &Link, ending: Ending) {
        link.shut();
        let mut state = lock(&self.state);
        if !state.peers.remove(name, number) {
            return;
        }
        if state.peers.is_empty()
            && let Some(outbox) = state.outbox.take()
        {
            outbox.cancel();
        }
        state.dials.left(self.runtime().now(), name);
        drop(state);
        self.changed.notify_one();
        self.events.tell(&Event::Left(name, ending));
    }

    async fn hear(&self, name: Id, link: &Link, mut frames: Frames) -> Ending {
        loop {
            let frame = match link.stop.run_until_cancelled(frames.next()).await {
                None => return Ending::Closed,
                Some(None) => return Ending::Remote,
                Some(Some(Err(error))) => return Ending::Broken(error.to_string()),
                Some(Some(Ok(frame))) => frame,
            };
            match frame {
                Frame::Message(bytes) => {
                    let (message, raw) = read(&*link.codec, bytes);
                    if !self.publish(message, raw) {
                        return Ending::Closed;
                    }
                }
                Frame::Control(bytes) => match Control::parse(&bytes) {
                    Some(Control::Farewell { heard: false }) => {
                        lock(&self.state).peers.withdraw(name);
                        link.send(Control::Farewell { heard: true }.frame());
                    }
                    Some(Control::Farewell { heard: true }) => link.farewell.cancel(),
                    // A second handshake, or words of a later version.
                    Some(Control::Hello { .. }) | None => {}
                },
            }
        }
    }

    /// Publishes what came from outside; `false` if the bus is closed.
    fn publish(&self, message: Message, raw: bool) -> bool {
        let mut state = lock(&self.state);
        state.stats.received += 1;
        state.stats.raw += u64::from(raw);
        drop(state);
        self.pod.publish(message).is_ok()
    }

    async fn write(&self, link: &Link, mut leaving: Leaving) -> Ending {
        let ending = loop {
            match std::future::poll_fn(|cx| link.queue.poll(cx)).await {
                Taken::Item(frame) => match self.patient(leaving.send(frame)).await {
                    Ok(()) => {}
                    Err(ending) => break ending,
                },
                Taken::Missed(count) => lock(&self.state).stats.lost += count,
                Taken::Closed => break Ending::Closed,
            }
        };
        if ending == Ending::Closed {
            // It is over either way.
            let _ = self.patient(leaving.close()).await;
        }
        ending
    }

    /// Within [`PATIENCE`].
    async fn patient<E: std::fmt::Display>(
        &self,
        step: impl Future<Output = Result<(), E>>,
    ) -> Result<(), Ending> {
        match timeout(&**self.runtime(), Some(PATIENCE), step).await {
            Ok(result) => result.map_err(|error| Ending::Broken(error.to_string())),
            Err(Elapsed) => Err(Ending::Stalled),
        }
    }

    pub(super) fn bridge<T, E>(self: &Arc<Self>, filter: Filter, other: T)
    where
        T: Sink<Message, Error = E> + Stream<Item = Result<Message, E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let (mut there, mut here) = other.split();
        let options = Options { queue: self.settings.queue, bridge: true, ..filter.into() };
        let mut leaving = self.pod.subscribe(options);
        let shared = Arc::clone(self);
        self.runtime().spawn(Box::pin(async move {
            let inward = async {
                loop {
                    match here.next().await {
                        None => return Ending::Remote,
                        Some(Err(error)) => return Ending::Broken(error.to_string()),
                        Some(Ok(message)) => {
                            if !shared.publish(message, false) {
                                return Ending::Closed;
                            }
                        }
                    }
                }
            };
            let outward = async {
                loop {
                    match leaving.recv().await {
                        Received::Message { message, .. } => {
                            if let Err(ending) = shared.patient(there.send(message)).await {
                                return ending;
                            }
                        }
                        Received::Missed(count) => lock(&shared.state).stats.lost += count,
                        Received::Closed => return Ending::Closed,
                    }
                }
            };
            // Whichever ends first takes the other with it. A node that is closed has nobody to tell.
            let (inward, outward) = (pin!(inward), pin!(outward));
            let either = select(inward, outward);
            if let Some(ended) = shared.stop.run_until_cancelled(either).await {
                let (ending, _) = ended.factor_first();
                shared.events.tell(&Event::BridgeEnded(ending));
            }
        }));
    }
}

/// What came in some form; raw, if it is in none, and whether it is.
fn read(codec: &dyn Codec, bytes: Bytes) -> (Message, bool) {
    match codec.decode(&bytes) {
        Ok(message) => (message, false),
        Err(_) => (Message::new(Topic::DEFAULT, bytes), true),
    }
}
