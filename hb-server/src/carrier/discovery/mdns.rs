//! mDNS: nodes are services `_hb._tcp`, whose records are kept as long as they say and withdrawn with a goodbye.
//!
//! Not here: [`Multicast`](super::Multicast), which Grav's nodes hear.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use futures_util::{Stream, stream};
use hb_bus::message::Id;
use hb_bus::node::{Discovery, Sighting};
use mdns_sd::{IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};

use super::{Door, MOST, Reach, is_path};

/// The type of service; an instance is called by the node's name.
pub(super) const SERVICE: &str = "_hb._tcp.local.";
/// The property with the path.
const PATH: &str = "path";
/// The property that says who is none.
pub(super) const ROLE: &str = "role";
/// A server of heartbeats: no node.
pub(super) const SERVER: &str = "server";

/// A responder and a watch, to be given to [`Builder::discovery`](hb_bus::node::Builder::discovery). Runs a thread.
pub struct Mdns {
    daemon: ServiceDaemon,
    reach: Reach,
    door: Door,
}

impl Mdns {
    /// On all interfaces; will announce `door`. Who claims to be at a loopback address is not found.
    ///
    /// # Errors
    /// The system has no socket or thread for it.
    pub fn open(door: Door) -> Result<Self, mdns_sd::Error> {
        Ok(Self { daemon: ServiceDaemon::new()?, reach: Reach::Network, door })
    }

    /// Only on loopback, and at another port than everybody's: for what shall find itself alone.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on_loopback(port: u16, door: Door) -> Result<Self, mdns_sd::Error> {
        Ok(Self { daemon: on_loopback(port)?, reach: Reach::Loopback, door })
    }
}

/// A daemon that speaks and hears on loopback alone, at this port.
pub(super) fn on_loopback(port: u16) -> Result<ServiceDaemon, mdns_sd::Error> {
    let daemon = ServiceDaemon::new_with_port(port)?;
    daemon.disable_interface(IfKind::All)?;
    daemon.enable_interface(IfKind::LoopbackV4)?;
    Ok(daemon)
}

impl Discovery for Mdns {
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>> {
        let Self { daemon, reach, door } = *self;
        let announced = announce(&daemon, own, &door);
        let events = announced.and_then(|fullname| Ok((fullname, daemon.browse(SERVICE)?)));
        match events {
            Ok((fullname, events)) => {
                let (seen, told, leave) = (Seen::default(), VecDeque::new(), Leave { daemon, fullname });
                let watch = Watch { own, reach, events, seen, told, _leave: leave };
                Box::pin(stream::unfold(watch, Watch::next))
            }
            Err(error) => {
                tracing::warn!(%error, "no discovery by mDNS");
                Box::pin(stream::empty())
            }
        }
    }
}

impl fmt::Debug for Mdns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mdns").field("door", &self.door).finish_non_exhaustive()
    }
}

/// The full name of the service.
fn announce(daemon: &ServiceDaemon, own: Id, door: &Door) -> Result<String, mdns_sd::Error> {
    let (name, host) = (own.to_string(), format!("{own}.local."));
    let service = ServiceInfo::new(SERVICE, &name, &host, "", door.port, &[(PATH, door.path.as_str())][..])?;
    let service = service.enable_addr_auto();
    let fullname = service.get_fullname().to_owned();
    daemon.register(service)?;
    Ok(fullname)
}

/// Says goodbye when the watch is over.
struct Leave {
    daemon: ServiceDaemon,
    fullname: String,
}

impl Drop for Leave {
    fn drop(&mut self) {
        // A daemon that is gone says nothing any more; it says goodbye before it ends.
        let _ = self.daemon.unregister(&self.fullname);
        let _ = self.daemon.shutdown();
    }
}

struct Watch {
    own: Id,
    reach: Reach,
    events: Receiver<ServiceEvent>,
    seen: Seen,
    told: VecDeque<Sighting>,
    _leave: Leave,
}

impl Watch {
    async fn next(mut self) -> Option<(Sighting, Self)> {
        loop {
            if let Some(sighting) = self.told.pop_front() {
                return Some((sighting, self));
            }
            let (fullname, place) = match self.events.recv_async().await.ok()? {
                ServiceEvent::ServiceResolved(service) => {
                    let place = read(&service, self.reach).filter(|(name, _)| *name != self.own);
                    (service.fullname, place)
                }
                ServiceEvent::ServiceRemoved(_, fullname) => (fullname, None),
                _ => continue,
            };
            self.told.extend(self.seen.heard(fullname, place));
        }
    }
}

/// Which service is where, by its full name. Pure: bounded, whatever comes.
#[derive(Debug, Default)]
struct Seen(HashMap<String, (Id, String)>);

impl Seen {
    /// News, if it is some: where the service is not any more, then where it is.
    fn heard(&mut self, service: String, place: Option<(Id, String)>) -> Vec<Sighting> {
        if self.0.get(&service) == place.as_ref() {
            return Vec::new();
        }
        let left = self.0.remove(&service).map(|(_, endpoint)| self.left(endpoint));
        let place = place.filter(|_| self.0.len() < MOST);
        let found = place.map(|(name, endpoint)| {
            self.0.insert(service, (name, endpoint.clone()));
            Sighting::Found { endpoint, name: Some(name) }
        });
        left.into_iter().chain(found).collect()
    }

    /// It is lost, unless another service is there too.
    fn left(&self, endpoint: String) -> Sighting {
        match self.0.values().find(|(_, other)| *other == endpoint) {
            Some((name, _)) => Sighting::Found { endpoint, name: Some(*name) },
            None => Sighting::Lost { endpoint },
        }
    }
}

/// Who can be reached where; `None` for what is no node.
fn read(service: &ResolvedService, reach: Reach) -> Option<(Id, String)> {
    if service.txt_properties.get_property_val_str(ROLE) == Some(SERVER) {
        return None;
    }
    let name = service.fullname.strip_suffix(SERVICE)?.trim_end_matches('.').parse().ok()?;
    let path = service.txt_properties.get_property_val_str(PATH).filter(|path| is_path(path))?;
    // The same one each time; IPv4 first, since an IPv6 address may be good on one interface only.
    let addresses = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr);
    let address = addresses.filter(|address| reach.holds(*address)).min_by_key(|address| {
        let is_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        (is_local, address.is_ipv6(), *address)
    })?;
    (service.port > 0).then(|| (name, format!("{}{path}", SocketAddr::new(address, service.port))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Id = Id::from_u128(7);
    const OTHER: Id = Id::from_u128(8);

    fn at(name: Id, endpoint: &str) -> Option<(Id, String)> {
        Some((name, endpoint.to_owned()))
    }

    fn found(name: Id, endpoint: &str) -> Sighting {
        Sighting::Found { endpoint: endpoint.to_owned(), name: Some(name) }
    }

    fn lost(endpoint: &str) -> Sighting {
        Sighting::Lost { endpoint: endpoint.to_owned() }
    }

    /// A service as it is resolved.
    fn service(path: &str, address: &str, port: u16) -> ResolvedService {
        let (name, host) = (ONE.to_string(), format!("{ONE}.local."));
        let properties = &[(PATH, path)][..];
        ServiceInfo::new(SERVICE, &name, &host, address, port, properties).unwrap().as_resolved_service()
    }

    #[test]
    fn what_is_no_node_is_ignored() {
        let read = |service: &ResolvedService| read(service, Reach::Network);
        assert_eq!(read(&service("/a", "10.0.0.3", 80)), at(ONE, "10.0.0.3:80/a"));
        assert_eq!(read(&service("/a", "fe80::1,10.0.0.4,fd00::1,10.0.0.3", 80)), at(ONE, "10.0.0.3:80/a"));
        for (path, port) in [
            ("", 80),
            ("a", 80),
            ("@evil/", 80),
            ("/a b", 80),
            ("/hb_ping?1", 80),
            ("/#", 80),
            ("/é", 80),
            ("/", 0),
        ] {
            assert_eq!(read(&service(path, "10.0.0.3", port)), None, "{path} {port}");
        }
        assert_eq!(read(&service("/", "", 80)), None);
        let mut server = service("/a", "10.0.0.3", 80);
        let properties = &[(PATH, "/a"), (ROLE, SERVER)][..];
        let said = ServiceInfo::new(SERVICE, "x", "x.local.", "10.0.0.3", 80, properties).unwrap();
        server.txt_properties = said.as_resolved_service().txt_properties;
        assert_eq!(read(&server), None, "a server of heartbeats");
        let mut nobody = service("/", "10.0.0.3", 80);
        nobody.fullname = format!("printer.{SERVICE}");
        assert_eq!(read(&nobody), None);
    }

    #[test]
    fn who_is_looked_for_in_the_network_is_not_on_loopback() {
        let read = |addresses: &str, reach| read(&service("/", addresses, 80), reach);
        for nowhere in ["127.0.0.1", "::1", "0.0.0.0", "239.255.255.250"] {
            assert_eq!(read(nowhere, Reach::Network), None, "{nowhere}");
            let with_another = format!("{nowhere},200.0.0.3");
            assert_eq!(read(&with_another, Reach::Network), at(ONE, "200.0.0.3:80/"), "{nowhere}");
        }
        assert_eq!(read("127.0.0.1", Reach::Loopback), at(ONE, "127.0.0.1:80/"));
        assert_eq!(read("0.0.0.0", Reach::Loopback), None);
    }

    #[test]
    fn nobody_fills_the_table_and_who_is_in_it_may_move() {
        let mut seen = Seen::default();
        let mut news = 0;
        for n in 0..10_000 {
            news += seen.heard(n.to_string(), at(ONE, &n.to_string())).len();
        }
        assert_eq!((news, seen.0.len()), (MOST, MOST));
        assert_eq!(seen.heard("0".into(), at(ONE, "there")), [lost("0"), found(ONE, "there")]);
        assert_eq!(seen.heard("0".into(), at(ONE, "there")), [], "known");
        assert_eq!(seen.heard("9999".into(), at(ONE, "9999")), [], "no room");
        assert_eq!(seen.heard("9999".into(), None), [], "never told");
        assert_eq!(seen.heard("0".into(), None), [lost("there")]);
        assert_eq!(seen.heard("9999".into(), at(ONE, "9999")), [found(ONE, "9999")]);
    }

    #[test]
    fn where_two_are_nobody_is_lost_until_both_left() {
        let mut seen = Seen::default();
        assert_eq!(seen.heard("a".into(), at(ONE, "here")), [found(ONE, "here")]);
        assert_eq!(seen.heard("b".into(), at(OTHER, "here")), [found(OTHER, "here")]);
        assert_eq!(seen.heard("b".into(), None), [found(ONE, "here")]);
        assert_eq!(seen.heard("a".into(), None), [lost("here")]);
    }
}
