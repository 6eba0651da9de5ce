//! Random schedules of messages, failures, refusals and restarts against a model that looks at everything, every time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CHANNELS: [&str; 2] = ["guard", "office"];

#[derive(Clone, Debug)]
enum Step {
    Queue { channel: usize, about: Vec<u8>, age: u64 },
    End { channel: usize, outcome: Outcome },
    Pass(u64),
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Delivered),
        2 => Just(Outcome::Unavailable { after: None }),
        1 => Just(Outcome::Unavailable { after: Some(Duration::from_secs(400)) }),
        3 => Just(Outcome::Refused),
    ];
    let about = proptest::collection::vec(0_u8..3, 1..3);
    prop_oneof![
        6 => (0..2_usize, about, prop_oneof![4 => Just(0), 1 => 0..8_000_u64])
            .prop_map(|(channel, about, age)| Step::Queue { channel, about, age }),
        8 => (0..2_usize, outcome).prop_map(|(channel, outcome)| Step::End { channel, outcome }),
        5 => prop_oneof![0..20_000_u64, 0..5_000_000_u64].prop_map(Step::Pass),
        1 => Just(Step::Kill),
    ]
}

/// A message as the model knows it.
#[derive(Clone, Debug)]
struct Told {
    item: Item,
    old: Time,
    not_before: Time,
    refusals: u32,
}

/// One channel as the model knows it.
#[derive(Debug, Default)]
struct Naive {
    told: Vec<Told>,
    trying: Option<(Attempt, Vec<u64>)>,
    failures: u32,
    not_before: Time,
}

impl Naive {
    fn stuck(&self, at: usize, now: Time) -> bool {
        let this = &self.told[at];
        let shares = |other: &Told| this.item.about.iter().any(|app| other.item.about.contains(app));
        this.not_before > now || (0..at).any(|other| shares(&self.told[other]) && self.stuck(other, now))
    }

    fn expects(&self, now: Time) -> Option<(Vec<u64>, bool)> {
        if self.trying.is_some() || now < self.not_before {
            return None;
        }
        let free: Vec<&Told> =
            (0..self.told.len()).filter(|&at| !self.stuck(at, now)).map(|at| &self.told[at]).collect();
        let first = free.first()?;
        if first.old > now {
            return Some((vec![first.item.id], false));
        }
        // What stands behind something younger about the same app is not older than it: such a schedule has none.
        Some((free.iter().filter(|told| told.old <= now).map(|told| told.item.id).collect(), true))
    }
}

#[derive(Default)]
struct World {
    now: Time,
    outbox: Outbox,
    channels: BTreeMap<Box<str>, Naive>,
    next: u64,
    /// What has arrived or was given up, by channel.
    arrived: BTreeMap<Box<str>, Vec<Item>>,
    lost: Vec<u64>,
}

impl World {
    fn input(&mut self, input: Input) -> Result<(), TestCaseError> {
        let mut out = Vec::new();
        self.outbox.handle(self.now, input, &mut out);
        for output in out {
            match output {
                Output::Send { attempt, channel, ids, digest } => {
                    let naive = self.channels.get_mut(&channel).unwrap();
                    prop_assert_eq!(naive.expects(self.now), Some((ids.clone(), digest)));
                    naive.trying = Some((attempt, ids));
                }
                Output::Delivered { channel, ids } => {
                    let naive = self.channels.get_mut(&channel).unwrap();
                    for id in ids {
                        let at = naive.told.iter().position(|told| told.item.id == id).unwrap();
                        self.arrived.entry(channel.clone()).or_default().push(naive.told.remove(at).item);
                    }
                }
                Output::Lost { channel, id, why } => {
                    prop_assert_eq!(why, Lost::Refused);
                    let naive = self.channels.get_mut(&channel).unwrap();
                    let at = naive.told.iter().position(|told| told.item.id == id).unwrap();
                    prop_assert_eq!(naive.told.remove(at).refusals, MOST_REFUSALS);
                    self.lost.push(id);
                }
            }
        }
        // Whatever could be sent is under way: no channel waits for another.
        for (channel, naive) in &self.channels {
            prop_assert_eq!(naive.expects(self.now), None, "{} at {}", channel, self.now);
        }
        Ok(())
    }

    fn pass(&mut self, until: Time) -> Result<(), TestCaseError> {
        while let Some(at) = self.outbox.next_timeout().filter(|&at| at <= until) {
            prop_assert!(at > self.now, "due at {at}, at {} nothing was done", self.now);
            // One moment before, nothing was due: never early, and never late.
            let before = at - Duration::from_millis(1);
            prop_assert!(self.channels.values().all(|naive| naive.expects(before).is_none()));
            self.now = at;
            self.input(Input::Tick)?;
        }
        prop_assert!(self.channels.values().all(|naive| naive.expects(until).is_none()));
        self.now = until;
        Ok(())
    }

    fn queue(&mut self, channel: usize, about: &[u8], age: u64) -> Result<(), TestCaseError> {
        let channel: Box<str> = CHANNELS[channel].into();
        self.next += 1;
        let about = about.iter().map(|app| format!("app-{app}").into()).collect();
        let item = Item { id: self.next, channel: channel.clone(), about };
        // A later one is never older than an earlier one.
        let naive = self.channels.entry(channel).or_default();
        let youngest = naive.told.last().map_or(Time::ZERO, |told| told.old);
        let age = Duration::from_secs(age).min((self.now + OLD).since(youngest));
        let old = self.now + OLD.saturating_sub(age);
        naive.told.push(Told { item: item.clone(), old, not_before: Time::ZERO, refusals: 0 });
        self.input(Input::Queued { item, age })
    }

    fn end(&mut self, channel: usize, outcome: Outcome) -> Result<(), TestCaseError> {
        let now = self.now;
        let Some(naive) = self.channels.get_mut(CHANNELS[channel]) else { return Ok(()) };
        let Some((attempt, ids)) = naive.trying.take() else { return Ok(()) };
        let wait =
            |failures: u32| Duration::from_secs([5, 10, 20, 40, 80, 160, 300][failures.min(6) as usize]);
        match outcome {
            Outcome::Delivered => naive.failures = 0,
            Outcome::Unavailable { after } => {
                naive.not_before = now + wait(naive.failures).max(after.unwrap_or_default());
                naive.failures += 1;
            }
            Outcome::Refused => {
                naive.failures = 0;
                for told in naive.told.iter_mut().filter(|told| ids.contains(&told.item.id)) {
                    told.not_before = now + wait(told.refusals);
                    told.refusals += 1;
                }
            }
        }
        self.input(Input::Ended { attempt, outcome })?;
        // An end that is told twice is told once.
        self.input(Input::Ended { attempt, outcome: Outcome::Delivered })
    }

    /// All that was not delivered comes from the store again; waits and refusals are forgotten.
    fn kill(&mut self) -> Result<(), TestCaseError> {
        self.outbox = Outbox::default();
        let old = std::mem::take(&mut self.channels);
        for (channel, naive) in old {
            for told in naive.told {
                let age = OLD.saturating_sub(told.old.since(self.now));
                let told = Told { not_before: Time::ZERO, refusals: 0, ..told };
                let item = told.item.clone();
                let line = self.channels.entry(channel.clone()).or_default();
                line.told.push(Told { old: self.now + OLD.saturating_sub(age), ..told });
                self.input(Input::Queued { item, age })?;
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_message_arrives_in_order_or_is_known_to_be_lost(steps in proptest::collection::vec(step(), 1..80)) {
        let mut world = World::default();
        for step in steps {
            match step {
                Step::Queue { channel, about, age } => world.queue(channel, &about, age)?,
                Step::End { channel, outcome } => world.end(channel, outcome)?,
                Step::Pass(millis) => world.pass(world.now + Duration::from_millis(millis))?,
                Step::Kill => world.kill()?,
            }
        }
        // All receivers work again.
        for _ in 0..500 {
            (0..2).try_for_each(|channel| world.end(channel, Outcome::Delivered))?;
            world.pass(world.now + OLD)?;
        }
        prop_assert!(world.outbox.is_empty());
        prop_assert_eq!(world.outbox.next_timeout(), None);
        let arrived: usize = world.arrived.values().map(Vec::len).sum();
        prop_assert_eq!((arrived + world.lost.len()) as u64, world.next);
        for items in world.arrived.values() {
            for app in ["app-0", "app-1", "app-2"] {
                let ids = items.iter().filter(|item| item.about.iter().any(|about| &**about == app));
                prop_assert!(ids.map(|item| item.id).is_sorted(), "{app}: {items:?}");
            }
        }
    }

    /// What happens to one channel is the same whatever happens to the other.
    #[test]
    fn no_channel_matters_to_another(steps in proptest::collection::vec(step(), 1..80)) {
        let sends = |with_office: bool| -> Result<Vec<(Time, Vec<u64>)>, TestCaseError> {
            let (mut outbox, mut now, mut sent) = (Outbox::default(), Time::ZERO, Vec::new());
            let mut trying: BTreeMap<Box<str>, Attempt> = BTreeMap::new();
            let mut inputs = Vec::new();
            for (id, step) in (0..).zip(&steps) {
                let mut until = now;
                match step {
                    Step::Queue { channel: 1, .. } | Step::End { channel: 1, .. } if !with_office => {}
                    Step::Queue { channel, .. } => {
                        let item = Item { id, channel: CHANNELS[*channel].into(), about: Vec::new() };
                        inputs.push(Input::Queued { item, age: Duration::ZERO });
                    }
                    Step::End { channel, outcome } => {
                        if let Some(attempt) = trying.remove(CHANNELS[*channel]) {
                            inputs.push(Input::Ended { attempt, outcome: *outcome });
                        }
                    }
                    Step::Pass(millis) => until = now + Duration::from_millis(*millis),
                    Step::Kill => {}
                }
                loop {
                    let mut out = Vec::new();
                    match (inputs.pop(), outbox.next_timeout().filter(|&at| at <= until)) {
                        (Some(input), _) => outbox.handle(now, input, &mut out),
                        (None, Some(at)) => {
                            now = at;
                            outbox.handle(now, Input::Tick, &mut out);
                        }
                        (None, None) => break,
                    }
                    for output in out {
                        if let Output::Send { attempt, channel, ids, .. } = output {
                            if &*channel == "guard" {
                                sent.push((now, ids));
                            }
                            trying.insert(channel, attempt);
                        }
                    }
                }
                now = until;
            }
            Ok(sent)
        };
        prop_assert_eq!(sends(true)?, sends(false)?);
    }
}
