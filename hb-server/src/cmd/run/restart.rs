//! Whether a child that ended is started again, and after how long. Pure: `now` comes in, a decision goes out.

use std::time::Duration;

use hb_lease::time::Time;

/// When to start again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Policy {
    /// When the command ends, so does `hb run`
    #[default]
    Never,
    /// When it ended with an exit code other than 0 or by a signal
    OnFailure,
    /// Whenever it ended
    Always,
}

/// First wait before a restart; doubles with each that did not last.
const FIRST: Duration = Duration::from_secs(1);
/// Longest wait before a restart. A child that lived longer than this begins anew at [`FIRST`].
pub(crate) const CAP: Duration = Duration::from_secs(60);
/// A child that ends this soon after SIGINT or SIGHUP was told to. One that goes on (those signals mean "reload" to
/// some) is restarted again when it fails later.
const HEED: Duration = Duration::from_secs(10);

/// A signal, by what it means for restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// End, and stay ended: SIGTERM.
    End,
    /// End, if the child takes it so: SIGINT, SIGHUP.
    Interrupt,
    /// Nothing of the kind: SIGUSR1, SIGUSR2.
    Other,
}

/// Decides on restarts.
#[derive(Clone, Debug)]
pub(crate) struct Restarts {
    policy: Policy,
    /// How many restarts in a row that did not last are made at most.
    limit: Option<u32>,
    /// Restarts in a row that did not last.
    streak: u32,
    started: Time,
    interrupted: Option<Time>,
    ended: bool,
}

impl Restarts {
    pub(crate) fn new(policy: Policy, limit: Option<u32>) -> Self {
        Self { policy, limit, streak: 0, started: Time::ZERO, interrupted: None, ended: false }
    }

    /// The child was started.
    pub(crate) fn started(&mut self, now: Time) {
        self.started = now;
        self.interrupted = None;
    }

    /// A signal came.
    pub(crate) fn signalled(&mut self, now: Time, wish: Wish) {
        match wish {
            Wish::End => self.ended = true,
            Wish::Interrupt => self.interrupted = Some(now),
            Wish::Other => {}
        }
    }

    /// Whether it was told to end, and nothing begins anew.
    pub(crate) fn is_ending(&self) -> bool {
        self.ended
    }

    /// Whether a child that ends now was told to, and stays ended.
    pub(crate) fn is_told(&self, now: Time) -> bool {
        self.ended || self.interrupted.is_some_and(|at| now.since(at) <= HEED)
    }

    /// The child ended. How long to wait before it is started again; `None` if it is not.
    pub(crate) fn ended(&mut self, now: Time, failed: bool) -> Option<Duration> {
        let wanted = match self.policy {
            Policy::Never => false,
            Policy::OnFailure => failed,
            Policy::Always => true,
        };
        if self.is_told(now) || !wanted {
            return None;
        }
        if now.since(self.started) > CAP {
            self.streak = 0;
        }
        if self.limit.is_some_and(|limit| self.streak >= limit) {
            return None;
        }
        let after = FIRST.saturating_mul(1 << self.streak.min(16)).min(CAP);
        self.streak += 1;
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    #[test]
    fn the_policy_decides() {
        for (policy, failed, again) in [
            (Policy::Never, false, false),
            (Policy::Never, true, false),
            (Policy::OnFailure, false, false),
            (Policy::OnFailure, true, true),
            (Policy::Always, false, true),
            (Policy::Always, true, true),
        ] {
            let mut restarts = Restarts::new(policy, None);
            restarts.started(at(0));
            assert_eq!(restarts.ended(at(5), failed), again.then_some(FIRST), "{policy:?} {failed}");
        }
    }

    #[test]
    fn the_wait_doubles_up_to_a_cap_and_begins_anew_after_a_life_that_lasted() {
        let mut restarts = Restarts::new(Policy::Always, None);
        let mut now = 0;
        for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
            restarts.started(at(now));
            now += 1;
            assert_eq!(restarts.ended(at(now), true), Some(Duration::from_secs(expected)));
            now += expected;
        }
        for (lived, expected) in [(60, 60), (61, 1), (1, 2)] {
            restarts.started(at(now));
            now += lived;
            assert_eq!(restarts.ended(at(now), true), Some(Duration::from_secs(expected)), "lived {lived} s");
        }
        for _ in 0..10_000 {
            restarts.started(at(now));
            assert_eq!(restarts.ended(at(now), true).map(|after| after <= CAP), Some(true));
        }
    }

    #[test]
    fn a_limit_counts_restarts_that_did_not_last() {
        let mut restarts = Restarts::new(Policy::OnFailure, Some(2));
        for (start, end, again) in
            [(0, 1, true), (2, 3, true), (4, 100, true), (101, 102, true), (103, 104, false)]
        {
            restarts.started(at(start));
            assert_eq!(restarts.ended(at(end), true).is_some(), again, "ended at {end} s");
        }
        assert_eq!(Restarts::new(Policy::Always, Some(0)).ended(at(0), true), None);
    }

    #[test]
    fn who_was_told_to_end_stays_ended() {
        for (wish, after, again) in [
            (Wish::End, 0, false),
            (Wish::End, 3600, false),
            (Wish::Interrupt, 10, false),
            (Wish::Interrupt, 11, true),
            (Wish::Other, 0, true),
        ] {
            let mut restarts = Restarts::new(Policy::Always, None);
            restarts.started(at(0));
            restarts.signalled(at(100), wish);
            assert_eq!(restarts.ended(at(100 + after), true).is_some(), again, "{wish:?} {after}");
        }
    }
}
