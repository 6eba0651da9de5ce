//! The page: what JavaScript sees of hb.
//!
//! `shell` holds the browser's resources and gives them back on drop; `heartbeat` is the class over hb-core's sender.
//! Not here: any decision about when to beat or what to say (hb-core's), the face that pages see (`npm/src`).

mod address;
pub mod heartbeat;
mod query;
pub mod shell;

// The default allocator costs 7 kB of the page's bytes; this one serves the same few allocations a second.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();
