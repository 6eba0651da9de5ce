//! A socket whose peer must take what it asked for: whoever has kept us waiting for too long loses the connection.
//!
//! What it takes gives it time back, a second for each [`PACE`] bytes: so a peer that takes a little now and then is not
//! waited for without an end, and none that takes its answer within the patience is ever cut off.
//!
//! hyper limits how long a request may take to come, not how long an answer may take to go. Without this, whoever asks
//! and never reads keeps its answer in our memory for as long as it likes. Not here: slow requests (hyper's timer).

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Bytes that a peer takes in a second at least, once it has used up the patience: what is left of a telephone's network
/// in a cellar. Whoever asks for all of a large house by that has time.
const PACE: u32 = 8 * 1024;

/// Wraps a socket.
#[derive(Debug)]
pub(super) struct Patient<S> {
    socket: S,
    patience: Duration,
    /// Since a write first had to wait, until one gets on: when that was, and when the patience ends.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// How much of the patience is used up by writes before.
    used: Duration,
}

impl<S> Patient<S> {
    /// Waits for the peer to read for `patience` in all, beyond the time that it gains by reading.
    pub(super) fn new(socket: S, patience: Duration) -> Self {
        Self { socket, patience, waiting: None, used: Duration::ZERO }
    }

    /// Passes on what came of a write, and watches how long it has been waited for.
    fn watch(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(written) = written {
            if let Some((since, _)) = self.waiting.take() {
                self.used += since.elapsed();
            }
            let taken = written.as_ref().map_or(0, |&bytes| u32::try_from(bytes).unwrap_or(u32::MAX));
            self.used = self.used.saturating_sub(Duration::from_secs(taken.into()) / PACE);
            return Poll::Ready(written);
        }
        let left = self.patience.saturating_sub(self.used);
        let (_, end) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(left))));
        end.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket has nothing of its own to flush: only writes wait.
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn who_never_reads_loses_the_connection() {
        let (ours, _theirs) = duplex(16);
        let mut patient = Patient::new(ours, Duration::from_millis(5));
        let error = patient.write_all(&[0; 17]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn neither_asking_again_nor_flushing_begins_the_time_anew() {
        let (ours, _theirs) = duplex(16);
        let mut patient = Patient::new(ours, Duration::from_secs(30));
        patient.write_all(&[0; 16]).await.unwrap();
        for _ in 0..2 {
            assert!(timeout(Duration::from_secs(14), patient.write(&[0])).await.is_err());
            patient.flush().await.unwrap();
        }
        let last = timeout(Duration::from_secs(14), patient.write(&[0])).await.unwrap();
        assert_eq!(last.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn who_reads_steadily_though_slowly_gets_a_long_answer() {
        let (ours, mut theirs) = duplex(2_000);
        let mut patient = Patient::new(ours, Duration::from_secs(30));
        let read = async {
            let mut buffer = vec![0; 1_000];
            // 10 kB in a second, for 100 s.
            while theirs.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let write = async {
            let written = patient.write_all(&vec![7; 1_000_000]).await;
            drop(patient);
            written
        };
        tokio::join!(write, read).0.unwrap();
    }

    /// Writes ten times the pace to a peer that takes `bytes` each time after `pause`, with a patience of 30 s.
    async fn written(bytes: usize, pause: Duration) -> io::Result<()> {
        let (ours, mut theirs) = duplex(bytes);
        let mut patient = Patient::new(ours, Duration::from_secs(30));
        let read = async {
            let mut buffer = vec![0; bytes];
            loop {
                sleep(pause).await;
                if theirs.read(&mut buffer).await.is_ok_and(|read| read == 0) {
                    return std::future::pending().await;
                }
            }
        };
        let text = vec![7; 10 * PACE as usize];
        tokio::select! {
            written = patient.write_all(&text) => written,
            () = read => unreachable!(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_takes_a_little_now_and_then_is_not_waited_for_without_an_end() {
        let begun = Instant::now();
        let error = written(1_024, Duration::from_secs(5)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(32), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_keeps_the_pace_or_is_done_within_the_patience_gets_everything() {
        for (bytes, millis) in [(PACE as usize, 990), (PACE as usize / 4, 700)] {
            written(bytes, Duration::from_millis(millis)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn who_reads_gets_everything_and_each_step_is_waited_for_anew() {
        let (ours, mut theirs) = duplex(16);
        let mut patient = Patient::new(ours, Duration::from_secs(20));
        let (written, read) = tokio::join!(
            async {
                let written = patient.write_all(&[7; 1000]).await;
                assert!(patient.waiting.is_none(), "nothing waits after the last step");
                drop(patient);
                written
            },
            async {
                let mut all = Vec::new();
                theirs.read_to_end(&mut all).await.map(|_| all)
            }
        );
        written.unwrap();
        assert_eq!(read.unwrap(), [7; 1000]);
    }
}
