//! What waits for one channel, in order. Not here: other channels, which never matter to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hb_lease::time::Time;

use super::{FIRST_WAIT, Item, LONGEST_WAIT, Lost, MOST, MOST_REFUSALS, OLD, Outcome, Output};

/// One message that waits.
#[derive(Debug)]
struct Waiting {
    about: Vec<Box<str>>,
    /// From when on it belongs into a digest.
    old: Time,
    /// Not to be sent before, since it was refused.
    not_before: Time,
    refusals: u32,
}

/// All that waits for one channel.
#[derive(Debug, Default)]
pub(super) struct Line {
    waiting: BTreeMap<u64, Waiting>,
    /// What a try that has not ended holds; empty if there is none.
    under_way: BTreeSet<u64>,
    /// Tries in a row that nobody took.
    failures: u32,
    /// The channel is left alone until then.
    not_before: Time,
}

impl Line {
    /// Puts a message in its place; it is old from `old` on. Tells which one had to give way.
    pub(super) fn push(&mut self, item: Item, old: Time) -> Option<u64> {
        let waiting = Waiting { about: item.about, old, not_before: Time::ZERO, refusals: 0 };
        self.waiting.entry(item.id).or_insert(waiting);
        if self.waiting.len() <= MOST {
            return None;
        }
        let oldest = self.waiting.keys().copied().find(|id| !self.under_way.contains(id))?;
        self.waiting.remove(&oldest);
        Some(oldest)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.waiting.keys().copied()
    }

    /// Whether it remembers nothing that still matters.
    pub(super) fn is_calm(&self, now: Time) -> bool {
        self.failures == 0 && self.not_before <= now && self.under_way.is_empty()
    }

    /// What is to be sent now, and whether it is a digest; from then on it is under way.
    pub(super) fn start(&mut self, now: Time) -> Option<(Vec<u64>, bool)> {
        if !self.under_way.is_empty() || now < self.not_before {
            return None;
        }
        let (mut ids, mut digest) = (Vec::new(), false);
        let mut blocked: BTreeSet<&str> = BTreeSet::new();
        for (&id, message) in &self.waiting {
            let old = message.old <= now;
            let free = message.not_before <= now && !message.about.iter().any(|app| blocked.contains(&**app));
            if free && ids.is_empty() {
                ids.push(id);
                digest = old;
                if !old {
                    break;
                }
            } else if free && old {
                ids.push(id);
            } else {
                // Nothing about these apps may overtake it.
                blocked.extend(message.about.iter().map(|app| &**app));
            }
        }
        self.under_way = ids.iter().copied().collect();
        (!ids.is_empty()).then_some((ids, digest))
    }

    /// The try under way has ended.
    pub(super) fn ended(&mut self, now: Time, channel: &str, outcome: Outcome, out: &mut Vec<Output>) {
        let ids = std::mem::take(&mut self.under_way);
        match outcome {
            Outcome::Delivered => {
                self.waiting.retain(|id, _| !ids.contains(id));
                self.failures = 0;
                out.push(Output::Delivered { channel: channel.into(), ids: ids.into_iter().collect() });
            }
            Outcome::Unavailable { after } => {
                self.not_before = now + wait(self.failures).max(after.unwrap_or_default().min(OLD));
                self.failures = self.failures.saturating_add(1);
            }
            Outcome::Refused => {
                self.failures = 0;
                for id in ids {
                    let Some(message) = self.waiting.get_mut(&id) else { continue };
                    message.not_before = now + wait(message.refusals);
                    message.refusals += 1;
                    if message.refusals >= MOST_REFUSALS {
                        self.waiting.remove(&id);
                        out.push(Output::Lost { channel: channel.into(), id, why: Lost::Refused });
                    }
                }
            }
        }
    }

    /// When something can be sent; `None` if nothing waits, or if the end of a try comes first.
    pub(super) fn next_timeout(&self) -> Option<Time> {
        if !self.under_way.is_empty() {
            return None;
        }
        // The first in line for its apps; whoever stands behind it waits at least as long.
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut soonest: Option<Time> = None;
        for message in self.waiting.values() {
            let behind = message.about.iter().any(|app| seen.contains(&**app));
            seen.extend(message.about.iter().map(|app| &**app));
            if !behind {
                soonest = Some(soonest.map_or(message.not_before, |at| at.min(message.not_before)));
            }
        }
        soonest.map(|at| at.max(self.not_before))
    }
}

/// The wait after so many failures before this one.
fn wait(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(16)).min(LONGEST_WAIT)
}
