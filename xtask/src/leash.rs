//! Programs that end with us: however xtask ends, by a signal to it alone or killed, nothing it started goes on building.
//!
//! A step's program runs under a second xtask, its keeper, in a group of its own. The keeper's input is a pipe that the
//! first xtask holds open and writes nothing to: when the pipe ends, so does the group, with the compilers that cargo
//! started. Elsewhere than on Unix only the keeper ends. Not here: what a step is ([`crate::step`]).

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread;

/// The hidden subcommand that is the keeper.
const NAME: &str = "leash";

/// `command` with an empty input, under a keeper: it ends at the latest when the child's `stdin` is dropped, which
/// [`Child::wait`](std::process::Child::wait) does first of all.
pub(crate) fn tie(command: &Command) -> io::Result<Command> {
    let mut keeper = Command::new(own_program()?);
    keeper.args([NAME, "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => keeper.env(name, value),
            None => keeper.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        keeper.current_dir(folder);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
    keeper.stdin(Stdio::piped());
    Ok(keeper)
}

/// Runs `command` as its keeper does.
pub(crate) fn keep(command: &[OsString]) -> ExitCode {
    let Some((program, args)) = command.split_first() else { return ExitCode::FAILURE };
    thread::spawn(|| {
        // Nobody writes: whatever comes is the end.
        let _ = io::stdin().read(&mut [0]);
        end_group();
        std::process::exit(1);
    });
    match Command::new(program).args(args).stdin(Stdio::null()).status() {
        Ok(status) => ExitCode::from(code(status)),
        Err(error) => {
            eprintln!("cannot start {}: {error}: is it installed?", program.to_string_lossy());
            ExitCode::from(127)
        }
    }
}

/// This program. What a build has put in its place meanwhile may be another one.
fn own_program() -> io::Result<PathBuf> {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Ok(running) } else { std::env::current_exe() }
}

#[cfg(unix)]
fn end_group() {
    // It fails only where there is no such right, and then there is nothing else to do.
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TERM);
}

#[cfg(not(unix))]
fn end_group() {}

/// As a shell tells it: 128 + signal when a signal ended it.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
