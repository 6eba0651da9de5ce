//! `hb completions`: made from the same description of the command line that parses it. Not here: the manual (`man`).

use std::process::ExitCode;

use super::say;

/// What was typed behind `hb completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell to complete in
    shell: clap_complete::Shell,
}

/// Prints a completion script.
pub(crate) fn run(args: &Args, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "hb", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
