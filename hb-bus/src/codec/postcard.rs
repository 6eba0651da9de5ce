//! The same envelope in fewer bytes, for links between our own.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Codec, DecodeError};
use crate::message::{Head, Id, Message};

/// The binary envelope: [postcard](https://postcard.jamesmunns.com/wire-format) of id, parent, request, topic, time
/// (ns since 1970) and data, in this order.
///
/// ```
/// use hb_bus::codec::{Codec, Json, Postcard};
/// use hb_bus::message::{Message, Topic};
///
/// let message = Message::new(Topic::DEFAULT, vec![7; 100]);
/// let (small, large) = (Postcard.encode(&message), Json.encode(&message));
/// assert!(small.len() < 140 && large.len() > 280);
/// assert_eq!(Postcard.decode(&small)?, message);
/// # Ok::<(), hb_bus::codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Postcard;

#[derive(Serialize, Deserialize)]
struct Envelope<'a>(u128, Option<u128>, Option<u128>, &'a str, i64, &'a [u8]);

impl Codec for Postcard {
    fn media_type(&self) -> &'static str {
        "application/vnd.hb.postcard"
    }

    fn encode(&self, message: &Message) -> Bytes {
        let Head { id, parent, reply_to, topic, at } = message.head();
        let parent = parent.map(Id::as_u128);
        let request = reply_to.map(Id::as_u128);
        let envelope = Envelope(id.as_u128(), parent, request, topic.as_str(), *at, message.data());
        ::postcard::to_allocvec(&envelope).expect("numbers and bytes have a form").into()
    }

    fn decode(&self, bytes: &[u8]) -> Result<Message, DecodeError> {
        let Envelope(id, parent, request, topic, at, data) =
            ::postcard::from_bytes(bytes).map_err(|error| DecodeError::form(self, &error))?;
        let (parent, reply_to) = (parent.map(Id::from_u128), request.map(Id::from_u128));
        let head = Head { id: Id::from_u128(id), parent, reply_to, topic: topic.parse()?, at };
        Ok(Message::from_parts(head, data.to_vec()))
    }
}
