//! One request that is given up when its value is dropped.

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{AbortController, RequestCache, RequestCredentials, RequestInit, RequestMode};

#[wasm_bindgen]
extern "C" {
    /// A promise of which only the end matters: no future, no second promise in Rust.
    type Pending;

    #[wasm_bindgen(catch)]
    fn fetch(url: &str, init: &RequestInit) -> Result<Pending, JsValue>;

    #[wasm_bindgen(method)]
    fn then(this: &Pending, answered: &Function, failed: &Function);
}

/// A request in flight.
#[derive(Debug)]
#[must_use = "a request is given up when it is dropped"]
pub struct Request {
    controller: Option<AbortController>,
}

impl Request {
    /// Sends a CORS-simple `GET` that leaves no cookie and asks no cache. `answered` is called with the response,
    /// `failed` with the error; after a drop, `failed` may still be called once.
    ///
    /// # Errors
    /// Where the page has no working `fetch`.
    pub fn send(url: &str, answered: &Function, failed: &Function) -> Result<Self, JsValue> {
        let controller = AbortController::new()?;
        let init = RequestInit::new();
        // Always `cors`: `no-cors` fails on cross-origin isolated pages.
        init.set_mode(RequestMode::Cors);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_signal(Some(&controller.signal()));
        fetch(url, &init)?.then(answered, failed);
        Ok(Self { controller: Some(controller) })
    }

    /// The answer has come: nothing is left to give up. (Aborting now would cancel the unread body, which costs the
    /// connection.)
    pub fn finish(mut self) {
        self.controller = None;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(controller) = &self.controller {
            controller.abort();
        }
    }
}
