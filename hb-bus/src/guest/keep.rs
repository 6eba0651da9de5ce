//! The one task of a guest: connects, says hello, subscribes anew, reads and writes, and again.
//!
//! Not here: what users call.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::{SinkExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::subscription::Heard;
use super::wire::{self, After, Say, Tell, VERSION};
use super::{Event, PATIENCE, RequestError, told};
use crate::bus::{Feed, Queue, Taken};
use crate::link::{Connection, Frame, Transport};
use crate::message::Message;
use crate::pending::{Closed, Pending};
use crate::runtime::{Elapsed, Handle, timeout};
use crate::sync::{Arc, Mutex, lock};

/// The wait before the second attempt; it doubles up to [`LONGEST`], and up to a quarter is added by chance, so that
/// a hall of screens does not come back in one moment.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// What the handles and the task share.
pub(super) struct Shared {
    pub(super) runtime: Handle,
    pub(super) state: Mutex<State>,
    pub(super) replies: Pending<u64, Result<Message, RequestError>>,
    /// What is to be said as soon as there is a connection.
    pub(super) outbox: Queue<Say>,
    pub(super) events: Feed<Event>,
    pub(super) stop: CancellationToken,
}

#[derive(Default)]
pub(super) struct State {
    /// The epoch of the host, while it is connected.
    pub(super) online: Option<String>,
    pub(super) subscriptions: BTreeMap<u64, Entry>,
    /// Those under way.
    pub(super) requests: BTreeSet<u64>,
    count: u64,
}

impl State {
    /// A number for a subscription or a request.
    pub(super) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }
}

pub(super) struct Entry {
    pub(super) topics: Vec<String>,
    pub(super) replay: bool,
    /// The last message that came.
    pub(super) after: Option<After>,
    pub(super) queue: Arc<Queue<Heard>>,
}

impl Entry {
    pub(super) fn words(&self, nr: u64) -> Say {
        Say::Subscribe { nr, topics: self.topics.clone(), replay: self.replay, after: self.after.clone() }
    }

    fn put(&self, heard: Heard) {
        if let (Some(waker), _) = self.queue.push(heard) {
            waker.wake();
        }
    }
}

/// A request is over, also when whoever asked has given up.
pub(super) struct Done<'a> {
    pub(super) shared: &'a Shared,
    pub(super) nr: u64,
}

impl Drop for Done<'_> {
    fn drop(&mut self) {
        lock(&self.shared.state).requests.remove(&self.nr);
    }
}

impl Shared {
    /// Puts words into the outbox. Never waits.
    pub(super) fn say(&self, words: Say) -> Result<(), Closed> {
        self.open()?;
        if let (Some(waker), _) = self.outbox.push(words) {
            waker.wake();
        }
        Ok(())
    }

    pub(super) fn open(&self) -> Result<(), Closed> {
        if self.stop.is_cancelled() { Err(Closed) } else { Ok(()) }
    }

    pub(super) fn leave(&self) {
        self.stop.cancel();
        self.replies.close();
        let mut state = lock(&self.state);
        state.online = None;
        let ended = std::mem::take(&mut state.subscriptions);
        drop(state);
        let wakers = ended.values().filter_map(|entry| entry.queue.close());
        wakers.for_each(std::task::Waker::wake);
    }

    /// Keeps the guest connected until it leaves.
    pub(super) async fn keep(&self, transport: &impl Transport, endpoint: &str, who: &serde_json::Value) {
        let mut failures = 0;
        while self.open().is_ok() {
            let session = self.session(transport, endpoint, who, &mut failures);
            let Some(Err(reason)) = self.stop.run_until_cancelled(session).await else { return };
            let again_in = self.wait(failures);
            failures += 1;
            self.offline();
            self.events.tell(&Event::Offline { reason, again_in });
            self.stop.run_until_cancelled(self.runtime.sleep(again_in)).await;
        }
    }

    fn wait(&self, failures: u32) -> Duration {
        let wait = FIRST.saturating_mul(1 << failures.min(16)).min(LONGEST);
        let quarter = wait.as_millis() as u64 / 4;
        wait + Duration::from_millis(self.runtime.random() % (quarter + 1))
    }

    /// Nobody waits for a reply that cannot come.
    fn offline(&self) {
        let mut state = lock(&self.state);
        state.online = None;
        let requests = std::mem::take(&mut state.requests);
        drop(state);
        for nr in requests {
            // Whoever asked may have given up meanwhile.
            let _ = self.replies.fulfil(&nr, Err(RequestError::Offline));
        }
    }

    /// One connection, from its opening to its end, which is always a failure.
    async fn session(
        &self,
        transport: &impl Transport,
        endpoint: &str,
        who: &serde_json::Value,
        failures: &mut u32,
    ) -> Result<std::convert::Infallible, String> {
        let mut connection = self.patiently(transport.connect(endpoint)).await?;
        let hello = Say::Hello { version: VERSION, who: who.clone() };
        self.patiently(connection.leaving.send(wire::frame(&hello))).await?;
        let first = self.patiently(async {
            let closed = || std::io::Error::other("it closed the connection");
            connection.frames.next().await.ok_or_else(closed)?
        });
        match wire::read(&first.await?) {
            Ok(Tell::Welcome { epoch }) => {
                *failures = 0;
                for words in self.online(&epoch) {
                    self.patiently(connection.leaving.send(wire::frame(&words))).await?;
                }
                self.events.tell(&Event::Online(epoch));
            }
            Ok(Tell::Refused { reason }) => return Err(format!("not let in: {reason}")),
            Ok(_) => return Err("it speaks another protocol: expected a welcome".to_owned()),
            Err(error) => return Err(format!("it speaks another protocol: {error}")),
        }
        self.talk(&mut connection).await
    }

    /// What is to be said first: every subscription. Of what waited only what is published is still good.
    fn online(&self, epoch: &str) -> Vec<Say> {
        let mut state = lock(&self.state);
        // Whoever leaves does so before it takes this lock: then nobody is online again.
        state.online = self.open().is_ok().then(|| epoch.to_owned());
        let waiting: Vec<_> = std::iter::from_fn(|| self.outbox.take()).collect();
        for taken in waiting {
            if let Taken::Item(words @ Say::Publish { .. }) = taken {
                drop(self.outbox.push(words));
            }
        }
        state.subscriptions.iter().map(|(nr, entry)| entry.words(*nr)).collect()
    }

    async fn talk(&self, connection: &mut Connection) -> Result<std::convert::Infallible, String> {
        let Connection { frames, leaving, .. } = connection;
        loop {
            let next = {
                let out = pin!(poll_fn(|cx| self.outbox.poll(cx)));
                match select(frames.next(), out).await {
                    Either::Left((Some(Ok(frame)), _)) => Either::Left(frame),
                    Either::Left((Some(Err(error)), _)) => return Err(error.to_string()),
                    Either::Left((None, _)) => return Err("it closed the connection".to_owned()),
                    Either::Right((taken, _)) => Either::Right(taken),
                }
            };
            match next {
                Either::Left(frame) => self.hear(&frame)?,
                Either::Right(Taken::Item(words)) => {
                    self.patiently(leaving.send(wire::frame(&words))).await?;
                }
                // Told by nobody who waits: what was published too fast is lost, as documented.
                Either::Right(Taken::Missed(_) | Taken::Closed) => {}
            }
        }
    }

    fn hear(&self, frame: &Frame) -> Result<(), String> {
        match wire::read(frame).map_err(|error| format!("it said something else: {error}"))? {
            Tell::Message { nr, seq, id, topic, data } => {
                let message = told(&id, &topic, data).ok_or("it sent a message that is none")?;
                let state = &mut *lock(&self.state);
                if let (Some(entry), Some(epoch)) = (state.subscriptions.get_mut(&nr), &state.online) {
                    entry.after = Some(After { epoch: epoch.clone(), seq });
                    entry.put(Heard::Message { seq, message });
                }
            }
            Tell::Subscribed { nr, whole } => self.put(nr, Heard::Connected { whole }),
            Tell::Missed { nr, count } => self.put(nr, Heard::Missed(count)),
            Tell::Reply { nr, topic, data } => {
                let reply = wire::message(&topic, data).map_err(|error| error.to_string())?;
                // Late: whoever asked has given up.
                let _ = self.replies.fulfil(&nr, Ok(reply));
            }
            Tell::Failed { nr, reason } => {
                if let Err(Err(RequestError::Failed(reason))) =
                    self.replies.fulfil(&nr, Err(RequestError::Failed(reason)))
                {
                    self.put(nr, Heard::Refused(reason));
                }
            }
            Tell::Denied { reason } => self.events.tell(&Event::Denied(reason)),
            Tell::Refused { reason } => return Err(reason),
            Tell::Welcome { .. } => return Err("a second welcome".to_owned()),
        }
        Ok(())
    }

    fn put(&self, nr: u64, heard: Heard) {
        if let Some(entry) = lock(&self.state).subscriptions.get(&nr) {
            entry.put(heard);
        }
    }

    /// Within [`PATIENCE`].
    async fn patiently<T>(&self, step: impl Future<Output = std::io::Result<T>>) -> Result<T, String> {
        match timeout(&*self.runtime, Some(PATIENCE), step).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(error.to_string()),
            Err(Elapsed) => Err("it takes too long".to_owned()),
        }
    }
}
