//! Incidents and alerts together over a restart of the server: nothing is told twice, and nothing forgotten.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use super::{Alerts, Channel, Input as Alert, Kind, Message, Record, Rule};
use crate::beat::{Cause, State};
use crate::hold::Reason;
use crate::id::{Identity, OwnedIdentity};
use crate::incident::{Belief, Incidents, Input, Output, Parent, Subject, Tree};

pub(super) fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1000)
}

pub(super) fn kiosk(n: u8) -> OwnedIdentity {
    Identity::new("hall", "", &format!("a{n}")).unwrap().to_owned()
}

fn belief(since: u64, state: State) -> Belief {
    let granted = Duration::from_secs(6);
    Belief { state, cause: Cause::Silence, since: at(since), granted, down_at: at(since + 6) }
}

pub(super) struct Both {
    pub(super) incidents: Incidents,
    alerts: Alerts,
    pub(super) told: Vec<Message>,
}

impl Both {
    pub(super) fn new() -> Self {
        let alerts = Alerts::new(alloc::vec![Rule::everything(alloc::vec![Channel(0)])]);
        let incidents = Incidents::new(Tree::default()).unwrap();
        Self { incidents, alerts, told: Vec::new() }
    }

    pub(super) fn pass(&mut self, now: u64, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        self.incidents.handle(at(now), input, &mut out);
        for output in &out {
            self.alerts.handle(at(now), Alert::Incident(output), &mut self.told);
        }
        out
    }

    /// Ticks both whenever it is due.
    pub(super) fn until(&mut self, now: u64) {
        let due = |it: Option<Time>| it.filter(|&due| due <= at(now));
        loop {
            let (incidents, alerts) = (due(self.incidents.next_timeout()), due(self.alerts.next_timeout()));
            match (incidents, alerts) {
                (Some(first), other) if other.is_none_or(|other| first <= other) => {
                    self.pass(first.as_millis() / 1_000, Input::Tick);
                }
                (_, Some(first)) => self.alerts.handle(first, Alert::Tick, &mut self.told),
                (_, None) => return,
            }
        }
    }
}

/// Three apps of one host fall silent: one incident of the host, three own ones that it covers. Returns what is stored.
fn three_silent() -> (Both, Vec<Record>) {
    let mut run = Both::new();
    for n in 0..3 {
        run.pass(0, Input::Believed { id: kiosk(n).borrow(), belief: belief(0, State::Up) });
    }
    let mut numbers = Vec::new();
    for state in [State::Late, State::Down] {
        for n in 0..3 {
            let out = run.pass(100, Input::Believed { id: kiosk(n).borrow(), belief: belief(100, state) });
            numbers.extend(out.iter().filter_map(|o| match o {
                Output::Opened { number, .. } => Some(*number),
                _ => None,
            }));
        }
    }
    // The host was told of, the three not yet.
    run.until(118);
    assert_eq!(numbers.len(), 4);
    let records = numbers.iter().map(|&n| run.alerts.record(n).unwrap().clone()).collect();
    (run, records)
}

/// The next run of the server: incidents first, then who was told of them.
fn restarted(before: &Both, records: &[Record]) -> Both {
    let mut run = Both::new();
    let host = Parent::Host("hall".into());
    let subject = Subject::Parent(host.clone());
    let group = records.iter().find(|record| record.subject == subject).unwrap().number;
    for n in 0..3 {
        let (id, belief) = (kiosk(n), belief(100, State::Down));
        let number = before.incidents.of(id.borrow()).unwrap();
        let (open, covered) = (Some((number, at(100))), Some((&host, group)));
        let out = run.pass(200, Input::Restored { id: id.borrow(), belief, open, covered });
        assert!(!out.iter().any(|output| matches!(output, Output::Opened { .. } | Output::Closed { .. })));
    }
    for record in records {
        let holds = match &record.subject {
            Subject::App(id) => run.incidents.holds(id.borrow()),
            Subject::Parent(_) => Default::default(),
        };
        run.alerts.handle(
            at(200),
            Alert::Restored { record: Box::new(record.clone()), holds },
            &mut run.told,
        );
    }
    run
}

#[test]
fn a_groups_incident_is_closed_once_also_when_the_server_restarted_in_between() {
    let (before, records) = three_silent();
    let group = records.iter().find(|r| matches!(r.subject, Subject::Parent(_))).unwrap().number;
    assert!(before.told.iter().any(|m| m.kind == Kind::Opening && m.incidents.contains(&group)));
    let mut run = restarted(&before, &records);
    for n in 0..3 {
        run.pass(300, Input::Believed { id: kiosk(n).borrow(), belief: belief(300, State::Up) });
    }
    run.until(10_000);
    let closings =
        run.told.iter().filter(|m| m.kind == Kind::Closing && m.incidents.contains(&group)).count();
    let reminders =
        run.told.iter().filter(|m| m.kind == Kind::Reminder && m.incidents.contains(&group)).count();
    assert_eq!((closings, reminders), (1, 0), "everything works again");
}

#[test]
fn who_is_still_dark_after_a_restart_is_told_of() {
    let (before, records) = three_silent();
    let mut run = restarted(&before, &records);
    // Two come back; the third stays dark for a day, and nothing holds it any more.
    for n in 0..2 {
        run.pass(300, Input::Believed { id: kiosk(n).borrow(), belief: belief(300, State::Up) });
    }
    run.until(86_400);
    let third = before.incidents.of(kiosk(2).borrow()).unwrap();
    assert!(run.incidents.holds(kiosk(2).borrow()).is_empty(), "incidents see no reason to wait");
    assert!(
        run.told.iter().any(|m| m.kind == Kind::Opening && m.incidents.contains(&third)),
        "{:?}",
        run.told
    );
}

#[test]
fn a_mute_that_ended_while_the_server_was_away_mutes_no_longer() {
    let mut run = Both::new();
    let id = kiosk(0);
    run.pass(0, Input::Held { id: id.borrow(), reason: Reason::Muted, on: true });
    run.pass(0, Input::Believed { id: id.borrow(), belief: belief(0, State::Stalled) });
    let number = run.incidents.of(id.borrow()).unwrap();
    let record = run.alerts.record(number).unwrap().clone();
    let mut next = Both::new();
    let (open, belief) = (Some((number, at(0))), belief(0, State::Stalled));
    next.pass(100, Input::Restored { id: id.borrow(), belief, open, covered: None });
    let holds = next.incidents.holds(id.borrow());
    next.alerts.handle(at(100), Alert::Restored { record: Box::new(record), holds }, &mut next.told);
    next.until(86_400);
    assert!(
        next.told.iter().any(|m| m.incidents.contains(&number)),
        "stalled for a day, muted by nobody, told to nobody"
    );
}
