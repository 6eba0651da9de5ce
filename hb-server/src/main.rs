//! The binary `hb`: reads the command line, runs one subcommand, turns its outcome into an exit code.

mod cmd;

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use hb_core::beat::Verb;
use hb_core::wire::status::Nagios;
use hb_server::config::{ConfigError, ListenError};

use cmd::beat::NoName;
use cmd::help;

/// Exit codes of all commands but those with codes of their own.
const FAILED: u8 = 1;
const MISTYPED: u8 = 2;

/// Proof of life for screens.
///
/// hb knows whether an exhibit, a kiosk or a sign shows a picture that moves, and tells.
#[derive(Debug, Parser)]
#[command(name = "hb", version, subcommand_value_name = "COMMAND", after_help = help::EXAMPLES, after_long_help = help::long(), max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the host: takes beats, watches promises, shows the dashboard
    #[command(after_help = help::SERVE)]
    Serve(cmd::serve::Args),
    /// Register an app; the promise covers its start-up
    #[command(after_help = help::INIT)]
    Init(cmd::beat::Args),
    /// Send one heartbeat: "I beat again within T ms"
    #[command(after_help = help::PING)]
    Ping(cmd::beat::Args),
    /// Say goodbye for an app
    #[command(after_help = help::DONE, mut_arg("promise", |arg| arg.help(help::DONE_PROMISE)))]
    Done(cmd::beat::Args),
    /// Print the ids now tracked, one per line
    #[command(after_help = help::LIST)]
    List(cmd::show::List),
    /// Print the server's status line (for the verdict as an exit code, see `hb check`)
    #[command(after_help = help::STATUS)]
    Status(cmd::show::Status),
    /// Show all screens in the terminal, as they are now
    #[command(after_help = help::TOP)]
    Top(cmd::top::Args),
    /// Judge all apps, or one, by an exit code: for Nagios, or as a Checkmk local check
    #[command(after_help = help::CHECK)]
    Check(cmd::check::Args),
    /// Ask a screen to do something, as to reload, and print its answer
    #[command(after_help = help::CMD)]
    Cmd(cmd::command::Args),
    /// Silence something for a time, or again and again
    #[command(after_help = help::MUTE)]
    Mute(cmd::mute::Args),
    /// Print what is wrong, since when, and who takes care of it
    #[command(after_help = help::INCIDENTS)]
    Incidents(cmd::incident::List),
    /// Say that you take care of an incident
    #[command(after_help = help::ACK)]
    Ack(cmd::incident::Ack),
    /// Hear nothing of an incident for a while
    #[command(after_help = help::SNOOZE)]
    Snooze(cmd::incident::Snooze),
    /// Say which places should be lit, and with what
    #[command(after_help = help::EXPECT)]
    Expect(cmd::expect::Args),
    /// Say that an app is here to stay
    #[command(after_help = help::ADOPT)]
    Adopt(cmd::app::Args),
    /// Say that another machine stands there now
    #[command(after_help = help::REPLACE)]
    Replace(cmd::replace::Args),
    /// Repair a screen now, by the next step of its ladder
    #[command(after_help = help::REPAIR)]
    Repair(cmd::app::Args),
    /// Open something, as the key switch does
    #[command(after_help = help::OPEN)]
    Open(cmd::hours::Signal),
    /// Close something, as the key switch does
    #[command(after_help = help::CLOSE)]
    Close(cmd::hours::Signal),
    /// Print what is open now, and when that changes
    #[command(after_help = help::HOURS)]
    Hours(cmd::hours::Hours),
    /// Decide who may change something: make tokens, list them, take them back
    #[command(after_help = help::TOKEN)]
    Token(cmd::token::Args),
    /// Print an address that logs one browser in as admin, once
    #[command(after_help = help::LOGIN)]
    Login(cmd::token::Login),
    /// Try what carries messages to people
    #[command(after_help = help::ALERT)]
    Alert(cmd::alert::Args),
    /// Look at the configuration before the house opens
    #[command(after_help = help::CONFIG)]
    Config(cmd::config::Args),
    /// Say what is wrong with this machine and its server, and what to do
    #[command(after_help = help::DOCTOR)]
    Doctor(cmd::doctor::Args),
    /// Make the screens of hb.toml from a table of hosts
    #[command(after_help = help::IMPORT_HOSTS)]
    ImportHosts(cmd::hosts::Args),
    /// Print how much of the time screens worked
    #[command(after_help = help::UPTIME)]
    Uptime(cmd::memory::Asked),
    /// Write all that is remembered as text
    #[command(after_help = help::EXPORT)]
    Export(cmd::memory::Export),
    /// Take what `hb export` wrote into the memory
    #[command(after_help = help::IMPORT)]
    Import(cmd::memory::Import),
    /// Run a program and beat for it while it lives
    #[command(after_help = help::RUN)]
    Run(cmd::run::Args),
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions(cmd::completions::Args),
    /// Print a manual page
    #[command(after_help = help::MAN)]
    Man(cmd::man::Args),
}

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => dispatch(cli.command),
        Err(error) => refuse(error),
    }
}

fn dispatch(command: Command) -> ExitCode {
    let (outcome, failure) = match command {
        Command::Serve(args) => (cmd::serve::run(args), FAILED),
        Command::Init(args) => (cmd::beat::run(Verb::Init, &args), FAILED),
        Command::Ping(args) => (cmd::beat::run(Verb::Ping, &args), FAILED),
        Command::Done(args) => (cmd::beat::run(Verb::Done, &args), FAILED),
        Command::List(args) => (cmd::show::list(&args), FAILED),
        Command::Status(args) => (cmd::show::status(&args), FAILED),
        Command::Top(args) => (cmd::top::run(&args), FAILED),
        Command::Doctor(args) => (cmd::doctor::run(&args), FAILED),
        Command::Check(args) => return check(&args),
        Command::Cmd(args) => (cmd::command::run(&args), FAILED),
        Command::Mute(args) => (cmd::mute::run(args), FAILED),
        Command::Incidents(args) => (cmd::incident::list(&args), FAILED),
        Command::Ack(args) => (cmd::incident::ack(&args), FAILED),
        Command::Snooze(args) => (cmd::incident::snooze(&args), FAILED),
        Command::Expect(args) => (cmd::expect::run(args), FAILED),
        Command::Adopt(args) => (cmd::app::adopt(&args), FAILED),
        Command::Replace(args) => (cmd::replace::run(&args), FAILED),
        Command::Repair(args) => (cmd::app::repair(&args), FAILED),
        Command::Open(args) => (cmd::hours::signal(&args, true), FAILED),
        Command::Close(args) => (cmd::hours::signal(&args, false), FAILED),
        Command::Hours(args) => (cmd::hours::list(&args), FAILED),
        Command::Token(args) => (cmd::token::run(args), FAILED),
        Command::Login(args) => (cmd::token::login(&args), FAILED),
        Command::Alert(args) => (cmd::alert::run(args), FAILED),
        Command::Config(args) => (cmd::config::run(args, Cli::command()), FAILED),
        Command::ImportHosts(args) => (cmd::hosts::run(args), FAILED),
        Command::Uptime(args) => (cmd::memory::uptime(args), FAILED),
        Command::Export(args) => (cmd::memory::export(args), FAILED),
        Command::Import(args) => (cmd::memory::import(args), FAILED),
        Command::Run(args) => match cmd::run::run(&args) {
            // The whole code, as Windows has some beyond 255.
            Ok(code) => std::process::exit(code),
            Err(error) => (Err(error), cmd::run::FAILURE),
        },
        Command::Completions(args) => (cmd::completions::run(&args, Cli::command()), FAILED),
        Command::Man(args) => (cmd::man::run(&args, Cli::command()), FAILED),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("hb: {error:#}");
        ExitCode::from(if failure == FAILED && is_of_the_command_line(&error) { MISTYPED } else { failure })
    })
}

/// Whether what was typed is at fault, though clap could not know.
fn is_of_the_command_line(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(
            ConfigError::Policy { place, .. }
            | ConfigError::BeatTo { place, .. }
            | ConfigError::Listen(ListenError::Address { place, .. }),
        ) => place.starts_with("--"),
        Some(_) => false,
        None => matches!(error.downcast_ref(), Some(NoName::Missing | NoName::App("--app", _))),
    }
}

/// Monitoring reads standard output and knows four codes: whatever is wrong here must be UNKNOWN, never OK.
fn check(args: &cmd::check::Args) -> ExitCode {
    cmd::check::run(args).unwrap_or_else(|error| {
        // If nobody reads, the exit code still says it.
        let _ = cmd::say(&format!("UNKNOWN - {error:#}\n"));
        ExitCode::from(Nagios::Unknown.code())
    })
}

/// Shows help, or what was wrong with the command line, with the exit code that the subcommand's readers expect.
fn refuse(mut error: clap::Error) -> ExitCode {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(tip) = cmd::tip::tip(error.kind(), &typed) {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    // If nobody reads, the exit code still says it.
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    match typed.first().map(String::as_str) {
        Some("check") => ExitCode::from(Nagios::Unknown.code()),
        Some("run") => ExitCode::from(cmd::run::FAILURE),
        _ => ExitCode::from(MISTYPED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_a_terminal() {
        let mut hb = Cli::command();
        hb.build();
        let texts = hb.get_subcommands().filter_map(clap::Command::get_after_help).map(ToString::to_string);
        for text in texts.chain([help::long()]) {
            let long = text.lines().find(|line| line.chars().count() > 78);
            assert_eq!(long, None);
        }
    }
}
