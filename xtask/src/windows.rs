//! The binary for Windows, started under Wine. Not here: Windows itself, which nobody has run it on here.

use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::start::{SERVE, Serving, Stand};
use crate::workspace::Workspace;
use crate::{npm, step};

const TARGET: &str = "x86_64-pc-windows-gnu";
/// Longest wait for processes to be gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Builds it, not for release, and uses it.
pub(crate) fn test(workspace: &Workspace) -> Result<()> {
    npm::add_target(TARGET)?;
    let args = ["build", "--locked", "-p", "hb-server", "--bin", "hb", "--target", TARGET];
    step::run("compile the server for Windows", &workspace.cargo(&args))?;
    let folder = workspace.target.join(TARGET).join("debug");
    add_chance(workspace, &folder)?;
    let prefix = workspace.target.join("wine");
    let wine = |program: &str| {
        let mut command = Command::new(program);
        command.env("WINEPREFIX", &prefix).env("WINEDEBUG", "-all");
        command
    };
    step::run("prepare Wine", wine("wine").args(["cmd", "/c", "ver"]))?;
    let stand =
        Stand::new(&["wine"], folder.join("hb.exe")).env("WINEPREFIX", &prefix).env("WINEDEBUG", "-all");
    step::work("start it under Wine", || stand.works(&["cmd", "/c", "exit 3"]))?;
    step::work("see that a job ends as a whole", || a_job_ends_as_a_whole(&stand, &folder.join("hb.exe")))
}

/// `hb run` is ended as the task manager does it, without a word: what it started, and what that started, ends with it.
fn a_job_ends_as_a_whole(stand: &Stand, hb: &Path) -> Result<()> {
    let hb = hb.to_str().context("the target folder is UTF-8")?;
    let watched = Serving::start(&mut stand.hb(SERVE))?;
    let grandchild = [&["run", "--app", "x", "--", "cmd", "/c", hb][..], SERVE].concat();
    let mut running = Serving::start(stand.hb(&grandchild).env("HB_URL", &watched.url))?;
    running.kill()?;
    let (ended, end) = channel();
    thread::spawn(move || {
        // Every one of them held its output.
        let _ = running.out.read_to_end(&mut Vec::new());
        let _ = ended.send(());
    });
    ensure!(end.recv_timeout(PATIENCE).is_ok(), "hb run was ended, and what it started goes on");
    Ok(())
}

/// Wine before 9 lacks the library from which Rust has its random bits; Windows has it since version 7.
fn add_chance(workspace: &Workspace, folder: &Path) -> Result<()> {
    let mut compile = Command::new("x86_64-w64-mingw32-gcc");
    compile.args(["-shared", "-O1", "-o"]).arg(folder.join("bcryptprimitives.dll"));
    compile.arg(workspace.root.join("xtask/src/windows/chance.c")).arg("-ladvapi32");
    step::run("compile what Wine lacks", &compile)
}
