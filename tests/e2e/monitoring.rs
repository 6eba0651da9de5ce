//! The systems that a house runs already, for real, against a real `hb serve`: what is pasted from `packaging/` works.
//!
//! Not here: what `/metrics` says (`hb-server/tests/http/metrics.rs`).

mod board;
mod checkmk;
mod ear;
mod icinga;
mod nagios;
mod prometheus;

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A file of `packaging/`.
fn sample(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging")).join(path)
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(sample(path)).unwrap()
}

/// Runs a program to its end, which must be a good one; what it said.
fn succeeds(command: &mut Command) -> String {
    let ended = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
    assert!(ended.status.success(), "{command:?}: {said}");
    said
}
