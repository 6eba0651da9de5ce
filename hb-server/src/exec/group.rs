//! A program and all that it starts: a process group, begun and ended together. All that differs between Unix and
//! Windows is here. Not here: which program.

use std::future::Future;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

pub(super) use imp::code;

use imp::Watch;

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
    watch: Watch,
    /// It has ended and is nobody's any more: its number may be another's.
    over: bool,
}

impl Group {
    /// Starts `command`, whose input its caller has chosen.
    pub(super) fn start(mut command: Command) -> io::Result<Started> {
        let before = Watch::before(&mut command)?;
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdin, pipes) = (child.stdin.take(), child.stdout.take().zip(child.stderr.take()));
        let watch = before.of(&child);
        let group = Self { child, watch, over: false };
        let (stdout, stderr) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Started { group, stdin, stdout, stderr })
    }

    /// Waits until it has ended by itself. Once `over` is, all of the group is asked to end, and killed when the first
    /// of it has ended or `grace` is over.
    pub(super) async fn end(&mut self, over: impl Future<Output = ()>, grace: Duration) -> Ended {
        let killed = tokio::select! {
            // Who ends in the moment in which its time is over has ended.
            biased;
            () = self.watch.ended(&mut self.child) => false,
            () = over => true,
        };
        if killed {
            self.watch.ask(&mut self.child);
            // Whether it heard or not: what it started may not have.
            let _ = tokio::time::timeout(grace, self.watch.ended(&mut self.child)).await;
            // Nobody has taken its exit code yet, so the number of the group is still its own.
            self.watch.kill(&mut self.child);
            if tokio::time::timeout(LAST, self.watch.ended(&mut self.child)).await.is_err() {
                return Ended::Killed;
            }
        }
        self.over = true;
        self.watch.let_go();
        match self.child.wait().await {
            Ok(status) if !killed => Ended::InTime(status),
            Ok(_) | Err(_) => Ended::Killed,
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.over {
            self.watch.kill(&mut self.child);
        }
    }
}

#[cfg(unix)]
mod imp {
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use tokio::process::{Child, Command};
    use tokio::signal::unix::{self, SignalKind, signal};

    /// Sees that a child has ended without taking its exit code: until that is taken, its number is nobody else's.
    #[derive(Debug)]
    pub(super) struct Watch {
        ends: unix::Signal,
        pid: Option<Pid>,
    }

    impl Watch {
        /// Listens before there is a child, so that no end is missed.
        pub(super) fn before(command: &mut Command) -> io::Result<Self> {
            command.process_group(0);
            Ok(Self { ends: signal(SignalKind::child())?, pid: None })
        }

        pub(super) fn of(self, child: &Child) -> Self {
            let pid = child.id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?));
            Self { pid, ..self }
        }

        /// Waits for the end of the child. Cancelling loses nothing.
        pub(super) async fn ended(&mut self, _: &mut Child) {
            let Some(pid) = self.pid else { return };
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            while let Ok(None) = waitid(WaitId::Pid(pid), options) {
                self.ends.recv().await;
            }
        }

        /// Nothing: who is left in a group goes on.
        pub(super) fn let_go(&mut self) {}

        pub(super) fn ask(&mut self, _: &mut Child) {
            self.send(Signal::TERM);
        }

        pub(super) fn kill(&mut self, _: &mut Child) {
            self.send(Signal::KILL);
        }

        fn send(&self, signal: Signal) {
            if let Some(pid) = self.pid {
                // An error means that none of them is left.
                let _ = kill_process_group(pid, signal);
            }
        }
    }

    /// The exit code as shells have it: 128 and the signal for who was ended by one.
    pub(in crate::exec) fn code(status: ExitStatus) -> i32 {
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
    }
}

#[cfg(windows)]
mod imp {
    use std::io;
    use std::process::ExitStatus;

    use tokio::process::{Child, Command};

    use crate::exec::job::Job;

    /// The job in which the program is with all that it starts.
    #[derive(Debug)]
    pub(super) struct Watch(Option<Job>);

    impl Watch {
        pub(super) fn before(_: &mut Command) -> io::Result<Self> {
            Ok(Self(None))
        }

        pub(super) fn of(self, child: &Child) -> Self {
            // One that has ended already needs none; and without one it is ended alone.
            Self(Job::of(child).ok())
        }

        /// What it left running when it ended by itself goes on.
        pub(super) fn let_go(&mut self) {
            if let Some(job) = self.0.take() {
                job.let_go();
            }
        }

        pub(super) async fn ended(&mut self, child: &mut Child) {
            // An error means that there is nothing to wait for.
            let _ = child.wait().await;
        }

        /// There is no asking.
        pub(super) fn ask(&mut self, child: &mut Child) {
            self.kill(child);
        }

        pub(super) fn kill(&mut self, child: &mut Child) {
            drop(self.0.take());
            // An error means that it has ended.
            let _ = child.start_kill();
        }
    }

    pub(in crate::exec) fn code(status: ExitStatus) -> i32 {
        status.code().unwrap_or_default()
    }
}
