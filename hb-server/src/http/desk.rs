//! Where long answers are made and handed out: a few at a time, and not too many to one address.
//!
//! What looks at every app takes memory and processor time in proportion to them, whoever asks. So only [`MAKERS`] are
//! made at once. Each address has a line of its own and only the first of it stands in the line of all, so that who asks
//! a thousand times delays nobody else by more than one. A long answer keeps its seat until it has been sent, so that a
//! peer who asks and does not read holds only so many. Not here: what they say.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::Semaphore;

use super::crowd::{Crowd, Seat};

/// Answers made at once. Each may hold a copy of every app while it is made.
const MAKERS: usize = 2;
/// Long answers under way to one address: more than the six connections of a browser.
const PER_ADDRESS: usize = 16;
/// Bytes from which on an answer is long, and in which it is given to the socket. A shorter one is small change beside
/// the buffers of its connection.
const SLICE: usize = 64 * 1024;

/// The one desk of a server; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    makers: Arc<Semaphore>,
    lines: Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>,
    readers: Crowd,
}

/// The address has too many long answers under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{PER_ADDRESS} long answers are under way to your address: read those first")]
pub(super) struct Busy;

/// A text that leaves in slices, so that what the socket has not taken yet is still here, and counted.
#[derive(Debug)]
pub(super) struct Slices {
    rest: Bytes,
    _seat: Option<Seat>,
}

impl Desk {
    pub(super) fn new() -> Self {
        let (makers, readers) = (Arc::new(Semaphore::new(MAKERS)), Crowd::new(PER_ADDRESS));
        Self { makers, lines: Arc::default(), readers }
    }

    /// Runs `make` for `address` where it stands in the way of no beat; `None` if it panicked.
    pub(super) async fn make<T: Send + 'static>(
        &self,
        address: IpAddr,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let first = self.line(address).acquire_owned().await.ok()?;
        let turn = (first, Arc::clone(&self.makers).acquire_owned().await.ok()?);
        let made = tokio::task::spawn_blocking(move || {
            // Goes on when the asker has left meanwhile, so the turn belongs to the work.
            let _turn = turn;
            make()
        });
        made.await.ok()
    }

    /// The line of `address`, in which one at a time is first.
    fn line(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // Only those in which somebody stands are kept; these are few.
        lines.retain(|_, line| line.strong_count() > 0);
        let known = lines.get(&address).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let line = Arc::new(Semaphore::new(1));
            lines.insert(address, Arc::downgrade(&line));
            line
        })
    }

    /// The body for `text` on its way to `address`.
    pub(super) fn hand_out(&self, address: IpAddr, text: impl Into<Bytes>) -> Result<Slices, Busy> {
        let rest = text.into();
        let seat = match rest.len() < SLICE {
            true => None,
            false => Some(self.readers.seat(address).ok_or(Busy)?),
        };
        Ok(Slices { rest, _seat: seat })
    }
}

/// The next piece of `rest` for the socket.
pub(super) fn slice(rest: &mut Bytes) -> Option<Bytes> {
    (!rest.is_empty()).then(|| rest.split_to(rest.len().min(SLICE)))
}

impl HttpBody for Slices {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(slice(&mut self.rest).map(|slice| Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    /// Nothing here takes a fraction of this; it only turns a hang into a failure.
    const SOON: std::time::Duration = std::time::Duration::from_secs(20);

    #[tokio::test]
    async fn a_long_answer_leaves_whole_and_in_slices() {
        let text: Vec<u8> = (0..SLICE * 2 + 5).map(|n| (n % 251) as u8).collect();
        let mut body = Desk::new().hand_out(HERE, text.clone()).unwrap();
        assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), body.is_end_stream()), (SLICE, false));
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!([first, rest].concat(), text);
    }

    #[test]
    fn who_does_not_read_holds_only_so_many_and_short_ones_are_free() {
        let desk = Desk::new();
        let long = || desk.hand_out(HERE, vec![0; SLICE]);
        let mut held: Vec<_> = (0..PER_ADDRESS).map(|_| long().unwrap()).collect();
        assert_eq!(long().err(), Some(Busy));
        assert!(desk.hand_out(HERE, vec![0; SLICE - 1]).is_ok());
        assert!(desk.hand_out([10, 0, 0, 1].into(), vec![0; SLICE]).is_ok(), "others are not affected");
        held.pop();
        assert!(long().is_ok());
    }

    fn address(n: usize) -> IpAddr {
        [10, 0, 0, u8::try_from(n).unwrap()].into()
    }

    /// Asks for `address`, and leaves when the work has begun; it goes on until the sender is dropped.
    async fn keep_busy(desk: &Desk, address: IpAddr) -> std::sync::mpsc::Sender<()> {
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut asker = Box::pin(desk.make(address, move || {
            let _ = begun.send(());
            gate.recv()
        }));
        tokio::select! {
            _ = &mut asker => panic!("its gate is closed"),
            begun = begins => begun.unwrap(),
        }
        open
    }

    #[tokio::test]
    async fn only_so_many_are_made_at_once_even_when_nobody_waits_for_them() {
        let desk = Desk::new();
        let mut open = Vec::new();
        for n in 0..MAKERS {
            open.push(keep_busy(&desk, address(n)).await);
        }
        assert_eq!(desk.makers.available_permits(), 0);
        drop(open);
        assert_eq!(desk.make(HERE, || 1).await, Some(1), "turns are given back");
    }

    #[tokio::test]
    async fn who_asks_often_delays_nobody_else() {
        let desk = Desk::new();
        let open = keep_busy(&desk, address(1)).await;
        let often: Vec<_> = (0..100)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.make(address(1), || ()).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for n in 2..5 {
            let made = tokio::time::timeout(SOON, desk.make(address(n), move || n)).await;
            assert_eq!(made.expect("not behind the crowd"), Some(n));
        }
        assert!(often.iter().all(|asker| !asker.is_finished()));
        drop(open);
        for asker in often {
            assert_eq!(asker.await.unwrap(), Some(()), "nor is the crowd forgotten");
        }
        drop(desk.line(HERE));
        assert_eq!(desk.lines.lock().unwrap().len(), 1, "empty lines are not kept");
    }
}
