//! One app: the server's own line, and where that knows of no such app, what the API knows: who said goodbye, and the
//! apps of other hosts and slots. Not here: all apps together (`overview`).

use hb_core::id::{OwnedIdentity, short};
use hb_core::wire::status::Line;

use super::super::address::Address;
use super::super::ask::{Client, NoAnswer, printable};
use super::api;
use super::overview::App;

/// How many apps a hint names.
const NAMED: usize = 3;

/// The app that is asked for: by its id, in a slot or in none, or by its label.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) app: &'a str,
    pub(super) slot: Option<&'a str>,
}

impl Asked<'_> {
    /// The name of its service: a label stays as it is.
    pub(super) fn name(&self) -> String {
        match (self.slot, self.app.parse::<OwnedIdentity>()) {
            (None, Ok(_)) => self.app.to_owned(),
            (slot, _) => short(self.app, slot.unwrap_or_default()).to_string(),
        }
    }

    /// The line that judges it.
    pub(super) fn line(self, client: &Client, address: &Address) -> Result<Line, NoAnswer> {
        let line = super::status_line(client, address, Some(self.app), self.slot)?;
        Ok(self.known(address, &line).unwrap_or(line))
    }

    /// What the API knows of an app without a record; where it says nothing, the status line holds.
    fn known(self, address: &Address, line: &Line) -> Option<Line> {
        let label = line.text.strip_prefix("CRITICAL - no application record for queried ID: ")?;
        // Of the brackets only the outer pair is the line's: an app may be called `[x]`.
        let label = label.strip_prefix('[')?.strip_suffix(']')?;
        // The API looks for one name, and a label is two or three.
        let app = self.app.rsplit_once(" @ ").map_or(self.app, |(app, _)| app);
        let apps = match api::ask(address, Some(app)) {
            Ok(api::View::Apps(apps)) => apps,
            Ok(api::View::NoApi) => return None,
            Ok(api::View::Hidden(why)) => return untold(&why),
            Err(error) => return untold(&error),
        };
        // Who said goodbye is not tracked, so the status line knows nothing of it.
        let labelled = |one: &&App| self.slot.is_none() && one.label() == self.app;
        let found = apps.iter().find(|one| one.is_done(label)).or_else(|| apps.iter().find(labelled));
        if found.is_none() {
            hint(app, &apps);
        }
        found.map(App::line)
    }
}

fn untold(why: &dyn std::fmt::Display) -> Option<Line> {
    eprintln!("hb: whether it said goodbye, or runs elsewhere, is not known: {why}");
    None
}

/// Where else an app of this name is, for the person who has to find the right one.
fn hint(app: &str, apps: &[App]) {
    let elsewhere = apps.iter().filter(|one| one.tracked() && one.is_called(app)).take(NAMED);
    let labels: Vec<_> = elsewhere.map(|one| format!("\"{}\"", printable(&one.label()))).collect();
    if !labels.is_empty() {
        eprintln!("hb: there is {}: ask for it so, with host and slot", labels.join(" and "));
    }
}
