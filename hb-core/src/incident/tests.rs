//! Stories of incidents, in virtual time.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::time::Duration;

use super::*;
use crate::beat::Cause;

const GRANTED: Duration = Duration::from_secs(6);

pub(super) fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1_000)
}

pub(super) fn id(name: &str) -> OwnedIdentity {
    let (host, app) = name.split_once('/').unwrap();
    Identity::new(host, "", app).unwrap().to_owned()
}

pub(super) struct Story {
    pub(super) incidents: Incidents,
    now: Time,
}

impl Story {
    pub(super) fn new(tree: Tree) -> Self {
        Self { incidents: Incidents::new(tree).unwrap(), now: Time::ZERO }
    }

    /// A hall of `count` kiosks, all up.
    pub(super) fn hall(count: usize) -> Self {
        let group = Group { name: "hall 3".into(), members: alloc::vec!["kiosk-*/*".parse().unwrap()] };
        let mut story = Self::new(Tree { groups: alloc::vec![group], dependencies: Vec::new() });
        for kiosk in 0..count {
            assert_eq!(story.say(0, &format!("kiosk-{kiosk:02}/a"), State::Up), "");
        }
        story
    }

    pub(super) fn tell(&mut self, seconds: u64, input: Input<'_>) -> String {
        self.now = at(seconds);
        let mut out = Vec::new();
        self.incidents.handle(self.now, input, &mut out);
        let lines: Vec<String> = out.iter().map(line).collect();
        lines.join("; ")
    }

    pub(super) fn say(&mut self, seconds: u64, who: &str, state: State) -> String {
        let belief = belief(seconds, state);
        self.tell(seconds, Input::Believed { id: id(who).borrow(), belief })
    }
}

pub(super) fn belief(seconds: u64, state: State) -> Belief {
    let since = at(seconds);
    Belief { state, cause: Cause::None, since, granted: GRANTED, down_at: since + GRANTED }
}

fn line(output: &Output) -> String {
    match output {
        Output::Opened { number, subject, state, since, holds, .. } => {
            let holds: Vec<String> = holds.iter().map(|reason| format!(" {reason:?}")).collect();
            format!("open {number} {subject} {state} since {}{}", since.as_millis() / 1_000, holds.concat())
        }
        Output::Changed { number, state, .. } => format!("change {number} {state}"),
        Output::Covered { by, id, on } => format!("{} {id} by {by}", if *on { "cover" } else { "uncover" }),
        Output::Held { id, reason, on, .. } => {
            format!("{} {id} {reason:?}", if *on { "hold" } else { "free" })
        }
        Output::Works { number, on } => format!("{} {number}", if *on { "works" } else { "broken" }),
        Output::Quiet { number, on } => format!("{} {number}", if *on { "quiet" } else { "loud" }),
        Output::Closed { number, ending, .. } => format!("close {number} {ending:?}"),
    }
}

#[test]
fn one_incident_from_the_first_bad_word_to_the_last() {
    let mut story = Story::new(Tree::default());
    let told: Vec<String> = [
        (0, State::Up, ""),
        (6, State::Late, ""),
        (12, State::Down, "open #1 a @ h down since 6"),
        (13, State::Down, ""),
        (20, State::Reconnecting, ""),
        (21, State::Starting, ""),
        (30, State::Stalled, "change #1 stalled"),
        (31, State::Unknown, ""),
        (32, State::Late, ""),
        (40, State::Up, "close #1 Back"),
        (50, State::Late, ""),
        (51, State::Reconnecting, ""),
        (52, State::Late, ""),
        (58, State::Missing, "open #2 a @ h missing since 52"),
        (59, State::Done, "close #2 Goodbye"),
    ]
    .into_iter()
    .filter_map(|(seconds, state, expected)| {
        let told = story.say(seconds, "h/a", state);
        (told != expected).then(|| format!("{seconds} {state}: {told}"))
    })
    .collect();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn each_incident_begins_where_the_good_states_were_left_for_it() {
    let mut story = Story::new(Tree::default());
    story.say(6, "h/a", State::Late);
    assert_eq!(story.say(12, "h/a", State::Down), "open #1 a @ h down since 6");
    story.say(20, "h/a", State::Up);
    assert_eq!(story.say(30, "h/a", State::Down), "open #2 a @ h down since 30");
}

#[test]
fn it_ends_when_it_became_good_however_late_that_is_told() {
    let mut story = Story::new(Tree::default());
    story.say(6, "h/a", State::Down);
    let (app, mut out) = (id("h/a"), Vec::new());
    let input = Input::Believed { id: app.borrow(), belief: belief(8, State::Up) };
    story.incidents.handle(at(9), input, &mut out);
    assert!(matches!(out[..], [Output::Closed { at: ended, .. }] if ended == at(8)), "{out:?}");
}

#[test]
fn a_now_that_goes_back_makes_nobody_settle_sooner() {
    let mut story = Story::new(Tree::default());
    for n in 0..4 {
        story.say(100 + 2 * n, "h/a", State::Stalled);
        story.say(101 + 2 * n, "h/a", State::Up);
    }
    story.say(110, "h/a", State::Stalled);
    assert_eq!(story.say(20, "h/a", State::Up), "works #4");
    assert_eq!(story.incidents.next_timeout(), Some(at(170)));
}

#[test]
fn who_is_removed_in_an_incident_ends_it() {
    let mut story = Story::new(Tree::default());
    story.say(0, "h/a", State::Stalled);
    let gone = id("h/a");
    assert_eq!(story.tell(1, Input::Removed { id: gone.borrow() }), "close #1 Removed");
    assert!(story.incidents.is_empty());
    assert_eq!(story.tell(2, Input::Removed { id: gone.borrow() }), "");
}

#[test]
fn a_move_opens_and_closes_nothing() {
    let mut story = Story::new(Tree::default());
    story.say(0, "h/a", State::Stalled);
    let (from, to) = (id("h/a"), id("g/a"));
    assert_eq!(story.tell(1, Input::Moved { from: from.borrow(), to: to.borrow() }), "");
    assert_eq!(story.incidents.of(to.borrow()), Some(Number(1)));
    assert_eq!(story.say(2, "g/a", State::Up), "close #1 Back");
}

#[test]
fn a_restart_opens_and_closes_nothing() {
    let mut story = Story::new(Tree::default());
    let (bad, good) = (id("h/bad"), id("h/good"));
    let input = |id, state, open| Input::Restored { id, belief: belief(0, state), open, covered: None };
    assert_eq!(story.tell(0, input(bad.borrow(), State::Down, Some((Number(41), at(0))))), "");
    assert_eq!(story.tell(0, input(good.borrow(), State::Unknown, None)), "");
    assert_eq!(story.say(1, "h/bad", State::Down), "");
    assert_eq!(story.say(2, "h/bad", State::Up), "close #41 Back");
    assert_eq!(story.say(3, "h/good", State::Down), "open #42 good @ h down since 3");
}

#[test]
fn twelve_screens_behind_one_dead_switch_are_one_incident() {
    let mut story = Story::hall(12);
    for kiosk in 0..4 {
        assert_eq!(story.say(100 + kiosk, &format!("kiosk-{kiosk:02}/a"), State::Late), "", "{kiosk}");
    }
    let fifth = story.say(105, "kiosk-04/a", State::Late);
    assert!(fifth.starts_with("open #1 hall 3 down since 100; hold a @ kiosk-00 Group;"), "{fifth}");
    assert_eq!(fifth.matches("Group").count(), 12, "repairs of all its members wait");
    assert_eq!(fifth.matches("cover a").count(), 5, "{fifth}");
    for kiosk in 5..12 {
        let told = story.say(106, &format!("kiosk-{kiosk:02}/a"), State::Late);
        assert_eq!(told, format!("cover a @ kiosk-{kiosk:02} by #1; hold a @ kiosk-{kiosk:02} Covered"));
    }
    // Each has its own incident all the same: states stay true.
    assert_eq!(
        story.say(106, "kiosk-00/a", State::Down),
        "open #2 a @ kiosk-00 down since 100 Group Covered"
    );
    // At the longest down deadline repairs wait no longer. Alerts do: the group's incident speaks for its members.
    assert_eq!(story.incidents.next_timeout(), Some(at(112)));
    assert_eq!(story.tell(111, Input::Tick), "");
    let free = story.tell(112, Input::Tick);
    assert_eq!((free.matches("Group").count(), free.matches("Covered").count()), (12, 0), "{free}");
    assert_eq!(story.incidents.next_timeout(), None);
    assert_eq!(story.tell(100_000, Input::Tick), "");
    // It ends when less than half are silent.
    for kiosk in 0..6 {
        let told = story.say(100_001, &format!("kiosk-{kiosk:02}/a"), State::Up);
        assert!(!told.contains("hall 3") && told.contains("uncover"), "{told}");
    }
    let seventh = story.say(100_001, "kiosk-06/a", State::Up);
    assert!(seventh.contains("close #1 Back"), "{seventh}");
    let freed = (seventh.matches("uncover").count(), seventh.matches("Covered").count());
    assert_eq!(freed, (6, 6), "who is still silent speaks for itself: {seventh}");
}

#[test]
fn what_is_a_group_and_what_is_not() {
    // (members, silent, seconds between them, whether it is one incident)
    let cases = [
        (2, 2, 0, false),
        (3, 3, 0, true),
        (6, 3, 0, true),
        (7, 3, 0, false),
        (8, 4, 0, true),
        (60, 4, 0, false),
        (60, 5, 0, true),
        (3, 3, 6, true),
        (3, 3, 7, false),
    ];
    for (members, silent, apart, expected) in cases {
        let mut story = Story::hall(members);
        let told: String = (0..silent)
            .map(|kiosk| story.say(100 + kiosk * apart, &format!("kiosk-{kiosk:02}/a"), State::Late))
            .collect();
        assert_eq!(told.contains("hall 3"), expected, "{members} {silent} {apart}: {told}");
    }
}

#[test]
fn only_who_was_heard_since_the_start_makes_a_group() {
    let mut story = Story::hall(0);
    for kiosk in 0..6 {
        let unheard = id(&format!("kiosk-{kiosk:02}/a"));
        let input = Input::Restored {
            id: unheard.borrow(),
            belief: belief(0, State::Unknown),
            open: None,
            covered: None,
        };
        story.tell(0, input);
        let told = story.say(300, &format!("kiosk-{kiosk:02}/a"), State::Down);
        assert!(!told.contains("hall"), "{told}");
    }
}

#[test]
fn what_is_needed_holds_who_needs_it() {
    let needs = |who: &str, on| Dependency { who: who.parse().unwrap(), on };
    let dependencies = alloc::vec![
        needs("kiosk-*/*", Needed::App(id("server/films"))),
        needs("kiosk-1/*", Needed::App(id("server/sound"))),
    ];
    let mut story = Story::new(Tree { groups: Vec::new(), dependencies });
    story.say(0, "kiosk-1/a", State::Up);
    story.say(0, "server/films", State::Up);
    assert_eq!(
        story.say(1, "server/films", State::Stalled),
        "open #1 films @ server stalled since 1; hold a @ kiosk-1 Dependency"
    );
    assert_eq!(story.say(2, "kiosk-1/a", State::Stalled), "open #2 a @ kiosk-1 stalled since 2 Dependency");
    assert_eq!(story.say(2, "kiosk-2/late", State::Up), "hold late @ kiosk-2 Dependency");
    assert_eq!(story.say(3, "server/sound", State::Down), "open #3 sound @ server down since 3");
    let back = story.say(4, "server/films", State::Up);
    assert_eq!(back, "close #1 Back; free late @ kiosk-2 Dependency", "sound is still down");
    let gone = id("server/sound");
    assert_eq!(
        story.tell(5, Input::Removed { id: gone.borrow() }),
        "free a @ kiosk-1 Dependency; close #3 Removed"
    );
}

#[test]
fn a_circle_of_needs_is_refused() {
    let needs = |who: &str, on: &str| Dependency { who: who.parse().unwrap(), on: Needed::App(id(on)) };
    let tree = |dependencies: &[Dependency]| Tree { groups: Vec::new(), dependencies: dependencies.to_vec() };
    let line = [needs("h/a", "h/b"), needs("h/b", "h/c")];
    assert!(Incidents::new(tree(&line)).is_ok());
    assert!(Incidents::new(tree(&[needs("h/*", "h/a")])).is_ok(), "nobody waits for itself");
    let circle = [needs("h/a", "h/b"), needs("h/b", "h/c"), needs("h/c", "h/a")];
    assert_eq!(Incidents::new(tree(&circle)).unwrap_err(), Circle(id("h/b")));
}

#[test]
fn holds_are_told_once_and_kept() {
    let mut story = Story::new(Tree::default());
    let app = id("h/a");
    let hold = |reason, on| Input::Held { id: app.borrow(), reason, on };
    assert_eq!(story.tell(0, hold(Reason::Muted, true)), "hold a @ h Muted");
    assert_eq!(story.tell(0, hold(Reason::Muted, true)), "");
    assert_eq!(story.tell(0, hold(Reason::Covered, true)), "", "not from outside");
    assert_eq!(story.say(1, "h/a", State::Down), "open #1 a @ h down since 1 Muted");
    assert_eq!(story.tell(2, hold(Reason::Muted, false)), "free a @ h Muted");
    assert!(story.incidents.holds(app.borrow()).is_empty());
}

#[test]
fn a_parent_is_called_by_its_name() {
    let name: Box<str> = "hall 3".into();
    assert_eq!(format!("{}", Subject::Parent(Parent::Group(name.clone()))), "hall 3");
    assert_eq!(format!("{}", Subject::Parent(Parent::Host(name))), "hall 3");
}
