//! `cargo xtask shots`: pictures of every page, for a person to look at; a few of them are what the documentation shows.
//!
//! Not here: which pages, sizes and languages, and what is measured of them (tests/e2e/looks.rs).

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{npm, step};

/// (picture, what the documentation calls it).
const SHOWN: &[(&str, &str)] = &[
    ("dashboard-en-1280-light", "dashboard"),
    ("dashboard-en-1280-dark", "dashboard-dark"),
    ("screen-down-en-360-light", "screen"),
    ("wall-en-1280-dark", "wall"),
];

/// Takes them all into `folder`, `target/shots` by default, and renews those of the documentation.
pub(crate) fn take(workspace: &Workspace, folder: Option<PathBuf>) -> Result<()> {
    npm::build(workspace)?;
    let folder = std::path::absolute(folder.unwrap_or_else(|| workspace.target.join("shots")))?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let test = ["test", "--locked", "-p", "hb-server", "--test", "e2e", "--", "every_page_is_whole"];
    step::show("look at every page", workspace.cargo(&test).env("HB_SHOTS", &folder))?;
    for (picture, name) in SHOWN {
        let page = workspace.root.join(format!("docs/images/{name}.png"));
        fs::copy(folder.join(format!("{picture}.png")), &page)
            .with_context(|| format!("cannot write {}", page.display()))?;
    }
    println!("{}", folder.display());
    Ok(())
}
