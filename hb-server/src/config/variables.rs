//! `HB_URL`, or `HB_HOST` and `HB_PORT`: where the server is, with one meaning for whoever listens there and whoever asks.
//!
//! They are the original clients' variables, so a URL means what it means to those: without a port it is port 80. Not
//! here: flags (`listen`, and the command line's own), what stands in for a variable that is not set but the port.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::Uri;

/// The port of the Hilbert protocol, where nobody says another.
pub const PORT: u16 = 8888;

/// What the variables say; those that are not set, or empty, say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `HB_URL`; agrees with the others.
    pub url: Option<Url>,
    /// `HB_HOST`, without brackets.
    pub host: Option<String>,
    /// `HB_PORT`.
    pub port: Option<u16>,
}

/// The address of a server: a base under which its commands are, or a template with `%n` for the promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The whole, from `http://` or `https://` on.
    pub text: String,
    /// The host in it, without brackets.
    pub host: String,
    /// The port in it, else 80, or 443 for `https`.
    pub port: u16,
}

/// Why what was said is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No URL, or of another kind.
    #[error("{0} is `{1}`: expected an address like http://127.0.0.1:8888")]
    NoUrl(&'static str, String),
    /// A URL with a query that is no template.
    #[error(
        "{0} is `{1}`, which has a query without %n: expected a base like http://127.0.0.1:8888, or a template like http://127.0.0.1:8888/heartbeat.html?container=Tetris&next=%n"
    )]
    Query(&'static str, String),
    /// Something else than a host.
    #[error("{0} is `{1}`: expected a host like 127.0.0.1 or localhost; the port goes into {port}", port = port_beside(.0))]
    NoHost(&'static str, String),
    /// Something else than a port.
    #[error("HB_PORT is `{0}`: expected a port from {1} to 65535")]
    NoPort(String, u16),
    /// Two variables of which one is wrong.
    #[error("HB_URL says {url} and {name} says {other}: unset one of them")]
    Disagreement {
        /// What `HB_URL` says.
        url: String,
        /// The other variable.
        name: &'static str,
        /// What that says.
        other: String,
    },
}

impl Variables {
    /// Reads them through `env`; the lowest port that may be said is `least`.
    ///
    /// # Errors
    /// A value that means nothing, or a URL that says something else than host or port.
    pub fn read(env: &dyn Fn(&str) -> Option<String>, least: u16) -> Result<Self, AddressError> {
        let env = |name| env(name).filter(|value| !value.is_empty());
        let port = env("HB_PORT").map(|text| {
            let port = text.trim().parse().ok().filter(|port| *port >= least);
            port.ok_or(AddressError::NoPort(text, least))
        });
        let said = Self {
            url: env("HB_URL").map(|text| Url::parse("HB_URL", &text)).transpose()?,
            host: env("HB_HOST").map(|text| host("HB_HOST", &text)).transpose()?,
            port: port.transpose()?,
        };
        said.agreed()
    }

    /// Whether `HB_URL` asks for TLS.
    pub(super) fn are_secure(env: &dyn Fn(&str) -> Option<String>) -> bool {
        let url = env("HB_URL").and_then(|text| Url::parse("HB_URL", &text).ok());
        url.is_some_and(|url| url.is_secure())
    }

    fn agreed(self) -> Result<Self, AddressError> {
        let Some(url) = &self.url else { return Ok(self) };
        let disagreement = |url, name, other| Err(AddressError::Disagreement { url, name, other });
        match (&self.host, self.port) {
            (Some(host), _) if !same_host(host, &url.host) => {
                disagreement(url.text.clone(), "HB_HOST", host.clone())
            }
            (_, Some(port)) if port != url.port => {
                let said = format!("{} (port {})", url.text, url.port);
                disagreement(said, "HB_PORT", port.to_string())
            }
            _ => Ok(self),
        }
    }
}

impl Url {
    /// Reads what stands in `place`; a missing scheme is `http:`, as in the original's `//localhost:8888`.
    ///
    /// # Errors
    /// What is no URL of a server that could be asked.
    pub fn parse(place: &'static str, text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        // A template may hold a key, which nobody is told.
        let shown = || text.split_once("key=").map_or(text, |(before, _)| before).to_owned();
        let no_url = || AddressError::NoUrl(place, shown());
        let url = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => format!("http://{rest}"),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => format!("https://{rest}"),
            // Another scheme, or one in the query of an address that has none of its own.
            Some((before, _)) if !before.contains(['/', '?']) => return Err(no_url()),
            _ => format!("http://{}", text.trim_start_matches("//")),
        };
        let uri: Uri = url.parse().map_err(|_| no_url())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(no_url)?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        // Of a port that is none, the parser says nothing: it shows by a rest behind the host.
        if !authority.ends_with(host) && uri.port_u16().is_none_or(|port| port == 0) {
            return Err(no_url());
        }
        if url.contains(['?', '#']) && !url.contains("%n") {
            return Err(AddressError::Query(place, shown()));
        }
        let usual = if url.starts_with("https:") { 443 } else { 80 };
        let (host, port) = (bare(host).to_owned(), uri.port_u16().unwrap_or(usual));
        Ok(Self { text: url, host, port })
    }

    /// Whether it is spoken to by TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it has a place for the promise.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.text.contains("%n")
    }

    /// The base at a host and port.
    #[must_use]
    pub fn of(host: &str, port: u16) -> Self {
        let text = if host.parse::<Ipv6Addr>().is_ok() {
            format!("http://[{host}]:{port}")
        } else {
            format!("http://{host}:{port}")
        };
        Self { text, host: host.into(), port }
    }
}

/// Reads what stands in `place` as a host, which is a name or an address and nothing more; takes its brackets off.
///
/// # Errors
/// What is more than a host, or less.
pub fn host(place: &'static str, text: &str) -> Result<String, AddressError> {
    let host = bare(text.trim());
    let found = Url::parse(place, &Url::of(host, PORT).text);
    match found {
        Ok(url) if url.host == host && url.port == PORT => Ok(url.host),
        _ => Err(AddressError::NoHost(place, text.into())),
    }
}

/// Where a port is said beside a host.
fn port_beside(host: &str) -> &'static str {
    if host == "HB_HOST" { "HB_PORT" } else { "--port" }
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Whether two hosts are the same by name, all names of this machine being one.
fn same_host(a: &str, b: &str) -> bool {
    let local = |host: &str| {
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    a.eq_ignore_ascii_case(b) || (local(a) && local(b))
}
