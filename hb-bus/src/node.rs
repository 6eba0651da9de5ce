//! A node: a bus and its peers. What is published on one bus reaches the others, one hop, each once.
//!
//! Nodes find each other by a [`Discovery`] and meet over a [`Transport`](crate::link::Transport), both the user's; what they say is Grav's
//! handshake and Grav's envelope (messaging.md 2), so its nodes are peers too. Whoever is let in is trusted with the
//! whole bus. Not here: sockets, and links of pages, which are clients and no peers.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{Sink, Stream};

use crate::bus::{Bus, Events, Feed, Filter, Pod};
use crate::link::Connection;
use crate::message::{Id, Message};
use crate::pending::Closed;
use crate::runtime::{Elapsed, Handle, timeout};
use crate::sync::{Arc, Mutex, lock};

mod builder;
mod control;
mod dials;
mod discovery;
mod meeting;
mod outbox;
mod peers;
mod scout;
mod session;

pub use builder::Builder;
pub use discovery::{Discovery, Sighting};
pub use meeting::MeetError;
pub use outbox::TunnelError;
pub use peers::Refusal;
pub use session::Ending;

use builder::Settings;
use control::Control;
use dials::Dials;
use peers::Peers;
use session::Link;

/// Peers at once, by default.
pub const MOST_PEERS: usize = 256;
/// Messages that may wait for one peer, by default. When another comes, the oldest is lost.
pub const QUEUE: usize = 1024;
/// How long a handshake may take, and how long a peer may take nothing of what it is sent.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How long [`Node::leave`] waits for the others.
pub const FAREWELL: Duration = Duration::from_secs(3);

/// A bus and its peers. A cheap handle: clones are the same node, and when the last is gone it is closed.
///
/// ```
/// use hb_bus::bus::{Bus, Filter};
/// use hb_bus::message::{Message, Topic};
/// use hb_bus::link::memory;
/// use hb_bus::node::Node;
/// use hb_bus::runtime::Simulation;
///
/// const NEWS: Topic = Topic::from_static("news");
/// let world = Simulation::new(1);
/// let (here, there) = (Bus::new(world.handle()), Bus::new(world.handle()));
/// let (one, other) = (Node::builder(&here).build(), Node::builder(&there).build());
/// let (near, far) = memory::pair(16);
/// world.run(async {
///     let (met, _) = futures_util::future::join(one.meet(near), other.accept(far)).await;
///     assert_eq!(met?, other.name());
///     let mut hear = there.subscribe(Filter::only([NEWS]));
///     here.publish(Message::new(NEWS, "we are open"))?;
///     let (_, message) = hear.recv().await.message().expect("it was published");
///     assert_eq!(message.data(), "we are open");
///     # Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Node {
    shared: Arc<Shared>,
    _open: Arc<Open>,
}

/// Closes the node when its last handle is gone; its tasks hold none.
struct Open(Arc<Shared>);

/// What the handles and the tasks share. Lock order: this state, then whatever the bus locks.
struct Shared {
    settings: Settings,
    bus: Bus,
    /// Everything from outside is published by this one participant, and everything to the outside is what it hears:
    /// so nothing that came from outside leaves again.
    pod: Pod,
    state: Mutex<State>,
    events: Feed<Event>,
    /// Something is to be dialled earlier than was thought.
    changed: tokio::sync::Notify,
    stop: tokio_util::sync::CancellationToken,
}

struct State {
    peers: Peers<Arc<Link>>,
    dials: Dials,
    /// Ends the task that sends to the peers: there is one as long as there are any.
    outbox: Option<tokio_util::sync::CancellationToken>,
    stats: Stats,
}

/// Something happened to a node.
///
/// ```
/// # use hb_bus::bus::{Bus, Taken};
/// # use hb_bus::link::memory;
/// use hb_bus::node::{Ending, Event, Node};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let node = || Node::builder(&Bus::new(world.handle())).build();
/// # let (one, other, (near, far)) = (node(), node(), memory::pair(8));
/// # world.run(async {
/// # futures_util::future::join(one.meet(near), other.accept(far)).await.0.expect("they meet");
/// let mut events = one.events(16);
/// other.close();
/// assert_eq!(events.recv().await, Taken::Item(Event::Left(other.name(), Ending::Remote)));
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A peer is connected.
    Joined(Id),
    /// A peer is connected no more.
    Left(Id, Ending),
    /// Somebody who was found could not be met; it is tried again.
    NotMet {
        /// Where.
        endpoint: String,
        /// Why not, in words.
        reason: String,
    },
    /// A bridge is down.
    BridgeEnded(Ending),
}

/// What a node has done so far.
///
/// ```
/// # use hb_bus::{bus::{Bus, Filter}, link::memory, message::{Message, Topic}, node::Node};
/// # let world = hb_bus::runtime::Simulation::new(1);
/// # let node = || Node::builder(&Bus::new(world.handle())).build();
/// # let (one, other, (near, far)) = (node(), node(), memory::pair(8));
/// # world.run(async {
/// # futures_util::future::join(one.meet(near), other.accept(far)).await.0.expect("they meet");
/// # let mut hears = other.bus().subscribe(Filter::all());
/// one.bus().publish(Message::new(Topic::DEFAULT, "hello"))?;
/// # hears.recv().await;
/// assert_eq!((one.stats().sent, other.stats().received, one.stats().lost), (1, 1, 0));
/// # Ok::<(), hb_bus::pending::Closed>(()) })?;
/// # Ok::<(), hb_bus::pending::Closed>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages that came from peers and bridges.
    pub received: u64,
    /// Of these, those in no form that is known: they were published raw, as [`Topic::DEFAULT`](crate::message::Topic::DEFAULT).
    pub raw: u64,
    /// Messages put into the queues of peers.
    pub sent: u64,
    /// Of these, those that a peer was too slow for; and those that were published too fast for all of them.
    pub lost: u64,
}

impl Node {
    /// How to make a node of this bus.
    pub fn builder(bus: &Bus) -> Builder {
        Builder::new(bus)
    }

    /// The name that others know this node by.
    #[must_use]
    pub fn name(&self) -> Id {
        self.shared.settings.name
    }

    /// The bus it is made of.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.shared.bus
    }

    /// The peers that are connected, by name.
    #[must_use]
    pub fn peers(&self) -> Vec<Id> {
        lock(&self.shared.state).peers.links().map(|(name, _)| name).collect()
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        lock(&self.shared.state).stats
    }

    /// What happens to it from now on. Who leaves more than `capacity` events waiting is told how many were lost.
    #[must_use]
    pub fn events(&self, capacity: usize) -> Events<Event> {
        self.shared.events.listen(capacity)
    }

    /// Connects to a node, once, over the transport.
    ///
    /// # Errors
    /// [`MeetError`]; `TransportNotConfigured` if the node was built without one.
    pub async fn connect(&self, endpoint: &str) -> Result<Id, MeetError> {
        self.shared.dial(endpoint, None).await
    }

    /// Meets a node over a connection that we opened: speaks first.
    ///
    /// # Errors
    /// [`MeetError`]
    pub async fn meet(&self, connection: Connection) -> Result<Id, MeetError> {
        self.shared.speak(connection, None).await
    }

    /// Meets a node over a connection that it opened: listens first.
    ///
    /// # Errors
    /// [`MeetError`]; the connection is closed.
    pub async fn accept(&self, connection: Connection) -> Result<Id, MeetError> {
        self.shared.listen(connection).await
    }

    /// Joins this bus to something that is no node: what is published here and passes `filter` goes there, what comes
    /// from there is published here. Neither goes on to peers or to other bridges. Whatever is on the other side must
    /// not send back what it was sent.
    pub fn bridge<T, E>(&self, filter: Filter, other: T)
    where
        T: Sink<Message, Error = E> + Stream<Item = Result<Message, E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        self.shared.bridge(filter, other);
    }

    /// Sends a message to one peer only, of those that can do this, each in its turn. Nobody here gets it. Returns
    /// whom it was sent to.
    ///
    /// # Errors
    /// [`TunnelError`]: nobody can do this, or the node is closed.
    pub fn tunnel(&self, capability: &str, message: Message) -> Result<Id, TunnelError> {
        self.shared.tunnel(capability, message)
    }

    /// Tells all peers that they shall send nothing more here by turns, waits until they have heard it, at most for
    /// [`FAREWELL`], and closes.
    ///
    /// # Errors
    /// [`Elapsed`] if not all answered. The node is closed all the same.
    pub async fn leave(&self) -> Result<(), Elapsed> {
        let links: Vec<_> =
            lock(&self.shared.state).peers.links().map(|(_, link)| Arc::clone(link)).collect();
        for link in &links {
            link.send(Control::Farewell { heard: false }.frame());
        }
        let heard = join_all(links.iter().map(|link| link.farewell_heard()));
        let heard = timeout(&**self.shared.runtime(), Some(FAREWELL), heard).await;
        self.close();
        heard.map(drop)
    }

    /// Ends all connections, after what waits for them has been sent. The bus goes on.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("name", &self.name()).field("peers", &self.peers()).finish()
    }
}

impl Shared {
    fn runtime(&self) -> &Handle {
        &self.settings.runtime
    }

    fn close(&self) {
        self.stop.cancel();
        let state = lock(&self.state);
        state.peers.links().for_each(|(_, link)| link.shut());
    }

    fn open(&self) -> Result<(), Closed> {
        if self.stop.is_cancelled() { Err(Closed) } else { Ok(()) }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests;
