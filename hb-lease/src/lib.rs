//! Keys with deadlines: the mechanism under every promise that hb holds somebody to.
//!
//! Nothing here reads a clock: `now` is always an argument, so every user of this crate can be tested in
//! virtual time. Not here: what a missed deadline *means* (that is `hb-core`'s).
#![no_std]

extern crate alloc;

pub mod time;
