//! `hb run`: supervises one program as the original's wrapper does: init, pings while it lives, done when it ends,
//! signals passed on, its exit code returned; and starts it again where asked to.
//!
//! Two machines decide (`pulse` when to beat, `restart` whether to begin anew), one task beats by a thread that speaks,
//! one task waits for the child. Not here: whether a *picture* moves. A supervisor vouches only for a process that lives.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Context;
use hb_core::beat::Verb;
use hb_lease::time::Time;
use tokio::process::{Child, Command};

use super::address::{self, Address};
use super::beat::{Name, promise};
use super::environment::{self, Environment};

mod heart;
mod platform;
mod pulse;
mod restart;
mod voice;

use heart::Heart;
use platform::{Signals, exit_code, pass_on};
use pulse::Words;
use restart::{Policy, Restarts};

/// Longest wait at the very end for a server that takes its time over the goodbye.
const FAREWELL: Duration = Duration::from_secs(4);

/// What `hb run` itself ends with when it cannot do its work; as `env`, `timeout` and `nohup`.
pub(crate) const FAILURE: u8 = 125;
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// What was typed behind `hb run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app's id [env: APP_ID]
    #[arg(long, value_name = "ID")]
    app: Option<String>,

    /// When to start the command again; waits 1 s, 2 s, 4 s … 60 s between tries, anew after it lived for a minute
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    restart: Policy,

    /// Give up after so many restarts in a row that did not last a minute [default: never]
    #[arg(long, value_name = "N")]
    max_restarts: Option<u32>,

    /// Send no pings: the command sends its own [env: HB_SEND_PING=false]
    #[arg(long)]
    no_ping: bool,

    #[command(flatten)]
    server: address::Flags,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What it means.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    address: Address,
    name: Name,
    words: Words,
}

/// Flags and environment together.
fn plan(args: &Args, environment: Environment<'_>) -> anyhow::Result<Plan> {
    let address = address::resolve(&args.server, environment)?;
    let name = Name::resolve(args.app.as_deref(), &address, environment)?;
    let word = |flag, verb| -> anyhow::Result<_> {
        let promise = promise(verb, environment)?;
        Ok(environment.flag(flag)?.unwrap_or(true).then_some(promise))
    };
    let words = Words {
        init: word("HB_SEND_INIT", Verb::Init)?,
        ping: word("HB_SEND_PING", Verb::Ping)?.filter(|_| !args.no_ping),
        done: word("HB_SEND_DONE", Verb::Done)?,
    };
    Ok(Plan { address, name, words })
}

/// Runs the command to its end and returns what to exit with.
pub(crate) fn run(args: &Args) -> anyhow::Result<i32> {
    let Plan { address, name, words } = plan(args, Environment::new(&environment::of_process))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let heart = Heart::start(address, name, words).context("cannot start the heart's thread")?;
        supervise(args, heart).await
    })
}

async fn supervise(args: &Args, heart: Heart) -> anyhow::Result<i32> {
    let origin = Instant::now();
    let now = || Time::ZERO + origin.elapsed();
    // Before the child is there, so that no signal meets the default action while a child lives.
    let mut signals = Signals::new().context("cannot listen for signals")?;
    let mut restarts = Restarts::new(args.restart, args.max_restarts);
    let mut was_started = false;
    let code = loop {
        restarts.started(now());
        let code = match spawn(&args.command) {
            Ok(child) => {
                let life = heart.born();
                was_started = true;
                let code =
                    exit_code(wait(child, &mut signals, |s| restarts.signalled(now(), s.wish())).await?);
                drop(life);
                code
            }
            Err(error) => {
                eprintln!("hb: cannot start {}: {}", args.command[0].display(), why_not_started(&error));
                let code = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
                if !was_started {
                    // It never ran: this is a mistake in the command line, and nothing that time would mend.
                    return Ok(code);
                }
                code
            }
        };
        let Some(after) = restarts.ended(now(), code != 0) else { break code };
        eprintln!("hb: the command ended with {code}; starting it again in {} s", after.as_secs());
        if !pause(after, &mut signals).await {
            break code;
        }
    };
    // Signals that come now change nothing: it ends within seconds anyway, and a goodbye left out is an alarm.
    heart.farewell(FAREWELL).await;
    Ok(code)
}

fn spawn(command: &[OsString]) -> std::io::Result<Child> {
    let (program, arguments) = command.split_first().expect("clap demands a command");
    Command::new(program).args(arguments).spawn()
}

fn why_not_started(error: &std::io::Error) -> String {
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

/// Waits for the end of the child and passes signals on meanwhile.
async fn wait(
    mut child: Child,
    signals: &mut Signals,
    mut signalled: impl FnMut(platform::Signal),
) -> anyhow::Result<ExitStatus> {
    loop {
        tokio::select! {
            // Signals first: Ctrl-C reaches the child too, and why it ended must be known before that it ended.
            biased;
            signal = signals.recv() => {
                signalled(signal);
                if let Some(pid) = child.id() {
                    pass_on(signal, pid);
                }
            }
            status = child.wait() => return status.context("cannot wait for the command"),
        }
    }
}

/// Waits before a restart; `false` if a signal said not to.
async fn pause(after: Duration, signals: &mut Signals) -> bool {
    let end = tokio::time::sleep(after);
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return true,
            signal = signals.recv() => if signal.wish() != restart::Wish::Other { return false },
        }
    }
}

#[cfg(test)]
mod tests;
