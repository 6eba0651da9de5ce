//! One running host: binds, wires the rooms, ends them in order. The caller owns shutdown.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hb_bus::runtime::Native;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::auth::{Auth, ChangeError, Secret};
use crate::carrier::discovery::Audience;
use crate::config::Config;
use crate::engine::clock::Clock;
use crate::engine::{Detector, Engine};
use crate::exec::{self, Executor};
use crate::heart::{self, Bearer};
use crate::hilbert::Endpoint;
use crate::http;
use crate::http::history::Past;
use crate::notify::channel::Channel;
use crate::service::{Sockets, Watchdog};
use crate::store::{self, Claim, Store};
use crate::tls::Identity;
use crate::udp::Door;
use crate::watch::history::History;
use crate::watch::repairs::Repairer;
use crate::watch::{self, Watch, signals, states};

mod announce;
mod bind;
mod nats;

pub use bind::BindError;

/// How long connections have to end by themselves after the shutdown.
const HARD_CAP: Duration = Duration::from_secs(2);

/// A host that listens already, and answers once it runs.
#[derive(Debug)]
pub struct Server {
    http: http::Config,
    engine: Engine,
    store: Arc<Store>,
    watch: Watch,
    watching: watch::Task,
    /// Brokers that are told how every app is.
    brokers: Vec<Arc<Channel>>,
    history: History,
    claim: Option<Claim>,
    /// What the operator wants, for whoever looks back.
    wanted: watch::Config,
    auth: Auth,
    listeners: Vec<TcpListener>,
    beat_to: Option<Bearer>,
    nats: Option<nats::Desk>,
    discovery: Option<Audience>,
    host: Option<String>,
    watchdog: Option<Watchdog>,
    udp: Door,
    udp_addrs: Vec<SocketAddr>,
    addrs: Vec<SocketAddr>,
}

impl Server {
    /// Listens where `config` says. From here on connections queue up; [`run`](Self::run) answers them.
    ///
    /// # Errors
    /// An address that is taken, not of this host, or not permitted. A host without `::1` is not an error.
    pub async fn bind(config: Config) -> Result<Self, BindError> {
        Self::bind_with(config, Clock::system()).await
    }

    /// As [`bind`](Self::bind), with a clock of the caller's, for tests in their own time.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub async fn bind_with(config: Config, clock: Clock) -> Result<Self, BindError> {
        Self::bind_on(config, clock, Sockets::default()).await
    }

    /// As [`bind`](Self::bind), on sockets that others opened: those for TCP instead of `listen`, those for UDP instead of `udp`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub async fn bind_on(mut config: Config, clock: Clock, passed: Sockets) -> Result<Self, BindError> {
        if let Some(files) = config.tls.take() {
            config.http.tls = Some(Arc::new(Identity::read(files).map_err(BindError::Tls)?));
        }
        let beat_to = config.beat_to.map(Bearer::new).transpose().map_err(BindError::Roots)?;
        // The name under which people come.
        config.http.hosts.extend(config.watch.url.as_ref().map(|url| url.host().to_owned()));
        let listeners = match bind::passed::tcp(passed.tcp)? {
            none if none.is_empty() => bind::listen(&config.listen).await?,
            passed => passed,
        };
        let claim = config.state.as_deref().map(Claim::of).transpose()?;
        let store = match &config.state {
            Some(folder) => Store::open(folder.join(store::FILE), config.store)?,
            None => Store::memory(config.store)?,
        };
        let store = Arc::new(store);
        let is_guarded = config.http.tls.is_some() || !config.engine.trust.proxies.is_empty();
        let engine = Engine::new(config.engine, clock, Arc::new(Native::current()));
        // Before anybody beats.
        let history = History::open(&engine, &store);
        let auth = Auth::new(Arc::clone(&store), engine.clock().clone());
        let addrs: Vec<_> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        if let Some(address) = addrs.iter().find(|address| is_open(address)).filter(|_| !is_guarded) {
            tracing::warn!("{}", open_to_all(*address));
        }
        let sockets = match (bind::passed::udp(passed.udp)?, &config.udp) {
            (none, Some(udp)) if none.is_empty() => bind::udp::open(udp, &addrs).await?,
            (passed, _) => passed,
        };
        let udp_addrs: Vec<_> = sockets.iter().filter_map(|socket| socket.local_addr().ok()).collect();
        if let Some(address) = udp_addrs.iter().find(|address| is_open(address)) {
            tracing::warn!(
                "UDP on {address}: who can send datagrams there can beat for any host; see hb serve --help"
            );
        }
        let nats = match config.nats {
            Some(nats) => Some(nats::Desk::open(nats, &engine).await?),
            None => None,
        };
        let executor = Executor::new(exec::Config::default());
        let repairer = Repairer::new(&engine, executor, config.watch.repairs.clone(), config.host.as_deref());
        let brokers = states::brokers(&config.alerts);
        let (watch, watching) = Watch::begin(&config.watch, config.alerts, &engine, &store, repairer)?;
        let udp = Door::open(sockets, Endpoint::new(engine.clone()).watched(watch.clone()));
        let mut http = config.http;
        http.link.agents = http.link.agents.or(auth.clone());
        Ok(Self {
            http,
            engine,
            auth,
            store,
            watch,
            watching,
            brokers,
            history,
            claim,
            wanted: config.watch,
            listeners,
            beat_to,
            nats,
            discovery: config.discovery,
            host: config.host,
            watchdog: None,
            udp,
            udp_addrs,
            addrs,
        })
    }

    /// The detector will feed `watchdog`, so that whoever started us ends us when it hangs.
    #[must_use]
    pub fn watched_by(self, watchdog: Option<Watchdog>) -> Self {
        Self { watchdog, ..self }
    }

    /// Where it listens, with the ports that the system chose.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// Where it takes beats by UDP, with the ports that the system chose.
    #[must_use]
    pub fn udp_addrs(&self) -> &[SocketAddr] {
        &self.udp_addrs
    }

    /// The door for beats by UDP, and what came in there.
    #[must_use]
    pub fn udp(&self) -> &Door {
        &self.udp
    }

    /// Who may change something.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.auth
    }

    /// What opens one session as admin, if nobody could log in as one yet: for `/login#…`, and for nobody's log.
    ///
    /// # Errors
    /// The disk is in trouble.
    pub async fn first_login(&self) -> Result<Option<Secret>, ChangeError> {
        self.auth.first_login().await
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The watch over the house: what is expected, muted, told and repaired.
    #[must_use]
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Answers until `shutdown` is ready; then streams and sockets end, and what has not ended after 2 s is dropped.
    ///
    /// # Errors
    /// When the system has no thread for the detector.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        // Whatever way this future ends, dropped ones included, nothing it started goes on.
        let _stop = stop.clone().drop_guard();
        let _detector = Detector::start(&self.engine, self.watchdog)?;
        let _claim = self.claim;
        let minutes = self.history.minutes();
        let history = AbortOnDropHandle::new(tokio::spawn(self.history.run()));
        let udp = (!self.udp_addrs.is_empty()).then(|| self.udp.clone());
        let kept = Arc::clone(&self.store);
        let beside = Arc::new(move || {
            let udp = udp.iter().map(|door| ("udp".to_owned(), json!(door.stats())));
            udp.chain([("memory".to_owned(), json!(kept.health()))]).collect()
        });
        for broker in self.brokers {
            let publish = states::publish(broker, self.engine.clone(), self.watch.clone());
            tracker.spawn(stop.clone().run_until_cancelled_owned(publish));
        }
        for signal in &self.wanted.signals {
            let listen = signals::listen(signal.clone(), self.watch.clone());
            tracker.spawn(stop.clone().run_until_cancelled_owned(listen));
        }
        let past = Past { store: Arc::clone(&self.store), watch: Arc::new(self.wanted), minutes };
        let rooms = http::Rooms { engine: &self.engine, watch: &self.watch, auth: &self.auth, beside, past };
        let open = http::serve(self.http, rooms, self.listeners, &stop, &tracker);
        tracker.spawn(self.watching.run(stop.clone()));
        self.udp.serve(&stop, &tracker);
        if let Some(bearer) = self.beat_to {
            tracker.spawn(heart::beat(bearer, self.engine.clone(), stop.clone()));
        }
        let host = self.host.as_deref();
        let announced = self.discovery.and_then(|audience| announce::announce(audience, host, &self.addrs));
        shutdown.await;
        if let Some(announced) = announced {
            announced.close(HARD_CAP).await;
        }
        match open.streams() {
            1 => tracing::info!("stopping: closing 1 stream"),
            streams => tracing::info!("stopping: closing {streams} streams"),
        }
        stop.cancel();
        tracker.close();
        if tokio::time::timeout(HARD_CAP, tracker.wait()).await.is_err() {
            tracing::warn!(left = tracker.len(), "connections did not end in time");
        }
        if let Some(nats) = self.nats {
            nats.close().await;
        }
        if !self.udp_addrs.is_empty() {
            tracing::info!("beats by UDP: {}", self.udp.stats());
        }
        self.engine.bus().close();
        self.engine.screens().close();
        if tokio::time::timeout(HARD_CAP, history).await.is_err() {
            tracing::warn!("the end of the hour so far is lost: too much waits to be written");
        }
        if !self.store.close(HARD_CAP) {
            tracing::warn!("the memory was not written to its end: the disk does not answer");
        }
        Ok(())
    }
}

/// Whether other machines reach it.
fn is_open(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// What the operator must know of an address that is open without TLS and without a proxy in front.
fn open_to_all(address: SocketAddr) -> String {
    format!(
        "{address} is open to the network without TLS: whoever is on the way can read and change all that is said, tokens \
         and keys included; set tls_cert and tls_key, or name the proxy that speaks TLS in trusted_proxies, or listen on \
         127.0.0.1 only"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_open_unless_only_this_machine_reaches_it() {
        for (address, open) in [
            ("127.0.0.1:80", false),
            ("[::1]:80", false),
            ("[::ffff:127.0.0.1]:80", false),
            ("0.0.0.0:80", true),
            ("[::]:80", true),
            ("10.0.0.5:80", true),
        ] {
            assert_eq!(is_open(&address.parse().unwrap()), open, "{address}");
        }
    }
}
