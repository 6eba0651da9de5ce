//! The page's client and the pages' bundles: cargo for wasm32, wasm-bindgen as a library, then Node's tools.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::step;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";
/// The oldest Node.js that our packages run on.
const NODE: u32 = 20;

/// Builds `hb-wasm/npm/dist` and the bundles of `www`.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    node()?;
    add_target(TARGET)?;
    let args = [
        "build",
        "--locked",
        "-p",
        "hb-wasm",
        "-p",
        "hb-wasm-link",
        "--lib",
        "--profile",
        "wasm",
        "--target",
        TARGET,
    ];
    step::run("compile the client and its link", &workspace.cargo(&args))?;
    let modules = workspace.target.join(TARGET).join("wasm");
    let (module, link) = (modules.join("hb_wasm.wasm"), modules.join("hb_wasm_link.wasm"));
    let bound = workspace.target.join("wasm-bindgen");
    // What did not change is not made again: the server embeds it, and would be compiled anew.
    let npm = workspace.root.join("hb-wasm/npm");
    let inputs = ["src", "build.mjs", "weights.mjs", "package-lock.json", "tsconfig.json"]
        .map(|input| npm.join(input));
    let made = npm.join("dist/heartbeat.global.js");
    if !is_newer(&made, inputs.iter().chain([&module, &link])) {
        step::work("bind them to JavaScript", || {
            bind(&module, "heartbeat", &bound)?;
            bind(&link, "link", &bound)
        })?;
        packages(workspace, "hb-wasm/npm")?;
        let out = bound.to_str().context("the target folder's path is not UTF-8")?;
        let args = ["build.mjs", "--wasm-bindgen-out", out];
        if let Err(error) = step::run("bundle the client", &workspace.program("node", "hb-wasm/npm", &args)) {
            // What has a wrong type or is over its budget is not there, however often it is asked for.
            drop(std::fs::remove_file(&made));
            return Err(error);
        }
    }
    let www = workspace.root.join("www");
    let inputs =
        ["three/main.js", "plot/main.js", "package.json", "package-lock.json"].map(|input| www.join(input));
    let outputs = ["three/dist/main.js", "dashboard/dist/plot.js"].map(|output| www.join(output));
    if !outputs.iter().all(|output| is_newer(output, &inputs)) {
        packages(workspace, "www")?;
        step::run("bundle the pages", &workspace.program(NPM, "www", &["run", "build"]))?;
    }
    Ok(())
}

/// Whether `output` is there and newer than every input, files inside folders included.
fn is_newer<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a PathBuf>) -> bool {
    let Some(made) = changed(output) else { return false };
    inputs.into_iter().all(|input| changed(input).is_some_and(|input| input < made))
}

/// When a file, or the newest file of a folder, was last changed.
fn changed(path: &Path) -> Option<SystemTime> {
    if path.is_file() {
        return path.metadata().and_then(|file| file.modified()).ok();
    }
    path.read_dir().ok()?.filter_map(|entry| changed(&entry.ok()?.path())).max()
}

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

fn bind(module: &Path, name: &str, out: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(false)
        .out_name(name)
        .generate(out)
}

/// Installs a folder's Node packages from its lock file, if it changed since the last time.
pub(crate) fn packages(workspace: &Workspace, folder: &str) -> Result<()> {
    let dir = workspace.root.join(folder);
    let lock = dir.join("package-lock.json").metadata().and_then(|m| m.modified());
    let installed = dir.join("node_modules/.package-lock.json").metadata().and_then(|m| m.modified());
    if matches!((lock, installed), (Ok(lock), Ok(installed)) if lock <= installed) {
        return Ok(());
    }
    let args = ["ci", "--no-audit", "--no-fund"];
    step::run(&format!("install the packages of {folder}"), &workspace.program(NPM, folder, &args))
}

/// Refuses a Node.js that is missing, too old or without npm, with what to do.
fn node() -> Result<()> {
    let said = Command::new("node").arg("--version").output();
    let Ok(said) = said else {
        bail!(
            "Node.js is not installed: expected version {NODE} or newer; get it from https://nodejs.org or your system's packages"
        );
    };
    let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE => {}
        _ => bail!("Node.js is {version}: expected version {NODE} or newer"),
    }
    if Command::new(NPM).arg("--version").output().is_err() {
        bail!(
            "npm is not installed, which some systems keep apart from Node.js: expected it beside node; on Debian: apt install npm"
        );
    }
    Ok(())
}

/// Adds a compilation target by rustup, if it is not there.
pub(crate) fn add_target(target: &str) -> Result<()> {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    let Ok(installed) = installed else {
        // Without rustup the toolchain came with its targets, or cargo will say what it lacks.
        return Ok(());
    };
    if String::from_utf8_lossy(&installed.stdout).lines().any(|line| line == target) {
        return Ok(());
    }
    step::run(&format!("add the target {target}"), Command::new("rustup").args(["target", "add", target]))
}
