//! The thread that beats for a child. It may wait for a server that does not answer; the child never waits for it.
//!
//! One thread, one word after the other, and not hb-bus' requester heart: that drops the attempt under way when it is told
//! to stop. Here the first word must be said however soon the child dies, and no ping may be under way when the goodbye
//! leaves: these beats have neither `boot` nor `seq`, and one that arrived after it would bring the app back.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use hb_core::beat::{Promise, Verb};
use hb_lease::time::Time;
use tokio::sync::oneshot;

use super::pulse::{Pulse, Words};
use crate::cmd::address::Address;
use crate::cmd::ask::{Client, NoAnswer};
use crate::cmd::beat::Name;

/// What the supervisor tells the heart.
enum News {
    Born,
    Died,
    /// The last word: say goodbye and end.
    Farewell,
}

/// A running heart.
pub(crate) struct Heart {
    news: Sender<News>,
    ended: oneshot::Receiver<()>,
}

impl Heart {
    /// Starts the thread; it says nothing before [`born`](Self::born).
    pub(crate) fn start(address: Address, name: Name, words: Words) -> std::io::Result<Self> {
        let (news, receiver) = mpsc::channel();
        let (end, ended) = oneshot::channel();
        let voice = Voice { client: Client::new(), address, name, mute: false };
        thread::Builder::new().name("heart".into()).spawn(move || {
            beat(voice, words, &receiver);
            // The supervisor may have stopped waiting.
            let _ = end.send(());
        })?;
        Ok(Self { news, ended })
    }

    /// The child was started.
    pub(crate) fn born(&self) {
        self.tell(News::Born);
    }

    /// The child ended, and may come back.
    pub(crate) fn died(&self) {
        self.tell(News::Died);
    }

    /// Says goodbye after whatever is on its way, and waits for that no longer than `timeout`.
    pub(crate) async fn farewell(self, timeout: Duration) {
        self.tell(News::Farewell);
        // An error means that the time is over, and then the goodbye is the server's loss.
        let _ = tokio::time::timeout(timeout, self.ended).await;
    }

    fn tell(&self, news: News) {
        // The thread ends only after a farewell; if it panicked, the child still matters more.
        let _ = self.news.send(news);
    }
}

fn beat(mut voice: Voice, words: Words, news: &Receiver<News>) {
    let origin = Instant::now();
    let now = || Time::ZERO + origin.elapsed();
    let mut pulse = Pulse::new(words);
    let mut send = |pulse: &mut Pulse| {
        if let Some((_, verb, promise)) = pulse.due() {
            let sent = now();
            let granted = voice.say(verb, promise);
            pulse.answered(sent, granted);
        }
    };
    loop {
        let heard = match pulse.due() {
            None => news.recv().map_err(RecvTimeoutError::from),
            Some((at, ..)) => news.recv_timeout(at.since(now())),
        };
        match heard {
            Ok(News::Born) => {
                pulse.born(now());
                // Before anything else is heard: however short a life is, it begins with its first word.
                send(&mut pulse);
            }
            Ok(News::Died) => pulse.died(),
            Ok(News::Farewell) => break,
            Err(RecvTimeoutError::Timeout) => send(&mut pulse),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
    if let Some(promise) = words.done {
        voice.say(Verb::Done, promise);
    }
}

/// Sends beats, and says so once when they begin to fail or to succeed again.
struct Voice {
    client: Client,
    address: Address,
    name: Name,
    mute: bool,
}

impl Voice {
    /// What was granted; `None` without an answer that says it.
    fn say(&mut self, verb: Verb, promise: Promise) -> Option<Duration> {
        // A template can say no goodbye.
        let url = self.address.beat(&self.name.request(verb, promise))?;
        let answer = self.client.get_ok(&url);
        self.report(&answer);
        let body = answer.ok()?;
        // A foreign server behind a template may answer anything; then our own promise is what we go by.
        Some(body.trim().parse().map_or(promise.as_duration(), Duration::from_millis))
    }

    fn report(&mut self, answer: &Result<String, NoAnswer>) {
        match (answer, self.mute) {
            (Err(error), false) => eprintln!("hb: {error} (going on without heartbeats, still trying)"),
            (Ok(_), true) => eprintln!("hb: heartbeats arrive again"),
            _ => {}
        }
        self.mute = answer.is_err();
    }
}
