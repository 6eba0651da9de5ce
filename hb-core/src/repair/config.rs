//! The numbers of the ladder, their defaults and why. Not here: the steps ([`super::Ladder`]).

use alloc::sync::Arc;
use core::time::Duration;

use super::Ladder;
use crate::defaults;

/// How patient the ladder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long evidence must last. Default [`defaults::REPAIR_HOLD`].
    pub hold: Duration,
    /// How long a lost GPU context may take to be restored. Default [`defaults::CONTEXT_WAIT`].
    pub context_wait: Duration,
    /// Two losses within this span make a reload useless. Default [`defaults::CONTEXT_SPAN`].
    pub context_span: Duration,
    /// The span of [`defaults::REPAIRS`]. Default [`defaults::REPAIR_SPAN`].
    pub span: Duration,
    /// The span of one reboot of a host. Default [`defaults::REBOOT_SPAN`].
    pub reboot_span: Duration,
    /// For so long after a touch a visitor is there. Default [`defaults::VISITOR`].
    pub visitor: Duration,
    /// How long a screen must work before a repair has helped. Default [`defaults::REPAIR_SETTLE`].
    pub settle: Duration,
    /// Pause after the first move in vain; it doubles with each. Default [`defaults::REPAIR_BACKOFF`].
    pub backoff: Duration,
    /// Longest pause. Default [`defaults::REPAIR_BACKOFF_MOST`].
    pub backoff_most: Duration,
    /// The ladder of apps that have none of their own.
    pub ladder: Arc<Ladder>,
    /// Most apps remembered; words about further ones are dropped and counted. Default [`defaults::REPAIR_APPS`].
    pub apps: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hold: defaults::REPAIR_HOLD,
            context_wait: defaults::CONTEXT_WAIT,
            context_span: defaults::CONTEXT_SPAN,
            span: defaults::REPAIR_SPAN,
            reboot_span: defaults::REBOOT_SPAN,
            visitor: defaults::VISITOR,
            settle: defaults::REPAIR_SETTLE,
            backoff: defaults::REPAIR_BACKOFF,
            backoff_most: defaults::REPAIR_BACKOFF_MOST,
            ladder: Arc::new(Ladder::default()),
            apps: defaults::REPAIR_APPS,
        }
    }
}

impl Config {
    /// The pause after so many moves in vain.
    pub(super) fn pause(&self, attempts: u16) -> Duration {
        let doublings = u32::from(attempts.saturating_sub(1)).min(31);
        self.backoff.saturating_mul(1 << doublings).min(self.backoff_most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let config = Config::default();
        let secs: [u64; 9] = core::array::from_fn(|n| config.pause(n as u16).as_secs());
        assert_eq!(secs, [10, 10, 20, 40, 80, 160, 320, 600, 600]);
        assert_eq!(config.pause(u16::MAX), config.backoff_most);
    }
}
