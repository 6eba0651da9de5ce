//! The subcommands of `hb`, one file each: what was typed, and what it means. Beneath them `address` (where the server
//! is), `credential` (what is shown to it), `environment` (variables by name), `ask` (one question to the server), `api` (its JSON), `screen`, `when` and
//! `table` (how screens, times and lists read at a terminal).

use std::io::{ErrorKind, Write};

pub(crate) mod address;
pub(crate) mod alert;
pub(crate) mod api;
pub(crate) mod app;
pub(crate) mod ask;
pub(crate) mod beat;
pub(crate) mod check;
pub(crate) mod command;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod credential;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod expect;
pub(crate) mod help;
pub(crate) mod holds;
pub(crate) mod hosts;
pub(crate) mod hours;
pub(crate) mod incident;
pub(crate) mod man;
pub(crate) mod memory;
pub(crate) mod mute;
pub(crate) mod replace;
pub(crate) mod run;
pub(crate) mod scope;
pub(crate) mod screen;
pub(crate) mod serve;
pub(crate) mod show;
pub(crate) mod table;
pub(crate) mod tip;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod when;

/// Writes to standard output. A reader that left (`hb list | head`) is no error.
pub(crate) fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
