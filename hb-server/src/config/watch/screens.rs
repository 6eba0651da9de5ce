//! `[[screen]]` of `hb.toml`: which places should be lit, and with what. Not here: their opening hours' form (`calendar`).

use std::collections::BTreeMap;

use hb_core::expect::{Expected, Place};
use hb_core::id::{Glob, Identity, Pattern};
use hb_core::window::Scope;
use jiff::tz::TimeZone;

use super::super::file::FileError;
use super::super::table::{Key, Table, key};
use super::calendar;
use crate::watch;

const HOST: Key = key("host", "a host in quotes, or many, as in \"kiosk-7\" or \"hall3-{01..20}\"");
const SLOT: Key =
    key("slot", "a window of the host in quotes, or many, as in \"left\" or [\"left\", \"right\"]");
const SHOWS: Key = key("shows", "apps in quotes of which one is enough, as in [\"tetris\", \"pong*\"]");
const HOURS: Key = key("hours", "opening hours of its own in quotes, as in \"mo-fr 09:30-18:00\"");

/// What the table takes.
pub(in super::super) const KEYS: &[Key] = &[HOST, SLOT, SHOWS, HOURS];

/// Most screens that one line may mean.
const MOST: usize = 1_000;

/// Reads one table into `config`; `seen` are the lines of the places so far.
pub(super) fn screen(
    mut table: Table<'_>,
    zone: &TimeZone,
    seen: &mut BTreeMap<Place, usize>,
    config: &mut watch::Config,
) -> Result<(), FileError> {
    let at = table.line_of(&HOST);
    let hosts = table.some(&HOST, hosts)?;
    let hosts = table.must(&HOST, hosts)?.concat();
    let slots = table.some(&SLOT, |text| Ok(text.to_owned()))?.unwrap_or_else(|| vec![String::new()]);
    let shows = table.some(&SHOWS, |text| Glob::new(text).map_err(|error| format!("{text:?} {error}")))?;
    let shows = table.must(&SHOWS, shows)?;
    let hours = calendar::read(&mut table, &HOURS, zone)?;
    for host in &hosts {
        for slot in &slots {
            let place = Place::new(host, slot);
            let place = place.map_err(|error| {
                table.refuse_at(at, format!("`{host}` as a host, or `{slot}` as a slot, {error}"))
            })?;
            if let Some(line) = seen.insert(place.clone(), at) {
                return Err(table.refuse_at(
                    at,
                    format!("{place} is expected already, by line {line}: expected each place once"),
                ));
            }
            if let (Some(hours), Ok(all)) = (&hours, Identity::new(host, slot, "*")) {
                config.calendars.push((Scope::Apps(Pattern::from(all)), hours.clone()));
            }
            config.expect.push(Expected { place, shows: shows.clone() });
        }
    }
    calendar::check_number(&table, config)?;
    table.finish(KEYS)
}

/// The hosts that are meant: `hall3-{01..20}` are twenty, and more than one range is every combination.
fn hosts(text: &str) -> Result<Vec<String>, String> {
    if text.contains('*') {
        return Err(format!(
            "{text:?} could be any number of screens: expected a host, or a range of them as in \"hall3-{{01..20}}\""
        ));
    }
    let mut done = vec![String::new()];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let range = behind.split_once('}').and_then(|(range, after)| Some((range.split_once("..")?, after)));
        let no_range = || {
            format!("{text:?}: expected a range of numbers between its braces, as in \"hall3-{{01..20}}\"")
        };
        let ((from, to), after) = range.ok_or_else(no_range)?;
        let number =
            |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let (first, last) = number(from).zip(number(to)).ok_or_else(no_range)?;
        if first > last {
            return Err(format!("{text:?} runs backwards: expected {{{to}..{from}}}"));
        }
        let count = usize::try_from(last - first).map_or(usize::MAX, |count| count.saturating_add(1));
        if count.saturating_mul(done.len()) > MOST {
            return Err(format!("{text:?} are more than {MOST} screens: expected fewer at once"));
        }
        let width = from.len();
        let with =
            |head: &String| (first..=last).map(|n| format!("{head}{before}{n:0width$}")).collect::<Vec<_>>();
        done = done.iter().flat_map(with).collect();
        rest = after;
    }
    Ok(done.into_iter().map(|head| head + rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_every_host_of_it() {
        assert_eq!(hosts("kiosk-7").unwrap(), ["kiosk-7"]);
        assert_eq!(hosts("h-{09..11}.local").unwrap(), ["h-09.local", "h-10.local", "h-11.local"]);
        assert_eq!(hosts("h{1..2}-{8..9}").unwrap(), ["h1-8", "h1-9", "h2-8", "h2-9"]);
        assert_eq!(hosts("{9..10}").unwrap(), ["9", "10"]);
        for (text, wanted) in [
            ("hall3-*", "could be any number of screens: expected a host, or a range"),
            ("h-{a..b}", "expected a range of numbers between its braces"),
            ("h-{1,2}", "expected a range of numbers between its braces"),
            ("h-{1..", "expected a range of numbers between its braces"),
            ("h-{+1..2}", "expected a range of numbers between its braces"),
            ("h-{20..01}", "runs backwards: expected {01..20}"),
            ("h-{1..4294967295}", "are more than 1000 screens"),
        ] {
            let said = hosts(text).unwrap_err();
            assert!(said.contains(wanted), "{said}");
        }
    }
}
