//! `hb list` and `hb status`: what the server says, as it says it.

use std::process::ExitCode;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::address::{self, Address};
use super::ask::{Client, Trust, printable};
use super::credential;
use super::environment::{self, Environment};
use super::say;

/// What was typed behind `hb list`.
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: address::Flags,
}

/// What was typed behind `hb status`.
#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// The app's id; without one, all that are tracked
    app: Option<String>,

    /// The app's slot on this machine, where it beats with one; `hb list` shows it behind a #
    #[arg(long, value_name = "SLOT", requires = "app")]
    slot: Option<String>,

    #[command(flatten)]
    server: address::Flags,
}

/// A server may show its names to nobody without a token.
fn client(trust: &Trust) -> anyhow::Result<Client> {
    Ok(Client::of_names(trust).showing(credential::find(&credential::Flags::default())?))
}

/// Prints the ids now tracked, one per line.
pub(crate) fn list(args: &List) -> anyhow::Result<ExitCode> {
    let environment = Environment::new(&environment::of_process);
    let address = address::resolve(&args.server, environment)?;
    let trust = args.server.trust(&address, environment)?;
    say(&printable(&client(&trust)?.get_ok(&address.page("list"))?))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the status line. The exit code says only that there is one: the verdict is `hb check`'s.
pub(crate) fn status(args: &Status) -> anyhow::Result<ExitCode> {
    let environment = Environment::new(&environment::of_process);
    let address = address::resolve(&args.server, environment)?;
    let trust = args.server.trust(&address, environment)?;
    let line = client(&trust)?.get_ok(&status_page(&address, args.app.as_deref(), args.slot.as_deref()))?;
    say(&(printable(line.trim_end_matches('\n')) + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Where the status of an app is found, or that of all.
pub(crate) fn status_page(address: &Address, app: Option<&str>, slot: Option<&str>) -> String {
    let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let app = app.map(|app| format!("?appid={}", encoded(app))).unwrap_or_default();
    let slot = slot.map(|slot| format!("&slot={}", encoded(slot))).unwrap_or_default();
    address.page(&format!("status{app}{slot}"))
}
