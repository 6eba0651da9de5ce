//! A message that asks, and the one reply to it.

use std::time::Duration;

use super::limit;
use crate::message::{Id, Message};
use crate::pending::{Closed, DuplicateKey, ExpectError, Waiter};
use crate::runtime::{Elapsed, Handle, timeout};

/// Why nothing was asked.
///
/// ```
/// # use hb_bus::bus::{Bus, RequestError};
/// # use hb_bus::message::{Message, Topic};
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let asked = bus.request(Message::new(Topic::DEFAULT, "anybody there?"));
/// assert_eq!(asked.unwrap_err(), RequestError::NoSubscribers, "said at once, not by time-out");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Nobody could answer: nobody else is subscribed to this.
    #[error("nobody is listening")]
    NoSubscribers,
    /// The very same message was published as a request before and has no reply yet.
    #[error(transparent)]
    Duplicate(#[from] DuplicateKey),
    /// The bus or the pod is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl From<ExpectError> for RequestError {
    fn from(error: ExpectError) -> Self {
        match error {
            ExpectError::DuplicateKey(error) => Self::Duplicate(error),
            ExpectError::Closed(error) => Self::Closed(error),
        }
    }
}

/// Why there is no reply.
///
/// ```
/// # use std::time::Duration;
/// # use hb_bus::bus::{Bus, Filter, ReplyError};
/// # use hb_bus::message::{Message, Topic};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let bus = Bus::new(world.handle());
/// let _listens_and_says_nothing = bus.subscribe(Filter::all());
/// let asked = bus.request(Message::new(Topic::DEFAULT, "well?"))?;
/// assert_eq!(world.run(asked.reply(Some(Duration::from_secs(1)))), Err(ReplyError::Timeout));
/// # Ok::<(), hb_bus::bus::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// None came in the time given.
    #[error("no reply in the time given")]
    Timeout,
    /// The bus was closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// A request under way. The reply is kept from the moment it was asked, so it cannot come too soon. Dropping it gives
/// up: a reply that comes later is nobody's.
///
/// ```
/// # use hb_bus::bus::{Bus, Filter};
/// # use hb_bus::message::{Message, Topic};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let (client, server) = { let bus = Bus::new(world.handle()); (bus.pod(), bus.pod()) };
/// let mut asked = server.subscribe(Filter::all());
/// let receipt = client.request(Message::new(Topic::DEFAULT, "what time is it?"))?;
/// let (_, question) = world.run(asked.recv()).message().expect("it was asked");
/// assert_eq!(question.id(), receipt.id());
/// server.publish(Message::new(Topic::DEFAULT, "noon").in_reply_to(&question))?;
/// assert_eq!(world.run(receipt.reply(None))?.data(), "noon");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping it gives the reply up"]
pub struct Receipt {
    id: Id,
    waiter: Waiter<Id, Message>,
    runtime: Handle,
}

impl Receipt {
    pub(super) fn new(id: Id, waiter: Waiter<Id, Message>, runtime: Handle) -> Self {
        Self { id, waiter, runtime }
    }

    /// The id of the request.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Waits for the reply, at most for `patience`; `None` and zero are no limit.
    ///
    /// # Errors
    /// [`ReplyError`]: the time was over, or the bus closed.
    pub async fn reply(self, patience: Option<Duration>) -> Result<Message, ReplyError> {
        let waited = timeout(&*self.runtime, limit(patience), self.waiter).await;
        Ok(waited.map_err(|Elapsed| ReplyError::Timeout)??)
    }
}

impl std::fmt::Debug for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Receipt").field(&self.id).finish()
    }
}
