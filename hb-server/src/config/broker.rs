//! The machine that a table of `hb.toml` names, and how it lets us in: for mail and for MQTT. Not here: what goes there.

use toml::Value;

use super::file::FileError;
use super::table::{Key, Table, key};
use crate::notify::channel::Secret;
use crate::notify::channel::mqtt;
use crate::notify::channel::mqtt::topics::Topics;
use crate::tls::Roots;

pub(super) const SERVER: Key = key("server", "a machine in quotes, as in \"mail.museum.example\"");
pub(super) const PORT: Key = key("port", "a number from 1 to 65535");
pub(super) const TLS: Key = key("tls", "true or false");
pub(super) const CA: Key = key("ca", "a file in quotes, as in \"/etc/hb/ca.pem\"");
pub(super) const USER: Key = key("user", "a name in quotes");
pub(super) const PASSWORD: Key = key("password", "a text in quotes");
pub(super) const PASSWORD_FILE: Key = key("password_file", "a file in quotes, as in \"/etc/hb/password\"");

/// The broker of a table that is called `what`.
pub(super) fn mqtt(table: &mut Table<'_>, what: &str, topics: Topics) -> Result<mqtt::Config, FileError> {
    let host = table.text(&SERVER)?;
    Ok(mqtt::Config {
        host: table.must(&SERVER, host)?,
        port: port(table)?,
        tls: table.take(&TLS, Value::as_bool)?.unwrap_or(false),
        ca: ca(table)?,
        login: login(table, what)?,
        topics,
    })
}

pub(super) fn port(table: &mut Table<'_>) -> Result<Option<u16>, FileError> {
    table.take(&PORT, |value| u16::try_from(value.as_integer()?).ok().filter(|&port| port > 0))
}

/// Whose certificates are believed instead of those that the machine trusts.
pub(super) fn ca(table: &mut Table<'_>) -> Result<Option<Roots>, FileError> {
    let Some((path, text)) = table.file(&CA)? else { return Ok(None) };
    let roots = Roots::of_pem(&path, text.as_bytes());
    roots.map(Some).map_err(|error| table.refuse(format!("`{}`: {error}", CA.name)))
}

/// Name and password of a table that is called `what`: both, or none.
pub(super) fn login(table: &mut Table<'_>, what: &str) -> Result<Option<(String, Secret)>, FileError> {
    match (table.text(&USER)?, table.secret(&PASSWORD, &PASSWORD_FILE)?) {
        (Some(user), Some(password)) => Ok(Some((user, password))),
        (None, None) => Ok(None),
        (Some(_), None) => {
            Err(table.refuse(format!("{what}: `user` without a password: add `password_file`")))
        }
        (None, Some(_)) => Err(table.refuse(format!("{what}: a password without `user`: add it"))),
    }
}
