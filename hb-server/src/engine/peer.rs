//! Who is asking, and which host a beat therefore speaks for (spec/liveness.md 1, spec/hilbert.md 2).
//!
//! A name may be declared only by those who are believed: loopback always, the network when configured. Nobody else
//! can speak for another host: their address is their name. Not here: parsing of requests.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::key::Keys;

/// The far end of a connection, or whom a trusted proxy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    address: IpAddr,
    host: Box<str>,
}

impl Peer {
    /// The peer at `address`. All forms of one address are one host: `::ffff:a.b.c.d` is `a.b.c.d`, and every loopback
    /// address is `127.0.0.1`.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        let address = match address.to_canonical() {
            address if address.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            address => address,
        };
        Self { address, host: address.to_string().into() }
    }

    /// The host that this peer is by its address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it runs on this machine.
    #[must_use]
    pub const fn is_loopback(&self) -> bool {
        self.address.is_loopback()
    }

    /// The address that limits are counted for: one machine can take any address of its IPv6 network, so those count
    /// as one.
    #[must_use]
    pub const fn origin(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        }
    }
}

/// Whose words about hosts and addresses are believed.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Whether `host=` is accepted from the network. Default: no; from loopback it always is.
    pub declared_hosts: bool,
    /// Proxies whose `X-Forwarded-For` is believed. Default: none.
    pub proxies: Vec<Network>,
    /// Apps that need a key. Default: none.
    pub keys: Keys,
}

impl Trust {
    /// The host that a beat of `peer` speaks for when it declares `declared`. A declaration that is not believed is
    /// ignored, not refused: the beat is as good as any other.
    #[must_use]
    pub fn host<'a>(&self, peer: &'a Peer, declared: Option<&'a str>) -> &'a str {
        match declared {
            Some(declared) if peer.is_loopback() => declared,
            // Whoever is from elsewhere is not from here: what is done about apps of this machine is done on it.
            Some(declared) if self.declared_hosts && !is_loopback(declared) => declared,
            _ => peer.host(),
        }
    }

    /// The peer behind a trusted proxy: the last address of the `X-Forwarded-For` lines that no trusted proxy added.
    /// `None` when `direct` is the peer itself.
    #[must_use]
    pub fn forwarded<'a>(
        &self,
        direct: &Peer,
        lines: impl DoubleEndedIterator<Item = &'a str>,
    ) -> Option<Peer> {
        if !self.is_proxy(direct.address) {
            return None;
        }
        let mut hops = lines.rev().flat_map(|line| line.rsplit(','));
        hops.find_map(|hop| match hop_address(hop.trim()) {
            Some(address) if self.is_proxy(address.to_canonical()) => None,
            // A hop that is no address was not written by a proxy worth trusting: nobody before it is believed.
            address => Some(address.map(Peer::new)),
        })
        .flatten()
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        // All loopback addresses are one host, so one of them in the list stands for all.
        let both_loopback = |network: &Network| address.is_loopback() && network.address.is_loopback();
        self.proxies.iter().any(|network| network.contains(address) || both_loopback(network))
    }
}

/// Whether a host is called as this machine calls itself, in any form of that address.
pub(crate) fn is_loopback(host: &str) -> bool {
    host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

/// `a.b.c.d`, `a.b.c.d:port`, `v6`, `[v6]` or `[v6]:port`.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bracketed = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let bare = bracketed.unwrap_or(hop);
    bare.parse().ok().or_else(|| bare.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

/// An address or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether `address` lies inside.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(one)) => {
                let shift = 32 - u32::from(self.prefix);
                (u64::from(net.to_bits()) >> shift) == (u64::from(one.to_bits()) >> shift)
            }
            (IpAddr::V6(net), IpAddr::V6(one)) => {
                let shift = 128 - u32::from(self.prefix);
                net.to_bits().checked_shr(shift) == one.to_bits().checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address: expected one like 10.0.0.1, fd00::1 or 10.0.0.0/8")]
pub struct InvalidNetwork(Box<str>);

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(text.into());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| invalid())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(invalid()) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Peer {
        Peer::new(address.parse().unwrap())
    }

    #[test]
    fn all_forms_of_an_address_are_one_host() {
        let cases = [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.3.2.1", "127.0.0.1", true),
            ("::1", "127.0.0.1", true),
            ("::ffff:127.0.0.1", "127.0.0.1", true),
            ("::ffff:10.1.2.3", "10.1.2.3", false),
            ("10.1.2.3", "10.1.2.3", false),
            ("FD00::A", "fd00::a", false),
        ];
        for (address, host, loopback) in cases {
            let peer = peer(address);
            assert_eq!((peer.host(), peer.is_loopback()), (host, loopback), "{address}");
        }
        assert_eq!(peer("fd00::1").origin(), peer("fd00::2").origin());
        assert_ne!(peer("fd00::1").origin(), peer("fd00:0:0:1::1").origin());
    }

    #[test]
    fn a_host_is_declared_only_by_those_who_are_believed() {
        let believing = Trust { declared_hosts: true, ..Trust::default() };
        let cases = [
            (Trust::default(), "127.0.0.1", Some("kiosk"), "kiosk"),
            (Trust::default(), "127.0.0.1", None, "127.0.0.1"),
            (Trust::default(), "10.0.0.9", Some("kiosk"), "10.0.0.9"),
            (believing.clone(), "10.0.0.9", Some("kiosk"), "kiosk"),
            (believing.clone(), "10.0.0.9", Some("127.0.0.1"), "10.0.0.9"),
            (believing.clone(), "10.0.0.9", Some("::ffff:127.3.2.1"), "10.0.0.9"),
            (believing.clone(), "10.0.0.9", Some("::1"), "10.0.0.9"),
            (believing, "127.0.0.1", Some("127.0.0.1"), "127.0.0.1"),
        ];
        for (trust, address, declared, host) in cases {
            assert_eq!(trust.host(&peer(address), declared), host, "{address} {declared:?}");
        }
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        let trust = Trust {
            proxies: vec!["10.0.0.0/24".parse().unwrap(), "::1".parse().unwrap()],
            ..Trust::default()
        };
        let cases: &[(&str, &[&str], Option<&str>)] = &[
            ("10.0.0.7", &["192.168.1.5"], Some("192.168.1.5")),
            ("10.0.0.7", &["6.6.6.6, 192.168.1.5, 10.0.0.8"], Some("192.168.1.5")),
            ("10.0.0.7", &["6.6.6.6", "192.168.1.5"], Some("192.168.1.5")),
            ("10.0.0.7", &["192.168.1.5, ::ffff:10.0.0.8"], Some("192.168.1.5")),
            ("10.0.0.7", &["[fd00::5]:1234"], Some("fd00::5")),
            ("10.0.0.7", &["192.168.1.5:99"], Some("192.168.1.5")),
            ("10.0.0.7", &["127.0.0.1"], None),
            ("10.0.0.7", &["6.6.6.6, unknown"], None),
            ("10.0.0.7", &[], None),
            ("10.0.1.7", &["192.168.1.5"], None),
            ("127.0.0.1", &["192.168.1.5"], Some("192.168.1.5")),
        ];
        for (direct, lines, expected) in cases {
            let forwarded = trust.forwarded(&peer(direct), lines.iter().copied());
            assert_eq!(forwarded, expected.map(peer), "{direct} {lines:?}");
        }
    }

    #[test]
    fn networks_are_checked_at_the_door() {
        for good in ["0.0.0.0/0", "::/0", "10.0.0.1", "10.0.0.0/8", "fd00::/8"] {
            assert!(good.parse::<Network>().is_ok(), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "::/129", "kiosk", "10.0.0.0/", "10.0.0.0/-1"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
        let everyone: Network = "0.0.0.0/0".parse().unwrap();
        assert!(everyone.contains("8.8.8.8".parse().unwrap()) && !everyone.contains("::1".parse().unwrap()));
        let all_v6: Network = "::/0".parse().unwrap();
        assert!(all_v6.contains("fd00::1".parse().unwrap()));
    }
}
