//! Whether a binary that was built for elsewhere works, under what stands in for that here: an emulator, or Wine. Not here: what
//! it should do in each case (the tests of the binary for this machine).

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// How it is started.
pub(crate) struct Stand {
    words: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
}

/// A server; ended when it is dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) url: String,
    /// Ends with the last who holds it.
    pub(crate) out: BufReader<ChildStdout>,
}

/// Ended when it is dropped.
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stand {
    pub(crate) fn new(runner: &[&str], hb: PathBuf) -> Self {
        Self { words: runner.iter().map(OsString::from).chain([hb.into()]).collect(), env: Vec::new() }
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// `hb` with these arguments.
    pub(crate) fn hb(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(args).stdin(Stdio::null());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// It says its version, serves, takes a beat and is asked about it, and runs `three`, a program that ends with 3.
    pub(crate) fn works(&self, three: &[&str]) -> Result<()> {
        let version = format!("hb {}", env!("CARGO_PKG_VERSION"));
        self.says(&mut self.hb(&["--version"]), 0, &version)?;
        let server = Serving::start(&mut self.hb(SERVE))?;
        answers(&format!("{}/healthz", server.url))?;
        let client = |args: &[&str]| {
            let mut client = self.hb(args);
            client.env("HB_URL", &server.url);
            client
        };
        self.says(&mut client(&["ping", "--app", "x", "60000"]), 0, "61000")?;
        self.says(&mut client(&["check", "x"]), 0, "OK")?;
        self.says(&mut client(&[&["run", "--app", "y", "--"][..], three].concat()), 3, "")?;
        self.says(&mut client(&["list"]), 0, "x @ ")
    }

    fn says(&self, command: &mut Command, code: i32, expected: &str) -> Result<()> {
        let Output { status, stdout, stderr } = command.output().context("cannot start it")?;
        let (out, error) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if status.code() != Some(code) || !out.contains(expected) {
            bail!("{command:?}: expected {expected:?} and exit code {code}, got {status}: {out}{error}");
        }
        Ok(())
    }
}

/// Arguments of a server that keeps nothing, on a port that the system chooses.
pub(crate) const SERVE: &[&str] = &["serve", "--memory", "--listen", "127.0.0.1:0"];

/// Asks for the page at `url`, which must be there.
pub(crate) fn answers(url: &str) -> Result<()> {
    let place = url.trim_start_matches("http://");
    let (host, path) = place.split_once('/').unwrap_or((place, ""));
    let mut stream = TcpStream::connect(host).with_context(|| format!("cannot reach {url}"))?;
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    ensure!(
        answer.starts_with("HTTP/1.0 200 ") || answer.starts_with("HTTP/1.1 200 "),
        "GET {url}: {answer}"
    );
    Ok(())
}

impl Serving {
    /// Starts `command` and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start it")?;
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut serving = Self { child, url: String::new(), out };
        let mut line = String::new();
        serving.out.read_line(&mut line)?;
        let url =
            line.trim_end().strip_prefix("hb listens on ").context("it does not say where it listens")?;
        url.trim_end_matches('/').clone_into(&mut serving.url);
        Ok(serving)
    }

    /// Ends what was started, and nothing else, as a task manager does.
    pub(crate) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.kill());
    }
}
