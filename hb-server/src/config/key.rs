//! What may stand in `hb.toml`: every key, what it takes, and the sentence for whoever wrote something else.
//!
//! Not here: where the file is looked for (`file`), what a setting means (the room that has it).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hb_bus::message::Topic;
use jiff::tz::TimeZone;
use toml::{Spanned, Value};

use super::file::FileError;
use super::{alerts, locks, udp, watch, zone};
use crate::carrier::discovery::Audience;
use crate::carrier::nats;
use crate::engine::key::Keys;
use crate::engine::peer::Network;
use crate::http::Reads;
use crate::http::link::Reach;
use crate::notify;
use crate::watch::links::Base;
pub(super) use crate::watch::nearest;

/// Every key there is, and what it takes. One that is none of these is refused: a misspelt setting must not be a silent
/// default.
pub(super) const KEYS: &[(&str, &str)] = &[
    ("accept_declared_hosts", "true or false"),
    ("allowed_hosts", "names in quotes, as in [\"hall3.example\"]"),
    ("beat_to", "an address in quotes, as in \"http://hall:8888\""),
    ("boot_grace_s", "seconds from 0 on, as in 300"),
    ("ca", "a file in quotes, as in \"/etc/hb/ca.pem\""),
    ("discovery", "\"mdns\" or \"off\""),
    ("link_origins", "origins in quotes, as in [\"http://exhibit.example\"]"),
    ("links", "\"local\", \"network\" or \"off\""),
    ("listen", "addresses in quotes, as in [\"127.0.0.1:8888\"]"),
    ("max_apps", "a number from 1 on, as in 100000"),
    ("max_apps_per_address", "a number from 1 on, as in 1024"),
    ("max_connections_per_address", "a number from 1 on, as in 2048"),
    ("nats", "an address in quotes, as in \"nats://hall:4222\""),
    ("nats_topics", "topics of screens in quotes, as in [\"app/127.0.0.1/tetris/door\"]"),
    ("policy", "\"auto\", \"strict\" or \"hilbert\""),
    ("reads", "\"open\" or \"token\""),
    ("retention_days", "a number of days from 1 to 36500, as in 365"),
    ("slack", "true or false"),
    ("state", "a folder in quotes, as in \"/var/lib/hb\""),
    ("tls_cert", "a file in quotes, as in \"/etc/hb/cert.pem\""),
    ("tls_key", "a file in quotes, as in \"/etc/hb/key.pem\""),
    ("tolerance_ms", "milliseconds, as in 1000"),
    ("trusted_proxies", "addresses or networks in quotes, as in [\"10.0.0.1\", \"fd00::/8\"]"),
    ("udp", "true, false, or addresses in quotes, as in [\"127.0.0.1:8888\"]"),
    ("url", "an address that people reach this server by, in quotes, as in \"https://hb.museum.example\""),
    ("zone", "a time zone in quotes, as in \"Europe/Berlin\""),
];

/// What people write for a key of another name.
const OTHER_NAMES: &[(&str, &str)] =
    &[("address", "listen"), ("bind", "listen"), ("host", "listen"), ("port", "listen")];

/// What the file says; all of it optional.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) listen: Vec<String>,
    pub(super) policy: Option<String>,
    pub(super) tolerance_ms: Option<u64>,
    pub(super) slack: Option<bool>,
    pub(super) max_apps: Option<usize>,
    pub(super) max_apps_per_address: Option<usize>,
    pub(super) max_connections_per_address: Option<usize>,
    pub(super) accept_declared_hosts: Option<bool>,
    pub(super) trusted_proxies: Option<Vec<Network>>,
    pub(super) allowed_hosts: Option<Vec<String>>,
    pub(super) links: Option<Reach>,
    pub(super) discovery: Option<Option<Audience>>,
    pub(super) link_origins: Option<Vec<String>>,
    pub(super) udp: Option<udp::Written>,
    pub(super) beat_to: Option<String>,
    pub(super) ca: Option<PathBuf>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) nats: Option<nats::Address>,
    pub(super) nats_topics: Option<Vec<Topic>>,
    pub(super) retention_days: Option<u32>,
    pub(super) reads: Option<Reads>,
    pub(super) state: Option<String>,
    pub(super) alerts: notify::Config,
    pub(super) boot_grace: Option<Duration>,
    pub(super) url: Option<Base>,
    pub(super) zone: Option<TimeZone>,
    pub(super) watch: crate::watch::Config,
    /// What is no mistake, and worth knowing.
    pub(super) notes: Vec<String>,
    pub(super) keys: Keys,
}

/// Reads the text of the file at `path`.
pub(super) fn parse(path: &Path, text: &str) -> Result<File, FileError> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let entries: BTreeMap<Spanned<String>, Spanned<Value>> =
        toml::from_str(text).map_err(|error| FileError::Invalid {
            path: path.into(),
            line: error.span().map_or(1, |span| line(span.start)),
            message: error.message().replace('\n', "; "),
        })?;
    let mut entries: Vec<_> = entries.into_iter().collect();
    // The first mistake is named first.
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut file = File::default();
    for (key, value) in entries {
        let (at, key, written) =
            (line(key.span().start), key.into_inner(), text.get(value.span()).unwrap_or_default());
        if tables().any(|table| table == key) {
            continue;
        }
        let Some((_, expected)) = KEYS.iter().find(|(name, _)| *name == key) else {
            return Err(FileError::UnknownKey { path: path.into(), line: at, hint: hint(&key), key });
        };
        if file.set(path, &key, value.get_ref()).is_none() {
            if let Some(Err(reason)) = value.get_ref().as_str().filter(|_| key == "zone").map(zone::named) {
                return Err(FileError::Table {
                    path: path.into(),
                    line: at,
                    reason: format!("`zone`: {reason}"),
                });
            }
            let value = written.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
            return Err(FileError::Value { path: path.into(), line: at, key, value, expected });
        }
    }
    let (zone, note) = file.zone.clone().map_or_else(zone::of_this_machine, |zone| (zone, None));
    file.watch = watch::parse(path, text, &zone)?;
    file.alerts = alerts::parse(path, text, &file.watch)?;
    // Whoever tells nobody and opens always needs no clock on the wall.
    let matters = !(file.watch.calendars.is_empty()
        && file.watch.windows.is_empty()
        && file.alerts.channels.is_empty());
    file.notes.extend(note.filter(|_| matters));
    file.keys = locks::parse(path, text)?;
    Ok(file)
}

impl File {
    /// `None` if `value` is not what `key` takes.
    fn set(&mut self, path: &Path, key: &str, value: &Value) -> Option<()> {
        // Beside hb.toml, unless it is absolute.
        let beside = |value: &Value| Some(path.parent().unwrap_or(Path::new("")).join(value.as_str()?));
        match key {
            "accept_declared_hosts" => self.accept_declared_hosts = Some(value.as_bool()?),
            "allowed_hosts" => self.allowed_hosts = Some(texts(value)?),
            "beat_to" => self.beat_to = Some(value.as_str()?.to_owned()),
            "boot_grace_s" => {
                self.boot_grace = Some(Duration::from_secs(value.as_integer()?.try_into().ok()?));
            }
            "ca" => self.ca = Some(beside(value)?),
            "discovery" => {
                self.discovery = Some(match value.as_str()? {
                    "mdns" => Some(Audience::Network),
                    "off" => None,
                    _ => return None,
                });
            }
            "link_origins" => self.link_origins = Some(texts(value)?),
            "links" => self.links = Some(Reach::from_word(value.as_str()?)?),
            "listen" => self.listen = texts(value)?,
            "max_apps" => self.max_apps = Some(count(value)?),
            "max_apps_per_address" => self.max_apps_per_address = Some(count(value)?),
            "max_connections_per_address" => self.max_connections_per_address = Some(count(value)?),
            "nats" => self.nats = Some(value.as_str()?.parse().ok()?),
            "nats_topics" => {
                let topics = texts(value)?.iter().map(|text| screens(text)).collect::<Option<_>>();
                self.nats_topics = Some(topics?);
            }
            "policy" => self.policy = Some(value.as_str()?.to_owned()),
            "retention_days" => {
                self.retention_days = Some(count(value)?.try_into().ok().filter(|&days| days <= 36_500)?);
            }
            "reads" => self.reads = Some(Reads::from_word(value.as_str()?)?),
            "slack" => self.slack = Some(value.as_bool()?),
            "state" => self.state = Some(value.as_str().filter(|text| !text.is_empty())?.to_owned()),
            "tls_cert" => self.tls_cert = Some(beside(value)?),
            "tls_key" => self.tls_key = Some(beside(value)?),
            "tolerance_ms" => self.tolerance_ms = Some(value.as_integer()?.try_into().ok()?),
            "trusted_proxies" => {
                let networks = texts(value)?.iter().map(|text| text.parse().ok()).collect::<Option<_>>();
                self.trusted_proxies = Some(networks?);
            }
            "udp" => {
                let whether = value.as_bool().map(udp::Written::Whether);
                self.udp = Some(whether.or_else(|| texts(value).map(udp::Written::At))?);
            }
            "url" => self.url = Some(value.as_str()?.parse().ok()?),
            "zone" => self.zone = Some(zone::named(value.as_str()?).ok()?),
            _ => return None,
        }
        Some(())
    }
}

/// The keys that hold tables.
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    alerts::TABLES.into_iter().chain([locks::TABLE]).chain(watch::TABLES)
}

/// One text, or a list of them: whoever has one address does not think of lists.
pub(super) fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(values) => values.iter().map(|value| value.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A topic of screens: nobody from outside speaks about the server's own.
fn screens(text: &str) -> Option<Topic> {
    text.starts_with("app/").then(|| text.parse().ok())?
}

fn count(value: &Value) -> Option<usize> {
    value.as_integer().and_then(|number| number.try_into().ok()).filter(|&count| count > 0)
}

/// What was meant instead of `key`: the nearest one, else all there are.
fn hint(key: &str) -> String {
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == key).map(|(_, key)| *key);
    match other.or_else(|| nearest(key, KEYS.iter().map(|(name, _)| *name).chain(tables()))) {
        Some(near) => format!(": did you mean `{near}`?"),
        None => {
            let tables: Vec<_> = tables().map(|name| format!("[[{name}]]")).collect();
            let names: Vec<_> =
                KEYS.iter().map(|(name, _)| *name).chain(tables.iter().map(String::as_str)).collect();
            format!(": expected one of {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_is_named_can_be_set() {
        for (key, expected) in KEYS {
            let example = expected.rsplit("as in ").next().unwrap();
            let example =
                example.split(" or ").next().unwrap().split(',').next().unwrap().trim_end_matches(']');
            let example = if example.starts_with('[') { format!("{example}]") } else { example.to_owned() };
            let text = format!("{key} = {example}\n");
            assert!(parse(Path::new("hb.toml"), &text).is_ok(), "{text}");
        }
    }

    #[test]
    fn other_names_lead_to_keys_that_exist() {
        for (_, key) in OTHER_NAMES {
            assert!(KEYS.iter().any(|(name, _)| name == key), "{key}");
        }
    }
}
