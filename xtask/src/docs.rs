//! `cargo xtask docs`: writes the pages that are made of the code.
//!
//! Not here: what stands in them (hb itself says it), figures (`bench`), whether they are up to date (the tests of hb).

use std::fs;

use anyhow::{Context, Result, bail};

use crate::build::{self, Machine};
use crate::workspace::Workspace;

/// (page, what hb is asked for it).
const PAGES: &[(&str, &[&str])] = &[("docs/configuration.md", &["config", "keys"])];

/// Writes them all.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let hb = build::server(workspace, Machine::HERE, false)?;
    for (page, asked) in PAGES {
        let said = std::process::Command::new(&hb).args(*asked).output().context("cannot start hb")?;
        if !said.status.success() {
            bail!("hb {}: {}", asked.join(" "), String::from_utf8_lossy(&said.stderr).trim_end());
        }
        fs::write(workspace.root.join(page), said.stdout)?;
        println!("{page}");
    }
    Ok(())
}
