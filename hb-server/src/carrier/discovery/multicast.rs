//! Grav's announcement: a datagram to a multicast group every 10 s says who is there, at which port and path; where it
//! came from is the address.
//!
//! Not here: [`Mdns`](super::Mdns), which says goodbye too.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, stream};
use hb_bus::message::Id;
use hb_bus::node::{Discovery, Sighting};
use serde::{Deserialize, Serialize};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep};

use super::{Door, MOST, Reach, is_path};

/// The group and port of the library that Grav finds others with.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 9999);

/// How often a node announces itself.
const OFTEN: Duration = Duration::from_secs(10);
/// After three announcements that did not come, a node is gone.
const GONE: Duration = Duration::from_secs(35);
/// Nodes that one address may announce.
const PER_ADDRESS: usize = 8;
/// Longest announcement; a longer one is cut off and means nothing.
const LONGEST: usize = 1024;
/// Wait after an error of the socket.
const BREATHER: Duration = Duration::from_secs(1);

/// A place in a multicast group, to be given to [`Builder::discovery`](hb_bus::node::Builder::discovery).
#[derive(Debug)]
pub struct Multicast {
    socket: UdpSocket,
    group: SocketAddr,
    reach: Reach,
    door: Door,
}

impl Multicast {
    /// Joins `group` on the interface of this address (unspecified: the system chooses), and will announce `door`. Port
    /// 0 is one that the system chooses: see [`group`](Self::group). What comes from loopback is heard only there.
    ///
    /// # Errors
    /// The system's: no such interface, or no multicast there.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn join(group: SocketAddrV4, interface: Ipv4Addr, door: Door) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        // Several nodes of one machine hear the same group.
        socket.set_reuse_address(true)?;
        #[cfg(all(unix, not(target_os = "linux")))]
        socket.set_reuse_port(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, group.port())).into())?;
        socket.join_multicast_v4(group.ip(), &interface)?;
        socket.set_multicast_if_v4(&interface)?;
        socket.set_multicast_loop_v4(true)?;
        let socket = UdpSocket::from_std(socket.into())?;
        let group = SocketAddr::from((*group.ip(), socket.local_addr()?.port()));
        Ok(Self { socket, group, reach: Reach::of(interface.into()), door })
    }

    /// The group, with the port that the system chose.
    #[must_use]
    pub fn group(&self) -> SocketAddr {
        self.group
    }
}

impl Discovery for Multicast {
    fn sightings(self: Box<Self>, own: Id) -> Pin<Box<dyn Stream<Item = Sighting> + Send>> {
        let Self { socket, group, reach, door: Door { port, path } } = *self;
        let hello = Announcement { uuid: own.to_string(), port: Port::Text(port.to_string()), path };
        let hello = serde_json::to_vec(&hello).expect("text and nothing else has a form in JSON");
        let mut often = interval(OFTEN);
        often.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let watch =
            Watch { socket, group, reach, own, hello, often, seen: Seen::default(), told: VecDeque::new() };
        Box::pin(stream::unfold(watch, Watch::next))
    }
}

struct Watch {
    socket: UdpSocket,
    group: SocketAddr,
    reach: Reach,
    own: Id,
    hello: Vec<u8>,
    often: Interval,
    seen: Seen,
    told: VecDeque<Sighting>,
}

impl Watch {
    async fn next(mut self) -> Option<(Sighting, Self)> {
        let mut datagram = [0; LONGEST];
        loop {
            if let Some(sighting) = self.told.pop_front() {
                return Some((sighting, self));
            }
            tokio::select! {
                _ = self.often.tick() => {
                    if let Err(error) = self.socket.send_to(&self.hello, self.group).await {
                        tracing::debug!(%error, "cannot announce this node");
                    }
                    self.told.extend(self.seen.gone(Instant::now()));
                }
                received = self.socket.recv_from(&mut datagram) => match received {
                    Ok((length, from)) => {
                        let heard = Announcement::read(&datagram[..length], from.ip(), self.reach);
                        let other = heard.filter(|(name, _)| *name != self.own);
                        self.told.extend(other.and_then(|(name, endpoint)| {
                            self.seen.heard(Instant::now(), from.ip(), name, endpoint)
                        }));
                    }
                    Err(error) => {
                        tracing::debug!(%error, "cannot hear announcements");
                        sleep(BREATHER).await;
                    }
                },
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Announcement {
    uuid: String,
    port: Port,
    path: String,
}

/// Said as text, understood as a number too.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Port {
    Text(String),
    Number(u16),
}

impl Announcement {
    /// Who can be reached where; `None` for what is no announcement.
    fn read(datagram: &[u8], from: IpAddr, reach: Reach) -> Option<(Id, String)> {
        let Self { uuid, port, path } = serde_json::from_slice(datagram).ok()?;
        let name = uuid.parse().ok().filter(|name: &Id| !name.is_nil())?;
        let port = match port {
            Port::Text(text) => text.parse().ok()?,
            Port::Number(port) => port,
        };
        (port > 0 && is_path(&path) && reach.holds(from))
            .then(|| (name, format!("{}{path}", SocketAddr::new(from, port))))
    }
}

/// Who was heard, where and when. Pure: bounded, whatever comes.
#[derive(Debug, Default)]
struct Seen(BTreeMap<String, Known>);

#[derive(Debug)]
struct Known {
    name: Id,
    from: IpAddr,
    last: Instant,
}

impl Seen {
    /// News, if it is some.
    fn heard(&mut self, now: Instant, from: IpAddr, name: Id, endpoint: String) -> Option<Sighting> {
        match self.0.get_mut(&endpoint) {
            Some(known) => {
                known.last = now;
                if known.name == name {
                    return None;
                }
                known.name = name;
            }
            None => {
                let neighbours = self.0.values().filter(|known| known.from == from).count();
                if self.0.len() >= MOST || neighbours >= PER_ADDRESS {
                    return None;
                }
                self.0.insert(endpoint.clone(), Known { name, from, last: now });
            }
        }
        Some(Sighting::Found { endpoint, name: Some(name) })
    }

    /// Those that were not heard for long.
    fn gone(&mut self, now: Instant) -> Vec<Sighting> {
        let gone = self.0.extract_if(.., |_, known| now.duration_since(known.last) > GONE);
        gone.map(|(endpoint, _)| Sighting::Lost { endpoint }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALL: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 3));

    #[test]
    fn what_is_no_announcement_is_ignored() {
        let read_from = |text: &str, from: IpAddr, reach| {
            Announcement::read(text.as_bytes(), from, reach).map(|(_, endpoint)| endpoint)
        };
        let read = |text: &str| read_from(text, HALL, Reach::Network);
        let uuid = r#""uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8""#;
        for port in ["8080", "\"8080\""] {
            let said = format!(r#"{{{uuid},"port":{port},"path":"/meta/message","more":1}}"#);
            assert_eq!(read(&said).as_deref(), Some("10.0.0.3:8080/meta/message"));
        }
        for bad in [
            "",
            "{}",
            "\u{0}\u{1}",
            r#"{"uuid":"","port":"1","path":"/"}"#,
            r#"{"uuid":"00000000-0000-0000-0000-000000000000","port":"1","path":"/"}"#,
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        let long = format!("/{}", "x".repeat(255));
        for (port, path) in [
            ("0", "/"),
            ("70000", "/"),
            ("-1", "/"),
            ("1", ""),
            ("1", "@evil/"),
            ("1", "/a b"),
            ("1", "/hb_ping?1"),
            ("1", "/#"),
            ("1", &long),
        ] {
            assert_eq!(
                read(&format!(r#"{{{uuid},"port":"{port}","path":"{path}"}}"#)),
                None,
                "{port} {path}"
            );
        }
        let (good, here) = (format!(r#"{{{uuid},"port":"1","path":"/"}}"#), Ipv4Addr::LOCALHOST.into());
        assert_eq!(read_from(&good, here, Reach::Network), None);
        assert_eq!(read_from(&good, here, Reach::Loopback).as_deref(), Some("127.0.0.1:1/"));
    }

    #[tokio::test(start_paused = true)]
    async fn who_falls_silent_is_gone_and_nobody_fills_the_table() {
        let mut seen = Seen::default();
        let begun = Instant::now();
        let mut found = 0;
        for n in 0..10_000_u32 {
            let from = IpAddr::from(Ipv4Addr::from(n / 100));
            found += seen.heard(begun, from, Id::from_u128(7), n.to_string()).iter().count();
        }
        assert_eq!((found, seen.0.len()), (MOST, MOST));
        assert_eq!(seen.heard(begun + GONE, HALL, Id::from_u128(7), "0".into()), None, "known");
        let other = Some(Sighting::Found { endpoint: "0".into(), name: Some(Id::from_u128(8)) });
        assert_eq!(seen.heard(begun + GONE, HALL, Id::from_u128(8), "0".into()), other);
        assert_eq!(seen.gone(begun + GONE), []);
        assert_eq!(seen.gone(begun + GONE + OFTEN).len(), MOST - 1);
        assert_eq!(seen.gone(begun + 3 * GONE), [Sighting::Lost { endpoint: "0".into() }]);
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_is_nothing_or_a_place_to_dial(
            noise in proptest::collection::vec(proptest::num::u8::ANY, 0..LONGEST),
            port in "[0-9]{0,6}",
            path in "/?[ -~é]{0,20}",
        ) {
            let said = serde_json::json!({ "uuid": Id::from_u128(7).to_string(), "port": port, "path": path });
            for datagram in [noise, said.to_string().into_bytes()] {
                if let Some((name, endpoint)) = Announcement::read(&datagram, HALL, Reach::Network) {
                    assert!(!name.is_nil() && endpoint.starts_with("10.0.0.3:"), "{endpoint}");
                    assert!(endpoint.bytes().all(|byte| byte.is_ascii_graphic()), "{endpoint}");
                    assert!(!endpoint.contains(['?', '#']), "{endpoint}");
                }
            }
        }
    }
}
