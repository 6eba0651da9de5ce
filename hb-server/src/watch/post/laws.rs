//! Whatever receivers do and however often the server is killed: each message arrives or is given up, and a row says which.
//!
//! The rows are all that a killed server leaves. Not here: when a message is tried (`notify::outbox`).

use std::collections::{BTreeMap, BTreeSet};

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use hb_core::incident::Subject;
use proptest::prelude::*;

use super::*;
use crate::notify::message::{Incident, Kind};

const CHANNELS: [&str; 3] = ["guard", "office", "sign"];
/// Why a message of an earlier run ends for whom this one does not know.
const GONE: &str = "its channel is no longer configured";

#[derive(Clone, Debug)]
enum Step {
    Post {
        channel: usize,
        app: u8,
    },
    End {
        nth: usize,
        outcome: Outcome,
    },
    Pass(u64),
    /// It ends without a word, also of the tries under way; so many seconds later the next one begins. `heard`: what was
    /// under way had arrived.
    Kill {
        seconds: u64,
        heard: bool,
    },
    /// The next configuration has this channel, or has it not.
    Configure(usize, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Delivered),
        2 => Just(Outcome::Unavailable { after: None }),
        1 => Just(Outcome::Unavailable { after: Some(Duration::from_secs(400)) }),
        2 => Just(Outcome::Refused),
    ];
    prop_oneof![
        6 => (0..CHANNELS.len(), 0_u8..3).prop_map(|(channel, app)| Step::Post { channel, app }),
        8 => (any::<usize>(), outcome).prop_map(|(nth, outcome)| Step::End { nth, outcome }),
        4 => prop_oneof![0..20_u64, 0..9_000_u64].prop_map(Step::Pass),
        2 => (0..9_000_u64, any::<bool>()).prop_map(|(seconds, heard)| Step::Kill { seconds, heard }),
        1 => (0..CHANNELS.len(), any::<bool>()).prop_map(|(channel, on)| Step::Configure(channel, on)),
    ]
}

/// The server with its store, and what receivers have.
struct World {
    post: Post,
    now: Time,
    wall: i64,
    rows: BTreeMap<u64, Delivery>,
    under_way: Vec<Try>,
    /// The numbers of what each receiver has.
    has: BTreeMap<Box<str>, BTreeSet<u64>>,
    configured: [bool; CHANNELS.len()],
    /// What arrived and what was given up since the last kill, by channel.
    ended_since_start: BTreeMap<String, (u64, u64)>,
}

impl World {
    fn at(&self) -> Moment {
        Moment { now: self.now, wall: Wall::from_unix_millis(self.wall) }
    }

    fn take(&mut self, tries: Vec<Try>, rows: Vec<Row>) -> Result<(), TestCaseError> {
        for row in rows {
            let Row::Delivery(row) = row else { panic!("not of messages: {row:?}") };
            let before = self.rows.get(&row.number);
            prop_assert!(before.is_none_or(|before| before.ended.is_none()), "it was over: {row:?}");
            prop_assert!(before.is_some() || self.rows.keys().all(|&number| number < row.number));
            if row.ended.is_some() && row.failure.is_none() {
                let has = self.has.get(&*row.channel);
                prop_assert!(has.is_some_and(|has| has.contains(&row.number)), "nobody has {row:?}");
            }
            if row.ended.is_some() && row.failure.as_deref() != Some(GONE) {
                let ended = self.ended_since_start.entry(row.channel.clone()).or_default();
                let count = if row.failure.is_none() { &mut ended.0 } else { &mut ended.1 };
                *count += 1;
            }
            self.rows.insert(row.number, row);
        }
        for one in tries {
            let same = self.under_way.iter().any(|other| other.channel == one.channel);
            prop_assert!(!same, "two at once for one channel: {one:?}");
            self.under_way.push(one);
        }
        Ok(())
    }

    /// The counts say what the rows say; those since the start, what became of this run's.
    fn counts(&self) -> Result<(), TestCaseError> {
        for channel in CHANNELS {
            let mail = self.post.mail(channel);
            let waits = |row: &&Delivery| row.ended.is_none() && row.channel == channel;
            prop_assert_eq!(mail.waiting, self.rows.values().filter(waits).count(), "for {}", channel);
            let ended = self.ended_since_start.get(channel).copied().unwrap_or_default();
            prop_assert_eq!(mail.delivered, ended.0, "arrived for {}", channel);
            prop_assert_eq!(mail.given_up.values().sum::<u64>(), ended.1, "given up for {}", channel);
        }
        Ok(())
    }

    fn arrive(&mut self, one: &Try) {
        let numbers = one.message.incidents.iter().map(|incident| incident.number);
        self.has.entry(one.channel.clone()).or_default().extend(numbers);
    }

    fn end(&mut self, nth: usize, outcome: Outcome) -> Result<(), TestCaseError> {
        if self.under_way.is_empty() {
            return Ok(());
        }
        let one = self.under_way.remove(nth % self.under_way.len());
        if outcome == Outcome::Delivered {
            self.arrive(&one);
        }
        let mut rows = Vec::new();
        let tries = self.post.ended(self.at(), one.attempt, outcome, &mut rows);
        self.take(tries, rows)
    }

    fn pass(&mut self, seconds: u64) -> Result<(), TestCaseError> {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.post.next_timeout().filter(|&due| due <= end) {
            prop_assert!(due > self.now, "still due at {:?}", self.now);
            self.go(due);
            let mut rows = Vec::new();
            let tries = self.post.tick(self.at(), &mut rows);
            self.take(tries, rows)?;
        }
        self.go(end);
        Ok(())
    }

    fn go(&mut self, to: Time) {
        self.wall += i64::try_from(to.since(self.now).as_millis()).unwrap();
        self.now = to;
    }

    fn kill(&mut self, seconds: u64, heard: bool) -> Result<(), TestCaseError> {
        let under_way = std::mem::take(&mut self.under_way);
        if heard {
            under_way.iter().for_each(|one| self.arrive(one));
        }
        (self.post, self.now) = (Post::default(), Time::ZERO);
        self.ended_since_start.clear();
        self.wall += i64::try_from(seconds * 1000).unwrap();
        let last = self.rows.keys().last().copied().unwrap_or(0);
        let waiting = self.rows.values().filter(|row| row.ended.is_none()).cloned().collect();
        let configured = self.configured;
        let known = |name: &str| CHANNELS.iter().zip(configured).any(|(known, on)| on && *known == name);
        let mut rows = Vec::new();
        let tries = self.post.restore(self.at(), (last, waiting), known, &mut rows);
        self.take(tries, rows)
    }
}

/// Says its own number, so that the receiver knows what it has.
fn message(number: u64, app: u8, at: i64) -> Message {
    let id = Identity::new("h", "", &format!("app-{app}")).unwrap().to_owned();
    let about = Incident::new(number, &Subject::App(id), (State::Down, Cause::Silence), at);
    Message { kind: Kind::Opening, at, incidents: vec![about], ready: None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn each_message_arrives_or_is_given_up_and_a_row_says_which(steps in prop::collection::vec(step(), 1..80)) {
        let (rows, has) = (BTreeMap::new(), BTreeMap::new());
        let configured = [true; CHANNELS.len()];
        let (post, now, under_way) = (Post::default(), Time::ZERO, Vec::new());
        let ended_since_start = BTreeMap::new();
        let wall = 1_780_300_800_000;
        let mut world = World { post, now, wall, rows, under_way, has, configured, ended_since_start };
        for step in steps {
            match step {
                Step::Post { channel, app } => {
                    let number = world.rows.keys().last().copied().unwrap_or(0) + 1;
                    let (at, mut rows) = (world.at(), Vec::new());
                    let tries = world.post.post(at, CHANNELS[channel], &message(number, app, world.wall), &mut rows);
                    world.take(tries, rows)?;
                }
                Step::End { nth, outcome } => world.end(nth, outcome)?,
                Step::Pass(seconds) => world.pass(seconds)?,
                Step::Kill { seconds, heard } => world.kill(seconds, heard)?,
                Step::Configure(channel, on) => world.configured[channel] = on,
            }
            world.counts()?;
        }
        // Everybody listens again: nothing stays behind.
        for _ in 0..1_000 {
            while !world.under_way.is_empty() {
                world.end(0, Outcome::Delivered)?;
            }
            if world.rows.values().all(|row| row.ended.is_some()) {
                break;
            }
            world.pass(600)?;
        }
        for row in world.rows.values() {
            let has = world.has.get(&*row.channel).is_some_and(|has| has.contains(&row.number));
            prop_assert!(row.ended.is_some() && (has || row.failure.is_some()), "{row:?}");
        }
        prop_assert_eq!(world.post.waiting.len(), 0);
    }
}
