//! Two kinds of time that must never be mixed up.
//!
//! [`Time`] is monotonic and decides every verdict; [`Wall`] is what a calendar shows and is only ever displayed or
//! compared with other calendar times. There is no conversion between them here: only the shell, which owns both
//! clocks, can make one.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};
use core::time::Duration;

/// A point on a monotonic clock, in whole milliseconds since an origin that the owner of the clock chose.
///
/// ```
/// use core::time::Duration;
/// use hb_lease::time::Time;
///
/// let start = Time::from_millis(1_000);
/// let later = start + Duration::from_millis(250);
/// assert_eq!(later.since(start), Duration::from_millis(250));
/// // An earlier moment is zero away, never negative and never a panic.
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The origin of the clock.
    pub const ZERO: Self = Self(0);
    /// The last representable moment: 584 million years after the origin. Reads as "never".
    pub const MAX: Self = Self(u64::MAX);

    /// The moment `millis` milliseconds after the origin.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Time elapsed since `earlier`, zero if `earlier` is in fact later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Whole milliseconds of a duration, rounded up: a deadline may fall late by a fraction, never early.
fn millis_up(duration: Duration) -> u64 {
    let whole = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if duration.subsec_nanos().is_multiple_of(1_000_000) { whole } else { whole.saturating_add(1) }
}

impl Add<Duration> for Time {
    type Output = Self;

    /// Saturates at [`Time::MAX`]; fractions of a millisecond round up.
    fn add(self, after: Duration) -> Self {
        Self(self.0.saturating_add(millis_up(after)))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, after: Duration) {
        *self = *self + after;
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    /// Saturates at [`Time::ZERO`]; fractions of a millisecond round up.
    fn sub(self, before: Duration) -> Self {
        Self(self.0.saturating_sub(millis_up(before)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// A point on the calendar: milliseconds since 1970-01-01T00:00:00Z. May jump in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wall(i64);

impl Wall {
    /// The moment `millis` milliseconds after (negative: before) 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_unix_millis(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_millisecond_never_makes_a_deadline_early() {
        let start = Time::from_millis(10);
        assert_eq!(start + Duration::from_micros(1), Time::from_millis(11));
        assert_eq!(start + Duration::from_millis(1), Time::from_millis(11));
    }

    #[test]
    fn the_ends_of_time_saturate() {
        assert_eq!(Time::MAX + Duration::from_secs(1), Time::MAX);
        assert_eq!(Time::ZERO - Duration::from_secs(1), Time::ZERO);
        assert_eq!(Time::ZERO + Duration::MAX, Time::MAX);
    }
}
