//! `[[channel]]` and `[[rule]]` of `hb.toml`: who is told, by what, and when. Not here: how a channel works ([`notify`]),
//! what a rule decides ([`hb_core::alert`]).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hb_core::alert::{self, Rule};
use hb_core::beat::State;
use hb_core::window::Hours;
use serde::Deserialize;

use super::broker::{self, CA, PASSWORD, PASSWORD_FILE, PORT, SERVER, TLS, USER, ca};
use super::file::FileError;
use super::table::{Key, Table, Written, key};
use super::watch::{calendar, groups};
use crate::notify::channel::Channel;
use crate::notify::channel::command::Command;
use crate::notify::channel::mail::{self, Mail, Security};
use crate::notify::channel::mqtt::Mqtt;
use crate::notify::channel::mqtt::topics::Topics;
use crate::notify::channel::webhook::{Shape, Webhook};
use crate::notify::render::own::{Form, Template};
use crate::{notify, watch};

/// The keys of the file that hold such tables.
pub(super) const TABLES: [&str; 2] = ["channel", "rule"];

/// The states that a rule may name.
const BAD: [State; 4] = [State::Missing, State::Down, State::Stalled, State::Hidden];

#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    channel: Vec<Written>,
    #[serde(default)]
    rule: Vec<Written>,
}

const NAME: Key = key("name", "a name in quotes, as in \"guards\"");
const TYPE: Key = key(
    "type",
    "\"slack\", \"mattermost\", \"teams\", \"ntfy\", \"webhook\", \"mail\", \"mqtt\" or \"command\"",
);
const URL: Key = key("url", "an address in quotes, as in \"https://ntfy.example/hall3\"");
const TOKEN: Key = key("token", "a text in quotes");
const TOKEN_FILE: Key = key("token_file", "a file in quotes, as in \"/etc/hb/token\"");
const TEMPLATE: Key = key("template", "a file in quotes that ends in .json, .html or .txt");
const SECURITY: Key = key("security", "\"tls\", \"starttls\", or, on this machine, \"plain\"");
const FROM: Key = key("from", "a mail address in quotes, as in \"hb <hb@museum.example>\"");
const TO: Key = key("to", "mail addresses in quotes, as in [\"guard@museum.example\"]");
const TOPIC: Key = key("topic", "the head of all topics in quotes, as in \"hb\"");
const DISCOVERY: Key = key("discovery", "false, or the head of Home Assistant's topics in quotes");
const ARGV: Key =
    key("argv", "a program and its arguments in quotes, as in [\"/usr/local/bin/sms\", \"--to\", \"guard\"]");
const REPORT: Key = key("report", "true, for a report when it opens, or false");

const PICTURES: Key = key("pictures", "true, for what the screens show, or false");

const APPS: Key = key("apps", "apps in quotes, as in [\"tetris\", \"hall3-*/*\"]");
const GROUPS: Key = key("groups", "groups in quotes, as in [\"hall 3\"]");
const STATES: Key = key("states", "states in quotes: \"missing\", \"down\", \"stalled\", \"hidden\"");
const FOR: Key = key("for_s", "seconds, as in 15");
const REMIND: Key = key("remind_s", "seconds from 60 on, as in 3600, or false");
const CHANNELS: Key = key("channels", "names of channels in quotes, as in [\"guards\"]");
const HOURS: Key =
    key("hours", "hours in quotes outside of which nobody is told, as in \"mo-fr 09:00-18:00\"");

/// What every `[[channel]]` takes.
pub(super) const EVERY: &[Key] = &[NAME, TYPE, REPORT];
/// What one of each type takes besides.
pub(super) const KINDS: &[(&str, &[Key])] = &[
    ("slack", &[URL, TOKEN, TOKEN_FILE, CA]),
    ("mattermost", &[URL, TOKEN, TOKEN_FILE, CA]),
    ("teams", &[URL, TOKEN, TOKEN_FILE, CA]),
    ("ntfy", &[URL, TOKEN, TOKEN_FILE, CA]),
    ("webhook", &[URL, TOKEN, TOKEN_FILE, CA, TEMPLATE, PICTURES]),
    ("mail", &[SERVER, PORT, SECURITY, CA, USER, PASSWORD, PASSWORD_FILE, FROM, TO, PICTURES]),
    ("mqtt", &[SERVER, PORT, TLS, CA, USER, PASSWORD, PASSWORD_FILE, TOPIC, DISCOVERY]),
    ("command", &[ARGV, PICTURES]),
];

/// What `[[rule]]` takes.
pub(super) const RULE: &[Key] = &[APPS, GROUPS, STATES, FOR, REMIND, HOURS, calendar::ZONE, CHANNELS];

/// Reads the channels and rules in the text of the file at `path`, for a house that is described in `house`. Without a
/// rule every channel is told of everything.
pub(super) fn parse(path: &Path, text: &str, house: &watch::Config) -> Result<notify::Config, FileError> {
    let tables: Tables = toml::from_str(text).map_err(|error| FileError::Table {
        path: path.into(),
        line: error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count()),
        reason: "expected tables that begin with [[channel]] or [[rule]]".into(),
    })?;
    let mut config = notify::Config::default();
    for written in tables.channel {
        let named = channel(Table::new(path, text, written), &config)?;
        config.channels.push(named);
    }
    for written in tables.rule {
        let (rule, hours) = rule(Table::new(path, text, written), &config, house)?;
        config.rules.push(rule);
        config.hours.push(hours);
    }
    if config.rules.is_empty() && !config.channels.is_empty() {
        let all = (0..config.channels.len()).filter_map(|at| u16::try_from(at).ok()).map(alert::Channel);
        config.rules.push(Rule::everything(all.collect()));
        config.hours.push(None);
    }
    Ok(config)
}

fn channel(mut table: Table<'_>, before: &notify::Config) -> Result<notify::Named, FileError> {
    let name = table.text(&NAME)?;
    let name = table.must(&NAME, name)?;
    if before.channel(&name).is_some() {
        return Err(table.refuse(format!("there is a channel `{name}` already: expected another name")));
    }
    let kind = table.text(&TYPE)?;
    let kind = table.must(&TYPE, kind)?;
    let Some((_, known)) = KINDS.iter().find(|(word, _)| *word == kind) else {
        return Err(table.refuse(format!("channel `{name}`: `type` is {kind:?}: expected {}", TYPE.expected)));
    };
    let channel = match &*kind {
        "slack" => webhook(&mut table, &name, Some(Shape::Slack))?,
        "mattermost" => webhook(&mut table, &name, Some(Shape::Mattermost))?,
        "teams" => webhook(&mut table, &name, Some(Shape::Teams))?,
        "ntfy" => webhook(&mut table, &name, Some(Shape::Ntfy))?,
        "mail" => mail(&mut table, &name)?,
        "mqtt" => mqtt(&mut table, &name)?,
        "command" => {
            let argv = table.texts(&ARGV)?;
            let argv = table.must(&ARGV, argv)?;
            Channel::Command(table.must(&ARGV, Command::new(&argv))?)
        }
        _ => webhook(&mut table, &name, None)?,
    };
    let report = table.take(&REPORT, toml::Value::as_bool)?.unwrap_or(false);
    // What takes none is told so, as of any other key that it does not take.
    let shows = known.iter().any(|key| key.name == PICTURES.name);
    let pictures = if shows { table.take(&PICTURES, toml::Value::as_bool)? } else { None }.unwrap_or(false);
    let known: Vec<Key> = EVERY.iter().chain(*known).copied().collect();
    table.finish(&known)?;
    Ok(notify::Named { name: name.into(), channel: Arc::new(channel), report, pictures })
}

fn webhook(table: &mut Table<'_>, name: &str, shape: Option<Shape>) -> Result<Channel, FileError> {
    let url = table.text(&URL)?;
    let url = table.must(&URL, url)?;
    let token = table.secret(&TOKEN, &TOKEN_FILE)?;
    let shape = match shape {
        Some(shape) => shape,
        None => match table.file(&TEMPLATE)? {
            None => Shape::Json,
            Some((file, source)) => {
                let form = match file.extension().and_then(|end| end.to_str()) {
                    Some("json") => Form::Json,
                    Some("html") => Form::Html,
                    Some("txt") => Form::Text,
                    _ => {
                        return Err(table.refuse(format!(
                            "channel `{name}`: `template`: expected {}",
                            TEMPLATE.expected
                        )));
                    }
                };
                let template = Template::new(&source, form);
                Shape::Own(Box::new(
                    template.map_err(|error| table.refuse(format!("channel `{name}`: {error}")))?,
                ))
            }
        },
    };
    let ca = ca(table)?;
    let webhook = Webhook::new(&url, token, shape, ca.as_ref());
    Ok(Channel::Webhook(webhook.map_err(|error| table.refuse(format!("channel `{name}`: {error}")))?))
}

fn mail(table: &mut Table<'_>, name: &str) -> Result<Channel, FileError> {
    let server = table.text(&SERVER)?;
    let from = table.text(&FROM)?;
    let security = table.take(&SECURITY, |value| match value.as_str()? {
        "tls" => Some(Security::Tls),
        "starttls" => Some(Security::StartTls),
        "plain" => Some(Security::Plain),
        _ => None,
    })?;
    let config = mail::Config {
        server: table.must(&SERVER, server)?,
        port: broker::port(table)?,
        security: security.unwrap_or(Security::Tls),
        ca: ca(table)?,
        login: broker::login(table, &format!("channel `{name}`"))?,
        from: table.must(&FROM, from)?,
        to: table.texts(&TO)?.unwrap_or_default(),
    };
    Ok(Channel::Mail(Mail::new(config).map_err(|error| table.refuse(format!("channel `{name}`: {error}")))?))
}

fn mqtt(table: &mut Table<'_>, name: &str) -> Result<Channel, FileError> {
    let head = |text: &str| {
        let plain = !text.is_empty() && !text.contains(['+', '#', '\0']) && !text.ends_with('/');
        plain.then(|| text.to_owned())
    };
    let mut topics = Topics::default();
    if let Some(own) = table.take(&TOPIC, |value| head(value.as_str()?))? {
        topics.own = own;
    }
    let discovery = table.take(&DISCOVERY, |value| match value.as_bool() {
        Some(true) => None,
        Some(false) => Some(None),
        None => Some(Some(head(value.as_str()?)?)),
    })?;
    if let Some(discovery) = discovery {
        topics.discovery = discovery;
    }
    let config = broker::mqtt(table, &format!("channel `{name}`"), topics)?;
    Ok(Channel::Mqtt(Mqtt::new(config).map_err(|error| table.refuse(format!("channel `{name}`: {error}")))?))
}

fn rule(
    mut table: Table<'_>,
    config: &notify::Config,
    house: &watch::Config,
) -> Result<(Rule, Option<Hours>), FileError> {
    let seconds = |value: &toml::Value| u64::try_from(value.as_integer()?).ok().map(Duration::from_secs);
    let names = table.texts(&CHANNELS)?;
    let mut channels = Vec::new();
    for name in table.must(&CHANNELS, names)? {
        let at = config.channels.iter().position(|named| *named.name == *name);
        let Some(at) = at.and_then(|at| u16::try_from(at).ok()) else {
            let all: Vec<&str> = config.channels.iter().map(|named| &*named.name).collect();
            let all = if all.is_empty() { "a [[channel]] with this name".into() } else { all.join(", ") };
            return Err(table.refuse(format!("a rule tells `{name}`, which is no channel: expected {all}")));
        };
        channels.push(alert::Channel(at));
    }
    let mut rule = Rule::everything(channels);
    let names = || house.tree.groups.iter().map(|group| &*group.name);
    let group = |name: &str| match names().any(|known| known == name) {
        true => Ok(name.into()),
        false => Err(watch::no_group(name, names())),
    };
    let states = |value: &_| {
        let bad = |text: &String| State::from_word(text).filter(|state| BAD.contains(state));
        super::key::texts(value)?.iter().map(bad).collect()
    };
    rule.apps = table.each(&APPS, groups::pattern)?.unwrap_or_default();
    rule.groups = table.each(&GROUPS, group)?.unwrap_or_default();
    rule.states = table.take(&STATES, states)?.unwrap_or_default();
    if let Some(wait) = table.take(&FOR, seconds)? {
        rule.wait = wait;
    }
    let remind = table.take(&REMIND, |value| match value.as_bool() {
        Some(false) => Some(None),
        _ => seconds(value).filter(|every| every.as_secs() >= 60).map(Some),
    })?;
    if let Some(remind) = remind {
        rule.remind = remind;
    }
    let zone = calendar::zone_of(&mut table, &house.zone)?;
    let hours = calendar::read(&mut table, &HOURS, &zone)?;
    table.finish(RULE)?;
    Ok((rule, hours))
}

#[cfg(test)]
mod tests;
