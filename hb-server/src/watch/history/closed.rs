//! When nobody was to be judged, by calendar and by windows that come again: time that no uptime counts.
//!
//! What the calendar says now counts for the past as well; what a signal said then is not known. Not here: mutes that begin
//! and end once, which are rows ([`crate::store::Reader::uptime`]).

use std::ops::Range;

use hb_core::id::Who;
use hb_core::window::{self, Hours, Input, Mutes, Phase, Subject};
use hb_lease::time::Wall;

use crate::store::row::Mute;
use crate::watch::{Config, read_hours};

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
            let hours = read_hours(mute.hours.as_deref()?)?;
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
    use std::sync::Arc;
    use std::time::Duration;

    use hb_bus::runtime::Simulation;
    use hb_core::window::{Kind, MuteId, When};
    use jiff::tz::TimeZone;

    use crate::engine::clock::{Clock, Hand};
    use crate::engine::{self, Engine};
    use crate::store::{self, Store};
    use crate::watch::{Reply, Request, Watch, Window};

    use super::*;

    /// A watch in a time of our own, and its memory.
    struct House {
        engine: Engine,
        hand: Hand,
        store: Arc<Store>,
        watch: Watch,
    }

    impl House {
        fn new() -> Self {
            let (clock, hand) = Clock::manual();
            let engine = Engine::new(engine::Config::default(), clock, Simulation::new(1).handle());
            let store = Arc::new(Store::memory(store::Config::default()).unwrap());
            let watch = Watch::alone(&engine, &store);
            Self { engine, hand, store, watch }
        }

        fn pass(&self, until: &str) {
            let clock = self.engine.clock();
            let left = at(until).as_unix_millis() - clock.wall(clock.now()).as_unix_millis();
            self.hand.advance(Duration::from_millis(left.unsigned_abs()));
            self.engine.run_due();
        }

        async fn mute(&self, scope: &str, hours: &str, zone: &str) -> MuteId {
            let hours = Hours::parse(hours, TimeZone::get(zone).unwrap()).unwrap();
            let (scope, when) = (scope.parse().unwrap(), When::During(hours));
            let mute = window::Mute::new(scope, when, Kind::Maintenance, who(), "").unwrap();
            match self.watch.ask(&who(), Request::Mute(Box::new(mute))).await {
                Ok(Reply::Muted(id)) => id,
                other => panic!("{other:?}"),
            }
        }
    }

    fn who() -> Who {
        Who::new("Ada", "cli").unwrap()
    }

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

    #[tokio::test]
    async fn windows_count_while_they_were_in_force() {
        let window = Window {
            scope: "group:hall 3".parse().unwrap(),
            hours: hours("mo 07:00-08:00"),
            reason: String::new(),
        };
        let config = Config { windows: vec![window], ..Config::default() };
        // What a watch keeps of what people ask for.
        let house = House::new();
        house.pass("2026-11-17T00:00:00Z");
        let nightly = house.mute("kiosk-1/*", "mo-su 03:00-03:30", "Europe/Berlin").await;
        house.mute("other/*", "always", "UTC").await;
        house.pass("2026-11-19T02:10:00Z");
        house.watch.ask(&who(), Request::Lift(nightly)).await.unwrap();
        let fortnight = at("2026-11-16T00:00:00Z")..at("2026-11-30T00:00:00Z");
        let mut rows = house.store.reader().unwrap().recurring(fortnight.clone()).unwrap();
        assert_eq!(rows.len(), 2);
        rows.push(Mute { hours: Some("at times".into()), lifted: None, ..rows[0].clone() });
        let closings = Closings::new(&config, &rows);
        assert_eq!(minutes(&closings.of(subject("kiosk-1"), &fortnight)), 2 * 60 + 30 + 30 + 10);
        let [set, lifted] = [rows[0].from, rows[0].lifted.unwrap()];
        assert_eq!([set, lifted], [at("2026-11-17T00:00:00Z"), at("2026-11-19T02:10:00Z")]);
    }

    #[tokio::test]
    async fn a_restart_knows_since_when_a_window_is_in_force() {
        let house = House::new();
        house.pass("2026-11-17T00:00:00Z");
        let nightly = house.mute("kiosk-1/*", "mo-su 03:00-03:30", "UTC").await;
        house.pass("2026-11-18T00:00:00Z");
        let next = Watch::alone(&house.engine, &house.store);
        next.ask(&who(), Request::Lift(nightly)).await.unwrap();
        let ever = at("2026-01-01T00:00:00Z")..at("2026-11-30T00:00:00Z");
        let rows = house.store.reader().unwrap().recurring(ever).unwrap();
        let spans: Vec<_> = rows.iter().map(|row| (row.from, row.lifted)).collect();
        assert_eq!(spans, [(at("2026-11-17T00:00:00Z"), Some(at("2026-11-18T00:00:00Z")))]);
    }
}
