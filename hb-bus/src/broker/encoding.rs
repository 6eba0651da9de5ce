//! Encodings: how a message becomes bytes, named by media type.
//!
//! JSON and postcard are built in; [`Encoding`] is the seam for others. Not here: which one a connection speaks
//! ([`negotiate`](super::negotiate)), nor how bytes are framed.

use std::sync::Arc;

use serde::{Deserializer, Serialize, Serializer};

use super::message::{Build, Erased, Message};
use crate::codec::brief;

/// How messages of any registered type become bytes and back.
///
/// ```
/// use hb_bus::broker::{Content, Encoding, EncodingError, Target};
///
/// /// JSON that people can read.
/// struct Pretty;
///
/// impl Encoding for Pretty {
///     fn media_type(&self) -> &str {
///         "application/vnd.example.pretty+json"
///     }
///     fn encode(&self, content: Content<'_>, body: &mut Vec<u8>) -> Result<(), EncodingError> {
///         serde_json::to_writer_pretty(body, &content).map_err(EncodingError::new)
///     }
///     fn decode(&self, body: &[u8], target: &mut Target) -> Result<(), EncodingError> {
///         target.read(&mut serde_json::Deserializer::from_slice(body))
///     }
/// }
/// ```
pub trait Encoding: Send + Sync + 'static {
    /// Its name, without parameters: 3 to 255 bytes of ASCII, compared without regard to case. Must not change.
    fn media_type(&self) -> &str;

    /// Appends `content` to `body`, and touches nothing that stands there already.
    ///
    /// # Errors
    /// If this encoding cannot say it, for instance a map in JSON whose keys are not text.
    fn encode(&self, content: Content<'_>, body: &mut Vec<u8>) -> Result<(), EncodingError>;

    /// Gives `target` a deserializer over `body`. Bytes come from a peer: no panic, whatever they are.
    ///
    /// # Errors
    /// If they are not a message of the type that `target` expects.
    fn decode(&self, body: &[u8], target: &mut Target) -> Result<(), EncodingError>;
}

/// Bytes and a type do not fit, in either direction.
///
/// The example of [`Encoding`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodingError(String);

impl EncodingError {
    /// Says it in the words of the library below, the first 200 bytes of them.
    pub fn new(reason: impl std::fmt::Display) -> Self {
        Self(brief(&reason))
    }
}

/// What is to be encoded: hand it to any serializer.
///
/// The example of [`Encoding`] shows it.
#[derive(Clone, Copy)]
pub struct Content<'a>(&'a dyn Erased);

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        erased_serde::serialize(self.0, serializer)
    }
}

/// What is to be decoded: it knows the type and takes any deserializer.
///
/// The example of [`Encoding`] shows it.
pub struct Target {
    build: Build,
    message: Option<Message>,
}

impl Target {
    /// Reads the value. The last one read counts.
    ///
    /// # Errors
    /// If what `deserializer` holds is not of the expected type.
    pub fn read<'de, D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), EncodingError> {
        let mut erased = <dyn erased_serde::Deserializer<'_>>::erase(deserializer);
        self.message = Some((self.build)(&mut erased).map_err(EncodingError::new)?);
        Ok(())
    }
}

/// `application/json`.
///
/// ```
/// use hb_bus::broker::{Encoding, Json};
///
/// assert_eq!(Json.media_type(), "application/json"); // every broker has it
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Encoding for Json {
    fn media_type(&self) -> &str {
        "application/json"
    }

    fn encode(&self, content: Content<'_>, body: &mut Vec<u8>) -> Result<(), EncodingError> {
        serde_json::to_writer(body, &content).map_err(EncodingError::new)
    }

    fn decode(&self, body: &[u8], target: &mut Target) -> Result<(), EncodingError> {
        let mut json = serde_json::Deserializer::from_slice(body);
        target.read(&mut json)?;
        json.end().map_err(EncodingError::new)
    }
}

/// `application/postcard`: small and binary; both sides must agree on the types to the field.
///
/// Postcard sets no limit to nesting: a type that contains itself should not be registered where strangers may write.
///
/// ```
/// use hb_bus::broker::{Encoding, Postcard};
///
/// assert_eq!(Postcard.media_type(), "application/postcard"); // every broker has it
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Postcard;

impl Encoding for Postcard {
    fn media_type(&self) -> &str {
        "application/postcard"
    }

    fn encode(&self, content: Content<'_>, body: &mut Vec<u8>) -> Result<(), EncodingError> {
        *body = postcard::to_extend(&content, std::mem::take(body)).map_err(EncodingError::new)?;
        Ok(())
    }

    fn decode(&self, body: &[u8], target: &mut Target) -> Result<(), EncodingError> {
        let mut postcard = postcard::Deserializer::from_bytes(body);
        target.read(&mut postcard)?;
        match postcard.finalize().map_err(EncodingError::new)? {
            [] => Ok(()),
            rest => Err(EncodingError(format!("{} bytes too many", rest.len()))),
        }
    }
}

/// A number for an encoding of one broker.
pub(super) type Index = usize;

/// The encodings of a broker, the preferred one first.
pub(super) struct Encodings(Vec<Arc<dyn Encoding>>);

impl Encodings {
    pub(super) fn built_in() -> Self {
        Self(vec![Arc::new(Json), Arc::new(Postcard)])
    }

    /// `false` if its name is no media type, or is taken.
    pub(super) fn add(&mut self, encoding: Arc<dyn Encoding>) -> bool {
        let name = encoding.media_type();
        let token = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&b))
        };
        let named = name.len() <= usize::from(u8::MAX)
            && name.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
        let free = self.find(name).is_none();
        if named && free {
            self.0.push(encoding);
        }
        named && free
    }

    /// Puts one first; `false` if it is not there.
    pub(super) fn prefer(&mut self, media_type: &str) -> bool {
        let found = self.find(media_type);
        if let Some(at) = found {
            self.0[..=at].rotate_right(1);
        }
        found.is_some()
    }

    /// Parameters after a semicolon are not looked at.
    pub(super) fn find(&self, media_type: &str) -> Option<Index> {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        self.0.iter().position(|known| known.media_type().eq_ignore_ascii_case(essence))
    }

    pub(super) fn media_type(&self, index: Index) -> &str {
        self.0[index].media_type()
    }

    pub(super) fn media_types(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|encoding| encoding.media_type())
    }

    /// Appends to `body`, which holds the frame's head already.
    pub(super) fn encode(
        &self,
        index: Index,
        message: &Message,
        body: &mut Vec<u8>,
    ) -> Result<(), EncodingError> {
        self.0[index].encode(Content(message.erased()), body)
    }

    pub(super) fn decode(&self, index: Index, build: Build, body: &[u8]) -> Result<Message, EncodingError> {
        let mut target = Target { build, message: None };
        self.0[index].decode(body, &mut target)?;
        target.message.ok_or_else(|| EncodingError::new("the encoding read nothing"))
    }
}
