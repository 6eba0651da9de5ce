//! An event listener that ends with its value.

use js_sys::Function;
use wasm_bindgen::UnwrapThrowExt;
use web_sys::EventTarget;

/// Calls a function at each event of one kind, until dropped.
#[derive(Debug)]
#[must_use = "a listener ends when it is dropped"]
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    handler: Function,
}

impl Listener {
    /// Listens to events of `kind` at `target`.
    pub fn new(target: &EventTarget, kind: &'static str, handler: &Function) -> Self {
        // Cannot fail: the DOM accepts any type and any function.
        target.add_event_listener_with_callback(kind, handler).unwrap_throw();
        Self { target: target.clone(), kind, handler: handler.clone() }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.target.remove_event_listener_with_callback(self.kind, &self.handler).unwrap_throw();
    }
}
