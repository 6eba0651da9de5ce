//! `hb incidents`, `hb ack` and `hb snooze`: what is wrong, who takes care of it, and who need not hear of it for now.
//!
//! Not here: what an incident is (`hb_core::incident`), silence beforehand (`mute`).

use std::process::ExitCode;
use std::time::Duration;

use hb_core::id::Identity;
use serde::Deserialize;
use serde_json::json;

use super::api;
use super::holds;
use super::say;
use super::table::{shown, table};
use super::when::{self, Moment, Now, Stamp};

/// A snooze without an end.
const USUAL: Duration = Duration::from_secs(60 * 60);

/// What was typed behind `hb incidents`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Those that are over, too, the latest first
    #[arg(long)]
    all: bool,

    /// Most of them to print
    #[arg(long, value_name = "N", requires = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: api::Flags,
}

/// What was typed behind `hb ack`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ack {
    /// The incident, as `hb incidents` and every message number it
    #[arg(value_parser = number)]
    number: u64,

    #[command(flatten)]
    server: api::Flags,
}

/// What was typed behind `hb snooze`.
#[derive(Debug, clap::Args)]
pub(crate) struct Snooze {
    /// The incident, as `hb incidents` and every message number it
    #[arg(value_parser = number)]
    number: u64,

    /// For how long, as in 30m, 2h or 3d [default: 1h]
    #[arg(long = "for", value_name = "TIME", value_parser = when::lasts, conflicts_with = "until")]
    lasts: Option<Duration>,

    /// Until when: 18:00, or 2026-12-24T09:00
    #[arg(long, value_name = "MOMENT", value_parser = when::moment)]
    until: Option<Moment>,

    #[command(flatten)]
    server: api::Flags,
}

/// An incident, as the API tells of it.
#[derive(Debug, Deserialize)]
struct Told {
    number: u64,
    about: About,
    state: String,
    since: Stamp,
    #[serde(default)]
    ended: Option<Stamp>,
    #[serde(default)]
    acknowledged: Option<By>,
    #[serde(default)]
    snoozed_until: Option<Stamp>,
    #[serde(default)]
    holds: Vec<String>,
    #[serde(default)]
    covers: Vec<String>,
}

/// An app by its names, a host, or a group.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct About {
    app: String,
    host: String,
    slot: String,
    group: String,
}

#[derive(Debug, Deserialize)]
struct By {
    by: String,
}

/// Prints what is wrong.
pub(crate) fn list(args: &List) -> anyhow::Result<ExitCode> {
    let query = match (args.all, args.limit) {
        (false, _) => "?open=true".to_owned(),
        (true, Some(limit)) => format!("?limit={limit}"),
        (true, None) => String::new(),
    };
    let said = args.server.open()?.get(&format!("incidents{query}"))?;
    if args.json {
        say(&said.json()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (now, incidents) = (Now::here(), said.read::<Vec<Told>>()?);
    if incidents.is_empty() {
        eprintln!("hb: {}", if args.all { "there was no incident" } else { "no incident is open" });
    }
    let rows: Vec<_> = incidents.into_iter().map(|told| told.row(&now)).collect();
    say(&table(["number", "state", "about", "since", "what of it"], &rows))?;
    Ok(ExitCode::SUCCESS)
}

/// Somebody takes care of it.
pub(crate) fn ack(args: &Ack) -> anyhow::Result<ExitCode> {
    args.server.open()?.post(&format!("incidents/{}/acknowledge", args.number), &json!({}))?;
    say(&format!("#{} is yours: nobody is reminded of it\n", args.number))?;
    Ok(ExitCode::SUCCESS)
}

/// Nobody is to hear of it for a while.
pub(crate) fn snooze(args: &Snooze) -> anyhow::Result<ExitCode> {
    let now = Now::here();
    let until = match args.until {
        Some(until) => now.ahead(until),
        None => now.after(args.lasts.unwrap_or(USUAL)),
    };
    let until = until.map_err(anyhow::Error::msg)?;
    // A length is counted by the server's clock, whatever ours shows.
    let wanted = match args.until {
        Some(_) => json!({ "until": until.to_string() }),
        None => json!({ "for_s": args.lasts.unwrap_or(USUAL).as_secs() }),
    };
    args.server.open()?.post(&format!("incidents/{}/snooze", args.number), &wanted)?;
    say(&format!("#{}: nobody is reminded of it until {}\n", args.number, now.end(until)))?;
    Ok(ExitCode::SUCCESS)
}

impl Told {
    fn row(self, now: &Now) -> [String; 5] {
        let mut notes = Vec::new();
        notes.extend(self.ended.map(|Stamp(at)| format!("over {}", now.start(at))));
        let care = if self.ended.is_some() { "took" } else { "takes" };
        notes.extend(self.acknowledged.as_ref().map(|who| format!("{} {care} care", shown(&who.by))));
        let snoozed = self.snoozed_until.filter(|until| now.is_ahead(until.0));
        let known = snoozed.is_some() || self.acknowledged.is_some();
        notes.extend(snoozed.map(|Stamp(until)| format!("snoozed until {}", now.end(until))));
        notes.extend(holds::phrases(&self.holds, known));
        let covers = self.covers.len();
        notes.extend((covers > 1).then(|| format!("{covers} screens")));
        [
            format!("#{}", self.number),
            self.state,
            self.about.name(),
            now.start(self.since.0),
            notes.join("; "),
        ]
    }
}

impl About {
    fn name(self) -> String {
        let Self { app, host, slot, group } = self;
        match Identity::new(&host, &slot, &app) {
            Ok(id) => id.to_string(),
            Err(_) if group.is_empty() => host,
            Err(_) => format!("group:{group}"),
        }
    }
}

/// `12`, or `#12` as messages write it.
fn number(text: &str) -> Result<u64, &'static str> {
    text.strip_prefix('#')
        .unwrap_or(text)
        .parse()
        .map_err(|_| "expected the number of an incident, as in 12: see hb incidents")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_snoozed_or_taken_on_it_is_not_said_that_people_are_told() {
        let now = Now::at("2026-11-21T19:00:00Z", "UTC");
        for (more, told) in [
            (json!({}), true),
            (json!({ "snoozed_until": "2026-11-21T18:00:00Z" }), true),
            (json!({ "snoozed_until": "2026-11-21T20:00:00Z" }), false),
            (json!({ "acknowledged": { "by": "ada" } }), false),
        ] {
            let mut of = json!({ "number": 7, "about": { "app": "a", "host": "h" }, "state": "stalled",
                "since": "2026-11-21T18:00:00Z", "holds": ["display-off"] });
            of.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let [.., notes] = serde_json::from_value::<Told>(of).unwrap().row(&now);
            assert!(
                notes.contains("repairs wait") && notes.contains("people are told") == told,
                "{more}: {notes}"
            );
        }
    }
}
