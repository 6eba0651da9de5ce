//! What must hold of alerts whatever the order of incidents, holds, restarts and people.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::beat::{Cause, State};
use crate::hold::{Reason, Reasons, Stops};
use crate::id::Identity;
use crate::incident::{Ending, Output, Subject};

fn ada() -> Who {
    Who::new("Ada", "here").unwrap()
}

const GRANTED: Duration = Duration::from_secs(2);
const WAIT: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug)]
enum Step {
    Open(u8, State),
    Change(u8, State),
    Close(u8),
    Hold(u8, Reason, bool),
    Acknowledge(u8),
    Snooze(u8, u64),
    SnoozeEnds(u8, u64),
    Hours(bool),
    Restart,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let bad = || prop::sample::select(alloc::vec![State::Missing, State::Down, State::Stalled]);
    let reason = prop::sample::select(Reason::ALL.to_vec());
    prop_oneof![
        4 => (0_u8..5, bad()).prop_map(|(who, state)| Step::Open(who, state)),
        2 => (0_u8..5, bad()).prop_map(|(who, state)| Step::Change(who, state)),
        2 => (0_u8..5).prop_map(Step::Close),
        3 => (0_u8..5, reason, any::<bool>()).prop_map(|(who, reason, on)| Step::Hold(who, reason, on)),
        1 => (0_u8..5).prop_map(Step::Acknowledge),
        1 => (0_u8..5, 0_u64..60).prop_map(|(who, seconds)| Step::Snooze(who, seconds)),
        1 => (0_u8..5, 0_u64..60).prop_map(|(who, seconds)| Step::SnoozeEnds(who, seconds)),
        1 => any::<bool>().prop_map(Step::Hours),
        1 => Just(Step::Restart),
        6 => Just(Step::Wait),
    ]
}

/// One incident as the naive model sees it: who has to know, and since when everything speaks for telling.
#[derive(Clone, Debug)]
struct Plain {
    number: Number,
    opened: Time,
    since: Time,
    state: State,
    holds: Reasons,
    free_since: Time,
    snoozed: Time,
    acknowledged: bool,
    told: BTreeMap<Channel, (Time, u32)>,
}

/// Those who have to hear that an incident is over, and since when it is.
type Closing = BTreeMap<(Number, Channel), Time>;

fn rules() -> Vec<Rule> {
    // The second has hours; the third wants stalls only and reminds every minute.
    let minute = Some(Duration::from_secs(60));
    alloc::vec![
        Rule::everything(alloc::vec![Channel(0)]),
        Rule::everything(alloc::vec![Channel(1)]),
        Rule {
            states: alloc::vec![State::Stalled],
            remind: minute,
            ..Rule::everything(alloc::vec![Channel(2)])
        },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn exactly_one_opening_and_one_closing(steps in prop::collection::vec((step(), 0_u64..20_000), 1..60)) {
        let mut alerts = Alerts::new(rules());
        let mut open: BTreeMap<u8, Plain> = BTreeMap::new();
        let mut closing = Closing::new();
        let (mut hours, mut now, mut last) = (true, Time::ZERO, 0);
        for (step, pause) in steps {
            // The shell keeps its promise to tick in time.
            let until = now + Duration::from_millis(pause);
            let mut out = Vec::new();
            while let Some(at) = alerts.next_timeout().filter(|&at| at <= until) {
                prop_assert!(at >= now || out.is_empty());
                now = now.max(at);
                let mut told = Vec::new();
                alerts.handle(now, Input::Tick, &mut told);
                check(&told, now, &mut open, &mut closing, hours)?;
                out.append(&mut told);
                prop_assert!(alerts.next_timeout().is_none_or(|next| next > now), "a tick leaves nothing due");
            }
            now = until;
            let mut out = Vec::new();
            match step {
                Step::Open(who, state) if !open.contains_key(&who) => {
                    last += 1;
                    let id = Identity::new("h", "", &format!("a{who}")).unwrap().to_owned();
                    let (number, holds) = (Number(last), Reasons::default());
                    let told = BTreeMap::new();
                    let (free_since, snoozed) = (Time::ZERO, Time::ZERO);
                    open.insert(who, Plain {
                        number, opened: now, since: now, state, holds, free_since, snoozed, acknowledged: false, told,
                    });
                    let (subject, cause) = (Subject::App(id), Cause::None);
                    let opened =
                        Output::Opened { number, subject, state, cause, since: now, at: now, granted: GRANTED, holds };
                    alerts.handle(now, Input::Incident(&opened), &mut out);
                }
                Step::Change(who, state) => if let Some(plain) = open.get_mut(&who) {
                    plain.state = state;
                    let changed = Output::Changed { number: plain.number, state, cause: Cause::None, at: now };
                    alerts.handle(now, Input::Incident(&changed), &mut out);
                },
                Step::Close(who) => if let Some(plain) = open.remove(&who) {
                    let id = Identity::new("h", "", &format!("a{who}")).unwrap().to_owned();
                    let (number, subject) = (plain.number, Subject::App(id));
                    let closed = Output::Closed { number, subject, at: now, ending: Ending::Back };
                    alerts.handle(now, Input::Incident(&closed), &mut out);
                    closing.extend(plain.told.keys().map(|&channel| ((number, channel), now)));
                },
                Step::Hold(who, reason, on) => if let Some(plain) = open.get_mut(&who) {
                    let waited = plain.holds.stop(Stops::Alerts);
                    let changed = plain.holds.set(reason, on);
                    // Who was covered waits anew, so that all who were are told of at once; others for one more promise.
                    if changed && !on && reason == Reason::Covered {
                        plain.since = now;
                    } else if changed && waited && !plain.holds.stop(Stops::Alerts) {
                        plain.free_since = now + GRANTED;
                    }
                    let id = Identity::new("h", "", &format!("a{who}")).unwrap().to_owned();
                    let held = Output::Held { id, number: Some(plain.number), reason, on };
                    alerts.handle(now, Input::Incident(&held), &mut out);
                },
                Step::Acknowledge(who) => if let Some(plain) = open.get_mut(&who) {
                    plain.acknowledged = true;
                    alerts.handle(now, Input::Acknowledge { number: plain.number, who: ada() }, &mut out);
                },
                Step::Snooze(who, seconds) => if let Some(plain) = open.get_mut(&who) {
                    plain.snoozed = now + Duration::from_secs(seconds);
                    alerts.handle(now, Input::Snooze { number: plain.number, until: plain.snoozed, who: ada() }, &mut out);
                },
                Step::SnoozeEnds(who, seconds) => if let Some(plain) = open.get_mut(&who) {
                    let until = now + Duration::from_secs(seconds);
                    if alerts.record(plain.number).unwrap().snoozed.is_some() {
                        plain.snoozed = until;
                    }
                    alerts.handle(now, Input::SnoozeEnds { number: plain.number, until }, &mut out);
                },
                Step::Hours(on) => {
                    hours = on;
                    alerts.handle(now, Input::RuleActive { rule: 1, active: on }, &mut out);
                }
                Step::Restart => {
                    let mut fresh = Alerts::new(rules());
                    fresh.handle(now, Input::RuleActive { rule: 1, active: hours }, &mut out);
                    for plain in open.values_mut() {
                        let record = alerts.record(plain.number).unwrap().clone();
                        fresh.handle(now, Input::Restored { record: Box::new(record), holds: plain.holds }, &mut out);
                        // Which wait had just ended is not remembered.
                        (plain.free_since, plain.since) = (Time::ZERO, plain.opened);
                    }
                    let over: BTreeSet<Number> = closing.keys().map(|&(number, _)| number).collect();
                    for number in over {
                        let record = alerts.record(number).unwrap().clone();
                        let (subject, holds) = (record.subject.clone(), Reasons::default());
                        fresh.handle(now, Input::Restored { record: Box::new(record), holds }, &mut out);
                        let closed = Output::Closed { number, subject, at: now, ending: Ending::Back };
                        fresh.handle(now, Input::Incident(&closed), &mut out);
                    }
                    // They wait anew.
                    closing.values_mut().for_each(|since| *since = now);
                    alerts = fresh;
                }
                Step::Open(..) | Step::Wait => alerts.handle(now, Input::Tick, &mut out),
            }
            check(&out, now, &mut open, &mut closing, hours)?;
            prop_assert_eq!(alerts.len(), open.len());
        }
        while let Some(at) = alerts.next_timeout().filter(|&at| at <= now + defaults::CLOSING_WAIT) {
            let mut out = Vec::new();
            now = now.max(at);
            alerts.handle(now, Input::Tick, &mut out);
            check(&out, now, &mut open, &mut closing, hours)?;
        }
        prop_assert!(closing.is_empty(), "{closing:?}");
        // Nothing is forgotten: once nothing speaks against it, all are told.
        for plain in open.values_mut() {
            for &reason in Reason::ALL {
                let id = Identity::new("h", "", "a").unwrap().to_owned();
                let held = Output::Held { id, number: Some(plain.number), reason, on: false };
                alerts.handle(now, Input::Incident(&held), &mut Vec::new());
            }
            plain.holds = Reasons::default();
        }
        let later = now + Duration::from_secs(120);
        let mut out = Vec::new();
        alerts.handle(later, Input::Tick, &mut out);
        check(&out, later, &mut open, &mut closing, hours)?;
        for plain in open.values() {
            prop_assert!(plain.told.contains_key(&Channel(0)), "{plain:?}");
            prop_assert!(!hours || plain.told.contains_key(&Channel(1)), "{plain:?}");
            prop_assert!(plain.state != State::Stalled || plain.told.contains_key(&Channel(2)), "{plain:?}");
        }
    }
}

/// Whether each message may be, and what it changes.
fn check(
    out: &[Message],
    now: Time,
    open: &mut BTreeMap<u8, Plain>,
    closing: &mut Closing,
    hours: bool,
) -> Result<(), TestCaseError> {
    for message in out {
        for number in &message.incidents {
            if message.kind == Kind::Closing {
                let since = closing.remove(&(*number, message.channel));
                let late = since.is_none_or(|since| now > since + defaults::CLOSING_WAIT);
                prop_assert!(!late, "{message:?} at {now:?}, closed at {since:?}");
                continue;
            }
            let before = closing.keys().all(|(_, channel)| *channel != message.channel);
            prop_assert!(before, "nobody hears of something new before the old is over");
            let plain = open.values_mut().find(|plain| plain.number == *number);
            let Some(plain) = plain else {
                return Err(TestCaseError::fail("of an incident that is not open"));
            };
            prop_assert!(
                !plain.holds.stop(Stops::Alerts) && now >= plain.snoozed && now >= plain.free_since,
                "{plain:?}"
            );
            prop_assert!(message.kind != Kind::Opening || now >= plain.since + WAIT);
            prop_assert!(message.channel != Channel(1) || hours);
            prop_assert!(message.channel != Channel(2) || plain.state == State::Stalled);
            match (message.kind, plain.told.get_mut(&message.channel)) {
                (Kind::Opening, None) => {
                    plain.told.insert(message.channel, (now, 0));
                }
                (Kind::Reminder, Some((at, count))) => {
                    let apart = Duration::from_secs(if message.channel == Channel(2) { 60 } else { 3_600 });
                    prop_assert!(!plain.acknowledged && now >= *at + apart);
                    (*at, *count) = (now, *count + 1);
                }
                other => return Err(TestCaseError::fail(format!("{other:?} {message:?}"))),
            }
        }
    }
    Ok(())
}
