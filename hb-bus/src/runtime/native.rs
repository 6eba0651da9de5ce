//! The host: tokio's timers and tasks.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hb_lease::time::{Time, Wall};
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::{Runtime, Task};

/// Tokio's timers and tasks. Follows tokio's clock, also where a test has paused it.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::runtime::{Native, Runtime};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let native = Native::current(); // within a runtime of tokio
/// let before = native.now();
/// native.sleep(Duration::from_millis(20)).await;
/// assert!(native.now().since(before) >= Duration::from_millis(20));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Native {
    tokio: Handle,
    origin: Instant,
}

impl Native {
    /// The runtime this is called in.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn current() -> Self {
        Self { tokio: Handle::current(), origin: Instant::now() }
    }
}

impl Runtime for Native {
    fn now(&self) -> Time {
        Time::ZERO
            + Duration::from_millis(u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn wall(&self) -> Wall {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Wall::from_unix_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn sleep(&self, after: Duration) -> Task {
        Box::pin(tokio::time::sleep(after))
    }

    fn spawn(&self, task: Task) {
        drop(self.tokio.spawn(task));
    }

    fn random(&self) -> u64 {
        // Seeded by the system, once for each thread; each call differs.
        RandomState::new().hash_one(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Elapsed, timeout};
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn follows_tokios_clock() {
        let runtime = Native::current();
        let slow = runtime.sleep(Duration::from_secs(3600));
        assert_eq!(timeout(&runtime, Some(Duration::from_secs(5)), slow).await, Err(Elapsed));
        assert_eq!(runtime.now(), Time::from_millis(5_000));
        let (done, told) = tokio::sync::oneshot::channel();
        Arc::new(runtime.clone()).spawn(Box::pin(async move { done.send(7).expect("somebody listens") }));
        assert_eq!(told.await, Ok(7));
        assert_ne!(runtime.random(), runtime.random());
    }
}
