//! The server's own heartbeat: to another server that watches over this one, as one app among others.
//!
//! `hb_core::sender` decides when to beat and what to say, a `RequesterHeart` of hb-bus carries it there, one attempt at
//! a time: the next beat is the retry. What a page proves by its frames, a server proves by its detector: while that is
//! late it says so by `hb_state` and pings no more. When it is told to stop it says that it leaves, which is no goodbye:
//! whoever watches expects it back. Not here: how others beat to us (`http`, `udp`).

mod carrier;
mod target;
mod voice;

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hb_bus::heart::requester::{Answered, Attempt, BeatError, Event, RequesterHeart, Sent};
use hb_bus::runtime::{self, Native};
use hb_core::id::Boot;
use rustls::ClientConfig;
use tokio_util::sync::CancellationToken;
use tower::{Service, service_fn};

use crate::engine::Engine;
use crate::engine::key::Key;
use crate::tls::{Roots, RootsError};

pub use target::{InvalidTarget, Target};
use voice::{Due, Voice, Word};

/// From this lateness of the detector on, silence is no longer noticed in time: then we do not live.
const TOO_LATE: Duration = Duration::from_secs(1);

/// Where to beat, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where.
    pub to: Target,
    /// The host to declare, 1 to 64 bytes; `None` to be known by the address. Default none.
    pub host: Option<String>,
    /// The file of the authorities that are believed where `to` is `https`; `None` for those that the machine trusts.
    pub ca: Option<PathBuf>,
    /// The key to the app `hb` there, if it has one. Default none.
    pub key: Option<Key>,
    /// The promise. Three beats fit into it. Default 5 s.
    pub promise: Duration,
}

impl Config {
    /// Beats to `to`, with the defaults.
    #[must_use]
    pub fn new(to: Target) -> Self {
        Self { to, host: None, ca: None, key: None, promise: Duration::from_secs(5) }
    }
}

/// A configuration, and whose certificates are believed.
#[derive(Debug)]
pub(crate) struct Bearer {
    config: Config,
    tls: Option<Arc<ClientConfig>>,
}

impl Bearer {
    /// Reads what `config` names.
    pub(crate) fn new(config: Config) -> Result<Self, RootsError> {
        let roots = config.to.is_secure().then(|| Roots::read(config.ca.as_deref())).transpose()?;
        Ok(Self { config, tls: roots.map(|roots| roots.client()) })
    }
}

/// Beats for the server of `engine` until `stop`.
pub(crate) async fn beat(Bearer { config, tls }: Bearer, engine: Engine, stop: CancellationToken) {
    let runtime: runtime::Handle = Arc::new(Native::current());
    let boot = Boot::new(&format!("{:016x}", engine.epoch())).expect("16 digits are a boot");
    let voice = Voice::new(runtime.now(), config.promise, boot, config.host).knowing(config.key);
    let clock = engine.clock().clone();
    let pulse = Pulse::new(runtime, voice, move || clock.lateness() <= TOO_LATE);
    let to = config.to;
    let place = to.to_string();
    let transport = service_fn(move |sent: Sent<Word>| carrier::carry(to.clone(), tls.clone(), sent));
    pulse.run(transport, tell(place), &stop).await;
}

/// Says once when beats begin to fail or to arrive.
fn tell(place: String) -> impl FnMut(Result<(), &dyn fmt::Display>) + Send + 'static {
    let mut last = None;
    move |outcome| {
        if last == Some(outcome.is_ok()) {
            return;
        }
        last = Some(outcome.is_ok());
        match outcome {
            Ok(()) => tracing::info!("our own heartbeats arrive at {place}"),
            Err(why) => tracing::warn!("our own heartbeats do not arrive at {place}: {why} (still trying)"),
        }
    }
}

/// The one voice, shared by the parts of a requester heart.
struct Pulse<A> {
    runtime: runtime::Handle,
    voice: Arc<Mutex<Voice>>,
    is_alive: A,
}

impl<A: Clone> Clone for Pulse<A> {
    fn clone(&self) -> Self {
        let Self { runtime, voice, is_alive } = self;
        Self { runtime: Arc::clone(runtime), voice: Arc::clone(voice), is_alive: is_alive.clone() }
    }
}

impl<A: Fn() -> bool + Clone + Send + 'static> Pulse<A> {
    fn new(runtime: runtime::Handle, voice: Voice, is_alive: A) -> Self {
        Self { runtime, voice: Arc::new(Mutex::new(voice)), is_alive }
    }

    /// Beats over `transport` until `stop`, then says that we leave.
    async fn run<T>(
        self,
        transport: T,
        told: impl FnMut(Result<(), &dyn fmt::Display>) + Send + 'static,
        stop: &CancellationToken,
    ) where
        T: Service<Sent<Word>, Response = ()>,
        T::Error: fmt::Display,
    {
        // By the protocol, since the heart tells of an answer only when the next beat is due.
        let told = Arc::new(Mutex::new(told));
        let answered = Arc::clone(&told);
        let protocol = service_fn(|_: Answered<()>| {
            let pulse = self.clone();
            (lock(&answered))(Ok(()));
            async move {
                pulse.voice().answered(pulse.runtime.now());
                Ok::<_, Infallible>(Some(pulse.next().await))
            }
        });
        let leaving = self.clone();
        let mut heart = RequesterHeart::new(Arc::clone(&self.runtime), transport, protocol)
            .goodbye(move |last| leaving.voice().leave(leaving.runtime.now()).unwrap_or(last))
            .on_event(move |event| match event {
                Event::Retry { cause, .. } => (lock(&told))(Err(cause)),
                Event::New(()) | Event::Update(()) | Event::Disconnect(()) => {}
            });
        while let Some(first) = stop.run_until_cancelled(self.next()).await {
            match heart.run(first, stop).await {
                Err(BeatError::ConnectionFailed { .. }) => self.voice().failed(self.runtime.now()),
                // Told to stop: the goodbye is said.
                _ => return,
            }
        }
    }

    /// Waits for the next beat.
    async fn next(&self) -> Attempt<Word> {
        loop {
            let now = self.runtime.now();
            let due = self.voice().due(now, (self.is_alive)());
            match due {
                Due::Say(word, timeout) => return Attempt::once(word, timeout),
                Due::At(at) => self.runtime.sleep(at.since(now)).await,
            }
        }
    }

    fn voice(&self) -> MutexGuard<'_, Voice> {
        lock(&self.voice)
    }
}

/// Nothing that holds such a lock can leave a half-done change behind.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
