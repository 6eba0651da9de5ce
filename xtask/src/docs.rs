//! `cargo xtask docs`: writes the pages that are made of the code.
//!
//! Not here: what stands in them (hb itself says it), figures (`bench`), whether they are up to date (the tests of hb).

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// (page, what hb is asked for it).
const PAGES: &[(&str, &[&str])] = &[("docs/configuration.md", &["config", "keys"])];

/// Writes them all.
pub(crate) fn write(workspace: &Workspace) -> Result<()> {
    let build = ["test", "--locked", "-p", "hb-server", "--test", "cli", "--no-run"];
    crate::step::show("build hb", &workspace.cargo(&build))?;
    let hb = workspace.target.join("debug").join(format!("hb{}", std::env::consts::EXE_SUFFIX));
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
