//! A real Icinga 2 with the samples, and nothing in them changed but addresses and how often: it runs each check, and tells
//! what it thinks of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::super::harness::server::{HB, Server};
use super::ear::Ear;
use super::{sample, succeeds, text_of};

/// Where Debian has it, which is on the PATH of root only.
const ICINGA: &str = "/usr/sbin/icinga2";

/// A running Icinga; it ends on drop.
struct Icinga {
    child: Child,
    ear: Ear,
    _home: TempDir,
}

impl Icinga {
    async fn start(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let ear = Ear::open().await;
        let config = furnish(home.path(), server, &ear.address);
        succeeds(daemon(home.path()).args(["--validate", "--config"]).arg(&config));
        let child = daemon(home.path())
            .arg("--config")
            .arg(&config)
            .env_remove("HB_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("icinga2 is installed");
        Self { child, ear, _home: home }
    }
}

impl Drop for Icinga {
    fn drop(&mut self) {
        // It is a family: asked to end, the eldest ends the others.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if asked.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// It, with everything of its own in a folder, and as who we are.
fn daemon(home: &Path) -> Command {
    let mut daemon = Command::new(ICINGA);
    daemon.args(["daemon", "--log-level", "warning"]);
    for (what, place) in [
        ("DataDir", "data"),
        ("CacheDir", "cache"),
        ("LogDir", "log"),
        ("InitRunDir", "run"),
        ("SpoolDir", "spool"),
        ("PidPath", "pid"),
    ] {
        daemon.arg("--define").arg(format!("Configuration.{what}={}", home.join(place).display()));
    }
    for (what, flag) in [("RunAsUser", "-un"), ("RunAsGroup", "-gn")] {
        let name = succeeds(Command::new("id").arg(flag));
        daemon.arg("--define").arg(format!("Configuration.{what}={}", name.trim()));
    }
    daemon
}

/// Writes what Icinga needs into a folder; the path of its main file.
fn furnish(home: &Path, server: &Server, ear: &str) -> String {
    let url = server.url("");
    let port = url.rsplit(':').next().expect("an address has a port");
    let plugin = sample("nagios/check_hb_curl").display().to_string();
    let changes = [
        ("/usr/bin/hb", HB),
        ("/usr/local/lib/nagios/plugins/check_hb_curl", plugin.as_str()),
        ("http://hall:8888", &url),
        ("vars.hb_port = 8888", &format!("vars.hb_port = {port}")),
        // A second for a minute, and after each change it tells what it found.
        ("= 1m", "= 1s"),
        ("  max_check_attempts = 1\n", "  max_check_attempts = 1\n  event_command = \"tell\"\n"),
    ];
    let commands = changes.into_iter().fold(text_of("icinga2/hb.conf"), |text, (from, to)| {
        assert!(text.contains(from), "the sample no longer says {from}");
        text.replace(from, to)
    });
    for folder in ["data", "cache", "log", "run", "spool"] {
        std::fs::create_dir(home.join(folder)).unwrap();
    }
    let write = |name: &str, text: &str| {
        let path = home.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let files = [
        write("house.conf", &HOUSE.replace("EAR", ear)),
        write("hb.conf", &commands),
        write("example.conf", &text_of("icinga2/example.conf")),
    ];
    let files: String = files.map(|file| format!("include \"{file}\"\n")).concat();
    write("icinga2.conf", &format!("const NodeName = \"hall\"\nconst ZoneName = \"hall\"\n{files}"))
}

/// What a house with Icinga has already.
const HOUSE: &str = r#"
include <itl>
object CheckerComponent "checker" { }
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
object EventCommand "tell" {
  command = [ "/usr/bin/curl", "-sG", "http://EAR/", "--data-urlencode", "service=$service.name$",
    "--data-urlencode", "state=$service.state$", "--data-urlencode", "said=$service.output$" ]
}
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn icinga_2_takes_the_samples_and_runs_each_check() {
    let server = Server::start();
    server.text("/hb_ping?600000&appid=tetris&v=1&boot=a&seq=1").await;
    server.text("/hb_state?600000&appid=pong&v=1&state=no-frames&boot=b&seq=1").await;
    let mut icinga = Icinga::start(&server).await;
    icinga.ear.until("hb server", "OK", "HTTP OK").await;
    icinga.ear.until("hb tetris", "OK", "OK - ").await;
    icinga.ear.until("hb pong without hb", "CRITICAL", "CRITICAL - stalled").await;
    icinga.ear.until("hb all screens", "CRITICAL", "1 of 2 applications").await;
    // And it sees what changes.
    server.text("/hb_ping?600000&appid=pong&v=1&boot=b&seq=2&state=ok").await;
    icinga.ear.until("hb pong without hb", "OK", "OK - up").await;
    icinga.ear.until("hb all screens", "OK", "all fine").await;
    server.text("/hb_state?600000&appid=tetris&v=1&state=context-lost&boot=a&seq=2").await;
    icinga.ear.until("hb tetris", "CRITICAL", "stalled").await;
}
