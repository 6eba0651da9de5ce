//! Everything CI runs, as a table of steps.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{again, api, apt, deb, demo, npm, step, truth, windows};

/// A name, what it sees to, how.
type Step = (&'static str, &'static str, fn(&Workspace) -> Result<()>);

/// Quick ones first; what later ones need is built on the way.
const STEPS: &[Step] = &[
    ("fmt", "the code is formatted", |w| step::show("fmt", &w.cargo(&["fmt", "--all", "--check"]))),
    ("tidy", "the rules of the house", |w| cargo(w, "tidy", &["test", "-p", "xtask"])),
    ("apt", "browsers, clients, and the servers of others are there", |_| apt::install()),
    ("npm", "the client builds within its budget", npm::build),
    ("clippy", "no lint on this machine's target", |w| {
        cargo(
            w,
            "clippy",
            &[
                "clippy",
                "--workspace",
                "--exclude",
                "hb-wasm",
                "--exclude",
                "hb-wasm-link",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ],
        )
    }),
    ("clippy-wasm", "no lint in the browser's crates", clippy_wasm),
    ("doc", "the documentation has no broken link", doc),
    ("deny", "licences, sources, bans of dependencies", deny),
    ("rust", "unit, property and doc tests", rust),
    ("api", "the API is what its description says, asked by schemathesis", api::check),
    ("deb", "the Debian packages: one installed and used, one started under an emulator", deb::test),
    ("windows", "the binary for Windows, under Wine", windows::test),
    ("loom", "every order in which threads can meet over the bus's locks", |w| {
        cargo(w, "loom", &["test", "-p", "hb-bus-loom"])
    }),
    ("examples", "every example runs to its end", examples),
    ("wasm", "tests inside headless Chromium", wasm),
    ("packaging", "policies in real browsers, and the sample for Electron builds", packaging),
    ("package", "the npm package as others use it", package),
    ("pages", "the model of the dashboard", |w| node_tests(w, "www")),
    ("board", "the board for Grafana is one", |w| {
        npm::packages(w, "packaging/grafana")?;
        node_tests(w, "packaging/grafana")
    }),
    ("demo", "what README.md begins with starts, and has all its pages", |w| {
        step::work("start the demo", || demo::test(w))
    }),
    ("e2e", "real server, real browsers", e2e),
    ("truth", "real browsers, broken cell by cell", truth::check),
];

const WASM: &str = "wasm32-unknown-unknown";

/// What is tried again within these is not tried a third time.
const ONCE: [&str; 6] = ["packaging", "package", "pages", "board", "e2e", "truth"];

/// With what random schedules begin here, so that a change passes or fails by what it is. Plain `cargo test` looks elsewhere each time.
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "8888");

/// Names the steps.
pub(crate) fn list() {
    for (name, what, _) in STEPS {
        println!("{name:<12} {what}");
    }
}

/// Which steps are wanted: all, where none is named.
#[derive(Debug, Default)]
pub(crate) struct Choice {
    pub(crate) only: Vec<String>,
    pub(crate) without: Vec<String>,
    /// Whether the next ones are tried after a step that failed, and few that failed at the end once more.
    pub(crate) keep_going: bool,
}

impl Choice {
    fn wants(&self, name: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|other| other == name);
        (self.only.is_empty() || names(&self.only)) && !names(&self.without)
    }
}

/// Runs the steps that are wanted, and says how long each took.
pub(crate) fn run(workspace: &Workspace, choice: &Choice) -> Result<()> {
    let mut named = choice.only.iter().chain(&choice.without);
    if let Some(unknown) = named.find(|name| !STEPS.iter().any(|step| step.0 == **name)) {
        bail!("no step is called {unknown:?}: `cargo xtask test --list` names them");
    }
    let mut done: Vec<Done> = Vec::new();
    for step in STEPS.iter().filter(|step| choice.wants(step.0)) {
        done.push(attempt(workspace, step));
        if !choice.keep_going && !done.iter().all(|step| step.held) {
            break;
        }
    }
    let failed: Vec<usize> = (0..done.len()).filter(|&at| !done[at].held).collect();
    if choice.keep_going && failed.len() <= again::FEW {
        let again: Vec<usize> = failed.into_iter().filter(|&at| !ONCE.contains(&done[at].name)).collect();
        for at in again {
            let step = STEPS.iter().find(|step| step.0 == done[at].name).expect("it ran");
            println!("\nonce more, by itself:");
            done[at] = Done { tries: 2, ..attempt(workspace, step) };
        }
    }
    println!("\n{}", table(&done));
    let failed: Vec<&str> = done.iter().filter(|step| !step.held).map(|step| step.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("all {} steps passed", done.len());
    Ok(())
}

/// A step that ran.
struct Done {
    name: &'static str,
    time: Duration,
    held: bool,
    tries: u8,
}

fn attempt(workspace: &Workspace, &(name, what, run): &Step) -> Done {
    println!("\n── {name}: {what}");
    let began = Instant::now();
    let result = run(workspace);
    if let Err(error) = &result {
        println!("\nerror: the step {name} failed: {error:#}; again: cargo xtask test --only {name}");
    }
    Done { name, time: began.elapsed(), held: result.is_ok(), tries: 1 }
}

/// The closing table: each step that ran, its time, and whether it held, at its second try if it took one.
fn table(done: &[Done]) -> String {
    let row = |mark: &str, name: &str, time: Duration, note: &str| {
        format!("{mark} {name:<12} {:>6.1} s{note}\n", time.as_secs_f64())
    };
    let steps = done.iter().map(|step| {
        let note = if step.tries > 1 { ", at its second try" } else { "" };
        row(if step.held { "✓" } else { "✗" }, step.name, step.time, note)
    });
    steps.collect::<String>() + &row(" ", "together", done.iter().map(|step| step.time).sum(), "")
}

/// A cargo command against the committed lock file, everything it says in view.
fn cargo(workspace: &Workspace, what: &str, args: &[&str]) -> Result<()> {
    let (verb, rest) = args.split_first().expect("a cargo command has a verb");
    step::show(what, &workspace.cargo(&[&[*verb, "--locked"], rest].concat()))
}

fn rust(workspace: &Workspace) -> Result<()> {
    // What the page's crate says in words and numbers needs no browser, and is no default member.
    for (what, crates) in
        [("test", &[][..]), ("test of the client", &["-p", "hb-wasm", "-p", "hb-wasm-link", "--lib"])]
    {
        let mut test = workspace.cargo(&[&["test", "--locked"], crates].concat());
        if std::env::var_os(SEED.0).is_none() {
            test.env(SEED.0, SEED.1);
        }
        step::show(what, &test)?;
    }
    Ok(())
}

fn clippy_wasm(workspace: &Workspace) -> Result<()> {
    let lint = |args: &[&str]| {
        let all = [&["clippy", "--target", WASM], args, &["--", "-D", "warnings"]].concat();
        cargo(workspace, "clippy for wasm32", &all)
    };
    lint(&["-p", "hb-lease", "-p", "hb-core", "-p", "hb-guest", "-p", "hb-bus"])?;
    // Their tests too: they run nowhere else.
    lint(&["-p", "hb-wasm", "-p", "hb-wasm-link", "--all-targets"])
}

fn doc(workspace: &Workspace) -> Result<()> {
    for crates in [&[][..], &["-p", "hb-wasm", "-p", "hb-wasm-link", "--target", WASM]] {
        let mut doc = workspace.cargo(&[&["doc", "--locked", "--no-deps"], crates].concat());
        step::show("doc", doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    }
    Ok(())
}

/// Each example ends by itself and fails if what it shows is not so.
fn examples(workspace: &Workspace) -> Result<()> {
    for package in ["hb-bus", "hb-server"] {
        for name in names(&workspace.root.join(package).join("examples"))? {
            cargo(workspace, &name, &["run", "--quiet", "-p", package, "--example", &name])?;
        }
    }
    Ok(())
}

/// The Rust files of a folder, without their ending, in order.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for file in folder.read_dir()? {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "rs") {
            names.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

/// cargo-deny, installed into the target folder: bans, licences and sources must hold; advisories are only told, since
/// their database may be out of reach.
fn deny(workspace: &Workspace) -> Result<()> {
    let tools = workspace.target.join("tools");
    let deny = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !deny.exists() {
        let root = tools.to_string_lossy().into_owned();
        // Unoptimised: a minute less to compile, two seconds more to run.
        let args = ["install", "cargo-deny", "--version", "^0.20", "--debug", "--root", &root];
        let locked = workspace.cargo(&[&args[..], &["--locked"]].concat());
        // Its own lock file may name a version that the registry no longer or not yet has.
        step::run("install cargo-deny", &locked)
            .or_else(|_| step::run("install cargo-deny, unlocked", &workspace.cargo(&args)))?;
    }
    let check = |what: &[&str]| {
        let mut command = Command::new(&deny);
        command.current_dir(&workspace.root).args(["--locked", "check"]).args(what);
        command
    };
    step::show("deny", &check(&["bans", "licenses", "sources"]))?;
    if step::run("look for advisories", &check(&["advisories"])).is_err() {
        println!("advisories: told above, not counted as a failure");
    }
    Ok(())
}

/// Tests inside a browser, by the runner of our own lock file.
fn wasm(workspace: &Workspace) -> Result<()> {
    cargo(workspace, "test runner", &["build", "-p", "hb-test-runner"])?;
    let runner =
        workspace.target.join("debug").join(format!("hb-test-runner{}", std::env::consts::EXE_SUFFIX));
    // hb-bus's other examples and its benches are for a host.
    for tests in [&["-p", "hb-wasm"][..], &["-p", "hb-bus", "--lib", "--example", "page"]] {
        let mut test = workspace.cargo(&[&["test", "--locked", "--target", WASM], tests].concat());
        test.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner);
        if std::env::var_os("CHROMEDRIVER").is_none() {
            test.env("CHROMEDRIVER", "chromedriver");
        }
        step::show("wasm tests", &test)?;
    }
    Ok(())
}

/// The server embeds the client, which the step `npm` built, unless only this step was asked for.
fn e2e(workspace: &Workspace) -> Result<()> {
    if !workspace.root.join("hb-wasm/npm/dist/heartbeat.global.js").exists() {
        npm::build(workspace)?;
    }
    let e2e = |names: &[&str]| {
        workspace.cargo(&[&["test", "--locked", "-p", "hb-server", "--test", "e2e", "--"], names].concat())
    };
    again::twice("e2e", &e2e(&[]), |names| {
        let mut only = vec!["--exact", "--test-threads", "1"];
        only.extend(names.iter().map(String::as_str));
        e2e(&only)
    })
}

fn package(workspace: &Workspace) -> Result<()> {
    step::show("package", &workspace.program("node", "hb-wasm/npm", &["test/pack.mjs"]))?;
    node_tests(workspace, "hb-wasm/npm")
}

/// Electron itself cannot be had from npm without its download, which nothing here needs.
fn packaging(workspace: &Workspace) -> Result<()> {
    let electron = "packaging/electron";
    npm::packages(workspace, electron)?;
    let build = workspace.program("npm", electron, &["run", "build"]);
    step::run("build the sample for Electron", &build)?;
    node_tests(workspace, "packaging")
}

/// The `*.test.mjs` files of a folder's `test`, each by its name: what Node makes of a folder differs by its version.
fn node_tests(workspace: &Workspace, folder: &str) -> Result<()> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(workspace.root.join(folder).join("test"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        files.extend(name.ends_with(again::FILE).then(|| format!("test/{name}")));
    }
    if files.is_empty() {
        bail!("{folder}/test has no *.test.mjs");
    }
    files.sort_unstable();
    let node = |only: Option<String>| {
        let mut args = vec!["--test".to_owned(), "--test-reporter=spec".to_owned()];
        args.extend(only.map(|names| format!("--test-name-pattern={names}")));
        args.extend(files.iter().cloned());
        workspace.program("node", folder, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    again::twice(folder, &node(None), |names| node(Some(again::pattern(names))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_table_says_what_failed() {
        let second = Duration::from_secs(1);
        let ran = |name, time, held, tries| Done { name, time, held, tries };
        let all =
            [ran("fmt", second, true, 1), ran("tidy", second * 2, false, 1), ran("e2e", second, true, 2)];
        assert_eq!(
            table(&all),
            "✓ fmt             1.0 s\n✗ tidy            2.0 s\n✓ e2e             1.0 s, at its second try\n  together        4.0 s\n"
        );
    }

    #[test]
    fn steps_are_chosen_by_name_or_left_out() {
        let choice = |only: &[&str], without: &[&str]| {
            let own = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
            let choice = Choice { only: own(only), without: own(without), keep_going: false };
            ["fmt", "deb", "e2e"].map(|name| choice.wants(name))
        };
        assert_eq!(choice(&[], &[]), [true; 3]);
        assert_eq!(choice(&["deb", "e2e"], &[]), [false, true, true]);
        assert_eq!(choice(&[], &["deb"]), [true, false, true]);
    }

    #[test]
    fn a_step_has_one_name() {
        for (at, step) in STEPS.iter().enumerate() {
            assert!(STEPS[..at].iter().all(|other| other.0 != step.0), "{} twice", step.0);
        }
        assert!(ONCE.iter().all(|name| STEPS.iter().any(|step| step.0 == *name)));
    }
}
