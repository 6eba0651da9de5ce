//! Moments and lengths of time as they are typed and read at a terminal: in its time zone, `until 18:00, in 2 h`.
//!
//! Not here: opening hours (`hb_core::window`).

use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Deserializer, de};

/// What `--until` takes.
pub(crate) const MOMENT: &str =
    "expected a moment as in 18:00, 2026-12-24T09:00, or with its zone 2026-12-24T09:00+01:00";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A moment as typed: some need today's date to mean one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The next time a clock on the wall shows it.
    Clock(Time),
    /// On the calendar of this machine.
    Date(DateTime),
    /// Anywhere.
    Stamp(Timestamp),
}

/// A moment as the API writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(pub(crate) Timestamp);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// This moment, and where the clock hangs.
#[derive(Clone, Debug)]
pub(crate) struct Now(Zoned);

impl Now {
    /// By the clock and in the zone of this machine.
    pub(crate) fn here() -> Self {
        Self(Timestamp::now().to_zoned(TimeZone::system()))
    }

    /// `14:02:11`.
    pub(crate) fn clock_now(&self) -> String {
        self.0.strftime("%H:%M:%S").to_string()
    }

    /// The name of the zone, if it has one.
    pub(crate) fn zone(&self) -> Option<&str> {
        self.0.time_zone().iana_name()
    }

    /// The first such moment that lies ahead.
    pub(crate) fn ahead(&self, moment: Moment) -> Result<Timestamp, String> {
        let zone = self.0.time_zone();
        let of = |at: DateTime| zone.to_timestamp(at).map_err(|_| MOMENT.to_owned());
        let at = match moment {
            Moment::Clock(time) => {
                let date = self.0.date();
                let today = of(date.to_datetime(time))?;
                let tomorrow = || date.tomorrow().map_err(|_| MOMENT.to_owned());
                if today > self.0.timestamp() { today } else { of(tomorrow()?.to_datetime(time))? }
            }
            Moment::Date(date) => of(date)?,
            Moment::Stamp(at) => at,
        };
        let past = || format!("{} is over: expected a moment that lies ahead", self.clock(at));
        if at > self.0.timestamp() { Ok(at) } else { Err(past()) }
    }

    /// So long from now.
    pub(crate) fn after(&self, time: Duration) -> Result<Timestamp, String> {
        self.0.timestamp().checked_add(time).map_err(|_| "the calendar ends before that".to_owned())
    }

    /// `18:00, in 2 h`.
    pub(crate) fn end(&self, at: Timestamp) -> String {
        let left = at.duration_since(self.0.timestamp());
        let left =
            if left.as_secs() > 0 { format!("in {}", length(left.unsigned_abs())) } else { "now".into() };
        format!("{}, {left}", self.clock(at))
    }

    /// `14:02, 25 min ago`.
    pub(crate) fn start(&self, at: Timestamp) -> String {
        let gone = self.0.timestamp().duration_since(at);
        let gone = if gone.is_positive() { gone.unsigned_abs() } else { Duration::ZERO };
        if gone.as_secs() == 0 {
            return format!("{}, now", self.clock(at));
        }
        format!("{}, {} ago", self.clock(at), length(gone))
    }

    /// Whether it is still to come.
    pub(crate) fn is_ahead(&self, at: Timestamp) -> bool {
        at > self.0.timestamp()
    }

    /// A moment of a test, and where it hangs.
    #[cfg(test)]
    pub(crate) fn at(moment: &str, zone: &str) -> Self {
        let zone = TimeZone::get(zone).expect("a zone that hb brings along");
        Self(moment.parse::<Timestamp>().expect("a moment").to_zoned(zone))
    }

    /// What a clock shows then, with as much of the date as a person needs.
    pub(crate) fn clock(&self, at: Timestamp) -> String {
        let at = at.to_zoned(self.0.time_zone().clone());
        let days = (at.date() - self.0.date()).get_days().unsigned_abs();
        let form = match days {
            0 => "%H:%M",
            1..=6 => "%a %H:%M",
            _ => "%Y-%m-%d %H:%M",
        };
        at.strftime(form).to_string()
    }
}

/// A length in at most two units.
fn length(time: Duration) -> String {
    // To the minute: what ends in 1 h 59 min 58 s ends in two hours.
    let seconds = time.as_secs();
    let minutes = (seconds + MINUTE / 2) / MINUTE * MINUTE;
    let two = |whole: u64, unit: &str, rest: u64, small: &str| match rest {
        0 => format!("{whole} {unit}"),
        rest => format!("{whole} {unit} {rest} {small}"),
    };
    match (seconds, minutes) {
        (0..60, _) => format!("{seconds} s"),
        (_, 0..HOUR) => format!("{} min", minutes / MINUTE),
        (_, HOUR..DAY) => two(minutes / HOUR, "h", minutes % HOUR / MINUTE, "min"),
        _ => two(minutes / DAY, "d", minutes % DAY / HOUR, "h"),
    }
}

/// `30d`: a number, and whether minutes, hours, days or weeks.
pub(crate) fn lasts(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number and a unit, such as 15m, 8h, 30d or 52w, up to ten years";
    const LONGEST: u64 = 10 * 366 * 24 * 60;
    let minutes = match text.chars().last() {
        Some('m') => 1,
        Some('h') => 60,
        Some('d') => 24 * 60,
        Some('w') => 7 * 24 * 60,
        _ => return Err(EXPECTED),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| EXPECTED)?;
    let total = number.checked_mul(minutes).filter(|total| (1..=LONGEST).contains(total)).ok_or(EXPECTED)?;
    Ok(Duration::from_secs(total * 60))
}

/// `60s`: a number, and whether milliseconds, seconds or minutes.
pub(crate) fn span(text: &str) -> Result<Duration, &'static str> {
    const EXPECTED: &str = "expected a number and a unit, such as 500ms, 60s or 5m, up to a day";
    const LONGEST: u64 = 24 * 60 * 60_000;
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(EXPECTED),
    };
    let number: u64 = number.parse().map_err(|_| EXPECTED)?;
    let total = number.checked_mul(millis).filter(|total| (1..=LONGEST).contains(total)).ok_or(EXPECTED)?;
    Ok(Duration::from_millis(total))
}

/// A moment, on the clock or the calendar.
pub(crate) fn moment(text: &str) -> Result<Moment, &'static str> {
    if let Ok(at) = text.parse() {
        return Ok(Moment::Stamp(at));
    }
    // Nothing but hours and minutes, and a date with or without them.
    if text.contains('-') {
        return text.parse().map(Moment::Date).map_err(|_| MOMENT);
    }
    let time = Time::strptime("%H:%M", text).map_err(|_| MOMENT)?;
    Ok(Moment::Clock(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wednesday, 16:00 in Berlin.
    fn now() -> Now {
        Now::at("2026-12-23T15:00:00Z", "Europe/Berlin")
    }

    #[test]
    fn a_time_is_a_number_and_its_unit() {
        for (text, minutes) in [("1m", 1), ("12h", 720), ("30d", 43_200), ("2w", 20_160)] {
            assert_eq!(lasts(text), Ok(Duration::from_secs(minutes * 60)), "{text}");
        }
        for text in ["", "d", "30", "-1d", "0d", "1.5h", "99999999999999999999d", "600w", "5µ"] {
            assert!(lasts(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        for (text, millis) in
            [("1ms", 1), ("250ms", 250), ("60s", 60_000), ("5m", 300_000), ("1440m", 86_400_000)]
        {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "60", "-1s", "0s", "1.5s", "1441m", "99999999999999999999s", "2h", "5µ", "+5s"]
        {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_on_the_clock_of_this_machine() {
        for (text, expected) in [
            ("18:00", "2026-12-23T17:00:00Z"),
            ("09:30", "2026-12-24T08:30:00Z"),
            ("2026-12-24T09:00", "2026-12-24T08:00:00Z"),
            ("2026-12-24 09:00", "2026-12-24T08:00:00Z"),
            ("2026-12-24", "2026-12-23T23:00:00Z"),
            ("2026-07-01T09:00", ""),
            ("2027-07-01T09:00", "2027-07-01T07:00:00Z"),
            ("2026-12-24T09:00Z", "2026-12-24T09:00:00Z"),
            ("2026-12-24T09:00+01:00", "2026-12-24T08:00:00Z"),
        ] {
            let read = now().ahead(moment(text).unwrap()).ok();
            assert_eq!(read, expected.parse().ok(), "{text}");
        }
        for text in ["", "tomorrow", "24:30", "9", "1h", "2026-13-01"] {
            assert_eq!(moment(text), Err(MOMENT), "{text}");
        }
    }

    #[test]
    fn a_moment_is_told_with_as_much_date_as_it_needs_and_how_far_it_is() {
        for (at, ahead, expected) in [
            ("2026-12-23T17:00:00Z", true, "18:00, in 2 h"),
            ("2026-12-23T15:00:42Z", true, "16:00, in 42 s"),
            ("2026-12-23T16:29:59Z", true, "17:29, in 1 h 30 min"),
            ("2026-12-24T08:00:00Z", true, "Thu 09:00, in 17 h"),
            ("2027-01-07T10:00:00Z", true, "2027-01-07 11:00, in 14 d 19 h"),
            ("2026-12-23T14:00:00Z", true, "15:00, now"),
            ("2026-12-23T15:00:00.700Z", true, "16:00, now"),
            ("2026-12-23T14:59:59.700Z", false, "15:59, now"),
            ("2026-12-23T14:35:00Z", false, "15:35, 25 min ago"),
            ("2026-12-22T14:35:00Z", false, "Tue 15:35, 1 d ago"),
        ] {
            let (now, at) = (now(), at.parse().unwrap());
            assert_eq!(if ahead { now.end(at) } else { now.start(at) }, expected);
        }
    }
}
