//! Keeps registered, with one or several registries at a time, and moves on when one is gone.
//!
//! Where to go is decided by a machine without a clock, [`Failover`]; this is the shell that runs one heart for each
//! registry. Not here: the registry's side (`registry`), and how calls travel: any service.

use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::hash::Hash;
use std::num::{NonZeroU32, NonZeroUsize};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio_util::sync::CancellationToken;
use tower::{Service, service_fn};

use super::registry::{Answer, Request, Response, TOMORROW};
use super::requester::{self, Answered, BeatError, Cause, RequesterHeart, Sent};
use super::schedule::{Pace, Plan};
use crate::runtime::{Handle, timeout};
use crate::sync::{Arc, Mutex, lock};

mod control;
mod failover;

pub use control::Control;
pub use failover::{Failover, Input, Output};

/// A request to one registry, for the transport to bring there.
///
/// The example of [`Registrant`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<I, K, P> {
    /// Which registry.
    pub to: I,
    /// What is asked of it.
    pub request: Request<K, P>,
}

/// What happens to a registrant.
///
/// ```
/// # use hb_bus::heart::registrant::Event;
/// fn shown<E>(event: &Event<&str, E>) -> String {
///     match event {
///         Event::New(registry) => format!("registered with {registry}"),
///         Event::Disconnect(registry) => format!("{registry} is gone"),
///         Event::Update(_) | Event::Retry(..) | Event::Failed(..) => String::new(),
///         Event::Asleep => "nobody is left to register with".to_owned(),
///     }
/// }
/// assert_eq!(shown::<()>(&Event::New("the hall's")), "registered with the hall's");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<I, E> {
    /// This registry let us in.
    New(I),
    /// It let us stay.
    Update(I),
    /// An attempt to reach it failed.
    Retry(I, Cause<E>),
    /// It had let us in, and that is over.
    Disconnect(I),
    /// It was given up, or we were cancelled.
    Failed(I, BeatError<E, Infallible>),
    /// There is nobody left to register with.
    Asleep,
}

/// No registry was left to turn to for two ticks of the watchdog.
///
/// The example of [`Registrant`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no registry is left to turn to: add candidates, then run again")]
pub struct Asleep;

/// Keeps registered with several registries at a time, out of its candidates.
///
/// A candidate is tried once; registries recommend each other in their answers, so those that live come back. Who
/// rejects us is not tried again before the time it named is over.
///
/// ```
/// use std::num::NonZeroUsize;
/// use std::time::Duration;
/// use hb_bus::heart::registrant::{Asleep, Call, Registrant};
/// use hb_bus::heart::registry::{Keeper, Registry, Request};
/// use hb_bus::heart::requester::Sent;
/// use hb_bus::runtime::Simulation;
/// use tokio_util::sync::CancellationToken;
/// use tower::{Service, service_fn};
///
/// let world = Simulation::new(1);
/// let keeper = Keeper::new(world.handle(), "registry", Registry::new("lamps", 8));
/// let mut registry = keeper.clone();
/// let transport = service_fn(move |sent: Sent<Call<_, _, _>>| registry.call(sent.request.request));
/// let hello = Request { key: "hall", service: "lamps".into(), info: "60 W", disconnect: false };
///
/// let mut lamp = Registrant::new(world.handle(), transport, hello, NonZeroUsize::MIN);
/// let control = lamp.control();
/// control.add_candidates(vec!["registry"]);
/// let stop = CancellationToken::new();
/// let (run, hour) = (lamp.run(&stop), world.handle().sleep(Duration::from_secs(3600)));
/// world.run(async {
///     let after_an_hour = async {
///         hour.await;
///         assert_eq!((control.connections(), keeper.members().len()), (vec!["registry"], 1));
///         stop.cancel();
///     };
///     assert_eq!(futures_util::future::join(run, after_an_hour).await.0, Ok::<_, Asleep>(()));
/// });
/// assert!(keeper.members().is_empty(), "it said goodbye");
/// ```
pub struct Registrant<I, K, P, T, E> {
    transport: T,
    request: Request<K, P>,
    pace: Pace,
    first: Plan,
    control: Control<I, E>,
}

impl<I, K, P, T, E> Registrant<I, K, P, T, E>
where
    T: Service<Sent<Call<I, K, P>>, Response = Response<I>, Error = E> + Clone,
    I: Hash + Eq + Clone + Send + 'static,
    K: Clone,
    P: Clone,
    E: Clone + Send + 'static,
{
    /// A registrant that says `request` to up to `hearts` registries at a time, over `transport`.
    ///
    /// A first request is sent up to 10 times and waits 1 s each time; later ones follow [`Pace::default`].
    pub fn new(runtime: Handle, transport: T, request: Request<K, P>, hearts: NonZeroUsize) -> Self {
        let attempts = NonZeroU32::MIN.saturating_add(9);
        let first = Plan { wait: Duration::ZERO, timeout: Duration::from_secs(1), attempts };
        let control = Control::new(runtime, Failover::new(hearts));
        Self { transport, request, pace: Pace::default(), first, control }
    }

    /// How a registry is first approached.
    #[must_use]
    pub fn first(self, first: Plan) -> Self {
        Self { first, ..self }
    }

    /// When leases are renewed.
    #[must_use]
    pub fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// What others may do with it while it runs.
    pub fn control(&self) -> Control<I, E> {
        self.control.clone()
    }

    /// Stays registered until `cancel`, then says goodbye everywhere. Can be run again afterwards.
    ///
    /// # Errors
    /// [`Asleep`], if nobody is left to turn to.
    pub async fn run(&mut self, cancel: &CancellationToken) -> Result<(), Asleep> {
        let mut hearts = FuturesUnordered::new();
        let mut asleep = false;
        self.control.tell(Input::Start);
        while !asleep && !cancel.is_cancelled() {
            for output in self.control.outputs() {
                match output {
                    Output::Connect { heart, registry } => hearts.push(self.beat(heart, registry, cancel)),
                    Output::Asleep => asleep = true,
                }
            }
            let mut stopped = pin!(cancel.cancelled());
            let mut changed = pin!(self.control.changed());
            let look = poll_fn(|cx| match hearts.poll_next_unpin(cx) {
                Poll::Ready(Some(ended)) => Poll::Ready(Some(ended)),
                // No heart beats: that is not news.
                Poll::Ready(None) | Poll::Pending => {
                    if asleep || stopped.as_mut().poll(cx).is_ready() {
                        return Poll::Ready(None);
                    }
                    changed.as_mut().poll(cx).map(|()| None)
                }
            });
            let ended = timeout(&*self.control.runtime, self.control.wait(), look).await;
            if let Ok(Some((heart, bar))) = ended
                && !cancel.is_cancelled()
            {
                self.control.tell(Input::Ended { heart, bar });
            }
        }
        self.control.stop();
        while hearts.next().await.is_some() {}
        if asleep {
            self.control.publish(&Event::Asleep);
            return Err(Asleep);
        }
        Ok(())
    }

    /// One heart and one registry, until that is over. Then: which heart, and how long not to go there again.
    fn beat(
        &self,
        heart: usize,
        to: I,
        cancel: &CancellationToken,
    ) -> impl Future<Output = (usize, Option<Duration>)> + use<I, K, P, T, E> {
        let (control, pace, cancel) = (self.control.clone(), self.pace, cancel.clone());
        let call = Call { to, request: Request { disconnect: false, ..self.request.clone() } };
        let bar = Arc::new(Mutex::new(None));
        let (barred, heard, again) = (Arc::clone(&bar), control.clone(), call.clone());
        let protocol = service_fn(move |beat: Answered<Response<I>>| {
            let Response { service, candidates, answer, .. } = beat.response;
            let next = match answer {
                _ if service != again.request.service => Err(TOMORROW),
                Answer::Rejected { retry, .. } => {
                    heard.tell(Input::Heard(candidates));
                    Err(retry)
                }
                Answer::Granted(granted) => {
                    heard.tell(Input::Accepted { heart, candidates });
                    Ok(pace.plan(granted, beat.took, beat.failed).send(again.clone()))
                }
            };
            let next = next.map_err(|after| *lock(&barred) = Some(after)).ok();
            ready(Ok::<_, Infallible>(next))
        });
        let (told, to) = (control.clone(), call.to.clone());
        let events = move |event: requester::Event<'_, Response<I>, E>| {
            told.publish(&match event {
                requester::Event::New(_) => Event::New(to.clone()),
                requester::Event::Update(_) => Event::Update(to.clone()),
                requester::Event::Retry { cause, .. } => Event::Retry(to.clone(), cause.clone()),
                requester::Event::Disconnect(_) => Event::Disconnect(to.clone()),
            });
        };
        let runtime = Arc::clone(&control.runtime);
        let mut requester =
            RequesterHeart::new(runtime, self.transport.clone(), protocol).on_event(events).goodbye(
                |last: Call<I, K, P>| Call { request: Request { disconnect: true, ..last.request }, ..last },
            );
        let first = self.first.send(call);
        async move {
            let to = first.request.to.clone();
            if let Err(error) = requester.run(first, &cancel).await {
                control.publish(&Event::Failed(to, error));
            }
            let bar = *lock(&bar);
            (heart, bar)
        }
    }
}

impl<I, K, P, T, E> std::fmt::Debug for Registrant<I, K, P, T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registrant")
            .field("first", &self.first)
            .field("pace", &self.pace)
            .finish_non_exhaustive()
    }
}
