//! `hb open`, `hb close` and `hb hours`: the key switch on the command line, and what is open now.
//!
//! Not here: calendars (`hb_core::window`, from hb.toml).

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;

use super::api;
use super::say;
use super::scope::{Named, named, say_covered};
use super::table::{shown, table};
use super::when::{Now, Stamp};

/// What was typed behind `hb open` or `hb close`.
#[derive(Debug, clap::Args)]
pub(crate) struct Signal {
    /// What: everything, "group:hall 3", "kiosk-1*/*" or HOST/APP; a name alone is that of an app, a host or a group
    #[arg(value_parser = named)]
    scope: Named,

    #[command(flatten)]
    server: api::Flags,
}

/// What was typed behind `hb hours`.
#[derive(Debug, clap::Args)]
pub(crate) struct Hours {
    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: api::Flags,
}

/// How far something is, as the API tells of it.
#[derive(Debug, Deserialize)]
struct Told {
    #[serde(rename = "for")]
    scope: String,
    phase: String,
    #[serde(default)]
    until: Option<Stamp>,
}

/// What a signal is answered with.
#[derive(Debug, Deserialize)]
struct Heard {
    #[serde(default)]
    matches: Option<u64>,
}

/// Opens or closes.
pub(crate) fn signal(args: &Signal, open: bool) -> anyhow::Result<ExitCode> {
    let api = args.server.open()?;
    let scope = args.scope.of(&api)?.to_string();
    let said = api.post("signals", &json!({ "for": scope, "open": open }))?;
    let name = shown(&scope);
    say(&format!("{name} is {}\n", if open { "open" } else { "closed" }))?;
    // It is done; a server that says no more is no error.
    say_covered(&name, said.read().ok().and_then(|Heard { matches }| matches))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints what is open now.
pub(crate) fn list(args: &Hours) -> anyhow::Result<ExitCode> {
    let said = args.server.open()?.get("hours")?;
    if args.json {
        say(&said.json()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (now, scopes) = (Now::here(), said.read::<Vec<Told>>()?);
    if scopes.is_empty() {
        eprintln!("hb: no hours are known, so everything is always open");
    }
    let rows: Vec<_> = scopes.into_iter().map(|told| told.row(&now)).collect();
    say(&table(["for", "now", "until"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

impl Told {
    fn row(self, now: &Now) -> [String; 3] {
        // Just opened: it is open, and what is not ready yet alarms nobody.
        let phase = if self.phase == "opening" { "open, not judged yet".into() } else { self.phase };
        [self.scope, phase, self.until.map_or_else(|| "it is told otherwise".into(), |Stamp(at)| now.end(at))]
    }
}
