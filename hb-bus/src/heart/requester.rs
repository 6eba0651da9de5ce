//! The loop that asks: request, answer, next request.
//!
//! Not here: the transport (any service), what an answer means (the user's protocol), keeping answers and attempts
//! apart on a transport that cannot (`link`).

use std::future::Future;
use std::num::NonZeroU32;
use std::time::Duration;

use hb_lease::time::Time;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use crate::runtime::{Elapsed, Handle, timeout};

/// A request, and how it is to be sent.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use hb_bus::heart::Attempt;
///
/// let second = Duration::from_secs(1);
/// let three = NonZeroU32::MIN.saturating_add(2);
/// let ping = Attempt::once("ping", second).times(three).after(20 * second);
/// assert_eq!((ping.timeout, ping.attempts, ping.wait), (second, three, 20 * second));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt<Q> {
    /// What is asked.
    pub request: Q,
    /// How long one attempt waits for its answer. Each attempt has as much again.
    pub timeout: Duration,
    /// How often it is sent before the heart gives up. An attempt that fails early is repeated at once.
    pub attempts: NonZeroU32,
    /// How long to wait before the first attempt.
    pub wait: Duration,
}

impl<Q> Attempt<Q> {
    /// One attempt, sent without waiting.
    pub fn once(request: Q, timeout: Duration) -> Self {
        Self { request, timeout, attempts: NonZeroU32::MIN, wait: Duration::ZERO }
    }

    /// As often as `attempts`.
    #[must_use]
    pub fn times(self, attempts: NonZeroU32) -> Self {
        Self { attempts, ..self }
    }

    /// Not before `wait` is over.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self { wait, ..self }
    }
}

/// Names one attempt: never used twice by one heart, and not by another one except by accident.
///
/// The example of [`link::Link`](super::link::Link) shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptId(pub u64);

/// What a transport is given.
///
/// The example of [`RequesterHeart`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent<Q> {
    /// The attempt. An answer belongs to it and to no other.
    pub id: AttemptId,
    /// What is asked.
    pub request: Q,
}

/// What a protocol is given: an answer, and what it cost.
///
/// The example of [`RequesterHeart`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<R> {
    /// The answer.
    pub response: R,
    /// From sending the attempt that was answered to its answer.
    pub took: Duration,
    /// How many attempts failed before it.
    pub failed: u32,
}

/// Why an attempt failed.
///
/// The example of [`Event`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause<E> {
    /// No answer within the attempt's time.
    #[error("send timeout")]
    Timeout,
    /// The transport says why.
    #[error("{0}")]
    Transport(E),
}

/// Why a heart stopped, other than by its protocol's will.
///
/// ```
/// # use std::{convert::Infallible, num::NonZeroU32, time::Duration};
/// # use hb_bus::heart::requester::{Answered, Attempt, BeatError, Cause, RequesterHeart, Sent};
/// # use tokio_util::sync::CancellationToken;
/// # use tower::service_fn;
/// let away = service_fn(|_: Sent<&str>| std::future::pending::<Result<String, Infallible>>());
/// let once = service_fn(|_: Answered<String>| async { Ok::<_, Infallible>(None) });
/// # let world = hb_bus::runtime::Simulation::new(1);
/// let mut heart = RequesterHeart::new(world.handle(), away, once);
/// let ping = Attempt::once("ping", Duration::from_secs(1));
/// let failed = BeatError::ConnectionFailed { attempts: NonZeroU32::MIN, cause: Cause::Timeout };
/// assert_eq!(world.run(heart.run(ping, &CancellationToken::new())), Err(failed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeatError<T, P> {
    /// Every attempt at one request failed.
    #[error("connection failed after {attempts} attempts, the last one with: {cause}")]
    ConnectionFailed {
        /// How many there were.
        attempts: NonZeroU32,
        /// What ended the last.
        cause: Cause<T>,
    },
    /// The protocol failed on an answer.
    #[error("the protocol failed: {0}")]
    Protocol(P),
    /// The token was cancelled. If anything had been sent and there is a goodbye, that was sent too.
    #[error("cancelled")]
    Cancelled,
}

/// What happens on the way.
///
/// ```
/// # use hb_bus::heart::requester::{Cause, Event};
/// fn shown(event: Event<'_, String, std::io::Error>) -> String {
///     match event {
///         Event::New(answer) | Event::Update(answer) => format!("answered {answer}"),
///         Event::Retry { attempt, cause: Cause::Timeout } => format!("no answer to attempt {attempt}"),
///         Event::Retry { cause: Cause::Transport(error), .. } => format!("cannot be reached: {error}"),
///         Event::Disconnect(last) => format!("gone, after {last}"),
///     }
/// }
/// assert_eq!(shown(Event::Retry { attempt: 2, cause: &Cause::Timeout }), "no answer to attempt 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a, R, T> {
    /// The first answer that the protocol went on from.
    New(&'a R),
    /// A later one.
    Update(&'a R),
    /// An attempt failed. If it was the last, the heart stops.
    Retry {
        /// Which, from 1.
        attempt: u32,
        /// Why.
        cause: &'a Cause<T>,
    },
    /// After [`Event::New`], the heart stopped, for whatever reason. With the last answer.
    Disconnect(&'a R),
}

type Told<R, T> = Box<dyn FnMut(Event<'_, R, T>) + Send>;
type Goodbye<Q> = Box<dyn FnMut(Q) -> Q + Send>;

/// Sends the first request, has the protocol turn each answer into the next one, until it says `None`.
///
/// `T` is the transport: from [`Sent<Q>`](Sent) to `R`. `P` is the protocol: from [`Answered<R>`](Answered) to
/// `Option<Attempt<Q>>`. Both may be closures.
///
/// ```
/// use std::convert::Infallible;
/// use std::time::Duration;
/// use hb_bus::heart::requester::{Answered, Attempt, RequesterHeart, Sent};
/// use hb_bus::runtime::{Runtime, Simulation};
/// use tokio_util::sync::CancellationToken;
/// use tower::service_fn;
///
/// let second = Duration::from_secs(1);
/// let doubles = service_fn(|sent: Sent<u32>| async move { Ok::<_, Infallible>(sent.request * 2) });
/// let until_100 = service_fn(move |beat: Answered<u32>| async move {
///     let next = (beat.response < 100).then(|| Attempt::once(beat.response, second).after(60 * second));
///     Ok::<_, Infallible>(next)
/// });
///
/// let simulation = Simulation::new(1);
/// let mut heart = RequesterHeart::new(simulation.handle(), doubles, until_100);
/// let last = simulation.run(heart.run(Attempt::once(3, second), &CancellationToken::new()));
/// assert_eq!(last, Ok(192)); // 6, 12, 24, 48, 96, 192
/// assert_eq!(simulation.now().as_millis(), 5 * 60_000);
/// ```
pub struct RequesterHeart<T, P, Q, R, E> {
    runtime: Handle,
    transport: T,
    protocol: P,
    told: Told<R, E>,
    goodbye: Option<Goodbye<Q>>,
    next_id: u64,
}

/// Where a run stands.
struct Course<R> {
    sent: bool,
    connected: Option<R>,
}

impl<T, P, Q, R> RequesterHeart<T, P, Q, R, T::Error>
where
    T: Service<Sent<Q>, Response = R>,
    P: Service<Answered<R>, Response = Option<Attempt<Q>>>,
    Q: Clone,
    R: Clone,
{
    /// A heart that tells nobody of its events and says no goodbye.
    pub fn new(runtime: Handle, transport: T, protocol: P) -> Self {
        let next_id = runtime.random();
        Self { runtime, transport, protocol, told: Box::new(|_| ()), goodbye: None, next_id }
    }

    /// Calls `told` with each event, between two steps of the loop.
    #[must_use]
    pub fn on_event(self, told: impl FnMut(Event<'_, R, T::Error>) + Send + 'static) -> Self {
        Self { told: Box::new(told), ..self }
    }

    /// When cancelled, makes a last request of the one that was sent last, and sends it once.
    #[must_use]
    pub fn goodbye(self, goodbye: impl FnMut(Q) -> Q + Send + 'static) -> Self {
        Self { goodbye: Some(Box::new(goodbye)), ..self }
    }

    /// Beats until the protocol ends it, and returns the last answer. Can be run again afterwards.
    ///
    /// Cancelling takes at most the time-out of the attempt that was to be the next or is under way.
    ///
    /// # Errors
    /// [`BeatError`]. Dropping the future stops it too, without a goodbye.
    pub async fn run(
        &mut self,
        first: Attempt<Q>,
        cancel: &CancellationToken,
    ) -> Result<R, BeatError<T::Error, P::Error>> {
        let mut course = Course { sent: false, connected: None };
        let mut next = first;
        let end = loop {
            let beat = cancel.run_until_cancelled(self.beat(&next, &mut course)).await;
            match beat {
                Some(Ok((_, Some(attempt)))) => next = attempt,
                Some(Ok((response, None))) => break Ok(response),
                Some(Err(error)) => break Err(error),
                None => {
                    if course.sent {
                        self.part(next).await;
                    }
                    break Err(BeatError::Cancelled);
                }
            }
        };
        if let Some(last) = &course.connected {
            (self.told)(Event::Disconnect(last));
        }
        end
    }

    /// One request, its answer, and what comes next.
    async fn beat(
        &mut self,
        next: &Attempt<Q>,
        course: &mut Course<R>,
    ) -> Result<(R, Option<Attempt<Q>>), BeatError<T::Error, P::Error>> {
        if !next.wait.is_zero() {
            self.runtime.sleep(next.wait).await;
        }
        let answered = self.exchange(next, &mut course.sent).await?;
        let response = answered.response.clone();
        let protocol = self.protocol.ready().await.map_err(BeatError::Protocol)?;
        let after = protocol.call(answered).await.map_err(BeatError::Protocol)?;
        match &course.connected {
            Some(_) => (self.told)(Event::Update(&response)),
            None if after.is_some() => (self.told)(Event::New(&response)),
            None => return Ok((response, None)),
        }
        course.connected = Some(response.clone());
        Ok((response, after))
    }

    /// Up to as many attempts as allowed.
    async fn exchange(
        &mut self,
        next: &Attempt<Q>,
        sent: &mut bool,
    ) -> Result<Answered<R>, BeatError<T::Error, P::Error>> {
        let mut failed = 0;
        loop {
            *sent = true;
            let at: Time = self.runtime.now();
            let call = self.send(next.request.clone(), next.timeout);
            let cause = match call.await {
                Ok(response) => {
                    return Ok(Answered { response, took: self.runtime.now().since(at), failed });
                }
                Err(cause) => cause,
            };
            failed += 1;
            (self.told)(Event::Retry { attempt: failed, cause: &cause });
            if failed == next.attempts.get() {
                return Err(BeatError::ConnectionFailed { attempts: next.attempts, cause });
            }
        }
    }

    /// One attempt. The transport's readiness counts against its time too.
    fn send(&mut self, request: Q, limit: Duration) -> impl Future<Output = Result<R, Cause<T::Error>>> {
        let id = AttemptId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let (runtime, transport) = (&self.runtime, &mut self.transport);
        async move {
            let call = async { transport.ready().await?.call(Sent { id, request }).await };
            match timeout(&**runtime, Some(limit), call).await {
                Ok(result) => result.map_err(Cause::Transport),
                Err(Elapsed) => Err(Cause::Timeout),
            }
        }
    }

    /// One last request, whose answer decides nothing.
    async fn part(&mut self, next: Attempt<Q>) {
        if let Some(goodbye) = &mut self.goodbye {
            let request = goodbye(next.request);
            let _answer = self.send(request, next.timeout).await;
        }
    }
}

impl<T, P, Q, R, E> std::fmt::Debug for RequesterHeart<T, P, Q, R, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequesterHeart").field("next_id", &self.next_id).finish_non_exhaustive()
    }
}
