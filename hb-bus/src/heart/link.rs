//! A transport for the requester over what only sends and only receives: a datagram socket, a message port.
//!
//! Each attempt waits under its own id, so an answer that comes after its attempt is over belongs to nobody. Not here:
//! who puts the id on the wire and reads it back.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tower::Service;

use super::requester::{AttemptId, Sent};
use crate::pending::{ExpectError, Pending};
use crate::sync::Arc;

/// Why an attempt over a link failed.
///
/// ```
/// # use std::convert::Infallible;
/// # use hb_bus::heart::link::{LinkError, link};
/// # use hb_bus::heart::requester::{AttemptId, Sent};
/// # use tower::{Service, service_fn};
/// let (mut link, inbox) = link::<_, ()>(service_fn(|_: Sent<&str>| async { Ok::<_, Infallible>(()) }));
/// let attempt = link.call(Sent { id: AttemptId(7), request: "ping" });
/// inbox.close();
/// assert_eq!(hb_bus::runtime::Simulation::new(0).run(attempt), Err(LinkError::Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError<E> {
    /// It could not be sent.
    #[error("cannot send: {0}")]
    Send(E),
    /// The link is closed: no answer will come.
    #[error("the link is closed")]
    Closed,
    /// Another attempt with this id is under way.
    #[error("an attempt with this id is under way")]
    Duplicate,
}

/// Sends by `S`, from [`Sent<Q>`](Sent) to `()`, and gets its answers from an [`Inbox`].
///
/// ```
/// use std::convert::Infallible;
/// use hb_bus::heart::link::link;
/// use hb_bus::heart::requester::{AttemptId, Sent};
/// use hb_bus::runtime::Simulation;
/// use tower::{Service, service_fn};
///
/// let (mut link, inbox) = link(service_fn(|_: Sent<&str>| async { Ok::<_, Infallible>(()) }));
/// let attempt = link.call(Sent { id: AttemptId(7), request: "ping" });
/// assert_eq!(inbox.deliver(AttemptId(6), "to an earlier attempt"), Err("to an earlier attempt"));
/// assert_eq!(inbox.deliver(AttemptId(7), "pong"), Ok(()));
/// assert_eq!(Simulation::new(0).run(attempt), Ok("pong"));
/// assert_eq!(inbox.dropped(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Link<S, R> {
    send: S,
    waiting: Pending<AttemptId, R>,
}

/// Where what was received is handed in. A cheap handle.
///
/// ```
/// # use hb_bus::heart::link::Inbox;
/// # use hb_bus::heart::requester::AttemptId;
/// /// What the task that reads the socket does with `7 pong`.
/// fn received(line: &str, inbox: &Inbox<String>) {
///     let Some((id, answer)) = line.split_once(' ') else { return };
///     let Ok(id) = id.parse() else { return };
///     // Whoever it was for may wait no more: the inbox has counted it.
///     drop(inbox.deliver(AttemptId(id), answer.to_owned()));
/// }
/// # let (_link, inbox) = hb_bus::heart::link::link::<(), String>(());
/// # received("7 pong", &inbox);
/// # assert_eq!(inbox.dropped(), 1);
/// ```
#[derive(Debug)]
pub struct Inbox<R> {
    waiting: Pending<AttemptId, R>,
    dropped: Arc<AtomicU64>,
}

impl<R> Clone for Inbox<R> {
    fn clone(&self) -> Self {
        Self { waiting: self.waiting.clone(), dropped: Arc::clone(&self.dropped) }
    }
}

/// A link that sends by `send`, and its inbox.
pub fn link<S, R>(send: S) -> (Link<S, R>, Inbox<R>) {
    let waiting = Pending::new();
    let inbox = Inbox { waiting: waiting.clone(), dropped: Arc::default() };
    (Link { send, waiting }, inbox)
}

impl<R> Inbox<R> {
    /// Hands an answer to the attempt it names.
    ///
    /// # Errors
    /// The answer, if that attempt is over or never was. It is counted.
    pub fn deliver(&self, id: AttemptId, response: R) -> Result<(), R> {
        let delivered = self.waiting.fulfil(&id, response);
        if delivered.is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        delivered
    }

    /// How many answers were nobody's.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Ends every attempt under way and to come.
    pub fn close(&self) {
        self.waiting.close();
    }
}

impl<S, Q, R> Service<Sent<Q>> for Link<S, R>
where
    S: Service<Sent<Q>, Response = ()>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
    R: Send + 'static,
{
    type Response = R;
    type Error = LinkError<S::Error>;
    type Future = Pin<Box<dyn Future<Output = Result<R, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.send.poll_ready(cx).map_err(LinkError::Send)
    }

    fn call(&mut self, sent: Sent<Q>) -> Self::Future {
        // Before it is sent: the answer cannot be earlier than the waiter.
        let waiter = match self.waiting.expect(sent.id) {
            Ok(waiter) => waiter,
            Err(error) => {
                let error = match error {
                    ExpectError::Closed(_) => LinkError::Closed,
                    ExpectError::DuplicateKey(_) => LinkError::Duplicate,
                };
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        let sending = self.send.call(sent);
        Box::pin(async move {
            sending.await.map_err(LinkError::Send)?;
            waiter.await.map_err(|_| LinkError::Closed)
        })
    }
}
