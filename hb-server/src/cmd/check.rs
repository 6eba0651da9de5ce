//! `hb check`: a Nagios plugin, and with `--checkmk` a Checkmk local check.
//!
//! For one app it prints the server's own status line; without an app it judges them all, worst first, from the API
//! (or from the status line of a server that has no API). An API that is there and does not answer is UNKNOWN. Not here:
//! verdicts; the server's are repeated, never made.

use std::process::ExitCode;

use hb_core::wire::status::{self, Line, Nagios};

use super::address::{self, Address};
use super::ask::{Client, NoAnswer, printable};
use super::environment::{self, Environment};
use super::{say, show};

mod api;
mod checkmk;
mod overview;

use overview::App;

/// What was typed behind `hb check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app's id; without one, the worst of all
    app: Option<String>,

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
    let address = address::resolve(&args.server, Environment::new(&environment::of_process))?;
    let (text, nagios) = match (look(&Client::new(), &address, args.app.as_deref()), args.checkmk) {
        (Ok(view), false) => (view.line.text, view.line.nagios),
        (Ok(view), true) => (view.checkmk(), Nagios::Ok),
        (Err(error), checkmk) => {
            eprintln!("hb: {error}");
            let line = Line { nagios: Nagios::Critical, text: NO_SERVER.into() };
            match checkmk {
                true => (checkmk::of_line(args.app.as_deref(), &line), Nagios::Ok),
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

fn look(client: &Client, address: &Address, app: Option<&str>) -> Result<View, NoAnswer> {
    let asked = app.map(String::from);
    if let Some(app) = app {
        let line = status_line(client, address, Some(app))?;
        let line = finished(address, app, &line).unwrap_or(line);
        return Ok(View { line, asked, apps: Vec::new() });
    }
    let (line, apps) = match api::ask(address, None)? {
        api::View::Apps(apps) => (overview::line(&apps), apps),
        api::View::NoApi => (status_line(client, address, None)?, Vec::new()),
        api::View::Hidden(why) => {
            (Line { nagios: Nagios::Unknown, text: format!("UNKNOWN - {why}") }, Vec::new())
        }
    };
    Ok(View { line, asked, apps })
}

/// Who said goodbye is not tracked, so the status line knows nothing of it; the API does. Where that says nothing, the
/// status line holds.
fn finished(address: &Address, app: &str, line: &Line) -> Option<Line> {
    let label = line.text.strip_prefix("CRITICAL - no application record for queried ID: ")?;
    // Of the brackets only the outer pair is the line's: an app may be called `[x]`.
    let label = label.strip_prefix('[')?.strip_suffix(']')?;
    let done = match api::ask(address, Some(app)) {
        Ok(api::View::Apps(apps)) => apps.into_iter().find(|one| one.is_done(label))?,
        Ok(api::View::NoApi) => return None,
        Ok(api::View::Hidden(why)) => return untold(&why),
        Err(error) => return untold(&error),
    };
    let text = format!("OK - finished application [{}]: said goodbye", status::escaped(done.label()));
    Some(Line { nagios: Nagios::Ok, text })
}

fn untold(why: &dyn std::fmt::Display) -> Option<Line> {
    eprintln!("hb: whether it said goodbye is not known: {why}");
    None
}

fn status_line(client: &Client, address: &Address, app: Option<&str>) -> Result<Line, NoAnswer> {
    let body = client.get_ok(&show::status_page(address, app))?;
    let text = printable(body.trim_end_matches(['\r', '\n'])).replace('\n', " ");
    Ok(Line { nagios: Nagios::of_line(&text), text })
}
