//! Incidents and alerts of a group that falls silent together: who is told when, in how many messages.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::restart::{Both, at, kiosk};
use crate::beat::{Cause, State};
use crate::incident::{Belief, Input, Parent};

/// What the n-th of the hall is believed, who had been granted so many seconds.
fn say(run: &mut Both, now: u64, n: u8, state: State, granted: u64) {
    let down_at = at(now + if state == State::Late { granted } else { 0 });
    let granted = Duration::from_secs(granted);
    let belief = Belief { state, cause: Cause::Silence, since: at(now), granted, down_at };
    run.until(now);
    run.pass(now, Input::Believed { id: kiosk(n).borrow(), belief });
}

/// Three fall silent at `now`: two that were granted 6 s, and one that was granted 60. The host's incident is #1, theirs
/// follow.
fn three_fall_silent(run: &mut Both, now: u64) {
    for n in 0..3 {
        say(run, now - 6, n, State::Up, 6);
    }
    for (n, granted) in [(0, 6), (1, 6), (2, 60)] {
        say(run, now, n, State::Late, granted);
    }
    for (n, granted) in [(0, 6), (1, 6), (2, 60)] {
        say(run, now + granted, n, State::Down, granted);
    }
}

fn told(run: &mut Both) -> Vec<String> {
    run.told.drain(..).map(|message| format!("{:?} {:?}", message.kind, message.incidents)).collect()
}

#[test]
fn a_group_speaks_for_its_members_until_it_is_back() {
    let mut run = Both::new();
    three_fall_silent(&mut run, 100);
    run.until(3_000);
    assert_eq!(told(&mut run), ["Opening [Number(1)]"], "the group's one message");
    for n in 0..3 {
        say(&mut run, 3_000, n, State::Up, 6);
    }
    run.until(99_999);
    assert_eq!(told(&mut run), ["Closing [Number(1)]"]);
}

#[test]
fn who_stays_dark_when_the_others_are_back_is_told_of_in_one_list_too() {
    let mut run = Both::new();
    for n in 0..7 {
        say(&mut run, 94, n, State::Up, 60);
    }
    for n in 0..7 {
        say(&mut run, 100, n, State::Late, [6, 9, 60][usize::from(n) % 3]);
    }
    for n in [0, 1, 3] {
        say(&mut run, 110, n, State::Down, [6, 9, 60][usize::from(n) % 3]);
    }
    run.until(119);
    assert_eq!(told(&mut run), ["Opening [Number(1)]"]);
    for n in [2, 4, 5, 6] {
        say(&mut run, 120, n, State::Up, 60);
    }
    run.until(122);
    assert_eq!(told(&mut run), ["Closing [Number(1)]"]);
    run.until(999);
    assert_eq!(told(&mut run), ["Opening [Number(2), Number(3), Number(4)]"]);
}

#[test]
fn what_falls_silent_just_before_closing_is_told_to_nobody_until_it_opens_again() {
    let (host, closes) = (Parent::Host("hall".into()), |at| move |host| Input::Closing { parent: host, at });
    let mut run = Both::new();
    run.pass(0, closes(Some(at(2_000)))(&host));
    three_fall_silent(&mut run, 200);
    run.until(50_000);
    assert_eq!(told(&mut run), [""; 0], "switched off at the wall");
    run.pass(50_000, closes(Some(at(90_000)))(&host));
    run.until(50_100);
    assert_eq!(told(&mut run), ["Opening [Number(1)]"]);

    // A little sooner it is an alarm.
    let mut run = Both::new();
    run.pass(0, closes(Some(at(2_001)))(&host));
    three_fall_silent(&mut run, 200);
    run.until(50_000);
    assert_eq!(told(&mut run).iter().filter(|line| line.starts_with("Opening")).count(), 1);
}

#[test]
fn an_alarm_that_turns_out_to_be_the_evening_is_not_repeated() {
    let host = Parent::Host("hall".into());
    let mut run = Both::new();
    three_fall_silent(&mut run, 200);
    run.until(1_000);
    assert_eq!(told(&mut run).len(), 1);
    run.pass(1_000, Input::Closing { parent: &host, at: Some(at(1_100)) });
    run.until(50_000);
    assert_eq!(told(&mut run), [""; 0]);
    run.pass(50_000, Input::Closing { parent: &host, at: None });
    run.until(50_100);
    assert_eq!(told(&mut run), ["Reminder [Number(1)]"]);
}
