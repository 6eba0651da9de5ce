//! Can those be reached with whom the server itself speaks: brokers of key switches, the server it beats to, NATS? Only a
//! connection is made, and nothing is said over it.
//!
//! Not here: who is told of what (`channels`).

use std::net::ToSocketAddrs;
use std::thread;

use hb_server::Config;
use hb_server::notify::channel::Way;

use super::channels::try_it;
use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "partner";

/// One of them, and what became of the try.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Partner {
    what: String,
    host: String,
    port: u16,
    /// Only a name can be tried: a datagram has no answer that is none of ours to ask for.
    udp: bool,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let Ok(config) = &ground.config else { return Vec::new() };
    // One that does not answer keeps nobody waiting for the others.
    let tries: Vec<_> = partners(config)
        .into_iter()
        .map(|partner| {
            thread::spawn(move || {
                let reached = reach(&partner);
                judge(&partner, reached)
            })
        })
        .collect();
    tries.into_iter().filter_map(|one| one.join().ok()).collect()
}

fn partners(config: &Config) -> Vec<Partner> {
    let mut all: Vec<Partner> = Vec::new();
    for signal in &config.watch.signals {
        let (what, broker) = (format!("the signal {}", signal.topic), &signal.broker);
        let port = broker.port.unwrap_or(if broker.tls { 8883 } else { 1883 });
        all.push(Partner { what, host: broker.host.clone(), port, udp: false });
    }
    let url = |what: &str, url: &str| {
        let (scheme, place) = url.split_once("://")?;
        let place = place.split('/').next().unwrap_or_default();
        let usual = if scheme == "https" { 443 } else { 80 };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() => (host, port.parse().unwrap_or(usual)),
            _ => (place, usual),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        Some(Partner { what: what.to_owned(), host, port, udp: scheme == "udp" })
    };
    all.extend(config.beat_to.as_ref().and_then(|beat| url("beat_to", &beat.to.to_string())));
    all.extend(config.nats.as_ref().and_then(|nats| url("nats", &nats.address.to_string())));
    all
}

fn reach(Partner { host, port, udp, .. }: &Partner) -> Result<(), String> {
    if *udp {
        let found = (host.as_str(), *port).to_socket_addrs();
        return if found.is_ok_and(|mut found| found.next().is_some()) {
            Ok(())
        } else {
            Err("no such host".into())
        };
    }
    try_it(&Way::Network { host: host.clone(), port: *port })
}

fn judge(Partner { what, host, port, udp }: &Partner, reached: Result<(), String>) -> Finding {
    match reached {
        Ok(()) if *udp => Finding::fine(
            CHECK,
            format!("{what}: {host} has an address; whether it hears beats by UDP it does not say"),
        ),
        Ok(()) => Finding::fine(CHECK, format!("{what}: {host} is there")),
        Err(why) => Finding::wrong(
            CHECK,
            format!("{what}: {host} cannot be reached: {why}"),
            format!("mend it, or what hb.toml says of it; it is looked for at port {port}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use hb_server::config::Overrides;

    use super::*;
    use crate::cmd::doctor::finding::Level::{Fine, Wrong};

    #[test]
    fn brokers_of_switches_the_server_above_and_nats_are_tried() {
        let here = TcpListener::bind("127.0.0.1:0").unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").unwrap();
        let (there, port) = (here.local_addr().unwrap().port(), gone.local_addr().unwrap().port());
        drop(gone);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hb.toml");
        let text = format!(
            "beat_to = \"http://127.0.0.1:{there}/hall\"\nnats = \"nats://127.0.0.1:{port}\"\n\
             [[signal]]\nserver = \"127.0.0.1\"\nport = {port}\ntopic = \"museum/open\"\nfor = \"everything\"\n"
        );
        std::fs::write(&file, text).unwrap();
        let typed = Overrides { config: Some(file), ..Overrides::default() };
        let config = Config::load(typed, &|_| None).unwrap();
        let found: Vec<_> = partners(&config).iter().map(|partner| judge(partner, reach(partner))).collect();
        let [signal, above, nats] = &found[..] else { panic!("{found:?}") };
        assert_eq!((signal.level, above.level, nats.level), (Wrong, Fine, Wrong), "{found:?}");
        assert!(
            signal.says.starts_with("the signal museum/open: 127.0.0.1 cannot be reached: nobody listens")
        );
        assert_eq!(above.says, "beat_to: 127.0.0.1 is there");
    }

    #[test]
    fn of_udp_only_the_name_is_tried() {
        let udp = |host: &str| Partner { what: "beat_to".into(), host: host.into(), port: 8888, udp: true };
        assert_eq!(reach(&udp("127.0.0.1")), Ok(()));
        assert!(judge(&udp("127.0.0.1"), Ok(())).says.contains("by UDP"));
    }
}
