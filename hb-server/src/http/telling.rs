//! What happens, as messages of the event stream: each is made once, however many read it.
//!
//! How it stands with an app is told as it is when the first reader comes to it, which is a moment after it changed.
//! Not here: their form (`sse`), who reads (`live`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hb_bus::message::Message;

use super::sight::Sight;
use super::sse::{self, Id};

/// Messages that are held: twice as many as may wait for one reader.
const HELD: usize = 1024;

/// Makes the messages; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    sight: Sight,
    made: Arc<Mutex<BTreeMap<u64, Bytes>>>,
}

impl Teller {
    pub(super) fn new(sight: Sight) -> Self {
        Self { sight, made: Arc::default() }
    }

    /// The message for what the bus said under this number; `None` for what nobody is told.
    pub(super) fn tell(&self, id: Id, message: &Message) -> Option<Bytes> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = made.get(&id.seq) {
            return Some(told.clone());
        }
        let told = sse::happening(&self.sight, id, message)?;
        made.insert(id.seq, told.clone());
        if made.len() > HELD {
            made.pop_first();
        }
        Some(told)
    }
}
