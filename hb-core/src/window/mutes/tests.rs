//! Days of a museum as tables, to the millisecond. Random days against a naive model: [`naive`].

mod naive;
mod signals;
mod until_opening;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::*;
use crate::window::mute::InvalidMute;

fn who(by: &str) -> Who {
    Who::new(by, "a test").unwrap()
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

fn wall(text: &str) -> Wall {
    Wall::from_unix_millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// A moment of Monday 2026-11-23.
fn at(time: &str) -> Wall {
    wall(&format!("2026-11-23T{time}Z"))
}

fn plus(wall: Wall, millis: i64) -> Wall {
    Wall::from_unix_millis(wall.as_unix_millis() + millis)
}

fn hours(text: &str) -> Hours {
    Hours::parse(text, TimeZone::UTC).unwrap()
}

fn calendar(of: &str, text: &str) -> Input {
    Input::Calendar { scope: scope(of), hours: Some(hours(text)), who: who("config") }
}

fn signal(of: &str, open: bool, at: Wall) -> Input {
    Input::Signal { scope: scope(of), open, at, who: who("key switch") }
}

fn mute(of: &str, when: When, kind: Kind) -> Input {
    Input::Add(Mute::new(scope(of), when, kind, who("Ada"), "because").unwrap())
}

fn snooze(of: &str, from: Wall, until: Wall) -> Input {
    mute(of, When::Once { from, until }, Kind::Snooze)
}

const KIOSK: Subject<'_> = Subject { groups: &["hall 3"], host: "kiosk-17", slot: "left", app: "Tetris" };

struct House {
    mutes: Mutes,
    out: Vec<Output>,
}

impl House {
    fn new(start: Wall, inputs: &[Input]) -> Self {
        let mut house = Self { mutes: Mutes::new(Config::default()), out: vec![] };
        for input in inputs {
            house.mutes.handle(start, input.clone(), &mut house.out);
        }
        house.out.clear();
        house
    }

    fn say(&mut self, wall: Wall, input: Input) -> Reply {
        self.mutes.handle(wall, input, &mut self.out)
    }

    /// The answer about alerts in a word: `told`, `opening`, or who muted it.
    fn word(&self, wall: Wall, subject: Subject<'_>) -> String {
        match self.mutes.may_alert(wall, subject) {
            Ok(()) => "told".to_string(),
            Err(Hush::Opening { .. }) => "opening".to_string(),
            Err(Hush::Muted(muted)) => muted.who.by().to_string(),
            Err(Hush::Clock) => "clock".to_string(),
        }
    }

    /// Told phases since the last look.
    fn phases(&mut self) -> Vec<(String, Phase, Wall)> {
        let phase = |output| match output {
            Output::Phase { scope, phase, at } => Some((scope.to_string(), phase, at)),
            _ => None,
        };
        self.out.drain(..).filter_map(phase).collect()
    }
}

#[test]
fn sixty_kiosks_switched_on_at_the_wall_are_given_the_grace() {
    let mut house = House::new(at("08:00:00"), &[calendar("everything", "mo-su 09:30-18:00")]);
    let ready = at("09:35:00");
    for (moment, expected) in [
        (at("09:29:59.999"), "config"),
        (at("09:30:00"), "opening"),
        (at("09:34:59.999"), "opening"),
        (ready, "told"),
        (at("17:59:59.999"), "told"),
        (at("18:00:00"), "config"),
    ] {
        assert_eq!(house.word(moment, KIOSK), expected, "{moment:?}");
    }
    assert_eq!(house.mutes.phase_at(at("09:30:00"), KIOSK), Phase::Opening { until: ready });
    // One edge each, with the moment at which it became true, not that of noticing.
    let mut told = vec![];
    let mut now = at("08:00:00");
    while let Some(next) = house.mutes.next_change(now).filter(|next| *next <= at("23:00:00")) {
        now = plus(next, 7);
        house.say(now, Input::Tick);
        told.extend(house.phases().into_iter().map(|(_, phase, at)| (phase, at)));
    }
    let expected = [
        (Phase::Opening { until: ready }, at("09:30:00")),
        (Phase::Open, ready),
        (Phase::Closed, at("18:00:00")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn power_that_returns_gives_the_grace_again() {
    let mut house = House::new(at("08:00:00"), &[calendar("everything", "mo-su 09:30-18:00")]);
    house.say(at("11:00:00"), Input::Returned { scope: scope("group:hall 3") });
    assert_eq!(house.word(at("11:04:59.999"), KIOSK), "opening");
    assert_eq!(house.word(at("11:05:00"), KIOSK), "told");
    let elsewhere = Subject { groups: &["hall 4"], ..KIOSK };
    assert_eq!(house.word(at("11:00:00"), elsewhere), "told");
    assert_eq!(house.mutes.next_change(at("11:00:00")), Some(at("11:05:00")));
    // Who is closed stays closed.
    house.say(at("20:00:00"), Input::Returned { scope: Scope::Everything });
    assert_eq!(house.word(at("20:00:00"), KIOSK), "config");
}

#[test]
fn a_signal_owns_the_truth_until_the_next_or_until_nobody_repeats_it() {
    let start = at("08:00:00");
    let mut house = House::new(start, &[calendar("everything", "mo-su 09:30-18:00")]);
    house.say(at("09:00:00"), signal("everything", true, at("09:00:00")));
    assert_eq!(house.word(at("09:04:59.999"), KIOSK), "opening");
    assert_eq!(house.word(at("09:05:00"), KIOSK), "told");
    // The calendar's opening is none: it is open already.
    assert_eq!(house.word(at("09:30:00"), KIOSK), "told");
    assert_eq!(house.word(at("22:00:00"), KIOSK), "told", "the evening event");
    house.say(at("23:00:00"), signal("everything", false, at("23:00:00")));
    let Err(Hush::Muted(muted)) = house.mutes.may_alert(at("23:30:00"), KIOSK) else { panic!() };
    assert_eq!((muted.kind, muted.who.by(), muted.since), (Kind::Closed, "key switch", Some(at("23:00:00"))));
    // A day later nobody has turned the switch: its sender died, and the calendar takes over.
    let stale = plus(at("23:00:00"), 24 * 3_600_000);
    assert_eq!(muted.until, Some(stale));
    assert_eq!(house.word(wall("2026-11-24T12:00:00Z"), KIOSK), "key switch");
    assert_eq!(house.word(plus(stale, -1), KIOSK), "key switch");
    assert_eq!(house.word(stale, KIOSK), "config", "closed by calendar at 23:00");
    assert_eq!(house.word(wall("2026-11-25T12:00:00Z"), KIOSK), "told");
}

#[test]
fn a_repeated_signal_counts_on_and_opens_nothing_again() {
    let mut house = House::new(at("08:00:00"), &[]);
    house.say(at("09:00:00"), signal("everything", false, at("09:00:00")));
    house.say(at("20:00:00"), signal("everything", false, at("20:00:00")));
    assert_eq!(house.word(wall("2026-11-24T19:59:59.999Z"), KIOSK), "key switch");
    assert_eq!(house.word(wall("2026-11-24T20:00:00Z"), KIOSK), "opening", "nothing says that it is closed");
    house.say(wall("2026-11-24T22:00:00Z"), signal("everything", true, wall("2026-11-24T22:00:00Z")));
    assert_eq!(house.word(wall("2026-11-24T22:00:00Z"), KIOSK), "told");
    let old = signal("everything", false, at("09:00:00"));
    assert_eq!(house.say(wall("2026-11-24T23:00:00Z"), old), Reply::Refused(Refused::Stale));
}

#[test]
fn hours_that_were_closed_until_a_moment_ago_are_known() {
    let half = Duration::from_secs(30);
    let mut house = House::new(at("08:00:00"), &[calendar("everything", "mo-su 09:30-18:00")]);
    let night = (Some(wall("2026-11-22T18:00:00Z")), at("09:30:00"));
    for (moment, expected) in [
        (at("09:00:00"), Some((night.0, at("09:00:00")))),
        (at("09:30:00"), Some(night)),
        (at("09:30:29.999"), Some(night)),
        (at("09:30:30"), None),
        (at("18:00:10"), Some((Some(at("18:00:00")), at("18:00:10")))),
    ] {
        assert_eq!(house.mutes.last_closed(moment, KIOSK, half), expected, "{moment:?}");
    }
    // A switch closes it, and nobody repeats that: what the calendar says counts again.
    house.mutes = Mutes::new(Config { boot_grace: Duration::ZERO, ..Config::default() });
    house.say(at("11:00:00"), signal("everything", false, at("11:00:00")));
    let end = plus(at("11:00:00"), 24 * 3_600_000);
    house.say(end, Input::Tick);
    assert_eq!(house.mutes.last_closed(end, KIOSK, half), Some((Some(at("11:00:00")), end)));
    assert_eq!(house.mutes.last_closed(plus(end, 30_000), KIOSK, half), None);
}

#[test]
fn a_signal_is_remembered_over_a_restart() {
    let restart = at("12:00:00");
    let mut house = House::new(restart, &[calendar("everything", "mo-su 09:30-18:00")]);
    house.say(restart, signal("everything", false, at("11:00:00")));
    let muted = house.mutes.muted(restart, KIOSK).unwrap();
    assert_eq!((muted.since, muted.until), (Some(at("11:00:00")), Some(wall("2026-11-24T11:00:00Z"))));
}

#[test]
fn the_most_special_calendar_counts_and_a_signal_above_all() {
    let inputs = [
        calendar("everything", "mo-su 09:30-18:00"),
        calendar("group:café", "mo-su 08:00-22:00"),
        calendar("group:ropes", "never"),
        calendar("kiosk-99/*", "mo-su 10:00-11:00"),
    ];
    let mut house = House::new(at("07:00:00"), &inputs);
    let café = Subject { groups: &["café"], host: "kiosk-1", ..Subject::default() };
    let both = Subject { groups: &["ropes", "café"], host: "kiosk-2", ..Subject::default() };
    let own = Subject { groups: &["café"], host: "kiosk-99", ..Subject::default() };
    let now = at("20:00:00");
    assert_eq!(house.word(now, KIOSK), "config");
    assert_eq!(house.word(now, café), "told");
    assert_eq!(house.word(now, both), "told", "two groups, and one says that it is open");
    assert_eq!(house.word(now, own), "config");
    assert_eq!(house.mutes.muted(now, own).unwrap().scope, &scope("kiosk-99/*"));
    // Closed by both groups: until the first of them opens.
    assert_eq!(house.mutes.muted(at("23:00:00"), both).unwrap().until, Some(wall("2026-11-24T08:00:00Z")));
    house.say(now, signal("everything", false, now));
    assert_eq!(house.word(now, café), "key switch");
    let then = plus(now, 1);
    house.say(then, signal("group:café", true, then));
    assert_eq!(house.word(then, café), "opening");
    assert_eq!(house.word(then, KIOSK), "key switch");
}

#[test]
fn of_several_mutes_the_one_that_ends_last_is_named() {
    let now = at("12:00:00");
    let mut house = House::new(at("08:00:00"), &[]);
    let Reply::Added(short) = house.say(now, snooze("kiosk-17/*", now, at("13:00:00"))) else { panic!() };
    let until = at("15:00:00");
    let long = mute("group:hall 3", When::Once { from: at("12:30:00"), until }, Kind::Maintenance);
    let Reply::Added(long) = house.say(now, long) else { panic!() };
    let by = |house: &House, moment| house.mutes.muted(moment, KIOSK).map(|muted| muted.id.unwrap());
    assert_eq!(by(&house, at("12:29:59.999")), Some(short));
    assert_eq!(by(&house, at("12:30:00")), Some(long));
    assert_eq!(by(&house, at("14:59:59.999")), Some(long));
    assert_eq!(by(&house, until), None);
    let muted = house.mutes.muted(at("12:30:00"), KIOSK).unwrap();
    assert_eq!((muted.kind, muted.reason, muted.who.from()), (Kind::Maintenance, "because", "a test"));
    house.out.clear();
    house.say(at("12:45:00"), Input::Remove { id: long, who: who("Bob") });
    let expected =
        [Output::Began { id: long, at: at("12:30:00") }, Output::Ended { id: long, at: at("12:45:00") }];
    assert_eq!(house.out[..2], expected);
    let Output::Removed { mute, end, .. } = &house.out[2] else { panic!() };
    assert_eq!((mute.who().by(), end), ("Ada", &End::Removed(who("Bob"))));
    assert_eq!(house.say(at("12:45:00"), Input::Remove { id: long, who: who("Bob") }), Reply::Unknown);
}

#[test]
fn a_mute_is_for_who_it_names_now_and_as_it_was_in_all_else() {
    let now = at("12:00:00");
    let mut house = House::new(at("08:00:00"), &[]);
    let Reply::Added(id) = house.say(now, snooze("kiosk-1/*", now, at("13:00:00"))) else { panic!() };
    assert_eq!(house.mutes.muted(now, KIOSK), None);
    let scope = scope("kiosk-1/*").moved("kiosk-1", KIOSK.host).unwrap();
    house.out.clear();
    assert_eq!(house.say(now, Input::Retarget { id, scope: scope.clone() }), Reply::Done);
    assert_eq!(house.out, [], "it neither begins nor ends");
    let muted = house.mutes.muted(now, KIOSK).unwrap();
    assert_eq!((muted.id, muted.until), (Some(id), Some(at("13:00:00"))));
    house.say(at("13:00:00"), Input::Tick);
    assert_eq!(house.say(at("13:00:00"), Input::Retarget { id, scope }), Reply::Unknown);
}

#[test]
fn a_mute_that_is_over_goes_by_itself() {
    let mut house = House::new(at("08:00:00"), &[]);
    let Reply::Added(id) = house.say(at("12:00:00"), snooze("everything", at("12:00:00"), at("13:00:00")))
    else {
        panic!()
    };
    assert_eq!(house.mutes.next_change(at("12:00:00")), Some(at("13:00:00")));
    house.out.clear();
    house.say(at("13:00:05"), Input::Tick);
    assert_eq!(house.out[0], Output::Ended { id, at: at("13:00:00") });
    assert!(
        matches!(&house.out[1], Output::Removed { at: end, end: End::Over, .. } if *end == at("13:00:00"))
    );
    assert_eq!(house.mutes.list(at("13:00:05")).count(), 0);
    let past = snooze("everything", at("12:00:00"), at("13:00:00"));
    assert_eq!(house.say(at("13:00:00"), past), Reply::Refused(Refused::Over));
}

#[test]
fn a_window_for_maintenance_comes_again_and_again() {
    let window = mute("everything", When::During(hours("we 07:00-09:00")), Kind::Maintenance);
    let mut house = House::new(at("08:00:00"), &[window]);
    for week in [25, 26] {
        let day = |time: &str| match week {
            25 => wall(&format!("2026-11-25T{time}Z")),
            _ => wall(&format!("2026-12-02T{time}Z")),
        };
        assert_eq!(house.word(day("06:59:59.999"), KIOSK), "told");
        house.say(day("07:00:01"), Input::Tick);
        let muted = house.mutes.muted(day("07:00:01"), KIOSK).unwrap();
        assert_eq!((muted.since, muted.until), (Some(day("07:00:00")), Some(day("09:00:00"))));
        house.say(day("09:00:01"), Input::Tick);
        assert_eq!(house.word(day("09:00:01"), KIOSK), "told");
        let id = MuteId::from_number(1);
        let expected = [Output::Began { id, at: day("07:00:00") }, Output::Ended { id, at: day("09:00:00") }];
        assert_eq!(house.out, expected);
        house.out.clear();
    }
}

#[test]
fn a_clock_that_is_not_trusted_opens_for_alerts_and_closes_for_repairs() {
    let night = at("02:00:00");
    let inputs = [
        calendar("everything", "mo-su 09:30-18:00"),
        mute("everything", When::During(hours("always")), Kind::Maintenance),
        mute("everything", When::Once { from: night, until: at("03:00:00") }, Kind::Closed),
    ];
    let mut house = House::new(night, &inputs);
    assert_eq!(house.word(night, KIOSK), "Ada");
    assert!(matches!(house.mutes.may_repair(night, KIOSK), Err(Hush::Muted(_))));
    house.say(night, Input::Clock { trusted: false, step: 0 });
    assert_eq!(house.word(night, KIOSK), "told");
    assert_eq!(house.mutes.may_repair(night, KIOSK), Err(Hush::Clock));
    assert_eq!(house.mutes.phase_at(night, KIOSK), Phase::Open);
    let told = house.out.iter().filter(|it| matches!(it, Output::Ended { .. })).count();
    assert_eq!(told, 2, "{:?}", house.out);
    // What somebody does while that clock runs counts.
    house.say(night, snooze("kiosk-17/*", night, plus(night, 3_600_000)));
    assert_eq!(house.word(night, KIOSK), "Ada");
    assert_eq!(house.word(plus(night, 3_600_000), KIOSK), "told");
    house.say(night, signal("everything", false, night));
    assert_eq!(house.mutes.phase_at(night, KIOSK), Phase::Closed);
    house.say(night, signal("everything", true, night));
    house.say(night, Input::Clock { trusted: true, step: 0 });
    assert_ne!(house.mutes.may_repair(night, KIOSK), Err(Hush::Clock));
}

#[test]
fn what_was_said_before_the_clock_was_set_moves_along() {
    // A kiosk without a clock of its own starts in 1970 and hears the time three minutes later.
    let start = Wall::from_unix_millis(0);
    let (minute, noon) = (60_000, at("12:00:00"));
    let mut house = House::new(start, &[calendar("everything", "mo-su 09:30-18:00")]);
    house.say(start, Input::Clock { trusted: false, step: 0 });
    house.say(start, Input::Returned { scope: Scope::Everything });
    house.say(plus(start, minute), signal("group:hall 3", false, plus(start, minute)));
    let hour = 60 * minute;
    let (from, until) = (plus(start, 2 * minute), plus(start, 2 * minute + hour));
    house.say(from, snooze("kiosk-99/*", from, until));
    house.say(from, mute("kiosk-98/*", When::UntilOpening { from, until: None }, Kind::Snooze));
    house.out.clear();
    let step = noon.as_unix_millis() - 3 * minute;
    house.say(noon, Input::Clock { trusted: true, step });
    assert!(house.out.iter().all(|it| matches!(it, Output::Phase { .. })), "{:?}", house.out);

    let muted = house.mutes.muted(noon, KIOSK).unwrap();
    assert_eq!((muted.who.by(), muted.since), ("key switch", Some(plus(noon, -2 * minute))));
    let other = |host| Subject { host, ..Subject::default() };
    let until = |host| house.mutes.muted(noon, other(host)).and_then(|muted| muted.until);
    assert_eq!(until("kiosk-99"), Some(plus(noon, hour - minute)));
    assert_eq!(until("kiosk-98"), Some(wall("2026-11-24T09:30:00Z")));
    assert_eq!(
        house.mutes.phase_at(noon, other("kiosk-97")),
        Phase::Opening { until: plus(noon, 2 * minute) }
    );
    // Trusted again and again moves nothing again.
    house.say(noon, Input::Clock { trusted: true, step });
    assert_eq!(house.mutes.muted(noon, KIOSK).unwrap().since, Some(plus(noon, -2 * minute)));
}

#[test]
fn law_3_hours_follow_the_clock_wherever_it_steps() {
    let noon = at("12:00:00");
    let mut house = House::new(noon, &[calendar("everything", "mo-su 09:30-18:00")]);
    house.say(noon, signal("everything", false, noon));
    // A year back: the signal was not heard in the future. It counts a day from now on, not a year and a day.
    let year = 365 * 24 * 3_600_000;
    let back = plus(noon, -year);
    house.say(back, Input::Tick);
    assert_eq!(house.word(back, KIOSK), "key switch");
    assert_eq!(house.word(plus(back, 24 * 3_600_000 - 1), KIOSK), "key switch");
    assert_eq!(house.word(plus(back, 24 * 3_600_000), KIOSK), "opening");
    // And forth, an hour at a time, without a tick too many.
    house.say(plus(noon, year), Input::Tick);
    assert_eq!(house.word(plus(noon, year), KIOSK), "told");
    let phases: Vec<Phase> = house.phases().into_iter().map(|(_, phase, _)| phase).collect();
    assert_eq!(phases, [Phase::Closed, Phase::Open]);
}

#[test]
fn opening_by_the_clock_of_its_zone_on_the_days_when_that_changes() {
    let berlin = TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap();
    let hours = Hours::parse("mo-su 09:30-18:00", berlin).unwrap();
    let calendar = Input::Calendar { scope: Scope::Everything, hours: Some(hours), who: who("config") };
    let house = House::new(wall("2026-01-01T00:00:00Z"), &[calendar]);
    for opening in ["2026-03-29T07:30:00Z", "2026-10-25T08:30:00Z", "2028-02-29T08:30:00Z"] {
        let opening = wall(opening);
        assert_eq!(house.word(plus(opening, -1), KIOSK), "config");
        assert_eq!(house.word(opening, KIOSK), "opening");
        assert_eq!(house.word(plus(opening, 299_999), KIOSK), "opening");
        assert_eq!(house.word(plus(opening, 300_000), KIOSK), "told");
    }
}

#[test]
fn nothing_grows_without_a_bound() {
    let now = at("12:00:00");
    let mut house = House::new(now, &[]);
    let fill = |house: &mut House, most: usize, what: &'static str, input: &dyn Fn(usize) -> Input| {
        for number in 0..most {
            assert!(!matches!(house.say(now, input(number)), Reply::Refused(_)), "{number} {what}");
        }
        let refused = house.say(now, input(most));
        assert_eq!(refused, Reply::Refused(Refused::Full(most, what)));
        house.out.clear();
    };
    let host = |number: usize| format!("kiosk-{number}/*");
    fill(&mut house, MAX_MUTES, "mutes", &|_| snooze("everything", now, plus(now, 1)));
    fill(&mut house, MAX_CALENDARS, "calendars", &|number| calendar(&host(number), "always"));
    fill(&mut house, MAX_SIGNALS, "scopes with a signal", &|number| signal(&host(number), true, now));
    let returned = |number: usize| Input::Returned { scope: scope(&host(number)) };
    fill(&mut house, MAX_RETURNS, "returns of power", &returned);
    // What is known already still may change, and what is over makes room.
    assert_eq!(house.say(now, calendar("kiosk-0/*", "never")), Reply::Done);
    assert_eq!(house.say(now, signal("kiosk-0/*", false, now)), Reply::Done);
    assert_eq!(house.say(now, returned(0)), Reply::Done);
    let later = plus(now, 25 * 3_600_000);
    assert!(matches!(house.say(later, snooze("everything", later, plus(later, 1))), Reply::Added(_)));
    assert_eq!(house.say(later, signal("other/*", false, later)), Reply::Done);
    assert_eq!(Refused::Full(512, "mutes").to_string(), "there are 512 mutes already: end one of them first");
}

#[test]
fn a_calendar_that_goes_leaves_it_open() {
    let now = at("20:00:00");
    let mut house = House::new(now, &[calendar("everything", "mo-su 09:30-18:00")]);
    let gone = || Input::Calendar { scope: Scope::Everything, hours: None, who: who("config") };
    assert_eq!(house.say(now, gone()), Reply::Done);
    assert_eq!(house.phases(), [("everything".to_string(), Phase::Open, now)]);
    assert_eq!(house.word(now, KIOSK), "told");
    assert_eq!(house.say(now, gone()), Reply::Unknown);
}

#[test]
fn every_mute_says_who_and_from() {
    let when = || When::Once { from: at("12:00:00"), until: at("13:00:00") };
    let long = "x".repeat(super::super::MAX_WORDS + 1);
    let refused = Mute::new(Scope::Everything, when(), Kind::Snooze, who("Ada"), &long);
    assert!(matches!(refused, Err(InvalidMute::Reason(_))));
}

#[test]
fn a_restored_mute_holds_under_its_id_and_no_id_is_given_twice() {
    let mut first = House::new(at("09:00:00"), &[]);
    let until = at("12:00:00");
    let Reply::Added(id) = first.say(at("09:00:00"), snooze("kiosk-17/*", at("09:00:00"), until)) else {
        panic!()
    };
    let held = first.mutes.list(at("09:00:00")).next().map(|(_, mute, _)| mute.clone()).unwrap();

    let mut next = House::new(at("10:00:00"), &[]);
    next.mutes.resume_after(7);
    assert_eq!(next.say(at("10:00:00"), Input::Restored { id, mute: held.clone() }), Reply::Added(id));
    assert_eq!(next.say(at("10:00:00"), Input::Restored { id, mute: held.clone() }), Reply::Done, "once");
    assert_eq!(next.word(at("10:00:00"), KIOSK), first.word(at("10:00:00"), KIOSK));
    let another = next.say(at("10:00:00"), snooze("Tetris", at("10:00:00"), until));
    assert_eq!(another, Reply::Added(MuteId::from_number(8)));

    // What was over meanwhile is told as such, and gone.
    let mut late = House::new(at("13:00:00"), &[]);
    late.say(at("13:00:00"), Input::Restored { id, mute: held });
    assert!(matches!(late.out[..], [Output::Removed { end: End::Over, .. }]), "{:?}", late.out);
    assert_eq!(late.word(at("13:00:00"), KIOSK), "told");
}

#[test]
fn it_is_known_when_a_place_closes() {
    let day = calendar("everything", "mo-su 10:00-18:00");
    let late = calendar("group:hall 3", "mo-su 10:00-20:00");
    let mut house = House::new(at("09:00:00"), &[day, late]);
    let closes = |house: &House, time: &str, subject| house.mutes.closes_at(at(time), subject);
    assert_eq!(closes(&house, "12:00:00", KIOSK), Some(at("20:00:00")), "the more special hours");
    let other = Subject { groups: &[], ..KIOSK };
    assert_eq!(closes(&house, "12:00:00", other), Some(at("18:00:00")));
    assert_eq!(closes(&house, "19:00:00", other), Some(at("18:00:00")), "it did");
    house.say(at("12:00:00"), signal("everything", true, at("12:00:00")));
    assert_eq!(closes(&house, "12:00:00", other), None, "the key switch holds it open");
}
