//! Where long answers are made and handed out: few at a time, each once for all who wait for it.
//!
//! What looks at every app takes memory and processor time in proportion to them, whoever asks. So only [`MAKERS`] are
//! made at once. Each address has a line of its own and only the first of it stands in the line of all, so that who asks
//! a thousand times delays nobody else by more than one. Who asked for the same before it was begun is given the same
//! text, and nobody an older one. A long text counts until the last of it has been sent to the last who reads it, so that
//! peers who ask and do not read hold only so many. Not here: what they say.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use axum::http::StatusCode;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::crowd::{Crowd, Seat};

/// Answers made at once. Each may hold a copy of every app while it is made.
const MAKERS: usize = 2;
/// Long texts held at once, however many read them: of 60 000 apps one has some 20 MB.
const TEXTS: usize = 16;
/// Of these, such as one address had made: whoever reads holds one for a moment only.
const PER_ADDRESS: usize = 4;
/// Bytes from which on an answer is long, and in which it is given to the socket. A shorter one is small change beside
/// the buffers of its connection.
const SLICE: usize = 64 * 1024;

/// The one desk of a server; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    makers: Arc<Semaphore>,
    lines: Arc<Mutex<HashMap<IpAddr, Weak<Semaphore>>>>,
    shelf: Arc<Shelf>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// The address had too many long answers made that are still held.
    #[error("{PER_ADDRESS} long answers are under way to your address: read those first")]
    Address,
    /// All together did.
    #[error("{TEXTS} long answers are under way already")]
    All,
    /// A bug, told where it happened.
    #[error("the answer could not be made")]
    Broken,
}

impl Refused {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Address | Self::All => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The long texts that somebody still reads.
#[derive(Debug)]
struct Shelf {
    texts: Mutex<Vec<Weak<Text>>>,
    makers: Crowd,
    room: Arc<Semaphore>,
    /// Numbers what is asked and what is begun, in one order.
    order: AtomicU64,
}

/// A long text and its place on the shelf.
#[derive(Debug)]
struct Text {
    question: String,
    begun: u64,
    bytes: Bytes,
    _place: (Seat, OwnedSemaphorePermit),
}

/// Keeps a text on the shelf for as long as any piece of it is somewhere.
struct Reader(Arc<Text>);

/// A text that leaves in slices, so that what the socket has not taken yet is still here, and counted.
#[derive(Debug)]
pub(super) struct Slices(pub(super) Bytes);

impl Desk {
    pub(super) fn new() -> Self {
        let shelf = Shelf {
            texts: Mutex::default(),
            makers: Crowd::new(PER_ADDRESS),
            room: Arc::new(Semaphore::new(TEXTS)),
            order: AtomicU64::new(0),
        };
        Self { makers: Arc::new(Semaphore::new(MAKERS)), lines: Arc::default(), shelf: Arc::new(shelf) }
    }

    /// The answer to `question` for `address`, made by `make` where it stands in the way of no beat. Whatever `make`
    /// would look at must follow from `question` and the time.
    pub(super) async fn answer<T: Into<Bytes>>(
        &self,
        address: IpAddr,
        question: String,
        make: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Bytes, Refused> {
        let asked = self.shelf.next();
        let first = self.line(address).acquire_owned().await.map_err(|_| Refused::Broken)?;
        let maker = Arc::clone(&self.makers).acquire_owned().await.map_err(|_| Refused::Broken)?;
        let shelf = Arc::clone(&self.shelf);
        let made = tokio::task::spawn_blocking(move || {
            // Goes on when the asker has left meanwhile, so the turn belongs to the work. Who is next finds the text on
            // the shelf.
            let _turn = (first, maker);
            shelf.find(&question, asked).map_or_else(|| shelf.put(address, question, make), Ok)
        });
        made.await.unwrap_or(Err(Refused::Broken))
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
}

impl Shelf {
    fn next(&self) -> u64 {
        self.order.fetch_add(1, Ordering::Relaxed)
    }

    /// A text that answers `question` and was begun after that was `asked`.
    fn find(&self, question: &str, asked: u64) -> Option<Bytes> {
        let texts = self.texts();
        let mut held = texts.iter().filter_map(Weak::upgrade);
        let found = held.find(|text| text.begun > asked && text.question == question)?;
        Some(Reader::of(found))
    }

    /// Makes an answer, and keeps it if it is long.
    fn put<T: Into<Bytes>>(
        &self,
        address: IpAddr,
        question: String,
        make: impl FnOnce() -> T,
    ) -> Result<Bytes, Refused> {
        let begun = self.next();
        let bytes = make().into();
        if bytes.len() < SLICE {
            return Ok(bytes);
        }
        let seat = self.makers.seat(address).ok_or(Refused::Address)?;
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Refused::All)?;
        let text = Arc::new(Text { question, begun, bytes, _place: (seat, room) });
        let mut texts = self.texts();
        texts.retain(|text| text.strong_count() > 0);
        texts.push(Arc::downgrade(&text));
        drop(texts);
        Ok(Reader::of(text))
    }

    fn texts(&self) -> MutexGuard<'_, Vec<Weak<Text>>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    fn of(text: Arc<Text>) -> Bytes {
        Bytes::from_owner(Self(text))
    }
}

impl AsRef<[u8]> for Reader {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
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
        Poll::Ready(slice(&mut self.0).map(|slice| Ok(Frame::data(slice))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    /// Nothing here takes a fraction of this; it only turns a hang into a failure.
    const SOON: std::time::Duration = std::time::Duration::from_secs(20);

    /// What is asked here unless it matters.
    fn question() -> String {
        "?".to_owned()
    }

    async fn long(desk: &Desk, address: IpAddr) -> Result<Bytes, Refused> {
        desk.answer(address, question(), || vec![0; SLICE]).await
    }

    #[tokio::test]
    async fn a_long_answer_leaves_whole_and_in_slices() {
        let text: Vec<u8> = (0..SLICE * 2 + 5).map(|n| (n % 251) as u8).collect();
        let made = text.clone();
        let mut body = Slices(Desk::new().answer(HERE, question(), || made).await.unwrap());
        assert_eq!(body.size_hint().exact(), Some(text.len() as u64));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), body.is_end_stream()), (SLICE, false));
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!([first, rest].concat(), text);
    }

    #[tokio::test]
    async fn so_many_long_texts_are_held_for_one_address_and_for_all_and_short_ones_are_free() {
        let desk = Desk::new();
        let mut held = Vec::new();
        for n in 0..TEXTS {
            held.push(long(&desk, address(n / PER_ADDRESS)).await.unwrap());
        }
        assert_eq!(long(&desk, address(0)).await.err(), Some(Refused::Address));
        assert_eq!(long(&desk, address(99)).await.err(), Some(Refused::All));
        let short = desk.answer(address(0), question(), || vec![0; SLICE - 1]).await;
        assert!(short.is_ok());
        // The last piece of a text counts as all of it.
        let mut last = held.pop().unwrap();
        let piece = last.split_off(SLICE - 1);
        drop(last);
        assert_eq!(long(&desk, address(99)).await.err(), Some(Refused::All));
        drop(piece);
        held.push(long(&desk, address(99)).await.unwrap());
        drop(held);
        assert!(long(&desk, address(0)).await.is_ok());
        assert_eq!(desk.shelf.texts().len(), 1, "what nobody reads is not kept");
    }

    #[tokio::test]
    async fn who_asks_the_same_meanwhile_is_given_the_same_text() {
        let desk = Desk::new();
        let first = long(&desk, HERE).await.unwrap();
        let open = keep_busy(&desk, HERE).await;
        let asked: Vec<_> = (0..40)
            .map(|n| {
                let (desk, question) = (desk.clone(), if n % 2 == 0 { "apps" } else { "list" }.to_owned());
                tokio::spawn(async move { desk.answer(HERE, question, || vec![0; SLICE]).await })
            })
            .collect();
        tokio::task::yield_now().await;
        drop(open);
        let mut texts = Vec::new();
        for answer in asked {
            texts.push(answer.await.unwrap().unwrap());
        }
        for (n, text) in texts.iter().enumerate() {
            assert_eq!((text.as_ptr(), text.len()), (texts[n % 2].as_ptr(), SLICE), "one copy for all, {n}");
        }
        assert_ne!(texts[0].as_ptr(), texts[1].as_ptr(), "each its own");
        let again = desk.answer(HERE, "apps".to_owned(), || vec![0; SLICE]).await.unwrap();
        assert!(again.as_ptr() != texts[0].as_ptr(), "nobody is told what was true before it asked");
        drop(first);
    }

    fn address(n: usize) -> IpAddr {
        [10, 0, 0, u8::try_from(n).unwrap()].into()
    }

    /// Asks for `address`, and leaves when the work has begun; it goes on until the sender is dropped.
    async fn keep_busy(desk: &Desk, address: IpAddr) -> std::sync::mpsc::Sender<()> {
        let (open, gate) = std::sync::mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel();
        let mut asker = Box::pin(desk.answer(address, question(), move || {
            let _ = begun.send(());
            let _ = gate.recv();
            Bytes::new()
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
        assert!(desk.answer(HERE, question(), || "1").await.is_ok(), "turns are given back");
    }

    #[tokio::test]
    async fn who_asks_often_delays_nobody_else() {
        let desk = Desk::new();
        let open = keep_busy(&desk, address(1)).await;
        let often: Vec<_> = (0..100)
            .map(|_| {
                let desk = desk.clone();
                tokio::spawn(async move { desk.answer(address(1), question(), || "").await })
            })
            .collect();
        tokio::task::yield_now().await;
        for n in 2..5 {
            let made = tokio::time::timeout(SOON, desk.answer(address(n), question(), || "made")).await;
            assert_eq!(made.expect("not behind the crowd"), Ok("made".into()));
        }
        assert!(often.iter().all(|asker| !asker.is_finished()));
        drop(open);
        for asker in often {
            assert_eq!(asker.await.unwrap(), Ok(Bytes::new()), "nor is the crowd forgotten");
        }
        drop(desk.line(HERE));
        assert_eq!(desk.lines.lock().unwrap().len(), 1, "empty lines are not kept");
    }
}
