//! When nobody was to be judged, by calendar and by windows that come again: time that no uptime counts.
//!
//! What the calendar says now counts for the past as well; what a signal said then is not known. Not here: mutes that begin
//! and end once, which are rows ([`crate::store::Reader::uptime`]).

use std::ops::Range;

use hb_core::id::Who;
use hb_core::window::{self, Hours, Input, Mutes, Phase, Subject};
use hb_lease::time::Wall;

use crate::store::row::Mute;
use crate::watch::Config;

/// What says when somebody is judged.
#[derive(Debug)]
pub struct Closings {
    calendars: Mutes,
    windows: Vec<(window::Scope, Hours, Range<Wall>)>,
}

impl Closings {
    /// By the configuration, and by what people set to come `again`.
    #[must_use]
    pub fn new(config: &Config, again: &[Mute]) -> Self {
        let mut calendars =
            Mutes::new(window::Config { boot_grace: config.boot_grace, ..Default::default() });
        let always = Wall::from_unix_millis(i64::MIN)..Wall::from_unix_millis(i64::MAX);
        let who = Who::new("config", "hb.toml").expect("two plain words");
        for (scope, hours) in &config.calendars {
            let calendar =
                Input::Calendar { scope: scope.clone(), hours: Some(hours.clone()), who: who.clone() };
            // Who configures more than there may be is told by whoever judges by them.
            calendars.handle(Wall::from_unix_millis(0), calendar, &mut Vec::new());
        }
        let mut windows: Vec<_> =
            config.windows.iter().map(|it| (it.scope.clone(), it.hours.clone(), always.clone())).collect();
        // A row that cannot be read silenced nobody.
        windows.extend(again.iter().filter_map(|mute| {
            let hours = Hours::parse(mute.hours.as_deref()?, config.zone.clone()).ok()?;
            let end = [mute.until, mute.lifted].into_iter().flatten().min().unwrap_or(always.end);
            Some((mute.scope.parse().ok()?, hours, mute.from..end))
        }));
        Self { calendars, windows }
    }

    /// Spans within `span` in which `subject` was closed, had just opened, or was in a window; they may overlap.
    #[must_use]
    pub fn of(&self, subject: Subject<'_>, span: &Range<Wall>) -> Vec<Range<Wall>> {
        let calendars = &self.calendars;
        let shut = |at| calendars.phase_at(at, subject) != Phase::Open;
        let mut found = spans(span, shut, |at| calendars.next_change(at));
        for (_, hours, valid) in self.windows.iter().filter(|(scope, ..)| scope.covers(subject)) {
            let span = span.start.max(valid.start)..span.end.min(valid.end);
            found.extend(spans(&span, |at| hours.open_at(at), |at| hours.next_change(at)));
        }
        found
    }
}

/// The parts of `span` in which `holds`, which changes at most where `next` says.
fn spans(
    span: &Range<Wall>,
    holds: impl Fn(Wall) -> bool,
    next: impl Fn(Wall) -> Option<Wall>,
) -> Vec<Range<Wall>> {
    let (mut found, mut at) = (Vec::new(), span.start);
    while at < span.end {
        let end = next(at).filter(|&next| next > at).unwrap_or(span.end).min(span.end);
        if holds(at) {
            found.push(at..end);
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::watch::Window;

    use super::*;

    fn at(text: &str) -> Wall {
        Wall::from_unix_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn hours(text: &str) -> Hours {
        Hours::parse(text, TimeZone::UTC).unwrap()
    }

    fn minutes(spans: &[Range<Wall>]) -> i64 {
        let length = |span: &Range<Wall>| span.end.as_unix_millis() - span.start.as_unix_millis();
        spans.iter().map(length).sum::<i64>() / 60_000
    }

    fn subject(host: &str) -> Subject<'_> {
        Subject { groups: &["hall 3"], host, slot: "", app: "Tetris" }
    }

    #[test]
    fn nights_and_the_minutes_after_opening_are_nobodys_fault() {
        let calendars = vec![
            ("everything".parse().unwrap(), hours("mo-su 10:00-18:00")),
            ("kiosk-2/*".parse().unwrap(), hours("mo-su 10:00-20:00")),
        ];
        let config = Config { calendars, ..Config::default() };
        let closings = Closings::new(&config, &[]);
        let week = at("2026-11-16T00:00:00Z")..at("2026-11-23T00:00:00Z");
        assert_eq!(minutes(&closings.of(subject("kiosk-1"), &week)), 7 * (16 * 60 + 5));
        assert_eq!(
            minutes(&closings.of(subject("kiosk-2"), &week)),
            7 * (14 * 60 + 5),
            "the more special counts"
        );
        assert_eq!(minutes(&Closings::new(&Config::default(), &[]).of(subject("kiosk-1"), &week)), 0);
    }

    #[test]
    fn windows_count_while_they_were_in_force() {
        let window = Window {
            scope: "group:hall 3".parse().unwrap(),
            hours: hours("mo 07:00-08:00"),
            reason: String::new(),
        };
        let config = Config { windows: vec![window], ..Config::default() };
        let again = |scope: &str, hours: &str, lifted: Option<&str>| Mute {
            number: 1,
            scope: scope.into(),
            kind: "maintenance".into(),
            from: at("2026-11-17T00:00:00Z"),
            until: None,
            hours: Some(hours.into()),
            opening: false,
            by: "Ada".into(),
            place: "cli".into(),
            reason: String::new(),
            lifted: lifted.map(at),
        };
        let rows = [
            again("kiosk-1/*", "mo-su 03:00-03:30", Some("2026-11-19T03:10:00Z")),
            again("other/*", "always", None),
            again("kiosk-1/*", "at times", None),
        ];
        let closings = Closings::new(&config, &rows);
        let fortnight = at("2026-11-16T00:00:00Z")..at("2026-11-30T00:00:00Z");
        assert_eq!(minutes(&closings.of(subject("kiosk-1"), &fortnight)), 2 * 60 + 30 + 30 + 10);
    }
}
