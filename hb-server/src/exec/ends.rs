//! The end of a program and of all that it starts: noticed, asked for, or forced. All that differs there between Unix, which has
//! process groups, and Windows, which has jobs. Not here: which program, and how long it is waited for.

pub use imp::{Ends, exit_code, lead};

#[cfg(unix)]
mod imp {
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
    use tokio::process::{Child, Command};
    use tokio::signal::unix::{self, SignalKind, signal};

    /// The program will lead a process group of its own.
    pub fn lead(command: &mut Command) {
        command.process_group(0);
    }

    /// Sees that a child has ended without taking its exit code: until that is taken, its number, and that of the group it
    /// leads, is nobody else's.
    #[derive(Debug)]
    pub struct Ends(unix::Signal);

    impl Ends {
        /// Listens before there is a child, so that no end is missed.
        ///
        /// # Errors
        /// The system gives no signal of it.
        pub fn new() -> io::Result<Self> {
            Ok(Self(signal(SignalKind::child())?))
        }

        /// Nothing: a group holds whom the child starts.
        pub fn born(&mut self, _: &Child) {}

        /// Nothing: who is left in a group goes on.
        pub fn let_go(&mut self) {}

        /// Waits for the end of the child. Cancelling loses nothing.
        pub async fn ended(&mut self, child: &mut Child) {
            let Some(pid) = of(child) else { return };
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            while let Ok(None) = waitid(WaitId::Pid(pid), options) {
                self.0.recv().await;
            }
        }

        /// Asks the child, which leads a group and was not waited for, and all of that group to end; or ends them.
        pub fn end(&mut self, child: &mut Child, at_once: bool) {
            if let Some(pid) = of(child) {
                // An error means that none of them is left.
                let _ = kill_process_group(pid, if at_once { Signal::KILL } else { Signal::TERM });
            }
        }
    }

    fn of(child: &Child) -> Option<Pid> {
        Pid::from_raw(child.id()?.try_into().ok()?)
    }

    /// The exit code as shells have it: 128 and the signal for who was ended by one.
    #[must_use]
    pub fn exit_code(status: ExitStatus) -> i32 {
        status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
    }
}

#[cfg(windows)]
mod imp {
    use std::io;
    use std::process::ExitStatus;

    use tokio::process::{Child, Command};

    use crate::exec::job::Job;

    /// Nothing: a program is put into its job when it was started.
    pub fn lead(_: &mut Command) {}

    /// Sees that a child has ended, and holds the job in which it is with all that it starts: that ends with us, however we
    /// end, as when the task manager ends us.
    #[derive(Debug)]
    pub struct Ends(Option<Job>);

    impl Ends {
        /// Holds none yet.
        ///
        /// # Errors
        /// None here.
        pub fn new() -> io::Result<Self> {
            Ok(Self(None))
        }

        /// Takes the child into a job.
        pub fn born(&mut self, child: &Child) {
            // One that has ended already needs none; and without one it is ended alone.
            self.0 = Job::of(child).ok();
        }

        /// The child has ended by itself: what it left running goes on.
        pub fn let_go(&mut self) {
            if let Some(job) = self.0.take() {
                job.let_go();
            }
        }

        /// Waits for the end of the child. Cancelling loses nothing.
        pub async fn ended(&mut self, child: &mut Child) {
            // An error means that there is nothing to wait for.
            let _ = child.wait().await;
        }

        /// Ends the child and all that it started; there is no asking.
        pub fn end(&mut self, child: &mut Child, _: bool) {
            drop(self.0.take());
            // An error means that it has ended.
            let _ = child.start_kill();
        }
    }

    /// The child's exit code.
    #[must_use]
    pub fn exit_code(status: ExitStatus) -> i32 {
        status.code().unwrap_or(1)
    }
}
