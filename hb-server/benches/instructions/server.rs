//! `hb serve` under callgrind, and beats over connections that stay open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{House, Screens, VALGRIND, callgrind, counted, furnish};

/// How long an answer may take: callgrind is fifty times slower than the processor.
const PATIENCE: Duration = Duration::from_secs(60);
/// As many beats are under way at once; the counts of beats are multiples of it.
const CONNECTIONS: u32 = 25;

/// The instructions of one server in `house` from its start to its end, `beats` beats between.
pub(crate) fn count(hb: &Path, house: House, beats: u32) -> Result<u64> {
    let home = tempfile::tempdir()?;
    let mut command = callgrind(hb);
    command.args(["serve", "--listen", "127.0.0.1:0", "--config"]).arg(furnish(house, home.path())?);
    match house {
        House::Bare => command.arg("--memory"),
        House::Full => command.arg("--state").arg(home.path().join("state")),
    };
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context(VALGRIND)?;
    let mut said = BufReader::new(child.stderr.take().context("stderr was piped")?);
    let mut lines = BufReader::new(child.stdout.take().context("stdout was piped")?).lines();
    let outcome = lines
        .next()
        .context("the server ended before it said where it listens")
        .and_then(|line| {
            Ok(line?.trim_start_matches("hb listens on http://").trim_end_matches('/').to_owned())
        })
        .and_then(|addr| beat(&addr, beats));
    let ended = end(child.id());
    let mut text = String::new();
    said.read_to_string(&mut text)?;
    child.wait()?;
    outcome.and(ended).with_context(|| text.clone())?;
    counted(&text)
}

/// A beat on every connection, then every answer: the processor is handed to and fro less often.
fn beat(addr: &str, beats: u32) -> Result<()> {
    let connect = |_| -> Result<TcpStream> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    };
    let mut streams = (0..CONNECTIONS).map(connect).collect::<Result<Vec<_>>>()?;
    let (mut screens, mut answer) = (Screens { seq: 0 }, [0; 1024]);
    for _ in 0..beats / CONNECTIONS {
        for stream in &mut streams {
            let request = format!("GET /{} HTTP/1.1\r\nHost: {addr}\r\n\r\n", screens.next());
            stream.write_all(request.as_bytes())?;
        }
        for stream in &mut streams {
            let read = stream.read(&mut answer)?;
            if !answer[..read].starts_with(b"HTTP/1.1 200") {
                bail!("not a 200: {}", String::from_utf8_lossy(&answer[..read]));
            }
        }
    }
    Ok(())
}

/// Asks the server to end in order, so that what it keeps is counted too.
fn end(process: u32) -> Result<()> {
    let asked = Command::new("kill").args(["-TERM", &process.to_string()]).status()?;
    if !asked.success() {
        bail!("the server has ended by itself");
    }
    Ok(())
}
