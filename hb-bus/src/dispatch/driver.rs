//! The one task that owns the transport: takes turns at writing and reading until neither can go on.
//!
//! Not here: what a datagram means.

use std::future::poll_fn;
use std::hash::Hash;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{FutureExt, select};
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;

use super::tables::Tables;
use super::{Adapter, Received};
use crate::runtime::Task;
use crate::sync::Arc;

/// Turns before other tasks get theirs.
const TURNS: usize = 64;

/// The wait after the second failed read in a row; it doubles with each further one. One alone may be an echo of what
/// was sent (ICMP), which strangers can cause: it costs nothing.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// The longest wait between failing reads: a transport that heals is heard again soon.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Who is told what became of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) enum Report {
    Nobody,
    Failure(u64),
    Outcome(u64),
}

#[derive(Debug)]
pub(super) struct Outgoing<A> {
    pub(super) datagram: Bytes,
    pub(super) to: A,
    pub(super) report: Report,
}

enum Writing<A> {
    Idle,
    Waiting(Outgoing<A>),
    Flushing(Report),
}

pub(super) struct Driver<D: Adapter, A: Hash + Eq + Clone, T> {
    transport: T,
    writing: Writing<A>,
    outgoing: mpsc::Receiver<Outgoing<A>>,
    inbox: Option<mpsc::Sender<Received<D::Message, A>>>,
    failed_reads: u32,
    pause: Option<Task>,
    /// Last, so that the transport is gone when the end is told.
    tables: End<D, A>,
}

/// Tells everybody of the end, also when the task panics or its runtime drops it.
struct End<D: Adapter, A: Hash + Eq + Clone>(Arc<Tables<D, A>>);

impl<D: Adapter, A: Hash + Eq + Clone> Drop for End<D, A> {
    fn drop(&mut self) {
        self.0.close();
        self.0.ended.cancel();
    }
}

impl<D, A, T, B> Driver<D, A, T>
where
    D: Adapter,
    A: Hash + Eq + Clone + Unpin,
    T: Sink<(Bytes, A), Error = io::Error> + Stream<Item = io::Result<(B, A)>> + Unpin,
    B: AsRef<[u8]>,
{
    pub(super) fn new(
        transport: T,
        outgoing: mpsc::Receiver<Outgoing<A>>,
        inbox: mpsc::Sender<Received<D::Message, A>>,
        tables: Arc<Tables<D, A>>,
    ) -> Self {
        Self {
            transport,
            writing: Writing::Idle,
            outgoing,
            inbox: Some(inbox),
            failed_reads: 0,
            pause: None,
            tables: End(tables),
        }
    }

    pub(super) async fn run(mut self) {
        let tables = Arc::clone(&self.tables.0);
        select(pin!(tables.closing.cancelled()), poll_fn(|cx| self.poll_open(cx))).await;
        tables.close();
        self.inbox = None;
        self.outgoing.close();
        let drain = poll_fn(|cx| self.poll_drain(cx));
        if tables.closing.is_cancelled() {
            select(pin!(tables.abandoned.cancelled()), drain).await;
        } else {
            // Nobody set a deadline: what the transport takes at once still goes.
            drain.now_or_never();
        }
    }

    /// Ready when the stream is over or the last handle is gone.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            match (self.poll_write(cx), self.poll_read(cx)) {
                (Poll::Ready(None), _) | (_, Poll::Ready(None)) => return Poll::Ready(()),
                (Poll::Pending, Poll::Pending) => return Poll::Pending,
                _ => {}
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes all that is queued, then closes.
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while ready!(self.poll_write(cx)).is_some() {}
        Pin::new(&mut self.transport).poll_close(cx).map(drop)
    }

    /// Writes one datagram. Each is flushed by itself, so that a failure belongs to one. None: no more will come.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let mut transport = Pin::new(&mut self.transport);
        loop {
            let (report, outcome) = match std::mem::replace(&mut self.writing, Writing::Idle) {
                Writing::Idle => {
                    let Some(next) = ready!(self.outgoing.poll_recv(cx)) else { return Poll::Ready(None) };
                    self.writing = Writing::Waiting(next);
                    continue;
                }
                Writing::Waiting(next) => match transport.as_mut().poll_ready(cx) {
                    Poll::Pending => {
                        self.writing = Writing::Waiting(next);
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error)) => (next.report, Err(error)),
                    Poll::Ready(Ok(())) => match transport.as_mut().start_send((next.datagram, next.to)) {
                        Err(error) => (next.report, Err(error)),
                        Ok(()) => {
                            self.writing = Writing::Flushing(next.report);
                            continue;
                        }
                    },
                },
                Writing::Flushing(report) => match transport.as_mut().poll_flush(cx) {
                    Poll::Pending => {
                        self.writing = Writing::Flushing(report);
                        return Poll::Pending;
                    }
                    Poll::Ready(outcome) => (report, outcome),
                },
            };
            self.tell(report, outcome);
            return Poll::Ready(Some(()));
        }
    }

    fn tell(&self, report: Report, outcome: io::Result<()>) {
        let tables = &self.tables.0;
        let counter = if outcome.is_ok() { &tables.counters.sent } else { &tables.counters.send_errors };
        counter.add();
        // Whoever is not there any more does not care.
        match report {
            Report::Nobody => {}
            Report::Failure(_) if outcome.is_ok() => {}
            Report::Failure(number) | Report::Outcome(number) => drop(tables.sends.fulfil(&number, outcome)),
        }
    }

    /// Reads one datagram. None: the stream is over.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let tables = &self.tables.0;
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        match ready!(Pin::new(&mut self.transport).poll_next(cx)) {
            None => return Poll::Ready(None),
            Some(Err(_)) => {
                tables.counters.read_errors.add();
                if let Some(doublings) = self.failed_reads.checked_sub(1) {
                    let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(5));
                    self.pause = Some(tables.runtime.sleep(pause.min(LONGEST_PAUSE)));
                }
                self.failed_reads = self.failed_reads.saturating_add(1);
            }
            Some(Ok((datagram, source))) => {
                self.failed_reads = 0;
                if let Some(received) = tables.claim(datagram.as_ref(), source)
                    && let Some(inbox) = &self.inbox
                    && inbox.try_send(received).is_err()
                {
                    tables.counters.dropped.add();
                }
            }
        }
        Poll::Ready(Some(()))
    }
}
