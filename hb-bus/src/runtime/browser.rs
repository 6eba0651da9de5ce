//! The page: its timers, its microtasks, its clocks. Works in workers too.
//!
//! Futures stay `Send`, as everywhere in this crate: a timer hands over by a shared slot, nothing of JavaScript's is
//! kept in one.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use hb_lease::time::{Time, Wall};
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};

use super::{Runtime, Task};
use crate::sync::lock;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, millis: f64);
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(js_namespace = Math, js_name = random)]
    fn math_random() -> f64;
}

/// The longest that `setTimeout` counts right, about 24 days; longer sleeps take several.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

/// What a page or a worker offers.
///
/// ```
/// use std::sync::Arc;
/// use hb_bus::bus::Bus;
/// use hb_bus::runtime::Browser;
///
/// let bus = Bus::new(Arc::new(Browser));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Browser;

#[derive(Default)]
struct Alarm {
    rung: bool,
    waker: Option<Waker>,
}

/// One `setTimeout`. A dropped one still fires, and finds nobody.
async fn timer(after: Duration) {
    let alarm = Arc::new(Mutex::new(Alarm::default()));
    let ring = Arc::clone(&alarm);
    let callback = Closure::once_into_js(move || {
        let waker = {
            let mut alarm = lock(&ring);
            alarm.rung = true;
            alarm.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    set_timeout(&callback, after.as_secs_f64() * 1_000.0);
    drop(callback);
    poll_fn(move |cx| {
        let mut alarm = lock(&alarm);
        alarm.waker = (!alarm.rung).then(|| cx.waker().clone());
        if alarm.rung { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

impl Runtime for Browser {
    fn now(&self) -> Time {
        Time::from_millis(performance_now() as u64)
    }

    fn wall(&self) -> Wall {
        Wall::from_unix_millis(date_now() as i64)
    }

    fn sleep(&self, after: Duration) -> Task {
        let until = self.now() + after;
        Box::pin(async move {
            // Browsers' timers may be early by a fraction: the clock decides.
            loop {
                let left = until.since(Self.now());
                if left.is_zero() {
                    return;
                }
                timer(left.min(LONGEST)).await;
            }
        })
    }

    fn spawn(&self, task: Task) {
        wasm_bindgen_futures::spawn_local(task);
    }

    fn random(&self) -> u64 {
        let half = || (math_random() * 4_294_967_296.0) as u64;
        half() << 32 | half()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::super::{Elapsed, timeout};
    use super::*;

    #[wasm_bindgen_test]
    async fn sleeps_no_shorter_than_asked() {
        let before = Browser.now();
        Browser.sleep(Duration::from_millis(20)).await;
        assert!(Browser.now().since(before) >= Duration::from_millis(20));
        let limit = Some(Duration::from_millis(1));
        assert_eq!(timeout(&Browser, limit, std::future::pending::<()>()).await, Err(Elapsed));
    }
}
