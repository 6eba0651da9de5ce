//! How nodes find each other in a local network: [`Multicast`] as Grav does it, [`Mdns`] as printers do.
//!
//! Whoever can send there can claim to be a node, and is dialled: the nodes' names are no secret and prove nothing. So
//! use it only where every machine is trusted with the whole bus. Not here: how a node is reached
//! ([`frames`](super::frames), [`requests`](super::requests)).

mod mdns;
mod multicast;

pub use mdns::Mdns;
pub use multicast::{GROUP, Multicast};

/// Nodes that are followed at once.
const MOST: usize = 256;
/// Longest path that is followed.
const LONGEST_PATH: usize = 255;

/// Where others can reach this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The port.
    pub port: u16,
    /// The path, with its slash.
    pub path: String,
}

/// Whether this is a path and nothing else.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.len() <= LONGEST_PATH && text.bytes().all(|byte| byte.is_ascii_graphic())
}
