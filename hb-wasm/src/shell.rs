//! What the wasm class asks of the browser: seven calls to one object, which owns the resources behind them.
//!
//! Coarse on purpose. A binding per browser API (web-sys, closures, an `AbortController` held from here) was built and
//! weighed first: 17.4 kB of module and 3.5 kB of glue where this takes less than half. Not here: the object itself.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Holds the timer, the request in flight and the animation frame; at most one of each. Its calls return at once,
    /// do not throw, and never call back before they have returned.
    pub type Shell;

    /// ms since the page's time origin, monotonic.
    #[wasm_bindgen(method)]
    pub fn now(this: &Shell) -> f64;

    /// The next request says this vital: `which` is its place in the face's table (`VITALS` of `npm/src/words.ts`), `value`
    /// its number or the place of its word.
    #[wasm_bindgen(method)]
    pub fn say(this: &Shell, which: u32, value: u32);

    /// A request leaves, `how` is one of [`how`](crate::words::how). `verb` is its place in `Verb::ALL`.
    #[wasm_bindgen(method)]
    pub fn send(this: &Shell, how: u32, verb: u32, promise: u32);

    /// Gives the request in flight up; `late` says whether it took too long.
    #[wasm_bindgen(method, js_name = giveUp)]
    pub fn give_up(this: &Shell, late: bool);

    /// Replaces the timer: `tell(TICK)` after so many ms, or never if negative.
    #[wasm_bindgen(method)]
    pub fn wake(this: &Shell, after: i32);

    /// `tell(PROVED)` when the browser next draws; in a worker: the page says what it has drawn.
    #[wasm_bindgen(method)]
    pub fn probe(this: &Shell);

    /// The state is this now: its place in `Diagnosis::ALL`, or one more after a goodbye.
    #[wasm_bindgen(method)]
    pub fn changed(this: &Shell, state: usize);
}
