//! Programs on this host: steps of the repair ladder (a program of the operator's, the restart of a systemd unit, a
//! reboot), and those that are told something.
//!
//! No shell stands between: a program is a list of words. It leads a process group of its own, and when its time is over
//! the whole group goes, first asked by SIGTERM, then killed; also when whoever waits for it is dropped. What it leaves
//! running when it ends by itself in time is left alone: it may be the browser that it was to start. A process that makes
//! a session of its own leaves the group and is not followed; a systemd unit is the way to hold such.
//!
//! **Environment**: exactly [`Config::environment`], and of each [`Move`] `HB_REPAIR_HOST`, `HB_REPAIR_SLOT`,
//! `HB_REPAIR_APP`, `HB_REPAIR_ACTION`, `HB_REPAIR_WHY` (the word of the evidence) and `HB_REPAIR_ATTEMPT`. Nothing else
//! of ours: a token in the server's environment is no program's business. The folder is `/`. To read there is what
//! [`Executor::tell`] is given, otherwise nothing.
//!
//! Nothing here blocks the runtime. On Windows a job holds what a group holds elsewhere; there is no asking. Not here: when to do what ([`hb_core::repair`]), `reload` (a word over the page's link), who may ask for it.
//!
//! ```no_run
//! use hb_server::exec::{Config, Executor, Order, Unit};
//!
//! # async fn demo(step: &hb_core::repair::Move) {
//! let executor = Executor::new(Config::default());
//! let order = Order::Restart(Unit::new("kiosk.service").expect("it is one"));
//! let report = executor.carry_out(&order, step).await;
//! println!("{:?}: {}", report.failure, report.stderr);
//! # }
//! ```

use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use hb_core::repair::{Failure, Move};
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, Command};

mod capture;
pub mod ends;
mod group;
#[cfg(windows)]
pub mod job;
mod order;
pub mod program;
#[cfg(test)]
mod tests;

pub use capture::Capture;
pub use order::{InvalidUnit, Order, Unit};

use group::{Ended, Group, Started};

/// How long the end of the output is waited for after the program has ended: what it left running may hold it open.
const LINGER: Duration = Duration::from_millis(250);
/// Exit codes of what could not be started, as `env`, `nohup`, `timeout` and `hb run` have them.
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// What every program is given, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// All its variables but those of the move. Default: our own `PATH` and `HOME`, and `LANG=C.UTF-8`, so that words can
    /// be searched for.
    pub environment: Vec<(OsString, OsString)>,
    /// From its start to the SIGTERM. Default 60 s: a unit that stops needs up to 90 s by systemd's own default, but
    /// systemd goes on with that whether `systemctl` waits or not.
    pub timeout: Duration,
    /// From there to the SIGKILL. Default 5 s.
    pub grace: Duration,
    /// Bytes that are kept of its output and of its errors, each. Default 16 KiB: a screenful and its history.
    pub most_output: usize,
}

impl Default for Config {
    fn default() -> Self {
        let path = || "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into();
        let mut environment = vec![
            ("PATH".into(), std::env::var_os("PATH").unwrap_or_else(path)),
            ("LANG".into(), "C.UTF-8".into()),
        ];
        environment.extend(std::env::var_os("HOME").map(|home| ("HOME".into(), home)));
        Self {
            environment,
            timeout: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            most_output: 16 * 1024,
        }
    }
}

/// How it went, for [`hb_core::repair::Input::Result`] and for the person who asks why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What stopped it; `None` if it was carried out. A program that a signal ended has 128 and its number as its code,
    /// one that is not there 127, and one that may not be executed 126.
    pub failure: Option<Failure>,
    /// What it said.
    pub stdout: Capture,
    /// What it complained of; of a program that could not be started, why.
    pub stderr: Capture,
}

/// Carries out orders; as many at once as are given.
#[derive(Clone, Debug)]
pub struct Executor {
    config: Config,
}

impl Executor {
    /// One with these limits.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    /// Carries out `order`, which is what `step` means on this host. Dropped, it ends what it began.
    pub async fn carry_out(&self, order: &Order, step: &Move) -> Report {
        self.run(&order.words(), &variables(step), None, tokio::time::sleep(self.config.timeout)).await
    }

    /// Runs a program that may read `text` and then the end of it. Dropped, it ends what it began.
    pub async fn tell(&self, words: &[OsString], text: &str) -> Report {
        self.run(words, &[], Some(text), tokio::time::sleep(self.config.timeout)).await
    }

    /// Runs a program until it ends, or until `over` and the grace after it.
    async fn run(
        &self,
        words: &[OsString],
        variables: &[(&str, String)],
        text: Option<&str>,
        over: impl Future<Output = ()>,
    ) -> Report {
        let most = self.config.most_output;
        let (mut stdout, mut stderr) = (Capture::new(most), Capture::new(most));
        let Started { mut group, stdin, stdout: out, stderr: err } = match self.start(words, variables, text)
        {
            Ok(started) => started,
            Err(error) => return not_started(words, &error),
        };
        let failure = {
            let mut reading = pin!(async { tokio::join!(stdout.read(out), stderr.read(err)) });
            let mut telling = pin!(say(stdin, text.unwrap_or_default()));
            let mut ending = pin!(group.end(over, self.config.grace));
            let (mut read, mut told) = (false, false);
            let ended = loop {
                tokio::select! {
                    ended = &mut ending => break ended,
                    _ = &mut reading, if !read => read = true,
                    () = &mut telling, if !told => told = true,
                }
            };
            if !read {
                // An error means that something holds it open; what was said until now was read.
                let _ = tokio::time::timeout(LINGER, reading).await;
            }
            match ended {
                Ended::InTime(status) if status.success() => None,
                Ended::InTime(status) => Some(Failure::Exit(ends::exit_code(status))),
                Ended::Killed => Some(Failure::TimedOut),
            }
        };
        Report { failure, stdout, stderr }
    }

    fn start(
        &self,
        words: &[OsString],
        variables: &[(&str, String)],
        text: Option<&str>,
    ) -> io::Result<Started> {
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::NotFound)?;
        let mut command = Command::new(program);
        command.args(arguments).current_dir("/").env_clear();
        command.envs(self.config.environment.iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(if text.is_some() { Stdio::piped() } else { Stdio::null() });
        Group::start(command)
    }
}

/// Writes `text` and closes. Who does not read it may still do what it should.
async fn say(stdin: Option<ChildStdin>, text: &str) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(text.as_bytes()).await;
    }
}

/// What a program is told of the move.
fn variables(step: &Move) -> [(&'static str, String); 6] {
    let id = step.id.borrow();
    [
        ("HB_REPAIR_HOST", id.host().into()),
        ("HB_REPAIR_SLOT", id.slot().into()),
        ("HB_REPAIR_APP", id.app().into()),
        ("HB_REPAIR_ACTION", step.action.word().into()),
        ("HB_REPAIR_WHY", step.why.word().into()),
        ("HB_REPAIR_ATTEMPT", step.attempt.to_string()),
    ]
}

fn not_started(words: &[OsString], error: &io::Error) -> Report {
    let program = words.first().map(|program| program.display().to_string()).unwrap_or_default();
    let (code, why) = match error.kind() {
        io::ErrorKind::NotFound => {
            (NOT_FOUND, "there is no such program; expected its whole path, or a name in PATH")
        }
        io::ErrorKind::PermissionDenied => {
            (NOT_EXECUTABLE, "it may not be executed; expected a program, made one by chmod +x")
        }
        _ => (NOT_EXECUTABLE, "it cannot be executed"),
    };
    let said = format!("hb: cannot start {program}: {why} ({error})\n");
    let mut stderr = Capture::new(said.len());
    stderr.take(said.as_bytes());
    Report { failure: Some(Failure::Exit(code)), stderr, ..Report::default() }
}
