//! `[[hours]]` and `[[maintenance]]` of `hb.toml`: when it is open, and when it is worked on. Not here: how hours are
//! written ([`hb_core::window::hours`]).

use hb_core::window::{Hours, MAX_CALENDARS, Scope};
use jiff::tz::TimeZone;

use super::super::file::FileError;
use super::super::table::{Key, Table, key};
use super::super::zone;
use crate::watch::{self, no_group};

pub(super) const FOR: Key =
    key("for", "whom in quotes, as in \"everything\", \"group:hall 3\" or [\"kiosk-7/*\", \"kiosk-8/*\"]");
const OPEN: Key =
    key("open", "hours in quotes, as in \"mo-fr 09:30-18:00, sa su 10:00-20:00, 2026-12-25 closed\"");
const DURING: Key = key("during", "hours in quotes, as in \"we 07:00-09:00\"");
const REASON: Key = key("reason", "a text in quotes, as in \"the lamps are cleaned\"");
/// Beside all hours but those of a screen.
pub(in super::super) const ZONE: Key = key("zone", "a time zone in quotes, as in \"Europe/Berlin\"");

/// What `[[hours]]` takes.
pub(in super::super) const HOURS: &[Key] = &[FOR, OPEN, ZONE];
/// What `[[maintenance]]` takes.
pub(in super::super) const MAINTENANCE: &[Key] = &[FOR, DURING, REASON, ZONE];

/// Reads `[[hours]]` into `config`.
pub(super) fn hours(
    mut table: Table<'_>,
    zone: &TimeZone,
    config: &mut watch::Config,
) -> Result<(), FileError> {
    let scopes = scopes(&mut table, config)?;
    let zone = zone_of(&mut table, zone)?;
    let hours = read(&mut table, &OPEN, &zone)?;
    let hours = table.must(&OPEN, hours)?;
    for scope in scopes {
        if config.calendars.iter().any(|(other, _)| *other == scope) {
            return Err(table.refuse(format!("there are hours for {scope} already: expected each once")));
        }
        config.calendars.push((scope, hours.clone()));
    }
    check_number(&table, config)?;
    table.finish(HOURS)
}

/// Reads `[[maintenance]]` into `config`.
pub(super) fn maintenance(
    mut table: Table<'_>,
    zone: &TimeZone,
    config: &mut watch::Config,
) -> Result<(), FileError> {
    let scopes = scopes(&mut table, config)?;
    let zone = zone_of(&mut table, zone)?;
    let hours = read(&mut table, &DURING, &zone)?;
    let hours = table.must(&DURING, hours)?;
    let reason = table.text(&REASON)?.unwrap_or_default();
    for scope in scopes {
        config.windows.push(watch::Window { scope, hours: hours.clone(), reason: reason.clone() });
    }
    table.finish(MAINTENANCE)
}

/// Hours under `key`, by the clocks of `zone`.
pub(in super::super) fn read(
    table: &mut Table<'_>,
    key: &Key,
    zone: &TimeZone,
) -> Result<Option<Hours>, FileError> {
    table.text_as(key, |text| Hours::parse(text, zone.clone()).map_err(|error| error.to_string()))
}

/// The zone of the table, or else of the house.
pub(in super::super) fn zone_of(table: &mut Table<'_>, house: &TimeZone) -> Result<TimeZone, FileError> {
    Ok(table.text_as(&ZONE, zone::named)?.unwrap_or_else(|| house.clone()))
}

/// The server holds so many calendars and no more.
pub(super) fn check_number(table: &Table<'_>, config: &watch::Config) -> Result<(), FileError> {
    let count = config.calendars.len();
    if count <= MAX_CALENDARS {
        return Ok(());
    }
    Err(table.refuse(format!(
        "with these there are {count} calendars: expected at most {MAX_CALENDARS}; give a group its hours, as in \
         for = \"group:hall 3\""
    )))
}

/// Whom something is for.
pub(super) fn scopes(table: &mut Table<'_>, config: &watch::Config) -> Result<Vec<Scope>, FileError> {
    let scopes = table.some(&FOR, |text| {
        let scope = text.parse().map_err(|error| format!("{text:?} {error}"))?;
        if let Scope::Group(glob) = &scope {
            let names = || config.tree.groups.iter().map(|group| &*group.name);
            if !names().any(|name| glob.matches(name)) {
                return Err(no_group(glob.as_str(), names()));
            }
        }
        Ok(scope)
    })?;
    table.must(&FOR, scopes)
}
