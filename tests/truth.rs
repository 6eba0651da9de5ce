//! `cargo xtask truth`: every way a screen can stop working, done to real browsers before a real server, and what hb and the
//! original's way say of it.
//!
//! The cells are data (`truth/cases`), what they are known to miss stands in one list (`truth/gaps`). Needs what the
//! end-to-end tests need, WebKit and its driver, and for windows that nobody sees a framebuffer and a window manager. Not here: what one crate can prove alone.

#![allow(clippy::unwrap_used, reason = "a cell that cannot be played has failed")]
#![cfg_attr(not(unix), allow(dead_code, reason = "signals are Unix'"))]

#[allow(dead_code, reason = "the end-to-end tests use the rest")]
#[path = "e2e/harness/mod.rs"]
mod harness;

#[cfg(unix)]
mod truth {
    mod args;
    mod beside;
    mod browser;
    mod case;
    mod cases;
    mod gaps;
    mod host;
    mod judge;
    mod limit;
    mod play;
    mod record;
    mod report;
    mod run;
    mod screen;
    mod stage;
    mod table;
    mod way;

    pub(crate) use run::{Command, run};
}

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    use clap::Parser as _;
    truth::run(&truth::Command::parse())
}

#[cfg(not(unix))]
fn main() {}
