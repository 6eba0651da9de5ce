//! The loop that answers: a request, its response, and back it goes.
//!
//! Not here: the transport (any stream of [`Received`]), what the answer is (the user's protocol), and time limits on
//! it: wrap the protocol in [`timeout`](crate::runtime::timeout) where it may hang.

use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::runtime::{Handle, Task};

/// The pause after the first of several receive errors in a row is this long, and each further one twice as long, up
/// to [`LONGEST_PAUSE`].
pub const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
/// No pause after a receive error is longer.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A request, and the way back to who sent it.
///
/// The example of [`ResponderHeart`] shows it.
pub struct Received<Q, R, E> {
    /// What is asked.
    pub request: Q,
    reply: Box<dyn FnOnce(R) -> Task<Result<(), E>> + Send>,
}

impl<Q, R, E> Received<Q, R, E> {
    /// `reply` takes the answer back.
    pub fn new<F>(request: Q, reply: impl FnOnce(R) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        Self { request, reply: Box::new(move |response| Box::pin(reply(response))) }
    }
}

impl<Q: std::fmt::Debug, R, E> std::fmt::Debug for Received<Q, R, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Received").field("request", &self.request).finish_non_exhaustive()
    }
}

/// What went wrong with one beat. The heart goes on.
///
/// ```
/// # use hb_bus::heart::responder::{BeatError, ResponderHeart};
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// # let protocol = tower::service_fn(|text: String| async move { Ok::<_, std::fmt::Error>(text) });
/// type Wrong = BeatError<std::io::Error, std::fmt::Error>;
/// let heart = ResponderHeart::new(runtime, protocol).on_error(|error: Wrong| {
///     eprintln!("a beat failed: {error}"); // such as: cannot receive: connection reset
/// });
/// # let _: &ResponderHeart<_, _, std::fmt::Error> = &heart;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeatError<E, P> {
    /// Nothing could be received.
    #[error("cannot receive: {0}")]
    Receive(E),
    /// The protocol had no answer; nothing was sent back.
    #[error("the protocol failed: {0}")]
    Protocol(P),
    /// The answer could not be sent back.
    #[error("cannot send the answer: {0}")]
    Reply(E),
}

/// Why a run is over. The beats under way were finished in any case.
///
/// The example of [`ResponderHeart`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The token was cancelled.
    Stopped,
    /// The transport has no more requests.
    Exhausted,
}

type Told<E, P> = Box<dyn FnMut(BeatError<E, P>) + Send>;

/// Takes requests, has each answered by the protocol, sends the answers back; one at a time unless told otherwise.
///
/// The protocol is any service from `Q` to `R`, so an HTTP handler or a closure will do.
///
/// ```
/// use std::convert::Infallible;
/// use futures_util::stream;
/// use hb_bus::heart::responder::{Ended, Received, ResponderHeart};
/// use hb_bus::runtime::Simulation;
/// use tokio_util::sync::CancellationToken;
/// use tower::service_fn;
///
/// let (answers, mut received) = tokio::sync::mpsc::unbounded_channel();
/// let requests = ["a", "b"].map(|name| {
///     let answers = answers.clone();
///     Ok(Received::new(name, move |answer: String| async move {
///         answers.send(answer).map_err(|_| "the requester is gone")
///     }))
/// });
/// let protocol = service_fn(|name: &'static str| async move { Ok::<_, Infallible>(format!("hello {name}")) });
///
/// let simulation = Simulation::new(1);
/// let mut heart = ResponderHeart::new(simulation.handle(), protocol);
/// let mut requests = stream::iter(requests);
/// let ended = simulation.run(heart.run(&mut requests, &CancellationToken::new()));
/// assert_eq!(ended, Ended::Exhausted);
/// assert_eq!(received.try_recv().as_deref(), Ok("hello a"));
/// assert_eq!(received.try_recv().as_deref(), Ok("hello b"));
/// ```
pub struct ResponderHeart<P, E, F> {
    runtime: Handle,
    protocol: P,
    at_once: NonZeroUsize,
    told: Told<E, F>,
}

/// What the loop wakes up for.
enum Step<Q, R, E, P> {
    Stopped,
    Finished(Result<(), BeatError<E, P>>),
    Unready(P),
    Rested,
    Received(Result<Received<Q, R, E>, E>),
    Exhausted,
}

impl<P, E, F> ResponderHeart<P, E, F> {
    /// A heart that answers one request at a time and tells nobody what goes wrong.
    pub fn new(runtime: Handle, protocol: P) -> Self {
        Self { runtime, protocol, at_once: NonZeroUsize::MIN, told: Box::new(|_| ()) }
    }

    /// Answers up to so many requests at once; answers may then overtake each other.
    #[must_use]
    pub fn at_once(self, at_once: NonZeroUsize) -> Self {
        Self { at_once, ..self }
    }

    /// Calls `told` with each error, between two steps of the loop.
    #[must_use]
    pub fn on_error(self, told: impl FnMut(BeatError<E, F>) + Send + 'static) -> Self {
        Self { told: Box::new(told), ..self }
    }

    /// Answers until `cancel` or the end of `requests`, then finishes the beats under way. After `cancel` no request is
    /// taken any more. Can be run again afterwards, also over the same `requests`.
    ///
    /// Errors in a row, of receiving or of a protocol that is not ready, make it pause: 10 ms, 20 ms, up to 1 s.
    pub async fn run<Q, R, S>(&mut self, requests: &mut S, cancel: &CancellationToken) -> Ended
    where
        P: Service<Q, Response = R, Error = F>,
        S: Stream<Item = Result<Received<Q, R, E>, E>> + Unpin,
    {
        let mut stopped = pin!(cancel.cancelled());
        let mut beats = FuturesUnordered::new();
        let mut errors: u32 = 0;
        let mut rest: Option<Task> = None;
        let mut ended = None;
        loop {
            let room = ended.is_none() && beats.len() < self.at_once.get();
            if ended.is_some() && beats.is_empty() {
                return ended.unwrap_or(Ended::Stopped);
            }
            let protocol = &mut self.protocol;
            let step = poll_fn(|cx| {
                if ended.is_none() && stopped.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Step::Stopped);
                }
                if let Poll::Ready(Some(done)) = beats.poll_next_unpin(cx) {
                    return Poll::Ready(Step::Finished(done));
                }
                if let Some(rest) = &mut rest {
                    return rest.as_mut().poll(cx).map(|()| Step::Rested);
                }
                if !room {
                    return Poll::Pending;
                }
                match protocol.poll_ready(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(error)) => return Poll::Ready(Step::Unready(error)),
                    Poll::Ready(Ok(())) => (),
                }
                Pin::new(&mut *requests).poll_next(cx).map(|next| match next {
                    Some(received) => Step::Received(received),
                    None => Step::Exhausted,
                })
            });
            let error = match step.await {
                Step::Stopped => {
                    (ended, rest) = (Some(Ended::Stopped), None);
                    continue;
                }
                Step::Exhausted => {
                    ended = Some(Ended::Exhausted);
                    continue;
                }
                Step::Rested => {
                    rest = None;
                    continue;
                }
                Step::Finished(Ok(())) => continue,
                Step::Finished(Err(error)) => {
                    (self.told)(error);
                    continue;
                }
                Step::Received(Ok(Received { request, reply })) => {
                    errors = 0;
                    let answer = self.protocol.call(request);
                    beats.push(async move {
                        let response = answer.await.map_err(BeatError::Protocol)?;
                        reply(response).await.map_err(BeatError::Reply)
                    });
                    continue;
                }
                Step::Unready(error) => BeatError::Protocol(error),
                Step::Received(Err(error)) => BeatError::Receive(error),
            };
            (self.told)(error);
            rest = Some(self.runtime.sleep(pause(errors)));
            errors = errors.saturating_add(1);
        }
    }
}

/// After so many errors in a row before this one.
fn pause(errors: u32) -> Duration {
    SHORTEST_PAUSE.saturating_mul(2_u32.saturating_pow(errors)).min(LONGEST_PAUSE)
}

impl<P, E, F> std::fmt::Debug for ResponderHeart<P, E, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponderHeart").field("at_once", &self.at_once).finish_non_exhaustive()
    }
}
