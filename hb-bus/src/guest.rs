//! Guests: clients of a bus over a connection, such as pages. They say and hear what they were granted, and no more.
//!
//! A guest is no peer ([`crate::node`]): the host names its messages, it can answer only what it was sent, and what is
//! not granted is denied in words. Its end ([`Guest`]) keeps itself connected, subscribes again, and goes on where it
//! was: the machine of `hb_guest` in a task. Not here: sockets, and who is granted what.

use std::time::Duration;

use hb_guest::Input;

use crate::bus::Events;
use crate::link::Transport;
use crate::message::{Message, Topic};
use crate::pending::Closed;
use crate::runtime::Handle;
use crate::sync::{Arc, lock};

mod budget;
mod grant;
mod host;
mod keep;
mod subscription;
mod wire;

pub use budget::{Account, Allowance, Limits};
pub use grant::Grant;
pub use hb_guest::{OUTBOX, PATIENCE};
pub use host::{Departure, Host};
pub use subscription::{Heard, Subscription};

use keep::Shared;
use wire::Data;

/// Subscriptions of one guest at once.
pub const SUBSCRIPTIONS: usize = 32;
/// Topics of one subscription.
pub const TOPICS: usize = 32;
/// Requests of one guest that may be under way at once.
pub const REQUESTS: usize = 64;
/// Longest content that a guest publishes or asks with, bytes. An answer may be as long as a frame.
pub const LONGEST: usize = 64 * 1024;
/// Messages that a guest was sent lately and may answer.
pub const ANSWERABLE: usize = 256;
/// Messages that may wait at the host for one subscription of a guest: few, since a guest chooses how long they are.
pub const QUEUE: usize = 32;
/// Bytes that one guest may leave unread at the host, in all its subscriptions and replies together, before it loses the
/// oldest. One message more for each subscription is kept in any case, and one reply: so many guests that read nothing
/// hold so much memory each.
pub const UNREAD: usize = 1024 * 1024;
/// How long a host waits for the reply to a guest's request.
pub const ANSWER: Duration = Duration::from_secs(30);

/// The guest's end. A cheap handle: clones are the same guest, and when the last is gone it leaves.
///
/// ```
/// use hb_bus::bus::{Bus, Filter};
/// use hb_bus::guest::{Grant, Guest, Heard, Host};
/// use hb_bus::message::{Message, Topic};
/// use hb_bus::link::{Connection, memory};
/// use hb_bus::runtime::{Runtime, Simulation, Task};
///
/// const HALL: Topic = Topic::from_static("hall");
/// let world = Simulation::new(1);
/// let bus = Bus::new(world.handle());
/// // Whoever dials gets one end of a connection, the host the other.
/// let (host, served) = (Host::new(&bus, 1), world.clone());
/// let dial = move |_: &str| -> Task<std::io::Result<Connection>> {
///     let ((near, far), host) = (memory::pair(16), host.clone());
///     let everything = async |_who| Ok(Grant::new().hear("hall").publish("hall"));
///     served.spawn(Box::pin(async move { drop(host.serve(far, everything).await) }));
///     Box::pin(async { Ok(near) })
/// };
/// let guest = Guest::new(world.handle(), dial, "ws://hall.example", serde_json::json!("kiosk 7"));
/// let mut hear = guest.subscribe([HALL], false);
/// world.run(async {
///     assert_eq!(hear.recv().await, Heard::Connected { whole: false });
///     bus.publish(Message::new(HALL, "lights off"))?;
///     let Heard::Message { message, .. } = hear.recv().await else { panic!("no message") };
///     assert_eq!(message.data(), "lights off");
///     # Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Guest {
    shared: Arc<Shared>,
    _open: Arc<Open>,
}

/// Leaves when the last handle is gone; the task holds none.
struct Open(Arc<Shared>);

/// What happens to a guest's connection.
///
/// ```
/// # use hb_bus::{bus::Taken, guest::Guest, link::Connection, runtime::{Simulation, Task}};
/// use hb_bus::guest::Event;
///
/// # let world = Simulation::new(1);
/// let nobody = |_: &str| -> Task<std::io::Result<Connection>> {
///     Box::pin(async { Err(std::io::ErrorKind::ConnectionRefused.into()) })
/// };
/// let guest = Guest::new(world.handle(), nobody, "ws://hall.example", serde_json::json!("kiosk 7"));
/// let mut events = guest.events(16);
/// let Taken::Item(Event::Offline { again_in, .. }) = world.run(events.recv()) else { panic!("who is there?") };
/// assert!(!again_in.is_zero() && !guest.is_online(), "it tries again by itself");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is let in. Messages are numbered within this epoch.
    Online(String),
    /// It is not connected; it tries again after this long.
    Offline {
        /// Why, in words.
        reason: String,
        /// The wait before the next attempt.
        again_in: Duration,
    },
    /// It said something that it may not say; in the host's words.
    Denied(String),
}

/// Why there is no reply.
///
/// ```
/// # use hb_bus::{guest::Guest, link::Connection, runtime::{Simulation, Task}};
/// # use hb_bus::message::{Message, Topic};
/// use std::time::Duration;
/// use hb_bus::guest::RequestError;
///
/// # let world = Simulation::new(1);
/// # let nobody = |_: &str| -> Task<std::io::Result<Connection>> { Box::pin(std::future::pending()) };
/// # let guest = Guest::new(world.handle(), nobody, "ws://hall.example", serde_json::json!("kiosk 7"));
/// let asked = Message::new(Topic::DEFAULT, "are you there?");
/// let reply = world.run(guest.request(&asked, Duration::from_secs(5)));
/// assert_eq!(reply, Err(RequestError::Offline), "not connected in all that time: it was never asked");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// None came in the time given.
    #[error("no reply in the time given")]
    Timeout,
    /// The guest is not connected, or no more: whether it was done is not known.
    #[error("not connected")]
    Offline,
    /// The host says why not.
    #[error("{0}")]
    Failed(String),
    /// The guest has left.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Guest {
    /// A guest that connects to `endpoint` and keeps itself connected, and says that it is `who`.
    #[must_use]
    pub fn new(
        runtime: Handle,
        transport: impl Transport,
        endpoint: impl Into<String>,
        who: serde_json::Value,
    ) -> Self {
        let shared = Arc::new(Shared::new(runtime));
        let keeper = Arc::clone(&shared);
        let endpoint = endpoint.into();
        shared.runtime.spawn(Box::pin(async move { keeper.keep(&transport, &endpoint, &who).await }));
        Self { _open: Arc::new(Open(Arc::clone(&shared))), shared }
    }

    /// Sends a message to the host; an answer is about what was asked, whatever its own topic. Without a connection it waits for one, at most [`OUTBOX`] of them. Never blocks.
    ///
    /// # Errors
    /// [`Closed`] after [`leave`](Self::leave).
    pub fn publish(&self, message: &Message) -> Result<(), Closed> {
        self.shared.open()?;
        let data = Data::of(message.data());
        self.shared.input(match message.reply_to() {
            None => Input::Publish { topic: message.topic().to_string(), data },
            Some(to) => Input::Answer { to: to.to_string(), data },
        });
        Ok(())
    }

    /// Subscribes to these topics from now on, and before that to what can be replayed if asked for. It stays
    /// subscribed over connections lost and found again.
    pub fn subscribe(&self, topics: impl IntoIterator<Item = Topic>, replay: bool) -> Subscription {
        let topics = topics.into_iter().map(|topic| topic.to_string()).collect();
        let (nr, queue) = self.shared.subscribe(topics, replay);
        Subscription::new(Arc::downgrade(&self.shared), nr, queue)
    }

    /// Asks, and waits for the reply, at most for `patience`.
    ///
    /// # Errors
    /// [`RequestError`]
    pub async fn request(&self, message: &Message, patience: Duration) -> Result<Message, RequestError> {
        let (topic, data) = (message.topic().to_string(), Data::of(message.data()));
        let nr = lock(&self.shared.state).next();
        let waiter = self.shared.replies.expect(nr).map_err(|_| Closed)?;
        let _done = keep::Done { shared: &self.shared, nr };
        self.shared.input(Input::Request { nr, topic, data, patience });
        waiter.await?
    }

    /// What happens to the connection from now on.
    #[must_use]
    pub fn events(&self, capacity: usize) -> Events<Event> {
        self.shared.events.listen(capacity)
    }

    /// Whether it is connected.
    #[must_use]
    pub fn is_online(&self) -> bool {
        lock(&self.shared.state).machine.is_online()
    }

    /// Closes the connection for good: subscriptions end, and who waits for a reply is told.
    pub fn leave(&self) {
        self.shared.leave();
    }
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guest").field("online", &self.is_online()).finish_non_exhaustive()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.leave();
    }
}

#[cfg(test)]
mod tests;
