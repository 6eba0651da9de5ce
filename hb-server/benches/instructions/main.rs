//! What all that stands behind a beat costs it, in instructions of the processor: counted by callgrind, not timed.
//!
//! The same beats go to a server with nothing on and to one that keeps its history on disk, expects forty screens, knows
//! their hours and would tell people by fifty rules. A count is that of a whole process, all threads and the work behind
//! the beats included; start and end fall out, since each process is run twice, with few beats and with many. Prints rows
//! of a Markdown table; judges nothing. Not here: how long a beat takes (`load`).
//!
//! `cargo bench -p hb-server --bench instructions -- [--hb target/release/hb] [--quick]`; needs valgrind.

mod inside;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Beats after which nothing is new to the server any more: what was expected is there, and files have been opened.
const FEW: u32 = 2_000;
/// How often each count is made.
const ROUNDS: usize = 3;
/// The part of a house without its rules.
const HOUSE: &str = include_str!("house.toml");
const RULES: usize = 50;

/// What is on behind the beats.
#[derive(Clone, Copy, PartialEq, Eq)]
enum House {
    /// Nothing that can be off.
    Bare,
    /// Everything.
    Full,
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| args.iter().position(|a| a == flag).and_then(|at| args.get(at + 1));
    if let Some(beats) = after("--inside") {
        return inside::run(beats.parse()?, after("--state").map(Path::new));
    }
    let hb = after("--hb").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_hb")), PathBuf::from);
    let many = if args.iter().any(|a| a == "--quick") { 2 * FEW } else { 20 * FEW };

    println!(
        "| instructions a beat | everything off | history, expectations, hours, alerts by {RULES} rules | ratio |"
    );
    println!("|---|---|---|---|");
    let over = |house, beats| server::count(&hb, house, beats);
    row("over HTTP, `hb serve --memory` beside it, the whole process", many, over)?;
    row("from its text to its answer, an engine alone beside it, the whole process", many, |house, beats| {
        let (mut command, _home) = inside::command(house, beats)?;
        counted(&String::from_utf8_lossy(&command.output().context(VALGRIND)?.stderr))
    })
}

const VALGRIND: &str = "cannot start valgrind: is it installed?";

/// Counts both houses in turn, and prints the medians.
fn row(what: &str, many: u32, count: impl Fn(House, u32) -> Result<u64>) -> Result<()> {
    let beat = |house| -> Result<f64> {
        let (few, all) = (count(house, FEW)?, count(house, many)?);
        Ok((all as f64 - few as f64) / f64::from(many - FEW))
    };
    let (mut bare, mut full, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (off, on) = (beat(House::Bare)?, beat(House::Full)?);
        bare.push(off);
        full.push(on);
        ratios.push(on / off);
    }
    let [bare, full, ratio] = [bare, full, ratios.clone()].map(median);
    let (low, high) = ratios.iter().fold((f64::MAX, f64::MIN), |(low, high), &r| (low.min(r), high.max(r)));
    println!("| {what} | {bare:.0} | {full:.0} | {ratio:.3} ({low:.3} to {high:.3}) |");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// `program` under callgrind, which says its count on stderr.
fn callgrind(program: &Path) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env("RUST_LOG", "error");
    command
}

/// The count in what callgrind said.
fn counted(said: &str) -> Result<u64> {
    let count = said.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    let Some(count) = count else { bail!("callgrind counted nothing: {said}") };
    Ok(count)
}

/// Writes the configuration of a house to a folder.
fn furnish(house: House, home: &Path) -> Result<PathBuf> {
    let (mut text, rules) = match house {
        House::Bare => (String::new(), 0),
        House::Full => (HOUSE.to_owned(), RULES),
    };
    for rule in 0..rules {
        let hall = 1 + rule % 2;
        text += &format!(
            "\n[[rule]]\napps = [\"hall{hall}-*/*\"]\ngroups = \"hall {hall}\"\nfor_s = {}\n",
            rule + 1
        );
        text += "hours = \"mo-su 00:00-24:00\"\nchannels = \"guards\"\n";
    }
    let path = home.join("hb.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// The beats of the forty screens in turn, as their pages say them.
struct Screens {
    seq: u32,
}

impl Screens {
    /// The next beat, from behind the slash on.
    fn next(&mut self) -> String {
        let (screen, seq) = (self.seq % 40, self.seq / 40);
        self.seq += 1;
        let (hall, place, frames) = (1 + screen / 20, 1 + screen % 20, u64::from(seq) * 300);
        format!(
            "hb_ping?3600000&appid=tetris&host=hall{hall}-{place:02}&v=1&boot=b{screen:07}&seq={seq}&by=frame\
             &frames={frames}&age=12&gap=33&vis=visible&gl=ok&state=ok&display=fullscreen&stall=3000&errs=0"
        )
    }
}
