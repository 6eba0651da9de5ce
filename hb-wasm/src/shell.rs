//! The browser's resources as values: whoever drops one has given it back.
//!
//! Timers are gloo's. Not here: what happens when one of them fires.

use wasm_bindgen::prelude::*;

mod frame;
mod listener;
mod request;

pub use frame::Frame;
pub use listener::Listener;
pub use request::Request;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;

    /// The window; absent in workers and on servers.
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<web_sys::EventTarget>;

    /// The document, as far as a heartbeat looks at it.
    #[wasm_bindgen(extends = web_sys::EventTarget)]
    #[derive(Clone, Debug)]
    pub type Document;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;

    /// Whether nobody can see the page.
    #[wasm_bindgen(method, getter)]
    pub fn hidden(this: &Document) -> bool;

    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn ready_state(this: &Document) -> String;

    #[wasm_bindgen(catch, js_namespace = navigator, js_name = sendBeacon)]
    fn send_beacon(url: &str) -> Result<bool, JsValue>;
}

impl Document {
    /// Whether the page has loaded with everything in it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.ready_state() == "complete"
    }
}

/// Milliseconds since the page's time origin, monotonic.
#[must_use]
pub fn now() -> f64 {
    performance_now()
}

/// The window, where there is one.
#[must_use]
pub fn window() -> Option<web_sys::EventTarget> {
    WINDOW.with(Clone::clone)
}

/// The document, where there is one.
#[must_use]
pub fn document() -> Option<Document> {
    DOCUMENT.with(Clone::clone)
}

/// Hands a request without a body to the browser, which sends it even if the page dies now. The result proves nothing:
/// browsers say yes to requests that they then block.
#[must_use]
pub fn beacon(url: &str) -> bool {
    send_beacon(url).unwrap_or(false)
}
