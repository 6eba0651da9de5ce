//! A page's place to work: a server that it is about, and a folder. Not here: what is run there.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::block::programs;
use crate::hb::hb;

/// What a block may run: nothing that changes the machine. Another program is added here, or its block is marked.
const PROGRAMS: &[&str] = &[
    "bash", "curl", "false", "grep", "hb", "head", "openssl", "printf", "promtool", "sed", "timeout", "umask",
];

/// What the pages take for granted: nobody is waited for, and there is a channel of the name that they use.
const CONFIG: &str =
    "boot_grace_s = 0\n[[channel]]\nname = \"guards\"\ntype = \"command\"\nargv = [\"/bin/true\"]\n";

/// Ends a script where a command failed, also on the left side of a pipe: the last of a pipe would say that all went well.
/// Who writes on to `head`, which has read enough and succeeded, has not failed: curl says 23, and others die of SIGPIPE.
const STRICT: &str = r#"
set -uE -o pipefail
judge() {
  if [ "${@: -1}" = 0 ]; then left="0 23 141"; else left=0; fi
  for status; do case " $left " in *" $status "*) ;; *) exit "$status" ;; esac; done
}
trap 'judge "${PIPESTATUS[@]}"' ERR
"#;

/// Such a place; its server ends with it.
pub(super) struct Place {
    folder: tempfile::TempDir,
    server: Child,
    url: String,
    token: String,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hb"), here.join("hb")).unwrap();
        // A refusal is a failure, and nothing waits for ever.
        std::fs::write(here.join(".curlrc"), "fail-with-body\nsilent\nshow-error\nmax-time = 20\n").unwrap();
        // What pages name as the reader's own.
        let player = here.join("player");
        std::fs::write(&player, "#!/bin/sh\n").unwrap();
        assert!(Command::new("chmod").arg("+x").arg(player).status().unwrap().success());
        std::fs::write(here.join("hb.toml"), CONFIG).unwrap();
        for rules in ["hb.rules.yml", "hb.rules.test.yml"] {
            let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/prometheus");
            std::fs::copy(std::path::Path::new(samples).join(rules), here.join(rules)).unwrap();
        }
        let [state, config] = ["state", "hb.toml"].map(|name| here.join(name).to_str().unwrap().to_owned());
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
             hb ping --app clock 60000
             hb ping --app quiz 60000
             hb adopt quiz
             curl -H 'hb-by: program' 'http://localhost:8888/hb_state?60000&appid=quiz&by=cli&state=no-frames'
             timeout 20 bash -c '
               until hb incidents | grep -q quiz && curl http://localhost:8888/api/v1/apps/127.0.0.1/tetris/history
               do :; done'",
        );
        assert_eq!(prepared, Ok(()));
        place
    }

    /// Runs a block by a shell; what begins with `hb serve` by itself.
    pub(super) fn run(&self, text: &str) -> Result<(), String> {
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
        shell.args(["-c", &format!("{STRICT}{script}\n:\n")]).current_dir(here).env_clear();
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
