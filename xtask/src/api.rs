//! `cargo xtask test --only api`: schemathesis asks a real server all that its description allows, and what it does not.
//!
//! It comes from PyPI into a virtual environment in the target folder, each package of one version. Not here: what hb
//! promises (its description), how it is asked (`api/schemathesis.toml`).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::build::{self, Machine};
use crate::step;
use crate::workspace::Workspace;

const REQUIREMENTS: &str = include_str!("api/requirements.txt");
const CONFIG: &str = include_str!("api/schemathesis.toml");
/// Takes the token from the environment: no command line shows it.
const TOKEN: &str = "\n[auth.openapi.token]\nbearer = \"${HB_TOKEN}\"\n";

/// Who asks, with which role, and what besides all of it.
const ASKERS: &[(&str, Option<&str>, &[&str])] = &[
    ("an operator", Some("operator"), &["--max-examples", "10"]),
    ("nobody", None, &["--max-examples", "5", "--phases", "examples,coverage,fuzzing"]),
    // Only these: it would take back its own token, and be nobody from then on.
    (
        "an admin",
        Some("admin"),
        &["--max-examples", "10", "--phases", "fuzzing", "--include-path", "/api/v1/tokens"],
    ),
];

/// Runs it as each of them.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let hb = build::server(workspace, Machine::HERE, false)?;
    let schemathesis = install(workspace)?;
    let folder = workspace.target.join("api");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let server = Server::start(&hb, &folder)?;
    step::run("beat", &server.hb(&["ping", "--app", "tetris", "60000"]))?;
    for &(who, role, how) in ASKERS {
        let config = folder.join("schemathesis.toml");
        fs::write(&config, format!("{CONFIG}{}", role.map_or("", |_| TOKEN)))?;
        let mut ask = Command::new(&schemathesis);
        ask.arg("--config-file").arg(&config).arg("run").arg(format!("{}/api/openapi.json", server.url));
        ask.args(how).arg("--continue-on-failure").current_dir(&folder);
        if let Some(role) = role {
            ask.env("HB_TOKEN", server.token(role)?);
        }
        step::show(&format!("ask as {who}"), &ask)?;
    }
    Ok(())
}

/// The program, installed if it is not yet there as `requirements.txt` has it.
fn install(workspace: &Workspace) -> Result<PathBuf> {
    let venv = workspace.target.join("tools").join("schemathesis");
    let (program, marker) = (venv.join("bin").join("schemathesis"), venv.join("requirements.txt"));
    if program.exists() && fs::read_to_string(&marker).is_ok_and(|text| text == REQUIREMENTS) {
        return Ok(program);
    }
    if venv.exists() {
        fs::remove_dir_all(&venv)?;
    }
    step::run("make a virtual environment", Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let wanted = venv.join("wanted.txt");
    fs::write(&wanted, REQUIREMENTS)?;
    let mut pip = Command::new(venv.join("bin").join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&wanted);
    step::run("install schemathesis", &pip)?;
    fs::rename(&wanted, &marker)?;
    Ok(program)
}

/// A server with a memory of its own; ends with us.
struct Server {
    child: Child,
    program: PathBuf,
    folder: PathBuf,
    url: String,
}

impl Server {
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let state = folder.join("state");
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--state"]).arg(&state);
        command.current_dir(folder).env("RUST_LOG", "error").env_remove("HB_URL");
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start the server")?;
        let mut lines = BufReader::new(child.stdout.take().context("it was piped")?).lines();
        let url = lines
            .find_map(|line| Some(line.ok()?.strip_prefix("dashboard: ")?.trim_end_matches('/').to_owned()));
        let Some(url) = url else {
            let _ = child.kill();
            bail!("the server ended before it listened");
        };
        // It writes no more, and nobody reads.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, program: program.to_owned(), folder: folder.to_owned(), url })
    }

    /// A command that asks it.
    fn hb(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.folder).env("HB_URL", &self.url);
        command
    }

    fn token(&self, role: &str) -> Result<String> {
        let mut make = self.hb(&["token", "new", role, "--role", role, "--state"]);
        let made = make.arg(self.folder.join("state")).output().context("cannot start hb")?;
        if !made.status.success() {
            bail!("no token: {}", String::from_utf8_lossy(&made.stderr));
        }
        Ok(String::from_utf8_lossy(&made.stdout).trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
