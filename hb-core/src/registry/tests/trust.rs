//! Who is believed: what anybody may say of an app that is not theirs, told as what happens and what is believed.
//!
//! Programs carry a mark, pages have a place, and anybody is the page of anybody in a browser of that kiosk.

use super::*;

const HERE: u32 = 1;
const THERE: u32 = 2;
const WEEK: u64 = 604_800_000;

/// Somebody without the mark, at the app's own address.
const ANYBODY: Origin = Origin { place: HERE, program: false };
const PROGRAM: Origin = Origin { place: HERE, program: true };

fn say(stage: &mut Stage, from: Origin, verb: Verb, promise: u64, words: &str) {
    stage.from = from;
    stage.beat("h", "x", verb, promise, words);
}

fn page(stage: &mut Stage, place: u32, words: &str) {
    say(stage, Origin { place, program: false }, Verb::Ping, 1_000, &format!("v=1 {words}"));
}

fn belief(stage: &Stage) -> (State, Cause, bool) {
    let app = stage.snapshot("h", "x").unwrap();
    (app.state, app.cause, app.conflict)
}

/// All that anybody may try to say of a picture and a display.
fn tries() -> impl Iterator<Item = (Verb, String)> {
    let who = ["", "by=cli", "by=cli boot=evil"];
    let said = [
        (Verb::State, "state=picture-stuck"),
        (Verb::State, "state=no-frames display=off"),
        (Verb::Ping, "vis=visible age=9000"),
        (Verb::Ping, "display=off"),
        (Verb::State, "state=ok display=on"),
        (Verb::State, "state=leaving"),
        (Verb::Done, ""),
    ];
    who.into_iter().flat_map(move |who| said.map(|(verb, said)| (verb, format!("{who} {said}"))))
}

#[test]
fn beside_a_page_nobody_but_programs_is_believed() {
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a state=ok");
    for (verb, words) in tries() {
        say(&mut stage, ANYBODY, verb, WEEK, &words);
        stage.after(10);
        page(&mut stage, HERE, "boot=a state=ok");
    }
    assert_eq!(stage.told(), ["x @ h 0 →up none"]);
    say(&mut stage, PROGRAM, Verb::State, WEEK, "by=cli state=picture-stuck");
    assert_eq!(belief(&stage), (State::Stalled, Cause::PictureStuck, false));
}

#[test]
fn what_anybody_says_is_wrong_where_no_page_is_open_is_shown_and_proves_nothing() {
    for said_goodbye in [false, true] {
        for (verb, words) in
            tries().filter(|(_, words)| !words.contains("display=o") && !words.contains("leaving"))
        {
            let mut stage = Stage::new(Config::default());
            if said_goodbye {
                page(&mut stage, HERE, "boot=a state=ok");
                page(&mut stage, HERE, "boot=a state=no-frames");
                say(&mut stage, ANYBODY, Verb::Done, 0, "boot=a");
            } else {
                say(&mut stage, PROGRAM, Verb::Ping, WEEK, "by=cli");
            }
            say(&mut stage, ANYBODY, verb, 1_000, &words);
            let (state, cause, conflict) = belief(&stage);
            let stalled = (State::Stalled, Cause::Unproven);
            let (down, shown) = (
                (State::Down, Cause::Unproven),
                [stalled, (State::Up, Cause::None), (State::Done, Cause::None)],
            );
            assert!(shown.contains(&(state, cause)) && !conflict, "{words}: {state} {cause}");
            stage.after(60_000).tick();
            let (late, cause, _) = belief(&stage);
            if (state, cause) == stalled {
                assert_eq!((late, cause), down, "{words}: nor does its silence");
            }
            // Evidence comes before hearsay.
            say(&mut stage, ANYBODY, Verb::State, WEEK, "by=cli state=no-frames");
            say(&mut stage, ANYBODY, Verb::State, WEEK, "state=no-frames");
            assert_eq!(belief(&stage), (State::Stalled, Cause::Unproven, false), "{words}");
            say(&mut stage, PROGRAM, Verb::State, WEEK, "by=cli state=picture-stuck");
            assert_eq!(belief(&stage), (State::Stalled, Cause::PictureStuck, false), "{words}");
        }
    }
}

#[test]
fn nobody_takes_the_cause_from_a_frozen_page_by_its_display() {
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a state=ok");
    say(&mut stage, ANYBODY, Verb::State, 60_000, "v=1 boot=a state=context-lost");
    for words in [
        "by=cli display=off",
        "by=native boot=b display=off",
        "display=off",
        "v=1 boot=a display=off state=context-lost",
    ] {
        let malformed = stage.registry.stats().malformed;
        let verb = if words.contains("state") { Verb::State } else { Verb::Ping };
        say(&mut stage, Origin { place: THERE, program: false }, verb, 60_000, words);
        let app = stage.snapshot("h", "x").unwrap();
        assert_eq!(
            (app.state, app.cause, app.vitals.display),
            (State::Stalled, Cause::ContextLost, None),
            "{words}"
        );
        assert_eq!(stage.registry.stats().malformed, malformed + 1, "{words}: told as what makes no sense");
    }
    say(&mut stage, PROGRAM, Verb::Ping, 60_000, "by=cli display=off");
    assert_eq!(belief(&stage).1, Cause::DisplayOff, "a program knows");
}

#[test]
fn nobody_who_warns_first_keeps_an_eye_from_being_heard() {
    for first in ["state=picture-stuck", "state=ok", "display=off"] {
        let mut stage = Stage::new(Config::default());
        page(&mut stage, HERE, "boot=a state=ok");
        say(&mut stage, ANYBODY, Verb::State, 60_000, &format!("by=cli boot=evil {first}"));
        assert_eq!(belief(&stage), (State::Up, Cause::None, false), "{first}");
        say(&mut stage, PROGRAM, Verb::State, 60_000, "by=cli boot=eye state=picture-stuck");
        for (verb, words) in tries() {
            say(&mut stage, ANYBODY, verb, 60_000, &words);
            assert_eq!(belief(&stage), (State::Stalled, Cause::PictureStuck, false), "{first}, then {words}");
        }
        say(&mut stage, PROGRAM, Verb::State, 60_000, "by=cli boot=eye state=ok");
        assert_eq!(belief(&stage), (State::Up, Cause::None, false), "{first}");
    }
}

#[test]
fn nobody_keeps_a_program_alive_in_its_name_nor_ends_it() {
    for words in ["by=cli", ""] {
        let mut stage = Stage::new(Config::default());
        say(&mut stage, PROGRAM, Verb::Ping, 1_000, words);
        say(&mut stage, ANYBODY, Verb::Ping, WEEK, words);
        say(&mut stage, ANYBODY, Verb::Done, 0, words);
        assert_eq!(stage.state(), "up", "{words}");
        say(&mut stage, ANYBODY, Verb::Ping, WEEK, words);
        stage.after(10_000).tick();
        assert_eq!(stage.state(), "down", "{words}");
    }
}

#[test]
fn a_page_from_another_place_supersedes_only_a_page_that_is_gone() {
    let id = Identity::new("h", "", "x").unwrap();
    let boot = Boot::new("a").unwrap();
    type Ending = fn(&mut Stage, Identity<'_>, Boot);
    let endings: [(&str, Ending, bool); 6] = [
        ("lives", |_, _, _| {}, false),
        ("hides", |stage, _, _| page(stage, HERE, "boot=a state=hidden"), false),
        (
            "is wrong",
            |stage, _, _| say(stage, ANYBODY, Verb::State, 1_000, "v=1 boot=a state=no-frames"),
            false,
        ),
        ("leaves", |stage, _, _| say(stage, ANYBODY, Verb::State, 30_000, "v=1 boot=a state=leaving"), true),
        (
            "lost its connection",
            |stage, id, boot| {
                stage.input(Input::PresenceOpened { id, boot });
                stage.input(Input::PresenceClosed { id, boot, grace: Duration::from_secs(5) });
            },
            true,
        ),
        ("is late", |stage, _, _| stage.now += 2_000, true),
    ];
    for (what, end, gone) in endings {
        let mut stage = Stage::new(Config::default());
        page(&mut stage, HERE, "boot=a state=ok");
        end(&mut stage, id, boot);
        page(&mut stage, THERE, "boot=b state=ok");
        assert_eq!(stage.snapshot("h", "x").unwrap().conflict, !gone, "{what}");
        assert_eq!(stage.snapshot("h", "x").unwrap().reloads, u32::from(gone), "{what}");
        stage.told();
        // Whoever is green keeps no other one green.
        for _ in 0..10 {
            stage.after(1_000);
            page(&mut stage, THERE, "boot=b state=ok");
        }
        let down = stage
            .told()
            .iter()
            .any(|line| line.ends_with("down conflict") || line.ends_with("down no-frames"));
        assert_eq!((stage.state() == "up", down), (gone, !gone), "{what}");
    }
    // From its own place it is a reload, whatever it did.
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a state=ok");
    page(&mut stage, HERE, "boot=b state=ok");
    assert_eq!(stage.told(), ["x @ h 0 →up none", "x @ h 0 unclean reload"]);
}

#[test]
fn a_page_that_goes_on_at_another_address_is_the_same_and_its_successor_is_no_conflict() {
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a seq=1");
    page(&mut stage, THERE, "boot=a seq=2");
    page(&mut stage, THERE, "boot=b seq=1");
    assert_eq!(stage.told(), ["x @ h 0 →up none", "x @ h 0 unclean reload"]);
}

#[test]
fn who_was_not_heard_since_a_restart_has_no_place_yet() {
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a state=ok");
    stage.restart(1_000);
    page(&mut stage, THERE, "boot=b state=ok");
    assert_eq!(belief(&stage), (State::Up, Cause::None, false));
}

/// Where a host may be declared, a second page could else take a screen's adoption and past along, to wherever it likes.
#[test]
fn a_second_page_takes_nobody_along_when_it_goes_elsewhere() {
    let mut stage = Stage::new(Config::default());
    page(&mut stage, HERE, "boot=a seq=1 state=ok");
    let id = Identity::new("h", "", "x").unwrap();
    stage.input(Input::Adopt { id, on: true });
    page(&mut stage, THERE, "boot=evil seq=1 state=ok");
    assert_eq!(belief(&stage), (State::Up, Cause::None, true));
    stage.told();
    stage.after(10).beat("nowhere", "x", Verb::Ping, 1_000, "v=1 boot=evil seq=2 state=ok");
    assert_eq!(stage.told(), ["x @ h 10 no conflict", "x @ nowhere 10 →up none"]);
    assert!(!stage.snapshot("nowhere", "x").unwrap().adopted);
    stage.after(10);
    page(&mut stage, HERE, "boot=a seq=2 state=ok");
    assert!(stage.snapshot("h", "x").unwrap().adopted);
    assert_eq!((belief(&stage), stage.told()), ((State::Up, Cause::None, false), Vec::new()));
    // Its goodbye from elsewhere ends its part, and makes nothing there.
    page(&mut stage, THERE, "boot=other seq=1 state=ok");
    stage.told();
    stage.beat("somewhere", "x", Verb::Done, 0, "v=1 boot=other seq=2");
    assert_eq!(stage.told(), ["x @ h 20 no conflict"]);
    assert!(stage.snapshot("somewhere", "x").is_none());
}

/// Of many pages of one name few are held: those that say that all is well make way, and not who says that it is not.
#[test]
fn no_crowd_of_pages_takes_back_that_one_of_them_does_not_draw() {
    let mut stage = Stage::new(Config::default());
    let real = Origin { place: HERE, program: false };
    page(&mut stage, HERE, "boot=a state=ok");
    say(&mut stage, real, Verb::State, 60_000, "v=1 boot=a state=no-frames");
    for number in 0..20 {
        stage.after(10);
        page(&mut stage, THERE, &format!("boot=evil{number} state=ok"));
        assert_eq!(belief(&stage), (State::Stalled, Cause::NoFrames, true), "{number}");
    }
    // Once its word is too old it is one of many.
    stage.after(300_000);
    for number in 20..30 {
        page(&mut stage, THERE, &format!("boot=evil{number} state=ok"));
    }
    assert_ne!(belief(&stage).1, Cause::NoFrames);
}
