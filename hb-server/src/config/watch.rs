//! `[[group]]`, `[[screen]]`, `[[hours]]`, `[[maintenance]]`, `[[repair]]` and `[[signal]]` of `hb.toml`: what is expected, when, and what
//! may be done about it. Not here: what it means ([`crate::watch`]), who is told (`alerts`).

pub(super) mod calendar;
pub(super) mod groups;
pub(super) mod repairs;
pub(super) mod screens;
pub(super) mod signals;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::file::FileError;
use super::table::{Table, Written};
use crate::watch;

/// The keys of the file that hold such tables.
pub(super) const TABLES: [&str; 6] = ["group", "screen", "hours", "maintenance", "repair", "signal"];

#[derive(Deserialize)]
struct Tables {
    #[serde(default)]
    group: Vec<Written>,
    #[serde(default)]
    screen: Vec<Written>,
    #[serde(default)]
    hours: Vec<Written>,
    #[serde(default)]
    maintenance: Vec<Written>,
    #[serde(default)]
    repair: Vec<Written>,
    #[serde(default)]
    signal: Vec<Written>,
}

/// Reads these tables in the text of the file at `path`; hours without a zone are by the clocks of `zone`.
pub(super) fn parse(path: &Path, text: &str, zone: &TimeZone) -> Result<watch::Config, FileError> {
    let tables: Tables = toml::from_str(text).map_err(|error| FileError::Table {
        path: path.into(),
        line: error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count()),
        reason: format!(
            "expected tables that begin with {}",
            TABLES.map(|name| format!("[[{name}]]")).join(", ")
        ),
    })?;
    let table = |written| Table::new(path, text, written);
    let mut config = watch::Config { zone: zone.clone(), ..watch::Config::default() };
    config.tree = groups::groups(tables.group.into_iter().map(table))?;
    let mut seen = BTreeMap::new();
    for written in tables.screen {
        screens::screen(table(written), zone, &mut seen, &mut config)?;
    }
    for written in tables.hours {
        calendar::hours(table(written), zone, &mut config)?;
    }
    for written in tables.maintenance {
        calendar::maintenance(table(written), zone, &mut config)?;
    }
    for written in tables.repair {
        config.repairs.push(repairs::repair(table(written))?);
    }
    for written in tables.signal {
        let signal = signals::signal(table(written), &config)?;
        config.signals.push(signal);
    }
    Ok(config)
}

#[cfg(test)]
mod tests;
