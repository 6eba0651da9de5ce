//! A message to a program: its arguments as they are, no shell, the message as JSON on its standard input.
//!
//! When its time is over, the program ends with all it has started. Not here: what programs may do.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::ChildStderr;

use super::Failure;
use crate::notify::message::{Message, shown};
use crate::notify::render::Words;

/// So much of what a program complains of is passed on.
const MOST_COMPLAINT: usize = 200;

/// A program and its arguments.
pub struct Command {
    program: String,
    arguments: Vec<String>,
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
        let (program, arguments) = argv.split_first()?;
        (!program.is_empty()).then(|| Self { program: program.clone(), arguments: arguments.to_vec() })
    }

    pub(super) fn place(&self) -> String {
        self.program.clone()
    }

    pub(super) async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        let json = Words::new(message, zone).json().to_string();
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| Failure::unavailable(format!("{} cannot be started: {error}", self.program)))?;
        let mut group = Group::of(&child);
        let (mut stdin, stderr) = (child.stdin.take(), child.stderr.take());
        let mut complaint = Vec::new();
        let status = {
            let ended = async {
                let tell = async {
                    // A program that does not read it may still have done what it should.
                    if let Some(mut stdin) = stdin.take() {
                        let _ = stdin.write_all(json.as_bytes()).await;
                    }
                };
                tokio::join!(tell, child.wait()).1
            };
            let mut hearing = std::pin::pin!(listen(stderr, &mut complaint).fuse());
            let status = tokio::select! {
                status = ended => status,
                () = async { hearing.as_mut().await; std::future::pending().await } => unreachable!("it waits for ever"),
            };
            group.let_be();
            // The last words are in the pipe; a child of the program may keep it open for longer.
            if !hearing.is_terminated() {
                let _ = tokio::time::timeout(Duration::from_millis(100), hearing).await;
            }
            status
        };
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::unavailable(self.failed(status, &complaint))),
            Err(error) => Err(Failure::unavailable(format!("{} was lost: {error}", self.program))),
        }
    }

    fn failed(&self, status: ExitStatus, complaint: &[u8]) -> String {
        let text = String::from_utf8_lossy(complaint);
        let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it did not say why");
        let line: String = shown(line).chars().take(MOST_COMPLAINT).collect();
        format!("{} failed ({status}): {line}", self.program)
    }
}

/// Reads all, so that the program never waits for a reader, and keeps the beginning.
async fn listen(stderr: Option<ChildStderr>, complaint: &mut Vec<u8>) {
    let Some(mut stderr) = stderr else { return };
    let mut part = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut part).await {
        let room = (4 * MOST_COMPLAINT).saturating_sub(complaint.len());
        complaint.extend_from_slice(&part[..read.min(room)]);
    }
}

/// The program and all it has started; ends with this, unless it ended by itself.
struct Group(#[cfg(unix)] Option<rustix::process::Pid>);

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        Self(pid.and_then(rustix::process::Pid::from_raw))
    }

    #[cfg(not(unix))]
    fn of(_: &tokio::process::Child) -> Self {
        Self()
    }

    /// It has ended; its number may soon be another's.
    fn let_be(&mut self) {
        #[cfg(unix)]
        {
            self.0 = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0 {
            // It may just have ended.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}
