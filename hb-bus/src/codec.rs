//! Messages as bytes: one codec for each form that a link may speak.
//!
//! Not here: sockets, and who may send what.

use bytes::Bytes;

use crate::message::{InvalidId, InvalidTopic, Message};

mod json;
mod postcard;

pub use json::Json;
pub use postcard::Postcard;

/// A form of messages on a wire.
///
/// ```
/// use bytes::Bytes;
/// use hb_bus::codec::{Codec, DecodeError};
/// use hb_bus::message::{Head, Id, Message, Topic};
///
/// /// The content and nothing else: for peers that know neither names nor topics.
/// struct Bare;
///
/// impl Codec for Bare {
///     fn media_type(&self) -> &'static str {
///         "application/octet-stream"
///     }
///     fn encode(&self, message: &Message) -> Bytes {
///         message.data().clone()
///     }
///     fn decode(&self, bytes: &[u8]) -> Result<Message, DecodeError> {
///         let head = Head { id: Id::NIL, parent: None, reply_to: None, topic: Topic::DEFAULT, at: 0 };
///         Ok(Message::from_parts(head, bytes.to_vec()))
///     }
/// }
///
/// assert_eq!(Bare.decode(&Bare.encode(&Message::new(Topic::DEFAULT, "hello")))?.data(), "hello");
/// # Ok::<(), DecodeError>(())
/// ```
pub trait Codec: Send + Sync + 'static {
    /// Its name, as in `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// The message as bytes.
    fn encode(&self, message: &Message) -> Bytes;

    /// The message that these bytes are.
    ///
    /// # Errors
    /// If they are none. Whatever comes in, it never panics.
    fn decode(&self, bytes: &[u8]) -> Result<Message, DecodeError>;
}

/// Why bytes are no message.
///
/// ```
/// use hb_bus::codec::{Codec, DecodeError, Json};
///
/// assert!(matches!(Json.decode(b"hello"), Err(DecodeError::Form { media_type: "application/json", .. })));
/// assert!(matches!(Json.decode(br#"{"meta":{"uuid":"7"}}"#), Err(DecodeError::Id(_))));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// They have not the form of this codec.
    #[error("not a message in {media_type}: {reason}")]
    Form {
        /// What was expected.
        media_type: &'static str,
        /// Where it fails, in the words of the parser.
        reason: String,
    },
    /// An id in it is none.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// Its topic is none.
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
    /// Its time is none.
    #[error("not a time: expected RFC 3339, such as 2026-01-01T12:00:00.5Z")]
    Time,
    /// What it carries is not base64.
    #[error("not base64 in payload.data")]
    Data,
}

impl DecodeError {
    fn form(codec: &impl Codec, reason: &impl std::fmt::Display) -> Self {
        Self::Form { media_type: codec.media_type(), reason: brief(reason) }
    }
}

/// What a parser says, without the megabyte of a peer's that it may repeat.
pub(crate) fn brief(reason: &impl std::fmt::Display) -> String {
    const LONGEST: usize = 200;
    let mut reason = reason.to_string();
    if reason.len() > LONGEST {
        reason.truncate(reason.floor_char_boundary(LONGEST));
        reason.push('…');
    }
    reason
}

#[cfg(test)]
mod tests;
