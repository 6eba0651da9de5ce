//! Datagrams between two places in one process: for examples, tests, and what needs no network.
//!
//! Not here: delay and loss by chance.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;

/// One of two ends. As with UDP, what finds the other's queue full is lost, and nobody is told; where the address
/// points does not matter, there is only one peer. The other end's stream is over when this one is dropped.
///
/// ```
/// use hb_bus::dispatch::memory::{self, Memory};
///
/// let (near, _far): (Memory<&str>, Memory<&str>) = memory::pair("near", "far", 8);
/// # assert!(format!("{near:?}").contains("near"));
/// ```
#[derive(Debug)]
pub struct Memory<A> {
    address: A,
    outgoing: Option<mpsc::Sender<(Bytes, A)>>,
    incoming: mpsc::Receiver<(Bytes, A)>,
}

/// Two ends with these addresses, each with room for `queue` datagrams (at least 1).
///
/// ```
/// use bytes::Bytes;
/// use futures_util::{SinkExt, StreamExt};
/// use hb_bus::{dispatch::memory, runtime::Simulation};
///
/// let (mut a, mut b) = memory::pair("a", "b", 8);
/// Simulation::new(0).run(async move {
///     a.send((Bytes::from("hello"), "b")).await.expect("there is room");
///     let (datagram, source) = b.next().await.expect("it has come").expect("memory does not fail");
///     assert_eq!((&datagram[..], source), (&b"hello"[..], "a"));
/// });
/// ```
#[must_use]
pub fn pair<A>(first: A, second: A, queue: usize) -> (Memory<A>, Memory<A>) {
    let (to_second, from_first) = mpsc::channel(queue.max(1));
    let (to_first, from_second) = mpsc::channel(queue.max(1));
    (
        Memory { address: first, outgoing: Some(to_second), incoming: from_second },
        Memory { address: second, outgoing: Some(to_first), incoming: from_first },
    )
}

impl<A: Unpin> Stream for Memory<A> {
    type Item = io::Result<(Bytes, A)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(cx).map(|datagram| datagram.map(Ok))
    }
}

impl<A: Clone + Unpin> Sink<(Bytes, A)> for Memory<A> {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, (datagram, _): (Bytes, A)) -> io::Result<()> {
        if let Some(outgoing) = &self.outgoing {
            // A full queue or a peer that is gone: lost on the way.
            drop(outgoing.try_send((datagram, self.address.clone())));
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outgoing = None;
        Poll::Ready(Ok(()))
    }
}
