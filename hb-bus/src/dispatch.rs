//! Requests, replies and notifications over datagrams: UDP, WebSocket frames, or whatever carries one message at a time.
//!
//! A user's [`Adapter`] gives the messages their bytes and keys; a [`Dispatcher`] joins replies to requests. It never
//! repeats what was lost: that is the caller's policy, and so is what to do after a time-out. Not here: sockets.
//!
//! # For those who know SCION's `disp`
//!
//! | `disp` | here |
//! |---|---|
//! | `New` | [`Dispatcher::new`] |
//! | `Dispatcher.Request` | [`Dispatcher::request`] |
//! | `Dispatcher.Notify` | [`Dispatcher::notify`]; what makes it reliable is a [`Delivery`] |
//! | `Dispatcher.NotifyUnreliable` | [`Dispatcher::notify_unreliable`] |
//! | `Dispatcher.RecvFrom` | [`Dispatcher::recv_from`], which gives a [`Received`] |
//! | `Dispatcher.Close` | [`Dispatcher::close`] |
//! | `MessageAdapter` | [`Adapter`] |
//! | `MsgToRaw`, `RawToMsg`, `MsgKey` | [`Adapter::encode`], [`Adapter::decode`], [`Adapter::key`] |
//! | `IsReply` | [`Adapter::class`], which tells acknowledgements too: [`Class`] |
//! | `transport.Transport` | any [`Sink`] and [`Stream`] of datagrams; [`memory::pair`] in tests |
//! | a context with its deadline | a `Duration`; dropping the future gives up and frees the key |
//! | its errors: closed, adapter, transport, internal, time is over | [`RequestError`], [`SendError`], [`Closed`] |
//! | the log's warnings | [`Dispatcher::stats`] |

mod adapter;
mod config;
mod driver;
mod error;
pub mod memory;
mod stats;
mod tables;

use std::future::poll_fn;
use std::hash::Hash;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

pub use adapter::{Adapter, Class};
pub use config::{Config, Delivery};
pub use error::{RequestError, SendError};
pub use stats::Stats;

use crate::pending::{Closed, Waiter};
use crate::runtime::{Elapsed, Handle, timeout};
use crate::sync::Arc;
use driver::{Driver, Outgoing, Report};
use error::Unsendable;
use tables::{PeerKey, Tables};

/// A message that was no reply, and where it came from.
///
/// The example of [`Dispatcher`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received<M, A> {
    /// The message.
    pub message: M,
    /// The length of its datagram in bytes.
    pub size: usize,
    /// Who sent it, as far as the transport knows.
    pub source: A,
}

/// Joins replies to requests. A cheap handle: clones share everything. `A` is the address of a peer.
///
/// When the last handle is dropped, the dispatcher ends: what the transport does not take at once is lost. To see
/// everything off, [`close`](Self::close).
///
/// ```
/// use std::{convert::Infallible, time::Duration};
/// use hb_bus::dispatch::{Adapter, Class, Config, Dispatcher, Received, RequestError, memory};
/// use hb_bus::runtime::Simulation;
///
/// /// The first byte tells the class, the second is the key, the rest is text.
/// struct Protocol;
///
/// impl Adapter for Protocol {
///     type Message = Vec<u8>;
///     type Key = Option<u8>;
///     type Error = Infallible;
///     fn encode(&self, message: &Vec<u8>, into: &mut Vec<u8>) -> Result<(), Infallible> {
///         into.extend(message);
///         Ok(())
///     }
///     fn decode(&self, datagram: &[u8]) -> Result<Vec<u8>, Infallible> {
///         Ok(datagram.to_vec())
///     }
///     fn key(&self, message: &Vec<u8>) -> Option<u8> {
///         message.get(1).copied()
///     }
///     fn class(&self, message: &Vec<u8>) -> Option<Class> {
///         Some(if message.starts_with(b"?") { Class::Request } else { Class::Reply })
///     }
/// }
///
/// let simulation = Simulation::new(0);
/// let (left, right) = memory::pair("left", "right", 16);
/// let client = Dispatcher::new(Protocol, left, simulation.handle(), Config::default());
/// let server = Dispatcher::new(Protocol, right, simulation.handle(), Config::default());
/// simulation.handle().spawn(Box::pin(async move {
///     let Received { size, source, .. } = server.recv_from().await.expect("the client asks");
///     assert_eq!((size, source), (9, "left"));
///     server.notify_unreliable(&b"!8at noon".to_vec(), source).expect("there is room");
/// }));
/// simulation.run(async {
///     let second = Duration::from_secs(1);
///     let reply = client.request(&b"?8when is".to_vec(), "right", second).await;
///     assert_eq!(reply.expect("the server answers"), b"!8at noon");
///     client.close(second).await.expect("memory is quick");
///     let late = client.request(&b"?9and now".to_vec(), "right", second).await;
///     assert!(matches!(late, Err(RequestError::Closed(_))));
/// });
/// ```
pub struct Dispatcher<D: Adapter, A> {
    tables: Arc<Tables<D, A>>,
    outgoing: mpsc::Sender<Outgoing<A>>,
}

// By hand: a derive would ask for `D: Clone`, which a handle does not need.
impl<D: Adapter, A> Clone for Dispatcher<D, A> {
    fn clone(&self) -> Self {
        Self { tables: Arc::clone(&self.tables), outgoing: self.outgoing.clone() }
    }
}

impl<D: Adapter, A> std::fmt::Debug for Dispatcher<D, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("stats", &self.tables.counters.read()).finish_non_exhaustive()
    }
}

impl<D, A> Dispatcher<D, A>
where
    D: Adapter,
    A: Hash + Eq + Clone + Unpin + Send + 'static,
{
    /// Begins to read and write `transport`, in one task of `runtime`.
    ///
    /// An error of the sink is taken as that one datagram's; the next is tried all the same. An error of the stream is
    /// counted; from the second in a row on, reading pauses for 10 ms and up to 320 ms. When the stream is over, the
    /// dispatcher is closed.
    #[must_use]
    pub fn new<T, B>(adapter: D, transport: T, runtime: Handle, config: Config) -> Self
    where
        T: Sink<(Bytes, A), Error = io::Error> + Stream<Item = io::Result<(B, A)>> + Unpin + Send + 'static,
        B: AsRef<[u8]> + Send + 'static,
    {
        let (outgoing, to_send) = mpsc::channel(config.send_queue);
        let (inbox, received) = mpsc::channel(config.receive_queue);
        let tables = Arc::new(Tables::new(adapter, runtime, config, received));
        let driver = Driver::new(transport, to_send, inbox, Arc::clone(&tables));
        tables.runtime.spawn(Box::pin(driver.run()));
        Self { tables, outgoing }
    }

    /// Sends `message` and waits for the reply with its key, at most so long; `None` waits without limit. The limit
    /// includes waiting for room in the send queue. Dropping the future frees the key.
    ///
    /// # Errors
    /// See [`RequestError`]. The key is free again in any case.
    pub async fn request(
        &self,
        message: &D::Message,
        to: A,
        limit: impl Into<Option<Duration>>,
    ) -> Result<D::Message, RequestError<D::Error>> {
        let reply = self.tables.replies.expect(self.tables.peer_key(message, &to))?;
        self.exchange(message, to, limit.into(), reply).await
    }

    /// Sends `message` and waits until it has arrived, at most so long: until its ack comes, or until a reliable
    /// transport has taken it, as [`Delivery`] says. Dropping the future frees the key.
    ///
    /// # Errors
    /// See [`RequestError`]. Without an error the message has arrived; after [`RequestError::TimedOut`] it may have.
    pub async fn notify(
        &self,
        message: &D::Message,
        to: A,
        limit: impl Into<Option<Duration>>,
    ) -> Result<(), RequestError<D::Error>> {
        match self.tables.config.delivery {
            Delivery::Acknowledged => {
                let ack = self.tables.acks.expect(self.tables.peer_key(message, &to))?;
                self.exchange(message, to, limit.into(), ack).await
            }
            Delivery::ByTransport => {
                let (number, sent) = self.tables.expect_send()?;
                let datagram = self.encode(message)?;
                let delivered = async {
                    self.enqueue(Outgoing { datagram, to, report: Report::Outcome(number) }).await?;
                    sent.await?.map_err(RequestError::Transport)
                };
                self.within(limit.into(), delivered).await
            }
        }
    }

    /// Sends `message` if it can, and returns at once. Whether it arrives, nobody knows.
    ///
    /// # Errors
    /// See [`SendError`]. Nothing was sent.
    pub fn notify_unreliable(&self, message: &D::Message, to: A) -> Result<(), SendError<D::Error>> {
        if self.tables.closing.is_cancelled() {
            return Err(Closed.into());
        }
        let datagram = self.encode(message)?;
        let sent = self.outgoing.try_send(Outgoing { datagram, to, report: Report::Nobody });
        sent.map_err(|error| match error {
            TrySendError::Closed(_) => Closed.into(),
            TrySendError::Full(_) => {
                self.tables.counters.congested.add();
                SendError::Congested
            }
        })
    }

    /// The next message that was no reply and no ack. Several may wait; each message goes to one of them. Dropping
    /// the future loses nothing.
    ///
    /// # Errors
    /// [`Closed`], after what had come before was handed out.
    pub async fn recv_from(&self) -> Result<Received<D::Message, A>, Closed> {
        self.tables.inbox.lock().await.recv().await.ok_or(Closed)
    }

    /// Ends everything: who waits gets `Closed` at once, what is queued is sent, the transport is closed and dropped.
    /// A second call waits for the same end.
    ///
    /// # Errors
    /// [`Elapsed`] if the transport took longer than `deadline`; it is dropped as it is.
    pub async fn close(&self, deadline: Duration) -> Result<(), Elapsed> {
        self.tables.close();
        self.tables.closing.cancel();
        let ended = timeout(&*self.tables.runtime, Some(deadline), self.tables.ended.cancelled()).await;
        if ended.is_err() {
            self.tables.abandoned.cancel();
        }
        ended
    }

    /// What was counted since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.tables.counters.read()
    }

    /// How many requests and notifications wait for their answer.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.tables.replies.len() + self.tables.acks.len()
    }

    /// Sends, and waits for the answer or for the transport's refusal.
    async fn exchange<V>(
        &self,
        message: &D::Message,
        to: A,
        limit: Option<Duration>,
        answer: Waiter<PeerKey<D::Key, A>, V>,
    ) -> Result<V, RequestError<D::Error>> {
        let datagram = self.encode(message)?;
        let (number, refused) = self.tables.expect_send()?;
        let answered = async {
            self.enqueue(Outgoing { datagram, to, report: Report::Failure(number) }).await?;
            let (mut answer, mut refused) = (pin!(answer), pin!(refused));
            poll_fn(|cx| {
                if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                    return Poll::Ready(Ok(answer?));
                }
                match refused.as_mut().poll(cx) {
                    Poll::Ready(Ok(Err(error))) => Poll::Ready(Err(RequestError::Transport(error))),
                    Poll::Ready(Err(closed)) => Poll::Ready(Err(closed.into())),
                    // It was taken: that is told only to those who asked for it.
                    Poll::Ready(Ok(Ok(()))) | Poll::Pending => Poll::Pending,
                }
            })
            .await
        };
        self.within(limit, answered).await
    }

    async fn within<V>(
        &self,
        limit: Option<Duration>,
        answered: impl Future<Output = Result<V, RequestError<D::Error>>>,
    ) -> Result<V, RequestError<D::Error>> {
        let answered = timeout(&*self.tables.runtime, limit, answered).await;
        answered.unwrap_or(Err(RequestError::TimedOut))
    }

    async fn enqueue(&self, outgoing: Outgoing<A>) -> Result<(), Closed> {
        self.outgoing.send(outgoing).await.map_err(|_| Closed)
    }

    fn encode(&self, message: &D::Message) -> Result<Bytes, Unsendable<D::Error>> {
        let mut bytes = Vec::new();
        self.tables.adapter.encode(message, &mut bytes).map_err(Unsendable::Adapter)?;
        let (length, limit) = (bytes.len(), self.tables.config.max_datagram);
        if length > limit {
            return Err(Unsendable::TooLong { length, limit });
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests;
