//! From a decision to tell somebody to a person who knows: messages, the channels that carry them, and the outbox that
//! sees to it that they arrive.
//!
//! Not here: whom to tell and when ([`hb_core::alert`]), where items are kept (the store), which channels there are (the
//! configuration).

pub mod channel;
pub mod message;
pub mod outbox;
pub mod render;
pub mod voice;

use std::sync::Arc;

use hb_core::alert::Rule;
use hb_core::window::Hours;

use channel::Channel;

/// Who is told of what, and how.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The ways to people; [`hb_core::alert::Channel`] is a place in this list.
    pub channels: Vec<Named>,
    /// When which of them is told.
    pub rules: Vec<Rule>,
    /// The hours of each rule, by its place; `None` for always.
    pub hours: Vec<Option<Hours>>,
}

/// A channel under its name.
#[derive(Clone, Debug)]
pub struct Named {
    /// What people call it.
    pub name: Box<str>,
    /// What it is.
    pub channel: Arc<Channel>,
    /// Whether it gets the report when it opens.
    pub report: bool,
    /// Whether messages by it show what the screens show, as far as agents do.
    pub pictures: bool,
}

impl Config {
    /// The channel of this name.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&Named> {
        self.channels.iter().find(|named| *named.name == *name)
    }
}
