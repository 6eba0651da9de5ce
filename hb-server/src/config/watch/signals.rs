//! `[[signal]]` of `hb.toml`: an MQTT topic on which a key switch or a show control says when something is open. Not here:
//! what it says there ([`crate::watch::signals`]).

use hb_core::id::Who;

use super::super::broker::{self, CA, PASSWORD, PASSWORD_FILE, PORT, SERVER, TLS, USER};
use super::super::file::FileError;
use super::super::table::{Key, Table, key};
use super::calendar::{FOR, scopes};
use crate::notify::channel::mqtt::Mqtt;
use crate::notify::channel::mqtt::topics::Topics;
use crate::watch;
use crate::watch::signals::Config;

const TOPIC: Key =
    key("topic", "an MQTT topic in quotes, as in \"museum/hall3/open\"; + and # stand for any");

/// What `[[signal]]` takes.
pub(in super::super) const KEYS: &[Key] = &[SERVER, PORT, TLS, CA, USER, PASSWORD, PASSWORD_FILE, TOPIC, FOR];

pub(super) fn signal(mut table: Table<'_>, config: &watch::Config) -> Result<Config, FileError> {
    let broker = broker::mqtt(&mut table, "a signal", Topics::default())?;
    let topic = table.text_as(&TOPIC, |topic| match rumqttc::valid_filter(topic) {
        true => Ok(topic.to_owned()),
        false => Err(format!("{topic:?} is none: expected {}", TOPIC.expected)),
    })?;
    let topic = table.must(&TOPIC, topic)?;
    let who = Who::new(&format!("mqtt {topic}"), &broker.host);
    let who = who.map_err(|why| table.refuse(format!("`topic` or `server` {why}")))?;
    Mqtt::new(broker.clone()).map_err(|why| table.refuse(format!("a signal: {why}")))?;
    let scopes = scopes(&mut table, config)?;
    table.finish(KEYS)?;
    Ok(Config { broker, topic, scopes, who })
}
