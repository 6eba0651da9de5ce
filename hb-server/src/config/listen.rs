//! Where to listen: `--listen`, `HB_URL`, `HB_HOST`, `HB_PORT`, the file, and what they mean together.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// The port of the Hilbert protocol.
const PORT: u16 = 8888;

/// One place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An address.
    Address(SocketAddr),
    /// A name, looked up when the server starts.
    Name(String, u16),
}

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// 127.0.0.1 and, where the host has it, ::1, both on this port; 0 lets the system choose one for both.
    Loopback(u16),
    /// Only here; each must succeed.
    Only(Vec<Place>),
}

impl Default for Listen {
    fn default() -> Self {
        Self::Loopback(PORT)
    }
}

/// Why the addresses were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenError {
    /// An address that is none.
    #[error(
        "{place}: `{value}` is no address to listen on: expected one like 127.0.0.1:8888, [::1]:8888 or localhost:8888"
    )]
    Address {
        /// Where it was written.
        place: String,
        /// What was written.
        value: String,
    },
    /// `HB_PORT` is no port.
    #[error("HB_PORT is `{0}`: expected a port from 0 to 65535")]
    Port(String),
    /// `HB_URL` is not one a server could answer at.
    #[error("HB_URL is `{0}`: expected the address of an hb server, like http://127.0.0.1:8888")]
    Url(String),
    /// Two variables say different things.
    #[error("HB_URL says {url} and {variable} says {value}: unset one of them")]
    Disagreement {
        /// The part of `HB_URL` in question.
        url: String,
        /// The other variable.
        variable: &'static str,
        /// What it says.
        value: String,
    },
}

impl Listen {
    /// Flags over environment over file; within the environment all must agree.
    pub(super) fn decide(
        typed: &[String],
        env: &dyn Fn(&str) -> Option<String>,
        (path, file): (&Path, &[String]),
    ) -> Result<Self, ListenError> {
        let env = |name| env(name).filter(|value| !value.is_empty());
        let (host, port, url) = (env("HB_HOST"), env("HB_PORT"), env("HB_URL"));
        let port = port.map(|text| text.parse::<u16>().map_err(|_| ListenError::Port(text))).transpose()?;
        if !typed.is_empty() {
            return places("--listen", typed, port.unwrap_or(PORT));
        }
        if let Some(url) = url {
            let (url_host, url_port) = split_url(&url).ok_or_else(|| ListenError::Url(url.clone()))?;
            let disagreement =
                |url: String, variable, value| Err(ListenError::Disagreement { url, variable, value });
            if let Some(host) = host.filter(|host| !same_host(host, &url_host)) {
                return disagreement(url_host, "HB_HOST", host);
            }
            // The scheme's own port is what a browser would use, but nobody who leaves it out means 80.
            if let (Some(said), Some(port)) = (url_port, port)
                && said != port
            {
                return disagreement(said.to_string(), "HB_PORT", port.to_string());
            }
            let port = url_port.or(port).unwrap_or(PORT);
            return Ok(Self::Only(vec![Place::new(&url_host, port)]));
        }
        match (host, port) {
            (Some(host), port) => places("HB_HOST", &[host], port.unwrap_or(PORT)),
            (None, Some(port)) => Ok(Self::Loopback(port)),
            (None, None) if !file.is_empty() => {
                places(&format!("`listen` in {}", path.display()), file, PORT)
            }
            (None, None) => Ok(Self::default()),
        }
    }
}

impl Place {
    fn new(host: &str, port: u16) -> Self {
        match bare(host).parse::<IpAddr>() {
            Ok(address) => Self::Address(SocketAddr::new(address, port)),
            Err(_) => Self::Name(host.to_owned(), port),
        }
    }

    /// `host`, `host:port`, `:port` or `port`.
    fn parse(text: &str, default_port: u16) -> Option<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self::Address(address));
        }
        if let Ok(address) = bare(text).parse::<IpAddr>() {
            return Some(Self::Address(SocketAddr::new(address, default_port)));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, default_port),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        (!host.is_empty() && host.chars().all(name)).then(|| Self::Name(host.to_owned(), port))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

fn places(place: &str, texts: &[String], default_port: u16) -> Result<Listen, ListenError> {
    // A port alone keeps the default addresses: it is what "somewhere else" means on a developer's machine.
    if let [only] = texts
        && let Ok(port) = only.strip_prefix(':').unwrap_or(only).parse::<u16>()
    {
        return Ok(Listen::Loopback(port));
    }
    let parse = |text: &String| {
        let refused = || ListenError::Address { place: place.into(), value: text.clone() };
        Place::parse(text.trim(), default_port).ok_or_else(refused)
    };
    texts.iter().map(parse).collect::<Result<_, _>>().map(Listen::Only)
}

/// Host and port of an `http` URL; what follows them is the client's.
fn split_url(url: &str) -> Option<(String, Option<u16>)> {
    let rest = match url.split_once("//") {
        Some(("" | "http:", rest)) => rest,
        Some(_) => return None,
        None => url,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    (!host.is_empty() && !host.contains('@')).then(|| (bare(host).to_owned(), port))
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// `localhost` agrees with any loopback address.
fn same_host(a: &str, b: &str) -> bool {
    let is_loopback = |host: &str| bare(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let named = |host: &str| host.eq_ignore_ascii_case("localhost");
    bare(a).eq_ignore_ascii_case(bare(b)) || (named(a) && is_loopback(b)) || (is_loopback(a) && named(b))
}
