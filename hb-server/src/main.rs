//! The binary `hb`: reads the command line, runs one subcommand, turns its outcome into an exit code.

mod cmd;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Proof of life for screens.
#[derive(Debug, Parser)]
#[command(name = "hb", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the host: takes beats, watches promises, shows the dashboard
    Serve(cmd::serve::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(args) => cmd::serve::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("hb: {error:#}");
        ExitCode::FAILURE
    })
}
