//! Random days against a naive model that keeps everything that was ever said and looks at every minute.

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;
const GRACE: i64 = 5;
const TRUST: i64 = 24 * 60;
/// The first minute of Monday 2026-11-23.
const MONDAY: i64 = 20_780 * 24 * 60;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Act {
    /// Scope, from so many minutes from now, for so many.
    Snooze(usize, i64, i64),
    /// Scope, daily from minute to minute.
    Window(usize, i64, i64),
    /// Scope, daily from minute to minute.
    Open(usize, i64, i64),
    NoHours(usize),
    Signal(usize, bool),
    Returned(usize),
    /// The how many-th of all that were set.
    Remove(usize),
    Trust(bool),
    Tick,
}

const SCOPES: [&str; 6] = ["everything", "group:a", "group:b", "k*/*", "k1/*", "k1/x"];

/// Which scopes cover which subject, by hand: subject, and a rank for each that does.
const SUBJECTS: [(Subject<'_>, [Option<u8>; 6]); 4] = [
    (Subject { groups: &[], host: "", slot: "", app: "" }, [Some(0), None, None, None, None, None]),
    (
        Subject { groups: &["a", "b"], host: "z", slot: "", app: "x" },
        [Some(0), Some(1), Some(1), None, None, None],
    ),
    (
        Subject { groups: &["b"], host: "k1", slot: "", app: "x" },
        [Some(0), None, Some(1), Some(2), Some(3), Some(4)],
    ),
    (
        Subject { groups: &["a"], host: "k2", slot: "left", app: "x" },
        [Some(0), Some(1), None, Some(2), None, None],
    ),
];

/// Everything that was said, in minutes.
#[derive(Default)]
struct Model {
    mutes: Vec<Option<(usize, Span)>>,
    calendars: [Option<(i64, i64)>; 6],
    signals: Vec<(usize, bool, i64)>,
    returns: Vec<(usize, i64)>,
    untrusted: bool,
}

#[derive(Clone, Copy)]
enum Span {
    Once(i64, i64),
    Daily(i64, i64),
}

/// Whether minute `now` lies in a daily span, which may end on the day after.
fn daily(now: i64, from: i64, to: i64) -> bool {
    let minute = now.rem_euclid(1_440);
    if from < to { (from..to).contains(&minute) } else { minute >= from || minute < to }
}

impl Model {
    /// The most special word; of equals, open.
    fn strongest(words: impl Iterator<Item = (u8, bool)>) -> Option<bool> {
        words.max().map(|(_, open)| open)
    }

    fn open(&self, now: i64, ranks: &[Option<u8>; 6]) -> bool {
        let signal = |scope: usize| {
            let last = self.signals.iter().rev().find(|(of, _, at)| *of == scope && *at <= now);
            last.filter(|(_, _, at)| now < at + TRUST).map(|(_, open, _)| *open)
        };
        let covering = || ranks.iter().enumerate().filter_map(|(scope, rank)| Some((scope, (*rank)?)));
        let signals = covering().filter_map(|(scope, rank)| Some((rank, signal(scope)?)));
        if let Some(open) = Self::strongest(signals) {
            return open;
        }
        let calendar = |scope: usize| self.calendars[scope].filter(|_| !self.untrusted);
        let calendars = covering().filter_map(|(scope, rank)| {
            let (from, to) = calendar(scope)?;
            Some((rank, daily(now, from, to)))
        });
        Self::strongest(calendars).unwrap_or(true)
    }

    fn phase(&self, now: i64, ranks: &[Option<u8>; 6]) -> Phase {
        if !self.open(now, ranks) {
            return Phase::Closed;
        }
        let recent = (now - GRACE + 1)..=now;
        let opened = |at: &i64| self.open(*at, ranks) && !self.open(*at - 1, ranks);
        let opened = recent.clone().rev().find(opened);
        let returns =
            self.returns.iter().filter(|(scope, at)| ranks[*scope].is_some() && recent.contains(at));
        let returned = returns.map(|(_, at)| *at).max();
        opened.max(returned).map_or(Phase::Open, |at| Phase::Opening { until: moment(at + GRACE) })
    }

    fn muted(&self, now: i64, ranks: &[Option<u8>; 6]) -> bool {
        let mut mutes = self.mutes.iter().flatten().filter(|(scope, _)| ranks[*scope].is_some());
        let held = mutes.any(|(_, span)| match *span {
            Span::Once(from, until) => (from..until).contains(&now),
            Span::Daily(from, to) => !self.untrusted && daily(now, from, to),
        });
        held || !self.open(now, ranks)
    }
}

fn moment(minute: i64) -> Wall {
    Wall::from_unix_millis(minute * MINUTE)
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// One act at `now`, for both.
fn act(model: &mut Model, house: &mut House, now: i64, act: &Act) {
    let input = match *act {
        Act::Snooze(of, from, minutes) => {
            let (from, until) = (now + from, now + from + minutes);
            // What is over already is refused.
            model.mutes.extend((until > now).then_some(Some((of, Span::Once(from, until)))));
            snooze(SCOPES[of], moment(from), moment(until))
        }
        Act::Window(of, from, to) => {
            model.mutes.push(Some((of, Span::Daily(from, to))));
            let hours = hours(&format!("mo-su {}-{}", clock(from), clock(to)));
            mute(SCOPES[of], When::During(hours), Kind::Maintenance)
        }
        Act::Open(of, from, to) => {
            model.calendars[of] = Some((from, to));
            calendar(SCOPES[of], &format!("mo-su {}-{}", clock(from), clock(to)))
        }
        Act::NoHours(of) => {
            model.calendars[of] = None;
            Input::Calendar { scope: scope(SCOPES[of]), hours: None, who: who("config") }
        }
        Act::Signal(of, open) => {
            model.signals.push((of, open, now));
            signal(SCOPES[of], open, moment(now))
        }
        Act::Returned(of) => {
            model.returns.push((of, now));
            Input::Returned { scope: scope(SCOPES[of]) }
        }
        Act::Remove(number) => {
            if let Some(mute) = model.mutes.get_mut(number) {
                *mute = None;
            }
            Input::Remove { id: MuteId::from_number(number as u64 + 1), who: who("Bob") }
        }
        Act::Trust(trusted) => {
            model.untrusted = !trusted;
            Input::Clock { trusted, step: 0 }
        }
        Act::Tick => Input::Tick,
    };
    house.say(moment(now), input);
}

fn an_act() -> impl Strategy<Value = Act> {
    let of = || 0..SCOPES.len();
    let spans = || {
        let minute = || prop_oneof![0..1_440_i64, 540..600_i64, 0..20_i64];
        (minute(), minute()).prop_map(|(from, to)| (from, if from == to { (to + 1) % 1_440 } else { to }))
    };
    prop_oneof![
        2 => (of(), -20..60_i64, 1..300_i64).prop_map(|(of, from, span)| Act::Snooze(of, from, span)),
        1 => (of(), spans()).prop_map(|(of, (from, to))| Act::Window(of, from, to)),
        3 => (of(), spans()).prop_map(|(of, (from, to))| Act::Open(of, from, to)),
        1 => of().prop_map(Act::NoHours),
        4 => (of(), any::<bool>()).prop_map(|(of, open)| Act::Signal(of, open)),
        1 => of().prop_map(Act::Returned),
        1 => (0..6_usize).prop_map(Act::Remove),
        1 => any::<bool>().prop_map(Act::Trust),
        1 => Just(Act::Tick),
    ]
}

/// So many minutes after the one before, this.
fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let pause = prop_oneof![3 => 1..8_i64, 2 => 1..300_i64, 1 => 1_400..1_460_i64];
    prop::collection::vec((pause, an_act()), 1..16)
}

/// Mutes that were told to hold, by what was told since the start.
fn told(out: &[Output]) -> Vec<MuteId> {
    let mut told = vec![];
    for output in out {
        match output {
            Output::Began { id, .. } => {
                assert!(!told.contains(id), "began twice: {out:?}");
                told.push(*id);
            }
            Output::Ended { id, .. } => {
                assert!(told.contains(id), "ended before it began: {out:?}");
                told.retain(|it| it != id);
            }
            Output::Removed { id, .. } => assert!(!told.contains(id), "removed before it ended: {out:?}"),
            Output::Phase { .. } => {}
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_machine_answers_as_the_naive_model_does(acts in acts(), looks in prop::collection::vec(0..300_i64, 3)) {
        let mut model = Model::default();
        let mut house = House::new(moment(MONDAY), &[]);
        let mut now = MONDAY;
        for (pause, next) in &acts {
            now += pause;
            act(&mut model, &mut house, now, next);
            let (out, mutes) = (&house.out, &house.mutes);
            // What was told is what is.
            let holding = mutes.list(moment(now)).filter(|(_, _, holds)| *holds);
            let holding: Vec<MuteId> = holding.map(|(id, ..)| id).collect();
            let mut told = told(out);
            told.sort_unstable();
            prop_assert_eq!(told, holding);
            for look in core::iter::once(&0).chain(&looks) {
                let then = now + look;
                for (subject, ranks) in SUBJECTS {
                    let expected = model.phase(then, &ranks);
                    prop_assert_eq!(mutes.phase_at(moment(then), subject), expected, "{:?} {}", subject, look);
                    let muted = mutes.muted(moment(then), subject);
                    prop_assert_eq!(muted.is_some(), model.muted(then, &ranks), "{:?} {:?}", subject, muted);
                    let may = mutes.may_alert(moment(then), subject).is_ok();
                    prop_assert_eq!(may, muted.is_none() && expected == Phase::Open);
                    let repair = mutes.may_repair(moment(then), subject).is_ok();
                    prop_assert_eq!(repair, may && !model.untrusted);
                    if let Some(muted) = muted {
                        prop_assert!(muted.since.is_none_or(|since| since <= moment(then)));
                        prop_assert!(muted.until.is_none_or(|until| until > moment(then)));
                    }
                }
            }
        }
        // Until the tick that is asked for, no answer changes.
        let mutes = &house.mutes;
        let end = mutes.next_change(moment(now));
        for then in (now..now + 400).step_by(9).map(moment).take_while(|then| end.is_none_or(|end| *then < end)) {
            for (subject, _) in SUBJECTS {
                prop_assert_eq!(mutes.phase_at(then, subject), mutes.phase_at(moment(now), subject));
                let muted = |at| mutes.muted(at, subject).map(|muted| (muted.id, muted.until));
                prop_assert_eq!(muted(then), muted(moment(now)));
            }
        }
    }
}
