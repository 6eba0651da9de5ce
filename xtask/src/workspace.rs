//! Where things are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The checkout and its target folder.
pub(crate) struct Workspace {
    /// The folder of the workspace's Cargo.toml.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask stands in the workspace's folder")?.to_owned();
        let mut workspace = Self { root, target: PathBuf::new() };
        workspace.target = workspace.target_folder()?;
        Ok(workspace)
    }

    /// Where cargo builds: a variable, a flag or a configuration file may say so, hence cargo is asked.
    fn target_folder(&self) -> Result<PathBuf> {
        let said = self.cargo(&["metadata", "--no-deps", "--format-version", "1"]).output();
        let said = said.context("cannot start cargo: is it on the PATH?")?;
        if !said.status.success() {
            bail!("cargo metadata: {}", String::from_utf8_lossy(&said.stderr).trim_end());
        }
        let metadata: Value = serde_json::from_slice(&said.stdout).context("cargo metadata is no JSON")?;
        let folder = metadata["target_directory"].as_str().context("cargo names no target folder")?;
        Ok(folder.into())
    }

    /// `cargo`, the one that runs us, in the workspace's folder.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(args).current_dir(&self.root);
        command
    }

    /// A program in a folder of the workspace.
    pub(crate) fn program(&self, program: &str, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.root.join(folder));
        command
    }

    /// Where `hb` is built, with the suffix of this system.
    pub(crate) fn hb(&self, release: bool) -> PathBuf {
        let folder = self.target.join(if release { "release" } else { "debug" });
        folder.join(format!("hb{}", env::consts::EXE_SUFFIX))
    }
}
