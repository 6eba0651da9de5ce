//! The engine in a time moved by hand.

use std::borrow::Cow;

use hb_bus::bus::{Filter, Received};
use hb_bus::runtime::Simulation;
use hb_core::beat::{Promise, State, Verb, Vitals};

use super::clock::Hand;
use super::*;

fn engine(limits: Limits) -> (Engine, Hand) {
    let (clock, hand) = Clock::manual();
    (Engine::new(Config { limits, ..Config::default() }, clock, Simulation::new(1).handle()), hand)
}

fn ping(millis: u64) -> Beat<'static> {
    let promise = Promise::from_millis(millis).unwrap();
    Beat {
        verb: Verb::Ping,
        promise,
        vitals: Vitals::default(),
        last_error: None::<Cow<'_, str>>,
        malformed: 0,
    }
}

fn id(app: &str) -> Identity<'_> {
    Identity::new("127.0.0.1", "", app).unwrap()
}

fn happenings(engine: &Engine) -> Vec<(u64, Happening)> {
    let mut subscription = engine.bus().resume(0, Filter::all()).unwrap();
    let received = std::iter::from_fn(|| subscription.try_recv().and_then(Received::message));
    received.map(|(seq, message)| (seq, what(&message))).collect()
}

fn what(message: &Message) -> Happening {
    message.value::<Dated>().expect("the engine publishes nothing else").happening.clone()
}

#[test]
fn apps_are_spread_and_found_again() {
    let (engine, _hand) = engine(Limits::default());
    let names: Vec<String> = (0..1_000).map(|n| format!("app-{n}")).collect();
    for name in &names {
        assert_eq!(engine.beat(id(name), &ping(5_000), None), Answer::Granted(Duration::from_secs(6)));
    }
    assert_eq!((engine.apps(), engine.tracked()), (1_000, 1_000));
    let fullest = engine.0.shards.iter().map(|shard| shard.read(registry::Registry::len)).max().unwrap();
    assert!(fullest < 60, "16 are expected in each of 64 shards: {fullest}");
    let mut seen = 0;
    engine.for_each(|_| seen += 1);
    assert_eq!(seen, 1_000);
    assert!(names.iter().all(|name| engine.snapshot(id(name)).is_some()));
}

#[test]
fn an_app_that_moves_stays_in_its_shard() {
    let (engine, _hand) = engine(Limits::default());
    for n in 0..100 {
        let app = format!("app-{n}");
        let here = Identity::new("10.0.0.1", "left", &app).unwrap();
        let there = Identity::new("10.0.0.2", "left", &app).unwrap();
        assert!(std::ptr::eq(engine.shard(here), engine.shard(there)));
    }
}

#[test]
fn silence_is_told_once_with_the_time_at_which_it_became_true() {
    let (engine, hand) = engine(Limits::default());
    let _ = engine.beat(id("x"), &ping(1_000), None);
    let born = happenings(&engine).len() as u64;
    hand.advance(Duration::from_millis(5_999));
    engine.run_due();
    assert_eq!(happenings(&engine).len() as u64, born, "never early");
    hand.advance(Duration::from_millis(500));
    engine.run_due();
    engine.run_due();
    let all = happenings(&engine);
    let [.., (seq, last)] = &all[..] else { panic!("nothing was told") };
    assert_eq!(*seq, born + 1);
    let Happening::Transition { transition, view } = last else { panic!("{last:?}") };
    assert_eq!((transition.to, transition.at.as_millis()), (State::Late, 6_000));
    assert_eq!(view.as_ref().map(|view| view.state), Some(State::Late));
}

#[test]
fn nobody_is_late_a_fraction_of_a_millisecond_early() {
    let (engine, hand) = engine(Limits::default());
    let neighbour = (0..).map(|n| format!("neighbour-{n}"));
    let neighbour =
        neighbour.into_iter().find(|app| std::ptr::eq(engine.shard(id(app)), engine.shard(id("x"))));
    let neighbour = neighbour.unwrap();
    let late = || engine.snapshot(id("x")).unwrap().state == State::Late;
    hand.advance(Duration::from_micros(300));
    let _ = engine.beat(id("x"), &ping(1_000), None);
    // Three times 2000 ms later, but for 0.1 ms, and with a neighbour who moves the time of the shard.
    hand.advance(Duration::from_micros(5_999_900));
    let _ = engine.beat(id(&neighbour), &ping(1_000), None);
    engine.run_due();
    assert!(!late());
    hand.advance(Duration::from_micros(800));
    let _ = engine.beat(id(&neighbour), &ping(1_000), None);
    engine.run_due();
    assert!(late());
}

#[test]
fn our_own_pause_is_nobody_elses_silence() {
    let (engine, hand) = engine(Limits::default());
    let _ = engine.beat(id("x"), &ping(1_000), None);
    let before = happenings(&engine).len();
    hand.pause(Duration::from_secs(3_600));
    engine.run_due();
    engine.clock().tick();
    engine.run_due();
    assert_eq!(happenings(&engine).len(), before);
    assert_eq!(engine.snapshot(id("x")).unwrap().state, State::Up);
}

#[test]
fn places_are_given_back_to_the_table_and_to_the_address() {
    let (engine, _hand) = engine(Limits { apps: 3, per_address: 2 });
    let from = Some(IpAddr::from([10, 0, 0, 1]));
    let granted = Answer::Granted(Duration::from_secs(2));
    assert_eq!(engine.beat(id("a"), &ping(1_000), from), granted);
    assert_eq!(engine.beat(id("b"), &ping(1_000), from), granted);
    assert_eq!(engine.beat(id("c"), &ping(1_000), from), Answer::Full(Full::Address(2)));
    assert_eq!(engine.beat(id("a"), &ping(1_000), from), granted, "the known go on");
    assert_eq!(engine.beat(id("d"), &ping(1_000), None), granted);
    assert_eq!(engine.beat(id("e"), &ping(1_000), None), Answer::Full(Full::Apps(3)));
    assert!(engine.forget(id("a")));
    assert!(!engine.forget(id("a")), "it is gone");
    assert_eq!(engine.apps(), 2);
    assert_eq!(engine.beat(id("c"), &ping(1_000), from), granted);
    assert_eq!(engine.beat(id("a"), &ping(1_000), None), Answer::Full(Full::Apps(3)));
}

#[test]
fn one_page_that_takes_every_place_for_a_week_keeps_none_from_those_who_live() {
    const WEEK: u64 = 604_800_000;
    let (engine, hand) = engine(Limits { apps: 10, per_address: 3 });
    let (page, minute) = (Some(IpAddr::from([127, 0, 0, 1])), Duration::from_secs(60));
    let full = Answer::Full(Full::Address(3));
    let known = |app| engine.snapshot(id(app)).is_some();
    let hear = |app, promise| engine.beat(id(app), &ping(promise), page);
    assert_eq!(hear("exhibit", 60_000), Answer::Granted(Duration::from_secs(61)));
    for spam in ["spam-0", "spam-1"] {
        let _ = hear(spam, WEEK);
        hand.advance(Duration::from_millis(1));
    }
    hand.advance(minute);
    let _ = hear("exhibit", 60_000);
    assert_eq!(hear("newcomer", 5_000), full, "nobody is pushed out who was heard just now");
    hand.advance(minute);
    let _ = hear("exhibit", 60_000);
    assert_eq!(hear("newcomer", 5_000), Answer::Granted(Duration::from_secs(6)));
    assert_eq!(
        (known("spam-0"), known("spam-1"), known("exhibit")),
        (false, true, true),
        "the longest unheard"
    );
    assert_eq!(hear("second", 5_000), Answer::Granted(Duration::from_secs(6)));
    assert_eq!(hear("third", 5_000), full, "all three live");
    assert_eq!((engine.apps(), known("spam-1")), (3, false));
    assert_eq!(engine.beat(id("program"), &ping(1_000), None), Answer::Granted(Duration::from_secs(2)));
}

#[test]
fn an_app_that_moves_stays_on_the_account_of_who_brought_it() {
    let (engine, _hand) = engine(Limits { apps: 10, per_address: 1 });
    let (here, there) = (Some(IpAddr::from([10, 0, 0, 1])), Some(IpAddr::from([10, 0, 0, 2])));
    let granted = Answer::Granted(Duration::from_secs(2));
    let mut page = ping(1_000);
    page.vitals.boot = Boot::new("b1");
    let at = |host| Identity::new(host, "", "x").unwrap();
    assert_eq!(engine.beat(at("10.0.0.1"), &page, here), granted);
    assert_eq!(engine.beat(at("10.0.0.2"), &page, there), granted);
    assert_eq!(engine.apps(), 1, "it has moved");
    let full = Answer::Full(Full::Address(1));
    assert_eq!(engine.beat(id("y"), &ping(1_000), here), full);
    assert_eq!(engine.beat(id("z"), &ping(1_000), there), granted, "where it went it takes no place");
    assert!(engine.forget(at("10.0.0.2")));
    assert_eq!(engine.beat(id("y"), &ping(1_000), here), granted, "and gives the old one back");
}

#[test]
fn who_goes_while_another_comes_gives_its_place_back() {
    let (clock, hand) = Clock::manual();
    let registry = registry::Config { policy: registry::Policy::Hilbert, ..registry::Config::default() };
    let engine = Engine::new(Config { registry, ..Config::default() }, clock, Simulation::new(1).handle());
    let _ = engine.beat(id("x"), &ping(1_000), None);
    let mut names = (0..).map(|n| format!("n{n}"));
    let neighbour = names.find(|app| std::ptr::eq(engine.shard(id(app)), engine.shard(id("x")))).unwrap();
    // Dropped at six times 2000 ms, by the very beat that brings another.
    hand.advance(Duration::from_secs(13));
    let _ = engine.beat(id(&neighbour), &ping(1_000), None);
    assert_eq!(engine.apps(), 1);
}

#[test]
fn a_pause_of_ours_is_told_when_people_would_notice_it() {
    let (clock, hand) = Clock::manual();
    let engine = Engine::new(Config::default(), clock, Simulation::new(1).handle());
    for (pause, told) in [(1_000, None), (1_001, Some(1_001)), (60_000, Some(60_000))] {
        let before = happenings(&engine).len();
        hand.advance(Duration::from_secs(1));
        hand.pause(Duration::from_millis(pause));
        detector::tick(&engine);
        detector::tick(&engine);
        let new: Vec<_> = happenings(&engine).into_iter().skip(before).collect();
        let lengths: Vec<_> = new
            .iter()
            .map(|(_, happening)| match happening {
                Happening::Pause { at, length } => {
                    assert_eq!(*at, engine.clock().now());
                    length.as_millis()
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(lengths, Vec::from_iter(told), "{pause} ms");
    }
}

#[test]
fn the_detector_notices_by_itself() {
    let engine = Engine::new(
        Config {
            registry: registry::Config { tolerance: Duration::from_millis(5), ..registry::Config::default() },
            ..Config::default()
        },
        Clock::system(),
        Simulation::new(1).handle(),
    );
    let detector = Detector::start(&engine, None).unwrap();
    let _ = engine.beat(id("x"), &ping(1), None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let late = runtime.block_on(async {
        let mut events = engine.bus().resume(0, Filter::all().queue(16)).unwrap();
        let waiting = async {
            loop {
                if let Some((_, message)) = events.recv().await.message()
                    && let Happening::Transition { transition, .. } = what(&message)
                    && transition.to == State::Late
                {
                    return transition;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await
    });
    assert!(late.is_ok(), "silence is noticed");
    drop(detector);
}

#[test]
fn two_runs_never_share_an_epoch() {
    let (one, _hand) = engine(Limits::default());
    let (other, _hand) = engine(Limits::default());
    assert_ne!(one.epoch(), other.epoch());
}

/// What an engine believes, as its memory would keep it.
fn memories(engine: &Engine) -> Vec<(OwnedIdentity, Memory)> {
    let mut all = Vec::new();
    engine.for_each(|app| all.push((app.id.clone(), Memory::of(&app))));
    all
}

#[test]
fn law_5_another_run_knows_what_the_last_believed_and_tells_what_changed() {
    let (last, hand) = engine(Limits::default());
    let _ = last.beat(id("dark"), &ping(1_000), None);
    hand.advance(Duration::from_secs(60));
    last.run_due();
    let _ = last.beat(id("good"), &ping(1_000), None);
    let (next, hand) = engine(Limits { apps: 3, per_address: 1 });
    hand.advance(Duration::from_secs(100));
    assert_eq!(next.restore(memories(&last)), 0);
    assert_eq!((next.apps(), next.tracked()), (2, 2));
    let all = happenings(&next);
    let [(_, Happening::Transition { transition, view })] = &all[..] else { panic!("{all:?}") };
    assert_eq!((transition.from, transition.to), (Some(State::Up), State::Unknown));
    assert_eq!(view.as_ref().map(|view| view.state), Some(State::Unknown));
    let dark = next.snapshot(id("dark")).unwrap();
    assert_eq!((dark.state, dark.since), (State::Down, Time::from_millis(10_000)));

    assert_eq!(next.restore(memories(&last)), 0, "who is held takes no second place");
    assert_eq!(next.apps(), 2);
    assert_eq!(
        next.beat(id("new"), &ping(1_000), Some([10, 0, 0, 1].into())),
        Answer::Granted(Duration::from_secs(2))
    );
    let other = Memory::of(&dark);
    assert_eq!(
        next.restore([(id("another").to_owned(), other), (id("one more").to_owned(), other)]),
        2,
        "no room"
    );
    assert!(next.forget(id("dark")) && next.forget(id("good")));
    assert_eq!(next.apps(), 1, "their places are given back");
}

#[test]
fn who_is_adopted_gives_its_place_to_nobody() {
    let (engine, hand) = engine(Limits { apps: 3, per_address: 1 });
    let from = Some(IpAddr::from([10, 0, 0, 1]));
    let _ = engine.beat(id("x"), &ping(1_000), from);
    assert!(engine.adopt(id("x"), true) && !engine.adopt(id("y"), true));
    hand.advance(Duration::from_secs(1_000));
    assert_eq!(engine.beat(id("y"), &ping(1_000), from), Answer::Full(Full::Address(1)));
    assert!(engine.adopt(id("x"), false));
    let _ = engine.beat(id("y"), &ping(1_000), from);
    assert!(engine.snapshot(id("y")).is_some(), "adopted no longer, it gives way");
}

#[test]
fn a_place_is_a_whole_address_and_a_web_origin() {
    let (engine, _) = engine(Limits::default());
    let place =
        |address: &str, site| engine.origin(&peer::Peer::new(address.parse().unwrap()), site, false).place;
    let places = [
        place("fd00::1", ""),
        place("fd00::2", ""),
        place("fd00:0:0:1::1", ""),
        place("10.0.0.1", ""),
        place("10.0.0.1", "exhibit.example"),
        place("10.0.0.1", "evil.example"),
        place("10.0.0.1", "null"),
    ];
    let different: std::collections::BTreeSet<_> = places.into_iter().collect();
    assert_eq!(different.len(), places.len());
    assert_eq!(place("::1", "x"), place("127.3.2.1", "x"), "this machine is one place");
}
