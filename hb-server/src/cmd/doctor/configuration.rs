//! Is the configuration one that the server takes, and does anything in it look wrong?
//!
//! Not here: what it means (`hb config check`).

use hb_server::config::words;

use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "configuration";

/// What is known of the file.
#[derive(Debug)]
struct Facts {
    /// The file that was read, or why it was refused.
    read: Result<Option<String>, String>,
    /// What is no mistake, and probably not meant.
    notes: Vec<String>,
    /// The time zone of all hours.
    zone: Option<String>,
    /// Whether there are opening hours, which need one.
    has_hours: bool,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    judge(&match &ground.config {
        Err(why) => Facts { read: Err(why.clone()), notes: Vec::new(), zone: None, has_hours: false },
        Ok(config) => {
            let doubts = words::doubts(config);
            Facts {
                read: Ok(config.file.as_ref().map(|path| path.display().to_string())),
                notes: doubts,
                zone: config.watch.zone.iana_name().map(String::from),
                has_hours: !config.watch.calendars.is_empty(),
            }
        }
    })
}

fn judge(facts: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    match &facts.read {
        // Files of passwords and keys are for the server's user alone, as they should be.
        Err(why) if why.to_lowercase().contains("permission denied") => {
            let advice =
                "if this account is not hb's, ask as that: sudo -u hb hb doctor; else let it read the file";
            return vec![Finding::doubt(CHECK, why, advice)];
        }
        Err(why) => return vec![Finding::wrong(CHECK, why, "mend it, then: hb config check")],
        Ok(Some(path)) => found.push(Finding::fine(CHECK, format!("{path} is good"))),
        Ok(None) => found.push(Finding::fine(CHECK, "there is no hb.toml: hb goes by its defaults")),
    }
    found.extend(facts.notes.iter().map(|note| Finding::doubt(CHECK, note, "hb config check says more")));
    let zone = "time zone";
    found.push(match facts.zone.as_deref() {
        Some("UTC" | "Etc/UTC") | None if facts.has_hours => Finding::doubt(
            zone,
            "opening hours go by UTC",
            "name yours at the top of hb.toml, as in zone = \"Europe/Berlin\"",
        ),
        Some(name) => Finding::fine(zone, name),
        None => Finding::fine(zone, "it has no name, and nothing needs one"),
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        let facts = |read, notes: &[&str], zone: Option<&str>, has_hours| Facts {
            read,
            notes: notes.iter().map(|note| (*note).to_owned()).collect(),
            zone: zone.map(String::from),
            has_hours,
        };
        for (facts, levels) in [
            (facts(Err("line 3: ...".into()), &[], None, false), &[Wrong][..]),
            (
                facts(
                    Err("cannot read /etc/hb/key: Permission denied (os error 13)".into()),
                    &[],
                    None,
                    false,
                ),
                &[Doubt],
            ),
            (facts(Ok(None), &[], Some("UTC"), false), &[Fine, Fine]),
            (facts(Ok(None), &[], None, false), &[Fine, Fine]),
            (facts(Ok(Some("hb.toml".into())), &[], Some("Europe/Berlin"), true), &[Fine, Fine]),
            (
                facts(Ok(Some("hb.toml".into())), &["a group without a screen"], Some("UTC"), true),
                &[Fine, Doubt, Doubt],
            ),
            (facts(Ok(Some("hb.toml".into())), &[], None, true), &[Fine, Doubt]),
        ] {
            let found: Vec<_> = judge(&facts).iter().map(|finding| finding.level).collect();
            assert_eq!(found, levels, "{facts:?}");
        }
    }
}
