//! mDNS: nodes are services `_hb._tcp`, whose records are kept as long as they say and withdrawn with a goodbye.
//!
//! Not here: [`Multicast`](super::Multicast), which Grav's nodes hear.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use futures_util::{Stream, stream};
use hb_bus::message::Id;
use hb_bus::node::{Discovery, Sighting};
use mdns_sd::{IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};

use super::{Door, MOST, is_path};

/// The type of service; an instance is called by the node's name.
const SERVICE: &str = "_hb._tcp.local.";
/// The property with the path.
const PATH: &str = "path";

/// A responder and a watch, to be given to [`Builder::discovery`](hb_bus::node::Builder::discovery). Runs a thread.
pub struct Mdns {
    daemon: ServiceDaemon,
    door: Door,
}

impl Mdns {
    /// On all interfaces; will announce `door`.
    ///
    /// # Errors
    /// The system has no socket or thread for it.
    pub fn open(door: Door) -> Result<Self, mdns_sd::Error> {
        Ok(Self { daemon: ServiceDaemon::new()?, door })
    }

    /// Only on loopback, and at another port than everybody's: for what shall find itself alone.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on_loopback(port: u16, door: Door) -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new_with_port(port)?;
        daemon.disable_interface(IfKind::All)?;
        daemon.enable_interface(IfKind::LoopbackV4)?;
        Ok(Self { daemon, door })
    }
}

impl Discovery for Mdns {
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>> {
        let Self { daemon, door } = *self;
        let announced = announce(&daemon, own, &door);
        let events = announced.and_then(|fullname| Ok((fullname, daemon.browse(SERVICE)?)));
        match events {
            Ok((fullname, events)) => {
                let watch = Watch { own, events, seen: HashMap::new(), _leave: Leave { daemon, fullname } };
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
    events: Receiver<ServiceEvent>,
    /// Endpoints by the full name of their service.
    seen: HashMap<String, String>,
    _leave: Leave,
}

impl Watch {
    async fn next(mut self) -> Option<(Sighting, Self)> {
        loop {
            let sighting = match self.events.recv_async().await.ok()? {
                ServiceEvent::ServiceResolved(service) => self.found(&service),
                ServiceEvent::ServiceRemoved(_, fullname) => {
                    self.seen.remove(&fullname).map(|endpoint| Sighting::Lost { endpoint })
                }
                _ => None,
            };
            if let Some(sighting) = sighting {
                return Some((sighting, self));
            }
        }
    }

    fn found(&mut self, service: &ResolvedService) -> Option<Sighting> {
        let (name, endpoint) = read(service).filter(|(name, _)| *name != self.own)?;
        if !self.seen.contains_key(&service.fullname) && self.seen.len() >= MOST {
            return None;
        }
        self.seen.insert(service.fullname.clone(), endpoint.clone());
        Some(Sighting::Found { endpoint, name: Some(name) })
    }
}

/// Who can be reached where; `None` for what is no node.
fn read(service: &ResolvedService) -> Option<(Id, String)> {
    let name = service.fullname.strip_suffix(SERVICE)?.trim_end_matches('.').parse().ok()?;
    let path = service.txt_properties.get_property_val_str(PATH).filter(|path| is_path(path))?;
    // The same one each time; IPv4 first, since an IPv6 address may be good on one interface only.
    let address = service.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr).min_by_key(|address| {
        let is_local = matches!(address, IpAddr::V6(address) if address.is_unicast_link_local());
        (is_local, address.is_ipv6(), *address)
    })?;
    (service.port > 0).then(|| (name, format!("{}{path}", SocketAddr::new(address, service.port))))
}
