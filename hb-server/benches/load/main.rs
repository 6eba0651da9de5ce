//! The load harness: the real server process under real sockets, beside a bare axum route, in one run.
//!
//! Prints a Markdown table; it judges nothing (figures are not tests). Everything stays on loopback and is bounded in
//! requests and time. `cargo xtask bench` builds the server first and passes its path:
//! `cargo bench -p hb-server --bench load -- --hb target/release/hb [--quick]`.

mod bare;
mod client;
mod detection;
mod process;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

use client::Load;
use process::Server;

/// How much to do.
struct Plan {
    hb: PathBuf,
    pairs: usize,
    span: Duration,
    few: u32,
    many: u32,
    million: u32,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|a| a == "--bare") {
        return bare::serve();
    }
    let hb = args
        .iter()
        .position(|a| a == "--hb")
        .and_then(|i| args.get(i + 1))
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_hb")), PathBuf::from);
    let quick = args.iter().any(|a| a == "--quick");
    let plan = Plan {
        hb,
        pairs: if quick { 3 } else { 9 },
        span: Duration::from_millis(if quick { 500 } else { 2000 }),
        few: 1_000,
        many: if quick { 10_000 } else { 100_000 },
        million: if quick { 50_000 } else { 1_000_000 },
    };

    println!("| what | figure | beside it | ratio (median of {} pairs) |", plan.pairs);
    println!("|---|---|---|---|");
    start_up(&plan)?;
    against_bare(&plan)?;
    udp_against_http(&plan)?;
    crowd_against_few(&plan)?;
    detection::run(&plan.hb, plan.many, if quick { 300 } else { 3_000 })
}

/// Time from the start of the process to the first answer, and what it holds while idle.
fn start_up(plan: &Plan) -> Result<()> {
    let mut ready: Vec<f64> = Vec::new();
    let mut resident = 0;
    for _ in 0..5 {
        let server = Server::start(&plan.hb, &[])?;
        ready.push(server.ready.as_secs_f64() * 1e3);
        resident = server.resident_kib()?;
    }
    println!("| `hb serve` ready | {:.0} ms | | |", median(&mut ready));
    println!("| `hb serve` idle, resident | {:.1} MB | | |", f64::from(resident) / 1024.0);
    Ok(())
}

/// Beats over keep-alive with many apps, against a route that answers a constant.
fn against_bare(plan: &Plan) -> Result<()> {
    let hb = Server::start(&plan.hb, &["--max-apps", "2000000"])?;
    let bare = Server::start_bare()?;
    let mut load = Load::connect(&hb, plan.many)?;
    load.register_all()?;
    let mut constant = Load::connect(&bare, plan.many)?;
    compare(
        plan,
        &format!("beats/s, {} apps, against a bare axum route", plan.many),
        &mut load,
        &mut constant,
    )
}

/// Beats by UDP against beats over keep-alive, a server for each: to one, the other's would be old news.
fn udp_against_http(plan: &Plan) -> Result<()> {
    let by_udp = Server::start(&plan.hb, &["--max-apps", "2000000", "--udp"])?;
    let by_http = Server::start(&plan.hb, &["--max-apps", "2000000"])?;
    let mut udp = Load::connect_udp(&by_udp, plan.many)?;
    udp.register_all()?;
    let mut http = Load::connect(&by_http, plan.many)?;
    http.register_all()?;
    compare(plan, &format!("beats/s by UDP, {} apps, against HTTP", plan.many), &mut udp, &mut http)
}

/// A million apps against a thousand.
fn crowd_against_few(plan: &Plan) -> Result<()> {
    let crowded = Server::start(&plan.hb, &["--max-apps", "2000000"])?;
    let quiet = Server::start(&plan.hb, &[])?;
    let empty = crowded.resident_kib()?;
    let mut load = Load::connect(&crowded, plan.million)?;
    load.register_all()?;
    let held = crowded.resident_kib()?.saturating_sub(empty);
    println!(
        "| memory per app at {} apps, resident growth of the process | {:.0} bytes | | |",
        plan.million,
        f64::from(held) * 1024.0 / f64::from(plan.million)
    );
    let mut few = Load::connect(&quiet, plan.few)?;
    few.register_all()?;
    compare(plan, &format!("beats/s, {} apps, against {} apps", plan.million, plan.few), &mut load, &mut few)
}

/// Runs both in turn, A B B A …, and prints medians and the median of the pairwise ratios.
fn compare(plan: &Plan, what: &str, ours: &mut Load, theirs: &mut Load) -> Result<()> {
    let (mut a, mut b, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    ours.run(plan.span).context("warm-up")?;
    theirs.run(plan.span).context("warm-up")?;
    for pair in 0..plan.pairs {
        let (x, y) = if pair % 2 == 0 {
            let x = ours.run(plan.span)?;
            (x, theirs.run(plan.span)?)
        } else {
            let y = theirs.run(plan.span)?;
            (ours.run(plan.span)?, y)
        };
        a.push(x);
        b.push(y);
        ratios.push(x / y);
    }
    println!("| {what} | {:.0}/s | {:.0}/s | {:.2} |", median(&mut a), median(&mut b), median(&mut ratios));
    Ok(())
}

/// The middle of the sorted values.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
