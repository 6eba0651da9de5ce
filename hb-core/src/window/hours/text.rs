//! Hours as a technician writes them, read with errors that teach, and written in their shortest form.
//!
//! Not here: what they mean at a moment ([`super::plan`]).

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use jiff::civil::Date;

use super::Hours;
use super::plan::{DAY, Day, Plan, Span};

/// Longest text of hours, in bytes.
pub const MAX_TEXT: usize = 8 * 1024;
/// Most dates that may differ: each day of a leap year, and the Christmas after it.
pub const MAX_DATES: usize = 400;
/// Most spans of one day.
pub const MAX_SPANS: usize = 16;

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Why a text gives no hours. Meant for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    /// No entry for the days of the week.
    #[error(
        "says nothing of the days of the week: expected days and hours such as `mo-fr 09:30-18:00`, \
         or `always` or `never` before dates that differ"
    )]
    NoWeek,
    /// A word of no known kind.
    #[error(
        "`{0}` is neither day nor date nor hours: expected `mo`, `mo-fr`, `2026-12-24`, `09:30-18:00`, \
         `closed`, `always` or `never`"
    )]
    Word(Box<str>),
    /// The clock never shows this.
    #[error("`{0}` is no time of day: expected hours and minutes from 00:00 to 24:00, such as 09:30")]
    Time(Box<str>),
    /// The calendar has no such day.
    #[error("`{0}` is no date: expected year, month and day of one that exists, such as 2026-12-24")]
    Date(Box<str>),
    /// A range of dates that ends before it begins.
    #[error("`{0}` ends before it begins: expected the first date and then the last")]
    Backwards(Box<str>),
    /// A span without length.
    #[error("`{0}` ends when it begins: write 00:00-24:00 for the whole day or `closed` for none of it")]
    Empty(Box<str>),
    /// An entry that names days and no hours.
    #[error("`{0}` has no hours: expected a span such as 09:30-18:00, or `closed`, behind it")]
    NoHours(Box<str>),
    /// Hours before any day was named.
    #[error("`{0}` stands before any day: expected days first, such as `mo-fr {0}`")]
    NoDays(Box<str>),
    /// A day behind hours.
    #[error("`{0}` stands behind hours: expected a comma before it")]
    NoComma(Box<str>),
    /// `closed` beside hours, or `always` or `never` beside anything.
    #[error("`{0}` stands beside hours of the same days: expected the one or the other")]
    Both(Box<str>),
    /// Two spans of one day share minutes.
    #[error("{0} and {1} overlap on the same day: write one span")]
    Overlap(Box<str>, Box<str>),
    /// More than a limit.
    #[error("has more than {0} {1}: expected fewer")]
    TooMany(usize, &'static str),
}

/// What the hours of an entry are about.
enum Days {
    /// From Monday on.
    Week([bool; 7]),
    Dates(Date, Date),
}

pub(super) fn parse(text: &str) -> Result<Plan, InvalidHours> {
    if text.len() > MAX_TEXT {
        return Err(InvalidHours::TooMany(MAX_TEXT, "bytes"));
    }
    let mut plan = Plan::default();
    let mut week = false;
    // Hours without days belong to those of the entry before.
    let mut last: Option<(Days, Option<Day>)> = None;
    for entry in text.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
        let (days, hours) = split(entry)?;
        if let Some(days) = days {
            last = Some((days, None));
        }
        let Some((days, said)) = &mut last else {
            return Err(InvalidHours::NoDays(hours.first().copied().unwrap_or(entry).into()));
        };
        let day = read_day(&hours, said.take())?;
        week |= matches!(days, Days::Week(_));
        assign(&mut plan, days, &day)?;
        *said = Some(day);
    }
    if week { Ok(plan) } else { Err(InvalidHours::NoWeek) }
}

fn assign(plan: &mut Plan, days: &Days, day: &Day) -> Result<(), InvalidHours> {
    match days {
        Days::Week(named) => {
            for (slot, _) in plan.week.iter_mut().zip(named).filter(|(_, named)| **named) {
                slot.clone_from(day);
            }
        }
        Days::Dates(first, last) => {
            let next = |date: &Date| date.tomorrow().ok();
            for date in core::iter::successors(Some(*first), next).take_while(|date| date <= last) {
                plan.dates.insert(date, day.clone());
                if plan.dates.len() > MAX_DATES {
                    return Err(InvalidHours::TooMany(MAX_DATES, "dates that differ"));
                }
            }
        }
    }
    Ok(())
}

/// The days of an entry, if it names any, and the words of its hours.
fn split(entry: &str) -> Result<(Option<Days>, Vec<&str>), InvalidHours> {
    if whole_week(entry) {
        return Ok((Some(Days::Week([true; 7])), [entry].into()));
    }
    let mut days: Option<Days> = None;
    let mut hours = Vec::new();
    for word in entry.split_whitespace() {
        if whole_week(word) {
            return Err(InvalidHours::Both(word.into()));
        }
        if is_hours(word) {
            hours.push(word);
            continue;
        }
        let digit = word.starts_with(|c: char| c.is_ascii_digit());
        let read = if digit { read_dates(word)? } else { read_week(word)? };
        days = Some(match (days, read) {
            _ if !hours.is_empty() => return Err(InvalidHours::NoComma(word.into())),
            (None, read) => read,
            (Some(Days::Week(mut named)), Days::Week(more)) => {
                named.iter_mut().zip(more).for_each(|(named, more)| *named |= more);
                Days::Week(named)
            }
            _ => return Err(InvalidHours::NoComma(word.into())),
        });
    }
    if hours.is_empty() { Err(InvalidHours::NoHours(entry.into())) } else { Ok((days, hours)) }
}

fn whole_week(word: &str) -> bool {
    word.eq_ignore_ascii_case("always") || word.eq_ignore_ascii_case("never")
}

fn is_hours(word: &str) -> bool {
    let many = |sign: char| word.matches(sign).count() > 1;
    let date = many('-') || many('/') || (many('.') && !word.contains(['-', '–']));
    word.eq_ignore_ascii_case("closed") || (word.starts_with(|c: char| c.is_ascii_digit()) && !date)
}

/// The spans of `words`, with what was `said` before of the same days.
fn read_day(words: &[&str], said: Option<Day>) -> Result<Day, InvalidHours> {
    for word in words {
        let day = match word.to_ascii_lowercase().as_str() {
            "always" => Day::from([Span::WHOLE]),
            "never" | "closed" => Day::new(),
            _ => continue,
        };
        let alone = words.len() == 1 && said.is_none();
        return if alone { Ok(day) } else { Err(InvalidHours::Both((*word).into())) };
    }
    if said.as_ref().is_some_and(Vec::is_empty) {
        return Err(InvalidHours::Both("closed".into()));
    }
    let mut day = said.unwrap_or_default();
    for word in words {
        day.push(read_span(word)?);
    }
    if day.len() > MAX_SPANS {
        return Err(InvalidHours::TooMany(MAX_SPANS, "spans on one day"));
    }
    day.sort_unstable();
    match day.windows(2).find(|pair| pair[0].to > pair[1].from) {
        Some(pair) => Err(InvalidHours::Overlap(written(pair[0]), written(pair[1]))),
        None => Ok(day),
    }
}

fn written(span: Span) -> Box<str> {
    span.to_string().into()
}

fn read_span(word: &str) -> Result<Span, InvalidHours> {
    // A dash comes along when hours are copied from a letter.
    let Some((from, to)) = word.split_once(['-', '–']) else {
        return Err(InvalidHours::Word(word.into()));
    };
    let (start, mut end) = (read_time(from)?, read_time(to)?);
    if start == DAY {
        return Err(InvalidHours::Time(from.into()));
    }
    if start == end {
        return Err(InvalidHours::Empty(word.into()));
    }
    if end < start {
        end += DAY;
    }
    Ok(Span { from: start, to: end })
}

/// Minutes since midnight.
fn read_time(word: &str) -> Result<u16, InvalidHours> {
    let digits = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse::<u16>().ok() } else { None }
    };
    let read = word.split_once(':').and_then(|(hour, minute)| {
        let (hour, minute) = (digits(hour, 2)?, digits(minute, 2).filter(|_| minute.len() == 2)?);
        let minutes = hour * 60 + minute;
        (minute < 60 && minutes <= DAY).then_some(minutes)
    });
    read.ok_or_else(|| InvalidHours::Time(word.into()))
}

fn read_dates(word: &str) -> Result<Days, InvalidHours> {
    let (first, last) = word.split_once("..").unwrap_or((word, word));
    let read = |text: &str| -> Result<Date, InvalidHours> {
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = if plain { text.parse().ok() } else { None };
        date.ok_or_else(|| InvalidHours::Date(text.into()))
    };
    let (first, last) = (read(first)?, read(last)?);
    if last < first { Err(InvalidHours::Backwards(word.into())) } else { Ok(Days::Dates(first, last)) }
}

fn read_week(word: &str) -> Result<Days, InvalidHours> {
    let lower = word.to_ascii_lowercase();
    let day = |name: &str| DAYS.iter().position(|day| name.len() >= 2 && day.starts_with(name));
    let (first, last) = lower.split_once(['-', '–']).unwrap_or((&lower, &lower));
    let (Some(first), Some(last)) = (day(first), day(last)) else {
        return Err(InvalidHours::Word(word.into()));
    };
    let mut named = [false; 7];
    for offset in 0..=(last + 7 - first) % 7 {
        named[(first + offset) % 7] = true;
    }
    Ok(Days::Week(named))
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to = if self.to > DAY { self.to - DAY } else { self.to };
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, to / 60, to % 60)
    }
}

impl fmt::Display for Hours {
    /// The shortest text that [`Hours::parse`] reads as the same hours, without the zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = &self.plan;
        if plan.week.iter().all(Vec::is_empty) {
            f.write_str("never")?;
        } else if plan.week.iter().all(|day| **day == [Span::WHOLE]) {
            f.write_str("always")?;
        } else {
            let mut comma = "";
            for (first, day) in plan.week.iter().enumerate() {
                if !day.is_empty() && !plan.week[..first].contains(day) {
                    f.write_str(comma)?;
                    write_days(f, &plan.week, day)?;
                    write_hours(f, day)?;
                    comma = ", ";
                }
            }
        }
        let mut dates = plan.dates.iter().peekable();
        while let Some((first, day)) = dates.next() {
            let mut last = *first;
            while let Some((date, _)) =
                dates.next_if(|(date, next)| last.tomorrow().is_ok_and(|it| it == **date) && *next == day)
            {
                last = *date;
            }
            write!(f, ", {first}")?;
            if last != *first {
                write!(f, "..{last}")?;
            }
            write_hours(f, day)?;
        }
        Ok(())
    }
}

/// The days of `week` that are like `day`: three and more in a row as a range.
fn write_days(f: &mut fmt::Formatter<'_>, week: &[Day; 7], day: &Day) -> fmt::Result {
    let mut at = 0;
    let mut blank = "";
    while at < week.len() {
        let run = week[at..].iter().take_while(|it| *it == day).count();
        if run >= 3 {
            write!(f, "{blank}{}-{}", &DAYS[at][..2], &DAYS[at + run - 1][..2])?;
            blank = " ";
        } else {
            for name in &DAYS[at..at + run] {
                write!(f, "{blank}{}", &name[..2])?;
                blank = " ";
            }
        }
        at += run.max(1);
    }
    Ok(())
}

fn write_hours(f: &mut fmt::Formatter<'_>, day: &Day) -> fmt::Result {
    if day.is_empty() {
        return f.write_str(" closed");
    }
    day.iter().try_for_each(|span| write!(f, " {span}"))
}
