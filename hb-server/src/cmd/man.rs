//! `hb man`: manual pages, one for hb and one for each command, from the description that parses the command line.
//!
//! Titles, options and names are `clap_mangen`'s. What stands behind `--help` becomes sections with the names that
//! manual pages have, set as it was written. Not here: those texts (`help`).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap_mangen::roff::{Roff, bold, roman};

use super::say;

/// What was typed behind `hb man`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command whose page to print; without one, that of hb
    #[arg(conflicts_with = "dir")]
    command: Option<String>,

    /// Write the pages of hb and of every command into this folder, as hb.1, hb-serve.1, …
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// What `--help` calls a section, and what manual pages do.
const HEADINGS: [(&str, &str); 6] = [
    ("Example:", "EXAMPLES"),
    ("Examples:", "EXAMPLES"),
    ("Policies:", "POLICIES"),
    ("Environment:", "ENVIRONMENT"),
    ("Exit codes:", "EXIT STATUS"),
    ("Files:", "FILES"),
];

/// Prints one page, or writes all of them.
pub(crate) fn run(args: &Args, hb: clap::Command) -> anyhow::Result<ExitCode> {
    let mut hb = hb.disable_help_subcommand(true);
    hb.build();
    if let Some(dir) = &args.dir {
        write_all(&hb, dir).map_err(|error| {
            let dir = dir.display();
            anyhow::anyhow!(
                "cannot write the manual pages to {dir}: {error}: expected a folder that you may write to"
            )
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let command = match args.command.as_deref() {
        None | Some("hb") => &hb,
        Some(name) => hb.find_subcommand(name).with_context(|| {
            let known: Vec<_> = hb.get_subcommands().map(clap::Command::get_name).collect();
            format!("`{name}` is no command of hb: expected one of {}", known.join(", "))
        })?,
    };
    say(&String::from_utf8_lossy(&page(&hb, command)?))?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(hb: &clap::Command, dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for command in hb.get_subcommands().chain([hb]) {
        std::fs::write(dir.join(format!("{}.1", title(command))), page(hb, command)?)?;
    }
    Ok(())
}

fn title(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of hb or of one of its commands.
fn page(hb: &clap::Command, command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let version = format!("hb {}", hb.get_version().unwrap_or_default());
    let man = clap_mangen::Man::new(command.clone()).source(version).manual("hb");
    let (notes, sections) = sections(command);
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    let mut roff = Roff::new();
    if !notes.is_empty() {
        roff.control("PP", []);
        for line in notes {
            roff.text([roman(line)]);
        }
    }
    roff.to_writer(&mut out)?;
    man.render_options_section(&mut out)?;
    let mut roff = Roff::new();
    if command.has_subcommands() {
        commands(&mut roff, command);
    }
    for (heading, lines) in sections {
        roff.control("SH", [heading]).control("nf", []);
        for line in &lines {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    }
    see_also(&mut roff, hb, command);
    roff.to_writer(&mut out)?;
    Ok(out)
}

/// The commands and where their pages are: also for who has the binary and nothing installed.
fn commands(roff: &mut Roff, hb: &clap::Command) {
    roff.control("SH", ["COMMANDS"]);
    for command in hb.get_subcommands() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []).text([bold(format!("hb {}", command.get_name()))]).text([roman(about)]);
    }
    roff.control("PP", []);
    roff.text([
        roman("Each has a page of its own: "),
        bold("hb man serve | man -l -"),
        roman(" shows one, "),
    ]);
    roff.text([bold("hb man --dir ~/.local/share/man/man1"), roman(" installs them all.")]);
}

fn see_also(roff: &mut Roff, hb: &clap::Command, command: &clap::Command) {
    let others = hb.get_subcommands().chain([hb]).map(title).filter(|other| *other != title(command));
    let others: Vec<_> = others.map(|other| format!("{other}(1)")).collect();
    roff.control("SH", ["SEE ALSO"]).text([roman(others.join(", "))]);
}

/// What stands behind `--help`: lines under no heading, then each heading with its lines.
fn sections(command: &clap::Command) -> (Vec<String>, Vec<(&'static str, Vec<String>)>) {
    let text = command.get_after_long_help().or_else(|| command.get_after_help());
    let text = text.map(ToString::to_string).unwrap_or_default();
    let mut sections: Vec<(&str, Vec<String>)> = vec![("", Vec::new())];
    for line in text.lines() {
        match HEADINGS.iter().find(|(word, _)| *word == line) {
            Some((_, heading)) => sections.push((heading, Vec::new())),
            None => sections.last_mut().expect("never empty").1.push(line.to_owned()),
        }
    }
    for (_, lines) in &mut sections {
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
    }
    let (_, notes) = sections.remove(0);
    (notes, sections)
}
