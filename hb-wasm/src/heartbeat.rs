//! The wasm class under the JavaScript face: hb-core's sender, wired to one page.
//!
//! Everything is `&self`: a panic or a call out of a call must never leave the object locked. Borrows end before
//! JavaScript is called. Not here: option parsing, events, the reason of a failure (the face's).

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use gloo_timers::callback::Timeout;
use hb_core::beat::{Beat, Promise, Verb};
use hb_core::gate::{self, Meter};
use hb_core::id::Boot;
use hb_core::sender::{Config, Input, Output, Sender, WhenHidden};
use hb_lease::time::Time;
use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{Event, EventTarget};

use crate::address::Address;
use crate::shell::{self, Frame, Listener, Request};

/// The longest a browser's timer can be told to wait, ms (a signed 32-bit number).
const LONGEST_TIMER: u64 = 1 << 30;

#[wasm_bindgen]
extern "C" {
    /// The options after the face has checked them. Times in ms; not a number means the default.
    pub type Settings;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Settings) -> String;
    /// Where `url` is the part of a template before `%n`: the part behind it.
    #[wasm_bindgen(method, getter)]
    fn tail(this: &Settings) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn app(this: &Settings) -> String;
    #[wasm_bindgen(method, getter)]
    fn host(this: &Settings) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn slot(this: &Settings) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn interval(this: &Settings) -> f64;
    #[wasm_bindgen(method, getter)]
    fn stall(this: &Settings) -> f64;
    #[wasm_bindgen(method, getter)]
    fn grace(this: &Settings) -> f64;
    #[wasm_bindgen(method, getter)]
    fn timeout(this: &Settings) -> f64;
    #[wasm_bindgen(method, getter)]
    fn init(this: &Settings) -> bool;
    #[wasm_bindgen(method, getter)]
    fn done(this: &Settings) -> bool;
    #[wasm_bindgen(method, getter)]
    fn vitals(this: &Settings) -> bool;
    /// 0 report, 1 fine, 2 pause.
    #[wasm_bindgen(method, getter)]
    fn hidden(this: &Settings) -> u8;

    /// What the face wants to hear. None of these may throw.
    pub type Hooks;
    /// [`Heartbeat::state`] is a different one now.
    #[wasm_bindgen(method)]
    fn changed(this: &Hooks);
    /// A request came to its end: the HTTP status, 0 if it failed, -1 if it took too long.
    #[wasm_bindgen(method)]
    fn settled(this: &Hooks, status: i32);

    type Answer;
    #[wasm_bindgen(method, getter)]
    fn status(this: &Answer) -> u16;
}

/// One client on one page.
#[wasm_bindgen]
pub struct Heartbeat {
    page: Rc<Page>,
}

#[wasm_bindgen]
impl Heartbeat {
    /// Begins to watch the page; beats once it has loaded.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &Settings, hooks: Hooks) -> Self {
        let page = Page::new(settings, hooks);
        page.open();
        Self { page }
    }

    /// One frame was drawn, `at` ms after the time origin.
    pub fn tick(&self, at: f64) {
        let mut meter = self.page.meter.get();
        meter.tick(at);
        self.page.meter.set(meter);
        if self.page.awaits_frame.get() {
            self.page.handle(Input::Tick);
        }
    }

    /// Frames are promised from now on.
    pub fn arm(&self) {
        self.page.fact(gate::Input::Armed);
    }

    /// Watches the GL context of a canvas, which may be lost already.
    pub fn watch(&self, canvas: &EventTarget, lost: bool) {
        let page = &self.page;
        page.listen(canvas, "webglcontextlost");
        page.listen(canvas, "webglcontextrestored");
        page.handle(Input::Watch);
        page.arm_lost(i32::from(lost));
        page.fact(gate::Input::Armed);
    }

    /// A long load is ahead.
    pub fn busy(&self, millis: f64) {
        if let Some(after) = duration(millis) {
            self.page.fact(gate::Input::Busy(after));
        }
    }

    /// Nothing to draw now, or again something.
    pub fn idle(&self, on: bool) {
        self.page.fact(gate::Input::Idle(on));
    }

    /// Registers, now.
    pub fn init(&self) {
        self.page.handle(Input::Init);
    }

    /// Beats, now.
    pub fn ping(&self) {
        self.page.handle(Input::Ping);
    }

    /// Says goodbye and falls silent.
    pub fn done(&self) {
        self.page.handle(Input::Done);
    }

    /// Gives the request in flight up.
    pub fn abort(&self) {
        self.page.handle(Input::Abort);
    }

    /// Remembers an uncaught error; its first line goes with the next beats.
    pub fn erred(&self, first_line: String) {
        *self.page.last_error.borrow_mut() = Some(first_line);
        self.page.handle(Input::Error);
    }

    /// The address of a request that the face sends itself, counted like one of ours. In a bad state a ping becomes
    /// `hb_state`.
    pub fn address(&self, command: &str, millis: f64) -> String {
        let promise = duration(millis).and_then(|after| Promise::from_millis(after.as_millis() as u64));
        let verb = Verb::from_word(command);
        let mut beat = self.page.sender.borrow_mut().compose(
            clock(),
            verb.unwrap_or(Verb::Init),
            promise.unwrap_or_default(),
        );
        beat.last_error = self.page.last_error();
        let command = if verb.is_some() { beat.verb.word() } else { command };
        self.page.address.of(command, beat)
    }

    /// The promise `T`, ms.
    #[wasm_bindgen(getter)]
    pub fn interval(&self) -> f64 {
        self.page.sender.borrow().interval().as_millis() as f64
    }

    /// A new promise; beats at once. Zero or less stops the beats.
    #[wasm_bindgen(setter)]
    pub fn set_interval(&self, millis: f64) {
        self.page.handle(Input::Interval(duration(millis).unwrap_or_default()));
    }

    /// A diagnosis of the vocabulary, or `done`.
    #[wasm_bindgen(getter)]
    pub fn state(&self) -> String {
        self.page.sender.borrow().state().into()
    }

    /// Frames drawn since this boot began.
    #[wasm_bindgen(getter)]
    pub fn frames(&self) -> f64 {
        self.page.sender.borrow().gate().frames() as f64 + f64::from(self.page.meter.get().frames())
    }

    /// Frames per second over the last few seconds.
    #[wasm_bindgen(getter)]
    pub fn fps(&self) -> f64 {
        f64::from(self.page.sender.borrow().gate().fps(clock()))
    }

    /// The longest time between two frames since the last beat, ms.
    #[wasm_bindgen(getter)]
    pub fn worst(&self) -> f64 {
        self.page.meter.get().longest().max(f64::from(self.page.sender.borrow().gap()))
    }

    /// ms since the last frame; infinite before the first.
    #[wasm_bindgen(getter)]
    pub fn age(&self) -> f64 {
        // Frames not yet reported are in no state of the gate.
        self.page.handle(Input::Tick);
        match self.page.sender.borrow().gate().age(clock()) {
            Some(age) => age.as_millis() as f64,
            None => f64::INFINITY,
        }
    }

    /// Requests that asked for an answer.
    #[wasm_bindgen(getter)]
    pub fn pings(&self) -> u32 {
        self.page.sender.borrow().stats().sent
    }

    /// Of these, how many failed or took too long.
    #[wasm_bindgen(getter)]
    pub fn failures(&self) -> u32 {
        self.page.sender.borrow().stats().failed
    }
}

/// The page around the sender. Dropping it gives everything back to the browser.
struct Page {
    this: Weak<Self>,
    meter: Cell<Meter>,
    /// Whether the next frame changes something; otherwise `tick` only counts.
    awaits_frame: Cell<bool>,
    sender: RefCell<Sender>,
    /// What is still to be done; filled by calls that come out of doing it.
    outputs: RefCell<Vec<Output>>,
    performing: Cell<bool>,
    address: Address,
    hooks: Hooks,
    last_error: RefCell<Option<String>>,
    lost: Cell<i32>,
    listeners: RefCell<Vec<Listener>>,
    timer: RefCell<Option<(Time, Timeout)>>,
    frame: RefCell<Option<Frame>>,
    /// The request in flight and its number: the answer to an older one is nobody's.
    request: RefCell<Option<Request>>,
    serial: Cell<u32>,
    on_event: Function,
    on_frame: Function,
    on_answer: Function,
    on_failure: Function,
}

impl Page {
    fn new(settings: &Settings, hooks: Hooks) -> Rc<Self> {
        let config = config(settings);
        let address =
            Address::new(settings.url(), settings.tail(), settings.app(), settings.host(), settings.slot());
        Rc::new_cyclic(|this: &Weak<Self>| {
            // The collector of JavaScript frees these once neither we nor a promise can call them; a `Closure` of ours
            // would be gone before the promise of an aborted request calls it.
            let with = |action: fn(&Self, JsValue)| {
                let this = this.clone();
                let call = move |argument: JsValue| {
                    if let Some(page) = this.upgrade() {
                        action(&page, argument);
                    }
                };
                Closure::<dyn FnMut(JsValue)>::new(call).into_js_value().unchecked_into::<Function>()
            };
            let settling = |action: fn(&Self, JsValue)| {
                let this = this.clone();
                let call = move |serial: u32, argument: JsValue| {
                    if let Some(page) = this.upgrade().filter(|page| page.serial.get() == serial) {
                        action(&page, argument);
                    }
                };
                Closure::<dyn FnMut(u32, JsValue)>::new(call).into_js_value().unchecked_into::<Function>()
            };
            Self {
                this: this.clone(),
                meter: Cell::default(),
                awaits_frame: Cell::new(true),
                sender: RefCell::new(Sender::new(clock(), boot(), config)),
                outputs: RefCell::default(),
                performing: Cell::new(false),
                address,
                hooks,
                last_error: RefCell::default(),
                lost: Cell::new(0),
                listeners: RefCell::default(),
                timer: RefCell::default(),
                frame: RefCell::default(),
                request: RefCell::default(),
                serial: Cell::new(0),
                on_event: with(|page, event| page.event(&event.unchecked_into())),
                on_frame: with(|page, _| page.fact(gate::Input::Proved)),
                on_answer: settling(|page, answer| page.settle(answer.unchecked_into::<Answer>().status())),
                on_failure: settling(|page, _| page.settle(0)),
            }
        })
    }

    fn open(&self) {
        if let Some(window) = shell::window() {
            for kind in ["load", "pagehide", "pageshow"] {
                self.listen(&window, kind);
            }
        }
        if let Some(document) = shell::document() {
            for kind in ["visibilitychange", "freeze", "resume"] {
                self.listen(&document, kind);
            }
            self.fact(gate::Input::Visible(!document.hidden()));
        }
        if shell::document().is_none_or(|document| document.is_complete()) {
            // Not now: whoever constructs us may still want to set something, as with the original.
            self.wake(clock());
        }
    }

    fn listen(&self, target: &EventTarget, kind: &'static str) {
        self.listeners.borrow_mut().push(Listener::new(target, kind, &self.on_event));
    }

    fn event(&self, event: &Event) {
        let visible = || shell::document().is_none_or(|document| !document.hidden());
        match event.type_().as_str() {
            "load" => self.fact(gate::Input::Loaded),
            "pagehide" => self.fact(gate::Input::Leave),
            "pageshow" if persisted(event) => {
                self.interrupt();
                self.handle(Input::Return(boot()));
            }
            "visibilitychange" => {
                self.interrupt();
                self.fact(gate::Input::Visible(visible()));
            }
            "freeze" => self.fact(gate::Input::Freeze),
            "resume" => {
                self.interrupt();
                self.fact(gate::Input::Resume);
            }
            "webglcontextlost" => self.arm_lost(1),
            "webglcontextrestored" => self.arm_lost(-1),
            _ => {}
        }
    }

    /// One context more or less is lost.
    fn arm_lost(&self, change: i32) {
        self.lost.set((self.lost.get() + change).max(0));
        self.fact(gate::Input::Contexts { lost: self.lost.get() as u32 });
    }

    /// What follows is a pause that says nothing about the picture.
    fn interrupt(&self) {
        let mut meter = self.meter.get();
        meter.interrupt();
        self.meter.set(meter);
    }

    fn settle(&self, status: u16) {
        if let Some(request) = self.request.take() {
            request.finish();
        }
        // The number is used up: only one of the two functions may speak for a request.
        self.serial.set(self.serial.get().wrapping_add(1));
        self.handle(if status == 0 { Input::Failed } else { Input::Answered });
        self.hooks.settled(i32::from(status));
    }

    fn fact(&self, fact: gate::Input) {
        self.handle(Input::Page(fact));
    }

    fn handle(&self, input: Input) {
        {
            let now = clock();
            let mut sender = self.sender.borrow_mut();
            let mut outputs = self.outputs.borrow_mut();
            let mut meter = self.meter.get();
            if meter.frames() > 0 {
                let drawn = meter.take(sender.gate().long_frame());
                self.meter.set(meter);
                sender.handle(now, Input::Page(gate::Input::Drawn(drawn)), &mut outputs);
            }
            sender.handle(now, input, &mut outputs);
            self.awaits_frame.set(sender.awaits_frame());
        }
        self.perform();
        let next = self.sender.borrow().next_timeout();
        if let Some(at) = next {
            self.wake(at);
        } else {
            self.timer.take();
        }
    }

    /// Does what is to be done, in order, also when doing it makes more to do.
    fn perform(&self) {
        if self.performing.replace(true) {
            return;
        }
        loop {
            let batch = self.outputs.take();
            if batch.is_empty() {
                break;
            }
            for output in batch {
                match output {
                    Output::Fetch(beat) => self.fetch(beat),
                    Output::Beacon(beat) => {
                        if self.address.takes(beat.verb) {
                            let _ = shell::beacon(&self.url(beat));
                        }
                    }
                    Output::Abort => self.give_up(),
                    Output::Expire => {
                        self.give_up();
                        self.hooks.settled(-1);
                    }
                    Output::Probe => {
                        let frame = Frame::request(&self.on_frame).ok();
                        self.frame.replace(frame);
                    }
                    Output::Changed => self.hooks.changed(),
                }
            }
        }
        self.performing.set(false);
    }

    fn fetch(&self, beat: Beat<'static>) {
        let serial = self.serial.get().wrapping_add(1);
        self.serial.set(serial);
        let number = JsValue::from(serial);
        let sent = if self.address.takes(beat.verb) {
            let answered = self.on_answer.bind1(&JsValue::NULL, &number).unchecked_into();
            let failed = self.on_failure.bind1(&JsValue::NULL, &number).unchecked_into();
            Request::send(&self.url(beat), &answered, &failed).ok()
        } else {
            None
        };
        let failed = sent.is_none();
        drop(self.request.replace(sent));
        if failed {
            self.handle(Input::Failed);
        }
    }

    fn give_up(&self) {
        self.serial.set(self.serial.get().wrapping_add(1));
        drop(self.request.take());
    }

    fn url(&self, mut beat: Beat<'static>) -> String {
        beat.last_error = self.last_error();
        self.address.of(beat.verb.word(), beat)
    }

    fn last_error(&self) -> Option<std::borrow::Cow<'static, str>> {
        self.last_error.borrow().clone().map(Into::into)
    }

    /// Sees to it that somebody looks at the clock at `at`.
    fn wake(&self, at: Time) {
        if self.timer.borrow().as_ref().is_some_and(|(due, _)| *due == at) {
            return;
        }
        let this = self.this.clone();
        let after = at.as_millis().saturating_sub(clock().as_millis()).min(LONGEST_TIMER) as u32;
        let timeout = Timeout::new(after, move || {
            if let Some(page) = this.upgrade() {
                page.timer.take();
                page.woken();
            }
        });
        drop(self.timer.replace(Some((at, timeout))));
    }

    fn woken(&self) {
        let loaded = shell::document().is_none_or(|document| document.is_complete());
        // `Loaded` twice is harmless only once: later it would start the grace anew.
        if loaded && !self.sender.borrow().is_loaded() {
            self.fact(gate::Input::Loaded);
        } else {
            self.handle(Input::Tick);
        }
    }
}

fn config(settings: &Settings) -> Config {
    let default = Config::default();
    let interval = settings.interval();
    Config {
        // Zero or less is a wish: no beats of its own.
        interval: if interval.is_nan() { default.interval } else { duration(interval).unwrap_or_default() },
        stall: duration(settings.stall()).unwrap_or(default.stall),
        grace: duration(settings.grace()).unwrap_or(default.grace),
        timeout: duration(settings.timeout()),
        init: settings.init(),
        done: settings.done(),
        hidden: match settings.hidden() {
            1 => WhenHidden::Fine,
            2 => WhenHidden::Pause,
            _ => WhenHidden::Report,
        },
        vitals: settings.vitals(),
    }
}

/// A positive number of ms; `None` for anything else.
fn duration(millis: f64) -> Option<Duration> {
    // `as` saturates; 32 bits are 49 days, more than any promise.
    (millis > 0.0).then(|| Duration::from_millis(u64::from(millis.ceil() as u32)))
}

fn clock() -> Time {
    Time::from_millis(shell::now() as u64)
}

/// A random name for a page load: 16 characters, 80 bits. Two pages of one hall must not collide; nobody needs to be
/// unable to guess it.
fn boot() -> Boot {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let text: String =
        (0..16).map(|_| char::from(LETTERS[(js_sys::Math::random() * 32.0) as usize & 31])).collect();
    Boot::new(&text).expect_throw("letters and digits only")
}

fn persisted(event: &Event) -> bool {
    #[wasm_bindgen]
    extern "C" {
        type Transition;
        #[wasm_bindgen(method, getter)]
        fn persisted(this: &Transition) -> bool;
    }
    event.unchecked_ref::<Transition>().persisted()
}
