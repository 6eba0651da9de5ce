//! What the server is told: flags over environment over `hb.toml`, checked once at the top and handed down in pieces.
//!
//! Nothing below [`Server`](crate::Server) sees the whole; each room gets its own part. Not here: the flags' names and
//! help (`cmd::serve`), the meaning of a setting (the room that has it).

mod alerts;
mod broker;
mod file;
pub mod hosts;
mod key;
mod listen;
mod locks;
pub mod reference;
mod state;
mod table;
mod udp;
mod variables;
mod watch;
pub mod words;
mod zone;

use std::path::{Path, PathBuf};

use hb_core::id::Identity;
use hb_core::registry::Policy;

use crate::carrier::discovery::Audience;
use crate::carrier::nats;
use crate::engine::key::Key;
use crate::{engine, heart, http, notify, store, tls};

pub use file::FileError;
pub use listen::{Listen, ListenError, Place};
pub use state::Typed as TypedState;
pub use udp::{Udp, beside};
pub use variables::{AddressError, PORT, Url, Variables, host};

/// A day, whatever the clocks do in it.
const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// The settings of one server.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// Where to take beats by UDP; by default nowhere.
    pub udp: Option<Udp>,
    /// Who this server is by TLS; by default nobody, and HTTP is plain.
    pub tls: Option<tls::Files>,
    /// The server's own heartbeat; by default none.
    pub beat_to: Option<heart::Config>,
    /// Who else is told, and may speak; by default nobody.
    pub nats: Option<nats::Config>,
    /// Who is told where this server is; by default nobody.
    pub discovery: Option<Audience>,
    /// Who is told of what, and how.
    pub alerts: notify::Config,
    /// The folder of the memory; `None`, the default, for one that ends with the process.
    pub state: Option<PathBuf>,
    /// The name that this machine declares, where it does (`HB_HOST_ID`).
    pub host: Option<String>,
    /// How long what happened is kept.
    pub store: store::Config,
    /// What is expected, when it is open, and what may be done about a screen that does not work.
    pub watch: crate::watch::Config,
    /// The file that was read; `None` if there was none.
    pub file: Option<PathBuf>,
    /// What is no mistake in it, and worth knowing.
    pub notes: Vec<String>,
    /// Requests and answers.
    pub http: http::Config,
    /// Apps and verdicts.
    pub engine: engine::Config,
}

/// What was typed behind `hb serve`; outranks environment and file.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Addresses to listen on.
    pub listen: Vec<String>,
    /// UDP, and perhaps where.
    pub udp: Option<Option<String>>,
    /// The certificate to show, and its key.
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate.
    pub tls_key: Option<PathBuf>,
    /// Where to beat to.
    pub beat_to: Option<String>,
    /// Whose certificates are believed there.
    pub ca: Option<PathBuf>,
    /// `auto`, `strict` or `hilbert`.
    pub policy: Option<String>,
    /// Most apps held.
    pub max_apps: Option<usize>,
    /// Where the memory lies.
    pub state: state::Typed,
    /// The file to read; without it the usual places are searched.
    pub config: Option<PathBuf>,
}

/// Why a configuration was refused; the text says where and what was expected.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The addresses.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Half of what TLS needs, or nothing where an address speaks of it.
    #[error(
        "{0}: expected both a certificate and its key, as tls_cert and tls_key in hb.toml, or as --tls-cert FILE --tls-key FILE"
    )]
    Tls(&'static str),
    /// No place to beat to.
    #[error("{place}: {reason}")]
    BeatTo {
        /// Flag or file.
        place: String,
        /// Why not.
        reason: heart::InvalidTarget,
    },
    /// Topics for a server that was not named.
    #[error("{}: `nats_topics` go nowhere without `nats`: add it, as in nats = \"nats://hall:4222\"", .0.display())]
    Nats(PathBuf),
    /// A name that this machine cannot declare.
    #[error("HB_HOST_ID {0}")]
    Host(hb_core::id::InvalidName),
    /// A policy that is none.
    #[error("{place}: `{value}` is no policy: expected `auto`, `strict` or `hilbert`{hint}")]
    Policy {
        /// Flag or file.
        place: String,
        /// What was written.
        value: String,
        /// The nearest policy, if one is near.
        hint: String,
    },
}

impl Config {
    /// Puts together what was typed, the environment (looked up through `env`) and the file.
    ///
    /// # Errors
    /// A file that cannot be read or understood, an unknown key, a value out of range, or addresses that disagree.
    pub fn load(typed: Overrides, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let (found, path, file) = file::load(typed.config, env)?;
        // An address that was typed outranks the whole of the variable.
        let url = env("HB_URL").filter(|_| typed.listen.is_empty());
        let base = url.map_or(Ok(None), |url| beside("HB_URL", &url)).map_err(ListenError::from)?;
        let by_http = |name: &str| match &base {
            Some(base) if name == "HB_URL" => Some(base.text.clone()),
            _ => env(name),
        };
        let listen = Listen::decide(&typed.listen, &by_http, (&path, &file.listen))?;
        let udp = Udp::decide(typed.udp, base.is_some(), (&path, file.udp))?;
        let tls = match (typed.tls_cert.or(file.tls_cert), typed.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some(tls::Files { certificate, key }),
            (Some(_), None) => return Err(ConfigError::Tls("there is a certificate for TLS and no key")),
            (None, Some(_)) => return Err(ConfigError::Tls("there is a key for TLS and no certificate")),
            (None, None) if typed.listen.is_empty() && Variables::are_secure(env) => {
                return Err(ConfigError::Tls("HB_URL is https:// and there is no certificate"));
            }
            (None, None) => None,
        };
        let mut config = Self { listen, udp, tls, ..Self::default() };
        let policy = match (&typed.policy, &file.policy) {
            (Some(value), _) => Some(policy("--policy", value)?),
            (None, Some(value)) => Some(policy(&format!("policy in {}", path.display()), value)?),
            (None, None) => None,
        };
        let ca = typed.ca.or_else(|| env("HB_CA").filter(|ca| !ca.is_empty()).map(Into::into)).or(file.ca);
        config.beat_to = beat_to(typed.beat_to, (&path, file.beat_to), env)?;
        if let Some(heart) = &mut config.beat_to {
            heart.ca = ca;
            heart.key = env("HB_KEY").and_then(|key| Key::new(&key));
        }
        let topics = file.nats_topics.unwrap_or_default();
        config.nats = match file.nats {
            Some(address) => Some(nats::Config { address, topics }),
            None if topics.is_empty() => None,
            None => return Err(ConfigError::Nats(path)),
        };
        config.discovery = file.discovery.flatten();
        config.alerts = file.alerts;
        config.host = env("HB_HOST_ID").filter(|host| !host.is_empty());
        config.watch = file.watch;
        set(&mut config.watch.boot_grace, file.boot_grace);
        config.watch.url = file.url;
        config.notes = file.notes;
        config.file = found.then(|| path.clone());
        config.state = state::decide(typed.state, file.state, &path, env);
        set(&mut config.store.retention.history, file.retention_days.map(|days| DAY * days));
        let registry = &mut config.engine.registry;
        set(&mut registry.policy, policy);
        set(&mut registry.tolerance, file.tolerance_ms.map(std::time::Duration::from_millis));
        set(&mut registry.slack, file.slack);
        let limits = &mut config.engine.limits;
        set(&mut limits.apps, typed.max_apps.or(file.max_apps));
        set(&mut limits.per_address, file.max_apps_per_address);
        let trust = &mut config.engine.trust;
        set(&mut trust.declared_hosts, file.accept_declared_hosts);
        set(&mut trust.proxies, file.trusted_proxies);
        trust.keys = file.keys;
        set(&mut config.http.connections_per_address, file.max_connections_per_address);
        set(&mut config.http.hosts, file.allowed_hosts);
        set(&mut config.http.reads, file.reads);
        set(&mut config.http.link.reach, file.links);
        set(&mut config.http.link.origins, file.link_origins);
        Ok(config)
    }
}

/// The flag over the file; the host is the one that this machine's other clients declare.
fn beat_to(
    typed: Option<String>,
    (path, file): (&Path, Option<String>),
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<heart::Config>, ConfigError> {
    let (place, text) = match (typed, file) {
        (Some(text), _) => ("--beat-to".to_owned(), text),
        (None, Some(text)) => (format!("`beat_to` in {}", path.display()), text),
        (None, None) => return Ok(None),
    };
    let to = text.parse().map_err(|reason| ConfigError::BeatTo { place, reason })?;
    let host = env("HB_HOST_ID").filter(|host| !host.is_empty());
    if let Some(host) = &host {
        Identity::new(host, "", "-").map_err(ConfigError::Host)?;
    }
    Ok(Some(heart::Config { host, ..heart::Config::new(to) }))
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

fn policy(place: &str, value: &str) -> Result<Policy, ConfigError> {
    Policy::ALL.iter().copied().find(|policy| policy.word() == value).ok_or_else(|| {
        let near = key::nearest(value, Policy::ALL.iter().map(|policy| policy.word()));
        let hint = near.map(|word| format!(": did you mean `{word}`?")).unwrap_or_default();
        ConfigError::Policy { place: place.into(), value: value.into(), hint }
    })
}

#[cfg(test)]
mod tests;
