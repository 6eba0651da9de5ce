//! Saying in the local network where this server is, where `discovery` asks for it. Not here: what is said, and how
//! (`carrier::discovery`).

use std::net::SocketAddr;

use crate::carrier::discovery::{Announcement, Audience};

/// Says it until the announcement is closed. That it cannot be said ends no server: a warning tells of it.
pub(super) fn announce(audience: Audience, host: Option<&str>, addrs: &[SocketAddr]) -> Option<Announcement> {
    let host = host.map_or_else(machine, str::to_owned);
    match Announcement::open(audience, &host, addrs) {
        Ok(Some(announced)) => {
            tracing::info!("announced by mDNS as {}", announced.names().join(" and "));
            Some(announced)
        }
        Ok(None) => {
            tracing::warn!(
                "discovery: not announced, since only this machine reaches this server: listen on the network, as with --listen 0.0.0.0:8888"
            );
            None
        }
        Err(error) => {
            tracing::warn!("discovery: not announced by mDNS: {error}");
            None
        }
    }
}

/// What this machine calls itself.
fn machine() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::time::Duration;

    use futures_util::StreamExt;
    use hb_bus::message::Id;
    use hb_bus::node::{Discovery, Sighting};
    use mdns_sd::{IfKind, ServiceDaemon, ServiceEvent};
    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;
    use crate::Server;
    use crate::carrier::discovery::{Door, Mdns};
    use crate::config::{Config, Listen};
    use crate::engine::clock::Clock;

    const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
    /// Only turns a hang into a failure.
    const SOON: Duration = Duration::from_secs(20);

    async fn next(events: &mdns_sd::Receiver<ServiceEvent>) -> ServiceEvent {
        timeout(SOON, events.recv_async()).await.expect("an event in time").unwrap()
    }

    #[tokio::test]
    async fn whoever_browses_finds_a_server_that_is_no_node_and_hears_its_goodbye() {
        let port = UdpSocket::bind((HERE, 0)).unwrap().local_addr().unwrap().port();
        let browser = ServiceDaemon::new_with_port(port).unwrap();
        browser.disable_interface(IfKind::All).unwrap();
        browser.enable_interface(IfKind::LoopbackV4).unwrap();
        let events = browser.browse("_hb._tcp.local.").unwrap();
        let watch = Mdns::open_on_loopback(port, Door { port: 1, path: "/".into() }).unwrap();
        let mut nodes = Box::new(watch).sightings(Id::from_u128(1));

        let config = Config {
            listen: Listen::Loopback(0),
            discovery: Some(Audience::Loopback(port)),
            host: Some("hall 3".into()),
            ..Config::default()
        };
        let server = Server::bind_with(config, Clock::manual().0).await.unwrap();
        let listens = server.addrs()[0];
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async move { drop(stopped.await) }));

        let name = format!("hall-3-{}._hb._tcp.local.", listens.port());
        let found = loop {
            match next(&events).await {
                ServiceEvent::ServiceResolved(found) if found.fullname == name => break found,
                _ => {}
            }
        };
        assert_eq!(found.port, listens.port());
        assert_eq!(found.addresses.iter().map(mdns_sd::ScopedIp::to_ip_addr).collect::<Vec<_>>(), [HERE]);
        let said = |key| found.txt_properties.get_property_val_str(key);
        assert_eq!((said("role"), said("version")), (Some("server"), Some(env!("CARGO_PKG_VERSION"))));

        // A node that comes later is the first that nodes find.
        let node = Mdns::open_on_loopback(port, Door { port: 2, path: "/".into() }).unwrap();
        let mut node = Box::new(node).sightings(Id::from_u128(2));
        let (first, _) = timeout(SOON, futures_util::future::join(nodes.next(), node.next())).await.unwrap();
        let endpoint = "127.0.0.1:2/".to_owned();
        assert_eq!(first, Some(Sighting::Found { endpoint, name: Some(Id::from_u128(2)) }));

        drop(stop);
        timeout(SOON, running).await.unwrap().unwrap().unwrap();
        loop {
            match next(&events).await {
                ServiceEvent::ServiceRemoved(_, gone) if gone == name => break,
                _ => {}
            }
        }
        browser.shutdown().unwrap();
    }

    #[tokio::test]
    async fn a_server_that_nobody_could_reach_is_not_announced() {
        assert!(announce(Audience::Network, None, &[(HERE, 8888).into()]).is_none());
        #[cfg(unix)]
        assert!(!machine().is_empty());
    }
}
