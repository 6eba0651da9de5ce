//! What goes out: to every peer, written once for each codec; or to one of them in its turn.
//!
//! Not here: the writing to connections.

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::session::Link;
use super::{Shared, lock};
use crate::bus::{Filter, Options, Received, Subscription};
use crate::link::Frame;
use crate::message::{Id, Message};
use crate::pending::Closed;
use crate::sync::Arc;

/// Why a message was sent to nobody.
///
/// ```
/// # use hb_bus::{bus::Bus, message::{Message, Topic}, runtime::Simulation};
/// use hb_bus::node::{Node, TunnelError};
///
/// let node = Node::builder(&Bus::new(Simulation::new(1).handle())).build();
/// let sent = node.tunnel("render", Message::new(Topic::DEFAULT, "a poster"));
/// assert_eq!(sent, Err(TunnelError::NoPeer));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TunnelError {
    /// No peer has said that it can do this.
    #[error("no peer can do this")]
    NoPeer,
    /// The node or its bus is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Shared {
    /// From now on, what is published here goes to the peers, until the token is cancelled.
    pub(super) fn open_outbox(self: &Arc<Self>) -> CancellationToken {
        let options = Options { queue: self.settings.queue, bridge: true, ..Filter::all().into() };
        let (mail, stop) = (self.pod.subscribe(options), self.stop.child_token());
        let (shared, until) = (Arc::clone(self), stop.clone());
        self.runtime().spawn(Box::pin(async move {
            if until.run_until_cancelled(shared.send_all(mail)).await.is_some() {
                // The bus is closed.
                shared.close();
            }
        }));
        stop
    }

    async fn send_all(&self, mut mail: Subscription) {
        loop {
            match mail.recv().await {
                Received::Message { message, .. } => self.send(&message),
                Received::Missed(count) => lock(&self.state).stats.lost += count,
                Received::Closed => return,
            }
        }
    }

    /// Puts a message into the queue of every peer.
    fn send(&self, message: &Message) {
        let mut state = lock(&self.state);
        let links: Vec<Arc<Link>> = state.peers.links().map(|(_, link)| Arc::clone(link)).collect();
        state.stats.sent += links.len() as u64;
        drop(state);
        // Few codecs: a list is as good as a table.
        let mut written: Vec<(&str, Bytes)> = Vec::new();
        for link in links {
            let form = link.codec.media_type();
            let known = written.iter().find(|(name, _)| *name == form).map(|(_, bytes)| bytes.clone());
            let bytes = known.unwrap_or_else(|| {
                let bytes = link.codec.encode(message);
                written.push((form, bytes.clone()));
                bytes
            });
            link.send(Frame::Message(bytes));
        }
    }

    pub(super) fn tunnel(&self, capability: &str, message: Message) -> Result<Id, TunnelError> {
        self.open()?;
        let message = self.bus.stamp(message)?;
        let mut state = lock(&self.state);
        let (name, link) = state.peers.next(capability).ok_or(TunnelError::NoPeer)?;
        let link = Arc::clone(link);
        state.stats.sent += 1;
        drop(state);
        link.send(Frame::Message(link.codec.encode(&message)));
        Ok(name)
    }
}
