//! How a node is made.
//!
//! Not here: what it does.

use tokio_util::sync::CancellationToken;

use super::dials::Dials;
use super::discovery::Discovery;
use super::peers::Peers;
use super::{MOST_PEERS, Node, Open, QUEUE, Shared, State, Stats};
use crate::bus::{Bus, Feed};
use crate::link::Transport;
use crate::message::{Id, Ids};
use crate::runtime::Handle;
use crate::sync::{Arc, Mutex};

/// What a node is told once.
pub(super) struct Settings {
    pub(super) name: Id,
    pub(super) runtime: Handle,
    pub(super) transport: Option<Arc<dyn Transport>>,
    pub(super) capabilities: Vec<String>,
    pub(super) most: usize,
    pub(super) queue: usize,
}

/// Makes a [`Node`]; begun by [`Node::builder`].
///
/// ```
/// use hb_bus::bus::Bus;
/// use hb_bus::message::Id;
/// use hb_bus::node::Node;
///
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let node = Node::builder(&bus)
///     .name("67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?)
///     .capability("render") // told to peers, for their `tunnel`
///     .max_peers(8)
///     .queue(64)
///     .build();
/// assert_eq!((node.name().to_string().len(), node.peers().len()), (36, 0));
/// # Ok::<(), hb_bus::message::InvalidId>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    bus: Bus,
    settings: Settings,
    discovery: Option<Box<dyn Discovery>>,
}

impl Builder {
    pub(super) fn new(bus: &Bus) -> Self {
        let runtime = bus.runtime();
        let settings = Settings {
            name: Ids::new(runtime.random()).draw(),
            runtime,
            transport: None,
            capabilities: Vec::new(),
            most: MOST_PEERS,
            queue: QUEUE,
        };
        Self { bus: bus.clone(), settings, discovery: None }
    }

    /// The name that others know it by; drawn anew for each node by default. Two nodes of one name do not meet.
    pub fn name(mut self, name: Id) -> Self {
        self.settings.name = name;
        self
    }

    /// How it reaches others. Without one it can only be reached.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.settings.transport = Some(Arc::new(transport));
        self
    }

    /// How it learns of others, which it then keeps connected.
    pub fn discovery(mut self, discovery: impl Discovery) -> Self {
        self.discovery = Some(Box::new(discovery));
        self
    }

    /// Something it can do, told to its peers: see [`Node::tunnel`]. Up to 64 are heard.
    pub fn capability(mut self, capability: impl Into<String>) -> Self {
        self.settings.capabilities.push(capability.into());
        self
    }

    /// How many peers it may have; [`MOST_PEERS`] by default.
    pub fn max_peers(mut self, most: usize) -> Self {
        self.settings.most = most;
        self
    }

    /// How many messages may wait for one peer, at least one; [`QUEUE`] by default.
    pub fn queue(mut self, queue: usize) -> Self {
        self.settings.queue = queue;
        self
    }

    /// The node. It looks for others from now on, if it was told how.
    #[must_use]
    pub fn build(self) -> Node {
        let Self { bus, settings, discovery } = self;
        let state = State {
            peers: Peers::new(settings.name, settings.most),
            dials: Dials::new(settings.most),
            outbox: None,
            stats: Stats::default(),
        };
        let (runtime, name) = (Arc::clone(&settings.runtime), settings.name);
        let shared = Arc::new(Shared {
            settings,
            pod: bus.pod(),
            bus,
            state: Mutex::new(state),
            events: Feed::new(),
            changed: tokio::sync::Notify::new(),
            stop: CancellationToken::new(),
        });
        if let Some(discovery) = discovery {
            let sightings = discovery.sightings(name);
            runtime.spawn(Box::pin(Arc::clone(&shared).look(sightings)));
            runtime.spawn(Box::pin(Arc::clone(&shared).scout()));
        }
        Node { _open: Arc::new(Open(Arc::clone(&shared))), shared }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Settings { name, capabilities, most, queue, .. } = &self.settings;
        let mut shown = f.debug_struct("Builder");
        shown.field("name", name).field("capabilities", capabilities);
        shown.field("max_peers", most).field("queue", queue).finish_non_exhaustive()
    }
}
