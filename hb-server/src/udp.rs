//! Beats over UDP: one datagram each way.
//!
//! ```text
//! hb1 KEY hb_ping?5000&appid=Tetris     →   hb1 KEY 200 6000
//! hb1 KEY hb_done?0&appid=Tetris        →   hb1 KEY 200 goodbye
//! hb1 KEY hb_ping?abc&appid=Tetris      →   hb1 KEY 400 T is `abc`: expected …
//! ```
//!
//! `KEY` is the asker's choice, 1 to 16 letters and digits, and comes back in the answer, so that it is known which
//! question was answered; a question that is sent again keeps its key. A question may end in blanks or a line end. The
//! answer is never longer than the question: what is too long is cut off, so whoever wants to read whole sentences fills
//! the question up with blanks. The number is the status of HTTP. What is no datagram of this form is counted and gets
//! no answer, nor does an answer that nobody here waits for: so two servers never talk to each other for ever.
//!
//! **The address of a sender can be forged.** On loopback, the default, it cannot. On a network, who can send datagrams
//! there can beat and say goodbye for any host (as one who is *at* that host can by HTTP). What holds even then: no
//! traffic is amplified; the number of apps that came from the network by UDP is bounded as that of *one* address, since
//! a forged address is no address to count by; nothing is remembered of who asked. Who answers a client cannot be
//! forged without seeing the question: the client takes only what has its key and comes from where it asked.
//!
//! Not here: what a beat means (`hilbert`), where to listen (`config`).

mod datagram;
mod socket;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream;
use hb_bus::dispatch::{Config, Dispatcher, SendError};
use hb_bus::heart::ResponderHeart;
use hb_bus::heart::responder::Received;
use hb_bus::runtime::Native;
use hb_core::beat::Verb;
use serde::Serialize;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::peer::Peer;
use crate::hilbert::{Answer, Endpoint, Question, Status};

pub use datagram::{Datagram, InvalidKey, Key, NotOurs, Protocol, ROOM};
pub use socket::Socket;

/// The longest datagram, both ways: the longest query there is takes about half of it.
pub const MAX_DATAGRAM: usize = 4096;

/// Whatever comes from the network counts as one address, for its own could be forged. Nobody beats from this one.
const NETWORK: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// How long the last answers may take to leave.
const LAST_WORDS: Duration = Duration::from_millis(500);

type Carrier = Dispatcher<Protocol, SocketAddr>;

/// What came in by UDP since the start, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Datagrams that arrived.
    pub received: u64,
    /// Of these, how many were not of our form, or too long; they got no answer.
    pub unreadable: u64,
    /// Answers, which nobody here waits for; they got none either.
    pub unmatched: u64,
    /// Questions that came faster than they could be taken; the asker asks again.
    pub dropped: u64,
    /// Questions that were refused: they make no sense, or there was no room.
    pub refused: u64,
    /// Answers that did not go out: not even their beginning was as short as the question, or the system was congested.
    pub unanswered: u64,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { received, unreadable, unmatched, dropped, refused, unanswered } = self;
        write!(f, "{received} datagrams, of these {unreadable} unreadable, {unmatched} unasked answers, ")?;
        write!(f, "{dropped} dropped, {refused} refused; {unanswered} unanswered")
    }
}

/// The open door: sockets that listen, and take beats once it is served. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Door {
    carriers: Arc<[Carrier]>,
    endpoint: Endpoint,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    refused: AtomicU64,
    unanswered: AtomicU64,
}

impl Door {
    /// Begins to read `sockets`, from inside a tokio runtime; a few hundred questions wait for the server to run.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open(sockets: Vec<UdpSocket>, endpoint: Endpoint) -> Self {
        let runtime = Arc::new(Native::current());
        let config = Config::default().max_datagram(MAX_DATAGRAM);
        let carrier = |socket| Dispatcher::new(Protocol, Socket::new(socket), runtime.clone(), config);
        Self { carriers: sockets.into_iter().map(carrier).collect(), endpoint, counts: Arc::default() }
    }

    /// Answers until `stop`, in tasks that `tracker` tracks; then the sockets are closed.
    pub(crate) fn serve(&self, stop: &CancellationToken, tracker: &TaskTracker) {
        for carrier in self.carriers.iter() {
            tracker.spawn(self.clone().attend(carrier.clone(), stop.clone()));
        }
    }

    /// What came in, over all sockets.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut sum = Stats {
            refused: self.counts.refused.load(Ordering::Relaxed),
            unanswered: self.counts.unanswered.load(Ordering::Relaxed),
            ..Stats::default()
        };
        for stats in self.carriers.iter().map(Dispatcher::stats) {
            sum.received += stats.received;
            sum.unreadable += stats.adapter_errors + stats.oversize;
            sum.unmatched += stats.unmatched;
            sum.dropped += stats.dropped;
            sum.unanswered += stats.send_errors + stats.congested;
        }
        sum
    }

    async fn attend(self, carrier: Carrier, stop: CancellationToken) {
        let runtime = Arc::new(Native::current());
        let mut heart = ResponderHeart::new(runtime, self.endpoint.clone());
        let mut questions = Box::pin(stream::unfold((&self, &carrier), |(door, carrier)| async move {
            Some((Ok(door.next(carrier).await?), (door, carrier)))
        }));
        heart.run(&mut questions, &stop).await;
        drop(questions);
        // What is slower than that is lost, as any datagram may be.
        let _ = carrier.close(LAST_WORDS).await;
    }

    /// The next question about a beat; others are refused on the way.
    async fn next(&self, carrier: &Carrier) -> Option<Received<Question, Answer, Unsent>> {
        loop {
            let received = carrier.recv_from().await.ok()?;
            let Datagram::Question { key, line } = received.message else { continue };
            let reply = Reply {
                carrier: carrier.clone(),
                counts: Arc::clone(&self.counts),
                key,
                to: received.source,
                room: received.size,
            };
            let question = question(received.source, line);
            if Verb::from_word(question.parts().0).is_some() {
                return Some(Received::new(question, |answer| async move { reply.send(&answer) }));
            }
            // Reports are long, look at every app, and are asked for by programs that speak HTTP.
            let why = "UDP takes hb_init, hb_ping, hb_done and hb_state; ask for the rest by HTTP";
            // Counted where it fails.
            let _ = reply.send(&Answer::refused(why));
        }
    }
}

/// No page can send such a datagram (what browsers send by UDP begins otherwise), so loopback is programs.
fn question(source: SocketAddr, line: String) -> Question {
    let peer = Peer::new(source.ip());
    let counted_for = (!peer.is_loopback()).then_some(NETWORK);
    Question { peer, counted_for, line }
}

type Unsent = SendError<NotOurs>;

/// The way back to who asked.
struct Reply {
    carrier: Carrier,
    counts: Arc<Counts>,
    key: Key,
    to: SocketAddr,
    room: usize,
}

impl Reply {
    fn send(self, answer: &Answer) -> Result<(), Unsent> {
        if answer.status != Status::Ok {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
        }
        let Some(answer) = Datagram::answer(self.key, answer, self.room) else {
            self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        };
        self.carrier.notify_unreliable(&answer, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_can_be_forged_counts_as_one_address() {
        let counted = |source: &str| question(source.parse().unwrap(), "x".into()).counted_for;
        assert_eq!((counted("127.0.0.1:5"), counted("[::1]:5")), (None, None));
        assert_eq!(counted("10.0.0.1:5"), Some(NETWORK));
        assert_eq!(counted("10.0.0.2:5"), counted("[fd00::2]:5"));
    }
}
