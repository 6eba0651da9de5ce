//! Measures, and writes the table. What is compared is compared in one run; figures are never a test.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{apt, build, step};

/// Runs every benchmark; their table rows go to docs/benchmarks.md, between what people wrote there.
pub(crate) fn run(workspace: &Workspace, quick: bool) -> Result<()> {
    if !apt::is_there("valgrind") {
        bail!("instructions are counted by valgrind, which is not installed: apt-get install valgrind");
    }
    let hb = build::all(workspace)?;
    let hb = hb.to_str().context("the target folder's path is not UTF-8")?;
    let mut load = vec!["bench", "--locked", "-p", "hb-server", "--bench", "load", "--", "--hb", hb];
    load.extend(quick.then_some("--quick"));
    let mut counts =
        vec!["bench", "--locked", "-p", "hb-server", "--bench", "instructions", "--", "--hb", hb];
    counts.extend(quick.then_some("--quick"));
    let quickly: &[&str] = if quick { &["--quick"] } else { &[] };
    let criterion = |package: &str, bench: &str| {
        let mut args = vec!["bench", "--locked", "-p", package, "--bench", bench, "--"];
        args.extend(["--output-format", "bencher"]);
        if quick {
            // Not criterion's own `--quick`: in this format it leaves out the names.
            args.extend(["--warm-up-time", "0.1", "--measurement-time", "0.1", "--sample-size", "10"]);
        }
        workspace.cargo(&args)
    };
    let sections = [
        ("The lease table, in one process", criterion("hb-lease", "lease")),
        ("The bus, in one process", criterion("hb-bus", "bus")),
        ("The dispatcher, over loopback UDP", criterion("hb-bus", "dispatch")),
        (
            "The registry, in one process",
            workspace.cargo(&["bench", "--locked", "-p", "hb-core", "--bench", "registry"]),
        ),
        ("The server, over real sockets", workspace.cargo(&load)),
        ("A beat, in instructions", workspace.cargo(&counts)),
        ("The broker, over real sockets", criterion("hb-server", "broker")),
        ("The page, in headless Chromium", workspace.program("node", "hb-wasm/npm", &["bench/tick.mjs"])),
        (
            "What the page's probes cost, in headless Chromium",
            workspace.program("node", "hb-wasm/npm", &["bench/probes.mjs"]),
        ),
        (
            "What a heartbeat costs the page's thread, in headless Chromium",
            workspace.program("node", "hb-wasm/npm", &["bench/cost.mjs"]),
        ),
        (
            "The dashboard, in headless Chromium",
            workspace.program("node", "www", &[&["bench/dashboard.mjs", "--hb", hb], quickly].concat()),
        ),
    ];
    let mut page = format!("# Figures\n\nWritten by `cargo xtask bench` on {}, on {}.\n", today(), machine());
    for (title, mut command) in sections {
        let rows = rows(title, &mut command)?;
        write!(page, "\n## {title}\n\n{rows}")?;
    }
    if quick {
        print!("{page}");
        return Ok(());
    }
    let path = workspace.root.join("docs/benchmarks.md");
    let notes = std::fs::read_to_string(&path).unwrap_or_default();
    let notes = notes.find("\n## Reading").map_or("", |at| &notes[at..]);
    std::fs::write(&path, page + notes)?;
    println!("{}", path.display());
    Ok(())
}

/// The table rows that a benchmark prints.
fn rows(title: &str, command: &mut Command) -> Result<String> {
    let output = step::work(title, || {
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("cannot start the benchmark")
    })?;
    if !output.status.success() {
        bail!("{title}: ended with {}", output.status);
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let mut rows: Vec<String> = said.lines().filter_map(row).collect();
    if rows.is_empty() {
        bail!("{title}: expected rows of a table, and none was printed");
    }
    if !rows.get(1).is_some_and(|line| line.starts_with("|--")) {
        rows.splice(0..0, ["| what | figure | beside it |", "|---|---|---|"].map(str::to_owned));
    }
    Ok(rows.join("\n") + "\n")
}

/// The row in a line: one that is written as such, or criterion's `test NAME ... bench: N ns/iter (+/- M)`.
fn row(line: &str) -> Option<String> {
    if line.starts_with('|') {
        return Some(line.to_owned());
    }
    let (name, figure) = line.strip_prefix("test ")?.split_once(" ... bench:")?;
    let (mean, spread) = figure.trim().split_once(" ns/iter (+/- ")?;
    Some(format!("| {name} | {mean} ns | ± {} ns |", spread.strip_suffix(')')?))
}

/// The date, by the system's own clock and zone.
pub(crate) fn today() -> String {
    let said = Command::new("date").arg("+%Y-%m-%d").output();
    said.map_or_else(
        |_| "an unknown day".into(),
        |said| String::from_utf8_lossy(&said.stdout).trim().to_owned(),
    )
}

/// What kind of machine this is, without its name.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split(':').nth(1)?.trim().to_owned())
    };
    let cpu = field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|kib| kib.split(' ').next()?.parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} GiB", kib.div_ceil(1 << 20)));
    format!("{cores} cores ({cpu}{memory}, {})", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_talk() {
        for (line, expected) in [
            ("| a | 1 |", Some("| a | 1 |")),
            ("test renew one ... bench:          11 ns/iter (+/- 2)", Some("| renew one | 11 ns | ± 2 ns |")),
            ("test a ... ok", None),
            ("", None),
        ] {
            assert_eq!(row(line).as_deref(), expected, "{line}");
        }
    }
}
