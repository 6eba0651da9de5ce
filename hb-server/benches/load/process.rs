//! A server process of ours, ended when dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A running server and where it listens.
pub(crate) struct Server {
    child: Child,
    /// Its address on IPv4 loopback.
    pub(crate) addr: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) ready: Duration,
}

impl Server {
    /// Starts `hb serve` on a free port.
    pub(crate) fn start(hb: &Path, args: &[&str]) -> Result<Self> {
        let mut command = Command::new(hb);
        command.args(["serve", "--memory", "--listen", "127.0.0.1:0"]).args(args).env("RUST_LOG", "warn");
        Self::spawn(command, "/healthz")
    }

    /// Starts this very program as the bare axum route.
    pub(crate) fn start_bare() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--bare");
        Self::spawn(command, "/hb_ping")
    }

    fn spawn(mut command: Command, path: &str) -> Result<Self> {
        let began = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("cannot start {:?}", command.get_program()))?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout was piped")?).lines();
        let addr = loop {
            let Some(line) = lines.next() else { bail!("the server ended before it said where it listens") };
            if let Some(addr) = address_in(&line?) {
                break addr;
            }
        };
        // Keep the pipe drained so that the server can never block on its own words.
        std::thread::spawn(move || lines.for_each(drop));
        let mut server = Self { child, addr, ready: Duration::ZERO };
        server.get(path)?;
        server.ready = began.elapsed();
        Ok(server)
    }

    /// One request on a connection of its own; the whole answer as text.
    pub(crate) fn get(&self, path: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.addr)?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Resident memory, KiB.
    pub(crate) fn resident_kib(&self) -> Result<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).context("no VmRSS in /proc")?;
        Ok(line.split_whitespace().nth(1).context("no figure in VmRSS")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Killed, not asked: a benchmark has nothing to save.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The first `http://127.0.0.1:port` of a line.
fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split("http://").nth(1)?;
    let end = rest.find(|c: char| c != '.' && c != ':' && !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].trim_end_matches(':').parse().ok()
}
