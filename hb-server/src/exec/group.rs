//! A program and all that it starts, begun and ended together. Not here: which program, and how its end is noticed and forced
//! (`ends`).

use std::future::Future;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::ends::{Ends, lead};

/// After a SIGKILL only a process that waits for hardware is still there; it is left to the reaper of orphans then.
const LAST: Duration = Duration::from_secs(5);

/// How it ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ended {
    /// By itself.
    InTime(ExitStatus),
    /// Its time was over.
    Killed,
}

/// A group and its pipes.
pub(super) struct Started {
    pub group: Group,
    /// `None` if it has nothing to read.
    pub stdin: Option<ChildStdin>,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
}

/// A running program; dropped, it is killed with all that it started.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    ends: Ends,
    /// It has ended and is nobody's any more: its number may be another's.
    over: bool,
}

impl Group {
    /// Starts `command`, whose input its caller has chosen.
    pub(super) fn start(mut command: Command) -> io::Result<Started> {
        let mut ends = Ends::new()?;
        lead(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdin, pipes) = (child.stdin.take(), child.stdout.take().zip(child.stderr.take()));
        ends.born(&child);
        let group = Self { child, ends, over: false };
        let (stdout, stderr) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Started { group, stdin, stdout, stderr })
    }

    /// Waits until it has ended by itself. Once `over` is, all of the group is asked to end, and killed when the first
    /// of it has ended or `grace` is over.
    pub(super) async fn end(&mut self, over: impl Future<Output = ()>, grace: Duration) -> Ended {
        let killed = tokio::select! {
            // Who ends in the moment in which its time is over has ended.
            biased;
            () = self.ends.ended(&mut self.child) => false,
            () = over => true,
        };
        if killed {
            self.ends.end(&mut self.child, false);
            // Whether it heard or not: what it started may not have.
            let _ = tokio::time::timeout(grace, self.ends.ended(&mut self.child)).await;
            // Nobody has taken its exit code yet, so the number of the group is still its own.
            self.ends.end(&mut self.child, true);
            if tokio::time::timeout(LAST, self.ends.ended(&mut self.child)).await.is_err() {
                return Ended::Killed;
            }
        }
        self.over = true;
        self.ends.let_go();
        match self.child.wait().await {
            Ok(status) if !killed => Ended::InTime(status),
            Ok(_) | Err(_) => Ended::Killed,
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.over {
            self.ends.end(&mut self.child, true);
        }
    }
}
