//! How long after the truth is it told? Promises that are broken on purpose while everything else beats at full speed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

use crate::client::Load;
use crate::process::Server;

/// The shortest promise of a probe, ms; the tolerance of the server comes on top.
const PROMISE: u64 = 1_000;
const TOLERANCE: u64 = 1_000;
/// Between two probes: all at once would be told as one snapshot, not as thousands of transitions.
const PACE: Duration = Duration::from_millis(3);

/// `apps` apps beat without a pause; `probes` others promise once and fall silent. Measured: from the moment the
/// promise was over (the server's answer was sent at the latest then) to the arrival of its transition on the stream.
pub(crate) fn run(hb: &Path, apps: u32, probes: u32) -> Result<()> {
    let server = Server::start(hb, &["--max-apps", "2000000"])?;
    let mut load = Load::connect(&server, apps)?;
    load.register_all()?;

    let seen = listen(&server)?;
    let stop = AtomicBool::new(false);
    let (asked, answered) = std::thread::scope(|scope| {
        let busy = scope.spawn(|| -> Result<()> {
            while !stop.load(Ordering::Relaxed) {
                load.run(Duration::from_millis(100))?;
            }
            Ok(())
        });
        let outcome = break_promises(&server, probes).and_then(|asked| Ok((asked, collect(&seen, probes)?)));
        stop.store(true, Ordering::Relaxed);
        busy.join().expect("the load thread does not panic").and(outcome)
    })?;

    let mut delays: Vec<f64> = Vec::new();
    let mut early = 0;
    for (app, (before, after)) in &asked {
        let Some(&told) = answered.get(app) else { bail!("no transition for {app}") };
        // The server read its clock between `before` and `after`: the truth began G later.
        if told < before + PROMISE + TOLERANCE {
            early += 1;
        }
        delays.push(told as f64 - (after + PROMISE + TOLERANCE) as f64);
    }
    delays.sort_by(f64::total_cmp);
    let at = |q: f64| delays[((delays.len() - 1) as f64 * q) as usize].max(0.0);
    println!(
        "| detection after the deadline, {apps} apps under full load, {probes} probes | p50 {:.0} ms, p99 {:.0} ms, \
         max {:.0} ms | {early} early | |",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    u64::try_from(since.as_millis()).expect("this side of the year 584 million")
}

/// Sends one beat per probe over one connection; the wall clock before and after each.
fn break_promises(server: &Server, probes: u32) -> Result<HashMap<String, (u64, u64)>> {
    let mut stream = TcpStream::connect(server.addr)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut asked = HashMap::new();
    for probe in 0..probes {
        let app = format!("probe-{probe}");
        let before = unix_millis();
        write!(stream, "GET /hb_ping?{PROMISE}&appid={app}&v=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse()?;
            }
            if line.is_empty() {
                break;
            }
        }
        std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink())?;
        asked.insert(app, (before, unix_millis()));
        std::thread::sleep(PACE);
    }
    Ok(asked)
}

/// Follows the event stream on a thread of its own: `(app, arrival)` for every turn to `late`.
fn listen(server: &Server) -> Result<mpsc::Receiver<(String, u64)>> {
    let mut stream = TcpStream::connect(server.addr)?;
    write!(stream, "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")?;
    let (tx, rx) = mpsc::channel();
    let mut lines = BufReader::new(stream).lines();
    // The snapshot has come, however large: from here on nothing is missed.
    for line in lines.by_ref() {
        if line?.starts_with("data:") {
            break;
        }
    }
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let arrived = unix_millis();
            if line == "event: reset" {
                eprintln!("the stream was too slow and began anew: these figures count for nothing");
            }
            let Some(data) = line.strip_prefix("data:").filter(|data| data.contains(r#""to":"late""#)) else {
                continue;
            };
            let Ok(value) = serde_json::from_str::<serde_json::Value>(data) else { continue };
            if value["to"] == "late"
                && let Some(app) = value["app"].as_str()
                && tx.send((app.to_owned(), arrived)).is_err()
            {
                return;
            }
        }
    });
    Ok(rx)
}

/// Waits until every probe was told of, at most a minute.
fn collect(seen: &mpsc::Receiver<(String, u64)>, probes: u32) -> Result<HashMap<String, u64>> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut told = HashMap::new();
    while told.len() < probes as usize {
        let left = deadline.saturating_duration_since(Instant::now());
        let (app, at) = seen.recv_timeout(left).context("a broken promise was never told of")?;
        told.insert(app, at);
    }
    Ok(told)
}
