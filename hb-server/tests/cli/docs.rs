//! Every command that the documentation shows is run: the blocks of `sh` in README.md and docs/, page by page in their
//! order, by a shell, against a real server.
//!
//! A block that cannot run here has `<!-- not run: why -->` above it. `hb serve` is started, seen to listen, and ended. Not
//! here: whether what is printed is right (the tests of each command).

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::hb::hb;

/// A block of commands.
struct Block {
    line: usize,
    text: String,
    /// Why it is not run.
    kept: Option<String>,
}

/// What a block may run: nothing that changes the machine. Another program is added here, or its block is marked.
const PROGRAMS: &[&str] =
    &["bash", "curl", "false", "grep", "hb", "head", "openssl", "printf", "sed", "timeout", "umask"];

/// A page's place to work: a server that it is about, and a folder.
struct Place {
    folder: tempfile::TempDir,
    server: Child,
    url: String,
    token: String,
}

#[test]
fn every_command_in_the_documentation_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pages: Vec<PathBuf> =
        std::fs::read_dir(root.join("docs")).unwrap().map(|file| file.unwrap().path()).collect();
    pages.push(root.join("README.md"));
    pages.retain(|page| page.extension().is_some_and(|end| end == "md"));
    pages.sort();
    let (mut ran, mut wrong) = (0, Vec::new());
    for page in pages {
        let blocks = blocks(&std::fs::read_to_string(&page).unwrap());
        if blocks.iter().all(|block| block.kept.is_some()) {
            continue;
        }
        let place = Place::new();
        for block in blocks.iter().filter(|block| block.kept.is_none()) {
            ran += 1;
            if let Err(why) = place.run(&block.text) {
                let page = page.strip_prefix(root).unwrap().display();
                wrong.push(format!("{page}:{}: {why}", block.line));
            }
        }
    }
    assert!(ran > 10, "only {ran} blocks: are they marked otherwise now?");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_fails_is_seen_and_what_is_marked_needs_a_reason() {
    let place = Place::new();
    for fails in ["false", "curl http://localhost:8888/api/v1/nothing", "hb serve --policy bogus", "hb bogus"]
    {
        assert!(place.run(fails).is_err(), "{fails}");
    }
    assert_eq!(place.run("hb list | grep quiz"), Ok(()));
    let said = place.run("sudo rm -rf x").unwrap_err();
    assert!(said.starts_with("`sudo` is none of what may run here"), "{said}");
    assert_eq!(
        programs("A=1 hb a | sed 's|;x|' && curl 'a b;c' # d; e\n\nf -g; h"),
        ["hb", "sed", "curl", "f", "h"]
    );
    let page = "<!-- not run: no browser -->\n```sh\na\n```\n```sh\nb\n```\n```toml\nc\n```\n";
    let found: Vec<_> = blocks(page).into_iter().map(|it| (it.line, it.text, it.kept)).collect();
    assert_eq!(found, [(2, "a\n".into(), Some("no browser".into())), (5, "b\n".into(), None)]);
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut inside, mut kept) = (false, None);
    for (at, line) in page.lines().enumerate() {
        if inside && line.starts_with("```") {
            inside = false;
        } else if inside {
            let block = found.last_mut().expect("it has begun");
            block.text.push_str(line);
            block.text.push('\n');
        } else if line == "```sh" {
            inside = true;
            found.push(Block { line: at + 1, text: String::new(), kept: kept.take() });
        } else if let Some(why) =
            line.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"))
        {
            kept = Some(why.to_owned());
        } else if !line.is_empty() {
            kept = None;
        }
    }
    found
}

/// The first word of each command, behind its variables; quotes, comments and escapes are understood, nothing else.
fn programs(script: &str) -> Vec<String> {
    let (mut found, mut word, mut quote) = (Vec::new(), String::new(), None);
    let (mut is_first, mut is_comment) = (true, false);
    for c in script.chars().chain(['\n']) {
        is_comment = c != '\n' && (is_comment || (c == '#' && word.is_empty() && quote.is_none()));
        match (c, quote) {
            _ if is_comment => {}
            (_, Some(open)) => {
                quote = (c != open).then_some(open);
                word.push(c);
            }
            ('"' | '\'', None) => {
                quote = Some(c);
                word.push(c);
            }
            (' ' | '\n' | '|' | '&' | ';', None) => {
                let is_variable = word.contains('=');
                if is_first && !word.is_empty() && !is_variable {
                    found.push(std::mem::take(&mut word));
                    is_first = false;
                }
                word.clear();
                is_first |= c != ' ';
            }
            _ => word.push(c),
        }
    }
    found
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hb"), here.join("hb")).unwrap();
        // A refusal is a failure, and nothing waits for ever.
        std::fs::write(here.join(".curlrc"), "fail-with-body\nsilent\nshow-error\nmax-time = 20\n").unwrap();
        // What pages name as the reader's own.
        let player = here.join("player");
        std::fs::write(&player, "#!/bin/sh\n").unwrap();
        assert!(Command::new("chmod").arg("+x").arg(player).status().unwrap().success());
        // Else what is wrong in the first minutes is nobody's fault.
        std::fs::write(here.join("its.toml"), "boot_grace_s = 0\n").unwrap();
        let [state, config] = ["state", "its.toml"].map(|name| here.join(name).to_str().unwrap().to_owned());
        let mut server = hb(&["serve", "--listen", "127.0.0.1:0", "--state", &state, "--config", &config])
            .command()
            .spawn()
            .expect("the binary was built");
        let url = listens(&mut server).expect("it listens");
        let made = hb(&["token", "new", "owner", "--role", "admin", "--state", &state]).end();
        let place = Self { folder, server, url, token: made.out.trim().to_owned() };
        // One app lives, and one is broken that was here to stay: the server has written that down.
        let prepared = place.run(
            "hb ping --app tetris 60000
             hb ping --app quiz 60000
             hb adopt quiz
             curl 'http://localhost:8888/hb_state?60000&appid=quiz&state=no-frames'
             timeout 20 bash -c '
               until hb incidents | grep -q quiz && curl http://localhost:8888/api/v1/apps/127.0.0.1/tetris/history
               do :; done'",
        );
        assert_eq!(prepared, Ok(()));
        place
    }

    /// Runs a block by a shell; what begins with `hb serve` by itself.
    fn run(&self, text: &str) -> Result<(), String> {
        let joined = text.replace("\\\n", " ");
        if let Some(odd) = programs(&joined).into_iter().find(|it| !PROGRAMS.contains(&&**it)) {
            return Err(format!(
                "`{odd}` is none of what may run here: mark the block, or add it to PROGRAMS"
            ));
        }
        let (mut script, mut serves) = (String::new(), Vec::new());
        for line in joined.lines() {
            if line.starts_with("hb serve") {
                serves.push(line);
            } else {
                script.push_str(line);
                script.push('\n');
            }
        }
        for line in serves {
            self.serve(line)?;
        }
        let script =
            script.replace("http://localhost:8888", &self.url).replace("http://hall:8888", &self.url);
        let output = self.shell(&script).output().map_err(|why| why.to_string())?;
        if output.status.success() {
            return Ok(());
        }
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Err(format!("ended with {}\n{script}{out}{err}", output.status))
    }

    /// Starts a server until it listens, at ports of its own.
    fn serve(&self, line: &str) -> Result<(), String> {
        let line = line.replace("http://hall:8888", &self.url).replace(":8888", ":0").replace(" 8888", " 0");
        let mut server = self
            .shell(&format!("exec {line}"))
            .env("HB_PORT", "0")
            .env_remove("HB_URL")
            .env("STATE_DIRECTORY", self.folder.path().join("another"))
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| why.to_string())?;
        let listens = listens(&mut server);
        let ended = Command::new("kill").arg(server.id().to_string()).status();
        let status = server.wait().map_err(|why| why.to_string())?;
        let _ = ended;
        match listens {
            Some(_) if status.success() => Ok(()),
            _ => Err(format!("{line}\nnever listened, or ended with {status}")),
        }
    }

    fn shell(&self, script: &str) -> Command {
        let here = self.folder.path();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("bash");
        shell.args(["-eu", "-c", script]).current_dir(here).env_clear();
        shell.env("PATH", format!("{}:{path}", here.display())).env("HOME", here).env("USER", "ada");
        shell
            .env("RUST_LOG", "error")
            .env("HB_URL", &self.url)
            .env("HB_TOKEN", &self.token)
            .env("STATE_DIRECTORY", here.join("state"));
        shell.stdin(Stdio::null());
        shell
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Where a server says that its dashboard is.
fn listens(server: &mut Child) -> Option<String> {
    let mut out = BufReader::new(server.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let url =
        out.find_map(|line| line.strip_prefix("dashboard: ").map(|url| url.trim_end_matches('/').to_owned()));
    // Whoever closes a pipe ends what writes to it.
    std::thread::spawn(move || out.for_each(drop));
    url
}
