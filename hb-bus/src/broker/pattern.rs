//! Patterns: which of the open connections a message goes to.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::connection::Connection;
use crate::runtime::Handle;

/// Chooses connections. A closure can be one:
///
/// ```
/// use hb_bus::broker::{Connection, Pattern};
///
/// fn pattern(_: impl Pattern) {}
/// pattern(|offered: &[Connection]| offered.iter().take(1).cloned().collect::<Vec<_>>());
/// ```
pub trait Pattern: Send + Sync + 'static {
    /// Those of `offered` that get the message; `offered` is never empty and stands in the order of opening. Whoever
    /// sends named them, or they are all that are open. Choosing none fails the send with `NoConnections`.
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]>;
}

impl<F: Fn(&[Connection]) -> Vec<Connection> + Send + Sync + 'static> Pattern for F {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        Cow::Owned(self(offered))
    }
}

/// Every connection. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct All;

impl Pattern for All {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        Cow::Borrowed(offered)
    }
}

/// One connection after the other.
#[derive(Debug, Default)]
pub struct RoundRobin(AtomicUsize);

impl Pattern for RoundRobin {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        Cow::Borrowed(one(offered, turn))
    }
}

/// Any one connection, each as likely as the others.
pub struct Random(Handle);

impl Random {
    /// Takes its chance from `runtime`.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Self(runtime)
    }
}

impl Pattern for Random {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        // The bias of the remainder is below 2^-50 for any number of connections that there can be.
        Cow::Borrowed(one(offered, (self.0.random() >> 1) as usize))
    }
}

fn one(offered: &[Connection], number: usize) -> &[Connection] {
    let at = number.checked_rem(offered.len()).unwrap_or_default();
    offered.get(at..=at).unwrap_or_default()
}
