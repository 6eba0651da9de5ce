//! What the server says of itself, and when: `hb_core::sender` with a detector in the place of a picture. Pure: `now`
//! comes in, words go out.

use std::borrow::Cow;
use std::time::Duration;

use hb_core::beat::{By, Promise, Verb};
use hb_core::gate;
use hb_core::id::Boot;
use hb_core::sender::{self, Input, Output, Sender};
use hb_core::wire::{Request, push_key};
use hb_lease::time::Time;

use crate::engine::key::Key;

/// The app that a server is.
const APP: &str = "hb";

/// One beat, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) verb: Verb,
    pub(super) promise: Promise,
    /// What stands behind the question mark.
    /// A key may be in it, so it is shown to nobody.
    pub(super) query: String,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// This, now, and its answer within so long.
    Say(Word, Duration),
    /// Nothing before this moment.
    At(Time),
}

/// The voice of one run of the server.
pub(super) struct Voice {
    sender: Sender,
    timeout: Duration,
    boot: Boot,
    host: Option<String>,
    key: Option<Key>,
    /// What the sender wants said.
    wanted: Option<(Verb, Promise)>,
    /// The sender wants proof that we could draw, so to speak.
    probed: bool,
}

impl Voice {
    pub(super) fn new(now: Time, promise: Duration, boot: Boot, host: Option<String>) -> Self {
        let timeout = (promise / 3).max(Duration::from_millis(500));
        let config = sender::Config {
            interval: promise,
            timeout: Some(timeout),
            init: true,
            ..sender::Config::default()
        };
        let mut voice = Self {
            sender: Sender::new(now, config),
            timeout,
            boot,
            host,
            key: None,
            wanted: None,
            probed: false,
        };
        // It is a page that has drawn, and from now on draws on demand: then it beats thrice in a promise, and asks for
        // proof again and again.
        let drawn = gate::Drawn { frames: 1, last: now, longest: 0, long: 0 };
        for fact in [gate::Input::Drawn(drawn), gate::Input::Idle(true), gate::Input::Loaded] {
            voice.take(now, Input::Page(fact));
        }
        voice
    }

    /// Says this key.
    pub(super) fn knowing(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }

    /// What is to be said now, or when to ask again. `is_alive` is the proof.
    pub(super) fn due(&mut self, now: Time, is_alive: bool) -> Due {
        // The proof goes first: a beat that is due tells what is known now.
        self.prove(now, is_alive);
        self.take(now, Input::Tick);
        self.prove(now, is_alive);
        match self.wanted.take() {
            Some((verb, promise)) => Due::Say(self.word(now, verb, promise), self.timeout),
            // It always has something to wait for; asking early would do no harm.
            None => Due::At(self.sender.next_timeout().unwrap_or(now + self.timeout)),
        }
    }

    pub(super) fn answered(&mut self, now: Time) {
        self.take(now, Input::Answered);
    }

    pub(super) fn failed(&mut self, now: Time) {
        self.take(now, Input::Failed);
    }

    /// The last word; `None` if nothing was ever said.
    pub(super) fn leave(&mut self, now: Time) -> Option<Word> {
        self.take(now, Input::Page(gate::Input::Leave));
        let (verb, promise) = self.wanted.take()?;
        Some(self.word(now, verb, promise))
    }

    fn prove(&mut self, now: Time, is_alive: bool) {
        if self.probed && is_alive {
            self.probed = false;
            self.take(now, Input::Page(gate::Input::Proved));
        }
    }

    fn take(&mut self, now: Time, input: Input) {
        let mut out = Vec::new();
        self.sender.handle(now, input, &mut out);
        for output in out {
            match output {
                Output::Fetch(verb, promise) | Output::Beacon(verb, promise) => {
                    self.wanted = Some((verb, promise));
                }
                Output::Probe => self.probed = true,
                // The attempt under way ends by itself: its time is the same.
                Output::Abort | Output::Expire | Output::Changed => {}
            }
        }
    }

    fn word(&mut self, now: Time, verb: Verb, promise: Promise) -> Word {
        let mut beat = self.sender.compose(now, verb, promise);
        let vitals = &mut beat.vitals;
        vitals.boot = Some(self.boot);
        vitals.by = Some(By::Native);
        // There is no picture to count the frames of, and nobody looks at it.
        (vitals.frames, vitals.age, vitals.gap, vitals.stall) = (None, None, None, None);
        vitals.visibility = None;
        let host = self.host.as_deref().map(Cow::Borrowed);
        let (verb, mut query) = (beat.verb, String::new());
        Request { beat, app: Cow::Borrowed(APP), host, slot: None }.encode(&mut query);
        if let Some(key) = &self.key {
            push_key(&mut query, key.expose());
        }
        Word { verb, promise, query }
    }
}
