//! Hours against a naive clock that looks every minute, their text there and back, and moments as tables.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use jiff::civil::{Date, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;

use super::*;

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    // Fifteen minutes beside everybody, and 45 when it changes.
    "Pacific/Chatham",
    // Daylight saving time is the negative one, around Ramadan.
    "Africa/Casablanca",
    // Half an hour of daylight saving time.
    "Australia/Lord_Howe",
    // Changes at midnight, so that a day may begin at 01:00 or its last hour come twice.
    "America/Havana",
];

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn hours(text: &str, name: &str) -> Hours {
    Hours::parse(text, zone(name)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn wall(text: &str) -> Wall {
    Wall::from_unix_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

fn text(wall: Option<Wall>) -> String {
    wall.map_or("never".into(), |wall| {
        Timestamp::from_millisecond(wall.as_unix_millis()).unwrap().to_string()
    })
}

fn plus(wall: Wall, millis: i64) -> Wall {
    Wall::from_unix_millis(wall.as_unix_millis() + millis)
}

#[test]
fn a_text_is_read_and_written_in_its_shortest_form() {
    let cases = [
        ("mo-fr 09:30-18:00, sa su 10:00-20:00, 2026-12-24 10:00-14:00, 2026-12-25 closed", ""),
        ("always", ""),
        ("never", ""),
        ("fr 20:00-02:00", ""),
        ("mo-fr 09:00-12:00 13:00-18:00", ""),
        ("mo we fr 09:00-18:00, tu th 10:00-18:00", ""),
        ("never, 2026-12-24..2027-01-01 10:00-14:00", ""),
        ("  Mo-Fri  9:30–18:00 ; SATURDAY sun 10:00-20:00 ", "mo-fr 09:30-18:00, sa su 10:00-20:00"),
        ("mo-su 10:00-18:00, mo closed", "tu-su 10:00-18:00"),
        ("sa-mo 10:00-18:00", "mo sa su 10:00-18:00"),
        ("mo-fr 13:00-18:00, 09:00-12:00, sa 10:00-11:00", "mo-fr 09:00-12:00 13:00-18:00, sa 10:00-11:00"),
        ("mo-su 00:00-24:00", "always"),
        ("mo-su closed", "never"),
        ("always, mo closed", "tu-su 00:00-24:00"),
        ("fr 20:00-00:00", "fr 20:00-24:00"),
        ("never, 2026-12-24 closed, 2026-12-25 closed", "never, 2026-12-24..2026-12-25 closed"),
        ("2026-12-24 closed, always", "always, 2026-12-24 closed"),
    ];
    for (given, expected) in cases {
        let read = hours(given, "Europe/Berlin");
        assert_eq!(read.to_string(), if expected.is_empty() { given } else { expected });
    }
}

#[test]
fn what_cannot_be_read_is_taught() {
    let cases = [
        ("", "says nothing of the days of the week"),
        (" , ", "says nothing of the days of the week"),
        ("2026-12-25 closed", "says nothing of the days of the week"),
        ("montag 09:30-18:00", "`montag` is neither day nor date nor hours"),
        ("m 09:30-18:00", "`m` is neither day nor date nor hours"),
        ("mo 0930", "`0930` is neither day nor date nor hours"),
        ("mo 25:00-26:00", "`25:00` is no time of day"),
        ("mo 24:00-02:00", "`24:00` is no time of day"),
        ("mo 09:60-10:00", "`09:60` is no time of day"),
        ("mo 9:5-10:00", "`9:5` is no time of day"),
        ("mo 09:30-", "`` is no time of day"),
        ("mo 24:01-10:00", "`24:01` is no time of day"),
        ("mo +9:30-10:00", "`+9:30-10:00` is neither day nor date nor hours"),
        ("never, 24.12.2026 closed", "`24.12.2026` is no date"),
        ("never, 2026-02-29 closed", "`2026-02-29` is no date"),
        ("never, 2026-1-1 closed", "`2026-1-1` is no date"),
        ("never, 2026-12-26..2026-12-24 closed", "`2026-12-26..2026-12-24` ends before it begins"),
        ("mo 09:30-09:30", "`09:30-09:30` ends when it begins"),
        ("mo-fr", "`mo-fr` has no hours"),
        ("mo, tu 09:30-18:00", "`mo` has no hours"),
        (
            "09:30-18:00",
            "`09:30-18:00` stands before any day: expected days first, such as `mo-fr 09:30-18:00`",
        ),
        ("mo 09:30-18:00 tu 10:00-12:00", "`tu` stands behind hours: expected a comma before it"),
        ("mo 2026-12-24 09:30-18:00", "`2026-12-24` stands behind hours"),
        ("mo 09:30-18:00 closed", "`closed` stands beside hours"),
        ("mo 09:30-18:00, closed", "`closed` stands beside hours"),
        ("mo closed, 09:30-18:00", "`closed` stands beside hours"),
        ("mo always", "`always` stands beside hours"),
        ("always 09:30-18:00", "`always` stands beside hours"),
        ("mo 09:00-12:00 11:00-13:00", "09:00-12:00 and 11:00-13:00 overlap on the same day"),
        ("mo 20:00-03:00 22:00-23:00", "20:00-03:00 and 22:00-23:00 overlap on the same day"),
        ("never, 2026-01-01..2027-02-05 closed", "has more than 400 dates that differ"),
    ];
    for (given, expected) in cases {
        let said = Hours::parse(given, TimeZone::UTC).map(|it| it.to_string()).unwrap_err().to_string();
        assert!(said.starts_with(expected), "{given}: {said}");
    }
    let spans: String = (0..17).map(|hour| format!(" {hour:02}:00-{hour:02}:30")).collect();
    let error = Hours::parse(&format!("mo{spans}"), TimeZone::UTC).unwrap_err();
    assert_eq!(error, InvalidHours::TooMany(MAX_SPANS, "spans on one day"));
    let long = " ".repeat(MAX_TEXT + 1);
    assert_eq!(Hours::parse(&long, TimeZone::UTC), Err(InvalidHours::TooMany(MAX_TEXT, "bytes")));
}

/// Hours, zone, a moment, and the changes after it.
type Course = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[test]
fn hours_follow_the_clock_on_the_wall() {
    let courses: &[Course] = &[
        // Spring in Berlin: 02:00 to 03:00 does not happen.
        (
            "su 02:30-04:00",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"],
        ),
        ("su 02:15-02:45", "Europe/Berlin", "2026-03-28T12:00:00Z", &["2026-04-05T00:15:00Z"]),
        (
            "su 01:00-02:30",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"],
        ),
        // Autumn: 02:00 to 03:00 comes twice.
        (
            "su 02:15-02:45",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z"],
        ),
        (
            "sa 22:00-02:00",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-24T20:00:00Z", "2026-10-25T00:00:00Z"],
        ),
        (
            "sa 22:00-03:00",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-24T20:00:00Z", "2026-10-25T02:00:00Z"],
        ),
        // The day of the change opens by its own clock.
        (
            "su 09:30-18:00",
            "Europe/Berlin",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T07:30:00Z", "2026-03-29T16:00:00Z"],
        ),
        (
            "su 09:30-18:00",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T08:30:00Z", "2026-10-25T17:00:00Z"],
        ),
        // A leap day, by name and as the day between.
        (
            "never, 2028-02-29 10:00-11:00",
            "Europe/Berlin",
            "2026-01-01T00:00:00Z",
            &["2028-02-29T09:00:00Z", "2028-02-29T10:00:00Z", "never"],
        ),
        ("tu 23:00-01:00", "UTC", "2028-02-29T12:00:00Z", &["2028-02-29T23:00:00Z", "2028-03-01T01:00:00Z"]),
        // The night before a closed date runs to its end.
        (
            "th 20:00-02:00, fr 20:00-02:00, 2026-12-25 closed",
            "UTC",
            "2026-12-24T12:00:00Z",
            &["2026-12-24T20:00:00Z", "2026-12-25T02:00:00Z", "2026-12-31T20:00:00Z"],
        ),
        // Midnight is no edge where it stays open.
        (
            "always, 2026-12-25 closed",
            "UTC",
            "2026-12-20T00:00:00Z",
            &["2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z", "never"],
        ),
        (
            "mo 00:00-24:00, tu 00:00-10:00",
            "UTC",
            "2026-11-22T00:00:00Z",
            &["2026-11-23T00:00:00Z", "2026-11-24T10:00:00Z"],
        ),
        ("always", "Europe/Berlin", "2026-01-01T00:00:00Z", &["never"]),
        ("never", "Europe/Berlin", "2026-01-01T00:00:00Z", &["never"]),
        // Beyond the horizon.
        ("never, 2040-01-01 10:00-11:00", "UTC", "2026-01-01T00:00:00Z", &["never"]),
        // A day that Samoa left out.
        ("fr 10:00-12:00", "Pacific/Apia", "2011-12-29T12:00:00Z", &["2012-01-05T20:00:00Z"]),
    ];
    for &(given, name, start, expected) in courses {
        let hours = hours(given, name);
        let mut at = wall(start);
        for &expected in expected {
            let next = hours.next_change(at);
            assert_eq!(text(next), expected, "{given} in {name} after {}", text(Some(at)));
            let Some(next) = next else { break };
            assert_ne!(hours.open_at(plus(next, -1)), hours.open_at(next), "to the millisecond");
            assert_eq!(hours.last_change(next), Some(next));
            assert_eq!(hours.last_change(plus(next, 1)), Some(next));
            assert!(hours.last_change(plus(next, -1)) < Some(next));
            assert_eq!(hours.next_change(plus(next, -1)), Some(next));
            at = next;
        }
    }
}

#[test]
fn the_ends_of_time_are_answered() {
    for given in ["always", "never", "mo-fr 09:30-18:00", "always, 2026-12-25 closed"] {
        let hours = hours(given, "Europe/Berlin");
        for millis in [i64::MIN, -377_705_023_201_000, 0, 253_402_207_200_999, i64::MAX] {
            let at = Wall::from_unix_millis(millis);
            let open = hours.open_at(at);
            assert_eq!(open, hours.last_change(at).map_or(open, |last| hours.open_at(last)));
            assert!(hours.next_change(at).is_none_or(|next| next > at));
            assert!(hours.last_change(at).is_none_or(|last| last <= at));
        }
    }
}

/// What a text says, kept apart from how the machine keeps it: (weekday or date, spans in minutes).
#[derive(Clone, Debug)]
struct Naive {
    entries: Vec<(On, Vec<(i64, i64)>)>,
}

#[derive(Clone, Copy, Debug)]
enum On {
    Weekday(u8),
    Date(Date),
}

impl Naive {
    fn spans(&self, day: Date) -> &[(i64, i64)] {
        let of = |wanted: fn(&On, Date) -> bool| {
            self.entries.iter().rev().find(|(on, _)| wanted(on, day)).map(|(_, spans)| spans.as_slice())
        };
        let by_date = of(|on, day| matches!(on, On::Date(date) if *date == day));
        let by_weekday = || {
            of(|on, day| matches!(on, On::Weekday(at) if *at == day.weekday().to_monday_zero_offset() as u8))
        };
        by_date.or_else(by_weekday).unwrap_or_default()
    }

    /// By minutes since the midnight of each of two days.
    fn open_at(&self, zone: &TimeZone, at: Wall) -> bool {
        let shown = zone.to_datetime(timestamp(at));
        let minute = i64::from(shown.hour()) * 60 + i64::from(shown.minute());
        [(0, minute), (1, minute + 24 * 60)].iter().any(|&(back, minute)| {
            let day = shown.date().checked_sub(back.days()).unwrap();
            self.spans(day).iter().any(|&(from, to)| (from..to).contains(&minute))
        })
    }

    fn text(&self) -> String {
        let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
        let entries = self.entries.iter().map(|(on, spans)| {
            let day = match on {
                On::Weekday(at) => ["mo", "tu", "we", "th", "fr", "sa", "su"][usize::from(*at)].to_string(),
                On::Date(date) => date.to_string(),
            };
            let spans = spans.iter().map(|&(from, to)| {
                format!(" {}-{}", clock(from), clock(if to > 1_440 { to - 1_440 } else { to }))
            });
            let spans: String = spans.collect();
            if spans.is_empty() { format!("{day} closed") } else { format!("{day}{spans}") }
        });
        let entries: Vec<String> = entries.collect();
        format!("never, {}", entries.join(", "))
    }
}

/// Up to three spans of one day; minutes that DST moves, and midnight, come often.
fn day_spans() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let minute = prop_oneof![0..1_440_i64, 0..240_i64, Just(0), Just(120), Just(180), Just(1_439)];
    let length = prop_oneof![1..1_440_i64, 1..120_i64, Just(1)];
    prop::collection::vec((minute, length), 0..4).prop_map(|drawn| {
        let mut spans: Vec<(i64, i64)> = vec![];
        for (from, length) in drawn {
            let to = from + length;
            if spans.iter().all(|&(other, end)| to <= other || end <= from) {
                spans.push((from, to));
            }
        }
        spans
    })
}

fn naive() -> impl Strategy<Value = Naive> {
    // Dates about the changes of the year 2026, so that they meet.
    let about = prop_oneof![
        Just(date(2026, 3, 29)),
        Just(date(2026, 10, 25)),
        Just(date(2026, 4, 5)),
        Just(date(2026, 11, 1)),
        Just(date(2026, 3, 8)),
        Just(date(2026, 2, 15)),
        Just(date(2028, 2, 28)),
    ];
    let dated = (about, -3..4_i64).prop_map(|(date, days)| On::Date(date.checked_add(days.days()).unwrap()));
    let on = prop_oneof![4 => (0..7_u8).prop_map(On::Weekday), 1 => dated];
    prop::collection::vec((on, day_spans()), 0..9).prop_map(|entries| Naive { entries })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_written_reads_as_the_same_hours(naive in naive()) {
        let hours = hours(&naive.text(), "UTC");
        let written = hours.to_string();
        let again = Hours::parse(&written, TimeZone::UTC);
        prop_assert_eq!(again.as_ref(), Ok(&hours), "{}", written);
        prop_assert_eq!(again.unwrap().to_string(), written);
    }

    #[test]
    fn no_text_panics(text in "[a-z0-9:;,.\\-– ]{0,40}|(mo|tu-fr|always|never|closed|2026-12-2[0-9]|[0-2][0-9]:[0-5]0-[0-2][0-9]:30|,| |\\.\\.){0,12}") {
        if let Ok(hours) = Hours::parse(&text, TimeZone::UTC) {
            prop_assert_eq!(Hours::parse(&hours.to_string(), TimeZone::UTC), Ok(hours));
        }
    }

    /// Two days around each moment, minute by minute: where the machine says that nothing changes, nothing does.
    #[test]
    fn between_changes_nothing_changes(
        naive in naive(),
        name in prop::sample::select(&ZONES[..]),
        day in prop_oneof![0..365_i64, 80..95_i64, 295..310_i64, Just(787)],
        millis in 0..86_400_000_i64,
        minutes in prop::collection::vec(0..2_880_i64, 12),
    ) {
        let hours = hours(&naive.text(), name);
        let start = plus(wall("2026-01-01T00:00:00Z"), day * 86_400_000 + millis);
        let open = naive.open_at(hours.zone(), start);
        prop_assert_eq!(hours.open_at(start), open);
        let next = hours.next_change(start);
        if let Some(next) = next {
            prop_assert!(next > start);
            prop_assert_eq!(naive.open_at(hours.zone(), next), !open);
            prop_assert_eq!(naive.open_at(hours.zone(), plus(next, -1)), open);
            prop_assert_eq!(hours.last_change(next), Some(next));
        }
        for minute in minutes {
            let at = plus(start, minute * 60_000);
            if next.is_none_or(|next| at < next) {
                prop_assert_eq!(naive.open_at(hours.zone(), at), open, "at {}", text(Some(at)));
            }
        }
    }
}

/// A whole year in each zone, every minute.
#[test]
fn a_year_of_minutes_agrees_with_the_naive_clock() {
    let plan = Naive {
        entries: vec![
            (On::Weekday(0), vec![(570, 1_080)]),
            (On::Weekday(2), vec![(540, 720), (780, 1_080)]),
            (On::Weekday(4), vec![(1_200, 1_560)]),
            (On::Weekday(5), vec![(20, 50), (1_380, 1_440)]),
            (On::Weekday(6), vec![(135, 165), (600, 1_200)]),
            (On::Date(date(2028, 2, 29)), vec![(600, 840)]),
            (On::Date(date(2028, 12, 25)), vec![]),
        ],
    };
    for name in ZONES {
        let hours = hours(&plan.text(), name);
        let start = wall("2028-01-01T00:00:00Z");
        let mut open = plan.open_at(hours.zone(), start);
        let mut next = hours.next_change(start);
        let mut changes = 0;
        for minute in 1..=366 * 24 * 60_i64 {
            let at = plus(start, minute * 60_000);
            let now = plan.open_at(hours.zone(), at);
            if now != open {
                assert_eq!(next, Some(at), "{name}: expected {}", text(Some(at)));
                next = hours.next_change(at);
                changes += 1;
            }
            open = now;
        }
        assert!(next > Some(plus(start, 366 * 86_400_000)), "{name}: {}", text(next));
        assert!(changes > 700, "{name}: {changes}");
    }
}
