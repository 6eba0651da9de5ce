//! Where the app's own frames are counted (`--from-app`): lines that it writes or that are piped in, datagrams on this
//! machine, or a file. What is counted goes into one place that keeps the latest word, so that nobody waits.
//!
//! Not here: what a count means (`app`).

use std::ffi::OsString;
use std::fs;
use std::io::{self, PipeWriter, Read, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use tokio::net::UdpSocket;
use tokio::process::Command;
use tokio::sync::{oneshot, watch};
use tokio_util::task::AbortOnDropHandle;

use super::app::Report;

mod sieve;

use sieve::{Sieve, count};

/// Between two looks at a file.
const LOOK: Duration = Duration::from_millis(250);
/// A file that is longer holds no count, but is written to.
const LONGEST: u64 = 32;
/// For what the app wrote last, where somebody else holds on to its output.
const DRAIN: Duration = Duration::from_secs(1);
/// The variable that tells the app its port.
const PORT: &str = "HB_FRAMES_PORT";
/// The variable that tells the app its file.
const FILE: &str = "HB_FRAMES_FILE";

/// Where frames are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Lines `frame N` of what the app writes; all else is passed on.
    Stdout,
    /// Lines with a number on our own input.
    Stdin,
    /// Datagrams with a number to this port of this machine; 0 is any.
    Udp(u16),
    /// A file that holds the number, or else is written to with each frame.
    File(PathBuf),
}

impl FromStr for Source {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let none = "expected stdout, stdin, udp, udp:PORT or file:PATH";
        match text.split_once(':') {
            None if text == "stdout" => Ok(Self::Stdout),
            None if text == "stdin" => Ok(Self::Stdin),
            None if text == "udp" => Ok(Self::Udp(0)),
            Some(("udp", port)) => port.parse().map(Self::Udp).map_err(|_| none),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(none),
        }
    }
}

/// What counts, as long as it is kept.
pub(super) struct Frames {
    latest: watch::Receiver<Option<Report>>,
    /// What the app is told of it.
    variable: Option<(&'static str, OsString)>,
    /// Where the app writes, and who is told when all of that is passed on.
    pipe: Option<(PipeWriter, oneshot::Receiver<()>)>,
    takes_input: bool,
    _task: Option<AbortOnDropHandle<()>>,
}

impl Frames {
    /// Begins to count, in the runtime this is called in.
    pub(super) async fn of(source: Source) -> anyhow::Result<Self> {
        let known = match &source {
            // What stands in a file from before proves nothing.
            Source::File(path) => look(path).and_then(Seen::count),
            Source::Stdout | Source::Stdin | Source::Udp(_) => None,
        };
        let (told, latest) = watch::channel(known.map(Report::Count));
        let mut frames = Self { latest, variable: None, pipe: None, takes_input: false, _task: None };
        match source {
            Source::Stdout => {
                let (from, to) = io::pipe().context("cannot make a pipe for the app's output")?;
                let (drained, all) = oneshot::channel();
                reader(from, Sieve::of_output(), io::stdout(), told, Some(drained))?;
                frames.pipe = Some((to, all));
            }
            Source::Stdin => {
                reader(io::stdin(), Sieve::of_input(), io::sink(), told, None)?;
                frames.takes_input = true;
            }
            Source::Udp(port) => {
                let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await;
                let socket =
                    socket.with_context(|| format!("cannot listen for frames at 127.0.0.1:{port}"))?;
                let port = socket.local_addr().context("a socket has an address")?.port();
                frames.variable = Some((PORT, port.to_string().into()));
                frames._task = Some(AbortOnDropHandle::new(tokio::spawn(datagrams(socket, told))));
            }
            Source::File(path) => {
                frames.variable = Some((FILE, path.clone().into()));
                frames._task = Some(AbortOnDropHandle::new(tokio::spawn(file(path, told))));
            }
        }
        Ok(frames)
    }

    /// The latest count.
    pub(super) fn latest(&self) -> watch::Receiver<Option<Report>> {
        self.latest.clone()
    }

    /// What the app must be given before it starts.
    pub(super) fn dress(&self, command: &mut Command) -> io::Result<()> {
        if let Some((name, value)) = &self.variable {
            command.env(name, value);
        }
        if let Some((pipe, _)) = &self.pipe {
            command.stdout(pipe.try_clone()?);
        }
        if self.takes_input {
            command.stdin(Stdio::null());
        }
        Ok(())
    }

    /// Waits until all that the app wrote is passed on.
    pub(super) async fn drain(self) {
        let Some((pipe, all)) = self.pipe else { return };
        drop(pipe);
        // An error means that a process of the app's goes on, and holds on to it.
        let _ = tokio::time::timeout(DRAIN, all).await;
    }
}

/// Reads in a thread of its own: neither what is read nor what is written to may hold up the beats.
fn reader(
    mut from: impl Read + Send + 'static,
    mut sieve: Sieve,
    mut to: impl Write + Send + 'static,
    told: watch::Sender<Option<Report>>,
    drained: Option<oneshot::Sender<()>>,
) -> io::Result<()> {
    thread::Builder::new().name("frames".into()).spawn(move || {
        let (mut buffer, mut rest) = ([0; 8192], Vec::new());
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if let Some(count) = sieve.push(&buffer[..read], &mut rest) {
                told.send_replace(Some(Report::Count(count)));
            }
            // Where nobody listens any more, frames are still counted.
            let _ = to.write_all(&rest).and_then(|()| to.flush());
            rest.clear();
        }
        sieve.finish(&mut rest);
        let _ = to.write_all(&rest).and_then(|()| to.flush());
        // Whoever waited for it may have stopped.
        let _ = drained.map(|drained| drained.send(()));
    })?;
    Ok(())
}

async fn datagrams(socket: UdpSocket, told: watch::Sender<Option<Report>>) {
    let mut buffer = [0; 64];
    loop {
        // An error is of one datagram: what answers to a socket that is gone.
        let Ok(length) = socket.recv(&mut buffer).await else { continue };
        if let Some(count) = count(&buffer[..length]) {
            told.send_replace(Some(Report::Count(count)));
        }
    }
}

async fn file(path: PathBuf, told: watch::Sender<Option<Report>>) {
    let mut before = None;
    loop {
        let at = path.clone();
        // A disk may take its time.
        let seen = tokio::task::spawn_blocking(move || look(&at)).await.ok().flatten();
        match seen {
            Some(Seen::Count(count)) => {
                told.send_replace(Some(Report::Count(count)));
            }
            Some(Seen::Time(time)) if before.is_some_and(|before| before != time) => {
                told.send_replace(Some(Report::Moved));
            }
            Some(Seen::Time(_)) | None => {}
        }
        before = seen.and_then(Seen::time).or(before);
        tokio::time::sleep(LOOK).await;
    }
}

/// What a file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Count(u64),
    Time(SystemTime),
}

impl Seen {
    fn count(self) -> Option<u64> {
        if let Self::Count(count) = self { Some(count) } else { None }
    }

    fn time(self) -> Option<SystemTime> {
        if let Self::Time(time) = self { Some(time) } else { None }
    }
}

fn look(path: &Path) -> Option<Seen> {
    let about = fs::metadata(path).ok()?;
    // To open what is no file may wait for ever, and to read it may never end.
    let held = if about.is_file() && about.len() <= LONGEST { start(path) } else { None };
    match held.and_then(|held| count(&held)) {
        Some(count) => Some(Seen::Count(count)),
        None => about.modified().ok().map(Seen::Time),
    }
}

/// What a file begins with; it may have grown since somebody looked.
fn start(path: &Path) -> Option<Vec<u8>> {
    let mut held = Vec::new();
    fs::File::open(path).ok()?.take(LONGEST + 1).read_to_end(&mut held).ok()?;
    Some(held)
}

#[cfg(test)]
mod tests;
