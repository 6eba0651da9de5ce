//! The places for connections: so many for one address, and who gives its own up when they are all taken.
//!
//! A connection between two requests, or before its first, holds its place only until somebody else needs it: whoever has
//! waited for the longest is shown out, and dials again when it has something to say. So a program that opens connections
//! and says nothing keeps nobody out, nor does one that is answered and goes on to owe its body ([`super::drain`]): it
//! waits since its answer. Who is being answered is never shown out. Not here: other seats ([`super::crowd`]).

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// "Is being answered" among the times since when a connection waits.
const BUSY: u64 = u64::MAX;

/// All places of a server; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limit: usize,
    began: Instant,
    taken: Mutex<Taken>,
}

/// The table holds only addresses that hold a place.
#[derive(Debug, Default)]
struct Taken {
    places: HashMap<IpAddr, HashMap<u64, Arc<Holder>>>,
    next: u64,
}

#[derive(Debug)]
struct Holder {
    /// Since when it waits for a request, in µs; [`BUSY`] while it does not.
    waits: AtomicU64,
    leave: CancellationToken,
}

/// A connection's place; dropping it frees it.
#[derive(Debug)]
#[must_use = "a dropped place is free again"]
pub(super) struct Place {
    places: Places,
    address: IpAddr,
    number: u64,
    holder: Arc<Holder>,
}

/// While it lives, its connection is being answered.
#[derive(Debug)]
struct Busy {
    places: Places,
    holder: Arc<Holder>,
}

/// A body during which its connection is being answered.
#[derive(Debug)]
pub(super) struct Answering<B> {
    body: B,
    _busy: Busy,
}

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, began: Instant::now(), taken: Mutex::default() }))
    }

    /// A place for a connection from `address`. If all are taken, whoever waits longest is told to leave; `None` if
    /// nobody waits.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let holder = Arc::new(Holder { waits: AtomicU64::new(self.now()), leave: CancellationToken::new() });
        let mut taken = self.taken();
        let number = taken.next;
        let here = taken.places.entry(address).or_default();
        if here.len() >= self.0.limit {
            let waiting = here.iter().map(|(&number, holder)| (holder.waits.load(Ordering::Relaxed), number));
            let (_, longest) = waiting.min().filter(|&(since, _)| since != BUSY)?;
            if let Some(shown_out) = here.remove(&longest) {
                shown_out.leave.cancel();
            }
        }
        here.insert(number, Arc::clone(&holder));
        taken.next += 1;
        drop(taken);
        Some(Place { places: self.clone(), address, number, holder })
    }

    /// µs, so that those who wait have an order.
    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_micros()).unwrap_or(BUSY - 1)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Ends when somebody else needs this place more.
    pub(super) async fn needed(&self) {
        self.holder.leave.cancelled().await;
    }

    /// What comes of `answer`, during which and until the end of whose body nobody is shown out.
    pub(super) async fn during<B, E>(
        &self,
        answer: impl Future<Output = Result<hyper::Response<B>, E>>,
    ) -> Result<hyper::Response<Answering<B>>, E> {
        self.holder.waits.store(BUSY, Ordering::Relaxed);
        let busy = Busy { places: self.places.clone(), holder: Arc::clone(&self.holder) };
        Ok(answer.await?.map(|body| Answering { body, _busy: busy }))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        if let Some(here) = taken.places.get_mut(&self.address) {
            // Nothing, if it was shown out.
            here.remove(&self.number);
            if here.is_empty() {
                taken.places.remove(&self.address);
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.holder.waits.store(self.places.now(), Ordering::Relaxed);
    }
}

impl<B: HttpBody + Unpin> HttpBody for Answering<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn is_shown_out(place: &Place) -> bool {
        place.holder.leave.is_cancelled()
    }

    async fn answered(place: &Place) -> hyper::Response<Answering<&'static str>> {
        place.during(async { Ok::<_, Infallible>(hyper::Response::new("body")) }).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_longest_gives_way_and_who_is_answered_never_does() {
        let places = Places::new(3);
        let mut held = Vec::new();
        for _ in 0..3 {
            held.push(places.take(HERE).unwrap());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        let other = places.take([10, 0, 0, 1].into()).unwrap();
        let body = answered(&held[0]).await;
        drop(answered(&held[1]).await);
        tokio::time::advance(Duration::from_millis(1)).await;
        let fourth = places.take(HERE).unwrap();
        assert_eq!(held.iter().map(is_shown_out).collect::<Vec<_>>(), [false, false, true]);
        held.pop();
        let fifth = places.take(HERE).unwrap();
        assert!(is_shown_out(&held[1]) && !is_shown_out(&fourth), "it was answered before the fourth came");
        let (_fourth_body, _fifth_body) = (answered(&fourth).await, answered(&fifth).await);
        assert!(places.take(HERE).is_none(), "all are being answered");
        tokio::time::advance(Duration::from_millis(1)).await;
        drop(body);
        assert!(places.take(HERE).is_some() && is_shown_out(&held[0]));
        assert!(!is_shown_out(&other));
        drop((held, fourth, fifth, other));
        assert!(places.taken().places.is_empty());
    }
}
