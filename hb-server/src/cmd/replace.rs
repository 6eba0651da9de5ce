//! `hb replace`: another machine stands there now.
//!
//! Not here: what goes along with it (the server).

use std::process::ExitCode;

use serde::Deserialize;
use serde_json::json;

use super::api;
use super::say;
use super::table::shown;

/// What was typed behind `hb replace`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The machine that is gone, as `hb list` names it
    #[arg(value_name = "OLD")]
    old: String,

    /// The machine that stands there now, and has beaten
    #[arg(value_name = "NEW")]
    new: String,

    #[command(flatten)]
    server: api::Flags,
}

/// What went along, as the API tells of it.
#[derive(Debug, Deserialize)]
struct Told {
    apps: usize,
    mutes: usize,
    places: usize,
    configured: Vec<String>,
}

/// One takes the place of the other.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let path = format!("hosts/{}/replace", api::part(&args.old));
    let said = args.server.open()?.post(&path, &json!({ "by": args.new }))?;
    let Told { apps, mutes, places, configured } = said.read()?;
    let (old, new) = (shown(&args.old), shown(&args.new));
    let [apps, mutes, places] =
        [(apps, "app"), (mutes, "mute"), (places, "expected place")].map(|(count, of)| counted(count, of));
    say(&format!("{new} has taken the place of {old}: {apps}, {mutes}, {places}\n"))?;
    if !configured.is_empty() {
        eprintln!("hb: hb.toml still names {old}: {}", shown(&configured.join(", ")));
    }
    Ok(ExitCode::SUCCESS)
}

fn counted(count: usize, of: &str) -> String {
    if count == 1 { format!("1 {of}") } else { format!("{count} {of}s") }
}
