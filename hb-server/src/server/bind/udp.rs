//! The sockets for beats by UDP. Not here: those of HTTP.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{UdpSocket, lookup_host};

use super::{BindError, TRIES};
use crate::config::{Listen, Place, Udp};

/// Opens a socket at every place; `http` is where HTTP listens. A host without `::1` is not an error.
pub(in crate::server) async fn open(udp: &Udp, http: &[SocketAddr]) -> Result<Vec<UdpSocket>, BindError> {
    match udp {
        Udp::Beside => each(http.iter().copied()).await,
        Udp::At(Listen::Loopback(port)) => loopback(*port).await,
        Udp::At(Listen::Only(places)) => {
            let mut sockets = Vec::new();
            for place in places {
                sockets.extend(at(place).await?);
            }
            Ok(sockets)
        }
    }
}

async fn at(place: &Place) -> Result<Vec<UdpSocket>, BindError> {
    let (name, port) = match place {
        Place::Loopback(port) => return loopback(*port).await,
        Place::Address(address) => return Ok(vec![bind(*address).await?]),
        Place::Name(name, port) => (name.as_str(), *port),
    };
    let found = lookup_host((name, port)).await;
    each(found.map_err(|reason| BindError::Udp { place: place.to_string(), reason })?).await
}

async fn each(addresses: impl Iterator<Item = SocketAddr>) -> Result<Vec<UdpSocket>, BindError> {
    let mut sockets = Vec::new();
    for address in addresses {
        sockets.push(bind(address).await?);
    }
    Ok(sockets)
}

/// 127.0.0.1 first, ::1 on the same port second.
async fn loopback(port: u16) -> Result<Vec<UdpSocket>, BindError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let first = bind((Ipv4Addr::LOCALHOST, port).into()).await?;
        let chosen = first.local_addr().map_or(port, |address| address.port());
        match bind((Ipv6Addr::LOCALHOST, chosen).into()).await {
            Ok(second) => return Ok(vec![first, second]),
            Err(BindError::Udp { reason, .. }) if reason.kind() != io::ErrorKind::AddrInUse => {
                tracing::info!(error = %reason, "no UDP on [::1]:{chosen}");
                return Ok(vec![first]);
            }
            // Chosen for one family only: choose again.
            Err(_) if port == 0 && tries < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

async fn bind(address: SocketAddr) -> Result<UdpSocket, BindError> {
    let bound = UdpSocket::bind(address).await;
    bound.map_err(|reason| BindError::Udp { place: address.to_string(), reason })
}
