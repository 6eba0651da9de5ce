//! What this server tells over NATS, and lets be said: what happens goes out only, topics of screens that were named go
//! both ways.
//!
//! Not here: the connection and the form of messages (`carrier::nats`).

use hb_bus::bus::Filter;
use hb_bus::node::Node;

use crate::carrier::nats::{Config, Link};
use crate::engine::Engine;

use super::BindError;

/// Both buses' bridges, until it is closed or dropped.
#[derive(Debug)]
pub(super) struct Desk {
    link: Link,
    nodes: [Node; 2],
}

impl Desk {
    /// From here on whatever happens is told, or waits for the other server.
    pub(super) async fn open(Config { address, topics }: Config, engine: &Engine) -> Result<Self, BindError> {
        let nodes = [engine.bus(), engine.screens()].map(|bus| Node::builder(bus).build());
        let link = Link::open(address).await.map_err(|error| BindError::Nats(error.to_string()))?;
        let [happenings, screens] = &nodes;
        happenings.bridge(Filter::all(), link.outward());
        if !topics.is_empty() {
            let both = link.both(topics.clone()).await;
            let both = both.map_err(|error| BindError::Nats(error.to_string()))?;
            screens.bridge(Filter::only(topics), both);
        }
        Ok(Self { link, nodes })
    }

    /// What was said so far leaves.
    pub(super) async fn close(self) {
        let lost = self.link.lost();
        if lost > 0 {
            tracing::warn!(lost, "NATS: messages that could not wait or were too long");
        }
        self.nodes.iter().for_each(Node::close);
        self.link.close().await;
    }
}
