//! HTTP: sockets in, answers out.
//!
//! hyper's own connection loop and not axum's `serve`, which has no header time-out. One service in front answers the
//! commands; pages, API, event stream and presence sit behind the Router.

mod answer;
mod api;
mod arguments;
mod code;
mod command;
mod cookie;
mod crowd;
mod deaf;
mod deed;
mod desk;
mod drain;
mod front;
mod grant;
mod guard;
mod handshake;
pub(crate) mod history;
mod leaf;
pub mod link;
mod live;
mod login;
mod lost;
mod metrics;
mod openapi;
mod packed;
mod path;
mod patience;
mod picture;
mod places;
mod presence;
mod problem;
mod schema;
mod sight;
mod sse;
mod telling;
mod tongue;
mod ui;
mod view;
mod vitals;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, delete, get, post};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Auth;
use crate::engine::Engine;
use crate::engine::peer::Peer;
use crate::hilbert::Endpoint;
use crate::tls::Identity;
use crate::watch::Watch;

pub use guard::Reads;

use answer::Headers;
use desk::Desk;
use drain::Drain;
use front::Front;
use handshake::Begun;
use live::Live;
use patience::Patient;
use places::{Place, Places};
use problem::Problem;
use sight::Sight;

/// A request's head must arrive, and an idle connection be used again, within this time: more than twice the longest
/// interval of a hidden page's timers.
const TIMEOUT: Duration = Duration::from_secs(75);
/// How long a peer may take nothing of what it asked for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest request head in bytes: an id of 255 bytes, percent-encoded, is far from it.
const MAX_HEAD: usize = 32 * 1024;
/// Wait when the system has no descriptor left for a new connection.
const BREATHER: Duration = Duration::from_millis(50);

/// What HTTP must know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Connections one address may hold at once; for one more, whoever waits longest for its next request is closed, or
    /// that one unanswered if nobody waits. Default 2048.
    pub connections_per_address: usize,
    /// Names of this server besides `localhost` and addresses: API and pages answer to no other `Host`. Default none.
    pub hosts: Vec<String>,
    /// Who may open a link.
    pub link: link::Config,
    /// Who may read over the network. Default [`Reads::Open`].
    pub reads: Reads,
    /// Who this server is by TLS; then only this machine may speak plain HTTP. Default nobody: plain HTTP for all.
    pub tls: Option<Arc<Identity>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            connections_per_address: 2048,
            hosts: Vec::new(),
            link: link::Config::default(),
            reads: Reads::default(),
            tls: None,
        }
    }
}

/// What other doors of this server count, by name: `/healthz` asks at each question.
pub(crate) type Beside = Arc<dyn Fn() -> serde_json::Map<String, serde_json::Value> + Send + Sync>;

/// What is asked of this server comes from here.
pub(crate) struct Rooms<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) watch: &'a Watch,
    pub(crate) auth: &'a Auth,
    pub(crate) beside: Beside,
    pub(crate) past: history::Past,
}

/// What is open at a server: streams of events, presence sockets and links. A look at it, not a hold on it.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    room: live::Room,
    doors: presence::Doors,
    links: link::Doors,
}

impl Open {
    /// How many there are now.
    pub(crate) fn streams(&self) -> usize {
        self.room.taken() + self.doors.open() + self.links.open()
    }
}

/// Serves `listeners` until `stop`; every task it starts is tracked by `tracker`. Returns the sight of what is open.
pub(crate) fn serve(
    config: Config,
    rooms: Rooms<'_>,
    listeners: Vec<TcpListener>,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) -> Open {
    let places = Places::new(config.connections_per_address);
    let tls = config.tls.clone();
    if let Some(identity) = &tls {
        tracker.spawn(handshake::follow(Arc::clone(identity), stop.clone()));
    }
    let Rooms { engine, watch, auth, beside, past } = rooms;
    let sight = Sight { engine: engine.clone(), watch: watch.clone() };
    let (front, open) = furnish(config, &sight, auth, beside, past, stop, tracker);
    for listener in listeners {
        let server = Acceptor {
            front: Arc::clone(&front),
            places: places.clone(),
            tls: tls.clone(),
            stop: stop.clone(),
            tracker: tracker.clone(),
        };
        tracker.spawn(server.accept(listener));
    }
    open
}

/// What stands behind every connection, and the sight of what is open there.
fn furnish(
    config: Config,
    sight: &Sight,
    auth: &Auth,
    beside: Beside,
    past: history::Past,
    stop: &CancellationToken,
    tracker: &TaskTracker,
) -> (Arc<Front>, Open) {
    let (desk, engine) = (Desk::new(), &sight.engine);
    let (live, teller) = Live::new(sight.clone(), desk.clone(), stop.clone(), tracker.clone());
    tracker.spawn(live::tell_vitals(sight.clone(), teller, stop.clone()));
    let doors = presence::Doors::new(engine.clone(), stop.clone(), tracker.clone());
    let pictures = sight.watch.pictures().clone();
    let links =
        link::Doors::new(engine.clone(), pictures.clone(), config.link, stop.clone(), tracker.clone());
    let open = Open { room: live.room(), doors: doors.clone(), links: links.clone() };
    let whom = (guard::Hosts(config.hosts.into()), config.reads);
    let sources = metrics::Sources::new(sight, &past.store, &beside, open.clone());
    tracker.spawn(sources.follow(stop.clone()));
    let metrics = metrics::router(sources, &desk).merge(picture::router(pictures));
    let front = Front {
        sight: sight.clone(),
        hilbert: Endpoint::new(engine.clone()).watched(sight.watch.clone()),
        router: router(sight, beside, past, &desk, live, metrics, &whom),
        presence: Router::new().fallback(any(presence::open)).with_state(doors),
        link: link_router(links, &whom.0),
        desk,
        headers: Headers::new(),
        auth: auth.clone(),
        reads: whom.1,
        hosts: whom.0,
        misnamed: Once::new(),
    };
    (Arc::new(front), open)
}

/// Lets this process hold as many connections as the system allows. For the whole process, so for binaries only.
pub fn raise_descriptor_limit() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "the limit of open files stays as it is"),
    }
}

fn router(
    sight: &Sight,
    beside: Beside,
    past: history::Past,
    desk: &Desk,
    live: Live,
    metrics: Router,
    whom: &(guard::Hosts, Reads),
) -> Router {
    let engine = &sight.engine;
    let base = past.watch.url.clone();
    let events = Router::new().route("/api/v1/events", get(live::events)).with_state(live);
    let guarded = Router::new()
        .route("/api/v1/apps", get(api::apps))
        .with_state((sight.clone(), desk.clone()))
        .route("/api/v1/apps/{host}/{app}/commands", post(command::send))
        .with_state((engine.clone(), desk.clone()))
        .route("/api/v1/apps/{host}/{app}", get(api::app))
        .with_state(sight.clone())
        .route("/api/v1/apps/{host}/{app}", delete(api::forget))
        .route("/api/v1/apps/{host}/{app}/conflict", delete(api::dismiss))
        .with_state(engine.clone())
        .merge(events)
        .merge(metrics)
        .merge(watch::router(sight, past.clone()))
        .merge(history::router(engine, desk, past))
        .merge(deed::router(engine, &sight.watch))
        .merge(openapi::router())
        .route(guard::SESSION, get(login::who).post(login::open).delete(login::close))
        .route("/api/v1/tokens", get(login::tokens).post(login::make))
        .route("/api/v1/tokens/{name}", delete(login::revoke))
        .route("/login", get(ui::login))
        .route("/wall", get(ui::wall))
        .route("/screen", get(ui::screen))
        .route("/events", get(ui::events))
        .route("/", get(ui::dashboard).fallback(ui::free))
        .route("/demo", get(async || axum::response::Redirect::permanent("/demo/")))
        .route("/demo/", get(ui::demos))
        .route("/demo/{*path}", get(ui::demo))
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(whom.clone(), guard::check));
    // What anybody may load under any name: it tells nothing about any screen.
    Router::new()
        .route("/healthz", get(api::health))
        .with_state((engine.clone(), beside))
        .route("/qr", get(code::of_one))
        .with_state((base, desk.clone()))
        .route("/hb.js", get(ui::script))
        .route("/client/{*file}", get(ui::client))
        .method_not_allowed_fallback(other_method)
        .merge(guarded)
        .fallback(ui::free)
}

/// The Router says in `Allow` which there are.
async fn other_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{method} is no method of {}: expected one that `Allow` names", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// A page that reached us by a name that is not ours is its own origin, and could pass for a page of this server.
fn link_router(links: link::Doors, hosts: &guard::Hosts) -> Router {
    let guarded = from_fn_with_state((hosts.clone(), Reads::Open), guard::check);
    Router::new().fallback(any(link::open)).with_state(links).layer(guarded)
}

struct Acceptor {
    front: Arc<Front>,
    places: Places,
    tls: Option<Arc<Identity>>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Acceptor {
    async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => return,
            };
            match accepted {
                Ok((stream, address)) => self.attend(stream, address),
                // The connection died on its way in.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(BREATHER).await;
                }
            }
        }
    }

    fn attend(&self, stream: TcpStream, address: SocketAddr) {
        let peer = Arc::new(Peer::new(address.ip()));
        let Some(place) = self.places.take(peer.origin()) else {
            tracing::debug!(%address, "too many connections from one address");
            return;
        };
        // Answers are one segment; waiting to fill it would only delay them.
        let _ = stream.set_nodelay(true);
        let (front, stop) = (Arc::clone(&self.front), self.stop.clone());
        match &self.tls {
            None => self.tracker.spawn(converse(front, peer, false, place, stream, stop)),
            Some(identity) => {
                self.tracker.spawn(greet(Arc::clone(identity), front, peer, place, stream, stop))
            }
        };
    }
}

/// As [`converse`], once it is clear how. Until then the connection waits, so it gives its place to who needs it more.
async fn greet(
    identity: Arc<Identity>,
    front: Arc<Front>,
    peer: Arc<Peer>,
    place: Place,
    stream: TcpStream,
    stop: CancellationToken,
) {
    let begun = tokio::select! {
        begun = handshake::begin(&identity, peer.is_loopback(), stream) => begun,
        () = place.needed() => return,
        () = stop.cancelled() => return,
    };
    match begun {
        Ok(Begun::Secure(stream)) => Box::pin(converse(front, peer, true, place, stream, stop)).await,
        Ok(Begun::Plain(stream)) => Box::pin(converse(front, peer, false, place, stream, stop)).await,
        Ok(Begun::TurnedAway) => {}
        Err(error) => handshake::tell(&error),
    }
}

/// Answers what `peer` asks over `socket`, perhaps by TLS, until one of them ends it, somebody else needs the place, or the
/// server stops.
async fn converse<S>(
    front: Arc<Front>,
    peer: Arc<Peer>,
    by_tls: bool,
    place: Place,
    socket: S,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let drain = Drain::default();
    let service = service_fn(|request| place.during(front.serve(&peer, by_tls, &drain, request)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(Patient::new(socket, PATIENCE)), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = drain.beside(connection.as_mut()) => ended,
        () = place.needed() => return,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            drain.beside(connection).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection");
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
