//! Messages on their way to people: the outbox with what it holds, its rows, and tries that are under way.
//!
//! Not here: when a message is tried again (`notify::outbox`), what a channel does (`notify::channel`).

use std::collections::BTreeMap;
use std::time::Duration;

use hb_lease::time::{Time, Wall};

use crate::notify::message::Message;
use crate::notify::outbox::{Attempt, Input, Item, Lost, Outbox, Outcome, Output};
use crate::store::row::{Delivery, Row};

use super::Moment;

/// One try to deliver something.
#[derive(Clone, Debug)]
pub(super) struct Try {
    pub(super) attempt: Attempt,
    pub(super) channel: Box<str>,
    pub(super) message: Message,
}

/// How it stands with what is for one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Messages that have not arrived yet.
    pub waiting: usize,
    /// Messages that arrived, since the start.
    pub delivered: u64,
    /// Tries that nobody took, since the start.
    pub failed: u64,
    /// Messages that were given up, by why, since the start.
    pub given_up: BTreeMap<Lost, u64>,
}

/// What waits to reach people.
#[derive(Debug, Default)]
pub(super) struct Post {
    outbox: Outbox,
    waiting: BTreeMap<u64, Delivery>,
    last: u64,
    /// What became of what was for each channel; only counts.
    tally: BTreeMap<Box<str>, Mail>,
}

impl Post {
    /// Takes over what an earlier run did not get rid of. `known` tells whether a channel still is configured.
    pub(super) fn restore(
        &mut self,
        at: Moment,
        (last, rows): (u64, Vec<Delivery>),
        known: impl Fn(&str) -> bool,
        keep: &mut Vec<Row>,
    ) -> Vec<Try> {
        self.last = last;
        let mut tries = Vec::new();
        for row in rows {
            if !known(&row.channel) {
                let failure = Some("its channel is no longer configured".to_owned());
                keep.push(Delivery { ended: Some(at.wall), failure, ..row }.into());
                continue;
            }
            let age = at.wall.as_unix_millis().saturating_sub(row.at.as_unix_millis());
            let age = Duration::from_millis(u64::try_from(age).unwrap_or(0));
            tries.extend(self.queue(at, row, age, keep));
        }
        tries
    }

    /// Queues a message for a channel.
    pub(super) fn post(
        &mut self,
        at: Moment,
        channel: &str,
        message: &Message,
        keep: &mut Vec<Row>,
    ) -> Vec<Try> {
        self.last += 1;
        let about: Vec<String> =
            message.incidents.iter().map(|incident| String::from(incident.about())).collect();
        let row = Delivery {
            number: self.last,
            channel: channel.into(),
            lane: about.join("\u{1f}"),
            incident: message.incidents.first().map(|incident| incident.number),
            at: at.wall,
            due: at.wall,
            attempts: 0,
            body: serde_json::to_string(message).expect("texts and numbers are always JSON"),
            ended: None,
            failure: None,
        };
        keep.push(row.clone().into());
        self.queue(at, row, Duration::ZERO, keep)
    }

    fn queue(&mut self, at: Moment, row: Delivery, age: Duration, keep: &mut Vec<Row>) -> Vec<Try> {
        let about = row.lane.split('\u{1f}').map(Into::into).collect();
        let item = Item { id: row.number, channel: row.channel.clone().into(), about };
        self.waiting.insert(row.number, row);
        self.handle(at, Input::Queued { item, age }, keep)
    }

    /// How it stands with what is for `channel`.
    pub(super) fn mail(&self, channel: &str) -> Mail {
        let tally = self.tally.get(channel).cloned().unwrap_or_default();
        Mail { waiting: self.outbox.waiting(channel), ..tally }
    }

    /// A try has ended.
    pub(super) fn ended(
        &mut self,
        at: Moment,
        attempt: Attempt,
        outcome: Outcome,
        keep: &mut Vec<Row>,
    ) -> Vec<Try> {
        if let Some(channel) = self.outbox.to_whom(attempt).filter(|_| outcome != Outcome::Delivered) {
            self.tally.entry(channel.into()).or_default().failed += 1;
        }
        self.handle(at, Input::Ended { attempt, outcome }, keep)
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, at: Moment, keep: &mut Vec<Row>) -> Vec<Try> {
        self.handle(at, Input::Tick, keep)
    }

    pub(super) fn next_timeout(&self) -> Option<Time> {
        self.outbox.next_timeout()
    }

    fn handle(&mut self, at: Moment, input: Input, keep: &mut Vec<Row>) -> Vec<Try> {
        let mut told = Vec::new();
        self.outbox.handle(at.now, input, &mut told);
        let mut tries = Vec::new();
        for output in told {
            match output {
                Output::Send { attempt, channel, ids, digest } => {
                    let message = self.message(at.wall, &ids, digest);
                    tries.push(Try { attempt, channel, message });
                }
                Output::Delivered { channel, ids } => {
                    self.tally.entry(channel).or_default().delivered += ids.len() as u64;
                    let rows = ids.iter().filter_map(|id| self.waiting.remove(id));
                    keep.extend(rows.map(|row| Delivery { ended: Some(at.wall), ..row }.into()));
                }
                Output::Lost { channel, id, why } => {
                    let tally = self.tally.entry(channel.clone()).or_default();
                    *tally.given_up.entry(why).or_default() += 1;
                    let why = match why {
                        Lost::Crowded => "too many newer messages wait for the channel",
                        Lost::Refused => "the receiver refused it again and again",
                        Lost::Removed => "its channel is no longer configured",
                    };
                    tracing::error!("a message for {channel} is given up: {why}");
                    let row = self.waiting.remove(&id);
                    let failure = Some(why.to_owned());
                    keep.extend(row.map(|row| Delivery { ended: Some(at.wall), failure, ..row }.into()));
                }
            }
        }
        tries
    }

    fn message(&self, wall: Wall, ids: &[u64], digest: bool) -> Message {
        let bodies = ids.iter().filter_map(|id| serde_json::from_str(&self.waiting.get(id)?.body).ok());
        let messages: Vec<Message> = bodies.collect();
        match &messages[..] {
            [one] if !digest => one.clone(),
            all => Message::digest(wall.as_unix_millis(), all),
        }
    }
}

#[cfg(test)]
mod laws;
