//! Where the server is: flags, else `HB_URL`, else `HB_HOST` and `HB_PORT`, else this machine's port 8888.
//!
//! An address is a base, under which the verbs live, or a template in which `%n` stands for the promise. Not here:
//! asking (that is `ask`).

use std::net::Ipv6Addr;

use hb_core::beat::Verb;
use hb_core::wire::Request;
use ureq::http::Uri;

use super::environment::{BadVariable, Environment};

/// Where the server is, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Address of the server, with any path prefix; or a template with `%n` for the promise [env: HB_URL]
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port"], help_heading = "Server")]
    url: Option<String>,

    /// Host of the server [env: HB_HOST] [default: 127.0.0.1]
    #[arg(long, value_name = "HOST", help_heading = "Server")]
    host: Option<String>,

    /// Port of the server [env: HB_PORT] [default: 8888]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Server")]
    port: Option<u16>,
}

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Verbs are appended to it; has no slash at its end.
    Base(String),
    /// `%n` is replaced by the promise. It can say "alive", and no goodbye.
    Template(String),
}

/// Why there is no address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAddress {
    #[error(transparent)]
    Variable(#[from] BadVariable),
    #[error("HB_URL says {url} and {name} says {other}: unset one of them")]
    Disagreement { url: String, name: &'static str, other: String },
    #[error("{0} is `{1}`: expected an address like http://127.0.0.1:8888")]
    NoUrl(&'static str, String),
    #[error("{0} is `{1}`: expected a host like 127.0.0.1 or localhost; the port goes into {port}", port = port_beside(.0))]
    NoHost(&'static str, String),
    #[error(
        "{0} is `{1}`, which needs TLS, and hb does not speak it: expected http://, as to a server on this machine or its network"
    )]
    Tls(&'static str, String),
    #[error(
        "{0} is `{1}`, which has a query without %n: expected a base like http://127.0.0.1:8888, or a template like http://127.0.0.1:8888/heartbeat.html?container=Tetris&next=%n"
    )]
    Query(&'static str, String),
}

/// Where a port is said beside a host.
fn port_beside(host: &str) -> &'static str {
    if host == "HB_HOST" { "HB_PORT" } else { "--port" }
}

/// What the flags and the environment mean together. Flags win; `HB_URL` must agree with what else is set beside it.
pub(crate) fn resolve(flags: &Flags, environment: Environment<'_>) -> Result<Address, NoAddress> {
    if let Some(url) = &flags.url {
        return parse("--url", url).map(|(address, _)| address);
    }
    let url = environment.text("HB_URL").filter(|_| flags.host.is_none() && flags.port.is_none());
    let (host, port) = (environment.text("HB_HOST"), environment.port("HB_PORT")?);
    let Some(url) = url else {
        let place = if flags.host.is_some() { "--host" } else { "HB_HOST" };
        let host = flags.host.clone().or(host).unwrap_or_else(|| "127.0.0.1".into());
        let port = flags.port.or(port).unwrap_or(8888);
        return base(place, &host, port);
    };
    let (address, uri) = parse("HB_URL", &url)?;
    let disagreement = |name, other| Err(NoAddress::Disagreement { url: url.clone(), name, other });
    match (host, port) {
        (Some(host), _) if !same_host(&host, uri.host().unwrap_or_default()) => disagreement("HB_HOST", host),
        (_, Some(port)) if port != uri.port_u16().unwrap_or(80) => disagreement("HB_PORT", port.to_string()),
        _ => Ok(address),
    }
}

/// The base at a host, which is a name or an address and nothing more.
fn base(place: &'static str, host: &str, port: u16) -> Result<Address, NoAddress> {
    let no_host = || NoAddress::NoHost(place, host.into());
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let bracketed = if literal.parse::<Ipv6Addr>().is_ok() { format!("[{literal}]") } else { host.into() };
    let (address, uri) = parse(place, &format!("http://{bracketed}:{port}")).map_err(|_| no_host())?;
    if uri.host() == Some(&*bracketed) { Ok(address) } else { Err(no_host()) }
}

/// Reads an address; a missing scheme is `http:`, as in the original's `//localhost:8888`.
fn parse(place: &'static str, text: &str) -> Result<(Address, Uri), NoAddress> {
    let text = text.trim();
    let url = match text.split_once("://") {
        Some(("http", _)) => text.to_owned(),
        Some(("https", _)) => return Err(NoAddress::Tls(place, text.into())),
        Some(_) => return Err(NoAddress::NoUrl(place, text.into())),
        None => format!("http://{}", text.trim_start_matches("//")),
    };
    let uri: Uri = url.parse().map_err(|_| NoAddress::NoUrl(place, text.into()))?;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    // Of a port that is none, the parser says nothing: it shows by a rest behind the host.
    let bad_port =
        !authority.ends_with(uri.host().unwrap_or_default()) && uri.port_u16().is_none_or(|p| p == 0);
    if uri.host().is_none_or(str::is_empty) || bad_port {
        return Err(NoAddress::NoUrl(place, text.into()));
    }
    let address = match (url.contains("%n"), url.contains(['?', '#'])) {
        (true, _) => Address::Template(url),
        (false, true) => return Err(NoAddress::Query(place, text.into())),
        (false, false) => Address::Base(url.trim_end_matches('/').into()),
    };
    Ok((address, uri))
}

/// Whether two hosts are the same by name, all names of this machine being one.
fn same_host(a: &str, b: &str) -> bool {
    let plain = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let local = |host: &str| host == "localhost" || host == "::1" || host.starts_with("127.");
    let (a, b) = (plain(a), plain(b));
    a == b || (local(&a) && local(&b))
}

impl Address {
    /// Where to send a beat; `None` for a goodbye to a template.
    pub(crate) fn beat(&self, request: &Request<'_>) -> Option<String> {
        match self {
            Self::Base(base) => {
                let mut url = format!("{base}/{}?", request.beat.verb);
                request.encode(&mut url);
                Some(url)
            }
            Self::Template(_) if request.beat.verb == Verb::Done => None,
            Self::Template(template) => {
                Some(template.replace("%n", &request.beat.promise.as_millis().to_string()))
            }
        }
    }

    /// Where to find another page of the same server. Of a template, everything from its last path segment on is left
    /// out.
    pub(crate) fn page(&self, path: &str) -> String {
        let base = match self {
            Self::Base(base) => base,
            Self::Template(template) => {
                let end = template.find(['?', '#']).unwrap_or(template.len());
                let authority = template.find("://").map_or(0, |scheme| scheme + 3);
                let path = template[authority..end].rfind('/').map_or(end, |slash| authority + slash);
                &template[..path]
            }
        };
        format!("{base}/{path}")
    }
}

#[cfg(test)]
mod tests;
