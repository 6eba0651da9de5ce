//! The complete binary.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{npm, step};

/// Builds client, pages and server; the path of `hb`.
pub(crate) fn all(workspace: &Workspace) -> Result<PathBuf> {
    npm::build(workspace)?;
    let args = ["build", "--locked", "--release", "--package", "hb-server"];
    step::run("compile the server", &workspace.cargo(&args))?;
    Ok(workspace.hb())
}
