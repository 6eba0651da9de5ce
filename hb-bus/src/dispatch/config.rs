//! The dispatcher's limits and choices.
//!
//! Not here: time limits, which every call brings along.

/// How [`notify`](super::Dispatcher::notify) knows that the message has arrived.
///
/// The example of [`Config`] shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// The peer sends an [`Ack`](super::Class::Ack) with the message's key.
    #[default]
    Acknowledged,
    /// The transport sees to it: whatever it has taken and flushed counts as delivered.
    ByTransport,
}

/// Limits and choices, each with a default that fits UDP.
///
/// ```
/// use hb_bus::dispatch::{Config, Delivery};
///
/// // For WebSocket frames: one peer, and the carrier sees to delivery.
/// let config = Config::default().delivery(Delivery::ByTransport).send_queue(32).max_datagram(1 << 20);
/// assert_ne!(config, Config::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(super) receive_queue: usize,
    pub(super) send_queue: usize,
    pub(super) max_datagram: usize,
    pub(super) strict_peer: bool,
    pub(super) delivery: Delivery,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            receive_queue: 256,
            send_queue: 256,
            max_datagram: 65_535,
            strict_peer: false,
            delivery: Delivery::Acknowledged,
        }
    }
}

impl Config {
    /// How many messages wait for [`recv_from`](super::Dispatcher::recv_from); more are dropped and counted. Default
    /// 256, at least 1.
    #[must_use]
    pub fn receive_queue(mut self, messages: usize) -> Self {
        self.receive_queue = messages.max(1);
        self
    }

    /// How many datagrams wait for the transport; requests then wait for room, unreliable notifications are refused.
    /// Default 256, at least 1.
    #[must_use]
    pub fn send_queue(mut self, datagrams: usize) -> Self {
        self.send_queue = datagrams.max(1);
        self
    }

    /// The longest datagram in bytes, both ways. Default 65 535, which is what a UDP length field can say.
    #[must_use]
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.max_datagram = bytes;
        self
    }

    /// Whether a reply must come from where its request went. Keys are then each peer's own: two peers can be asked
    /// under one key. Default no, since a peer with several addresses may answer from another.
    #[must_use]
    pub fn strict_peer(mut self, strict: bool) -> Self {
        self.strict_peer = strict;
        self
    }

    /// What makes a notification reliable. Default [`Delivery::Acknowledged`].
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }
}
