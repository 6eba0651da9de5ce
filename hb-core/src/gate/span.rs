//! Spans in whole milliseconds. Not here: what they are spans of.

use core::time::Duration;

use hb_lease::time::Time;

// Inside the client's machines spans are whole milliseconds: a `Duration` carries nanoseconds through every sum and
// comparison, and a page would download that.

/// The moment `millis` after `at`.
pub(crate) const fn after(at: Time, millis: u64) -> Time {
    Time::from_millis(at.as_millis().saturating_add(millis))
}

/// ms from `then` to `now`; zero if that is negative.
pub(crate) const fn since(now: Time, then: Time) -> u64 {
    now.as_millis().saturating_sub(then.as_millis())
}

/// Whole ms of `span`, at least 1 unless it is zero.
#[inline(never)]
pub(crate) fn millis(span: Duration) -> u64 {
    // Clamped first: a multiplication that saturates is one of 128 bits, which a page would download too.
    let whole = span.as_secs().min(u64::MAX / 1_000) * 1_000;
    whole.saturating_add(u64::from(span.subsec_nanos().div_ceil(1_000_000)))
}
