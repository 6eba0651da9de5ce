//! When silence of several is one event: the rule of group silence (spec/liveness.md 4). Not here: who belongs to whom.

use alloc::collections::BTreeMap;
use core::time::Duration;

use hb_lease::time::Time;

use super::Number;

/// The fewest apps that make a group …
const FEWEST: usize = 3;
/// … and so many are one whatever the size of the group.
const PLENTY: usize = 5;

/// How close together apps fall silent that fall silent together, where the longest of them was granted `granted`. The
/// alert of a single app waits for it, as more may follow.
#[must_use]
pub fn window(granted: Duration) -> Duration {
    crate::defaults::TOGETHER.max(granted.saturating_mul(2))
}

/// One app's silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silent {
    /// Since when.
    pub since: Time,
    /// What it had been granted.
    pub granted: Duration,
    /// When it counts as down.
    pub down_at: Time,
    /// Part of an incident of another parent.
    pub covered: bool,
}

/// The silent among a parent's apps, and the one incident that they may amount to.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    /// Its apps that have been heard since the server started, silent or not.
    pub(super) heard: usize,
    silent: BTreeMap<usize, Silent>,
    /// The incident, while it is open.
    pub(super) open: Option<Outage>,
}

/// Many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outage {
    /// Its incident.
    pub number: Number,
    /// When repairs of the members no longer wait for it; `None` once that is over.
    pub until: Option<Time>,
    /// Most that were silent at once, and of how many.
    peak: (usize, usize),
}

impl Crowd {
    /// Notes that `app` fell silent.
    pub(super) fn fell(&mut self, app: usize, silent: Silent) {
        self.silent.insert(app, silent);
        let (now, heard) = (self.silent.len(), self.heard);
        if let Some(outage) = &mut self.open {
            outage.until = outage.until.map(|until| until.max(silent.down_at));
            outage.peak = (outage.peak.0.max(now), heard);
        }
    }

    /// Notes that `app` is silent no more, or no longer there. Whether it was.
    pub(super) fn rose(&mut self, app: usize) -> bool {
        self.silent.remove(&app).is_some()
    }

    /// The silent ones, in the order in which they were first met.
    pub(super) fn silent(&self) -> impl Iterator<Item = usize> + '_ {
        self.silent.keys().copied()
    }

    /// `app` is, or is no longer, part of another parent's incident.
    pub(super) fn cover(&mut self, app: usize, covered: bool) {
        if let Some(silent) = self.silent.get_mut(&app) {
            silent.covered = covered;
        }
    }

    /// Since when the silence of several is one event, at `now`; `None` if it is not.
    pub(super) fn together(&self, now: Time) -> Option<Time> {
        let own = || self.silent.values().filter(|silent| !silent.covered);
        let longest = own().map(|silent| silent.granted).max()?;
        let earliest = now - window(longest);
        let recent = || own().filter(|silent| silent.since >= earliest);
        let count = recent().count();
        let many = count >= PLENTY || (count >= FEWEST && count * 2 >= self.heard);
        if many { recent().map(|silent| silent.since).min() } else { None }
    }

    /// Makes it one incident.
    pub(super) fn begin(&mut self, number: Number, now: Time) {
        let down_at = self.silent.values().map(|silent| silent.down_at).max().unwrap_or(now);
        self.open =
            Some(Outage { number, until: Some(down_at.max(now)), peak: (self.silent.len(), self.heard) });
    }

    /// Makes `app` one of those silent in an incident of an earlier run. No repair waits for it any more.
    pub(super) fn resume(&mut self, number: Number, app: usize, silent: Silent) {
        self.silent.insert(app, silent);
        let peak = (self.silent.len(), self.silent.len());
        self.open = Some(Outage { number, until: None, peak });
    }

    /// Whether too few are silent for the incident to go on. Of a whole group, less than half of it; of a few of many,
    /// less than half of those few.
    pub(super) fn is_over(&self) -> bool {
        self.open.is_some_and(|Outage { peak: (silent, heard), .. }| {
            let whole = if silent * 2 >= heard { heard } else { silent };
            self.silent.len() * 2 < whole
        })
    }
}
