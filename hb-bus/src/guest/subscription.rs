//! What a guest hears of one subscription.
//!
//! Not here: how it comes.

use std::future::poll_fn;
use std::sync::Weak;

use super::keep::Shared;
use crate::bus::{Queue, Taken};
use crate::message::Message;
use crate::sync::Arc;

/// What a guest's [`Subscription`] hands out.
///
/// The example of [`Guest`](super::Guest) shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The next message.
    Message {
        /// Its place in the order of the host's bus.
        seq: u64,
        /// What was published; to be answered by its id.
        message: Message,
    },
    /// The subscription stands, anew after each connection. `whole`: nothing is missing since the last message, which
    /// the first time cannot be said.
    Connected {
        /// Whether it goes on where it was.
        whole: bool,
    },
    /// The guest was too slow: so many messages that belong here are lost to it.
    Missed(u64),
    /// The host refuses this subscription, in its words. It is tried again with the next connection.
    Refused(String),
    /// The guest has left.
    Closed,
}

/// One subscription of a [`Guest`](super::Guest). Dropping it unsubscribes.
///
/// ```
/// # use hb_bus::{guest::{Guest, Heard}, link::Connection, runtime::{Simulation, Task}};
/// use hb_bus::message::Topic;
///
/// # let world = Simulation::new(1);
/// # let nobody = |_: &str| -> Task<std::io::Result<Connection>> { Box::pin(std::future::pending()) };
/// # let guest = Guest::new(world.handle(), nobody, "ws://hall.example", serde_json::json!("kiosk 7"));
/// let mut hear = guest.subscribe([Topic::from_static("hall")], true);
/// assert_eq!(hear.try_recv(), None, "not connected yet");
/// guest.leave();
/// assert_eq!(world.run(hear.recv()), Heard::Closed);
/// ```
#[must_use = "dropping a subscription unsubscribes"]
pub struct Subscription {
    guest: Weak<Shared>,
    nr: u32,
    queue: Arc<Queue<Heard>>,
}

impl Subscription {
    pub(super) fn new(guest: Weak<Shared>, nr: u32, queue: Arc<Queue<Heard>>) -> Self {
        Self { guest, nr, queue }
    }

    /// Waits for what comes next. Cancelling loses nothing.
    pub async fn recv(&mut self) -> Heard {
        poll_fn(|cx| self.queue.poll(cx)).await.into()
    }

    /// What comes next, if it is there already.
    pub fn try_recv(&mut self) -> Option<Heard> {
        self.queue.take().map(Heard::from)
    }
}

impl From<Taken<Self>> for Heard {
    fn from(taken: Taken<Self>) -> Self {
        match taken {
            Taken::Item(heard) => heard,
            Taken::Missed(count) => Self::Missed(count),
            Taken::Closed => Self::Closed,
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("nr", &self.nr).finish_non_exhaustive()
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(guest) = self.guest.upgrade() else { return };
        guest.unsubscribe(self.nr);
    }
}
