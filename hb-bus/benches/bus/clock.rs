//! Two clocks for benchmarks: one thread's time of a processor, which neighbours on the machine do not spoil, and the wall's.
//!
//! Not here: what is measured.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since some beginning.
pub(crate) type Clock = fn() -> Duration;

/// What this thread has had of a processor, where the system tells.
pub(crate) fn processor() -> Duration {
    #[cfg(unix)]
    return rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)
        .try_into()
        .expect("it began at 0");
    #[cfg(not(unix))]
    wall()
}

/// The calendar's, for work on several threads.
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970")
}
