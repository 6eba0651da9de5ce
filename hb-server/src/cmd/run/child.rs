//! One life of the child: started, attended until its end, ended where it is asked to begin anew.
//!
//! Not here: whether it is started again (`restart`), who asks (`agent`), what differs between systems
//! (`platform`, `hb_server::exec::ends`).

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::Context;
use hb_server::exec::ends::{Ends, lead};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until};

use super::agent::{self, Agent, Asker, TOKEN};
use super::frames::Frames;
use super::platform::{Signals, pass_on};
use super::restart::Wish;

/// From the request to end to the end, for a child that is started again: as long as a repair's program has.
const GRACE: Duration = Duration::from_secs(5);

/// What attends the child, and hears what is for it.
pub(super) struct Keeper {
    signals: Signals,
    ends: Ends,
    /// The child leads a process group of its own: all of it ends before it is started again.
    leads: bool,
}

/// How a life ended.
pub(super) struct End {
    pub(super) status: ExitStatus,
    /// Who asked for it, to have it started again.
    pub(super) asker: Option<Asker>,
}

/// How a wait between two lives ended.
pub(super) enum Pause {
    Over,
    /// Somebody wants it started now.
    Asked(Asker),
    /// A signal said that it stays ended.
    Stopped,
}

impl Keeper {
    /// From here on signals are the child's.
    pub(super) fn new(leads: bool) -> anyhow::Result<Self> {
        let signals = Signals::new().context("cannot listen for signals")?;
        let ends = Ends::new().context("cannot listen for the end of the command")?;
        Ok(Self { signals, ends, leads })
    }

    /// Starts it. The token is no program's business.
    pub(super) fn spawn(&mut self, command: &[OsString], frames: Option<&Frames>) -> io::Result<Child> {
        let (program, arguments) = command.split_first().expect("clap demands a command");
        let mut command = Command::new(program);
        command.args(arguments).env_remove(TOKEN);
        if self.leads {
            lead(&mut command);
        }
        if let Some(frames) = frames {
            frames.dress(&mut command)?;
        }
        let child = command.spawn()?;
        self.ends.born(&child);
        Ok(child)
    }

    /// Waits for the end of the child, and passes signals on meanwhile.
    pub(super) async fn attend(
        &mut self,
        mut child: Child,
        mut agent: Option<&mut Agent>,
        mut signalled: impl FnMut(Wish),
    ) -> anyhow::Result<End> {
        let mut asker: Option<Asker> = None;
        let mut deadline = Instant::now();
        let (mut ending, mut killed) = (false, false);
        loop {
            tokio::select! {
                // Signals first: Ctrl-C reaches the child too, and why it ended must be known before that it ended.
                biased;
                signal = self.signals.recv() => {
                    signalled(signal.wish());
                    if signal.wish() != Wish::Other && let Some(asker) = asker.take() {
                        asker.refuse("hb run was told to end");
                    }
                    if let Some(pid) = child.id() {
                        pass_on(signal, pid, self.leads);
                    }
                }
                asked = agent::asked(agent.as_deref_mut()), if !ending => {
                    self.ends.end(&mut child, false);
                    (asker, ending, deadline) = (Some(asked), true, Instant::now() + GRACE);
                }
                () = self.ends.ended(&mut child) => break,
                () = sleep_until(deadline), if ending && !killed => {
                    self.ends.end(&mut child, true);
                    killed = true;
                }
            }
        }
        if ending {
            // What it left running would hold on to its profile, its port or the GPU. It was not waited for, so the number
            // of its group is still its own.
            self.ends.end(&mut child, true);
        } else {
            self.ends.let_go();
        }
        let status = child.wait().await.context("cannot wait for the command")?;
        Ok(End { status, asker })
    }

    /// Waits before a restart.
    pub(super) async fn pause(&mut self, after: Duration, mut agent: Option<&mut Agent>) -> Pause {
        let end = Instant::now() + after;
        loop {
            tokio::select! {
                () = sleep_until(end) => return Pause::Over,
                asker = agent::asked(agent.as_deref_mut()) => return Pause::Asked(asker),
                signal = self.signals.recv() => if signal.wish() != Wish::Other { return Pause::Stopped },
            }
        }
    }
}

/// For the person who typed the command.
pub(super) fn why_not_started(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => {
            "there is no such command; is it spelt right, with its path or in PATH?".into()
        }
        ErrorKind::PermissionDenied => {
            "it may not be executed; expected a program, made one by chmod +x".into()
        }
        _ => error.to_string(),
    }
}
