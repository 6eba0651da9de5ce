//! What is kept, against what happened: over chance, crashes and queues that are too short.

use std::collections::BTreeMap;

use hb_bus::runtime::Simulation;
use hb_core::beat::{Cause, State, Verb};
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::wire;
use proptest::prelude::*;

use crate::engine::clock::{Clock, Hand};
use crate::engine::{self, Happening};
use crate::store::row::{Hour, Last, Row, Transition};
use crate::store::{self, Retention};

use super::*;

mod conflicts;

/// An engine in a time of our own, and a ledger that follows it.
struct Stage {
    engine: Engine,
    hand: Hand,
    events: Subscription,
    ledger: Ledger,
    entries: Vec<Entry>,
}

impl Stage {
    fn new(queue: usize) -> Self {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(engine::Config::default(), clock, Simulation::new(1).handle());
        let events = engine.bus().subscribe(Filter::all().queue(queue));
        Self { engine, hand, events, ledger: Ledger::default(), entries: Vec::new() }
    }

    fn beat(&self, host: &str, app: &str, query: &str) {
        let query = format!("5000&appid={app}&v=1&{query}");
        let request = wire::parse(Verb::Ping, &query).unwrap();
        let id = Identity::new(host, "", &request.app).unwrap();
        let _ = self.engine.beat(id, &request.beat, None);
    }

    fn pass(&self, time: Duration) {
        self.hand.advance(time);
        self.engine.run_due();
    }

    /// Takes what has come in; whether anything was missed.
    fn follow(&mut self) -> bool {
        let mut missed = false;
        while let Some(received) = self.events.try_recv() {
            match received {
                Received::Message { seq, message } => {
                    let dated = message.value::<Dated>().unwrap();
                    self.ledger.happened(seq, &dated.happening, &dated.clock);
                }
                Received::Missed(_) => {
                    missed = true;
                    self.look(true);
                }
                Received::Closed => break,
            }
        }
        self.entries.extend(self.ledger.told());
        missed
    }

    fn look(&mut self, missed: bool) {
        let clock = self.engine.clock().clone();
        let missed = missed.then(|| self.engine.bus().latest());
        let mut look = self.ledger.look(clock.wall(clock.now()), missed);
        self.engine.for_each(|app| self.ledger.see(&mut look, &app, &clock));
        self.ledger.end(&look);
        self.entries.extend(self.ledger.told());
    }

    fn accepted(&self) -> u64 {
        self.engine.stats().map(|stats| stats.accepted).sum()
    }

    fn pieces(&self) -> impl Iterator<Item = &Hour> {
        self.entries.iter().filter_map(|entry| if let Entry::Piece(hour) = entry { Some(hour) } else { None })
    }

    fn beats_told(&self) -> u64 {
        self.pieces().map(|hour| hour.beats).sum()
    }

    fn transitions(&self) -> Vec<&Transition> {
        let row = |entry| if let &Entry::Row(Row::Transition(ref row)) = entry { Some(row) } else { None };
        self.entries.iter().filter_map(row).collect()
    }
}

/// Seconds of an hour, worst state first.
fn seconds(hour: &Hour) -> [u16; State::ALL.len()] {
    [
        hour.missing,
        hour.down,
        hour.stalled,
        hour.hidden,
        hour.late,
        hour.unknown,
        hour.reconnecting,
        hour.starting,
        hour.up,
        hour.off,
        hour.done,
    ]
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[derive(Clone, Debug)]
enum Act {
    Beat(u8, u8),
    Pass(u64),
    Look,
    Follow,
    Forget(u8),
    Crash,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        8 => (0..4_u8, 0..3_u8).prop_map(|(app, boot)| Act::Beat(app, boot)),
        4 => (0..700_u64).prop_map(Act::Pass),
        2 => Just(Act::Look),
        2 => Just(Act::Follow),
        1 => (0..4_u8).prop_map(Act::Forget),
        1 => Just(Act::Crash),
    ];
    prop::collection::vec(act, 1..120)
}

proptest! {
    /// Law 9: beats accepted are beats in the roll-ups and those that a crash took, whatever happens in between.
    #[test]
    fn every_beat_is_in_an_hour_or_lost_with_a_crash(acts in acts()) {
        let mut stage = Stage::new(100_000);
        let (mut accepted, mut kept, mut lost) = (0, 0, 0);
        for act in acts {
            match act {
                Act::Beat(app, boot) => stage.beat("h", &format!("a{app}"), &format!("boot=b{boot}")),
                Act::Pass(time) => stage.pass(secs(time)),
                Act::Look => { stage.follow(); stage.look(false); }
                Act::Follow => { stage.follow(); }
                Act::Forget(app) => {
                    stage.engine.forget(Identity::new("h", "", &format!("a{app}")).unwrap());
                }
                Act::Crash => {
                    stage.follow();
                    stage.look(false);
                    // What the memory has by now is kept; the rest is the loss, and of known size.
                    accepted += stage.accepted();
                    kept += stage.beats_told();
                    lost += stage.ledger.untold();
                    stage = Stage::new(100_000);
                }
            }
        }
        stage.follow();
        stage.look(false);
        stage.ledger.close();
        stage.entries.extend(stage.ledger.told());
        accepted += stage.accepted();
        kept += stage.beats_told();
        prop_assert_eq!(stage.ledger.untold(), 0);
        prop_assert_eq!(accepted, kept + lost);
    }

    /// Whatever was missed: the last row of each app says what is believed of it, and pieces never overfill an hour.
    #[test]
    fn what_was_missed_is_told_by_one_look(acts in acts(), queue in 1..20_usize) {
        let mut stage = Stage::new(queue);
        for act in acts {
            match act {
                Act::Beat(app, boot) => stage.beat("h", &format!("a{app}"), &format!("boot=b{boot}")),
                Act::Pass(time) => stage.pass(secs(time)),
                Act::Forget(app) => {
                    stage.engine.forget(Identity::new("h", "", &format!("a{app}")).unwrap());
                }
                Act::Follow | Act::Crash => { stage.follow(); }
                Act::Look => stage.look(false),
            }
        }
        while stage.follow() {}
        let mut told = BTreeMap::new();
        for row in stage.transitions() {
            told.insert(row.app.clone(), row.to);
        }
        told.retain(|_, to| to.is_some());
        let mut believed = BTreeMap::new();
        stage.engine.for_each(|app| { believed.insert(app.id, Some(app.state)); });
        prop_assert_eq!(told, believed);
        let mut hours: BTreeMap<(OwnedIdentity, u32), u64> = BTreeMap::new();
        for hour in stage.pieces() {
            *hours.entry((hour.app.clone(), hour.hour)).or_default() += seconds(hour).map(u64::from).iter().sum::<u64>();
        }
        prop_assert!(hours.values().all(|&seconds| seconds <= 3_600), "{:?}", hours);
    }
}

#[test]
fn who_is_gone_by_a_look_is_not_met_again_by_older_words() {
    let mut stage = Stage::new(4);
    stage.beat("h", "x", "boot=a");
    stage.follow();
    stage.pass(secs(300));
    stage.beat("h", "x", "boot=a");
    stage.pass(secs(300));
    stage.engine.forget(Identity::new("h", "", "x").unwrap());
    stage.beat("h", "y", "boot=a");
    assert!(stage.follow(), "more than the queue holds");
    let told: u32 = stage.pieces().flat_map(seconds).map(u32::from).sum();
    assert_eq!(told, 600, "{:?}", stage.entries);
}

#[test]
fn an_hour_says_how_long_it_was_what() {
    let mut stage = Stage::new(1_000);
    for minute in 0..61 {
        // It beats for twenty minutes, is silent for ten, and beats again.
        for _ in 0..15 {
            if !(20..30).contains(&minute) {
                stage.beat("h", "x", "boot=a&errs=3&gap=40");
            }
            stage.pass(secs(4));
        }
        stage.follow();
        stage.look(false);
    }
    let mut sum = [0_u32; State::ALL.len()];
    let (mut beats, mut errors, mut gap) = (0, 0, None);
    for hour in stage.pieces().filter(|hour| hour.hour == 1_767_225_600 / 3_600) {
        sum.iter_mut().zip(seconds(hour)).for_each(|(sum, seconds)| *sum += u32::from(seconds));
        (beats, errors, gap) = (beats + hour.beats, errors + hour.errors, gap.max(hour.gap));
    }
    let in_state = |state: State| sum[state as usize];
    assert_eq!(sum.iter().sum::<u32>(), 3_600, "{sum:?}");
    // The last beat before the silence was 4 s before its beginning; late after 6 s, down after 12.
    assert_eq!((in_state(State::Late), in_state(State::Down)), (6, 592));
    assert_eq!((beats, errors, gap), (50 * 15, 3, Some(40)));
}

#[test]
fn a_name_that_moves_takes_its_hour_along() {
    let mut stage = Stage::new(1_000);
    stage.beat("here", "x", "boot=a");
    stage.follow();
    stage.look(false);
    stage.beat("there", "x", "boot=a");
    stage.follow();
    stage.look(false);
    stage.ledger.close();
    stage.entries.extend(stage.ledger.told());
    let [from, to] = ["here", "there"].map(|host| Identity::new(host, "", "x").unwrap().to_owned());
    assert!(stage.entries.contains(&Entry::Renamed(from, to.clone())), "{:?}", stage.entries);
    let told: Vec<_> = stage.pieces().map(|hour| (&hour.app, hour.beats)).collect();
    assert_eq!(told, [(&to, 2)]);
}

#[test]
fn the_time_in_which_nobody_looked_is_unknown_and_a_goodbye_stays_one() {
    let store = Arc::new(
        Store::memory(store::Config { retention: Retention::FOREVER, ..Default::default() }).unwrap(),
    );
    let stage = Stage::new(1_000);
    let now = stage.engine.clock().wall(stage.engine.clock().now()).as_unix_millis();
    let at = |seconds: i64| Wall::from_unix_millis(now + seconds * 1_000);
    let last = |name: &str, state, cause| Last {
        app: Identity::new("h", "", name).unwrap().to_owned(),
        at: at(-60),
        state,
        cause,
        since: at(-600),
        granted: 6_000,
        first_seen: at(-6_000),
        promise: 5_000,
        boot: None,
        version: Some(1),
        lived: true,
    };
    store.record(last("fine", State::Up, Cause::None));
    store.record(last("dead", State::Down, Cause::Silence));
    store.record(last("gone", State::Done, Cause::None));
    assert!(store.commit(Vec::new()).wait().is_ok());
    let mut stage = stage;
    let restored = restore::into(&stage.engine, &mut store.reader().unwrap(), &mut stage.ledger).unwrap();
    assert_eq!(restored, 3);
    stage.follow();
    let unknown = (Some(State::Unknown), Cause::Restart);
    let mut told: Vec<_> =
        stage.transitions().iter().map(|row| (row.app.borrow().app(), row.at, (row.to, row.cause))).collect();
    told.sort_by_key(|(app, at, _)| (*app, *at));
    let died = Wall::from_unix_millis(at(-60).as_unix_millis() + 1);
    let expected = [
        ("dead", died, unknown),
        ("dead", at(0), (Some(State::Down), Cause::Silence)),
        ("fine", died, unknown),
    ];
    assert_eq!(told, expected);
    let mut states = BTreeMap::new();
    stage.engine.for_each(|app| {
        let at = stage.engine.clock().wall(app.since);
        states.insert(app.id.borrow().app().to_owned(), (app.state, at));
    });
    assert_eq!(states["fine"].0, State::Unknown);
    assert_eq!((states["dead"].0, states["gone"].0), (State::Down, State::Done));
    // Heard again, it is told as coming from unknown.
    stage.beat("h", "fine", "boot=b");
    stage.follow();
    let back = stage.transitions().last().map(|row| (row.from, row.to)).unwrap();
    assert_eq!(back.0, Some(State::Unknown), "{back:?}");
}

#[test]
fn a_pause_of_ours_is_nobodys_hour() {
    let mut stage = Stage::new(1_000);
    stage.beat("h", "x", "boot=a");
    stage.follow();
    stage.look(false);
    stage.hand.pause(secs(7_200));
    stage.engine.clock().tick();
    // Only after the drain does the calendar show what was skipped.
    stage.pass(Duration::from_millis(500));
    stage.follow();
    stage.look(false);
    stage.ledger.close();
    stage.entries.extend(stage.ledger.told());
    let all: u16 = stage.pieces().flat_map(seconds).sum();
    assert_eq!((all, stage.beats_told()), (0, 1));
}

#[test]
fn nothing_is_told_of_a_pause() {
    let mut ledger = Ledger::default();
    let (clock, _hand) = Clock::manual();
    let pause = Happening::Pause { at: clock.now(), length: secs(5) };
    ledger.happened(1, &pause, &clock);
    assert_eq!(ledger.told(), []);
}

#[test]
fn what_is_not_kept_does_not_wait_here() {
    let store = Arc::new(Store::memory(store::Config::default()).unwrap());
    let stage = Stage::new(1);
    let mut history = History::open(&stage.engine, &store);
    let clock = stage.engine.clock();
    let at = crate::watch::Moment { now: clock.now(), wall: clock.wall(clock.now()) };
    let id = Identity::new("h", "", "x").unwrap().to_owned();
    stage.beat("h", "x", "boot=a");
    for _ in 0..=QUEUE {
        let what = crate::watch::What::Standing(id.clone());
        let said = hb_bus::message::Message::of(what.topic(), crate::watch::Told { at, what });
        let _ = stage.engine.bus().publish(said);
    }
    let first = history.events.try_recv();
    let kept =
        matches!(&first, Some(Received::Message { message, .. }) if message.value::<Dated>().is_some());
    assert!(kept, "{first:?}");
    while let Some(received) = history.events.try_recv() {
        assert!(matches!(received, Received::Message { .. }), "{received:?}");
    }
}

/// It is heard, and falls silent, forty times an hour.
fn flap(stage: &mut Stage, hours: u64) {
    for _ in 0..hours * 40 {
        stage.beat("h", "x", "boot=a");
        stage.pass(secs(60));
        stage.beat("h", "x", "boot=a");
        stage.pass(secs(30));
        stage.follow();
        stage.look(false);
    }
}

#[test]
fn of_whom_nobody_expects_anything_an_hour_has_few_rows_and_one_tells_what_came_of_the_rest() {
    let mut stage = Stage::new(10_000);
    flap(&mut stage, 3);
    let all = stage.transitions().len();
    // Each hour its rows and one for what was left out, at the edges of three hours and a half.
    assert!((180..=4 * 61).contains(&all), "{all}");
    stage.ledger.close();
    stage.entries.extend(stage.ledger.told());
    let seconds: u64 = stage.pieces().flat_map(seconds).map(u64::from).sum();
    assert_eq!(seconds, 3 * 3_600, "what is left out is in the hours");
    let rows = stage.transitions();
    assert!(rows.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].seq < pair[1].seq), "{rows:#?}");
    let believed = stage.engine.snapshot(Identity::new("h", "", "x").unwrap()).unwrap().state;
    assert_eq!(rows.last().unwrap().to, Some(believed));
}

#[test]
fn who_turns_a_state_with_each_beat_fills_no_disk() {
    let mut stage = Stage::new(10_000);
    stage.beat("h", "x", "boot=a");
    assert!(stage.engine.adopt(Identity::new("h", "", "x").unwrap(), true));
    for _ in 0..2 * 3_600 {
        stage.beat("h", "x", "boot=a&state=hidden");
        stage.beat("h", "x", "boot=a&state=ok");
        stage.pass(secs(1));
        stage.follow();
    }
    let all = stage.transitions().len();
    assert!((2_000..=3 * 1_001).contains(&all), "{all}");
}

#[test]
fn nothing_is_left_out_of_who_is_here_to_stay() {
    let mut stage = Stage::new(10_000);
    stage.beat("h", "x", "boot=a");
    assert!(stage.engine.adopt(Identity::new("h", "", "x").unwrap(), true));
    flap(&mut stage, 3);
    let all = stage.transitions().len();
    assert!(all >= 3 * 40 * 3, "{all}");
}

#[test]
fn the_last_hour_is_known_minute_by_minute_and_goes_along() {
    let mut stage = Stage::new(64);
    stage.beat("old", "x", "boot=a&seq=1&frames=0&age=1");
    stage.follow();
    let minutes = stage.ledger.minutes.clone();
    let of = |host: &str| minutes.of(Identity::new(host, "", "x").unwrap());
    for minute in 0..70_u32 {
        stage.pass(Duration::from_secs(60));
        let (seq, frames) = (minute + 2, (minute + 1) * 3600);
        stage.beat("old", "x", &format!("boot=a&seq={seq}&frames={frames}&age=1&gap=40"));
        stage.follow();
        stage.look(false);
    }
    let known = of("old");
    assert_eq!(known.len(), 61, "bounded");
    assert!(known.iter().skip(1).all(|it| it.beats == Some(1) && it.gap == Some(40)), "{known:?}");
    assert!(known.windows(2).all(|two| two[0].at < two[1].at));
    let [old, new] = ["old", "new"].map(|host| Identity::new(host, "", "x").unwrap().to_owned());
    assert!(stage.engine.replace(old.borrow(), new.borrow()));
    stage.follow();
    assert_eq!((of("old").len(), of("new").len()), (0, 61));
    // Nobody looks for longer than anybody asks.
    stage.engine.forget(new.borrow());
    stage.pass(Duration::from_secs(2 * 3600));
    stage.follow();
    stage.look(false);
    assert_eq!(of("new").len(), 0);
}
