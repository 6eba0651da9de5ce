//! `hb check`: a Nagios plugin, and with `--checkmk` a Checkmk local check.
//!
//! For one app it prints the server's own status line; without an app it judges them all, worst first, from the API
//! (or from the status line of a server that has no API). An API that is there and does not answer is UNKNOWN. Not here:
//! verdicts; the server's are repeated, never made.

use std::process::ExitCode;

use hb_core::wire::status::{Line, Nagios};

use super::address::{self, Address};
use super::ask::{Client, NoAnswer, printable};
use super::credential;
use super::environment::{self, Environment};
use super::{say, show};

mod api;
mod checkmk;
mod one;
mod overview;

use one::Asked;
use overview::App;

/// What was typed behind `hb check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app's id, HOST/APP, HOST/APP#SLOT or its line of `hb list`, as "tetris @ 10.0.0.7"; without one, the worst of
    /// all
    app: Option<String>,

    /// The app's slot on this machine, where it beats with one; `hb list` shows it behind a #
    #[arg(long, value_name = "SLOT", requires = "app")]
    slot: Option<String>,

    /// Print lines for a Checkmk local check and exit 0
    #[arg(long)]
    checkmk: bool,

    #[command(flatten)]
    server: address::Flags,
}

/// What monitoring must see when there is no server to ask; the original's text.
const NO_SERVER: &str = "CRITICAL - cannot get heartbeat status from HB server!";

/// Checks and prints; errors before the first question are the caller's to report as UNKNOWN.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let environment = Environment::new(&environment::of_process);
    let address = address::resolve(&args.server, environment)?;
    let trust = args.server.trust(&address, environment)?;
    let client = Client::of_names(&trust).showing(credential::find(&credential::Flags::default())?);
    let asked = args.app.as_deref().map(|app| Asked { app, slot: args.slot.as_deref() });
    let (text, nagios) = match (look(&client, &address, asked), args.checkmk) {
        (Ok(view), false) => (view.line.text, view.line.nagios),
        (Ok(view), true) => (view.checkmk(), Nagios::Ok),
        (Err(error), checkmk) => {
            eprintln!("hb: {error}");
            let line = match &error {
                // It is there, and shows its apps to who has a token.
                NoAnswer::Refused { status: 401 | 403 | 429, .. } => {
                    Line { nagios: Nagios::Unknown, text: format!("UNKNOWN - {error}") }
                }
                _ => Line { nagios: Nagios::Critical, text: NO_SERVER.into() },
            };
            match checkmk {
                true => (checkmk::of_line(asked.map(|asked| asked.name()).as_deref(), &line), Nagios::Ok),
                false => (line.text, line.nagios),
            }
        }
    };
    say(&(printable(&text) + "\n"))?;
    Ok(ExitCode::from(nagios.code()))
}

/// What the server says.
struct View {
    /// Of the app asked for, or the sum of all.
    line: Line,
    asked: Option<String>,
    /// All apps, where all were asked for and the server has an API.
    apps: Vec<App>,
}

impl View {
    /// The same for Checkmk, one line for each app where all were asked for, without a newline at the end.
    fn checkmk(&self) -> String {
        let mut text = checkmk::of_line(self.asked.as_deref(), &self.line);
        for app in self.apps.iter().filter(|app| app.tracked()) {
            text.push('\n');
            text.push_str(&checkmk::of_app(app));
        }
        text
    }
}

fn look(client: &Client, address: &Address, asked: Option<Asked<'_>>) -> Result<View, NoAnswer> {
    if let Some(asked) = asked {
        let line = asked.line(client, address)?;
        return Ok(View { line, asked: Some(asked.name()), apps: Vec::new() });
    }
    let (line, apps) = match api::ask(client, address, None)? {
        api::View::Apps(apps) => (overview::line(&apps), apps),
        api::View::NoApi => (status_line(client, address, None, None)?, Vec::new()),
        api::View::Hidden(why) => {
            (Line { nagios: Nagios::Unknown, text: format!("UNKNOWN - {why}") }, Vec::new())
        }
    };
    Ok(View { line, asked: None, apps })
}

fn status_line(
    client: &Client,
    address: &Address,
    app: Option<&str>,
    slot: Option<&str>,
) -> Result<Line, NoAnswer> {
    let body = client.get_ok(&show::status_page(address, app, slot))?;
    let text = printable(body.trim_end_matches(['\r', '\n'])).replace('\n', " ");
    Ok(Line { nagios: Nagios::of_line(&text), text })
}
