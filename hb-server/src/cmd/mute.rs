//! `hb mute`: silences something for a time, names what is silenced, and ends it early.
//!
//! Not here: opening hours (`hours`), one incident (`incident`), what a mute does (`hb_core::window`).

use std::process::ExitCode;
use std::time::Duration;

use hb_core::window::Hours;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{self, Api};
use super::say;
use super::scope::{Named, named, say_covered};
use super::table::{shown, table};
use super::when::{self, Moment, Now, Stamp};

/// What nobody gave an end to.
const USUAL: Duration = Duration::from_secs(60 * 60);

/// What was typed behind `hb mute`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    new: New,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the mutes that are held: whom they are for, when, who set them and why
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,

        #[command(flatten)]
        server: api::Flags,
    },
    /// End a mute before its time
    Lift {
        /// Its number, as `hb mute list` prints it
        #[arg(value_name = "ID")]
        id: u64,

        #[command(flatten)]
        server: api::Flags,
    },
}

#[derive(Debug, clap::Args)]
#[group(skip)]
struct New {
    /// For whom: everything, "group:hall 3", "kiosk-1*/*" or HOST/APP
    #[arg(required = true, value_parser = named)]
    scope: Option<Named>,

    /// For how long, as in 30m, 2h or 3d [default: 1h]
    #[arg(long = "for", value_name = "TIME", value_parser = when::lasts, group = "end")]
    lasts: Option<Duration>,

    /// Until when: 18:00, or 2026-12-24T09:00
    #[arg(long, value_name = "MOMENT", value_parser = when::moment, group = "end")]
    until: Option<Moment>,

    /// Until it opens the next time
    #[arg(long, group = "end")]
    until_opening: bool,

    /// Again and again at these hours, as in "we 07:00-09:00"
    #[arg(long, value_name = "HOURS", value_parser = hours, group = "end")]
    during: Option<String>,

    /// Somebody works on it, rather than knows of it
    #[arg(long)]
    maintenance: bool,

    /// Why, for everybody who sees it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    #[command(flatten)]
    server: api::Flags,
}

/// A mute, as the API tells of it.
#[derive(Debug, Deserialize)]
struct Told {
    id: Option<u64>,
    kind: String,
    #[serde(rename = "for")]
    scope: String,
    from: Option<Stamp>,
    until: Option<Stamp>,
    #[serde(default)]
    hours: Option<String>,
    /// On the clock of which zone these are.
    #[serde(default)]
    zone: Option<String>,
    #[serde(default)]
    opening: bool,
    by: String,
    reason: String,
    holds: bool,
}

/// Mutes, lists or lifts.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.action {
        Some(Action::List { json, server }) => list(&server.open()?, json)?,
        Some(Action::Lift { id, server }) => {
            server.open()?.delete(&format!("mutes/{id}"))?;
            say(&format!("mute {id} is lifted\n"))?;
        }
        None => args.new.mute()?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(api: &Api, json: bool) -> anyhow::Result<()> {
    let said = api.get("mutes")?;
    if json {
        return Ok(say(&said.json()?)?);
    }
    let (now, mutes) = (Now::here(), said.read::<Vec<Told>>()?);
    if mutes.is_empty() {
        eprintln!("hb: nothing is muted");
    }
    let rows: Vec<_> = mutes.into_iter().map(|mute| mute.row(&now)).collect();
    Ok(say(&table(["id", "for", "kind", "when", "by", "reason"], &rows))?)
}

impl New {
    fn mute(&self) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Made {
            id: u64,
            #[serde(default)]
            matches: Option<u64>,
        }
        let (now, Some(named)) = (Now::here(), &self.scope) else { anyhow::bail!("nobody is named") };
        let mut wanted = self.wanted(&now)?;
        let api = self.server.open()?;
        let scope = named.of(&api)?;
        wanted["for"] = scope.to_string().into();
        let Made { id, matches } = api.post("mutes", &wanted)?.read()?;
        let name = shown(&scope.to_string());
        // It is held. When it ends is the server's to say; a server that will not say it is no error.
        let held = api.get("mutes").and_then(|said| said.read::<Vec<Told>>()).unwrap_or_default();
        let held = held.into_iter().find(|mute| mute.id == Some(id));
        let when = held.map(|mute| format!(" {}", mute.when(&now))).unwrap_or_default();
        say(&format!("{name} is muted{when} (end it by: hb mute lift {id})\n"))?;
        say_covered(&name, matches)
    }

    fn wanted(&self, now: &Now) -> anyhow::Result<Value> {
        let mut wanted = Map::new();
        wanted.insert("kind".into(), if self.maintenance { "maintenance" } else { "snooze" }.into());
        let (name, end) = match (self.until, &self.during) {
            (Some(until), _) => ("until", json!(now.ahead(until).map_err(anyhow::Error::msg)?.to_string())),
            (None, Some(hours)) => {
                if let Some(zone) = now.zone() {
                    wanted.insert("zone".into(), zone.into());
                }
                ("during", json!(hours))
            }
            (None, None) if self.until_opening => ("until_opening", json!(true)),
            (None, None) => ("for_s", json!(self.lasts.unwrap_or(USUAL).as_secs())),
        };
        wanted.insert(name.into(), end);
        wanted.extend(self.reason.as_ref().map(|reason| ("reason".to_owned(), json!(reason))));
        Ok(wanted.into())
    }
}

impl Told {
    fn row(self, now: &Now) -> [String; 6] {
        let id = self.id.map_or("-".to_owned(), |id| id.to_string());
        let when = self.when(now);
        [id, self.scope, self.kind, when, self.by, self.reason]
    }

    fn when(&self, now: &Now) -> String {
        if let Some(hours) = &self.hours {
            let now = if self.holds { ", now" } else { "" };
            let zone = self.zone.as_ref().map(|zone| format!(" ({})", shown(zone))).unwrap_or_default();
            return format!("during {}{zone}{now}", shown(hours));
        }
        let end = match (self.opening, self.until) {
            (true, Some(Stamp(at))) => format!("until it opens, {}", now.end(at)),
            (true, None) => "until it opens".into(),
            (false, Some(Stamp(at))) => format!("until {}", now.end(at)),
            (false, None) => "until it is lifted".into(),
        };
        match self.from.filter(|from| now.is_ahead(from.0)) {
            Some(Stamp(from)) => format!("from {}, {end}", now.end(from)),
            None => end,
        }
    }
}

fn hours(text: &str) -> Result<String, String> {
    // The zone is the server's to judge: only the text matters here.
    Hours::parse(text, TimeZone::UTC).map(|_| text.to_owned()).map_err(|why| why.to_string())
}
