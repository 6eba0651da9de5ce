//! A server that says where it is: mDNS's `_hb._tcp` with the property `role=server`, which nodes pass over.
//!
//! Told is what whoever looks for the dashboard needs: a name, the port, the version, and the addresses that listen. Not here:
//! nodes that look for each other ([`Mdns`](super::Mdns)).

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use super::mdns::{ROLE, SERVER, SERVICE, on_loopback};

/// A label holds 63 bytes; the port and what tells two of one name apart stand behind the name.
const LONGEST_NAME: usize = 48;

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The local network, on every interface but loopback.
    Network,
    /// This machine only, at this port instead of everybody's: for what shall be found by its own tests alone.
    Loopback(u16),
}

/// Stands until it is closed or dropped. Runs a thread.
pub struct Announcement {
    daemon: ServiceDaemon,
    names: Vec<String>,
}

impl Announcement {
    /// Says that a server listens at `addrs`, under the name of this `host`; `None` where it listens at none that
    /// the audience could reach.
    ///
    /// # Errors
    /// The system has no socket or thread for it.
    pub fn open(
        audience: Audience,
        host: &str,
        addrs: &[SocketAddr],
    ) -> Result<Option<Self>, mdns_sd::Error> {
        let doors = doors(audience, addrs);
        if doors.is_empty() {
            return Ok(None);
        }
        let daemon = match audience {
            Audience::Network => {
                let daemon = ServiceDaemon::new()?;
                daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
                daemon
            }
            Audience::Loopback(port) => on_loopback(port)?,
        };
        let mut announced = Self { daemon, names: Vec::new() };
        for (port, place) in doors {
            let service = service(&label(host, port), port, &place)?;
            announced.names.push(service.get_fullname().to_owned());
            announced.daemon.register(service)?;
        }
        Ok(Some(announced))
    }

    /// The full names of the services, one for each port.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Says goodbye, and waits until that was said, at most for `limit`.
    pub async fn close(self, limit: Duration) {
        // A daemon that is gone says nothing any more.
        if let Ok(ended) = self.daemon.shutdown() {
            let _ = tokio::time::timeout(limit, ended.recv_async()).await;
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // It says goodbye before it ends; one that ended already says nothing.
        let _ = self.daemon.shutdown();
    }
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement").field("names", &self.names).finish_non_exhaustive()
    }
}

/// At which addresses one port is open.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// All of both families, or of IPv4.
    Any { v6: bool },
    /// These.
    At(Vec<IpAddr>),
}

/// What the audience can reach.
fn doors(audience: Audience, addrs: &[SocketAddr]) -> BTreeMap<u16, Place> {
    let mut doors = BTreeMap::new();
    for addr in addrs {
        let ip = addr.ip().to_canonical();
        let heard = match audience {
            Audience::Network => !ip.is_loopback(),
            Audience::Loopback(_) => ip.is_ipv4() && ip.is_loopback(),
        };
        if !heard {
            continue;
        }
        match (doors.entry(addr.port()).or_insert_with(|| Place::At(Vec::new())), ip.is_unspecified()) {
            (Place::Any { v6 }, true) => *v6 |= ip.is_ipv6(),
            (Place::Any { .. }, false) => {}
            (place @ Place::At(_), true) => *place = Place::Any { v6: ip.is_ipv6() },
            (Place::At(known), false) => known.push(ip),
        }
    }
    doors
}

/// The name of one server among those of this network; two that are alike are told apart by mDNS itself.
fn label(host: &str, port: u16) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = host.chars().map(plain).take(LONGEST_NAME).collect();
    match name.trim_matches('-') {
        "" => format!("hb-{port}"),
        name => format!("{name}-{port}"),
    }
}

fn service(label: &str, port: u16, place: &Place) -> Result<ServiceInfo, mdns_sd::Error> {
    let addresses: &[IpAddr] = match place {
        Place::At(addresses) => addresses,
        Place::Any { .. } => &[],
    };
    let properties = &[(ROLE, SERVER), ("version", env!("CARGO_PKG_VERSION"))][..];
    let host = format!("{label}.local.");
    let mut service = ServiceInfo::new(SERVICE, label, &host, addresses, port, properties)?;
    if let Place::Any { v6 } = place {
        service = service.enable_addr_auto();
        if !v6 {
            service.set_interfaces(vec![IfKind::IPv4]);
        }
    }
    Ok(service)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(audience: Audience, addrs: &[&str]) -> Vec<(u16, Place)> {
        let addrs: Vec<SocketAddr> = addrs.iter().map(|addr| addr.parse().unwrap()).collect();
        doors(audience, &addrs).into_iter().collect()
    }

    fn at(port: u16, addresses: &[&str]) -> (u16, Place) {
        (port, Place::At(addresses.iter().map(|address| address.parse().unwrap()).collect()))
    }

    #[test]
    fn only_what_the_audience_can_reach_is_told() {
        let network = |addrs: &[&str]| reached(Audience::Network, addrs);
        assert_eq!(network(&["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.1]:1"]), []);
        assert_eq!(network(&["127.0.0.1:1", "10.0.0.5:1"]), [at(1, &["10.0.0.5"])]);
        assert_eq!(
            network(&["10.0.0.5:1", "10.0.0.6:2", "[fd00::1]:1"]),
            [at(1, &["10.0.0.5", "fd00::1"]), at(2, &["10.0.0.6"])]
        );
        assert_eq!(network(&["0.0.0.0:1", "10.0.0.5:1"]), [(1, Place::Any { v6: false })]);
        assert_eq!(network(&["10.0.0.5:1", "0.0.0.0:1", "[::]:1"]), [(1, Place::Any { v6: true })]);
        let here = |addrs: &[&str]| reached(Audience::Loopback(5), addrs);
        assert_eq!(here(&["127.0.0.1:1", "[::1]:1", "10.0.0.5:1"]), [at(1, &["127.0.0.1"])]);
    }

    #[test]
    fn a_name_is_one_label_whatever_the_host_is_called() {
        for (host, expected) in [
            ("hall-3", "hall-3-8888"),
            ("hall 3.museum.example", "hall-3-museum-example-8888"),
            ("10.0.0.7", "10-0-0-7-8888"),
            ("fd00::1", "fd00--1-8888"),
            ("", "hb-8888"),
            ("–", "hb-8888"),
        ] {
            assert_eq!(label(host, 8888), expected, "{host}");
        }
        assert!(label(&"x".repeat(500), 65_535).len() <= 63 - " (99)".len());
    }
}
