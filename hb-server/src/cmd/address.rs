//! Where the server is: flags, else `HB_URL`, else `HB_HOST` and `HB_PORT`, else this machine's port 8888.
//!
//! An address is a base, under which the verbs live, or a template in which `%n` stands for the promise. Not here: what
//! the variables mean (`config`, for the server too), asking (`ask`).

use std::path::PathBuf;

use hb_core::beat::Verb;
use hb_core::wire::{Request, push_key};
use hb_server::config::{self, AddressError, PORT, Url, Variables};
use hb_server::engine::key::Key;
use hb_server::tls::RootsError;

use super::ask::Trust;
use super::environment::Environment;

mod udp;

/// Where the server is, as typed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Flags {
    /// Address of the server, with any path prefix; or a template with `%n` for the promise; or udp://HOST:PORT, for beats [env: HB_URL]
    #[arg(long, value_name = "URL", conflicts_with_all = ["host", "port"], help_heading = "Server")]
    url: Option<String>,

    /// Host of the server [env: HB_HOST] [default: 127.0.0.1]
    #[arg(long, value_name = "HOST", help_heading = "Server")]
    host: Option<String>,

    /// Port of the server [env: HB_PORT] [default: 8888]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Server")]
    port: Option<u16>,

    /// Whose certificates are believed where the server speaks TLS (PEM) [env: HB_CA] [default: whom this machine trusts]
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    ca: Option<PathBuf>,
}

impl Flags {
    /// Whether a server is named, here or in the environment.
    pub(crate) fn name_one(&self, environment: Environment<'_>) -> bool {
        let typed = self.url.is_some() || self.host.is_some() || self.port.is_some();
        typed || ["HB_URL", "HB_HOST", "HB_PORT"].iter().any(|name| environment.text(name).is_some())
    }

    /// Whose certificates are believed at `address`.
    pub(crate) fn trust(&self, address: &Address, environment: Environment<'_>) -> Result<Trust, RootsError> {
        Trust::resolve(self.ca.as_deref(), address, environment)
    }
}

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Verbs are appended to it; has no slash at its end.
    Base(String),
    /// `%n` is replaced by the promise. It can say "alive", and no goodbye.
    Template(String),
    /// Host and port that take beats by UDP.
    Udp(String),
}

/// What the flags and the environment mean together, for HTTP or UDP.
pub(crate) fn resolve(flags: &Flags, environment: Environment<'_>) -> Result<Address, AddressError> {
    udp::resolve(flags, environment)
}

/// What the flags and the environment mean together. Flags win; the environment must agree with itself.
fn resolve_http(flags: &Flags, environment: Environment<'_>) -> Result<Address, AddressError> {
    if let Some(url) = &flags.url {
        return Url::parse("--url", url).map(Address::from);
    }
    let typed = flags.host.is_some() || flags.port.is_some();
    let said = Variables::read(&|name| environment.text(name).filter(|_| !typed || name != "HB_URL"), 1)?;
    if let Some(url) = said.url {
        return Ok(url.into());
    }
    let host = flags.host.as_deref().map(|host| config::host("--host", host)).transpose()?;
    let host = host.or(said.host).unwrap_or_else(|| "127.0.0.1".into());
    Ok(Url::of(&host, flags.port.or(said.port).unwrap_or(PORT)).into())
}

impl From<Url> for Address {
    fn from(url: Url) -> Self {
        if url.is_template() {
            Self::Template(url.text)
        } else {
            Self::Base(url.text.trim_end_matches('/').into())
        }
    }
}

impl Address {
    /// Whether it is spoken to by TLS.
    pub(crate) fn is_secure(&self) -> bool {
        matches!(self, Self::Base(url) | Self::Template(url) if url.starts_with("https://"))
    }

    /// Where to send a beat, with the `key` to the app; `None` for what a template cannot say, which says
    /// itself what it says: a goodbye, and that something is wrong.
    pub(crate) fn beat(&self, request: &Request<'_>, key: Option<&Key>) -> Option<String> {
        let below = |base: String| {
            let mut url = format!("{base}/{}?", request.beat.verb);
            request.encode(&mut url);
            if let Some(key) = key {
                push_key(&mut url, key.expose());
            }
            Some(url)
        };
        match self {
            Self::Base(base) => below(base.clone()),
            Self::Udp(place) => below(format!("udp://{place}")),
            Self::Template(_) if matches!(request.beat.verb, Verb::Done | Verb::State) => None,
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
            Self::Udp(place) => return format!("http://{place}/{path}"),
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
