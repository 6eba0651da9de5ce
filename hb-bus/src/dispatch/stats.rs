//! What the dispatcher has counted.
//!
//! Not here: rates; whoever reads twice can subtract.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start.
///
/// ```
/// # use hb_bus::dispatch::Stats;
/// /// What was lost between two looks.
/// fn lost(before: Stats, now: Stats) -> u64 {
///     (now.dropped - before.dropped) + (now.oversize - before.oversize)
/// }
/// assert_eq!(lost(Stats::default(), Stats { received: 9, dropped: 2, ..Stats::default() }), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams that the transport has taken.
    pub sent: u64,
    /// Datagrams that the transport has refused.
    pub send_errors: u64,
    /// Unreliable notifications refused because the send queue was full.
    pub congested: u64,
    /// Datagrams received, whatever became of them.
    pub received: u64,
    /// Messages for [`recv_from`](super::Dispatcher::recv_from) that found its queue full.
    pub dropped: u64,
    /// Replies and acks that nobody waits for: late, twice, from a stranger, or never asked for.
    pub unmatched: u64,
    /// Datagrams that the adapter could not read.
    pub adapter_errors: u64,
    /// Datagrams longer than allowed.
    pub oversize: u64,
    /// Failed reads of the transport.
    pub read_errors: u64,
}

/// Each counter is exact; several are not read at one instant.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: Counter,
    pub(super) send_errors: Counter,
    pub(super) congested: Counter,
    pub(super) received: Counter,
    pub(super) dropped: Counter,
    pub(super) unmatched: Counter,
    pub(super) adapter_errors: Counter,
    pub(super) oversize: Counter,
    pub(super) read_errors: Counter,
}

#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(super) fn read(&self) -> Stats {
        Stats {
            sent: self.sent.read(),
            send_errors: self.send_errors.read(),
            congested: self.congested.read(),
            received: self.received.read(),
            dropped: self.dropped.read(),
            unmatched: self.unmatched.read(),
            adapter_errors: self.adapter_errors.read(),
            oversize: self.oversize.read(),
            read_errors: self.read_errors.read(),
        }
    }
}
