//! Snoozes that end when their scope opens.

use super::*;

#[test]
fn a_snooze_until_opening_ends_with_the_next_one() {
    let until_opening = |now| mute("kiosk-17/*", When::UntilOpening { from: now, until: None }, Kind::Snooze);
    // By calendar: set in the afternoon, the next opening is tomorrow's.
    let inputs = [calendar("everything", "mo-su 09:30-18:00")];
    let mut house = House::new(at("08:00:00"), &inputs);
    house.say(at("16:00:00"), until_opening(at("16:00:00")));
    let opening = wall("2026-11-24T09:30:00Z");
    assert_eq!(house.word(at("17:00:00"), KIOSK), "Ada");
    assert_eq!(house.word(plus(opening, -1), KIOSK), "Ada", "both end then, and a person is named first");
    assert_eq!(house.word(opening, KIOSK), "opening");
    // By a key switch that is early. Before, it closes the house, which opens nothing.
    house.say(at("18:30:00"), signal("everything", false, at("18:30:00")));
    house.say(wall("2026-11-24T07:00:00Z"), signal("group:hall 4", true, wall("2026-11-24T07:00:00Z")));
    let early = wall("2026-11-24T08:00:00Z");
    house.out.clear();
    house.say(early, signal("everything", true, early));
    assert!(
        house.out.iter().all(|it| !matches!(it, Output::Removed { .. })),
        "hall 4 ended it before: {:?}",
        house.out
    );
    assert_eq!(house.word(early, KIOSK), "opening");

    // Where only a key switch is known.
    let mut house = House::new(at("08:00:00"), &[]);
    let nothing = house.say(at("12:00:00"), until_opening(at("12:00:00")));
    assert_eq!(nothing, Reply::Refused(Refused::NoOpening));
    house.say(at("12:00:00"), signal("everything", true, at("12:00:00")));
    house.say(at("12:30:00"), until_opening(at("12:30:00")));
    house.say(at("13:00:00"), signal("everything", true, at("13:00:00")));
    assert_eq!(house.word(at("13:00:00"), KIOSK), "Ada", "open and said again is no opening");
    house.say(at("18:00:00"), signal("everything", false, at("18:00:00")));
    house.out.clear();
    house.say(wall("2026-11-24T09:00:00Z"), signal("everything", true, wall("2026-11-24T09:00:00Z")));
    let ended = house.out.iter().any(|it| matches!(it, Output::Removed { end: End::Opened, .. }));
    assert!(ended, "{:?}", house.out);
}

#[test]
fn a_snooze_until_opening_waits_for_the_calendar_of_its_own_scope() {
    let calendars = [
        calendar("everything", "mo-su 09:30-18:00"),
        calendar("group:hall 3", "mo-su 10:00-18:00"),
        // Of others, and earlier.
        calendar("group:hall 4", "mo-su 07:00-18:00"),
        calendar("entrance/*", "mo-su 06:00-18:00"),
    ];
    for (of, opens) in [
        ("group:hall 3", "10:00:00"),
        ("group:hall 9", "09:30:00"),
        ("everything", "09:30:00"),
        ("entrance/*", "06:00:00"),
        ("entrance/Tetris", "06:00:00"),
    ] {
        let mut house = House::new(at("05:00:00"), &calendars);
        let from = at("05:00:00");
        house.say(from, mute(of, When::UntilOpening { from, until: None }, Kind::Snooze));
        let (_, held, _) = house.mutes.list(from).next().unwrap();
        assert_eq!(held.end(), Some(at(opens)), "{of}");
    }
}
