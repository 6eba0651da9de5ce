//! What the clock on the wall has to do with being open: spans of a day, days of a week, dates that differ.
//!
//! All in the local time of nowhere in particular. Not here: time zones ([`super`]), text ([`super::text`]).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use jiff::civil::{Date, DateTime, Time};

const MINUTE: u32 = 60_000;
/// Minutes of a day by its clock. A day with an hour more or less has them too: the clock says some twice, or skips them.
pub(super) const DAY: u16 = 24 * 60;
const DAY_MS: u32 = DAY as u32 * MINUTE;

/// From one minute of a day to another, the end excluded; an end above [`DAY`] is on the day after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// Below [`DAY`].
    pub(super) from: u16,
    /// Above `from`, by at most [`DAY`].
    pub(super) to: u16,
}

impl Span {
    pub(super) const WHOLE: Self = Self { from: 0, to: DAY };

    /// `ms` since the midnight on which the span's day began.
    fn holds(self, ms: u32) -> bool {
        (u32::from(self.from) * MINUTE..u32::from(self.to) * MINUTE).contains(&ms)
    }
}

/// The spans that begin on one day, in order and apart from each other.
pub(super) type Day = Vec<Span>;

/// The whole calendar of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// From Monday on.
    pub(super) week: [Day; 7],
    /// Dates that replace their day of the week.
    pub(super) dates: BTreeMap<Date, Day>,
}

impl Plan {
    fn day(&self, date: Date) -> &[Span] {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.dates.get(&date).unwrap_or(&self.week[weekday])
    }

    /// Whether a clock that shows `ms` after midnight of `date` stands in a span of that day or of the night before it.
    fn open(&self, date: Date, ms: u32) -> bool {
        let night = |day: Date| self.day(day).iter().any(|span| span.holds(ms + DAY_MS));
        self.day(date).iter().any(|span| span.holds(ms)) || date.yesterday().is_ok_and(night)
    }

    /// Whether it is open while the clock shows `at`.
    pub(super) fn open_at(&self, at: DateTime) -> bool {
        self.open(at.date(), millis(at.time()))
    }

    /// Open day and night, or never, but for dates.
    fn uniform(&self) -> bool {
        let always = |day: &Day| **day == [Span::WHOLE];
        self.week.iter().all(Vec::is_empty) || self.week.iter().all(always)
    }

    /// What the clock shows when it is next otherwise than at `at`, if that is before the end of `last`.
    pub(super) fn next_edge(&self, at: DateTime, last: Date) -> Option<DateTime> {
        let open = self.open_at(at);
        let uniform = self.uniform();
        let mut date = at.date();
        let mut after = Some(millis(at.time()));
        while date <= last {
            if let Some(ms) = self.edge_of(date, after, open) {
                return date.at(0, 0, 0, 0).checked_add(core::time::Duration::from_millis(ms.into())).ok();
            }
            let tomorrow = date.tomorrow().ok()?;
            // Between two dates that differ nothing can change where all days are alike.
            let quiet = uniform && !self.dates.contains_key(&date);
            date = if quiet { *self.dates.range(tomorrow..).next()?.0 } else { tomorrow };
            after = None;
        }
        None
    }

    /// The first ms of `date`, above `after` if that is given, at which it is not `open`.
    fn edge_of(&self, date: Date, after: Option<u32>, open: bool) -> Option<u32> {
        let own = self.day(date).iter().flat_map(|span| [span.from, span.to]);
        let night = date.yesterday().ok().map_or(&[][..], |day| self.day(day));
        let night = night.iter().map(|span| span.to.saturating_sub(DAY));
        let edges = own.chain(night).chain([0]).filter(|&minute| minute < DAY);
        let edges = edges.map(|minute| u32::from(minute) * MINUTE);
        let later = edges.filter(|&ms| after.is_none_or(|after| ms > after));
        later.filter(|&ms| self.open(date, ms) != open).min()
    }
}

/// Whole ms since midnight.
fn millis(time: Time) -> u32 {
    let part = |value: i8| u32::try_from(value).unwrap_or_default();
    let seconds = (part(time.hour()) * 60 + part(time.minute())) * 60 + part(time.second());
    seconds * 1_000 + u32::try_from(time.millisecond()).unwrap_or_default()
}
