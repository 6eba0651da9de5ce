//! Weekly hours with a time zone and dates that differ: when is it open, and when does that change?
//!
//! A place is open while the clock on its wall shows a time inside one of its spans. What follows for daylight saving
//! time is what everybody in the place would say: a span that the clock skips does not happen, and one that the clock
//! shows twice happens twice. Not here: whose hours they are, and what else may open or close
//! ([`super::Mutes`]).

mod plan;
#[cfg(test)]
mod tests;
mod text;

use core::time::Duration;

use hb_lease::time::Wall;
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use text::{InvalidHours, MAX_DATES, MAX_SPANS, MAX_TEXT};

use super::before;
use plan::Plan;

/// How far ahead and back a change is looked for.
pub const HORIZON: Duration = Duration::from_secs(5 * 366 * 24 * 60 * 60);

/// Weekly hours in a time zone, with dates that differ.
///
/// The zone is a value that the shell reads; this crate opens no file. [`Display`](core::fmt::Display) gives the text
/// in its shortest form, without the zone, and reading that gives the same hours again.
///
/// ```
/// use hb_core::window::hours::Hours;
/// use hb_lease::time::Wall;
/// use jiff::tz::TimeZone;
///
/// let text = "mo-fr 09:30-18:00, sa su 10:00-20:00, 2026-12-24 10:00-14:00, 2026-12-25 closed";
/// let hours = Hours::parse(text, TimeZone::UTC).unwrap();
/// let at = |text: &str| Wall::from_unix_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
///
/// assert!(hours.open_at(at("2026-11-20T17:59:59.999Z")));
/// assert!(!hours.open_at(at("2026-11-20T18:00:00Z")));
/// assert_eq!(hours.next_change(at("2026-11-20T18:00:00Z")), Some(at("2026-11-21T10:00:00Z")));
/// assert_eq!(hours.to_string(), text);
/// assert_eq!(
///     Hours::parse("mo-fr 9.30-18:00", TimeZone::UTC).unwrap_err().to_string(),
///     "`9.30` is no time of day: expected hours and minutes from 00:00 to 24:00, such as 09:30"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    plan: Plan,
    zone: TimeZone,
}

impl Hours {
    /// Reads hours as people write them: entries between commas, each a list of days or a date, and spans.
    ///
    /// - days: `mo tu we th fr sa su`, ranges of them (`mo-fr`, `sa-mo`), also written out;
    /// - dates: `2026-12-24`, or from the first to the last: `2026-12-24..2027-01-01`; they replace the day of the week;
    /// - spans: `09:30-18:00`, several with blanks or commas between them; `20:00-02:00` ends on the day after and
    ///   belongs to the day on which it begins; `00:00-24:00` is the whole day; `closed` is none;
    /// - `always` and `never` stand for the whole week.
    ///
    /// A later entry replaces what an earlier one said of the same day: `mo-su 10:00-18:00, mo closed`. A day of which
    /// nothing is said is closed.
    ///
    /// # Errors
    /// The first thing that cannot be read, with what was expected; a text that says nothing of the week (whether
    /// the days between its dates are open would be a guess); and one beyond [`MAX_TEXT`], [`MAX_DATES`] or
    /// [`MAX_SPANS`].
    pub fn parse(text: &str, zone: TimeZone) -> Result<Self, InvalidHours> {
        Ok(Self { plan: text::parse(text)?, zone })
    }

    /// The zone whose clock counts.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether it is open at `wall`: from the very millisecond a span begins to the last one before it ends.
    #[must_use]
    pub fn open_at(&self, wall: Wall) -> bool {
        self.open(timestamp(wall))
    }

    /// The first moment after `wall` at which [`Self::open_at`] answers otherwise; `None` if there is none within
    /// [`HORIZON`].
    #[must_use]
    pub fn next_change(&self, wall: Wall) -> Option<Wall> {
        let start = timestamp(wall);
        let open = self.open(start);
        let end = start.saturating_add(HORIZON).ok()?;
        let last = self.zone.to_datetime(end).date();
        let mut at = start;
        loop {
            // As long as the offset stays, the clock runs as time does.
            let shown = self.zone.to_datetime(at);
            let edge = self.plan.next_edge(shown, last)?;
            let change = at.saturating_add(edge.duration_since(shown)).ok()?;
            let shift = self.zone.following(at).next().map(|it| it.timestamp());
            at = shift.map_or(change, |shift| shift.min(change));
            if at > end {
                return None;
            }
            if self.open(at) != open {
                return Some(Wall::from_unix_millis(at.as_millisecond()));
            }
        }
    }

    /// The last moment up to and including `wall` at which [`Self::open_at`] began to answer as it does then; `None`
    /// if there is none within [`HORIZON`].
    ///
    /// ```
    /// use hb_core::window::hours::Hours;
    /// use hb_lease::time::Wall;
    /// use jiff::tz::TimeZone;
    ///
    /// // 1970-01-01 was a Thursday.
    /// let hours = Hours::parse("th 01:00-02:00", TimeZone::UTC).unwrap();
    /// let at = |minute: i64| Wall::from_unix_millis(minute * 60_000);
    /// assert_eq!(hours.last_change(at(90)), Some(at(60)));
    /// assert_eq!(hours.last_change(at(60)), Some(at(60)));
    /// ```
    #[must_use]
    pub fn last_change(&self, wall: Wall) -> Option<Wall> {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let mut back = DAY * 2;
        loop {
            // Most hours changed yesterday at the latest; only those that did not are asked about years.
            let start = before(wall, back.min(HORIZON));
            let changes = core::iter::successors(self.next_change(start), |&at| self.next_change(at));
            if let Some(last) = changes.take_while(|&at| at <= wall).last() {
                return Some(last);
            }
            if back >= HORIZON {
                return None;
            }
            back *= 4;
        }
    }

    /// The first moment after `wall` at which it opens; `None` if there is none within [`HORIZON`] of it.
    #[must_use]
    pub fn next_opening(&self, wall: Wall) -> Option<Wall> {
        let change = self.next_change(wall)?;
        if self.open_at(change) { Some(change) } else { self.next_change(change) }
    }

    fn open(&self, at: Timestamp) -> bool {
        self.plan.open_at(self.zone.to_datetime(at))
    }
}

/// The calendar knows the years -9999 to 9999; a clock beyond them stands at their end.
fn timestamp(wall: Wall) -> Timestamp {
    let millis = wall.as_unix_millis();
    let end = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(end)
}
