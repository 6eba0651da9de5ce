//! `hb expect`: which places should be lit, and with what.
//!
//! Not here: what follows when one is not (`hb_core::expect`), apps that are here to stay (`app`).

use std::process::ExitCode;

use hb_core::expect::Place;
use hb_core::id::{Glob, OwnedIdentity, short};
use serde::Deserialize;
use serde_json::json;

use super::api;
use super::say;
use super::table::{shown, table};
use super::when::{Now, Stamp};

/// What was typed behind `hb expect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the places that should be lit, what they show, and which are dark
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        server: api::Flags,
    },
    /// Expect one of these apps at a place, instead of what was expected there
    Add {
        /// Where: HOST, or HOST#SLOT for one of its windows
        #[arg(value_name = "HOST[#SLOT]", value_parser = place)]
        place: Place,

        /// What is shown there; one of them is enough. A * stands for the end of a name
        #[arg(value_name = "APP", required = true, value_parser = app)]
        shows: Vec<String>,

        #[command(flatten)]
        server: api::Flags,
    },
    /// Expect nothing at a place any more
    Remove {
        /// Where: HOST, or HOST#SLOT for one of its windows
        #[arg(value_name = "HOST[#SLOT]", value_parser = place)]
        place: Place,

        #[command(flatten)]
        server: api::Flags,
    },
}

/// A place, as the API tells of it.
#[derive(Debug, Deserialize)]
struct Told {
    host: String,
    #[serde(default)]
    slot: String,
    shows: Vec<String>,
    missing_since: Option<Stamp>,
    by: String,
}

/// Lists, adds or removes.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Action::List { json, server } => list(&server, json)?,
        Action::Add { place, shows, server } => {
            server.open()?.put(&path(&place), &json!({ "shows": shows }))?;
            let shows = shows.iter().map(|app| shown(app)).collect::<Vec<_>>().join(" or ");
            say(&format!("{} is expected to show {shows}\n", name(&place)))?;
        }
        Action::Remove { place, server } => {
            server.open()?.delete(&path(&place))?;
            say(&format!("nothing is expected of {} any more\n", name(&place)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(server: &api::Flags, json: bool) -> anyhow::Result<()> {
    let said = server.open()?.get("screens")?;
    if json {
        return Ok(say(&said.json()?)?);
    }
    let (now, places) = (Now::here(), said.read::<Vec<Told>>()?);
    if places.is_empty() {
        eprintln!("hb: nothing is expected: add a place by hb expect add HOST APP");
    }
    let rows: Vec<_> = places.into_iter().map(|told| told.row(&now)).collect();
    Ok(say(&table(["place", "shows", "dark since", "by"], &rows))?)
}

impl Told {
    fn row(self, now: &Now) -> [String; 4] {
        let dark = self.missing_since.map_or("-".to_owned(), |Stamp(at)| now.start(at));
        [short(&self.host, &self.slot).to_string(), self.shows.join(", "), dark, self.by]
    }
}

fn path(place: &Place) -> String {
    format!("screens/{}{}", api::part(place.host()), api::slot(place.slot()))
}

fn name(place: &Place) -> String {
    shown(&short(place.host(), place.slot()).to_string())
}

/// As behind the ` @ ` of `hb list`.
fn place(text: &str) -> Result<Place, String> {
    let id: OwnedIdentity = format!("x @ {text}").parse().map_err(|why| format!("{why}"))?;
    Ok(Place::of(id.borrow()))
}

fn app(text: &str) -> Result<String, String> {
    Glob::new(text).map(|glob| glob.as_str().to_owned()).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_it_is_listed() {
        for (text, host, slot) in
            [("kiosk-7", "kiosk-7", ""), ("kiosk-7#left", "kiosk-7", "left"), ("h%23z#100%25", "h#z", "100%")]
        {
            let place = place(text).unwrap();
            assert_eq!((place.host(), place.slot()), (host, slot), "{text}");
            assert_eq!(name(&place), text);
        }
        assert!(place("").is_err() && place("#left").is_err());
    }
}
