//! The word "alive", as often as the service manager wants it. Not here: who is alive. Whoever feeds this vouches for it.

use std::time::{Duration, Instant};

use super::imp::Line;

/// How often it is fed within the manager's patience: one word may be late, and another lost.
const TIMES: u32 = 3;

/// A service manager that ends who is silent for too long.
#[derive(Debug)]
pub struct Watchdog {
    line: Line,
    pace: Pace,
}

impl Watchdog {
    pub(super) fn new(line: Line, patience: Duration) -> Self {
        Self { line, pace: Pace { every: patience / TIMES, told: None } }
    }

    /// Who calls this is alive. Tells it if it is time to, and never waits: what cannot be told now is told the next time.
    pub fn feed(&mut self, now: Instant) {
        if self.pace.is_due(now) && self.line.send("WATCHDOG=1\n").is_ok() {
            self.pace.told = Some(now);
        }
    }
}

/// When to tell.
#[derive(Debug)]
struct Pace {
    every: Duration,
    told: Option<Instant>,
}

impl Pace {
    fn is_due(&self, now: Instant) -> bool {
        self.told.is_none_or(|told| now.saturating_duration_since(told) >= self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_three_times_within_its_patience() {
        let start = Instant::now();
        let mut pace = Pace { every: Duration::from_secs(30) / TIMES, told: None };
        assert!(pace.is_due(start), "at once: nobody knows what went by before");
        pace.told = Some(start);
        assert!(!pace.is_due(start + Duration::from_millis(9_999)));
        assert!(pace.is_due(start + Duration::from_secs(10)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn who_does_not_listen_is_not_waited_for_and_told_the_next_time() {
        use crate::service::Manager;
        use std::os::unix::net::UnixDatagram;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let env = |name: &str| match name {
            "NOTIFY_SOCKET" => Some(path.display().to_string()),
            _ => Some("1000000".to_owned()).filter(|_| name == "WATCHDOG_USEC"),
        };
        let mut watchdog = Manager::read(&env, 1).watchdog().unwrap().expect("it is wanted");
        // Its queue is filled: how many fit is the kernel's.
        let mut now = Instant::now();
        let told = |watchdog: &Watchdog| watchdog.pace.told;
        loop {
            watchdog.feed(now);
            if told(&watchdog) != Some(now) {
                break;
            }
            now += Duration::from_secs(1);
        }
        socket.recv(&mut [0; 16]).unwrap();
        watchdog.feed(now);
        assert_eq!(told(&watchdog), Some(now));
    }
}
