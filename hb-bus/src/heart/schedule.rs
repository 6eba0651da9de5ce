//! How long a lease is granted, and when and how often its holder renews it.
//!
//! Pure arithmetic: no clock, nothing remembered. Not here: who is granted one (`registry`).

use std::num::NonZeroU32;
use std::time::Duration;

use super::requester::Attempt;

/// Leases that begin short and grow while they are renewed: a newcomer that dies is noticed soon, a member that stays
/// costs little.
///
/// ```
/// use std::time::Duration;
/// use hb_bus::heart::schedule::Growth;
///
/// let growth = Growth::default();
/// let first = growth.grant(None);
/// let second = growth.grant(Some(first));
/// assert_eq!((first, second), (Duration::from_secs(1), Duration::from_millis(5_500)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Granted at first. 1 s, as in gogistry.
    pub first: Duration,
    /// Approached with each renewal. 10 s, as in gogistry.
    pub limit: Duration,
}

impl Default for Growth {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), limit: Duration::from_secs(10) }
    }
}

impl Growth {
    /// The lease after one of `last`, or the first: half of what is missing to the limit is added.
    #[must_use]
    pub fn grant(&self, last: Option<Duration>) -> Duration {
        last.map_or(self.first, |last| last.saturating_add(self.limit.saturating_sub(last) / 2))
    }
}

/// When and how often to renew: the slower the last exchange was and the more attempts it cost, the more of the lease
/// is set aside for the next one.
///
/// ```
/// # use std::time::Duration;
/// use hb_bus::heart::schedule::{Pace, Plan};
///
/// let (lease, took) = (Duration::from_secs(10), Duration::from_millis(50));
/// let plan: Plan = Pace::default().plan(lease, took, 0);
/// // Three attempts of 1.5 s each fit behind the wait.
/// assert_eq!((plan.wait, plan.timeout), (Duration::from_millis(5_500), Duration::from_millis(1_500)));
/// assert_eq!(plan.send("renew").wait, plan.wait);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// An attempt may take so many times what the last one took … 10, as in gogistry.
    pub slower: u32,
    /// … and so much more. 1 s, as in gogistry.
    pub margin: Duration,
    /// So many times the failed attempts are allowed … 2, as in gogistry.
    pub oftener: u32,
    /// … and so many more. 3, as in gogistry.
    pub attempts: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { slower: 10, margin: Duration::from_secs(1), oftener: 2, attempts: 3 }
    }
}

/// What [`Pace::plan`] says.
///
/// The example of [`Pace`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Wait before the first attempt.
    pub wait: Duration,
    /// The time of each attempt.
    pub timeout: Duration,
    /// How many.
    pub attempts: NonZeroU32,
}

impl Pace {
    /// The renewal of a lease of `granted`, after an exchange that `took` so long once `failed` attempts were over.
    ///
    /// All attempts fit into the lease. A lease shorter than one attempt's time gets one attempt of its own length.
    #[must_use]
    pub fn plan(&self, granted: Duration, took: Duration, failed: u32) -> Plan {
        let limit = took.saturating_mul(self.slower).saturating_add(self.margin);
        let attempts = failed.saturating_mul(self.oftener).saturating_add(self.attempts);
        let wait = granted.saturating_sub(limit.saturating_mul(attempts));
        let attempts = if wait.is_zero() {
            let fit = granted.as_nanos().checked_div(limit.as_nanos()).unwrap_or(attempts.into());
            u32::try_from(fit).unwrap_or(u32::MAX)
        } else {
            attempts
        };
        let attempts = NonZeroU32::new(attempts).unwrap_or(NonZeroU32::MIN);
        Plan { wait, timeout: limit.min(granted), attempts }
    }
}

impl Plan {
    /// `request`, sent by this plan.
    pub fn send<Q>(self, request: Q) -> Attempt<Q> {
        Attempt { request, timeout: self.timeout, attempts: self.attempts, wait: self.wait }
    }
}
