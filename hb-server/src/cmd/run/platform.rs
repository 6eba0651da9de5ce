//! All that differs between Unix and Windows when a child is supervised: signals, process groups and jobs, and how an end becomes
//! an exit code.

pub(crate) use imp::{Ends, Signals, exit_code, lead, pass_on};

#[cfg(unix)]
mod imp {
    use std::io;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use rustix::process::{Pid, WaitId, WaitIdOptions, getpgrp, kill_process, kill_process_group, waitid};
    use rustix::termios::tcgetpgrp;
    use tokio::process::{Child, Command};
    use tokio::signal::unix::{self, SignalKind, signal};

    use crate::cmd::run::restart::Wish;

    /// A signal to be passed on.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Signal(rustix::process::Signal);

    impl Signal {
        pub(crate) fn wish(self) -> Wish {
            match self.0 {
                rustix::process::Signal::TERM => Wish::End,
                rustix::process::Signal::INT | rustix::process::Signal::HUP => Wish::Interrupt,
                _ => Wish::Other,
            }
        }
    }

    /// The signals that are the child's: from now on they no longer end this process.
    pub(crate) struct Signals {
        hup: unix::Signal,
        int: unix::Signal,
        term: unix::Signal,
        usr1: unix::Signal,
        usr2: unix::Signal,
    }

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self {
                hup: signal(SignalKind::hangup())?,
                int: signal(SignalKind::interrupt())?,
                term: signal(SignalKind::terminate())?,
                usr1: signal(SignalKind::user_defined1())?,
                usr2: signal(SignalKind::user_defined2())?,
            })
        }

        /// The next signal. Cancelling loses none.
        pub(crate) async fn recv(&mut self) -> Signal {
            Signal(tokio::select! {
                _ = self.hup.recv() => rustix::process::Signal::HUP,
                _ = self.int.recv() => rustix::process::Signal::INT,
                _ = self.term.recv() => rustix::process::Signal::TERM,
                _ = self.usr1.recv() => rustix::process::Signal::USR1,
                _ = self.usr2.recv() => rustix::process::Signal::USR2,
            })
        }
    }

    /// Passes a signal on to the process `pid`, a child that has not been waited for. Ctrl-C on a terminal is left
    /// out where the child is of our group: the terminal has sent that to it already, and many programs take a second one
    /// for "at once".
    pub(crate) fn pass_on(signal: Signal, pid: u32, leads: bool) {
        if signal.0 == rustix::process::Signal::INT && !leads && in_foreground() {
            return;
        }
        if let Some(pid) = of(pid) {
            // It fails only when the child is gone, and then its end is on its way to us.
            let _ = kill_process(pid, signal.0);
        }
    }

    /// The program will lead a process group of its own.
    pub(crate) fn lead(command: &mut Command) {
        command.process_group(0);
    }

    /// Sees that a child has ended without taking its exit code: until that is taken, its number, and that of the group it
    /// leads, is nobody else's.
    pub(crate) struct Ends(unix::Signal);

    impl Ends {
        /// Listens before there is a child, so that no end is missed.
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(signal(SignalKind::child())?))
        }

        /// Nothing: a group holds whom the child starts.
        pub(crate) fn born(&mut self, _: &Child) {}

        /// Nothing: who is left in a group goes on.
        pub(crate) fn let_go(&mut self) {}

        /// Waits for the end of the child. Cancelling loses nothing.
        pub(crate) async fn ended(&mut self, child: &mut Child) {
            let Some(pid) = child.id().and_then(of) else { return };
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            while let Ok(None) = waitid(WaitId::Pid(pid), options) {
                self.0.recv().await;
            }
        }

        /// Asks the child, which leads a group and was not waited for, and all of that group to end; or ends them.
        pub(crate) fn end(&mut self, child: &mut Child, at_once: bool) {
            use rustix::process::Signal;
            if let Some(pid) = child.id().and_then(of) {
                // An error means that none of them is left.
                let _ = kill_process_group(pid, if at_once { Signal::KILL } else { Signal::TERM });
            }
        }
    }

    fn of(pid: u32) -> Option<Pid> {
        Pid::from_raw(pid.try_into().ok()?)
    }

    fn in_foreground() -> bool {
        let own = getpgrp();
        [tcgetpgrp(io::stdin()), tcgetpgrp(io::stdout()), tcgetpgrp(io::stderr())]
            .into_iter()
            .any(|group| group.is_ok_and(|group| group == own))
    }

    /// The child's exit code; 128 + signal when a signal ended it.
    pub(crate) fn exit_code(status: ExitStatus) -> i32 {
        status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
    }
}

#[cfg(windows)]
mod imp {
    use std::io;
    use std::process::ExitStatus;

    use hb_server::exec::job::Job;
    use tokio::process::{Child, Command};
    use tokio::signal::windows;

    use crate::cmd::run::restart::Wish;

    /// A console event. The console sends it to every process attached, so there is nothing to pass on.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Signal(Wish);

    impl Signal {
        pub(crate) fn wish(self) -> Wish {
            self.0
        }
    }

    /// The console events that are the child's: from now on they no longer end this process.
    pub(crate) struct Signals {
        ctrl_c: windows::CtrlC,
        ctrl_break: windows::CtrlBreak,
        close: windows::CtrlClose,
    }

    impl Signals {
        pub(crate) fn new() -> io::Result<Self> {
            let (ctrl_c, ctrl_break) = (windows::ctrl_c()?, windows::ctrl_break()?);
            Ok(Self { ctrl_c, ctrl_break, close: windows::ctrl_close()? })
        }

        /// The next event. Cancelling loses none.
        pub(crate) async fn recv(&mut self) -> Signal {
            Signal(tokio::select! {
                _ = self.ctrl_c.recv() => Wish::Interrupt,
                _ = self.ctrl_break.recv() => Wish::Interrupt,
                _ = self.close.recv() => Wish::End,
            })
        }
    }

    /// Nothing: see [`Signal`].
    pub(crate) fn pass_on(_: Signal, _: u32, _: bool) {}

    /// Nothing: a program is put into its job when it was started.
    pub(crate) fn lead(_: &mut Command) {}

    /// Sees that a child has ended, and holds the job in which it is with all that it starts: that ends with us, however we
    /// end, as when the task manager ends us.
    pub(crate) struct Ends(Option<Job>);

    impl Ends {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(None))
        }

        /// Takes the child into a job.
        pub(crate) fn born(&mut self, child: &Child) {
            // One that has ended already needs none; and without one it is ended alone.
            self.0 = Job::of(child).ok();
        }

        /// The child has ended by itself: what it left running goes on.
        pub(crate) fn let_go(&mut self) {
            if let Some(job) = self.0.take() {
                job.let_go();
            }
        }

        /// Waits for the end of the child. Cancelling loses nothing.
        pub(crate) async fn ended(&mut self, child: &mut Child) {
            // An error means that there is nothing to wait for.
            let _ = child.wait().await;
        }

        /// Ends the child and all that it started; there is no asking.
        pub(crate) fn end(&mut self, child: &mut Child, _: bool) {
            drop(self.0.take());
            // An error means that it has ended.
            let _ = child.start_kill();
        }
    }

    /// The child's exit code.
    pub(crate) fn exit_code(status: ExitStatus) -> i32 {
        status.code().unwrap_or(1)
    }
}
