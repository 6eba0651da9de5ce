//! Two protocols, and a transport that a test holds in its hand.
//!
//! Not here: a network with chance; see `network`.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream};

use super::super::{Adapter, Class, Config, Dispatcher, memory};
use crate::runtime::{Handle, Simulation};
use crate::sync::{Arc, Mutex, MutexGuard, lock};

pub(super) const MS_200: Duration = Duration::from_millis(200);

/// `?` request, `!` reply, `+` ack, `.` notification; then a key, then text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) class: Class,
    pub(super) key: u64,
    pub(super) text: String,
}

pub(super) fn message(class: Class, key: u64, text: &str) -> Message {
    Message { class, key, text: text.into() }
}

#[derive(Debug, thiserror::Error)]
#[error("not of this protocol")]
pub(super) struct Garbled;

/// Tells the class, unless built not to.
#[derive(Clone, Copy)]
pub(super) struct Protocol {
    pub(super) classify: bool,
}

const SIGNS: [(u8, Class); 4] =
    [(b'?', Class::Request), (b'!', Class::Reply), (b'+', Class::Ack), (b'.', Class::Notification)];

impl Adapter for Protocol {
    type Message = Message;
    type Key = u64;
    type Error = Garbled;

    fn encode(&self, message: &Message, into: &mut Vec<u8>) -> Result<(), Garbled> {
        if message.text == "unspeakable" {
            return Err(Garbled);
        }
        let sign = SIGNS.iter().find(|(_, class)| *class == message.class).ok_or(Garbled)?;
        into.push(sign.0);
        into.extend(message.key.to_be_bytes());
        into.extend(message.text.as_bytes());
        Ok(())
    }

    fn decode(&self, datagram: &[u8]) -> Result<Message, Garbled> {
        let (sign, rest) = datagram.split_first().ok_or(Garbled)?;
        let (key, text) = rest.split_first_chunk().ok_or(Garbled)?;
        let class = SIGNS.iter().find(|(known, _)| known == sign).ok_or(Garbled)?.1;
        let text = String::from_utf8(text.to_vec()).map_err(|_| Garbled)?;
        Ok(Message { class, key: u64::from_be_bytes(*key), text })
    }

    fn key(&self, message: &Message) -> u64 {
        message.key
    }

    fn class(&self, message: &Message) -> Option<Class> {
        self.classify.then_some(message.class)
    }
}

/// A second protocol: lines of text, whose first word is the key, whatever it is. Not one tells its class.
#[derive(Clone, Copy)]
pub(super) struct Lines;

impl Adapter for Lines {
    type Message = String;
    type Key = String;
    type Error = std::string::FromUtf8Error;

    fn encode(&self, message: &String, into: &mut Vec<u8>) -> Result<(), Self::Error> {
        into.extend(message.as_bytes());
        Ok(())
    }

    fn decode(&self, datagram: &[u8]) -> Result<String, Self::Error> {
        String::from_utf8(datagram.to_vec())
    }

    fn key(&self, message: &String) -> String {
        message.split(' ').next().unwrap_or_default().into()
    }

    fn class(&self, _: &String) -> Option<Class> {
        None
    }
}

pub(super) type Peer = Dispatcher<Protocol, &'static str>;

/// Polls once: whether there is nothing yet.
pub(super) async fn waits<F: Future + Unpin>(future: &mut F) -> bool {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_pending())).await
}

/// "a" and "b", joined by memory.
pub(super) fn two(simulation: &Simulation, config: Config) -> (Peer, Peer) {
    let (a, b) = memory::pair("a", "b", 1024);
    let adapter = Protocol { classify: true };
    (
        Dispatcher::new(adapter, a, simulation.handle(), config),
        Dispatcher::new(adapter, b, simulation.handle(), config),
    )
}

/// Answers every request under its key until closed.
pub(super) fn echo<A>(runtime: &Handle, peer: Dispatcher<Protocol, A>)
where
    A: std::hash::Hash + Eq + Clone + Unpin + Send + std::fmt::Debug + 'static,
{
    runtime.spawn(Box::pin(async move {
        while let Ok(asked) = peer.recv_from().await {
            let reply = Message { class: Class::Reply, ..asked.message };
            peer.notify_unreliable(&reply, asked.source).unwrap();
        }
    }));
}

/// A transport that does what the test says.
#[derive(Clone, Default)]
pub(super) struct Wire(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    incoming: VecDeque<io::Result<(Bytes, &'static str)>>,
    over: bool,
    waker: Option<Waker>,
    /// Every read fails.
    pub(super) broken: bool,
    pub(super) reads: u32,
    pub(super) sent: Vec<(Bytes, &'static str)>,
    /// Nothing can be written.
    pub(super) stalled: bool,
    /// Every write fails.
    pub(super) refuses: bool,
    pub(super) closed: bool,
}

impl Wire {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn arrives(&self, message: &Message, from: &'static str) {
        let mut bytes = Vec::new();
        Protocol { classify: true }.encode(message, &mut bytes).unwrap();
        self.arrives_raw(bytes, from);
    }

    pub(super) fn arrives_raw(&self, bytes: Vec<u8>, from: &'static str) {
        self.change(|state| state.incoming.push_back(Ok((bytes.into(), from))));
    }

    pub(super) fn fails(&self) {
        self.change(|state| state.incoming.push_back(Err(io::Error::other("refused"))));
    }

    pub(super) fn ends(&self) {
        self.change(|state| state.over = true);
    }

    pub(super) fn dispatcher(&self, simulation: &Simulation, config: Config) -> Peer {
        Dispatcher::new(Protocol { classify: true }, self.clone(), simulation.handle(), config)
    }
}

impl Stream for Wire {
    type Item = io::Result<(Bytes, &'static str)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.state();
        state.reads += 1;
        if state.broken {
            return Poll::Ready(Some(Err(io::Error::other("broken"))));
        }
        match state.incoming.pop_front() {
            Some(item) => Poll::Ready(Some(item)),
            None if state.over => Poll::Ready(None),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Sink<(Bytes, &'static str)> for Wire {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.state().stalled { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn start_send(self: Pin<&mut Self>, item: (Bytes, &'static str)) -> io::Result<()> {
        let mut state = self.state();
        if state.refuses {
            return Err(io::Error::other("refused"));
        }
        state.sent.push(item);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_ready(cx)
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.state();
        if state.stalled {
            return Poll::Pending;
        }
        state.closed = true;
        Poll::Ready(Ok(()))
    }
}
