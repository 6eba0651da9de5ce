//! A message to a program: its arguments as they are, no shell, the message as JSON on its standard input.
//!
//! Not here: how a program runs, what it is given and how it ends ([`crate::exec`]); what programs may do.

use std::ffi::OsString;
use std::time::Duration;

use hb_core::repair;
use jiff::tz::TimeZone;

use super::{Failure, TIMEOUT};
use crate::exec::{Config, Executor};
use crate::notify::message::{Message, shown};
use crate::notify::render::Words;

/// So much of what a program complains of is passed on.
const MOST_COMPLAINT: usize = 200;
/// A program is asked to end so long before it is killed at the channel's time-out: a modem may be told to hang up.
const GRACE: Duration = Duration::from_secs(2);

/// A program and its arguments.
pub struct Command {
    program: String,
    words: Vec<OsString>,
    executor: Executor,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments may hold secrets.
        write!(f, "Command({})", self.program)
    }
}

impl Command {
    /// The program at the head of `argv` with the rest as its arguments; `None` without one.
    #[must_use]
    pub fn new(argv: &[String]) -> Option<Self> {
        let program = argv.first().filter(|program| !program.is_empty())?.clone();
        let timeout = TIMEOUT.saturating_sub(GRACE);
        let config = Config { timeout, grace: GRACE, most_output: 4 * MOST_COMPLAINT, ..Config::default() };
        let words = argv.iter().map(OsString::from).collect();
        Some(Self { program, words, executor: Executor::new(config) })
    }

    pub(super) fn place(&self) -> String {
        self.program.clone()
    }

    pub(super) async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        let json = Words::new(message, zone).json().to_string();
        let report = self.executor.tell(&self.words, &json).await;
        let how = match report.failure {
            None => return Ok(()),
            Some(repair::Failure::Exit(code)) => format!("exit code {code}"),
            // Of the other failures a program knows only the end of its time.
            Some(_) => format!("ended after {} s", TIMEOUT.saturating_sub(GRACE).as_secs()),
        };
        let text = String::from_utf8_lossy(report.stderr.bytes());
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it did not say why");
        let line: String = shown(line).chars().take(MOST_COMPLAINT).collect();
        Err(Failure::unavailable(format!("{} failed ({how}): {line}", self.program)))
    }
}
