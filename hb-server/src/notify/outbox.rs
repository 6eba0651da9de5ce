//! From "must be told" to "was told": a pure machine that decides which message a channel is sent when, and again when.
//!
//! Each message is sent at least once, in order for each app and channel. A channel that fails waits, and longer each time;
//! others never wait for it. A message that is refused waits alone, with what is about the same apps. What is older than
//! [`OLD`] goes out as one digest. Items are plain records: the shell keeps them and gives them back after a restart.
//! Not here: clocks, sockets, texts, what a message is.
//!
//! ```
//! use std::time::Duration;
//! use hb_lease::time::Time;
//! use hb_server::notify::outbox::{Input, Item, Outbox, Output, Outcome};
//!
//! let mut outbox = Outbox::default();
//! let mut out = Vec::new();
//! let item = Item { id: 1, channel: "guard".into(), about: vec!["Tetris @ kiosk-7".into()] };
//! outbox.handle(Time::ZERO, Input::Queued { item, age: Duration::ZERO }, &mut out);
//! let Output::Send { attempt, .. } = out[0] else { panic!("it is sent at once") };
//! outbox.handle(Time::from_millis(90), Input::Ended { attempt, outcome: Outcome::Delivered }, &mut out);
//! assert_eq!(out[1], Output::Delivered { channel: "guard".into(), ids: vec![1] });
//! ```

mod line;

use std::collections::BTreeMap;
use std::time::Duration;

use hb_lease::time::Time;
use serde::{Deserialize, Serialize};

use line::Line;

/// Age from which messages are gathered into one digest: nobody wants the story of a night in sixty parts.
pub const OLD: Duration = Duration::from_secs(60 * 60);
/// The first wait after a failure; it doubles with each further one.
pub const FIRST_WAIT: Duration = Duration::from_secs(5);
/// The longest wait: a receiver that works again is used again this soon.
pub const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// So often in a row a message is refused before it is given up: nothing will make it welcome.
pub const MOST_REFUSALS: u32 = 8;
/// Most messages that wait for one channel. Beyond it the oldest give way: the newest say what is true.
pub const MOST: usize = 512;

/// A message that is to be delivered, as a store keeps it. What it says stands beside it there, under the same `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its number; a higher one was queued later. Never used twice.
    pub id: u64,
    /// The name of the channel. Names outlive changes of the configuration; places in it do not.
    pub channel: Box<str>,
    /// The apps that it is about: for each of them messages arrive in order.
    pub about: Vec<Box<str>>,
}

/// One try to deliver something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it.
    Delivered,
    /// Nobody could take it now: the whole channel waits.
    Unavailable {
        /// How long the receiver wants to be left alone, if it said so.
        after: Option<Duration>,
    },
    /// The receiver works and does not want this message.
    Refused,
}

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message is to be delivered: a new one, or one from before a restart. One with a known `id` changes nothing.
    Queued {
        /// Which one.
        item: Item,
        /// How old it is: zero for a new one.
        age: Duration,
    },
    /// A try has ended. Every [`Output::Send`] is answered with one, in its own time.
    Ended {
        /// Which one. What is not under way changes nothing.
        attempt: Attempt,
        /// How.
        outcome: Outcome,
    },
    /// The channel is no longer configured: what waits for it is given up.
    Removed(Box<str>),
    /// Time has passed.
    Tick,
}

/// Why a message will not be delivered any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Lost {
    /// Too many newer ones wait for the channel.
    Crowded,
    /// It was refused [`MOST_REFUSALS`] times.
    Refused,
    /// Its channel is gone.
    Removed,
}

impl Lost {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Crowded, Self::Refused, Self::Removed];

    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crowded => "crowded",
            Self::Refused => "refused",
            Self::Removed => "removed",
        }
    }
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Try to deliver these to `channel`, then say how it ended.
    Send {
        /// To be named in [`Input::Ended`].
        attempt: Attempt,
        /// To whom.
        channel: Box<str>,
        /// What, in order: one message, or what belongs into one digest.
        ids: Vec<u64>,
        /// Whether it is a digest: what it tells is old.
        digest: bool,
    },
    /// These have arrived: the store may forget them.
    Delivered {
        /// Where.
        channel: Box<str>,
        /// Which.
        ids: Vec<u64>,
    },
    /// This one never will: the store may forget it, and a person should know.
    Lost {
        /// For whom it was.
        channel: Box<str>,
        /// Which.
        id: u64,
        /// Why.
        why: Lost,
    },
}

/// All messages that have not arrived yet.
#[derive(Debug, Default)]
pub struct Outbox {
    now: Time,
    attempts: u64,
    lines: BTreeMap<Box<str>, Line>,
    under_way: BTreeMap<Attempt, Box<str>>,
}

impl Outbox {
    /// Takes one input; what follows is appended to `out`. A `now` before an earlier one counts as that one.
    ///
    /// O([`MOST`]) for what is about one channel, times the number of channels for [`Input::Tick`].
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        self.now = self.now.max(now);
        let now = self.now;
        match input {
            Input::Queued { item, age } => {
                let channel = item.channel.clone();
                let line = self.lines.entry(channel.clone()).or_default();
                if let Some(id) = line.push(item, now + OLD.saturating_sub(age)) {
                    out.push(Output::Lost { channel: channel.clone(), id, why: Lost::Crowded });
                }
                self.send(&channel, out);
            }
            Input::Ended { attempt, outcome } => {
                let Some(channel) = self.under_way.remove(&attempt) else { return };
                if let Some(line) = self.lines.get_mut(&channel) {
                    line.ended(now, &channel, outcome, out);
                }
                self.send(&channel, out);
            }
            Input::Removed(channel) => {
                self.under_way.retain(|_, to| *to != channel);
                let gone = self.lines.remove(&channel).unwrap_or_default();
                let why = Lost::Removed;
                out.extend(gone.ids().map(|id| Output::Lost { channel: channel.clone(), id, why }));
            }
            Input::Tick => {
                let due =
                    self.lines.iter().filter(|(_, line)| line.next_timeout().is_some_and(|at| at <= now));
                let due: Vec<Box<str>> = due.map(|(channel, _)| channel.clone()).collect();
                due.iter().for_each(|channel| self.send(channel, out));
            }
        }
    }

    /// When [`Input::Tick`] is due; `None` while nothing waits for time alone.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        self.lines.values().filter_map(Line::next_timeout).min()
    }

    /// Messages that have not arrived yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.values().map(Line::len).sum()
    }

    /// Of these, how many are for `channel`.
    #[must_use]
    pub fn waiting(&self, channel: &str) -> usize {
        self.lines.get(channel).map_or(0, Line::len)
    }

    /// For whom a try is that has not ended.
    #[must_use]
    pub fn to_whom(&self, attempt: Attempt) -> Option<&str> {
        self.under_way.get(&attempt).map(|channel| &**channel)
    }

    /// Whether all have arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends what is due for `channel`, if nothing is under way to it.
    fn send(&mut self, channel: &str, out: &mut Vec<Output>) {
        let Some(line) = self.lines.get_mut(channel) else { return };
        if let Some((ids, digest)) = line.start(self.now) {
            self.attempts += 1;
            let attempt = Attempt(self.attempts);
            self.under_way.insert(attempt, channel.into());
            out.push(Output::Send { attempt, channel: channel.into(), ids, digest });
        }
        if line.len() == 0 && line.is_calm(self.now) {
            self.lines.remove(channel);
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
