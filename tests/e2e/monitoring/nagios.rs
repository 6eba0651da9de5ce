//! A real Nagios with the samples, and nothing in them changed but addresses: it verifies them, runs each check, and tells
//! what it thinks of it. So does the way in which Hilbert's agents ask, beside them.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::super::harness::server::{HB, Server};
use super::ear::Ear;
use super::{sample, succeeds, text_of};

const NAGIOS: &str = "nagios4";

/// A running Nagios; killed on drop.
struct Nagios {
    child: Child,
    ear: Ear,
    _home: TempDir,
}

impl Nagios {
    async fn start(server: &Server) -> Self {
        let home = tempfile::tempdir().unwrap();
        let ear = Ear::open().await;
        let config = furnish(home.path(), server, &ear.address);
        succeeds(Command::new(NAGIOS).arg("-v").arg(&config));
        let child = Command::new(NAGIOS)
            .arg(&config)
            .env_remove("HB_TOKEN")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("nagios4 is installed");
        Self { child, ear, _home: home }
    }
}

impl Drop for Nagios {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes what Nagios needs into a folder; the path of its main file.
fn furnish(home: &Path, server: &Server, ear: &str) -> String {
    let url = server.url("");
    let port = url.rsplit(':').next().expect("an address has a port");
    let plugin = sample("nagios/check_hb_curl").display().to_string();
    let commands = [
        ("/usr/bin/hb", HB),
        ("/usr/local/lib/nagios/plugins/check_hb_curl", plugin.as_str()),
        ("http://hall:8888", &url),
        ("-p 8888", &format!("-p {port}")),
    ];
    let commands = commands.into_iter().fold(text_of("nagios/hb.cfg"), |text, (from, to)| {
        assert!(text.contains(from), "the sample no longer says {from}");
        text.replace(from, to)
    });
    let write = |name: &str, text: &str| {
        let path = home.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let files = [
        write("hb.cfg", &commands),
        write("example.cfg", &text_of("nagios/example.cfg")),
        write(
            "house.cfg",
            &HOUSE
                .replace("EAR", ear)
                .replace("AGENT", &write("check_heartbeat", AGENT))
                .replace("URL", &url),
        ),
    ];
    std::fs::create_dir(home.join("spool")).unwrap();
    let files: String = files.map(|file| format!("cfg_file={file}\n")).concat();
    let user = succeeds(Command::new("id").arg("-un")).trim().to_owned();
    let group = succeeds(Command::new("id").arg("-gn")).trim().to_owned();
    let main = MAIN.replace("HOME", &home.display().to_string());
    write("nagios.cfg", &format!("{main}{files}nagios_user={user}\nnagios_group={group}\n"))
}

/// A second is its unit of time, and after each check it tells what it found.
const MAIN: &str = "\
interval_length=1
service_inter_check_delay_method=n
max_service_check_spread=1
check_result_reaper_frequency=1
obsess_over_services=1
ocsp_command=tell
check_external_commands=0
check_for_updates=0
use_syslog=0
execute_host_checks=0
enable_notifications=0
illegal_macro_output_chars=`~$&|'<>\"
log_file=HOME/nagios.log
object_cache_file=HOME/objects.cache
precached_object_file=HOME/objects.precache
status_file=HOME/status.dat
state_retention_file=HOME/retention.dat
lock_file=HOME/nagios.pid
temp_file=HOME/nagios.tmp
temp_path=HOME
check_result_path=HOME/spool
query_socket=HOME/nagios.qh
";

/// As Hilbert's agents have always asked: the line goes to Nagios as it came, its first word decides.
const AGENT: &str = r#"
line=$(wget -t 2 -T 2 -q -O- --header='Accept-Encoding: gzip, deflate' "$1/status?appid=$2") || {
    echo 'CRITICAL - cannot get heartbeat status from HB server!'
    exit 2
}
echo "$line"
case ${line%% *} in OK) exit 0 ;; WARNING) exit 1 ;; CRITICAL) exit 2 ;; *) exit 3 ;; esac
"#;

/// What a house with Nagios has already.
const HOUSE: &str = r"
define timeperiod {
    timeperiod_name 24x7
    alias           always
    sunday          00:00-24:00
    monday          00:00-24:00
    tuesday         00:00-24:00
    wednesday       00:00-24:00
    thursday        00:00-24:00
    friday          00:00-24:00
    saturday        00:00-24:00
}
define contact {
    contact_name                    guard
    host_notification_commands      tell
    service_notification_commands   tell
    host_notification_period        24x7
    service_notification_period     24x7
}
define command {
    command_name    check_heartbeat
    command_line    /bin/sh AGENT 'URL' '$ARG1$'
}
define service {
    use                     hb-screen
    host_name               hall
    service_description     tetris by its agent
    check_command           check_heartbeat!tetris
    contacts                guard
}
define command {
    command_name    tell
    command_line    /usr/bin/curl -sG 'http://EAR/' --data-urlencode 'service=$SERVICEDESC$' --data-urlencode 'state=$SERVICESTATE$' --data-urlencode 'said=$SERVICEOUTPUT$'
}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nagios_verifies_the_samples_and_runs_each_check() {
    let server = Server::start();
    server.text("/hb_ping?600000&appid=tetris&v=1&boot=a&seq=1").await;
    server.text("/hb_state?600000&appid=pong&v=1&state=no-frames&boot=b&seq=1").await;
    let mut nagios = Nagios::start(&server).await;
    nagios.ear.until("hb server", "OK", "HTTP OK").await;
    nagios.ear.until("hb tetris", "OK", "OK - ").await;
    nagios.ear.until("hb pong without hb", "CRITICAL", "CRITICAL - stalled").await;
    nagios.ear.until("hb all screens", "CRITICAL", "1 of 2 applications").await;
    nagios.ear.until("tetris by its agent", "OK", "OK - fine application [tetris @ 127.0.0.1]").await;
    // And it sees what changes.
    server.text("/hb_ping?600000&appid=pong&v=1&boot=b&seq=2&state=ok").await;
    nagios.ear.until("hb pong without hb", "OK", "OK - up").await;
    nagios.ear.until("hb all screens", "OK", "all fine").await;
    server.text("/hb_state?600000&appid=tetris&v=1&state=context-lost&boot=a&seq=2").await;
    nagios.ear.until("hb tetris", "CRITICAL", "stalled").await;
    nagios
        .ear
        .until("tetris by its agent", "CRITICAL", "CRITICAL - stalled application [tetris @ 127.0.0.1]")
        .await;
}

#[tokio::test]
async fn the_plugin_for_machines_without_hb_says_what_the_server_says() {
    let mut server = Server::start();
    server.text("/hb_ping?600000&appid=tetris").await;
    let url = server.url("");
    let plugin = |args: &[&str]| {
        let mut command = Command::new(sample("nagios/check_hb_curl"));
        let ended = command.args(args).env_remove("HB_TOKEN_FILE").output().expect("curl is installed");
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap())
    };
    for (args, code, said) in [
        (&[&*url, "tetris"][..], 0, "OK - fine application [tetris @ 127.0.0.1]| od=0."),
        (&[&url, "tetris", "127.0.0.1"], 0, "OK - up [tetris @ 127.0.0.1]: "),
        (&[&url, "x"], 2, "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]\n"),
        (&[&url, "x", "10.0.0.7"], 2, "CRITICAL - no application record for queried ID: [x @ 10.0.0.7]\n"),
        (&[&url, "a/../b", "h"], 3, "UNKNOWN - only letters"),
        (&[&url], 3, "UNKNOWN - usage: "),
    ] {
        let (ended, text) = plugin(args);
        assert!(ended == Some(code) && text.starts_with(said), "{args:?}: {ended:?} {text}");
    }
    server.kill();
    for args in [&[&*url, "tetris"][..], &[&url, "tetris", "127.0.0.1"]] {
        let gone = "CRITICAL - cannot get heartbeat status from HB server!\n".to_owned();
        assert_eq!(plugin(args), (Some(2), gone), "{args:?}");
    }
}
