//! One app: the server's own line, and where that knows of no such app, what the API knows: who said goodbye, and the
//! apps of other hosts and slots. Not here: all apps together (`overview`).

use hb_core::id::{Identity, OwnedIdentity, short};
use hb_core::wire::status::{Line, no_record};

use super::super::address::Address;
use super::super::ask::{Client, NoAnswer, printable};
use super::api;
use super::overview::App;

/// How many apps a hint names.
const NAMED: usize = 12;

/// The app that is asked for: by its id, in a slot or in none, by its label, or by its address, `HOST/APP#SLOT`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) app: &'a str,
    pub(super) slot: Option<&'a str>,
}

impl Asked<'_> {
    /// The name of its service: a label and an address stay as they are.
    pub(super) fn name(&self) -> String {
        match (self.slot, self.app.parse::<OwnedIdentity>()) {
            (None, Ok(_)) => self.app.to_owned(),
            (None, Err(_)) if self.app.contains('/') => self.app.to_owned(),
            (slot, _) => short(self.app, slot.unwrap_or_default()).to_string(),
        }
    }

    /// The line that judges it.
    pub(super) fn line(self, client: &Client, address: &Address) -> Result<Line, NoAnswer> {
        let line = super::status_line(client, address, Some(self.app), self.slot)?;
        Ok(self.known(client, address, &line).unwrap_or(line))
    }

    /// What the API knows of an app without a record; where it says nothing, the status line holds.
    fn known(self, client: &Client, address: &Address, line: &Line) -> Option<Line> {
        let label = line.text.strip_prefix("CRITICAL - no application record for queried ID: ")?;
        // Of the brackets only the outer pair is the line's: an app may be called `[x]`.
        let label = label.strip_prefix('[')?.strip_suffix(']')?;
        // The API looks for one name, and a label is two or three.
        let names = self.names();
        let apps = match api::ask(client, address, names.last().copied()) {
            Ok(api::View::Apps(apps)) => apps,
            Ok(api::View::NoApi) => return None,
            Ok(api::View::Hidden(why)) => return untold(&why),
            Err(error) => return untold(&error),
        };
        // Who said goodbye is not tracked, so the status line knows nothing of it.
        let labelled = |one: &&App| self.slot.is_none() && one.label() == self.app;
        let addressed = self.addressed();
        let there = |one: &&App| addressed.contains(&one.label());
        let found = apps.iter().find(|one| one.is_done(label));
        let found = found.or_else(|| apps.iter().find(labelled)).or_else(|| apps.iter().find(there));
        if found.is_none() {
            hint(&names, &apps);
            // The status line takes an address for an app of this machine.
            return self.app.contains('/').then(|| no_record(self.app));
        }
        found.map(App::line)
    }

    /// The ids that it may mean, each within the one before: those with a `/` or a `#` in them are told from addresses
    /// only by those who know all apps.
    fn names(&self) -> Vec<&str> {
        if let Some((app, _)) = self.app.rsplit_once(" @ ") {
            return vec![app];
        }
        let mut names = vec![self.app];
        names.extend(self.app.split_once('/').map(|(_, app)| app));
        names.extend(names.last().and_then(|app| app.rsplit_once('#')).map(|(app, _)| app));
        names.retain(|name| !name.is_empty());
        names
    }

    /// The labels that it may mean as an address.
    fn addressed(&self) -> Vec<String> {
        let Some((host, app)) = self.app.split_once('/') else { return Vec::new() };
        let label = |slot, app| Identity::new(host, slot, app).ok().map(|id| id.to_string());
        let with_slot = app.rsplit_once('#').filter(|_| self.slot.is_none());
        let whole = label(self.slot.unwrap_or_default(), app);
        whole.into_iter().chain(with_slot.and_then(|(app, slot)| label(slot, app))).collect()
    }
}

fn untold(why: &dyn std::fmt::Display) -> Option<Line> {
    eprintln!("hb: whether it said goodbye, or runs elsewhere, is not known: {why}");
    None
}

/// Where else an app of one of these names is, for the person who has to find the right one.
fn hint(names: &[&str], apps: &[App]) {
    let elsewhere = apps.iter().filter(|one| one.tracked() && names.iter().any(|name| one.is_called(name)));
    let labels: Vec<_> = elsewhere.map(|one| format!("\"{}\"", printable(&one.label()))).collect();
    let more = labels.len().saturating_sub(NAMED);
    match labels.as_slice() {
        [] => {}
        [one] => eprintln!("hb: there is {one}: ask for it so, with host and slot"),
        several if more == 0 => eprintln!(
            "hb: there are {} apps of this name, {}: ask for one of them so, with host and slot",
            several.len(),
            several.join(", ")
        ),
        several => eprintln!(
            "hb: there are {} apps of this name, {} and {more} more: ask for one of them so, with host and slot",
            several.len(),
            several[..NAMED].join(", ")
        ),
    }
}
