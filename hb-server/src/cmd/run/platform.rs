//! All that differs between Unix and Windows in the signals that are a supervised child's. Not here: its end
//! (`hb_server::exec::ends`).

pub(crate) use imp::{Signals, pass_on};

#[cfg(unix)]
mod imp {
    use std::io;

    use rustix::process::{Pid, getpgrp, kill_process};
    use rustix::termios::tcgetpgrp;
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

    fn of(pid: u32) -> Option<Pid> {
        Pid::from_raw(pid.try_into().ok()?)
    }

    fn in_foreground() -> bool {
        let own = getpgrp();
        [tcgetpgrp(io::stdin()), tcgetpgrp(io::stdout()), tcgetpgrp(io::stderr())]
            .into_iter()
            .any(|group| group.is_ok_and(|group| group == own))
    }
}

#[cfg(windows)]
mod imp {
    use std::io;

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
}
