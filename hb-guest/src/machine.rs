//! The machine: connections come and go, subscriptions stay, requests end with the connection they were made over.
//!
//! Lists instead of maps: a guest has some dozens of each, and a tree costs a page kilobytes. Nothing is formatted, for
//! the same reason. Not here: words on the wire, sockets, clocks.

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use crate::step::{Failure, Heard, Input, Output};
use crate::words::{After, Say, Tell};

/// How long each step of meeting may take.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Messages that wait for a connection; when another comes, the oldest is lost.
pub const OUTBOX: usize = 128;
/// The wait before the second attempt, ms; it doubles up to [`LONGEST`], and up to a quarter is added by chance, so that
/// a hall of screens does not come back in one moment.
const FIRST: u64 = 1_000;
/// The longest wait, ms.
const LONGEST: u64 = 30_000;

/// One guest. `P` is what it says in messages.
#[derive(Debug)]
pub struct Machine<P> {
    phase: Phase,
    /// When the phase has lasted too long, or its wait is over.
    due: Time,
    failures: u32,
    chance: u64,
    epoch: String,
    prefix: String,
    subscriptions: Vec<Subscription>,
    /// Those under way, and when they are late.
    requests: Vec<(u32, Time)>,
    waiting: VecDeque<(String, P)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Away,
    Dialling,
    Greeting,
    Online,
    Left,
}

#[derive(Debug)]
struct Subscription {
    nr: u32,
    topics: Vec<String>,
    replay: bool,
    /// The last message that came.
    after: Option<After>,
}

impl<P> Machine<P> {
    /// A guest that dials with its first tick. `seed` decides by how much its waits differ from those of others.
    #[must_use]
    pub fn new(now: Time, seed: u64) -> Self {
        Self {
            phase: Phase::Away,
            due: now,
            failures: 0,
            chance: seed,
            epoch: String::new(),
            prefix: String::new(),
            subscriptions: Vec::new(),
            requests: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Whether it is connected.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }

    /// Whether it has left.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.phase == Phase::Left
    }

    /// Requests under way.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// When the next [`Input::Tick`] is due. May change with every input.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        let late = self.requests.iter().map(|request| request.1).min();
        match self.phase {
            Phase::Left => None,
            Phase::Online => late,
            Phase::Away | Phase::Dialling | Phase::Greeting => Some(self.due),
        }
    }

    /// Takes in what happened, and adds what is to be done.
    pub fn handle<M>(&mut self, now: Time, input: Input<P, M>, out: &mut Vec<Output<P, M>>) {
        if self.phase == Phase::Left {
            return Self::refuse(&input, out);
        }
        match input {
            Input::Tick => self.tick(now, out),
            Input::Opened => {
                if self.phase == Phase::Dialling {
                    (self.phase, self.due) = (Phase::Greeting, now + PATIENCE);
                    out.push(Output::Say(Say::Hello));
                }
            }
            Input::Closed(reason) => self.lose(now, reason, out),
            Input::Heard(told) => self.hear(now, told, out),
            Input::Publish { topic, data } => {
                if self.is_online() {
                    let topic = self.whole(&topic);
                    out.push(Output::Say(Say::Publish { topic, data }));
                } else {
                    if self.waiting.len() == OUTBOX {
                        self.waiting.pop_front();
                    }
                    self.waiting.push_back((topic, data));
                }
            }
            Input::Answer { to, data } => {
                if self.is_online() {
                    out.push(Output::Say(Say::Answer { to, data }));
                }
            }
            Input::Request { nr, topic, data, patience } => {
                if self.is_online() {
                    self.requests.push((nr, now + patience));
                    let topic = self.whole(&topic);
                    out.push(Output::Say(Say::Request { nr, topic, data }));
                } else {
                    out.push(Output::Replied(nr, Err(Failure::Offline)));
                }
            }
            Input::Forget(nr) => _ = self.ended(nr),
            Input::Subscribe { nr, topics, replay } => {
                let subscription = Subscription { nr, topics, replay, after: None };
                if self.is_online() {
                    out.push(Output::Say(self.words(&subscription)));
                }
                self.subscriptions.push(subscription);
            }
            Input::Unsubscribe(nr) => {
                let before = self.subscriptions.len();
                self.subscriptions.retain(|it| it.nr != nr);
                if self.is_online() && self.subscriptions.len() < before {
                    out.push(Output::Say(Say::Unsubscribe { nr }));
                }
            }
            Input::Leave => {
                if self.phase != Phase::Away {
                    out.push(Output::HangUp);
                }
                self.phase = Phase::Left;
                self.waiting.clear();
                let requests = core::mem::take(&mut self.requests);
                out.extend(requests.into_iter().map(|(nr, _)| Output::Replied(nr, Err(Failure::Left))));
                let subscriptions = core::mem::take(&mut self.subscriptions);
                out.extend(subscriptions.into_iter().map(|it| Output::Heard(it.nr, Heard::Closed)));
            }
        }
    }

    /// What comes after the end.
    fn refuse<M>(input: &Input<P, M>, out: &mut Vec<Output<P, M>>) {
        match input {
            Input::Request { nr, .. } => out.push(Output::Replied(*nr, Err(Failure::Left))),
            Input::Subscribe { nr, .. } => out.push(Output::Heard(*nr, Heard::Closed)),
            _ => {}
        }
    }

    fn tick<M>(&mut self, now: Time, out: &mut Vec<Output<P, M>>) {
        let late = |request: &(u32, Time)| request.1 <= now;
        out.extend(
            self.requests.iter().filter(|it| late(it)).map(|it| Output::Replied(it.0, Err(Failure::Late))),
        );
        self.requests.retain(|request| !late(request));
        match self.phase {
            Phase::Away if self.due <= now => {
                (self.phase, self.due) = (Phase::Dialling, now + PATIENCE);
                out.push(Output::Dial);
            }
            Phase::Dialling | Phase::Greeting if self.due <= now => {
                self.break_off(now, "it takes too long".to_string(), out);
            }
            _ => {}
        }
    }

    fn hear<M>(&mut self, now: Time, told: Tell<M>, out: &mut Vec<Output<P, M>>) {
        match (self.phase, told) {
            (Phase::Greeting, Tell::Welcome { epoch, prefix }) => self.enter(epoch, prefix, out),
            (Phase::Greeting, Tell::Refused { reason }) => {
                self.break_off(now, ["not let in: ", &reason].concat(), out);
            }
            (Phase::Greeting, _) => {
                self.break_off(now, "it speaks another protocol: expected a welcome".to_string(), out);
            }
            (Phase::Online, Tell::Welcome { .. }) => {
                self.break_off(now, "a second welcome".to_string(), out);
            }
            (Phase::Online, Tell::Refused { reason }) => self.break_off(now, reason, out),
            (Phase::Online, Tell::Message { nr, seq, message }) => {
                if let Some(it) = self.subscriptions.iter_mut().find(|it| it.nr == nr) {
                    it.after = Some(After { epoch: self.epoch.clone(), seq });
                    out.push(Output::Heard(nr, Heard::Message(seq, message)));
                }
            }
            (Phase::Online, Tell::Subscribed { nr, whole }) => self.tell(nr, Heard::Connected(whole), out),
            (Phase::Online, Tell::Missed { nr, count }) => self.tell(nr, Heard::Missed(count), out),
            (Phase::Online, Tell::Reply { nr, message }) => {
                // Late ones are nobody's.
                if self.ended(nr) {
                    out.push(Output::Replied(nr, Ok(message)));
                }
            }
            (Phase::Online, Tell::Failed { nr, reason }) => {
                if self.ended(nr) {
                    out.push(Output::Replied(nr, Err(Failure::Told(reason))));
                } else {
                    self.tell(nr, Heard::Refused(reason), out);
                }
            }
            (Phase::Online, Tell::Denied { reason }) => out.push(Output::Denied(reason)),
            // Of a connection that is given up.
            (Phase::Away | Phase::Dialling | Phase::Left, _) => {}
        }
    }

    /// Subscriptions first, then what waited.
    fn enter<M>(&mut self, epoch: String, prefix: String, out: &mut Vec<Output<P, M>>) {
        self.phase = Phase::Online;
        self.failures = 0;
        (self.epoch, self.prefix) = (epoch.clone(), prefix.clone());
        out.push(Output::Online { epoch, prefix });
        out.extend(self.subscriptions.iter().map(|it| Output::Say(self.words(it))));
        for (topic, data) in core::mem::take(&mut self.waiting) {
            out.push(Output::Say(Say::Publish { topic: self.whole(&topic), data }));
        }
    }

    fn break_off<M>(&mut self, now: Time, reason: String, out: &mut Vec<Output<P, M>>) {
        out.push(Output::HangUp);
        self.lose(now, reason, out);
    }

    /// The connection is gone: nobody waits for a reply that cannot come.
    fn lose<M>(&mut self, now: Time, reason: String, out: &mut Vec<Output<P, M>>) {
        if self.phase == Phase::Away {
            return;
        }
        let requests = core::mem::take(&mut self.requests);
        out.extend(requests.into_iter().map(|(nr, _)| Output::Replied(nr, Err(Failure::Offline))));
        let again_in = self.wait();
        self.failures += 1;
        (self.phase, self.due) = (Phase::Away, now + again_in);
        out.push(Output::Offline { reason, again_in });
    }

    fn wait(&mut self) -> Duration {
        let wait = (FIRST << self.failures.min(5)).min(LONGEST);
        // A linear congruence, of which only the high bits are worth anything.
        self.chance =
            self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Up to 2047 of 8192 parts.
        Duration::from_millis(wait + ((wait * (self.chance >> 53)) >> 13))
    }

    /// Whether this request was under way; it is no more.
    fn ended(&mut self, nr: u32) -> bool {
        let before = self.requests.len();
        self.requests.retain(|request| request.0 != nr);
        self.requests.len() < before
    }

    fn tell<M>(&self, nr: u32, heard: Heard<M>, out: &mut Vec<Output<P, M>>) {
        if self.subscriptions.iter().any(|it| it.nr == nr) {
            out.push(Output::Heard(nr, heard));
        }
    }

    fn words(&self, it: &Subscription) -> Say<P> {
        let topics = it.topics.iter().map(|topic| self.whole(topic)).collect();
        Say::Subscribe { nr: it.nr, topics, replay: it.replay, after: it.after.clone() }
    }

    /// The whole name of a topic that may be said in short.
    fn whole(&self, topic: &str) -> String {
        if let Some(own) = topic.strip_prefix("./") {
            return [&self.prefix, own].concat();
        }
        // Names have no `#` and no `/` of their own, so the first `#` begins the slot.
        let app = self.prefix.split('#').next().unwrap_or_default().trim_end_matches('/');
        match topic.strip_prefix('#') {
            Some(own) if own.starts_with('/') => [app, own].concat(),
            Some(_) => [app, topic].concat(),
            None => topic.to_string(),
        }
    }
}

#[cfg(test)]
mod tests;
