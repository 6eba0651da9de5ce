//! How nodes find each other in a local network: [`Multicast`] as Grav does it, [`Mdns`] as printers do; and how a
//! server, which is no node, is found ([`Announcement`]).
//!
//! Whoever can send there can claim to be a node, and is dialled: the nodes' names are no secret and prove nothing. So
//! use it only where every machine is trusted with the whole bus. What a stranger there can cause at least: this machine
//! opens connections, 256 at most and again after each failure, and says `GET` with an `Upgrade` at any path without a
//! query; by mDNS at any address and port that this machine reaches, by multicast at any port of the sender's. This
//! machine's loopback is dialled only by who looks for others there; its other addresses are as good as any. Not here:
//! how a node is reached ([`frames`](super::frames), [`requests`](super::requests)).

use std::net::IpAddr;

mod mdns;
mod multicast;
mod server;

pub use mdns::Mdns;
pub use multicast::{GROUP, Multicast};
pub use server::{Announcement, Audience};

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

/// Where others are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// In the network: whoever speaks there shall not make this machine talk to itself.
    Network,
    /// On this machine.
    Loopback,
}

impl Reach {
    /// Of a place at this interface.
    fn of(interface: IpAddr) -> Self {
        if interface.is_loopback() { Self::Loopback } else { Self::Network }
    }

    /// Whether a node can be at this address.
    fn holds(self, address: IpAddr) -> bool {
        // An IPv4 address in IPv6 is what it stands for.
        let address = address.to_canonical();
        let nobody = match address {
            IpAddr::V4(address) => address.octets()[0] == 0 || address.is_broadcast(),
            IpAddr::V6(address) => address.is_unspecified(),
        };
        !nobody && !address.is_multicast() && (self == Self::Loopback || !address.is_loopback())
    }
}

/// Whether this is a path and nothing else: no query, no fragment.
fn is_path(text: &str) -> bool {
    let fits = text.starts_with('/') && text.len() <= LONGEST_PATH;
    fits && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_no_query_and_no_fragment() {
        let (longest, too_long) = (format!("/{}", "x".repeat(254)), format!("/{}", "x".repeat(255)));
        for good in ["/", "/meta/message", "/a%20b@c:1", &longest] {
            assert!(is_path(good), "{good}");
        }
        for bad in
            ["", "a", "/a b", "/é", "/\n", "/hb_ping?60000&appid=forged", "/?", "/#", "/a#b", &too_long]
        {
            assert!(!is_path(bad), "{bad}");
        }
    }

    #[test]
    fn nobody_in_the_network_is_found_on_loopback_or_nowhere() {
        for (address, in_network, on_loopback) in [
            ("10.0.0.3", true, true),
            ("169.254.1.1", true, true),
            ("fe80::1", true, true),
            ("127.0.0.1", false, true),
            ("127.8.8.8", false, true),
            ("::1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("0.0.0.0", false, false),
            ("0.0.0.1", false, false),
            ("::", false, false),
            ("::ffff:0.0.0.0", false, false),
            ("239.255.255.250", false, false),
            ("255.255.255.255", false, false),
            ("ff02::1", false, false),
        ] {
            let address = address.parse().unwrap();
            let holds = [Reach::Network, Reach::Loopback].map(|reach| reach.holds(address));
            assert_eq!(holds, [in_network, on_loopback], "{address}");
        }
        for (interface, reach) in [("127.0.0.1", Reach::Loopback), ("0.0.0.0", Reach::Network)] {
            assert_eq!(Reach::of(interface.parse().unwrap()), reach);
        }
    }
}
