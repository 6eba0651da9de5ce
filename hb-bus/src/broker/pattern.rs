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
///
/// ```
/// # use hb_bus::broker::{All, Broker};
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// let broker = Broker::builder(runtime).pattern(All).build()?; // as without it
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct All;

impl Pattern for All {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        Cow::Borrowed(offered)
    }
}

/// One connection after the other.
///
/// ```
/// # use hb_bus::broker::{Broker, Pattern, RoundRobin};
/// # let broker = Broker::builder(hb_bus::runtime::Simulation::new(1).handle()).build()?;
/// # let [one, other] = [tokio::io::duplex(64), tokio::io::duplex(64)].map(|(near, _)| near);
/// let pair = [broker.start(one, "application/json")?, broker.start(other, "application/json")?];
/// let turns = RoundRobin::default();
/// let chosen = [turns.choose(&pair), turns.choose(&pair), turns.choose(&pair)];
/// assert_eq!(chosen.map(|it| it[0].clone()), [&pair[0], &pair[1], &pair[0]].map(Clone::clone));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct RoundRobin(AtomicUsize);

impl Pattern for RoundRobin {
    fn choose<'a>(&self, offered: &'a [Connection]) -> Cow<'a, [Connection]> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed);
        Cow::Borrowed(one(offered, turn))
    }
}

/// Any one connection, each as likely as the others.
///
/// ```
/// # use hb_bus::broker::{Broker, Random};
/// # let runtime = hb_bus::runtime::Simulation::new(1).handle();
/// let chance = Random::new(runtime.clone());
/// let broker = Broker::builder(runtime).pattern(chance).build()?;
/// # Ok::<(), hb_bus::broker::BuildError>(())
/// ```
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
