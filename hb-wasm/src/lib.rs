//! The page: what JavaScript sees of hb.
//!
//! `heartbeat` is the wasm class over hb-core's sender, `shell` the few things it asks of the browser,
//! `vitals` what a request says of the page, `words` the numbers that both say. Not here: any
//! decision about when to beat or what to say (hb-core's), timers, requests and listeners (`npm/src/shell.ts`, which
//! gives them back), the face that pages see (`npm/src/heartbeat.ts`).
// In the module that ships there is no std: its panic machinery prints to nowhere, at a tenth of the page's bytes.
#![cfg_attr(all(target_arch = "wasm32", not(debug_assertions)), no_std)]

extern crate alloc;

pub mod heartbeat;
pub mod shell;
mod vitals;
pub mod words;

// The default allocator costs 7 kB of the page's bytes; this one serves the same few allocations a second. It claims
// memory once, for a heap that never fills its first 64 KiB: extending heaps would be code nobody runs.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::cell::TalcSyncCell<talc::wasm::WasmGrowAndClaim, talc::wasm::WasmBinning> =
    talc::cell::TalcSyncCell::new_wasm(talc::wasm::WasmGrowAndClaim);

#[cfg(all(target_arch = "wasm32", not(debug_assertions)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // A trap: JavaScript sees an exception, and the face swallows it.
    core::arch::wasm32::unreachable()
}
