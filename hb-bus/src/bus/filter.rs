//! Who wants which messages, and how many may wait.

use std::collections::HashSet;

use super::{QUEUE, Quota};
use crate::message::{Id, Message, Topic};

/// Which messages a subscriber wants. A message must pass the rule for topics and the rule for ids.
///
/// ```
/// use hb_bus::bus::Filter;
/// use hb_bus::message::{Message, Topic};
///
/// const DOORS: Topic = Topic::from_static("doors");
/// assert!(Filter::only([DOORS]).accepts(&Message::new(DOORS, "")));
/// assert!(!Filter::except([DOORS]).accepts(&Message::new(DOORS, "")));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub(super) topics: Rule<Topic>,
    ids: Rule<Id>,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Rule<T> {
    #[default]
    Any,
    Only(HashSet<T>),
    Except(HashSet<T>),
}

impl<T: std::hash::Hash + Eq> Rule<T> {
    fn accepts(&self, item: &T) -> bool {
        match self {
            Self::Any => true,
            Self::Only(these) => these.contains(item),
            Self::Except(these) => !these.contains(item),
        }
    }
}

impl Filter {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Messages about these topics.
    pub fn only(topics: impl IntoIterator<Item = Topic>) -> Self {
        Self { topics: Rule::Only(topics.into_iter().collect()), ids: Rule::Any }
    }

    /// Messages about other topics than these.
    pub fn except(topics: impl IntoIterator<Item = Topic>) -> Self {
        Self { topics: Rule::Except(topics.into_iter().collect()), ids: Rule::Any }
    }

    /// Of those, only the messages with these ids.
    #[must_use]
    pub fn only_ids(mut self, ids: impl IntoIterator<Item = Id>) -> Self {
        self.ids = Rule::Only(ids.into_iter().collect());
        self
    }

    /// Of those, not the messages with these ids.
    #[must_use]
    pub fn except_ids(mut self, ids: impl IntoIterator<Item = Id>) -> Self {
        self.ids = Rule::Except(ids.into_iter().collect());
        self
    }

    /// Whether a message passes. O(1).
    #[must_use]
    pub fn accepts(&self, message: &Message) -> bool {
        self.accepts_topic(message) && self.accepts_id(message)
    }

    pub(super) fn accepts_topic(&self, message: &Message) -> bool {
        self.topics.accepts(message.topic())
    }

    pub(super) fn accepts_id(&self, message: &Message) -> bool {
        self.ids.accepts(&message.id())
    }

    /// These messages, with at most so many waiting: see [`Options::queue`].
    #[must_use]
    pub fn queue(self, queue: usize) -> Options {
        Options { queue, ..self.into() }
    }

    /// These messages, those that can be replayed first.
    #[must_use]
    pub fn replayed(self) -> Options {
        Options { replay: true, ..self.into() }
    }
}

/// How to subscribe.
///
/// ```
/// use hb_bus::bus::{Filter, Options};
/// use hb_bus::message::Topic;
///
/// const DOORS: Topic = Topic::from_static("doors");
/// let options = Options { queue: 8, replay: true, ..Filter::only([DOORS]).into() };
/// assert!(!options.bridge, "that is for whoever joins two buses");
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    /// What to hear.
    pub filter: Filter,
    /// How many messages may wait, at least one; [`QUEUE`] by default. When another comes, the oldest is lost.
    pub queue: usize,
    /// Whether to hear first what was published before and is still kept. What is replayed does not count as waiting.
    pub replay: bool,
    /// What bounds the bytes that wait, together with those of other subscriptions; none by default.
    pub quota: Option<Quota>,
    /// Whether to take replies that nobody here waits for, to carry them to another bus.
    pub bridge: bool,
}

impl From<Filter> for Options {
    fn from(filter: Filter) -> Self {
        Self { filter, queue: QUEUE, replay: false, quota: None, bridge: false }
    }
}
