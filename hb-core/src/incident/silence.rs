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
    /// When repairs of the members no longer wait for it; `None` once that is over. Alerts do until it ends.
    pub until: Option<Time>,
    /// Since when they are silent.
    pub since: Time,
    /// Information only, as the place closes.
    pub quiet: bool,
    /// Most that were silent at once, and of how many.
    peak: (usize, usize),
}

impl Outage {
    /// Whether it began so soon before this closing that somebody most likely switched all off.
    pub(super) fn is_before(&self, closing: Option<Time>) -> bool {
        closing.is_some_and(|at| self.since + crate::defaults::CLOSING >= at)
    }
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

    /// Notes that `app` is silent no more, or no longer there.
    pub(super) fn rose(&mut self, app: usize) {
        self.silent.remove(&app);
    }

    /// Whether `app` is one of the silent.
    pub(super) fn holds(&self, app: usize) -> bool {
        self.silent.contains_key(&app)
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

    /// Makes what is silent since then one incident.
    pub(super) fn begin(&mut self, number: Number, since: Time, now: Time) {
        let down_at = self.silent.values().map(|silent| silent.down_at).max().unwrap_or(now);
        let (until, peak) = (Some(down_at.max(now)), (self.silent.len(), self.heard));
        self.open = Some(Outage { number, until, since, quiet: false, peak });
    }

    /// Makes `app` one of those silent in an incident of an earlier run. Repairs wait for it no longer.
    pub(super) fn resume(&mut self, number: Number, app: usize, silent: Silent) {
        let quiet = self.open.is_some_and(|outage| outage.quiet);
        let since = self.open.map_or(silent.since, |outage| outage.since.min(silent.since));
        self.silent.insert(app, silent);
        let peak = (self.silent.len(), self.silent.len());
        self.open = Some(Outage { number, until: None, since, quiet, peak });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::from_millis(seconds * 1_000)
    }

    fn silent(since: u64, granted: u64) -> Silent {
        let granted = Duration::from_secs(granted);
        Silent { since: at(since), granted, down_at: at(since) + granted, covered: false }
    }

    /// Of `heard` apps, these are silent.
    fn crowd(heard: usize, silents: impl IntoIterator<Item = Silent>) -> Crowd {
        let mut crowd = Crowd { heard, ..Crowd::default() };
        silents.into_iter().enumerate().for_each(|(app, silent)| crowd.fell(app, silent));
        crowd
    }

    /// Of `heard` apps, the first `count` fall silent and are one incident.
    fn outage(heard: usize, count: usize) -> Crowd {
        let mut crowd = crowd(heard, (0..count).map(|_| silent(0, 6)));
        crowd.begin(Number(1), at(0), at(0));
        crowd
    }

    #[test]
    fn apps_fall_silent_together_within_two_promises_and_ten_seconds_at_least() {
        for (granted, expected) in [(0, 10), (5, 10), (6, 12), (60, 120)] {
            assert_eq!(window(Duration::from_secs(granted)), Duration::from_secs(expected));
        }
        assert_eq!(window(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn three_and_half_of_them_or_any_five_are_a_group() {
        for (heard, fewest) in
            [(3, 3), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (9, 5), (10, 5), (11, 5), (60, 5)]
        {
            let is_one = |count| crowd(heard, (0..count).map(|_| silent(0, 6))).together(at(0)).is_some();
            assert_eq!((is_one(fewest - 1), is_one(fewest)), (false, true), "{heard}");
        }
    }

    #[test]
    fn the_longest_promise_says_who_fell_silent_together() {
        let three = |granted: [u64; 3]| {
            crowd(3, [(0, granted[0]), (30, granted[1]), (60, granted[2])].map(|(since, g)| silent(since, g)))
        };
        assert_eq!(three([1, 30, 1]).together(at(60)), Some(at(0)), "since the first");
        assert_eq!(three([1, 30, 1]).together(at(61)), None, "the first is too long ago");
        assert_eq!(three([1, 1, 1]).together(at(60)), None);
        let mut of_another = three([30, 30, 30]);
        of_another.cover(1, true);
        assert_eq!(of_another.together(at(60)), None, "that one has its reason already");
        of_another.cover(1, false);
        assert_eq!(of_another.together(at(60)), Some(at(0)));
    }

    #[test]
    fn it_is_over_when_less_than_half_are_silent() {
        // (heard, silent at first, the most of them that may be silent once it is over)
        for (heard, count, over) in [(6, 3, 2), (12, 12, 5), (5, 5, 2), (10, 5, 4), (60, 5, 2), (60, 30, 29)]
        {
            let mut crowd = outage(heard, count);
            for left in (over + 1..count).rev() {
                crowd.rose(left);
                assert!(!crowd.is_over(), "{left} of {heard} are silent");
            }
            crowd.rose(over);
            assert!(crowd.is_over(), "{over} of {heard}");
        }
        assert!(!crowd(6, []).is_over(), "what has not begun");
    }

    #[test]
    fn of_a_few_of_many_the_most_at_once_count_and_how_many_there_are_now() {
        let mut crowd = outage(60, 10);
        (0..4).for_each(|app| crowd.rose(app));
        crowd.fell(50, silent(9, 6));
        for (app, over) in [(4, false), (5, false), (6, true)] {
            crowd.rose(app);
            assert_eq!(crowd.is_over(), over, "{} of 10", crowd.silent().count());
        }
        let mut crowd = outage(10, 5);
        crowd.heard = 60;
        crowd.fell(50, silent(9, 6));
        (0..3).for_each(|app| crowd.rose(app));
        assert!(!crowd.is_over(), "three of six, and no longer three of ten");
    }

    #[test]
    fn it_holds_its_members_until_the_last_of_them_is_down() {
        let until = |crowd: &Crowd| crowd.open.unwrap().until;
        let mut crowd = crowd(3, [silent(0, 6), silent(0, 60), silent(0, 9)]);
        crowd.begin(Number(1), at(0), at(1));
        assert_eq!(until(&crowd), Some(at(60)));
        crowd.fell(7, silent(2, 6));
        assert_eq!(until(&crowd), Some(at(60)));
        crowd.fell(8, silent(2, 90));
        assert_eq!(until(&crowd), Some(at(92)));
        crowd.open.as_mut().unwrap().until = None;
        crowd.fell(9, silent(99, 90));
        assert_eq!(until(&crowd), None, "over is over");
        crowd.begin(Number(2), at(0), at(500));
        assert_eq!(until(&crowd), Some(at(500)), "not in the past");
    }

    #[test]
    fn an_outage_of_an_earlier_run_is_over_when_less_than_half_of_those_are_silent() {
        let mut crowd = Crowd { heard: 60, ..Crowd::default() };
        for (app, since) in [(0, 8), (1, 5), (2, 7), (3, 9)] {
            crowd.resume(Number(4), app, silent(since, 6));
        }
        let resumed = crowd.open.unwrap();
        assert_eq!((resumed.number, resumed.until, resumed.since), (Number(4), None, at(5)));
        (0..2).for_each(|app| crowd.rose(app));
        assert!(!crowd.is_over());
        crowd.rose(2);
        assert!(crowd.is_over());
        // Of so few, one that was heard and not silent would make it a whole group.
        let mut crowd = Crowd { heard: 5, ..Crowd::default() };
        (0..4).for_each(|app| crowd.resume(Number(4), app, silent(5, 6)));
        (0..2).for_each(|app| crowd.rose(app));
        assert!(!crowd.is_over(), "two of four");
    }
}
