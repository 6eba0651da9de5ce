//! Where to listen: `--listen`, the environment, the file, and which of them counts. Not here: what the environment says
//! (`variables`).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use super::variables::{AddressError, PORT, Variables};

/// One place to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An address.
    Address(SocketAddr),
    /// A name, looked up when the server starts.
    Name(String, u16),
    /// As [`Listen::Loopback`], beside other places.
    Loopback(u16),
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
        "{place}: `{value}` is no address to listen on: expected one like 127.0.0.1:8888, [::1]:8888 or localhost:8888, or a port alone"
    )]
    Address {
        /// Where it was written.
        place: String,
        /// What was written.
        value: String,
    },
    /// The environment.
    #[error(transparent)]
    Variables(#[from] AddressError),
}

impl Listen {
    /// Reads what stands in `place`; whatever is without a port gets the protocol's.
    pub(super) fn parse(place: &str, texts: &[String]) -> Result<Self, ListenError> {
        places(place, texts, PORT)
    }

    /// Flags over environment over file; within the environment all must agree.
    pub(super) fn decide(
        typed: &[String],
        env: &dyn Fn(&str) -> Option<String>,
        (path, file): (&Path, &[String]),
    ) -> Result<Self, ListenError> {
        if !typed.is_empty() {
            // Of the variables only the port has a say.
            let said = Variables::read(&|name| (name == "HB_PORT").then(|| env(name)).flatten(), 0)?;
            return places("--listen", typed, said.port.unwrap_or(PORT));
        }
        let Variables { url, host, port } = Variables::read(env, 0)?;
        match (url, host, port) {
            (Some(url), ..) => Ok(Self::Only(vec![Place::new(url.host, url.port)])),
            (None, Some(host), port) => Ok(Self::Only(vec![Place::new(host, port.unwrap_or(PORT))])),
            (None, None, Some(port)) => Ok(Self::Loopback(port)),
            (None, None, None) if !file.is_empty() => {
                places(&format!("`listen` in {}", path.display()), file, PORT)
            }
            (None, None, None) => Ok(Self::default()),
        }
    }
}

impl Place {
    fn new(host: String, port: u16) -> Self {
        match host.parse::<IpAddr>() {
            Ok(address) => Self::Address(SocketAddr::new(address, port)),
            Err(_) => Self::Name(host, port),
        }
    }

    /// `host`, `host:port`, `:port` or `port`. A port alone keeps the default addresses: it is what "somewhere else"
    /// means on a developer's machine.
    fn parse(text: &str, default_port: u16) -> Option<Self> {
        if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
            return Some(Self::Loopback(port));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Address(address));
        }
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = literal.parse() {
            return Some(Self::Address(SocketAddr::new(address, default_port)));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (text, default_port),
        };
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        // A number is a port that is too high, never a name.
        let number = host.bytes().all(|byte| byte.is_ascii_digit());
        (!number && host.chars().all(name)).then(|| Self::Name(host.to_owned(), port))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
            Self::Loopback(port) => write!(f, ":{port}"),
        }
    }
}

fn places(place: &str, texts: &[String], default_port: u16) -> Result<Listen, ListenError> {
    let mut places = Vec::new();
    for text in texts {
        let refused = || ListenError::Address { place: place.into(), value: text.clone() };
        let found = Place::parse(text.trim(), default_port).ok_or_else(refused)?;
        // Who says a place twice means it once.
        if !places.contains(&found) {
            places.push(found);
        }
    }
    match places[..] {
        [Place::Loopback(port)] => Ok(Listen::Loopback(port)),
        _ => Ok(Listen::Only(places)),
    }
}
