//! What is true about a screen: pure state machines for promises, detection and proof of life.
//!
//! No clock, no input or output, no async, no randomness: `now` comes in as an argument, what happened goes out as
//! data. Four floors, arrows only down (see ARCHITECTURE.md). Not here: sockets, text for people's browsers, storage.
#![no_std]

extern crate alloc;

pub mod alert;
pub mod beat;
pub mod defaults;
pub mod detect;
pub mod expect;
pub mod gate;
pub mod hold;
pub mod id;
pub mod incident;
pub mod registry;
pub mod repair;
pub mod sender;
pub mod verdict;
pub mod window;
pub mod wire;
