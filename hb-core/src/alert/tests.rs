//! Stories of alerts, in virtual time.

use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::*;
use crate::beat::{Cause, State};
use crate::hold::{Reason, Reasons, Stops};
use crate::id::Identity;
use crate::incident::{Ending, Output, Parent, Subject};

const MAIL: Channel = Channel(0);
const CHAT: Channel = Channel(1);

fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1_000)
}

fn app(number: u64) -> Subject {
    Subject::App(Identity::new("h", "", &format!("app{number}")).unwrap().to_owned())
}

struct Story {
    alerts: Alerts,
}

impl Story {
    fn new(rules: Vec<Rule>) -> Self {
        Self { alerts: Alerts::new(rules) }
    }

    fn tell(&mut self, seconds: u64, input: Input<'_>) -> String {
        let mut out = Vec::new();
        self.alerts.handle(at(seconds), input, &mut out);
        let lines: Vec<String> = out
            .iter()
            .map(|message| {
                let about: Vec<String> =
                    message.incidents.iter().map(|number| format!(" {number}")).collect();
                format!("{} {:?}{}", message.channel.0, message.kind, about.concat())
            })
            .collect();
        lines.join("; ")
    }

    fn open(&mut self, seconds: u64, number: u64, state: State) -> String {
        self.open_about(seconds, number, app(number), state)
    }

    fn open_about(&mut self, seconds: u64, number: u64, subject: Subject, state: State) -> String {
        let (since, at, granted) = (at(seconds), at(seconds), Duration::from_secs(2));
        let (number, cause, holds) = (Number(number), Cause::None, Reasons::default());
        let opened = Output::Opened { number, subject, state, cause, since, at, granted, holds };
        self.tell(seconds, Input::Incident(&opened))
    }

    fn change(&mut self, seconds: u64, number: u64, state: State) -> String {
        let changed = Output::Changed { number: Number(number), state, cause: Cause::None, at: at(seconds) };
        self.tell(seconds, Input::Incident(&changed))
    }

    fn close(&mut self, seconds: u64, number: u64) -> String {
        let (subject, at) = (app(number), at(seconds));
        let closed = Output::Closed { number: Number(number), subject, at, ending: Ending::Back };
        self.tell(seconds, Input::Incident(&closed))
    }

    fn hold(&mut self, seconds: u64, number: u64, reason: Reason, on: bool) -> String {
        let Subject::App(id) = app(number) else { unreachable!() };
        let held = Output::Held { id, number: Some(Number(number)), reason, on };
        self.tell(seconds, Input::Incident(&held))
    }

    fn tick(&mut self, seconds: u64) -> String {
        self.tell(seconds, Input::Tick)
    }
}

fn who(by: &str) -> Who {
    Who::new(by, "here").unwrap()
}

fn everything() -> Rule {
    Rule::everything(vec![MAIL])
}

#[test]
fn a_hiccup_is_told_to_nobody() {
    let mut story = Story::new(vec![everything()]);
    assert_eq!(story.open(0, 1, State::Stalled), "");
    assert_eq!(story.tick(14), "");
    assert_eq!(story.close(14, 1), "");
    assert_eq!(story.tick(99), "");
    assert_eq!(story.alerts.next_timeout(), None);
}

#[test]
fn one_opening_reminders_until_acknowledged_one_closing() {
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Stalled);
    assert_eq!(story.tick(15), "0 Opening #1");
    assert_eq!(story.tick(3_614), "");
    assert_eq!(story.tick(3_615), "0 Reminder #1");
    assert_eq!(story.tick(7_215), "0 Reminder #1");
    assert_eq!(story.tell(7_300, Input::Acknowledge { number: Number(1), who: who("Ada") }), "");
    assert_eq!(story.tick(99_999), "");
    assert_eq!(story.close(100_000, 1), "");
    assert_eq!(story.tick(100_001), "", "perhaps others come back with it");
    assert_eq!(story.close(100_001, 1), "");
    assert_eq!(story.tick(100_002), "0 Closing #1");
    assert_eq!((story.tick(999_999), story.alerts.next_timeout()), (String::new(), None));
}

#[test]
fn what_comes_back_together_is_one_message() {
    let mut story = Story::new(vec![everything(), Rule::everything(vec![CHAT])]);
    for number in 1..=12 {
        story.open(0, number, State::Down);
    }
    story.tick(60);
    for number in 1..=12 {
        assert_eq!(story.close(100 + number / 7, number), "");
    }
    assert_eq!(story.alerts.next_timeout(), Some(at(102)), "two seconds after the first");
    let all: String = (1..=12).map(|number| format!(" #{number}")).collect();
    assert_eq!(story.tick(102), format!("0 Closing{all}; 1 Closing{all}"));
}

#[test]
fn nobody_hears_of_something_new_before_the_old_is_over() {
    let mut story = Story::new(vec![Rule { wait: Duration::ZERO, ..everything() }]);
    story.open(0, 1, State::Stalled);
    assert_eq!(story.tick(0), "0 Opening #1");
    story.close(10, 1);
    story.open(11, 2, State::Stalled);
    assert_eq!(story.tick(11), "0 Closing #1; 0 Opening #2");
    assert_eq!(story.tick(99), "");
}

#[test]
fn a_closing_that_waits_outlives_a_restart() {
    let mut before = Story::new(vec![everything()]);
    before.open(0, 1, State::Stalled);
    before.tick(15);
    before.close(20, 1);
    assert!(before.alerts.is_closing(Number(1)) && before.alerts.is_empty());
    let record = Box::new(before.alerts.record(Number(1)).unwrap().clone());
    let mut after = Story::new(vec![everything()]);
    after.tell(0, Input::Restored { record, holds: Reasons::default() });
    after.close(0, 1);
    assert_eq!((after.tick(2), after.tick(99)), ("0 Closing #1".into(), String::new()));
}

#[test]
fn what_is_due_for_one_channel_at_once_is_one_message() {
    let mut story = Story::new(vec![everything(), Rule::everything(vec![CHAT, MAIL])]);
    for number in 1..4 {
        story.open(0, number, State::Stalled);
    }
    assert_eq!(story.tick(15), "0 Opening #1 #2 #3; 1 Opening #1 #2 #3", "and no channel twice");
}

#[test]
fn a_wait_ends_with_one_more_promise() {
    for reason in [Reason::Muted, Reason::Grace, Reason::New, Reason::Dependency, Reason::Group] {
        let mut story = Story::new(vec![everything()]);
        story.hold(0, 1, reason, true);
        story.open(0, 1, State::Stalled);
        assert_eq!(story.hold(0, 1, reason, true), "");
        assert_eq!(story.tick(100), "", "{reason:?}");
        assert_eq!(story.hold(100, 1, reason, false), "");
        assert_eq!(story.tick(101), "");
        assert_eq!(story.tick(102), "0 Opening #1", "{reason:?}");
        // Who was told of the beginning is told of the end, also if a wait began meanwhile.
        story.hold(103, 1, reason, true);
        assert_eq!(story.tick(9_999), "", "no reminder while it waits");
        story.close(9_999, 1);
        assert_eq!(story.tick(10_001), "0 Closing #1");
    }
}

#[test]
fn what_only_repairs_wait_for_is_told_all_the_same() {
    for &reason in Reason::ALL.iter().filter(|reason| !reason.stops(Stops::Alerts)) {
        let mut story = Story::new(vec![everything()]);
        story.hold(0, 1, reason, true);
        story.open(0, 1, State::Stalled);
        assert_eq!(story.hold(0, 1, reason, true), "");
        assert_eq!(story.hold(14, 1, reason, false), "");
        assert_eq!(story.tick(15), "0 Opening #1", "{reason:?}");
    }
}

#[test]
fn a_screen_hidden_for_a_moment_is_somebody_s_second_window() {
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Hidden);
    assert_eq!(story.tick(29), "");
    assert_eq!(story.tick(30), "0 Opening #1");
}

#[test]
fn silence_of_one_waits_until_it_cannot_be_that_of_a_group() {
    let mut story = Story::new(vec![Rule { wait: Duration::ZERO, ..everything() }]);
    story.open(0, 1, State::Down);
    story.open(0, 2, State::Stalled);
    assert_eq!(story.tick(0), "0 Opening #2");
    assert_eq!(story.tick(9), "", "the evidence of a stall was told at once");
    assert_eq!(story.tick(10), "0 Opening #1");
}

#[test]
fn a_rule_may_want_certain_states() {
    let rule = Rule { states: vec![State::Stalled], ..everything() };
    let mut story = Story::new(vec![rule]);
    story.open(0, 1, State::Down);
    assert_eq!(story.tick(99), "");
    let changed =
        Output::Changed { number: Number(1), state: State::Stalled, cause: Cause::NoFrames, at: at(100) };
    assert_eq!(story.tell(100, Input::Incident(&changed)), "");
    assert_eq!(story.tick(114), "");
    assert_eq!(story.tick(115), "0 Opening #1");
}

#[test]
fn bad_in_another_way_is_as_long_bad_but_for_a_rule_that_did_not_mean_it() {
    let stalls = Rule { states: vec![State::Stalled], ..Rule::everything(vec![CHAT]) };
    let mut story = Story::new(vec![everything(), stalls]);
    story.open(0, 1, State::Stalled);
    story.change(5, 1, State::Missing);
    story.change(10, 1, State::Stalled);
    assert_eq!((story.tick(14), story.tick(15)), (String::new(), "0 Opening #1".into()));
    assert_eq!((story.tick(24), story.tick(25)), (String::new(), "1 Opening #1".into()));

    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Stalled);
    story.change(10, 1, State::Hidden);
    assert_eq!((story.tick(39), story.tick(40)), (String::new(), "0 Opening #1".into()));
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Hidden);
    story.hold(1, 1, Reason::Muted, true);
    story.hold(5, 1, Reason::Muted, false);
    assert_eq!((story.tick(29), story.tick(30)), (String::new(), "0 Opening #1".into()));
}

#[test]
fn a_rule_waits_from_when_it_was_as_bad_and_a_group_from_when_the_good_states_were_left() {
    let open = |rule: Rule, subject, state, at_seconds| {
        let mut story = Story::new(vec![rule]);
        let (granted, holds) = (Duration::from_secs(2), Reasons::default());
        let (number, cause, since, at) = (Number(1), Cause::None, at(0), at(at_seconds));
        let opened = Output::Opened { number, subject, state, cause, since, at, granted, holds };
        let mut told = story.tell(at_seconds, Input::Incident(&opened));
        (at_seconds..).find(|&now| {
            told += &story.tick(now);
            !told.is_empty()
        })
    };
    let at_once = || Rule { wait: Duration::ZERO, ..everything() };
    let hall = || Subject::Parent(Parent::Group("hall".into()));
    assert_eq!(open(everything(), app(1), State::Stalled, 100), Some(115));
    assert_eq!(open(everything(), app(1), State::Down, 100), Some(115));
    assert_eq!(open(at_once(), app(1), State::Down, 6), Some(10), "more may follow");
    assert_eq!(open(at_once(), hall(), State::Down, 6), Some(6), "a group waits for no group");
}

#[test]
fn only_the_rule_that_told_a_channel_reminds_it() {
    let calm = Rule { remind: None, ..everything() };
    let eager = Rule { wait: Duration::from_secs(60), remind: Some(Duration::from_secs(30)), ..everything() };
    let mut story = Story::new(vec![calm.clone(), eager.clone()]);
    story.open(0, 1, State::Stalled);
    assert_eq!((story.tick(15), story.tick(9_999)), ("0 Opening #1".into(), String::new()));
    let mut story = Story::new(vec![Rule { wait: Duration::from_secs(99), ..calm }, eager]);
    story.open(0, 1, State::Stalled);
    assert_eq!((story.tick(60), story.tick(89)), ("0 Opening #1".into(), String::new()));
    assert_eq!(story.tick(90), "0 Reminder #1");
}

#[test]
fn what_is_due_is_one_message_for_each_channel_and_kind_in_order() {
    use Kind::{Closing, Opening, Reminder};
    let message = |channel, kind, numbers: &[u64]| {
        let incidents = numbers.iter().copied().map(Number).collect();
        Message { channel, kind, incidents }
    };
    let due = [
        (CHAT, Opening, 5),
        (MAIL, Reminder, 2),
        (MAIL, Opening, 9),
        (MAIL, Closing, 4),
        (MAIL, Opening, 3),
        (CHAT, Opening, 1),
    ];
    let mut out = vec![message(MAIL, Closing, &[7])];
    gather(due.map(|(channel, kind, number)| (channel, kind, Number(number))).to_vec(), &mut out);
    let expected = [
        message(MAIL, Closing, &[7]),
        message(MAIL, Closing, &[4]),
        message(MAIL, Opening, &[3, 9]),
        message(MAIL, Reminder, &[2]),
        message(CHAT, Opening, &[1, 5]),
    ];
    assert_eq!(out, expected, "and what an earlier input told stays as it was");
}

#[test]
fn late_alone_is_never_told() {
    let mut story = Story::new(vec![Rule { states: vec![State::Late], ..everything() }]);
    story.open(0, 1, State::Late);
    assert_eq!(story.tick(9_999), "");
}

#[test]
fn rules_choose_by_app_group_and_hours() {
    let apps = Rule { apps: vec!["h/app1".parse().unwrap()], ..everything() };
    let groups = Rule { groups: vec!["hall 3".into()], ..Rule::everything(vec![CHAT]) };
    let mut story = Story::new(vec![Rule { groups: vec!["none".into()], ..apps }, groups.clone()]);
    let group = |name: &str| Subject::Parent(Parent::Group(name.into()));
    story.open(0, 1, State::Stalled);
    story.open(0, 2, State::Stalled);
    story.open_about(0, 3, group("hall 3"), State::Down);
    story.open_about(0, 4, group("hall 4"), State::Down);
    story.open_about(0, 5, Subject::Parent(Parent::Host("h".into())), State::Down);
    assert_eq!(story.tick(15), "0 Opening #1 #5; 1 Opening #1 #2 #3 #5");

    let mut story = Story::new(vec![groups]);
    story.tell(0, Input::RuleActive { rule: 0, active: false });
    story.open_about(0, 1, group("hall 3"), State::Down);
    assert_eq!(story.tick(99), "");
    story.tell(100, Input::RuleActive { rule: 0, active: true });
    assert_eq!(story.tick(100), "1 Opening #1");
}

#[test]
fn rules_choose_by_the_name_that_it_has_now() {
    let of = |host: &str| Rule { apps: vec![format!("{host}/*").parse().unwrap()], ..everything() };
    let mut story = Story::new(vec![of("h"), Rule { channels: vec![CHAT], ..of("new") }]);
    story.open(0, 1, State::Stalled);
    assert_eq!(story.tick(15), "0 Opening #1");
    let subject = Subject::App(Identity::new("new", "", "app1").unwrap().to_owned());
    assert_eq!(story.tell(20, Input::Renamed { number: Number(1), subject: subject.clone() }), "");
    assert_eq!(story.tick(20), "1 Opening #1", "it has been so for long enough");
    assert_eq!(story.tick(20 + 3_600), "1 Reminder #1");
    assert_eq!(story.alerts.record(Number(1)).unwrap().subject, subject);
    story.close(4_000, 1);
    assert_eq!(story.tick(4_002), "0 Closing #1; 1 Closing #1", "whoever heard of it");
}

#[test]
fn whoever_is_muted_in_the_moment_in_which_it_is_due_is_not_told_of() {
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Stalled);
    story.open(0, 2, State::Stalled);
    assert_eq!(story.hold(15, 1, Reason::Muted, true), "", "#2 may be next");
    assert_eq!(story.hold(15, 2, Reason::Muted, true), "");
    assert_eq!(story.tick(15), "");
}

#[test]
fn a_snooze_is_silence_until_its_end() {
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Stalled);
    story.tell(1, Input::Snooze { number: Number(1), until: at(3_600), who: who("Ada") });
    assert_eq!(story.tick(3_599), "");
    assert_eq!(story.tick(3_600), "0 Opening #1");
}

#[test]
fn the_first_who_takes_it_on_and_the_last_who_snoozes_it_are_remembered() {
    let mut story = Story::new(vec![everything()]);
    story.open(0, 1, State::Stalled);
    for (seconds, by) in [(1, "Ada"), (2, "Bob")] {
        story.tell(seconds, Input::Acknowledge { number: Number(1), who: who(by) });
        story.tell(seconds, Input::Snooze { number: Number(1), until: at(60 + seconds), who: who(by) });
    }
    let record = story.alerts.record(Number(1)).unwrap();
    assert_eq!(record.acknowledged, Some(Acknowledged { at: at(1), who: who("Ada") }));
    assert_eq!(record.snoozed, Some(Snoozed { at: at(2), until: at(62), who: who("Bob") }));
}

#[test]
fn a_restart_tells_nothing_twice_and_forgets_nothing() {
    let mut before = Story::new(vec![everything()]);
    before.open(0, 1, State::Stalled);
    before.open(0, 2, State::Stalled);
    before.tell(1, Input::Snooze { number: Number(2), until: at(500), who: who("Ada") });
    before.tick(15);
    let mut after = Story::new(vec![everything()]);
    for number in [1, 2] {
        let record = before.alerts.record(Number(number)).unwrap().clone();
        assert_eq!(
            after.tell(100, Input::Restored { record: Box::new(record), holds: Reasons::default() }),
            ""
        );
    }
    assert_eq!(after.tick(500), "0 Opening #2");
    after.close(501, 1);
    assert_eq!(after.tick(503), "0 Closing #1");
}

#[test]
fn nobody_is_told_that_it_does_not_work_while_it_does() {
    let mut story = Story::new(vec![Rule::everything(vec![MAIL])]);
    let works =
        |story: &mut Story, at, on| story.tell(at, Input::Incident(&Output::Works { number: Number(1), on }));
    story.open(0, 1, State::Stalled);
    works(&mut story, 10, true);
    assert_eq!((story.tell(40, Input::Tick), story.alerts.next_timeout()), (String::new(), None));
    works(&mut story, 50, false);
    assert_eq!(story.tell(50, Input::Tick), "0 Opening #1", "it has been bad for long enough");
}
