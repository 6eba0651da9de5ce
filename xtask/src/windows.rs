//! The binary for Windows, started under Wine. Not here: Windows itself, which nobody has run it on here.

mod papers;
mod policies;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::start::{Ended, SERVE, Serving, Stand};
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
    let (_screen, display) = screen()?;
    let world =
        [("WINEPREFIX", prefix.as_os_str()), ("WINEDEBUG", "-all".as_ref()), ("DISPLAY", display.as_ref())];
    let wine = |program: &str| {
        let mut command = Command::new(program);
        command.envs(world);
        command
    };
    step::run("prepare Wine", wine("wine").args(["cmd", "/c", "ver"]))?;
    step::work("import the policies of browsers", || policies::arrive(&workspace.root, &wine))?;
    let stand = Stand::new(&["wine"], folder.join("hb.exe"));
    let stand = world.iter().fold(stand, |stand, &(name, value)| stand.env(name, value));
    step::work("start it under Wine", || stand.works(&["cmd", "/c", "exit 3"]))?;
    step::work("run the commands of the documentation", || {
        papers::run(&workspace.root, &folder, &prefix, &wine)
    })?;
    step::work("see that a job ends as a whole", || a_job_ends_as_a_whole(&stand, &folder.join("hb.exe")))?;
    step::work("see what the desktop shows", || the_desktop_is_seen(&stand, &folder.join("hb.exe"), &display))
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

/// `hb run --capture` sees a window that stands still on the desktop, which without it is black.
fn the_desktop_is_seen(stand: &Stand, hb: &Path, display: &str) -> Result<()> {
    let hb = hb.to_str().context("the target folder is UTF-8")?;
    let mut window = Command::new("xterm");
    window.args(["-display", display, "-bg", "white", "-geometry", "100x40", "-e", "cat"]);
    let _window = Ended(window.stderr(Stdio::null()).spawn().context("start xterm")?);
    let watched = Serving::start(&mut stand.hb(SERVE))?;
    let eye = ["run", "--app", "x", "--capture", "200ms", "--still-after", "3", "--", hb];
    let mut running = stand.hb(&[&eye[..], SERVE].concat());
    running.env("HB_URL", &watched.url).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = Ended(running.spawn()?);
    let said = BufReader::new(running.0.stderr.take().context("it was piped")?);
    let (saw, seen) = channel();
    // Black at first, since the window takes a moment; no more lines where that is all.
    thread::spawn(move || {
        let stands = |line: &String| line.ends_with("the picture on the screen stands still");
        let _ = saw.send(said.lines().map_while(Result::ok).any(|line| stands(&line)));
    });
    ensure!(seen.recv_timeout(PATIENCE).unwrap_or(false), "hb run --capture saw no window on the desktop");
    Ok(())
}

/// A screen for Wine, and what it is called. What runs in one Wine has one desktop: that of who came first.
fn screen() -> Result<(Ended, String)> {
    let mut xvfb = Command::new("Xvfb");
    xvfb.args(["-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp"]);
    let mut xvfb = Ended(xvfb.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("start Xvfb")?);
    let mut number = String::new();
    BufReader::new(xvfb.0.stdout.take().context("it was piped")?).read_line(&mut number)?;
    Ok((xvfb, format!(":{}", number.trim_end())))
}

/// Wine before 9 lacks the library from which Rust has its random bits; Windows has it since version 7.
fn add_chance(workspace: &Workspace, folder: &Path) -> Result<()> {
    let mut compile = Command::new("x86_64-w64-mingw32-gcc");
    compile.args(["-shared", "-O1", "-o"]).arg(folder.join("bcryptprimitives.dll"));
    compile.arg(workspace.root.join("xtask/src/windows/chance.c")).arg("-ladvapi32");
    step::run("compile what Wine lacks", &compile)
}
