//! How a node learns of others.
//!
//! Not here: how it reaches them ([`crate::link`]).

use std::pin::Pin;

use futures_util::Stream;

use crate::message::Id;

/// Something learned about where other nodes are.
///
/// The example of [`Discovery`] shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// A node can be reached there. Told again, it changes nothing.
    Found {
        /// Where, as the node's transport understands it.
        endpoint: String,
        /// Who is there, if that is known: whoever else answers is refused.
        name: Option<Id>,
    },
    /// Nobody is there any more: it is not dialled again. A connection that exists is kept.
    Lost {
        /// What was found.
        endpoint: String,
    },
}

/// How a node learns of others. Implemented by closures from the node's own name to a stream too.
///
/// ```
/// use futures_util::stream;
/// use hb_bus::bus::Bus;
/// use hb_bus::message::Id;
/// use hb_bus::node::{Node, Sighting};
///
/// /// The nodes of a list; the first of them is ours.
/// fn listed(_own: Id) -> impl futures_util::Stream<Item = Sighting> {
///     let others = ["ws://10.0.0.2:4242", "ws://10.0.0.3:4242"];
///     stream::iter(others.map(|endpoint| Sighting::Found { endpoint: endpoint.into(), name: None }))
/// }
///
/// # let bus = Bus::new(hb_bus::runtime::Simulation::new(1).handle());
/// let node = Node::builder(&bus).discovery(listed).build();
/// # assert!(node.peers().is_empty(), "it has no transport to reach them");
/// ```
pub trait Discovery: Send + 'static {
    /// Announces `own`, where it does that, and tells what it sees. When the stream is dropped, it stops.
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>>;
}

impl<F, S> Discovery for F
where
    F: FnOnce(Id) -> S + Send + 'static,
    S: Stream<Item = Sighting> + Send + 'static,
{
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>> {
        Box::pin(self(own))
    }
}
