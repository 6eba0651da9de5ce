//! Who waits for which reply, and where a datagram that comes in belongs. What handles and driver share.
//!
//! Not here: the transport.

use std::hash::Hash;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::stats::Counters;
use super::{Adapter, Class, Config, Received};
use crate::pending::{ExpectError, Pending, Waiter};
use crate::runtime::Handle;

/// The address is part of the key only where it is checked.
pub(super) type PeerKey<K, A> = (K, Option<A>);

pub(super) struct Tables<D: Adapter, A> {
    pub(super) adapter: D,
    pub(super) runtime: Handle,
    pub(super) config: Config,
    pub(super) counters: Counters,
    pub(super) replies: Pending<PeerKey<D::Key, A>, D::Message>,
    pub(super) acks: Pending<PeerKey<D::Key, A>, ()>,
    /// Who wants to know whether the transport took a datagram, by a number that is never used twice.
    pub(super) sends: Pending<u64, io::Result<()>>,
    last_send: AtomicU64,
    pub(super) inbox: Mutex<mpsc::Receiver<Received<D::Message, A>>>,
    /// Somebody called `close`.
    pub(super) closing: CancellationToken,
    /// The deadline of that close is over.
    pub(super) abandoned: CancellationToken,
    /// The transport is dropped.
    pub(super) ended: CancellationToken,
}

impl<D: Adapter, A: Hash + Eq + Clone> Tables<D, A> {
    pub(super) fn new(
        adapter: D,
        runtime: Handle,
        config: Config,
        inbox: mpsc::Receiver<Received<D::Message, A>>,
    ) -> Self {
        Self {
            adapter,
            runtime,
            config,
            counters: Counters::default(),
            replies: Pending::new(),
            acks: Pending::new(),
            sends: Pending::new(),
            last_send: AtomicU64::new(0),
            inbox: Mutex::new(inbox),
            closing: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            ended: CancellationToken::new(),
        }
    }

    pub(super) fn peer_key(&self, message: &D::Message, peer: &A) -> PeerKey<D::Key, A> {
        (self.adapter.key(message), self.config.strict_peer.then(|| peer.clone()))
    }

    pub(super) fn expect_send(&self) -> Result<(u64, Waiter<u64, io::Result<()>>), ExpectError> {
        let number = self.last_send.fetch_add(1, Ordering::Relaxed);
        Ok((number, self.sends.expect(number)?))
    }

    /// Nobody waits any longer, nobody may begin to.
    pub(super) fn close(&self) {
        self.replies.close();
        self.acks.close();
        self.sends.close();
    }

    /// Hands a datagram to who waits for it, or else gives back the message for the inbox.
    pub(super) fn claim(&self, datagram: &[u8], source: A) -> Option<Received<D::Message, A>> {
        self.counters.received.add();
        if datagram.len() > self.config.max_datagram {
            self.counters.oversize.add();
            return None;
        }
        let Ok(message) = self.adapter.decode(datagram) else {
            self.counters.adapter_errors.add();
            return None;
        };
        let class = self.adapter.class(&message);
        let unclaimed = match class {
            Some(Class::Request | Class::Notification) => Some(message),
            Some(Class::Reply) => self.replies.fulfil(&self.peer_key(&message, &source), message).err(),
            Some(Class::Ack) => {
                let acked = self.acks.fulfil(&self.peer_key(&message, &source), ());
                acked.is_err().then_some(message)
            }
            None => {
                let key = self.peer_key(&message, &source);
                let unclaimed = self.replies.fulfil(&key, message).err();
                unclaimed.filter(|_| self.acks.fulfil(&key, ()).is_err())
            }
        }?;
        if matches!(class, Some(Class::Reply | Class::Ack)) {
            self.counters.unmatched.add();
            return None;
        }
        Some(Received { message: unclaimed, size: datagram.len(), source })
    }
}
