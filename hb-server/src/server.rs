//! One running host: binds, wires the rooms, ends them in order. The caller owns shutdown.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, lookup_host};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, Listen, Place};
use crate::engine::clock::Clock;
use crate::engine::{Detector, Engine};
use crate::http;

/// How long connections have to end by themselves after the shutdown.
const HARD_CAP: Duration = Duration::from_secs(2);
/// How often a port that the system chose for 127.0.0.1 may turn out to be taken on ::1.
const TRIES: usize = 16;

/// A host that listens already, and answers once it runs.
#[derive(Debug)]
pub struct Server {
    http: http::Config,
    engine: Engine,
    listeners: Vec<TcpListener>,
    addrs: Vec<SocketAddr>,
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else is there.
    #[error(
        "{0} is in use by another program (another `hb serve`?): stop it, or listen elsewhere with --listen"
    )]
    Taken(Place),
    /// The system refuses.
    #[error("cannot listen on {place}: {source}")]
    Refused {
        /// Where.
        place: Place,
        /// Why.
        source: io::Error,
    },
    /// A name without addresses.
    #[error("{0} has no address to listen on")]
    Nowhere(Place),
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
        let listeners = listen(&config.listen).await?;
        let addrs = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        Ok(Self { http: config.http, engine: Engine::new(config.engine, clock), listeners, addrs })
    }

    /// Where it listens, with the ports that the system chose.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.addrs
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Answers until `shutdown` is ready; then streams and sockets end, and what has not ended after 2 s is dropped.
    ///
    /// # Errors
    /// When the system has no thread for the detector.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        // Whatever way this future ends, dropped ones included, nothing it started goes on.
        let _stop = stop.clone().drop_guard();
        let _detector = Detector::start(&self.engine)?;
        http::serve(self.http, &self.engine, self.listeners, &stop, &tracker);
        shutdown.await;
        stop.cancel();
        tracker.close();
        if tokio::time::timeout(HARD_CAP, tracker.wait()).await.is_err() {
            tracing::warn!(left = tracker.len(), "connections did not end in time");
        }
        self.engine.bus().close();
        Ok(())
    }
}

async fn listen(listen: &Listen) -> Result<Vec<TcpListener>, BindError> {
    match listen {
        Listen::Loopback(port) => loopback(*port).await,
        Listen::Only(places) => {
            let mut listeners = Vec::new();
            for place in places {
                for address in addresses(place).await? {
                    listeners.push(bind(address).await.map_err(|source| refused(place.clone(), source))?);
                }
            }
            Ok(listeners)
        }
    }
}

/// 127.0.0.1 first, ::1 on the same port second.
async fn loopback(port: u16) -> Result<Vec<TcpListener>, BindError> {
    for _ in 0..TRIES {
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let first = bind(v4).await.map_err(|source| refused(Place::Address(v4), source))?;
        let chosen = first.local_addr().map_err(|source| refused(Place::Address(v4), source))?.port();
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, chosen));
        match bind(v6).await {
            Ok(second) => return Ok(vec![first, second]),
            // Chosen for one family only: choose again.
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(refused(Place::Address(v6), error));
            }
            Err(error) => {
                tracing::info!(%error, "not listening on [::1]:{chosen}");
                return Ok(vec![first]);
            }
        }
    }
    Err(BindError::Taken(Place::Address((Ipv6Addr::LOCALHOST, port).into())))
}

async fn addresses(place: &Place) -> Result<Vec<SocketAddr>, BindError> {
    let (name, port) = match place {
        Place::Address(address) => return Ok(vec![*address]),
        Place::Name(name, port) => (name, *port),
    };
    let found = lookup_host((name.as_str(), port)).await;
    let found = found.map_err(|source| BindError::Refused { place: place.clone(), source })?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(|address| (matches!(address.ip(), IpAddr::V6(_)), address.ip()));
    addresses.dedup();
    if addresses.is_empty() { Err(BindError::Nowhere(place.clone())) } else { Ok(addresses) }
}

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn refused(place: Place, source: io::Error) -> BindError {
    match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(place),
        _ => BindError::Refused { place, source },
    }
}
