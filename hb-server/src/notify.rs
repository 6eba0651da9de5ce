//! From a decision to tell somebody to a person who knows: messages, the channels that carry them, and the outbox that
//! sees to it that they arrive.
//!
//! Not here: whom to tell and when ([`hb_core::alert`]), where items are kept (the store), which channels there are (the
//! configuration).

pub mod channel;
pub mod message;
pub mod outbox;
pub mod render;
