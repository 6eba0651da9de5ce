//! HTTP over sockets in memory: in a time that stands still until all wait, and with more connections than a test has
//! descriptors for. Not here: what is answered over real sockets (`tests/http`).

use std::net::IpAddr;

use hb_core::id::Identity;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};

use super::*;
use crate::engine::Limits;
use crate::engine::clock::{Clock, Hand};
use crate::screen;
use crate::store::Store;
use crate::watch::Watch;

mod bounds;
mod handshakes;
mod links;
mod reach;
mod stays;
mod streams;
mod timeouts;

/// Longer than anything here takes; with a clock that leaps, it costs nothing.
const LONG: Duration = Duration::from_secs(600);

/// Opens a presence socket.
const PRESENCE: &str = "GET /hb_presence?appid=x&boot=b1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A server without listeners.
struct House {
    auth: Auth,
    engine: Engine,
    hand: Hand,
    front: Arc<Front>,
    open: Open,
    stop: CancellationToken,
    tracker: TaskTracker,
    places: Places,
}

impl House {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self::furnished(limits, |_, _| {})
    }

    fn furnished(limits: Limits, adjust: impl FnOnce(&mut Config, &Auth)) -> Self {
        let (clock, hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config { limits, ..Default::default() }, clock, runtime);
        let store = Arc::new(Store::memory(Default::default()).unwrap());
        let auth = Auth::new(Arc::clone(&store), engine.clock().clone());
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let places = Places::new(Config::default().connections_per_address);
        let sight = Sight { engine: engine.clone(), watch: Watch::alone(&engine, &store) };
        let past =
            history::Past { store: Arc::clone(&store), watch: Arc::default(), minutes: Default::default() };
        let mut config = Config::default();
        adjust(&mut config, &auth);
        let (front, open) = furnish(config, &sight, &auth, Arc::new(Default::default), past, &stop, &tracker);
        Self { auth, engine, hand, front, open, stop, tracker, places }
    }

    /// A connection from `address`; `room` bytes fit into it either way.
    fn connect(&self, address: &str, room: usize) -> DuplexStream {
        let (theirs, ours) = duplex(room);
        let peer = Arc::new(Peer::new(address.parse::<IpAddr>().unwrap()));
        let place = self.places.take(peer.origin()).expect("few connections");
        self.tracker.spawn(converse(Arc::clone(&self.front), peer, false, place, ours, self.stop.clone()));
        theirs
    }

    /// A new connection from `address` that has sent `request`.
    async fn send(&self, address: &str, request: &str) -> DuplexStream {
        let mut socket = self.connect(address, 16 * 1024);
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }

    /// Waits until so many streams and sockets are open.
    async fn until_open(&self, count: usize) {
        let mut look = tokio::time::interval(Duration::from_millis(1));
        let so = async {
            while self.open.streams() != count {
                look.tick().await;
            }
        };
        timeout(LONG, so).await.expect("so in time");
    }

    /// Lets the world and the engine go on by `by`, and everybody be judged.
    async fn pass(&self, by: Duration) {
        self.hand.advance(by);
        self.engine.run_due();
        tokio::time::advance(by).await;
    }
}

/// The head of an answer, up to its empty line.
async fn head(socket: &mut DuplexStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LONG, socket.read_u8()).await.expect("an answer in time").unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Everything up to the end of the connection, and how long that took.
async fn end(socket: &mut DuplexStream) -> (String, Duration) {
    let (began, mut rest) = (Instant::now(), Vec::new());
    timeout(LONG, socket.read_to_end(&mut rest)).await.expect("an end in time").unwrap();
    (String::from_utf8_lossy(&rest).into_owned(), began.elapsed())
}

/// Whether `took` is `seconds`, but for the granularity of timers.
fn is_about(took: Duration, seconds: u64) -> bool {
    (Duration::from_secs(seconds)..Duration::from_secs(seconds) + Duration::from_millis(50)).contains(&took)
}
