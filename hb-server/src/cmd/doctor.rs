//! `hb doctor`: what is wrong with this machine and its server, in words, and what to do about it.
//!
//! Each check is a file below: facts, gathered by as little code as can be, and a verdict over them that asks nobody. It
//! changes nothing and sends nobody a message. Not here: screens (`hb top`, `hb check`).

use std::path::PathBuf;
use std::process::ExitCode;

use hb_server::config::{Overrides, TypedState};
use serde_json::json;

use super::address;
use super::say;
use super::table::shown;

mod browser;
mod certificate;
mod channels;
mod clock;
mod configuration;
mod descriptors;
mod finding;
mod ground;
mod memory;
mod owner;
mod partners;
mod port;
mod program;
mod server;

use finding::{Finding, Level};
use ground::Ground;

/// What was typed behind `hb doctor`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Configuration file [default: ./hb.toml, then the user's, then /etc/hb/hb.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where the memory lies [default: where the server that answers keeps it, else as in hb serve]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    #[command(flatten)]
    server: address::Flags,
}

/// A check, and where it is made.
struct Check {
    look: fn(&Ground) -> Vec<Finding>,
    place: Where,
}

/// The checks, in the order in which a person would ask. What only a server needs is not asked where there is none to be.
const CHECKS: [Check; 10] = [
    Check { look: configuration::check, place: Where::Everywhere },
    Check { look: server::check, place: Where::Everywhere },
    Check { look: port::check, place: Where::Server },
    Check { look: memory::check, place: Where::Server },
    Check { look: clock::check, place: Where::Everywhere },
    Check { look: certificate::check, place: Where::Server },
    Check { look: channels::check, place: Where::Server },
    Check { look: partners::check, place: Where::Server },
    Check { look: descriptors::check, place: Where::Server },
    Check { look: browser::check, place: Where::Everywhere },
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    /// On every machine.
    Everywhere,
    /// Where the server is, or is to be.
    Server,
}

/// The folder of the memory of the server at `address`, scheme, host and port, where that is of this machine and this account may
/// see it.
pub(super) fn folder_of(address: &str) -> Option<PathBuf> {
    if ground::is_here(address) { memory::in_use(address) } else { None }
}

/// Looks, and says what it found.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let state = TypedState { folder: args.state.clone(), none: false };
    let typed = Overrides { config: args.config.clone(), state, ..Overrides::default() };
    let ground = Ground::look(typed, &args.server)?;
    let asked = CHECKS.iter().filter(|check| check.place == Where::Everywhere || ground.is_here);
    let found: Vec<Finding> = asked.flat_map(|check| (check.look)(&ground)).collect();
    let worst = found.iter().map(|finding| finding.level).max().unwrap_or(Level::Fine);
    let text = if args.json { to_json(&found, worst)? } else { to_text(&found) };
    say(&text)?;
    Ok(ExitCode::from(worst.code()))
}

fn to_text(found: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { check, level, says, advice } in found {
        text.push_str(&format!("{:<5}  {check:<13}  {}\n", level.label(), shown(says)));
        if let Some(advice) = advice {
            text.push_str(&format!("{:22}{}\n", "", shown(advice)));
        }
    }
    let count = |level| found.iter().filter(|finding| finding.level == level).count();
    let (wrong, doubt, fine) = (count(Level::Wrong), count(Level::Doubt), count(Level::Fine));
    text.push_str(&format!("\n{wrong} wrong, {doubt} to look at, {fine} fine\n"));
    text
}

fn to_json(found: &[Finding], worst: Level) -> anyhow::Result<String> {
    let findings: Vec<_> = found
        .iter()
        .map(|Finding { check, level, says, advice }| {
            json!({ "check": check, "level": level.word(), "says": says, "advice": advice })
        })
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    super::table::json(
        &json!({ "level": worst.word(), "version": version, "findings": findings }).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_said_in_lines_and_as_json() {
        let found = [
            Finding::fine("clock", "it goes"),
            Finding::wrong("port", "8888 is taken by a\u{1b}[2J", "stop it"),
            Finding::doubt("memory", "little room", "make room"),
        ];
        let text = "\
ok     clock          it goes
WRONG  port           8888 is taken by a?[2J
                      stop it
look   memory         little room
                      make room

1 wrong, 1 to look at, 1 fine
";
        assert_eq!(to_text(&found), text);
        let json: serde_json::Value = serde_json::from_str(&to_json(&found, Level::Wrong).unwrap()).unwrap();
        assert_eq!(json["level"], "wrong");
        assert_eq!(
            json["findings"][0],
            json!({ "check": "clock", "level": "ok", "says": "it goes", "advice": null })
        );
        assert_eq!(found.map(|finding| finding.level.code()), [0, 2, 1]);
    }
}
