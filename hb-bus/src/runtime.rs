//! Time, chance and tasks: what differs between a host, a page and a test, behind one trait.
//!
//! `tokio::time` and `tokio::spawn` panic in a browser, so nothing else in this crate names them. [`Simulation`] runs
//! whatever is built on this in virtual time, on every target. Not here: sockets.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hb_lease::time::{Time, Wall};

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
mod native;
mod simulation;

#[cfg(target_family = "wasm")]
pub use browser::Browser;
#[cfg(not(target_family = "wasm"))]
pub use native::Native;
pub use simulation::Simulation;

/// A future that can be kept and moved to another thread.
pub type Task<T = ()> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the mechanisms of this crate ask of their surroundings.
pub trait Runtime: Send + Sync + 'static {
    /// The monotonic clock, in whole milliseconds.
    fn now(&self) -> Time;

    /// The calendar. Only ever shown or written down, never compared with [`now`](Self::now).
    fn wall(&self) -> Wall;

    /// Completes when `after` is over, never earlier. Dropping it cancels.
    fn sleep(&self, after: Duration) -> Task;

    /// Runs `task` to its end, beside the caller.
    fn spawn(&self, task: Task);

    /// A number that others cannot foresee well enough to collide with by accident. No key material.
    fn random(&self) -> u64;
}

/// A shared runtime. Everything that has a time-out takes one.
pub type Handle = Arc<dyn Runtime>;

/// The time given was over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time given was over first")]
pub struct Elapsed;

/// Waits for `future`, at most so long; `None` waits without limit. A result that is there at the last moment counts.
///
/// # Errors
/// [`Elapsed`], and `future` is dropped.
pub async fn timeout<F: Future>(
    runtime: &dyn Runtime,
    limit: Option<Duration>,
    future: F,
) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut sleep = limit.map(|limit| runtime.sleep(limit));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        match sleep.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(Err(Elapsed)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    })
    .await
}
