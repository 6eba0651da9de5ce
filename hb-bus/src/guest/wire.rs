//! What a host and its guests say to each other: one JSON object in a text frame each (docs/messaging.md).
//!
//! Not here: who may say what.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::link::Frame;
use crate::message::{Id, InvalidTopic, Message, Topic};

/// The version of all this; the first thing a guest says.
pub(super) const VERSION: u32 = 1;

/// What a guest says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Say {
    /// First: what it speaks, and who it is, in a form that the host's owner and the guest's have agreed on.
    Hello {
        version: u32,
        who: serde_json::Value,
    },
    Publish {
        topic: String,
        #[serde(flatten)]
        data: Data,
    },
    /// To be answered with `Reply` or `Failed` of the same number.
    Request {
        nr: u64,
        topic: String,
        #[serde(flatten)]
        data: Data,
    },
    /// The answer to a message that it was sent, about the same.
    Answer {
        to: String,
        #[serde(flatten)]
        data: Data,
    },
    Subscribe {
        nr: u64,
        topics: Vec<String>,
        #[serde(default)]
        replay: bool,
        /// The last message it has of these, from a welcome of this epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<After>,
    },
    Unsubscribe {
        nr: u64,
    },
}

/// What a host says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tell {
    /// First: the guest is let in. Numbers of messages count within an epoch; `prefix` is its own place, if it has one.
    Welcome {
        epoch: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        prefix: String,
    },
    /// Or it is not, and the connection ends.
    Refused { reason: String },
    /// A subscription stands. `whole`: nothing after what was asked for is missing.
    Subscribed { nr: u64, whole: bool },
    /// A message for a subscription.
    Message {
        nr: u64,
        seq: u64,
        id: String,
        topic: String,
        #[serde(flatten)]
        data: Data,
    },
    /// The guest was too slow: so many are lost to this subscription.
    Missed { nr: u64, count: u64 },
    Reply {
        nr: u64,
        topic: String,
        #[serde(flatten)]
        data: Data,
    },
    /// A request or a subscription came to nothing.
    Failed { nr: u64, reason: String },
    /// Something else was said that the guest may not say.
    Denied { reason: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct After {
    pub(super) epoch: String,
    pub(super) seq: u64,
}

/// What a message carries: as text where it is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Data {
    Text(String),
    Base64(String),
}

/// Why words are none.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("expected a text frame")]
    Binary,
    #[error("a message without an id")]
    Unnamed,
    #[error(transparent)]
    Message(#[from] InvalidData),
}

impl Data {
    pub(super) fn of(bytes: &Bytes) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    pub(super) fn bytes(self) -> Result<Bytes, InvalidData> {
        match self {
            Self::Text(text) => Ok(text.into()),
            Self::Base64(text) => STANDARD.decode(text).map(Bytes::from).map_err(|_| InvalidData::Base64),
        }
    }
}

/// Why a message that was said is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidData {
    #[error("not base64")]
    Base64,
    #[error(transparent)]
    Topic(#[from] InvalidTopic),
}

/// The message that these are.
pub(super) fn message(topic: &str, data: Data) -> Result<Message, InvalidData> {
    let topic: Topic = topic.parse()?;
    Ok(Message::new(topic, data.bytes()?))
}

impl Tell {
    pub(super) fn message(nr: u64, seq: u64, message: &Message) -> Self {
        let (id, topic) = (message.id().to_string(), message.topic().to_string());
        Self::Message { nr, seq, id, topic, data: Data::of(message.data()) }
    }
}

/// `id` as it was said, if it is one.
pub(super) fn id(text: &str) -> Option<Id> {
    text.parse().ok().filter(|id: &Id| !id.is_nil())
}

/// What a guest says, as a frame. `who` is what it says of itself.
pub(super) fn say(words: hb_guest::Say<Data>, who: &serde_json::Value) -> Frame {
    use hb_guest::Say as Words;
    frame(&match words {
        Words::Hello => Say::Hello { version: VERSION, who: who.clone() },
        Words::Publish { topic, data } => Say::Publish { topic, data },
        Words::Request { nr, topic, data } => Say::Request { nr: nr.into(), topic, data },
        Words::Answer { to, data } => Say::Answer { to, data },
        Words::Subscribe { nr, topics, replay, after } => {
            let after = after.map(|hb_guest::After { epoch, seq }| After { epoch, seq });
            Say::Subscribe { nr: nr.into(), topics, replay, after }
        }
        Words::Unsubscribe { nr } => Say::Unsubscribe { nr: nr.into() },
    })
}

/// What a host says, from its frame.
pub(super) fn told(frame: &Frame) -> Result<hb_guest::Tell<Message>, Unreadable> {
    use hb_guest::Tell as Told;
    // A number that no guest of ours has is nobody's, as 0 is.
    let own = |nr: u64| u32::try_from(nr).unwrap_or(0);
    Ok(match read(frame)? {
        Tell::Welcome { epoch, prefix } => Told::Welcome { epoch, prefix },
        Tell::Refused { reason } => Told::Refused { reason },
        Tell::Subscribed { nr, whole } => Told::Subscribed { nr: own(nr), whole },
        Tell::Message { nr, seq, id: name, topic, data } => {
            let message = message(&topic, data)?.named(id(&name).ok_or(Unreadable::Unnamed)?);
            Told::Message { nr: own(nr), seq, message }
        }
        Tell::Missed { nr, count } => Told::Missed { nr: own(nr), count },
        Tell::Reply { nr, topic, data } => Told::Reply { nr: own(nr), message: message(&topic, data)? },
        Tell::Failed { nr, reason } => Told::Failed { nr: own(nr), reason },
        Tell::Denied { reason } => Told::Denied { reason },
    })
}

pub(super) fn frame(words: &impl Serialize) -> Frame {
    Frame::Control(serde_json::to_vec(words).expect("words have a form in JSON").into())
}

pub(super) fn read<T: DeserializeOwned>(frame: &Frame) -> Result<T, Unreadable> {
    match frame {
        Frame::Control(bytes) => Ok(serde_json::from_slice(bytes)?),
        Frame::Message(_) => Err(Unreadable::Binary),
    }
}
