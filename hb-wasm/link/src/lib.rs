//! A page's link to the server's bus: hb-guest's machine, over a WebSocket and a JSON that are the browser's own.
//!
//! What messages carry goes through as values of JavaScript, unread. Everything is `&self`, and borrows end before
//! JavaScript is called, as in hb-wasm. Not here: when to connect again and what to subscribe again (`hb_guest`), frames,
//! and the face that pages see (`npm/src/link`).
// In the module that ships there is no std: its panic machinery prints to nowhere.
#![cfg_attr(all(target_arch = "wasm32", not(debug_assertions)), no_std)]

extern crate alloc;

pub mod words;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::time::Duration;

use hb_guest::{Failure, Heard, Input, Machine, Output, Say, Tell};
use hb_lease::time::Time;
use wasm_bindgen::prelude::*;

use crate::words::{happened, heard, replied, say, told};

// Links hold messages of megabytes: this heap grows and gives back.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(all(target_arch = "wasm32", not(debug_assertions)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

#[wasm_bindgen]
extern "C" {
    /// Holds the socket and the timer, at most one of each, and tells the page. Its calls return at once, do not throw,
    /// and never call back before they have returned.
    pub type Shell;

    /// Milliseconds of a clock that never goes back.
    #[wasm_bindgen(method)]
    pub fn now(this: &Shell) -> f64;

    /// Replaces the timer: `tick` after so many ms, or never if negative.
    #[wasm_bindgen(method)]
    pub fn wake(this: &Shell, after: i32);

    /// Opens a socket; `opened` or `closed` follows.
    #[wasm_bindgen(method)]
    pub fn dial(this: &Shell);

    /// Closes it; nothing of it follows.
    #[wasm_bindgen(method, js_name = hangUp)]
    pub fn hang_up(this: &Shell);

    /// Says one of [`say`]; what has no meaning for it is 0 or empty.
    #[wasm_bindgen(method)]
    pub fn say(this: &Shell, what: u32, nr: u32, text: &str, data: JsValue);

    /// Says that it subscribes; topics are separated by line feeds. `epoch` is empty where nothing came before.
    #[wasm_bindgen(method)]
    pub fn subscribe(this: &Shell, nr: u32, topics: &str, replay: bool, epoch: &str, seq: f64);

    /// A subscription heard one of [`heard`].
    #[wasm_bindgen(method)]
    pub fn heard(this: &Shell, nr: u32, what: u32, number: f64, text: &str, message: JsValue);

    /// A request is over, by one of [`replied`].
    #[wasm_bindgen(method)]
    pub fn replied(this: &Shell, nr: u32, what: u32, text: &str, message: JsValue);

    /// What became of the connection: one of [`happened`].
    #[wasm_bindgen(method)]
    pub fn event(this: &Shell, what: u32, text: &str, prefix: &str, after: f64);
}

type Happening = Input<JsValue, JsValue>;

/// One guest on one page.
#[wasm_bindgen]
pub struct Link {
    /// Taken out while it works.
    machine: Cell<Option<Box<Machine<JsValue>>>>,
    /// When the shell's timer fires.
    wakes: Cell<Option<Time>>,
    shell: Shell,
}

#[wasm_bindgen]
impl Link {
    /// A guest that dials with its first `tick`. `chance` is at least 0 and less than 1.
    #[wasm_bindgen(constructor)]
    pub fn new(shell: Shell, chance: f64) -> Self {
        let seed = (chance * 9_007_199_254_740_992.0) as u64;
        let machine = Machine::new(time(shell.now()), seed);
        Self { machine: Cell::new(Some(Box::new(machine))), wakes: Cell::new(None), shell }
    }

    /// The timer fired.
    pub fn tick(&self) {
        self.wakes.set(None);
        self.handle(Input::Tick);
    }

    /// The socket is open.
    pub fn opened(&self) {
        self.handle(Input::Opened);
    }

    /// It is closed, did not open, or carries what is not ours.
    pub fn closed(&self, reason: String) {
        self.handle(Input::Closed(reason));
    }

    /// The host said one of [`told`].
    pub fn told(&self, what: u32, nr: u32, number: f64, text: String, prefix: String, message: JsValue) {
        self.handle(Input::Heard(match what {
            told::WELCOME => Tell::Welcome { epoch: text, prefix },
            told::REFUSED => Tell::Refused { reason: text },
            told::SUBSCRIBED => Tell::Subscribed { nr, whole: number > 0.0 },
            told::MESSAGE => Tell::Message { nr, seq: number as u64, message },
            told::MISSED => Tell::Missed { nr, count: number as u64 },
            told::REPLY => Tell::Reply { nr, message },
            told::FAILED => Tell::Failed { nr, reason: text },
            _ => Tell::Denied { reason: text },
        }));
    }

    /// Publishes.
    pub fn publish(&self, topic: String, data: JsValue) {
        self.handle(Input::Publish { topic, data });
    }

    /// Answers a message.
    pub fn answer(&self, to: String, data: JsValue) {
        self.handle(Input::Answer { to, data });
    }

    /// Asks.
    pub fn request(&self, nr: u32, topic: String, data: JsValue, patience: u32) {
        let patience = Duration::from_millis(u64::from(patience));
        self.handle(Input::Request { nr, topic, data, patience });
    }

    /// Subscribes; topics are separated by line feeds.
    pub fn subscribe(&self, nr: u32, topics: &str, replay: bool) {
        let topics = topics.split('\n').map(String::from).collect();
        self.handle(Input::Subscribe { nr, topics, replay });
    }

    /// Ends a subscription.
    pub fn unsubscribe(&self, nr: u32) {
        self.handle(Input::Unsubscribe(nr));
    }

    /// Closes it for good.
    pub fn leave(&self) {
        self.handle(Input::Leave);
    }
}

impl Link {
    fn handle(&self, input: Happening) {
        let now = time(self.shell.now());
        // A call out of a call finds nothing and does nothing: the shell makes none.
        let Some(mut machine) = self.machine.take() else { return };
        let mut out = Vec::new();
        machine.handle(now, input, &mut out);
        let next = machine.next_timeout();
        self.machine.set(Some(machine));
        out.into_iter().for_each(|output| self.act(output));
        if next != self.wakes.replace(next) {
            let after = |at: Time| at.since(now).as_millis().min(1 << 30) as i32;
            self.shell.wake(next.map_or(-1, after));
        }
    }

    fn act(&self, output: Output<JsValue, JsValue>) {
        let (shell, none) = (&self.shell, JsValue::UNDEFINED);
        match output {
            Output::Dial => shell.dial(),
            Output::HangUp => shell.hang_up(),
            Output::Say(words) => self.say(words),
            Output::Heard(nr, heard) => match heard {
                Heard::Message(seq, message) => shell.heard(nr, heard::MESSAGE, seq as f64, "", message),
                Heard::Connected(whole) => {
                    shell.heard(nr, heard::CONNECTED, f64::from(u8::from(whole)), "", none);
                }
                Heard::Missed(count) => shell.heard(nr, heard::MISSED, count as f64, "", none),
                Heard::Refused(reason) => shell.heard(nr, heard::REFUSED, 0.0, &reason, none),
                Heard::Closed => shell.heard(nr, heard::CLOSED, 0.0, "", none),
            },
            Output::Replied(nr, Ok(message)) => shell.replied(nr, replied::REPLY, "", message),
            Output::Replied(nr, Err(failure)) => match failure {
                Failure::Told(reason) => shell.replied(nr, replied::FAILED, &reason, none),
                Failure::Late => shell.replied(nr, replied::LATE, "", none),
                Failure::Offline => shell.replied(nr, replied::OFFLINE, "", none),
                Failure::Left => shell.replied(nr, replied::CLOSED, "", none),
            },
            Output::Online { epoch, prefix } => shell.event(happened::ONLINE, &epoch, &prefix, 0.0),
            Output::Offline { reason, again_in } => {
                shell.event(happened::OFFLINE, &reason, "", again_in.as_millis() as f64);
            }
            Output::Denied(reason) => shell.event(happened::DENIED, &reason, "", 0.0),
        }
    }

    fn say(&self, words: Say<JsValue>) {
        let (shell, none) = (&self.shell, JsValue::UNDEFINED);
        match words {
            Say::Hello => shell.say(say::HELLO, 0, "", none),
            Say::Publish { topic, data } => shell.say(say::PUBLISH, 0, &topic, data),
            Say::Request { nr, topic, data } => shell.say(say::REQUEST, nr, &topic, data),
            Say::Answer { to, data } => shell.say(say::ANSWER, 0, &to, data),
            Say::Subscribe { nr, topics, replay, after } => {
                let (epoch, seq) = after.map(|after| (after.epoch, after.seq)).unwrap_or_default();
                shell.subscribe(nr, &topics.join("\n"), replay, &epoch, seq as f64);
            }
            Say::Unsubscribe { nr } => shell.say(say::UNSUBSCRIBE, nr, "", none),
        }
    }
}

fn time(millis: f64) -> Time {
    Time::from_millis(millis as u64)
}
