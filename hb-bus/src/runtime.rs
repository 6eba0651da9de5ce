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
///
/// The example of [`Runtime`] shows it.
pub type Task<T = ()> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the mechanisms of this crate ask of their surroundings.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::runtime::{Runtime, Simulation, Task};
/// use hb_lease::time::{Time, Wall};
///
/// /// A runtime whose timers take twice as long, to see what happens on a slow host.
/// struct Slow(Simulation);
///
/// impl Runtime for Slow {
///     fn now(&self) -> Time {
///         self.0.now()
///     }
///     fn wall(&self) -> Wall {
///         self.0.wall()
///     }
///     fn sleep(&self, after: Duration) -> Task {
///         self.0.sleep(after * 2)
///     }
///     fn spawn(&self, task: Task) {
///         self.0.spawn(task);
///     }
///     fn random(&self) -> u64 {
///         self.0.random()
///     }
/// }
///
/// let slow = Slow(Simulation::new(1));
/// slow.0.run(slow.sleep(Duration::from_secs(1)));
/// assert_eq!(slow.now().as_millis(), 2_000);
/// ```
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
///
/// ```
/// use hb_bus::bus::Bus;
/// use hb_bus::runtime::{Handle, Native, Simulation};
///
/// let world: Handle = Simulation::new(1).handle();
/// let bus = Bus::new(world);
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let real: Handle = std::sync::Arc::new(Native::current());
/// let other = Bus::new(real);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub type Handle = Arc<dyn Runtime>;

/// The time given was over first.
///
/// ```
/// use std::{future::pending, time::Duration};
/// use hb_bus::runtime::{Elapsed, Simulation, timeout};
///
/// let world = Simulation::new(1);
/// let waited = timeout(&world, Some(Duration::from_secs(9)), pending::<()>());
/// assert_eq!(world.run(waited), Err(Elapsed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time given was over first")]
pub struct Elapsed;

/// Waits for `future`, at most so long; `None` waits without limit. A result that is there at the last moment counts;
/// one that is there at once costs no timer.
///
/// # Errors
/// [`Elapsed`], and `future` is dropped.
pub async fn timeout<F: Future>(
    runtime: &dyn Runtime,
    limit: Option<Duration>,
    future: F,
) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut sleep = None;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let Some(limit) = limit else { return Poll::Pending };
        let sleep: &mut Task = sleep.get_or_insert_with(|| runtime.sleep(limit));
        sleep.as_mut().poll(cx).map(|()| Err(Elapsed))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    /// A simulation that counts its timers.
    struct Counting(Simulation, AtomicUsize);

    impl Runtime for Counting {
        fn now(&self) -> Time {
            self.0.now()
        }

        fn wall(&self) -> Wall {
            self.0.wall()
        }

        fn sleep(&self, after: Duration) -> Task {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.sleep(after)
        }

        fn spawn(&self, task: Task) {
            self.0.spawn(task);
        }

        fn random(&self) -> u64 {
            self.0.random()
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn what_is_there_at_once_costs_no_timer() {
        let world = Simulation::new(0);
        let counting = Counting(world.clone(), AtomicUsize::new(0));
        let limit = Some(Duration::from_secs(1));
        assert_eq!(world.run(timeout(&counting, limit, std::future::ready(7))), Ok(7));
        assert_eq!(counting.1.load(Ordering::Relaxed), 0);
        // Another timer in between wakes it, and makes no second one.
        let twice = async {
            world.sleep(Duration::from_millis(600)).await;
            world.sleep(Duration::from_millis(600)).await;
        };
        assert_eq!(world.run(timeout(&counting, limit, twice)), Err(Elapsed));
        assert_eq!((counting.1.load(Ordering::Relaxed), world.now().as_millis()), (1, 1_000));
        assert_eq!(
            world.run(timeout(&counting, Some(Duration::ZERO), std::future::pending::<()>())),
            Err(Elapsed)
        );
    }
}
