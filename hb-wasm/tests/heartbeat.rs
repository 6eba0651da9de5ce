//! The wasm class in a real browser, over a shell that writes down what it is asked.
//!
//! Not here: the real shell and real requests (npm/test/browser.test.mjs), and when to beat (hb-core's own tests).
#![cfg(target_arch = "wasm32")]

use hb_wasm::heartbeat::Heartbeat;
use hb_wasm::shell::Shell;
use hb_wasm::words::{stat, tell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = "
    const STATES = 'starting ok slow idle hidden frozen leaving no-frames main-blocked context-lost gpu-stuck picture-stuck done'.split(' ');
    const VITALS = [
      ['v'], ['seq'], ['by', 'frame', 'timer', 'worker'], ['frames'], ['age'], ['gap'],
      ['vis', 'visible', 'hidden'], ['gl', 'ok', 'lost', 'none'], ['state', ...STATES], ['stall'], ['errs'], ['mem'],
    ];
    export class Recorder {
      constructor() { this.time = 0; this.lines = []; this.said = ''; this.after = undefined; }
      now() { return this.time; }
      say(which, value) { this.said += `&${VITALS[which][0]}=${VITALS[which][value + 1] ?? value}`; }
      send(how, verb, promise) { this.lines.push(`send ${how} ${verb} ${promise}${this.said}`); this.said = ''; }
      giveUp(late) { this.lines.push(`give up ${late}`); }
      wake(after) { this.after = after; }
      probe() { this.lines.push('probe'); }
      changed(state) { this.lines.push(STATES[state]); }
      take() { return this.lines.splice(0).join('; '); }
    }
    export function lost() {
      const canvas = document.createElement('canvas');
      const gl = canvas.getContext('webgl');
      const before = gl.isContextLost();
      gl.getExtension('WEBGL_lose_context').loseContext();
      return !before && gl.isContextLost();
    }
")]
extern "C" {
    #[wasm_bindgen(extends = Shell)]
    type Recorder;
    #[wasm_bindgen(constructor)]
    fn new() -> Recorder;
    #[wasm_bindgen(method, setter)]
    fn set_time(this: &Recorder, millis: f64);
    #[wasm_bindgen(method, getter)]
    fn after(this: &Recorder) -> i32;
    #[wasm_bindgen(method)]
    fn take(this: &Recorder) -> String;
    fn lost() -> bool;
}

/// A heartbeat with `T` = 3 s on a page that has loaded, its first ping answered.
fn beating() -> (Recorder, Heartbeat) {
    let recorder = Recorder::new();
    let shell: Shell = AsRef::<JsValue>::as_ref(&recorder).clone().unchecked_into();
    let heartbeat = Heartbeat::new(shell, 0, 3_000, 0, 0, 0);
    assert!(heartbeat.tell(tell::LOADED, 0.0) < 0.0, "the first frame is awaited");
    assert_eq!(recorder.take(), "send 0 1 3000&v=1&seq=1&by=timer&vis=visible&state=ok; ok");
    heartbeat.tell(tell::SETTLED, 200.0);
    (recorder, heartbeat)
}

#[wasm_bindgen_test]
fn frames_are_counted_and_drive_the_beat() {
    let (recorder, heartbeat) = beating();
    recorder.set_time(400.0);
    assert!(heartbeat.drawn(1, 400.0, 0, 0) > 0.0, "no frame is awaited any more");
    assert_eq!(
        recorder.take(),
        "send 0 1 3000&v=1&seq=2&by=frame&frames=1&age=0&gap=0&vis=visible&state=ok&stall=3000"
    );
    heartbeat.drawn(9, 544.0, 16, 0);
    assert_eq!(recorder.take(), "");
    assert_eq!(heartbeat.stat(stat::FRAMES), 10.0);
    assert_eq!(heartbeat.stat(stat::WORST), 16.0, "the longest gap");
    assert_eq!(heartbeat.stat(stat::SENT), 2.0);
}

#[wasm_bindgen_test]
fn one_timer_at_a_time_is_asked_for() {
    let (recorder, heartbeat) = beating();
    assert_eq!(recorder.after(), 3_000);
    recorder.set_time(400.0);
    heartbeat.drawn(1, 400.0, 0, 0);
    assert!((1..=1_000).contains(&recorder.after()), "a third of the promise, or a look at the clock");
    heartbeat.tell(tell::DONE, 0.0);
    assert_eq!(recorder.take().split("; ").last(), Some("done"));
    recorder.set_time(500.0);
    heartbeat.tell(tell::IDLE, 0.0);
    assert_eq!(recorder.take(), "", "after a goodbye nothing is said");
}

#[wasm_bindgen_test]
fn a_lost_context_withholds_the_ping() {
    assert!(lost(), "this browser can lose a context");
    let (recorder, heartbeat) = beating();
    recorder.set_time(1_000.0);
    heartbeat.tell(tell::WATCH, 0.0);
    heartbeat.tell(tell::LOST, 1.0);
    let said = recorder.take();
    assert!(said.starts_with("send 0 3 3000") && said.contains("&gl=lost&state=context-lost"), "{said}");
    heartbeat.tell(tell::SETTLED, 200.0);
    recorder.set_time(2_000.0);
    heartbeat.tell(tell::PING, 0.0);
    assert!(recorder.take().starts_with("send 0 3 "), "also when asked for");
    heartbeat.compose(1, 4_000.0);
    assert!(recorder.take().starts_with("send 2 3 4000"), "also when the page sends it itself");
}

#[wasm_bindgen_test]
fn any_number_is_a_frame() {
    let (recorder, heartbeat) = beating();
    for at in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e300] {
        heartbeat.drawn(1, at, 0, 0);
    }
    recorder.set_time(100.0);
    assert_eq!(heartbeat.stat(stat::FRAMES), 5.0);
    assert!(heartbeat.stat(3) <= 100.0, "an age is at most what has passed");
}

#[wasm_bindgen_test]
fn what_it_does_not_know_it_ignores() {
    let (recorder, heartbeat) = beating();
    heartbeat.tell(u32::MAX, f64::NAN);
    heartbeat.compose(99, f64::NAN);
    assert!(recorder.take().starts_with("send 2 0 0&v=1&seq=2"));
}
