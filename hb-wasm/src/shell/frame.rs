//! One animation frame of our own, cancelled when its value is dropped.

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_name = requestAnimationFrame)]
    fn request(callback: &Function) -> Result<i32, JsValue>;

    #[wasm_bindgen(js_name = cancelAnimationFrame)]
    fn cancel(handle: i32);
}

/// A frame asked for and not yet drawn.
#[derive(Debug)]
#[must_use = "a frame is cancelled when it is dropped"]
pub struct Frame {
    handle: i32,
}

impl Frame {
    /// Calls `callback` when the browser next draws.
    ///
    /// # Errors
    /// Where nothing is ever drawn: outside windows and drawing workers.
    pub fn request(callback: &Function) -> Result<Self, JsValue> {
        request(callback).map(|handle| Self { handle })
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // Harmless when the frame has been drawn: handles are never used twice.
        cancel(self.handle);
    }
}
