//! `cargo xtask truth`: builds what it needs and runs `tests/truth.rs`, which breaks real browsers and writes docs/truth.md. Not
//! here: the cells.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{bench, npm, step};

#[path = "../../tests/truth/args.rs"]
mod args;

pub(crate) use args::Args;

/// Plays the cells; all of them together are what docs/truth.md shows.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let mut passed = args.words();
    if !args.list {
        passed.extend(["--today".to_owned(), bench::today(), "--machine".to_owned(), bench::machine()]);
    }
    play(workspace, &passed)
}

/// The short cells, for CI, whose machines are busy: what is seen must be right, and may come late. Of WebKit, whose findings
/// are those of the others, a sample. Writes nothing.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    play(workspace, &["--patient".to_owned(), "--brief".to_owned()])
}

/// The server embeds the client, which is built unless it is there.
fn play(workspace: &Workspace, args: &[String]) -> Result<()> {
    if !workspace.root.join("hb-wasm/npm/dist/heartbeat.global.js").exists() {
        npm::build(workspace)?;
    }
    let mut all = vec!["test", "--locked", "-p", "hb-server", "--test", "truth", "--"];
    all.extend(args.iter().map(String::as_str));
    step::show("truth", &workspace.cargo(&all))
}
