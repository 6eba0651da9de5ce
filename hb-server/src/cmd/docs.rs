//! `hb completions` and `hb man`: made from the same description of the command line that parses it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use super::say;

/// What was typed behind `hb completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell to complete in
    shell: clap_complete::Shell,
}

/// What was typed behind `hb man`.
#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// Write the pages of hb and all its commands here, instead of hb's own to standard output
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints a completion script.
pub(crate) fn completions(args: &Completions, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "hb", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, or writes all of them.
pub(crate) fn man(args: &Man, command: clap::Command) -> anyhow::Result<ExitCode> {
    match &args.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir)
                .and_then(|()| clap_mangen::generate_to(command, dir))
                .with_context(|| format!("cannot write manual pages to {}", dir.display()))?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            say(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
