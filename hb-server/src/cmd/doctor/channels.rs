//! Can each channel of the configuration be reached? Only a connection is made, and nothing is said over it.
//!
//! Not here: whether a message arrives (`hb alert test`).

use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use hb_server::exec::program::lack;
use hb_server::notify::channel::{Channel, Way};

use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "channel";
const TIMEOUT: Duration = Duration::from_secs(3);

/// A channel, and what became of the try.
#[derive(Debug)]
struct Facts {
    name: String,
    place: String,
    reached: Result<(), String>,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let Ok(config) = &ground.config else { return Vec::new() };
    let named = &config.alerts.channels;
    if named.is_empty() {
        let none = Finding::fine(CHECK, "there is none: nobody is told of anything");
        return vec![none.and("docs/alerts.md has one of each kind; who asks by Nagios needs none")];
    }
    // One that does not answer keeps nobody waiting for the others.
    let tries: Vec<_> = named
        .iter()
        .map(|named| {
            let (name, place, way) = (named.name.to_string(), named.channel.place(), way(&named.channel));
            thread::spawn(move || Facts { name, place, reached: try_it(&way) })
        })
        .collect();
    tries.into_iter().filter_map(|one| one.join().ok()).map(|facts| judge(&facts)).collect()
}

fn judge(Facts { name, place, reached }: &Facts) -> Finding {
    match reached {
        Ok(()) => Finding::fine(CHECK, format!("{name}: {place} is there")),
        Err(why) => Finding::wrong(
            CHECK,
            format!("{name}: {place} cannot be reached: {why}"),
            format!("mend it, or the name in hb.toml; then: hb alert test {name}"),
        ),
    }
}

fn way(channel: &Channel) -> Way {
    channel.way()
}

pub(super) fn try_it(way: &Way) -> Result<(), String> {
    match way {
        Way::Program(program) => {
            lack(program, std::env::var_os("PATH").as_deref()).map_or(Ok(()), |lack| Err(lack.to_string()))
        }
        Way::Network { host, port } => connect(host, *port).map_err(|why| match why.kind() {
            ErrorKind::ConnectionRefused => format!("nobody listens at port {port}"),
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                format!("no answer at port {port} within {} s: a firewall?", TIMEOUT.as_secs())
            }
            _ if why.to_string().contains("lookup") => "no such host".into(),
            _ => why.to_string(),
        }),
    }
}

fn connect(host: &str, port: u16) -> io::Result<()> {
    let mut last = io::Error::new(ErrorKind::NotFound, "lookup: nothing found");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(_) => return Ok(()),
            Err(why) => last = why,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::cmd::doctor::finding::Level::{Fine, Wrong};

    #[test]
    fn verdicts() {
        let facts = |reached| Facts { name: "guards".into(), place: "ntfy.example".into(), reached };
        let well = judge(&facts(Ok(())));
        assert_eq!((well.level, &*well.says), (Fine, "guards: ntfy.example is there"));
        let ill = judge(&facts(Err("no such host".into())));
        assert_eq!((ill.level, &*ill.says), (Wrong, "guards: ntfy.example cannot be reached: no such host"));
        assert!(ill.advice.unwrap().contains("hb alert test guards"));
    }

    #[test]
    fn a_way_is_tried_without_a_word() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let at = |host: &str, port| try_it(&Way::Network { host: host.into(), port });
        assert_eq!(at("127.0.0.1", port), Ok(()));
        let (mut heard, _) = listener.accept().unwrap();
        let mut word = Vec::new();
        assert_eq!(io::Read::read_to_end(&mut heard, &mut word).unwrap(), 0, "{word:?}");
        drop(listener);
        assert_eq!(at("127.0.0.1", port), Err(format!("nobody listens at port {port}")));
        // No resolver asks a network for a name with a space.
        assert_eq!(at("no host", 25), Err("no such host".into()));
        let program = |name: &str| try_it(&Way::Program(name.into())).is_ok();
        assert!(program(&std::env::current_exe().unwrap().display().to_string()));
        assert!(!program("/nowhere/sms") && !program("no-such-program-of-anybody"));
    }
}
