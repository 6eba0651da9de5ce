//! Time zones by name, and the one of this machine. Not here: what is open in them (`calendar`).
//!
//! The names are those of the IANA data base: the machine's, and where it has none, the one that was current when hb was
//! built.

use jiff::tz::TimeZone;

use super::key::nearest;

/// The zone of this name.
///
/// # Errors
/// There is none; in words, with the nearest that there is.
pub(super) fn named(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let all = || known.iter().map(String::as_str);
        // Whoever writes "Berlin" means the city.
        let by_city = all().find(|known| last(known).eq_ignore_ascii_case(name));
        let hint = match by_city.or_else(|| nearest(name, all())) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "expected one as in \"Europe/Berlin\"".into(),
        };
        format!("{name:?} is no time zone: {hint}")
    })
}

/// The zone of this machine, and else UTC with a note for whoever reads the log.
pub(super) fn of_this_machine() -> (TimeZone, Option<String>) {
    match TimeZone::try_system() {
        Ok(zone) => (zone, None),
        Err(_) => {
            let note = "this machine does not say in which time zone it is, so all hours are UTC: \
                        add zone = \"Europe/Berlin\", or whichever is yours, to hb.toml";
            (TimeZone::UTC, Some(note.into()))
        }
    }
}

/// What people call a zone: the last part of its name.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_names_and_near_misses_are_named() {
        assert_eq!(named("Europe/Berlin").unwrap().iana_name(), Some("Europe/Berlin"));
        for (written, meant) in
            [("Europe/Berln", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("Tokyo", "Asia/Tokyo")]
        {
            let wanted = format!("{written:?} is no time zone: did you mean \"{meant}\"?");
            assert_eq!(named(written).unwrap_err(), wanted);
        }
        assert_eq!(named("~").unwrap_err(), "\"~\" is no time zone: expected one as in \"Europe/Berlin\"");
    }
}
