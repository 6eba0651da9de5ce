//! Grav's envelope, field for field (messaging.md 2), so that its nodes read ours and ours theirs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Codec, DecodeError};
use crate::message::{Head, Id, Message, Topic};

/// The JSON envelope of Grav 0.3.
///
/// ```
/// use hb_bus::codec::{Codec, Json};
///
/// let wire = br#"{"meta":{"uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8","msg_type":"news"},
///     "payload":{"data":"aGVsbG8="}}"#;
/// let message = Json.decode(wire)?;
/// assert_eq!((message.topic().as_str(), &message.data()[..]), ("news", &b"hello"[..]));
/// # Ok::<(), hb_bus::codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    meta: Meta<'a>,
    #[serde(default)]
    payload: Payload,
}

#[derive(Serialize, Deserialize)]
struct Meta<'a> {
    uuid: String,
    #[serde(default)]
    parent_id: String,
    #[serde(default)]
    response_to: String,
    #[serde(default, borrow)]
    msg_type: std::borrow::Cow<'a, str>,
    #[serde(default)]
    timestamp: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Payload {
    /// Go writes `null` for no bytes.
    #[serde(default)]
    data: Option<String>,
}

fn id_text(id: Option<Id>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn some_id(text: &str) -> Result<Option<Id>, DecodeError> {
    if text.is_empty() { Ok(None) } else { Ok(Some(text.parse()?)) }
}

impl Codec for Json {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn encode(&self, message: &Message) -> Bytes {
        let head = message.head();
        let at = Timestamp::from_nanosecond(head.at.into()).unwrap_or_default();
        let meta = Meta {
            uuid: head.id.to_string(),
            parent_id: id_text(head.parent),
            response_to: id_text(head.reply_to),
            msg_type: head.topic.as_str().into(),
            timestamp: at.to_string(),
        };
        let payload = Payload { data: Some(STANDARD.encode(message.data())) };
        serde_json::to_vec(&Envelope { meta, payload })
            .expect("text and nothing else has a form in JSON")
            .into()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Message, DecodeError> {
        let Envelope { meta, payload } =
            serde_json::from_slice(bytes).map_err(|error| DecodeError::form(self, &error))?;
        let at = match &*meta.timestamp {
            "" => 0,
            text => {
                let at: Timestamp = text.parse().map_err(|_| DecodeError::Time)?;
                i64::try_from(at.as_nanosecond()).map_err(|_| DecodeError::Time)?
            }
        };
        let head = Head {
            id: meta.uuid.parse()?,
            parent: some_id(&meta.parent_id)?,
            reply_to: some_id(&meta.response_to)?,
            topic: if meta.msg_type.is_empty() { Topic::DEFAULT } else { meta.msg_type.parse()? },
            at,
        };
        let data = STANDARD.decode(payload.data.unwrap_or_default()).map_err(|_| DecodeError::Data)?;
        Ok(Message::from_parts(head, data))
    }
}
