//! Stories of single apps among the incidents: what counts as heard, since when it is bad, and moves.

use alloc::format;
use alloc::string::String;

use super::tests::{Story, at, belief, id};
use super::*;
use crate::beat::Cause;

/// Three kiosks of a hall fall silent.
fn three_fall_silent(story: &mut Story, seconds: u64) -> String {
    (0..3).map(|kiosk| story.say(seconds, &format!("kiosk-{kiosk:02}/a"), State::Late)).collect()
}

#[test]
fn whoever_was_in_contact_in_any_way_was_heard() {
    for &state in State::ALL {
        let mut story = Story::hall(0);
        for kiosk in 0..3 {
            story.say(0, &format!("kiosk-{kiosk:02}/a"), state);
        }
        let unheard = [State::Unknown, State::Missing, State::Late, State::Down].contains(&state);
        assert_eq!(three_fall_silent(&mut story, 100).contains("hall 3"), !unheard, "{state}");
    }
}

#[test]
fn who_said_goodbye_is_no_part_of_half_a_group() {
    let mut story = Story::hall(7);
    assert!(!three_fall_silent(&mut story, 100).contains("hall 3"), "three of seven");
    let mut story = Story::hall(7);
    story.say(50, "kiosk-06/a", State::Done);
    assert!(three_fall_silent(&mut story, 100).contains("hall 3"), "three of six");
    let mut story = Story::hall(7);
    let gone = id("kiosk-06/a");
    story.tell(50, Input::Removed { id: gone.borrow() });
    assert!(three_fall_silent(&mut story, 100).contains("hall 3"), "three of six");
}

#[test]
fn a_silent_hall_whose_places_count_as_missing_is_one_incident_until_they_show_again() {
    let mut story = Story::hall(6);
    for state in [State::Late, State::Down, State::Missing, State::Missing] {
        let told: String =
            (0..6).map(|kiosk| story.say(100, &format!("kiosk-{kiosk:02}/a"), state)).collect();
        assert!(!told.contains("close") && !told.contains("uncover"), "{state}: {told}");
    }
    let back = |kiosk| format!("kiosk-{kiosk:02}/a");
    let told: String = (0..3).map(|kiosk| story.say(500, &back(kiosk), State::Up)).collect();
    assert!(!told.contains("hall 3") && !told.contains("close #1"), "half of it is dark: {told}");
    assert!(story.say(500, &back(3), State::Up).contains("close #1 Back"));
}

#[test]
fn a_missing_place_is_silent_only_if_its_app_fell_silent() {
    for before in [State::Done, State::Off, State::Stalled] {
        let mut story = Story::hall(3);
        (0..3).for_each(|kiosk| drop(story.say(100, &format!("kiosk-{kiosk:02}/a"), before)));
        let told: String =
            (0..3).map(|kiosk| story.say(101, &format!("kiosk-{kiosk:02}/a"), State::Missing)).collect();
        assert!(!told.contains("hall 3"), "{before}: {told}");
    }
}

#[test]
fn a_restart_goes_on_with_a_silent_hall_whose_places_count_as_missing() {
    let mut story = Story::hall(0);
    let hall = Parent::Group("hall 3".into());
    for kiosk in 0..3 {
        let app = id(&format!("kiosk-{kiosk:02}/a"));
        let (open, covered) = (Some((Number(2 + kiosk), at(3))), Some((&hall, Number(1))));
        let belief = belief(3, State::Missing);
        story.tell(10, Input::Restored { id: app.borrow(), belief, open, covered });
    }
    assert_eq!(story.incidents.of_parent(&hall), Some(Number(1)));
    story.say(20, "kiosk-00/a", State::Up);
    assert!(story.say(20, "kiosk-01/a", State::Up).contains("close #1 Back"));
}

#[test]
fn a_change_is_one_of_the_state_or_of_its_cause() {
    let mut story = Story::new(Tree::default());
    let app = id("h/a");
    let mut say = |seconds, state, cause| {
        let belief = Belief { cause, ..belief(seconds, state) };
        story.tell(seconds, Input::Believed { id: app.borrow(), belief })
    };
    assert_eq!(say(0, State::Stalled, Cause::NoFrames), "open #1 a @ h stalled since 0");
    assert_eq!(say(1, State::Stalled, Cause::NoFrames), "");
    assert_eq!(say(2, State::Stalled, Cause::GpuStuck), "change #1 stalled");
    assert_eq!(say(3, State::Hidden, Cause::GpuStuck), "change #1 hidden");
}

#[test]
fn what_is_bad_is_so_since_the_good_states_were_left_for_the_last_time() {
    for (path, since) in [
        (&[State::Late, State::Late][..], 1),
        (&[State::Late, State::Unknown], 1),
        (&[State::Late, State::Unknown, State::Late], 1),
        (&[State::Late, State::Up, State::Late], 3),
        (&[State::Late, State::Reconnecting, State::Late], 3),
        (&[State::Late, State::Starting, State::Late], 3),
        (&[State::Late, State::Done, State::Late], 3),
        (&[State::Late, State::Up], 9),
    ] {
        let mut story = Story::new(Tree::default());
        for (&state, seconds) in path.iter().zip(1..) {
            assert_eq!(story.say(seconds, "h/a", state), "");
        }
        let told = story.say(9, "h/a", State::Down);
        assert_eq!(told, format!("open #1 a @ h down since {since}"), "{path:?}");
    }
}

#[test]
fn who_was_late_before_a_restart_is_late_since_then() {
    for (state, since) in [(State::Late, 3), (State::Unknown, 20)] {
        let mut story = Story::new(Tree::default());
        let app = id("h/a");
        let restored =
            Input::Restored { id: app.borrow(), belief: belief(3, state), open: None, covered: None };
        assert_eq!(story.tell(10, restored), "");
        assert_eq!(story.say(20, "h/a", State::Down), format!("open #1 a @ h down since {since}"));
    }
}

#[test]
fn each_good_state_ends_an_incident_in_its_way_and_those_between_in_none() {
    for (state, told) in [
        (State::Up, "close #1 Back"),
        (State::Off, "close #1 Goodbye"),
        (State::Done, "close #1 Goodbye"),
        (State::Unknown, ""),
        (State::Reconnecting, ""),
        (State::Starting, ""),
        (State::Late, ""),
    ] {
        let mut story = Story::new(Tree::default());
        story.say(0, "h/a", State::Hidden);
        assert_eq!(story.say(1, "h/a", state), told, "{state}");
    }
}

#[test]
fn a_move_takes_silence_and_place_along() {
    let (outside, inside) = (id("desk/a"), id("kiosk-09/a"));
    let move_in = || Input::Moved { from: outside.borrow(), to: inside.borrow() };
    // The third that is silent comes to the hall.
    let mut story = Story::hall(5);
    story.say(0, "desk/a", State::Up);
    for who in ["kiosk-00/a", "kiosk-01/a", "desk/a"] {
        assert_eq!(story.say(100, who, State::Late), "");
    }
    assert!(story.tell(101, move_in()).starts_with("open #1 hall 3"));
    // And its going leaves less than half.
    let leaves = Input::Moved { from: inside.borrow(), to: outside.borrow() };
    assert!(story.tell(102, leaves).contains("close #1 Back"));

    // Who is well counts as one of them: three of seven are none.
    let mut story = Story::hall(6);
    story.say(0, "desk/a", State::Up);
    story.tell(1, move_in());
    assert!(!three_fall_silent(&mut story, 100).contains("hall 3"));

    // Whoever was there before is gone.
    let mut story = Story::new(Tree::default());
    story.say(0, "desk/a", State::Up);
    story.say(0, "kiosk-09/a", State::Stalled);
    assert_eq!(story.tell(1, move_in()), "close #1 Removed");
    assert_eq!(story.incidents.len(), 1);
    let nowhere = Input::Moved { from: inside.borrow(), to: inside.borrow() };
    assert_eq!((story.tell(2, nowhere), story.incidents.len()), (String::new(), 1));
}

#[test]
fn what_is_needed_is_so_under_the_name_it_has_now() {
    let dependencies = ["old", "new"].map(|host| Dependency {
        who: format!("{host}-kiosk/*").parse().unwrap(),
        on: Needed::App(id(&format!("{host}/films"))),
    });
    let mut story = Story::new(Tree { groups: Vec::new(), dependencies: dependencies.to_vec() });
    for kiosk in ["old-kiosk/a", "new-kiosk/a"] {
        story.say(0, kiosk, State::Up);
    }
    story.say(1, "old/films", State::Stalled);
    let (old, new) = (id("old/films"), id("new/films"));
    let told = story.tell(2, Input::Moved { from: old.borrow(), to: new.borrow() });
    assert_eq!(told, "free a @ old-kiosk Dependency; hold a @ new-kiosk Dependency");
    // And what was bad before a restart is needed as much.
    let mut story = Story::new(Tree { groups: Vec::new(), dependencies: dependencies.to_vec() });
    story.say(0, "old-kiosk/a", State::Up);
    let restored = |state| Input::Restored {
        id: old.borrow(),
        belief: belief(0, state),
        open: Some((Number(7), at(0))),
        covered: None,
    };
    assert_eq!(story.tell(1, restored(State::Down)), "hold a @ old-kiosk Dependency");
}

#[test]
fn who_joins_a_silent_group_waits_with_it_for_as_long_as_it_does() {
    let mut story = Story::hall(6);
    three_fall_silent(&mut story, 100);
    assert_eq!(story.say(101, "kiosk-10/a", State::Up), "hold a @ kiosk-10 Group");
    assert!(story.tell(106, Input::Tick).contains("free a @ kiosk-10 Group"));
    assert_eq!(story.say(108, "kiosk-11/a", State::Up), "");
    // Who falls silent later is part of it, and its repairs do not wait.
    let told = story.say(109, "kiosk-11/a", State::Late);
    assert_eq!(told, "cover a @ kiosk-11 by #1; hold a @ kiosk-11 Covered");
}

#[test]
fn a_silent_group_is_information_only_while_its_place_closes() {
    let (hall, closes) = (Parent::Group("hall 3".into()), |parent, at| Input::Closing { parent, at });
    let mut story = Story::hall(6);
    assert_eq!(story.tell(1, closes(&hall, Some(at(1_900)))), "");
    let told = three_fall_silent(&mut story, 100);
    assert!(told.starts_with("open #1 hall 3 down since 100 Closed;"), "{told}");
    assert!(!story.tell(107, Input::Tick).contains("Covered"), "its members wait on");
    assert_eq!(story.tell(200, closes(&hall, Some(at(1_901)))), "loud #1", "thirty minutes and a second");
    assert_eq!(story.tell(201, closes(&hall, Some(at(9_000)))), "");
    assert_eq!(story.tell(202, closes(&hall, Some(at(300)))), "quiet #1");
    assert_eq!(story.incidents.holds_of(&hall).iter().collect::<Vec<_>>(), [Reason::Closed]);
    assert_eq!(story.tell(203, closes(&hall, None)), "loud #1", "its members wait all the same");
    assert!(story.incidents.holds_of(&hall).is_empty());
}

#[test]
fn a_group_that_is_back_frees_nobody_whom_another_holds() {
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: members.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let groups = [group("hall 3", &["kiosk-*/*"]), group("yard", &["kiosk-05/*", "desk-*/*"])];
    let mut story = Story::new(Tree { groups: groups.to_vec(), dependencies: Vec::new() });
    for kiosk in 0..6 {
        story.say(0, &format!("kiosk-{kiosk:02}/a"), State::Up);
    }
    for desk in 0..3 {
        story.say(0, &format!("desk-{desk}/a"), State::Up);
    }
    three_fall_silent(&mut story, 100);
    let told = story.tell(106, Input::Tick);
    assert!(told.contains("free a @ kiosk-05 Group"), "the time of the first is over: {told}");
    let told: String = (0..3).map(|desk| story.say(200, &format!("desk-{desk}/a"), State::Late)).collect();
    assert!(told.contains("hold a @ kiosk-05 Group"), "{told}");
    let told = story.say(201, "kiosk-00/a", State::Up);
    assert!(told.contains("close #1 Back") && !told.contains("kiosk-05"), "{told}");
    assert!(story.incidents.holds(id("kiosk-05/a").borrow()).contains(Reason::Group));
    assert!(story.tell(206, Input::Tick).contains("free a @ kiosk-05 Group"));
}

#[test]
fn only_silence_goes_on_with_a_groups_incident_after_a_restart() {
    let hall = Parent::Group("hall 3".into());
    for (state, covered) in [
        (State::Down, true),
        (State::Late, true),
        (State::Missing, true),
        (State::Up, false),
        (State::Stalled, false),
    ] {
        let mut story = Story::hall(0);
        let kiosk = id("kiosk-00/a");
        let restored = Input::Restored {
            id: kiosk.borrow(),
            belief: belief(0, state),
            open: None,
            covered: Some((&hall, Number(7))),
        };
        let expected = if covered { "cover a @ kiosk-00 by #7; hold a @ kiosk-00 Covered" } else { "" };
        assert_eq!(story.tell(1, restored), expected, "{state}");
    }
}

#[test]
fn who_is_still_silent_when_one_group_is_back_is_spoken_for_by_the_other() {
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: members.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let groups = [group("hall 3", &["kiosk-*/*"]), group("switch", &["kiosk-00/*", "desk-*/*"])];
    let mut story = Story::new(Tree { groups: groups.to_vec(), dependencies: Vec::new() });
    for who in ["kiosk-00/a", "kiosk-01/a", "kiosk-02/a", "desk-0/a", "desk-1/a", "desk-2/a"] {
        story.say(0, who, State::Up);
    }
    three_fall_silent(&mut story, 100);
    let told: String = (0..3).map(|desk| story.say(101, &format!("desk-{desk}/a"), State::Late)).collect();
    assert!(told.contains("open #2 switch") && !told.contains("cover a @ kiosk-00"), "{told}");
    story.say(102, "kiosk-01/a", State::Up);
    let told = story.say(102, "kiosk-02/a", State::Up);
    assert!(told.ends_with("uncover a @ kiosk-00 by #1; cover a @ kiosk-00 by #2"), "{told}");
    assert!(story.incidents.holds(id("kiosk-00/a").borrow()).contains(Reason::Covered));
    assert!(story.say(103, "kiosk-00/a", State::Up).starts_with("uncover a @ kiosk-00 by #2; free a"));
}

#[test]
fn a_groups_incident_of_an_earlier_run_ends_like_any_other() {
    let hall = Parent::Group("hall 3".into());
    let mut story = Story::hall(0);
    for n in 0..4 {
        let kiosk = id(&format!("kiosk-{n:02}/a"));
        let covered = Some((&hall, Number(7)));
        story.tell(
            1,
            Input::Restored { id: kiosk.borrow(), belief: belief(0, State::Down), open: None, covered },
        );
    }
    // One more falls silent, three of the five come back, and the two that are left fall silent with one of those.
    story.say(2, "kiosk-04/a", State::Up);
    assert!(story.say(10, "kiosk-04/a", State::Late).starts_with("cover a @ kiosk-04 by #7"));
    assert!(!story.say(11, "kiosk-00/a", State::Up).contains("close"));
    assert!(!story.say(11, "kiosk-01/a", State::Up).contains("close"));
    assert!(story.say(11, "kiosk-02/a", State::Up).contains("close #7 Back"));
    assert_eq!(story.incidents.crowds[&hall].0.heard, 5);
    // Who was silent all along is so no more once it is heard.
    story.say(12, "kiosk-03/a", State::Up);
    assert_eq!(story.incidents.crowds[&hall].0.silent().count(), 1);
    let again =
        ["kiosk-00/a", "kiosk-01/a", "kiosk-02/a"].map(|who| story.say(13, who, State::Late)).concat();
    assert!(again.contains("open #8 hall 3 down since 10"), "{again}");
}

#[test]
fn who_is_in_no_outage_is_not_looked_at_when_time_passes() {
    let mut story = Story::new(Tree::default());
    let beside = |host: u64, app: u64| format!("host-{host}/app-{app}");
    for (host, app) in (0..100).flat_map(|host| (0..3).map(move |app| (host, app))) {
        story.say(0, &beside(host, app), State::Up);
    }
    assert_eq!(story.incidents.holding.len(), 0);
    (0..3).for_each(|app| drop(story.say(10, &beside(7, app), State::Late)));
    assert_eq!(story.incidents.holding.len(), 1);
    let until = story.incidents.next_timeout().expect("its repairs wait");
    story.tell(until.as_millis() / 1_000 + 1, Input::Tick);
    assert_eq!((story.incidents.holding.len(), story.incidents.next_timeout()), (0, None));
    assert!(story.incidents.of_parent(&Parent::Host("host-7".into())).is_some(), "it goes on");
}

#[test]
fn a_picture_of_some_seconds_ends_nothing_while_something_is_done_about_it() {
    let mut story = Story::new(Tree::default());
    story.say(0, "h/a", State::Up);
    let app = id("h/a");
    let try_it = |story: &mut Story, at, on| story.tell(at, Input::Tried { id: app.borrow(), on });
    assert_eq!(story.say(10, "h/a", State::Stalled), "open #1 a @ h stalled since 10");
    assert_eq!(try_it(&mut story, 40, true), "");
    for (at, state, expected) in [
        (41, State::Reconnecting, ""),
        (42, State::Up, "works #1"),
        (45, State::Up, ""),
        (50, State::Stalled, "broken #1; change #1 stalled"),
        (90, State::Done, "works #1"),
        (91, State::Starting, ""),
        (92, State::Up, ""),
    ] {
        assert_eq!(story.say(at, "h/a", state), expected, "{at}");
    }
    assert_eq!(try_it(&mut story, 152, false), "close #1 Back");
    // One that is bad again when nobody tries any more stays open, and whose display is off waits for nothing.
    story.say(200, "h/a", State::Stalled);
    try_it(&mut story, 230, true);
    story.say(231, "h/a", State::Up);
    story.say(232, "h/a", State::Late);
    assert_eq!(try_it(&mut story, 233, false), "broken #2");
    try_it(&mut story, 240, true);
    assert_eq!(story.say(250, "h/a", State::Off), "close #2 Goodbye");
    let stranger = id("h/b");
    assert_eq!(story.tell(300, Input::Tried { id: stranger.borrow(), on: true }), "");
    assert!(!story.incidents.knows(stranger.borrow()));
}

#[test]
fn who_was_never_heard_makes_no_group_larger() {
    let mut story = Story::hall(3);
    for kiosk in 3..7 {
        assert_eq!(story.say(1, &format!("kiosk-{kiosk:02}/a"), State::Unknown), "");
    }
    let told = three_fall_silent(&mut story, 100);
    assert!(told.starts_with("open #1 hall 3"), "three of the three that were heard: {told}");
}

#[test]
fn who_needs_a_group_waits_while_its_incident_is_open() {
    let group = Group { name: "hall 3".into(), members: alloc::vec!["kiosk-*/*".parse().unwrap()] };
    let needs = Dependency { who: "desk/*".parse().unwrap(), on: Needed::Group("hall 3".into()) };
    let mut story = Story::new(Tree { groups: alloc::vec![group], dependencies: alloc::vec![needs] });
    for who in ["kiosk-00/a", "kiosk-01/a", "kiosk-02/a", "desk/a"] {
        story.say(0, who, State::Up);
    }
    let told = three_fall_silent(&mut story, 100);
    assert!(told.contains("hold a @ desk Dependency"), "{told}");
    story.say(101, "kiosk-00/a", State::Up);
    let told = story.say(101, "kiosk-01/a", State::Up);
    assert!(told.contains("close #1 Back") && told.contains("free a @ desk Dependency"), "{told}");
}

/// A hall of eight kiosks, of which three stand in a rack too.
fn rack() -> Story {
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: members.iter().map(|text| text.parse().unwrap()).collect(),
    };
    let rack = group("rack", &["kiosk-00/*", "kiosk-01/*", "kiosk-02/*"]);
    let groups = alloc::vec![group("hall 3", &["kiosk-*/*"]), rack];
    let mut story = Story::new(Tree { groups, dependencies: Vec::new() });
    for kiosk in 0..8 {
        story.say(0, &format!("kiosk-{kiosk:02}/a"), State::Up);
    }
    story
}

#[test]
fn who_is_part_of_one_groups_incident_makes_none_of_another() {
    let mut story = rack();
    assert!(three_fall_silent(&mut story, 100).starts_with("open #1 rack"));
    assert_eq!(story.say(101, "kiosk-03/a", State::Late), "", "one more, and not four of eight");
    for kiosk in ["kiosk-04/a", "kiosk-05/a"] {
        assert_eq!(story.say(102, kiosk, State::Late), "");
    }
    assert!(story.say(103, "kiosk-06/a", State::Late).starts_with("open #2 hall 3 down since 101"));
    // And of whom the first speaks, the second does not when it ends.
    let told: String =
        (3..7).map(|kiosk| story.say(104, &format!("kiosk-{kiosk:02}/a"), State::Up)).collect();
    assert!(told.contains("close #2 Back") && !told.contains("cover a @ kiosk-00"), "{told}");
    assert_eq!(story.incidents.covered_by(id("kiosk-00/a").borrow()), Some(Number(1)));
}

#[test]
fn whose_repairs_two_groups_hold_waits_for_both() {
    let mut story = rack();
    three_fall_silent(&mut story, 100);
    (3..7).for_each(|kiosk| drop(story.say(101, &format!("kiosk-{kiosk:02}/a"), State::Late)));
    let held = |story: &Story| story.incidents.holds(id("kiosk-00/a").borrow()).contains(Reason::Group);
    assert_eq!(story.incidents.of_parent(&Parent::Group("hall 3".into())), Some(Number(2)));
    assert!(!story.tell(106, Input::Tick).contains("kiosk-00"), "the time of the first is over");
    assert!(held(&story));
    assert!(story.tell(107, Input::Tick).contains("free a @ kiosk-00 Group"));
    assert!(!held(&story));
}

#[test]
fn a_groups_incident_of_an_earlier_run_is_quiet_at_once_and_told_once_where_its_place_closes() {
    let hall = Parent::Group("hall 3".into());
    let mut story = Story::hall(0);
    story.tell(1, Input::Closing { parent: &hall, at: Some(at(900)) });
    let told: Vec<String> = (0..3)
        .map(|n| {
            let kiosk = id(&format!("kiosk-{n:02}/a"));
            let (belief, covered) = (belief(0, State::Down), Some((&hall, Number(7))));
            story.tell(1, Input::Restored { id: kiosk.borrow(), belief, open: None, covered })
        })
        .collect();
    assert!(told[0].starts_with("quiet #7; cover a @ kiosk-00 by #7"), "{told:?}");
    assert!(told[1..].iter().all(|told| told.starts_with("cover a")), "{told:?}");
}

#[test]
fn nobody_is_part_of_the_incident_of_a_group_that_it_is_in_no_longer() {
    let hall = Parent::Group("hall 3".into());
    let mut story = Story::hall(0);
    let mut restored = |who| {
        let covered = Some((&hall, Number(7)));
        let (who, belief) = (id(who), belief(0, State::Down));
        story.tell(1, Input::Restored { id: who.borrow(), belief, open: None, covered })
    };
    assert_eq!(restored("kiosk-00/a"), "cover a @ kiosk-00 by #7; hold a @ kiosk-00 Covered");
    assert_eq!(restored("desk/a"), "");
}
