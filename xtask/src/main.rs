//! `cargo xtask …`: everything that is not plain cargo. No tool has to be installed by hand.
//!
//! Not here: what is built (the crates), and what is tested (their tests).

mod again;
mod api;
mod apt;
mod bench;
mod build;
mod deb;
mod demo;
mod detect;
mod docs;
mod leash;
mod npm;
mod shots;
mod start;
mod step;
mod test;
mod truth;
mod windows;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, shows, tests and measures hb.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo                    build everything, start it, print the addresses
  cargo xtask test                    everything CI runs
  cargo xtask test --only clippy e2e  two steps of it
  cargo xtask test --without deb      all but what takes root
  cargo xtask build                   leave the complete target/release/hb
  cargo xtask deb --machine arm64     a Debian package for a Raspberry Pi";

#[derive(Subcommand)]
enum Task {
    /// Build the page's client and the pages' bundles (needs Node.js 20 or newer)
    Npm,
    /// Build the complete binary, client and pages embedded: target/release/hb
    Build,
    /// Build the Debian package, with the complete binary in it: target/deb/hb_….deb
    Deb {
        /// The machine it is for
        #[arg(long, value_enum, default_value_t = build::Machine::HERE)]
        machine: build::Machine,
    },
    /// Build everything, start the server and print the addresses; Ctrl-C ends it
    Demo {
        /// First port to try; the next free one is taken if it is in use
        #[arg(long, default_value_t = 8888)]
        port: u16,
        /// Not for release: built in a tenth of the time
        #[arg(long)]
        quick: bool,
    },
    /// Run everything CI runs; installs what it needs with apt where it may
    Test {
        /// Only these steps
        #[arg(long, num_args = 1.., value_name = "STEP")]
        only: Vec<String>,
        /// All but these steps
        #[arg(long, num_args = 1.., value_name = "STEP", conflicts_with = "only")]
        without: Vec<String>,
        /// Go on after a step that failed, to see what else does, and try up to three that failed once more at the end
        #[arg(long)]
        keep_going: bool,
        /// Name the steps and end
        #[arg(long)]
        list: bool,
    },
    /// Measure, and write docs/benchmarks.md
    Bench {
        /// A fraction of the work: to see that it runs, not for figures
        #[arg(long)]
        quick: bool,
    },
    /// Break real browsers in every way there is, and write docs/truth.md: what hb saw of it, and how soon
    Truth(truth::Args),
    /// Write the pages that are made of the code: docs/configuration.md
    Docs,
    /// Take pictures of every page at three sizes, light and dark, in each language; and those of the documentation
    Shots {
        /// Where they go [default: target/shots]
        folder: Option<std::path::PathBuf>,
    },
    /// Compare detectors of silence, and write docs/detection.md and its pictures
    Detect {
        /// First record the beats of real pages anew, for eight minutes (needs Chromium, Firefox and WebKitGTK's
        /// MiniBrowser, and what `npm` builds)
        #[arg(long)]
        record: bool,
    },
    /// Run a program that ends with whoever holds our input
    #[command(hide = true)]
    Leash {
        #[arg(last = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let workspace = workspace::Workspace::find()?;
    match task {
        Task::Npm => npm::build(&workspace)?,
        Task::Build => println!("{}", build::all(&workspace)?.display()),
        Task::Deb { machine } => println!("{}", deb::build(&workspace, machine)?.display()),
        Task::Demo { port, quick } => demo::run(&workspace, port, quick)?,
        Task::Test { list: true, .. } => test::list(),
        Task::Test { only, without, keep_going, .. } => {
            test::run(&workspace, &test::Choice { only, without, keep_going })?;
        }
        Task::Bench { quick } => bench::run(&workspace, quick)?,
        Task::Truth(args) => truth::run(&workspace, &args)?,
        Task::Docs => docs::write(&workspace)?,
        Task::Shots { folder } => shots::take(&workspace, folder)?,
        Task::Detect { record } => detect::run(&workspace, record)?,
        Task::Leash { command } => return Ok(leash::keep(&command)),
    }
    Ok(ExitCode::SUCCESS)
}
