//! What more than one check stands on: the configuration, where the server is, and what it says of itself.
//!
//! Not here: verdicts.

use std::net::{TcpListener, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hb_server::Config;
use hb_server::config::Overrides;
use serde::Deserialize;

use crate::cmd::address;
use crate::cmd::ask::{self, Client};
use crate::cmd::environment::{self, Environment};
use crate::cmd::when::Stamp;

/// What the checks stand on.
pub(super) struct Ground {
    pub(super) config: Result<Config, String>,
    /// Whether a folder of the memory was typed.
    pub(super) names_state: bool,
    /// Scheme, host and port of the server.
    pub(super) address: String,
    /// Whether the server is, or is to be, on this machine.
    pub(super) is_here: bool,
    pub(super) health: Result<Health, String>,
    /// By how much the clock was set while it was looked at.
    pub(super) step: Duration,
    /// Now, by the clock of this machine.
    pub(super) now: Duration,
}

/// What the server says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Health {
    #[serde(default)]
    pub(super) status: String,
    /// An older one does not say.
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) apps: u64,
    pub(super) at: Option<Stamp>,
    #[serde(default)]
    pub(super) memory: Memory,
}

/// How it is with the server's memory.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Memory {
    pub(super) trouble: Option<String>,
}

impl Ground {
    /// Looks at it. Only an address that means nothing ends here.
    pub(super) fn look(typed: Overrides, flags: &address::Flags) -> anyhow::Result<Self> {
        let (wall, begun) = (SystemTime::now(), Instant::now());
        let environment = Environment::new(&environment::of_process);
        let address = address::resolve(flags, environment)?;
        let page = address.page("healthz");
        let names_state = typed.state.folder.is_some();
        let config = Config::load(typed, &environment::of_process).map_err(|why| why.to_string());
        let health = flags
            .trust(&address, environment)
            .map_err(|why| why.to_string())
            .and_then(|trust| Client::new(&trust).get(&page).map_err(|why| why.to_string()))
            .and_then(|answer| {
                let expected =
                    |_| format!("something answers there ({}), and it is no hb server", answer.status);
                serde_json::from_str(&answer.body).map_err(expected)
            });
        let address = ask::server(&page);
        let is_here = is_here(&address);
        let now = SystemTime::now();
        let shown = now.duration_since(wall).unwrap_or_default();
        let step = shown.abs_diff(begun.elapsed());
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self { config, names_state, address, is_here, health, step, now })
    }
}

/// Whether an address is one of this machine: one that can be listened on.
pub(super) fn is_here(address: &str) -> bool {
    let place = address.split_once("://").map_or(address, |(_, place)| place);
    let host = match place.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => host,
        _ => place,
    };
    let found = (host.trim_matches(['[', ']']), 0).to_socket_addrs();
    found.is_ok_and(|mut found| found.any(|address| TcpListener::bind(address).is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        for here in
            ["http://127.0.0.1:8888", "http://localhost:8888", "https://127.0.0.1", "udp://127.0.0.2:8888"]
        {
            assert!(is_here(here), "{here}");
        }
        // For documentation only (RFC 5737); and a name that no resolver asks a network for.
        for elsewhere in ["http://192.0.2.7:8888", "http://[2001:db8::1]:8888", "http://no host:8888"] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
