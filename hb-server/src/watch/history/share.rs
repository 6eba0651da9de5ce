//! How much of a span screens worked: per app, and what several are together.
//!
//! Not here: the sums over one app's transitions ([`crate::store::uptime()`]).

use hb_core::id::OwnedIdentity;
use hb_core::window::Subject;
use hb_lease::time::Wall;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Closings;
use crate::store::{Reader, Seconds, Uptime};
use crate::watch::Config;

/// From when until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Wall,
    /// The moment after the last.
    pub to: Wall,
}

/// What is no time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpan {
    /// Neither a date nor a span.
    #[error(
        "`{0}` is no time: expected one like 2026-11-20T09:30:00Z, or a span before now like 90m, 24h or 30d"
    )]
    Text(String),
    /// It ends before it begins.
    #[error("it ends before it begins: expected `from` to be earlier than `to`")]
    Backwards,
}

impl Span {
    /// The span that two texts say at `now`: each a time, or how long before now; without `to` until now, without `from`
    /// thirty days.
    ///
    /// # Errors
    /// A text that is none of these, or an end before the beginning.
    pub fn before(now: Wall, from: Option<&str>, to: Option<&str>) -> Result<Self, InvalidSpan> {
        let from = moment(now, from.filter(|text| !text.is_empty()).unwrap_or("30d"))?;
        let to = to.filter(|text| !text.is_empty()).map_or(Ok(now), |text| moment(now, text))?;
        if from < to { Ok(Self { from, to }) } else { Err(InvalidSpan::Backwards) }
    }
}

fn moment(now: Wall, text: &str) -> Result<Wall, InvalidSpan> {
    let invalid = || InvalidSpan::Text(text.chars().take(80).collect());
    let unit = |text: &str| match text {
        "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        "d" => Some(86_400_000_i64),
        "w" => Some(7 * 86_400_000),
        _ => None,
    };
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if let (Ok(count), Some(unit)) = (text[..end].parse::<i64>(), unit(&text[end..])) {
        let ago = count.checked_mul(unit).ok_or_else(invalid)?;
        return Ok(Wall::from_unix_millis(now.as_unix_millis().saturating_sub(ago)));
    }
    // In an address a + is a blank.
    let stamp = text.replace(' ', "+").parse::<Timestamp>();
    let day = || text.parse::<jiff::civil::Date>().and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
    let stamp = stamp.or_else(|_| day().map(|day| day.timestamp())).map_err(|_| invalid())?;
    Ok(Wall::from_unix_millis(stamp.as_millisecond()))
}

/// How much of a span one app worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who.
    pub app: OwnedIdentity,
    /// How much.
    pub uptime: Uptime,
}

/// A [`Share`] as the API and `hb uptime --json` say it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub struct Told<'a> {
    /// The host.
    pub host: &'a str,
    /// Its window of the host.
    pub slot: &'a str,
    /// The app's id.
    pub app: &'a str,
    /// How much.
    #[schema(value_type = Seconds)]
    pub uptime: Uptime,
}

impl Share {
    /// As the API and `hb uptime --json` say it.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        let id = self.app.borrow();
        Told { host: id.host(), slot: id.slot(), app: id.app(), uptime: self.uptime }
    }
}

/// How much of `span` each app worked that is `wanted` and of which anything is known, in the order of their names.
///
/// # Errors
/// The memory cannot be read.
pub fn shares(
    reader: &mut Reader,
    config: &Config,
    span: Span,
    wanted: impl Fn(Subject<'_>) -> bool,
) -> Result<Vec<Share>, rusqlite::Error> {
    let when = span.from..span.to;
    let closings = Closings::new(config, &reader.recurring(when.clone())?);
    let mut found = Vec::new();
    for app in reader.apps()? {
        let id = app.borrow();
        let groups: Vec<&str> = config
            .tree
            .groups
            .iter()
            .filter(|group| group.members.iter().any(|pattern| pattern.matches(id)))
            .map(|group| &*group.name)
            .collect();
        let subject = Subject { groups: &groups, host: id.host(), slot: id.slot(), app: id.app() };
        if wanted(subject) {
            let uptime = reader.uptime(subject, when.clone(), &closings.of(subject, &when))?;
            found.push(Share { app: app.clone(), uptime });
        }
    }
    found.sort_by(|a, b| a.app.cmp(&b.app));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_as_people_say_it() {
        let at = |text: &str| Wall::from_unix_millis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let now = at("2026-11-21T12:00:00Z");
        let from = |from: &str| Span::before(now, Some(from), None).map(|span| span.from);
        assert_eq!(from("24h"), Ok(at("2026-11-20T12:00:00Z")));
        assert_eq!(from("2w"), Ok(at("2026-11-07T12:00:00Z")));
        assert_eq!(from("2026-11-01"), Ok(at("2026-11-01T00:00:00Z")));
        assert_eq!(from("2026-11-01T10:00:00 01:00"), Ok(at("2026-11-01T09:00:00Z")));
        assert_eq!(Span::before(now, None, None).unwrap().from, at("2026-10-22T12:00:00Z"));
        for text in ["yesterday", "3x", "99999999999999999999d", "-5d", "9223372036854775807w", "ü"] {
            assert_eq!(from(text), Err(InvalidSpan::Text(text.into())));
        }
        assert_eq!(Span::before(now, Some("1h"), Some("2h")), Err(InvalidSpan::Backwards));
    }
}
