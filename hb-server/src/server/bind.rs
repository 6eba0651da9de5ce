//! Where a server listens: names looked up, sockets bound, and why that was refused. Not here: which places were meant
//! (`config`), what is answered there (`http`).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::{TcpListener, lookup_host};

use crate::config::{Listen, Place};
use crate::store;
use crate::tls::{IdentityError, RootsError};

pub(super) mod passed;
pub(super) mod udp;

/// How often a port that the system chose for 127.0.0.1 may turn out to be taken on ::1.
const TRIES: usize = 16;

/// Why a server cannot listen. The text is whole: no error has a source that would be said twice.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else is there.
    #[error(
        "{0} is in use by another program (another `hb serve`?): stop that one, or choose another port, as with --listen {next}",
        next = next(.0)
    )]
    Taken(Place),
    /// An address of another machine, or of none.
    #[error(
        "cannot listen on {0}: this machine does not have that address: expected one of its own, 127.0.0.1 (for this machine only) or 0.0.0.0 (for its whole network)"
    )]
    Elsewhere(Place),
    /// A port, or an address, that this user may not have.
    #[error(
        "cannot listen on {0}: permission denied; ports below 1024 are often for root only: choose another, as with --listen 127.0.0.1:8888"
    )]
    Forbidden(Place),
    /// The system refuses otherwise.
    #[error("cannot listen on {place}: {reason}")]
    Refused {
        /// Where.
        place: Place,
        /// Why.
        reason: io::Error,
    },
    /// A name that cannot be looked up.
    #[error(
        "cannot listen on {place}: the name is not known here ({reason}): expected a name or an address of this machine, like 127.0.0.1:8888"
    )]
    NoSuchName {
        /// Where.
        place: Place,
        /// Why.
        reason: io::Error,
    },
    /// A name without addresses.
    #[error(
        "cannot listen on {0}: the name has no address: expected one of this machine, like 127.0.0.1:8888"
    )]
    Nowhere(Place),
    /// The memory of a newer hb, or none at all.
    #[error(transparent)]
    Memory(#[from] store::OpenError),
    /// Things that wait for each other.
    #[error(transparent)]
    Circle(#[from] hb_core::incident::Circle),
    /// The memory of another hb that runs.
    #[error(transparent)]
    Claimed(#[from] store::Claimed),
    /// No socket for UDP.
    #[error(
        "cannot take beats by UDP on {place}: {reason}: expected an address and a free port of this machine, as with --udp 127.0.0.1:8888"
    )]
    Udp {
        /// Where.
        place: String,
        /// Why.
        reason: io::Error,
    },
    /// A socket that was passed and cannot be used.
    #[error("cannot use a socket that the service manager passed: {0}")]
    Passed(io::Error),
    /// No certificate to show.
    #[error("cannot speak TLS: {0}")]
    Tls(IdentityError),
    /// Nobody whose certificates are believed.
    #[error("cannot beat by TLS: {0}")]
    Roots(RootsError),
    /// No link to NATS. That its server is away is no error: it is tried again.
    #[error("cannot speak NATS: {0}")]
    Nats(String),
}

/// Listens at every place, in order; a host without `::1` is not an error.
pub(super) async fn listen(listen: &Listen) -> Result<Vec<TcpListener>, BindError> {
    match listen {
        Listen::Loopback(port) => loopback(*port).await,
        Listen::Only(places) => {
            let mut listeners = Vec::new();
            for place in places {
                listeners.extend(at(place).await?);
            }
            Ok(listeners)
        }
    }
}

async fn at(place: &Place) -> Result<Vec<TcpListener>, BindError> {
    let addresses = match place {
        Place::Loopback(port) => return loopback(*port).await,
        Place::Address(address) => vec![*address],
        Place::Name(name, port) => look_up(place, name, *port).await?,
    };
    let mut listeners = Vec::new();
    for address in addresses {
        listeners.push(bind(address).await.map_err(|source| refused(place.clone(), source))?);
    }
    Ok(listeners)
}

/// 127.0.0.1 first, ::1 on the same port second.
async fn loopback(port: u16) -> Result<Vec<TcpListener>, BindError> {
    for _ in 0..TRIES {
        let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let first = bind(v4).await.map_err(|source| refused(Place::Address(v4), source))?;
        let chosen = first.local_addr().map_err(|source| refused(Place::Address(v4), source))?.port();
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, chosen));
        match bind(v6).await {
            Ok(second) => return Ok(vec![first, second]),
            // Chosen for one family only: choose again.
            Err(error) if port == 0 && error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(refused(Place::Address(v6), error));
            }
            Err(error) => {
                tracing::info!(%error, "not listening on [::1]:{chosen}");
                return Ok(vec![first]);
            }
        }
    }
    Err(BindError::Taken(Place::Address((Ipv6Addr::LOCALHOST, port).into())))
}

async fn look_up(place: &Place, name: &str, port: u16) -> Result<Vec<SocketAddr>, BindError> {
    let found = lookup_host((name, port)).await;
    let found = found.map_err(|reason| BindError::NoSuchName { place: place.clone(), reason })?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(|address| (matches!(address.ip(), IpAddr::V6(_)), address.ip()));
    addresses.dedup();
    if addresses.is_empty() { Err(BindError::Nowhere(place.clone())) } else { Ok(addresses) }
}

async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

fn refused(place: Place, reason: io::Error) -> BindError {
    match reason.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(place),
        io::ErrorKind::AddrNotAvailable => BindError::Elsewhere(place),
        io::ErrorKind::PermissionDenied => BindError::Forbidden(place),
        _ => BindError::Refused { place, reason },
    }
}

/// The same place, one port further.
fn next(place: &Place) -> Place {
    let further = |port: u16| port.checked_add(1).unwrap_or(8888);
    match place {
        Place::Address(address) => Place::Address((address.ip(), further(address.port())).into()),
        Place::Name(name, port) => Place::Name(name.clone(), further(*port)),
        Place::Loopback(port) => Place::Loopback(further(*port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_machine_may_stand_beside_other_places() {
        let both = Listen::Only(vec![Place::Loopback(0), Place::Address("127.0.0.1:0".parse().unwrap())]);
        let ports = |listeners: Vec<TcpListener>| -> Vec<_> {
            listeners.iter().map(|listener| listener.local_addr().unwrap()).collect()
        };
        let found = ports(listen(&both).await.unwrap());
        // Whether the host has ::1 is not ours to say.
        let v4: Vec<_> = found.iter().filter(|address| address.is_ipv4()).collect();
        assert_eq!(v4.len(), 2, "{found:?}");
        assert_ne!(v4[0].port(), v4[1].port());
    }

    #[test]
    fn each_refusal_says_what_to_do_and_says_it_once() {
        let place = Place::Address("127.0.0.1:80".parse().unwrap());
        let name = Place::Name("hall-3".into(), 65_535);
        let why = || io::Error::other("out of luck");
        for (error, text) in [
            (
                refused(place.clone(), io::ErrorKind::AddrInUse.into()),
                "127.0.0.1:80 is in use by another program (another `hb serve`?): stop that one, or choose another port, as with --listen 127.0.0.1:81",
            ),
            (
                refused(name.clone(), io::ErrorKind::AddrInUse.into()),
                "hall-3:65535 is in use by another program (another `hb serve`?): stop that one, or choose another port, as with --listen hall-3:8888",
            ),
            (
                refused(place.clone(), io::ErrorKind::PermissionDenied.into()),
                "cannot listen on 127.0.0.1:80: permission denied; ports below 1024 are often for root only: choose another, as with --listen 127.0.0.1:8888",
            ),
            (
                refused(place.clone(), io::ErrorKind::AddrNotAvailable.into()),
                "cannot listen on 127.0.0.1:80: this machine does not have that address: expected one of its own, 127.0.0.1 (for this machine only) or 0.0.0.0 (for its whole network)",
            ),
            (refused(place, why()), "cannot listen on 127.0.0.1:80: out of luck"),
            (
                BindError::Udp { place: "127.0.0.1:80".into(), reason: why() },
                "cannot take beats by UDP on 127.0.0.1:80: out of luck: expected an address and a free port of this machine, as with --udp 127.0.0.1:8888",
            ),
            (
                BindError::NoSuchName { place: name, reason: why() },
                "cannot listen on hall-3:65535: the name is not known here (out of luck): expected a name or an address of this machine, like 127.0.0.1:8888",
            ),
        ] {
            assert_eq!(error.to_string(), text);
            assert!(std::error::Error::source(&error).is_none(), "{text}");
        }
    }
}
