//! Is the place free where the server is to listen, or does it listen there, or who else?
//!
//! Not here: how the owner of a port is found (`owner`).

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use hb_server::config::{Listen, Place};

use super::finding::Finding;
use super::ground::Ground;
use super::owner::{self, Owner};

const CHECK: &str = "port";

/// A place to listen, and how it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    place: String,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// Somebody listens there; who, as far as this account may know.
    Taken(Vec<Owner>),
    /// Nobody could listen there.
    Refused(String),
    /// Needs leave that this account has not; the server's may have it.
    NotAllowed,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let Ok(config) = &ground.config else { return Vec::new() };
    let answers = ground.health.is_ok();
    let asked = asked(&ground.address);
    let of_port = |place: &str| place.rsplit_once(':').map(|(_, port)| port.to_owned());
    let was_asked = |facts: &Facts| of_port(&facts.place) == of_port(&asked);
    let places = places(&config.listen, &asked);
    places.iter().map(|facts| judge(facts, answers, was_asked(facts))).collect()
}

/// `answers`: the server that was asked does; `was_asked`: it was asked at this port.
fn judge(Facts { place, state }: &Facts, answers: bool, was_asked: bool) -> Finding {
    let names = |owners: &[Owner]| {
        let names: Vec<String> = owners.iter().map(ToString::to_string).collect();
        format!("{} {}", names.join(" and "), if names.len() == 1 { "listens" } else { "listen" })
    };
    match state {
        State::Free if answers => {
            Finding::fine(CHECK, format!("{place} is free: the server was told to listen elsewhere"))
        }
        State::Free => Finding::fine(CHECK, format!("{place} is free")),
        State::Taken(owners) if owners.iter().any(|owner| !owner.is_ours()) => Finding::wrong(
            CHECK,
            format!("{} on {place}", names(owners)),
            "stop that program, or let hb listen elsewhere: hb serve --listen PORT, and HB_URL for the pages",
        ),
        State::Taken(owners) if !answers && !was_asked => {
            let who = if owners.is_empty() { "somebody listens".into() } else { names(owners) };
            Finding::doubt(
                CHECK,
                format!("{who} on {place}, where the configuration says, and was not asked"),
                format!("ask there, if that is the server: hb doctor --url http://{place}"),
            )
        }
        State::Taken(owners) if owners.is_empty() && answers => {
            Finding::fine(CHECK, format!("hb listens on {place}"))
        }
        State::Taken(owners) if owners.is_empty() => Finding::wrong(
            CHECK,
            format!("somebody listens on {place}, and it is no hb server that answers"),
            "find out who: sudo hb doctor says it, or sudo ss -ltnp; on Windows netstat -abno",
        ),
        State::Taken(owners) if answers => Finding::fine(CHECK, format!("{} on {place}", names(owners))),
        State::Taken(owners) => Finding::wrong(
            CHECK,
            format!("{} on {place}, and does not answer as one would expect", names(owners)),
            "is HB_URL right, and is it by https://? Else start it again: systemctl restart hb, where it is a service",
        ),
        State::NotAllowed => Finding::fine(
            CHECK,
            format!("whether {place} is free only its service may know: ports below 1024 need leave"),
        ),
        State::Refused(why) => Finding::wrong(
            CHECK,
            format!("nobody can listen on {place}: {why}"),
            "has this machine that address? See ip address; then mend listen in hb.toml",
        ),
    }
}

/// Who listens where the server was looked for, as far as this account may know.
pub(super) fn owners(address: &str) -> Vec<Owner> {
    let found = asked(address).to_socket_addrs().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    found.into_iter().flat_map(|address| owner::of(address, any(&address))).collect()
}

/// Host and port of an address, which may leave out the usual one.
fn asked(address: &str) -> String {
    let (scheme, place) = address.split_once("://").unwrap_or(("http", address));
    match place.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => place.to_owned(),
        _ if scheme == "https" => format!("{place}:443"),
        _ => format!("{place}:80"),
    }
}

/// Where the configuration says, and where the server was looked for.
fn places(listen: &Listen, asked: &str) -> Vec<Facts> {
    let places = match listen {
        Listen::Loopback(port) => &[Place::Loopback(*port)],
        Listen::Only(places) => places.as_slice(),
    };
    let mut facts = Vec::new();
    for place in places {
        let found = match place {
            Place::Address(address) => vec![one(&address.to_string(), &[*address])],
            // What a browser calls localhost is the one or the other: whoever has either gets its beats.
            Place::Loopback(port) => [
                SocketAddr::from((Ipv4Addr::LOCALHOST, *port)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, *port)),
            ]
            .map(|address| one(&address.to_string(), &[address]))
            .into_iter()
            .enumerate()
            .filter(|(at, facts)| *at == 0 || !matches!(facts.state, State::Refused(_)))
            .map(|(_, facts)| facts)
            .collect(),
            Place::Name(name, port) => vec![named(&format!("{name}:{port}"))],
        };
        facts.extend(found);
    }
    if !facts.iter().any(|facts: &Facts| facts.place == asked) {
        facts.push(named(asked));
    }
    facts
}

/// A name and a port, as somebody wrote them.
fn named(place: &str) -> Facts {
    let found: Vec<SocketAddr> = place.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    one(place, &found)
}

fn one(place: &str, addresses: &[SocketAddr]) -> Facts {
    Facts { place: place.to_owned(), state: state(addresses) }
}

fn state(addresses: &[SocketAddr]) -> State {
    let Some(address) = addresses.first() else { return State::Refused("no such host".into()) };
    if address.port() == 0 {
        return State::Free;
    }
    match TcpListener::bind(address) {
        Ok(_) => State::Free,
        Err(why) if why.kind() == ErrorKind::AddrInUse => State::Taken(owner::of(*address, any(address))),
        Err(why) if why.kind() == ErrorKind::PermissionDenied => State::NotAllowed,
        Err(why) => State::Refused(why.to_string()),
    }
}

/// Whoever listens at all addresses of the same kind holds each of them.
fn any(address: &SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, address.port()).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, address.port()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{self, Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        let owner = |name: &str| Owner { name: name.into(), process: 12 };
        let taken = |names: &[&str]| State::Taken(names.iter().map(|name| owner(name)).collect());
        let table: [(State, bool, Level, &str); 12] = [
            (State::Free, false, Fine, "is free"),
            (State::Free, true, Fine, "listen elsewhere"),
            (taken(&["python3"]), false, Wrong, "python3 (process 12) listens"),
            (taken(&["hb", "python3"]), true, Wrong, "python3 (process 12)"),
            (taken(&["hb"]), true, Fine, "hb (process 12) listens"),
            (taken(&["hb"]), false, Wrong, "does not answer"),
            (taken(&["systemd"]), false, Wrong, "does not answer"),
            (taken(&["systemd", "hb"]), true, Fine, "systemd (process 12) and hb (process 12) listen on"),
            (taken(&[]), true, Fine, "hb listens"),
            (taken(&[]), false, Wrong, "no hb server that answers"),
            (State::NotAllowed, false, Fine, "below 1024"),
            (State::Refused("no such address".into()), false, Wrong, "no such address"),
        ];
        for (state, answers, level, part) in table {
            let facts = Facts { place: "127.0.0.1:8888".into(), state };
            let found = judge(&facts, answers, true);
            assert!(found.level == level && found.says.contains(part), "{facts:?}: {found:?}");
        }
        for owners in [&["hb"][..], &[]] {
            let facts = Facts { place: "127.0.0.1:8888".into(), state: taken(owners) };
            let found = judge(&facts, false, false);
            assert!(found.level == Doubt && found.says.ends_with("was not asked"), "{found:?}");
        }
    }

    #[test]
    fn a_port_that_somebody_has_is_not_free() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let State::Taken(owners) = state(&[address]) else { panic!("it is free?") };
        if cfg!(target_os = "linux") {
            assert_eq!(owners.iter().map(|owner| owner.process).collect::<Vec<_>>(), [std::process::id()]);
        }
        drop(held);
        assert_eq!(state(&[address]), State::Free);
        assert!(owners.iter().all(Owner::is_ours), "whatever our own file is called: {owners:?}");
        let facts = places(&Listen::Only(vec![Place::Address(address)]), "localhost:0");
        assert_eq!(facts.iter().map(|facts| &facts.state).collect::<Vec<_>>(), [&State::Free, &State::Free]);
        assert_eq!(places(&Listen::Only(vec![Place::Address(address)]), &address.to_string()).len(), 1);
        for (address, place) in [
            ("http://hall:8888", "hall:8888"),
            ("https://hall", "hall:443"),
            ("http://[::1]", "[::1]:80"),
            ("http://[::1]:8888", "[::1]:8888"),
        ] {
            assert_eq!(asked(address), place);
        }
        assert_eq!(state(&[]), State::Refused("no such host".into()));
    }
}
