//! Messages: values of registered types, and the codes under which they travel.
//!
//! Not here: their bytes ([`encoding`](super::Encoding)).

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::limits::BuildError;

/// The code of heartbeats. It is the broker's own; no type can be registered under it.
pub const HEARTBEAT: u32 = 1;

/// What can be a message: anything that serde can write and read, and that others may hold.
///
/// ```
/// use hb_bus::broker::{Message, Payload};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Lamp { on: bool }
///
/// fn message<T: Payload>(value: T) -> Message {
///     Message::new(value)
/// }
/// assert_eq!(message(Lamp { on: true }).get::<Lamp>().map(|lamp| lamp.on), Some(true));
/// ```
pub trait Payload: Serialize + DeserializeOwned + Any + Send + Sync {}

impl<T: Serialize + DeserializeOwned + Any + Send + Sync> Payload for T {}

/// A payload whose type is known at run time only.
pub(super) trait Erased: erased_serde::Serialize + Any + Send + Sync {
    fn name(&self) -> &'static str;
}

impl<T: Payload> Erased for T {
    fn name(&self) -> &'static str {
        type_name::<T>()
    }
}

/// Makes a message from bytes.
pub(super) type Build = fn(&mut dyn erased_serde::Deserializer<'_>) -> Result<Message, erased_serde::Error>;

fn build<T: Payload>(from: &mut dyn erased_serde::Deserializer<'_>) -> Result<Message, erased_serde::Error> {
    erased_serde::deserialize::<T>(from).map(Message::new)
}

/// A value on its way. Clones share it.
///
/// ```
/// use hb_bus::broker::Message;
///
/// let message = Message::new(7_u32);
/// assert_eq!(message.get::<u32>(), Some(&7));
/// assert_eq!(message.get::<String>(), None);
/// ```
#[derive(Clone)]
pub struct Message {
    payload: Arc<dyn Erased + Send + Sync>,
    encoding: Option<Arc<str>>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("type", &self.type_name()).field("encoding", &self.encoding).finish()
    }
}

impl Message {
    /// A message that travels in the encoding of each connection.
    #[must_use]
    pub fn new<T: Payload>(value: T) -> Self {
        Self { payload: Arc::new(value), encoding: None }
    }

    /// The same message, in this encoding on every connection.
    #[must_use]
    pub fn encoded_as(mut self, media_type: &str) -> Self {
        self.encoding = Some(media_type.into());
        self
    }

    /// The encoding it must travel in, if one was set.
    #[must_use]
    pub fn encoding(&self) -> Option<&str> {
        self.encoding.as_deref()
    }

    /// Its value, if it is a `T`.
    #[must_use]
    pub fn get<T: Payload>(&self) -> Option<&T> {
        let payload: &dyn Any = &*self.payload;
        payload.downcast_ref()
    }

    /// Its value to keep, if it is a `T`; otherwise the message.
    ///
    /// # Errors
    /// The message itself.
    pub fn into_value<T: Payload>(self) -> Result<Arc<T>, Self> {
        if self.get::<T>().is_none() {
            return Err(self);
        }
        let payload: Arc<dyn Any + Send + Sync> = self.payload.clone();
        payload.downcast().map_err(|_| self)
    }

    /// The name of its type, for people.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.payload.name()
    }

    pub(super) fn type_id(&self) -> TypeId {
        let payload: &dyn Any = &*self.payload;
        payload.type_id()
    }

    pub(super) fn erased(&self) -> &dyn Erased {
        &*self.payload
    }
}

/// Which type travels under which code.
#[derive(Default)]
pub(super) struct Types {
    codes: HashMap<TypeId, u32>,
    builds: HashMap<u32, Build>,
}

impl Types {
    pub(super) fn register<T: Payload>(&mut self, code: u32) -> Result<(), BuildError> {
        let (Entry::Vacant(build_slot), false) = (self.builds.entry(code), code == HEARTBEAT) else {
            return Err(BuildError::DuplicateMessageCode(code));
        };
        let Entry::Vacant(code_slot) = self.codes.entry(TypeId::of::<T>()) else {
            return Err(BuildError::DuplicateMessageType(type_name::<T>()));
        };
        code_slot.insert(code);
        build_slot.insert(build::<T>);
        Ok(())
    }

    pub(super) fn code(&self, of: TypeId) -> Option<u32> {
        self.codes.get(&of).copied()
    }

    pub(super) fn build(&self, code: u32) -> Option<Build> {
        self.builds.get(&code).copied()
    }
}
