//! Which cells are played, how many at a time, and what is said of them. Not here: one cell ([`super::play`]).

use std::collections::VecDeque;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::Parser;

use super::args::Args;
use super::case::{Case, Kind};
use super::cases;
use super::play::play;
use super::report::{self, Cell};
use super::{limit, table, way};

/// Breaks real browsers, cell by cell, and says what hb saw of it.
#[derive(Parser)]
pub(crate) struct Command {
    #[command(flatten)]
    args: Args,
    /// What kind of machine this is; it is said where the tables are written, and without it they are not
    #[arg(long, hide = true)]
    machine: Option<String>,
    #[arg(long, hide = true, default_value = "")]
    today: String,
}

/// Cells at a time.
const TOGETHER: usize = 4;
/// Where the tables are written.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/truth.md");

pub(crate) fn run(command: &Command) -> ExitCode {
    let args = &command.args;
    let cells = chosen(args);
    if args.list {
        for (case, kind) in &cells {
            println!("{:<16}{}", kind.word(), case.name);
        }
        return ExitCode::SUCCESS;
    }
    if cells.is_empty() {
        eprintln!("no cell is called so: --list names them");
        return ExitCode::FAILURE;
    }
    if let Some(code) = way::enter() {
        return code;
    }
    // What a stage dies of stands in its cell.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build().expect("threads");
    let done = runtime.block_on(all(cells, args));
    let failed = done.iter().filter(|cell| cell.verdict().fails()).count();
    let again = done.iter().filter(|cell| cell.alone && !cell.verdict().fails()).count();
    let gaps = done.iter().filter(|cell| cell.verdict() == report::Verdict::Gap).count();
    if args.json {
        let cells: Vec<_> = done.iter().map(Cell::json).collect();
        println!("{}", serde_json::to_string_pretty(&cells).expect("JSON"));
    } else {
        println!("{}", table::shown(&report::rows(&done)));
    }
    write(command, &done, began);
    eprintln!(
        "{} cells in {:.0} s: {failed} failed, {gaps} known gaps, {again} held only when played again, by themselves",
        done.len(),
        began.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chosen(args: &Args) -> VecDeque<(&'static Case, Kind)> {
    let fits = |case: &Case, kind: Kind| {
        args.only.as_ref().is_none_or(|only| case.name.contains(only.as_str()))
            && args.browser.as_ref().is_none_or(|browser| kind.word() == browser)
            && (args.long || !case.long)
            && (case.sample || !args.brief || kind != Kind::WebKit)
    };
    let cells = cases::all().flat_map(|case| case.browsers.iter().map(move |kind| (case, *kind)));
    cells.filter(|(case, kind)| fits(case, *kind)).collect()
}

/// Plays some at a time; whatever missed in company is played again by itself, since browsers that wait for each other
/// say nothing about hb.
async fn all(cells: VecDeque<(&'static Case, Kind)>, args: &Args) -> Vec<Cell> {
    let (together, patient) = (args.together.unwrap_or(TOGETHER).max(1), args.patient);
    let (all, ended) = (cells.len(), Arc::new(AtomicUsize::new(0)));
    let waiting = Arc::new(Mutex::new(cells));
    let workers: Vec<_> = (0..together)
        .map(|_| {
            let (waiting, ended) = (Arc::clone(&waiting), Arc::clone(&ended));
            tokio::spawn(async move {
                let mut done = Vec::new();
                loop {
                    let next = waiting.lock().unwrap().pop_front();
                    let Some((case, kind)) = next else { break done };
                    let cell = one(case, kind, patient, false).await;
                    eprintln!("{:>3}/{all} {}", ended.fetch_add(1, Ordering::Relaxed) + 1, cell.line());
                    done.push(cell);
                }
            })
        })
        .collect();
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.expect("a worker ends"));
    }
    // A browser that had to wait for other work is none of hb's faults: where that is forgiven, it is given two more tries.
    let tries = if together == 1 { 0 } else { 1 + usize::from(patient) };
    for cell in &mut done {
        for _ in 0..tries {
            if cell.verdict() != report::Verdict::Missed {
                break;
            }
            *cell = one(cell.case, cell.kind, patient, true).await;
            eprintln!("        {}", cell.line());
        }
    }
    let order: Vec<_> = cases::all().map(|case| case.name).collect();
    done.sort_by_key(|cell| order.iter().position(|name| *name == cell.case.name));
    done
}

async fn one(case: &'static Case, kind: Kind, patient: bool, alone: bool) -> Cell {
    let outcome = limit::within(limit::of(case), play(case, kind, patient)).await;
    Cell { case, kind, outcome, alone, patient }
}

/// Writes docs/truth.md: all of it after a whole run, else the rows of what was played.
fn write(command: &Command, cells: &[Cell], began: Instant) {
    let Some(machine) = &command.machine else { return };
    let (args, day) = (&command.args, &command.today);
    let whole = args.only.is_none() && args.browser.is_none();
    if !whole && !args.write {
        return;
    }
    let words: Vec<_> = ["cargo xtask truth".to_owned()].into_iter().chain(args.words()).collect();
    let minutes = began.elapsed().as_secs().div_ceil(60);
    let measured = format!("on {day}, on {machine}, by `{}`, in {minutes} min.", words.join(" "));
    let before = std::fs::read_to_string(PAGE).unwrap_or_default();
    let run = if whole { table::Run::Whole(&measured) } else { table::Run::Part(day) };
    let page = table::written(&before, run, report::rows(cells));
    std::fs::write(PAGE, page).expect("the page can be written");
}
