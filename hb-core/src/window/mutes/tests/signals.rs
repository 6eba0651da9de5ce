//! Signals at the edges of their time: ahead of the clock, late, said again, and what they do not end.

use super::*;

#[test]
fn a_signal_from_a_clock_that_is_ahead_counts_from_when_it_was_heard() {
    let mut house = House::new(at("08:00:00"), &[]);
    house.say(at("10:00:00"), signal("everything", false, at("11:00:00")));
    assert_eq!(house.word(at("10:00:00"), KIOSK), "key switch");
    assert_eq!(house.mutes.said_since(&scope("everything")), Some(at("10:00:00")));
}

#[test]
fn a_signal_that_comes_late_does_not_change_what_was_before_the_last_one() {
    let mut house = House::new(at("08:00:00"), &[]);
    house.say(at("10:00:00"), signal("everything", false, at("10:00:00")));
    house.say(at("10:01:00"), signal("everything", true, at("09:00:00")));
    assert_eq!(house.mutes.said_since(&scope("everything")), Some(at("10:00:00")));
}

#[test]
fn a_signal_that_was_believed_no_longer_begins_anew() {
    let mut house = House::new(at("08:00:00"), &[]);
    house.say(at("08:00:00"), signal("everything", false, at("08:00:00")));
    let again = wall("2026-11-24T08:01:00Z");
    house.say(again, signal("everything", false, again));
    assert_eq!(house.mutes.said_since(&scope("everything")), Some(again), "for a minute nobody said it");
}

#[test]
fn what_an_earlier_run_heard_does_not_reach_back_for_another_word() {
    let mut house = House::new(at("08:00:00"), &[]);
    house.say(at("10:00:00"), signal("everything", false, at("10:00:00")));
    let heard = wall("2026-11-20T08:00:00Z");
    let stale = Input::Heard {
        scope: scope("everything"),
        open: true,
        since: heard,
        at: heard,
        who: who("key switch"),
    };
    assert_eq!(house.say(at("10:01:00"), stale), Reply::Refused(Refused::Stale));
    assert_eq!(house.mutes.said_since(&scope("everything")), Some(at("10:00:00")));
}

#[test]
fn a_snooze_until_opening_outlasts_the_opening_of_others_and_one_before_it_begins() {
    let snooze = |from| mute("kiosk-17/*", When::UntilOpening { from, until: None }, Kind::Snooze);
    for (from, of, ends) in [
        ("12:00:00", "everything", true),
        ("12:00:00", "kiosk-17/*", true),
        ("12:00:00", "kiosk-18/*", false),
        // Which groups it is in is not known here.
        ("12:00:00", "group:hall 4", true),
        ("14:00:00", "everything", false),
    ] {
        let mut house = House::new(at("08:00:00"), &[calendar("everything", "mo-su 09:30-18:00")]);
        assert!(matches!(house.say(at("12:00:00"), snooze(at(from))), Reply::Added(_)));
        house.say(at("12:10:00"), signal(of, false, at("12:10:00")));
        house.out.clear();
        house.say(at("13:00:00"), signal(of, true, at("13:00:00")));
        let ended = house.out.iter().any(|it| matches!(it, Output::Removed { .. }));
        assert_eq!(ended, ends, "from {from}, {of} opens");
    }
}

#[test]
fn what_was_said_before_the_clock_was_doubted_stays_where_it_was() {
    let mut house = House::new(at("08:00:00"), &[snooze("kiosk-17/*", at("08:00:00"), at("12:00:00"))]);
    house.say(at("11:00:00"), Input::Clock { trusted: false, step: 0 });
    house.say(at("12:10:00"), Input::Clock { trusted: true, step: 3_600_000 });
    assert_eq!(house.word(at("12:10:00"), KIOSK), "told", "an hour ahead, it is over");
}
