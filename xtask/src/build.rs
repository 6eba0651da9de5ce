//! The complete binary, for this machine and for others.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{npm, step};

/// A machine that runs Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Machine {
    /// PCs
    Amd64,
    /// The Raspberry Pi and its relatives
    Arm64,
}

impl Machine {
    pub(crate) const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];
    /// What this program runs on; of others that build, nobody has asked.
    pub(crate) const HERE: Self = if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::Amd64 };

    pub(crate) fn is_here(self) -> bool {
        self == Self::HERE
    }

    /// What Debian calls it.
    pub(crate) fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// What everybody else calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }
}

/// Builds client, pages and server; the path of `hb`.
pub(crate) fn all(workspace: &Workspace) -> Result<PathBuf> {
    npm::build(workspace)?;
    server(workspace, Machine::HERE, true)
}

/// Builds the server alone; its path. What is no release is built in a tenth of the time.
pub(crate) fn server(workspace: &Workspace, machine: Machine, release: bool) -> Result<PathBuf> {
    let what = format!("compile the server for {}", machine.debian());
    let target = format!("{}-unknown-linux-gnu", machine.word());
    let mut args = match (machine.is_here(), release) {
        (true, true) => vec!["build", "--release"],
        // As the tests have it, which are there already: alone, cargo would choose other features and build all anew.
        (true, false) => vec!["test", "--test", "cli", "--no-run"],
        (false, true) => vec!["build", "--bin", "hb", "--target", &target, "--release"],
        (false, false) => vec!["build", "--bin", "hb", "--target", &target],
    };
    args.extend(["--locked", "--package", "hb-server"]);
    let mut build = workspace.cargo(&args);
    if machine.is_here() {
        step::run(&what, &build)?;
        return Ok(workspace.hb(release));
    }
    npm::add_target(&target)?;
    let linker = format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase());
    step::run(&what, build.env(linker, format!("{}-linux-gnu-gcc", machine.word())))?;
    Ok(workspace.target.join(target).join(if release { "release" } else { "debug" }).join("hb"))
}
