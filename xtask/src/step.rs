//! One step of work, with a sign of life: a line with the time on a terminal, plain lines elsewhere. A step that fails
//! shows all it said. Not here: that its program ends with us ([`crate::leash`]).

use std::fs::File;
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::leash;

/// Work that takes longer than this is announced where no line can be redrawn.
const PATIENCE: Duration = Duration::from_secs(2);
const BLINK: Duration = Duration::from_millis(100);

/// Runs `command` quietly as the step `what`.
pub(crate) fn run(what: &str, command: &Command) -> Result<()> {
    let path = std::env::temp_dir().join(format!("hb-step-{}-{}", std::process::id(), what.len()));
    // A new file or none: the folder is everybody's, and a link left there must not be written through. What an ended
    // process of our number forgot is in the way, and goes.
    drop(std::fs::remove_file(&path));
    let mut said = File::options()
        .create_new(true)
        .read(true)
        .write(true)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    // On Unix the open file outlives its name.
    drop(std::fs::remove_file(&path));
    let mut keeper = leash::tie(command)?;
    keeper.stdout(said.try_clone()?).stderr(said.try_clone()?);
    let mut child = keeper.spawn().context("cannot start ourselves again")?;
    let sign = Sign::new(what);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        sign.blink();
        thread::sleep(BLINK);
    };
    if status.success() {
        sign.done();
        return Ok(());
    }
    sign.failed();
    let mut text = String::new();
    said.seek(SeekFrom::Start(0))?;
    said.read_to_string(&mut text).unwrap_or_default();
    eprint!("{text}");
    bail!("{what}: {} ended with {status}", command.get_program().to_string_lossy())
}

/// Runs `command` as the step `what` with everything it says in view.
pub(crate) fn show(what: &str, command: &Command) -> Result<()> {
    let mut child = leash::tie(command)?.spawn().context("cannot start ourselves again")?;
    // Not dropped before it has ended.
    let _leash = child.stdin.take();
    let status = child.wait()?;
    if !status.success() {
        bail!("{what}: {} ended with {status}", command.get_program().to_string_lossy());
    }
    Ok(())
}

/// Does work of our own as the step `what`.
pub(crate) fn work<R: Send>(what: &str, work: impl FnOnce() -> Result<R> + Send) -> Result<R> {
    let sign = Sign::new(what);
    let result = thread::scope(|scope| {
        let worker = scope.spawn(work);
        while !worker.is_finished() {
            sign.blink();
            thread::sleep(BLINK);
        }
        worker.join().unwrap_or_else(|_| bail!("{what}: this step panicked; see above"))
    });
    match result {
        Ok(_) => sign.done(),
        Err(_) => sign.failed(),
    }
    result
}

/// The sign of life.
struct Sign<'a> {
    what: &'a str,
    began: Instant,
    terminal: bool,
    announced: std::cell::Cell<bool>,
}

impl<'a> Sign<'a> {
    fn new(what: &'a str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { what, began: Instant::now(), terminal, announced: false.into() }
    }

    fn blink(&self) {
        let elapsed = self.began.elapsed();
        if self.terminal {
            let turn = ['⠋', '⠙', '⠸', '⠴', '⠦', '⠇'][(elapsed.as_millis() / 100 % 6) as usize];
            eprint!("\r\x1b[2K{turn} {} {} s", self.what, elapsed.as_secs());
            drop(std::io::stderr().flush());
        } else if elapsed > PATIENCE && !self.announced.replace(true) {
            eprintln!("… {}", self.what);
        }
    }

    fn done(&self) {
        self.end("✓");
    }

    fn failed(&self) {
        self.end("✗");
    }

    fn end(&self, mark: &str) {
        let clear = if self.terminal { "\r\x1b[2K" } else { "" };
        eprintln!("{clear}{mark} {} {:.1} s", self.what, self.began.elapsed().as_secs_f64());
    }
}
