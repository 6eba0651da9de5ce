//! The envelope: what every message carries, whatever travels inside.
//!
//! A message is cheap to clone and never changes once it is published. Not here: its bytes on a wire ([`crate::codec`]).

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hb_lease::time::Wall;

mod buffer;
mod id;
mod topic;

pub use buffer::Buffer;
pub use id::{Id, Ids, InvalidId};
pub use topic::{InvalidTopic, Topic};

/// What a message may carry besides bytes: a value that subscribers of the same process read as it is, and that is
/// written down only if it leaves the process.
///
/// ```
/// use bytes::Bytes;
/// use hb_bus::message::{Message, Payload, Topic};
///
/// struct Celsius(f32);
///
/// impl Payload for Celsius {
///     fn to_bytes(&self) -> Bytes {
///         self.0.to_string().into()
///     }
/// }
///
/// let message = Message::of(Topic::from_static("hall"), Celsius(21.5));
/// assert_eq!(message.value::<Celsius>().map(|celsius| celsius.0), Some(21.5));
/// assert_eq!(message.data(), "21.5");
/// ```
pub trait Payload: Any + Send + Sync {
    /// The value as others read it, most often JSON. Called at most once per message.
    fn to_bytes(&self) -> Bytes;
}

/// A message. Clones share its content.
///
/// ```
/// use hb_bus::message::{Message, Topic};
///
/// const GREETING: Topic = Topic::from_static("greeting");
/// let hello = Message::new(GREETING, "hello");
/// assert_eq!(hello.topic(), &GREETING);
/// assert_eq!(hello.data(), "hello");
/// assert!(hello.id().is_nil(), "the bus names and dates it when it is published");
/// ```
#[derive(Clone)]
pub struct Message(Arc<Content>);

#[derive(Clone)]
struct Content {
    head: Head,
    body: Body,
}

/// Everything about a message but what it carries.
///
/// ```
/// # use hb_bus::message::{Head, Id, Message, Topic};
/// let head = Head {
///     id: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?,
///     parent: None,
///     reply_to: Some(Id::from_u128(7)),
///     topic: Topic::from_static("hall"),
///     at: 1_767_225_600_000_000_000,
/// };
/// let message = Message::from_parts(head.clone(), "it came over a wire");
/// assert_eq!((message.head(), message.reply_to()), (&head, head.reply_to));
/// # Ok::<(), hb_bus::message::InvalidId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its name, [`Id::NIL`] until it is published.
    pub id: Id,
    /// The message that it follows from, if any.
    pub parent: Option<Id>,
    /// The request that it answers, if any.
    pub reply_to: Option<Id>,
    /// What it is about.
    pub topic: Topic,
    /// When it was first published, in nanoseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
}

enum Body {
    Bytes(Bytes),
    Value { value: Arc<dyn Payload>, bytes: OnceLock<Bytes> },
}

impl Clone for Body {
    fn clone(&self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Value { value, bytes } => Self::Value { value: Arc::clone(value), bytes: bytes.clone() },
        }
    }
}

impl Message {
    /// A message about `topic` that carries bytes.
    pub fn new(topic: Topic, data: impl Into<Bytes>) -> Self {
        Self::with(topic, Body::Bytes(data.into()))
    }

    /// A message that carries a value: see [`value`](Self::value).
    pub fn of(topic: Topic, value: impl Payload) -> Self {
        Self::with(topic, Body::Value { value: Arc::new(value), bytes: OnceLock::new() })
    }

    /// A message as it came from elsewhere.
    pub fn from_parts(head: Head, data: impl Into<Bytes>) -> Self {
        Self(Arc::new(Content { head, body: Body::Bytes(data.into()) }))
    }

    fn with(topic: Topic, body: Body) -> Self {
        let head = Head { id: Id::NIL, parent: None, reply_to: None, topic, at: 0 };
        Self(Arc::new(Content { head, body }))
    }

    /// This message, as the answer to `request`.
    #[must_use]
    pub fn in_reply_to(self, request: &Self) -> Self {
        self.answering(request.id())
    }

    /// This message, as the answer to the request of this name.
    pub(crate) fn answering(mut self, request: Id) -> Self {
        self.edit().head.reply_to = Some(request);
        self
    }

    /// This message, as one that was named elsewhere.
    pub(crate) fn named(mut self, id: Id) -> Self {
        self.edit().head.id = id;
        self
    }

    /// This message, as one that follows from `parent`.
    #[must_use]
    pub fn following(mut self, parent: &Self) -> Self {
        self.edit().head.parent = Some(parent.id());
        self
    }

    /// Its name; nil until it is published.
    #[must_use]
    pub fn id(&self) -> Id {
        self.0.head.id
    }

    /// What it is about.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.0.head.topic
    }

    /// The request that it answers, if any.
    #[must_use]
    pub fn reply_to(&self) -> Option<Id> {
        self.0.head.reply_to
    }

    /// Everything about it but what it carries.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.0.head
    }

    /// What it carries, as bytes. A value is written down at the first call.
    #[must_use]
    pub fn data(&self) -> &Bytes {
        match &self.0.body {
            Body::Bytes(bytes) => bytes,
            Body::Value { value, bytes } => bytes.get_or_init(|| value.to_bytes()),
        }
    }

    /// The bytes that it carries and holds; a value's are nobody's to count.
    pub(crate) fn weight(&self) -> usize {
        match &self.0.body {
            Body::Bytes(bytes) => bytes.len(),
            Body::Value { .. } => 0,
        }
    }

    /// The value it carries, if it is a `T` that was published in this process.
    #[must_use]
    pub fn value<T: Payload>(&self) -> Option<&T> {
        match &self.0.body {
            Body::Bytes(_) => None,
            Body::Value { value, .. } => (&**value as &dyn Any).downcast_ref(),
        }
    }

    /// Names and dates a message that is not published yet.
    pub(crate) fn stamp(&mut self, ids: &mut Ids, wall: impl FnOnce() -> Wall) {
        if self.id().is_nil() {
            let content = self.edit();
            content.head.id = ids.draw();
            content.head.at = wall().as_unix_millis().saturating_mul(1_000_000);
        }
    }

    fn edit(&mut self) -> &mut Content {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Message");
        shown.field("head", &self.0.head);
        match &self.0.body {
            Body::Bytes(bytes) => shown.field("data", bytes).finish(),
            Body::Value { .. } => shown.finish_non_exhaustive(),
        }
    }
}

/// Equal in every part that others see; a value is compared by its bytes.
impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.head == other.0.head && self.data() == other.data())
    }
}

impl Eq for Message {}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    struct Reading(u32);

    impl Payload for Reading {
        fn to_bytes(&self) -> Bytes {
            self.0.to_string().into()
        }
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn a_value_is_itself_within_and_bytes_without() {
        let message = Message::of(Topic::from_static("reading"), Reading(7));
        assert_eq!(message.value::<Reading>().map(|reading| reading.0), Some(7));
        assert_eq!(message.data(), "7");
        let plain = Message::new(Topic::from_static("reading"), "7");
        assert!(plain.value::<Reading>().is_none());
        assert_eq!(plain, message);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn what_is_published_keeps_its_name() {
        let mut ids = Ids::new(1);
        let mut first = Message::new(Topic::from_static("a"), "");
        first.stamp(&mut ids, || Wall::from_unix_millis(5));
        assert_eq!(first.head().at, 5_000_000);
        let mut again = first.clone();
        again.stamp(&mut ids, || Wall::from_unix_millis(9));
        assert_eq!(again, first);
        let reply = Message::new(Topic::from_static("a"), "").in_reply_to(&first).following(&first);
        assert_eq!((reply.reply_to(), reply.head().parent), (Some(first.id()), Some(first.id())));
    }
}
