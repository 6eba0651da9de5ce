//! `cargo xtask detect`: the study of detectors, and the recording of traces for it.
//!
//! Not here: what is compared and how (hb-core/study), what is recorded (its `record.mjs`).

use anyhow::Result;

use crate::step;
use crate::workspace::Workspace;

/// Writes docs/detection.md and its pictures anew, over traces recorded anew where asked for.
pub(crate) fn run(workspace: &Workspace, record: bool) -> Result<()> {
    if record {
        // As in `docs`: with the features of the tests, so that nothing is built twice.
        let build = ["test", "--locked", "-p", "hb-server", "--test", "cli", "--no-run"];
        step::show("build hb", &workspace.cargo(&build))?;
        let hb = workspace.hb(false).to_string_lossy().into_owned();
        step::show("record", &workspace.program("node", "hb-core/study", &["record.mjs", &hb, "traces"]))?;
    }
    step::show("detect", &workspace.cargo(&["run", "--locked", "-p", "hb-study"]))
}
