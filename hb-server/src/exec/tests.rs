//! Real programs that do not end, say too much, are not there, or leave something behind. A time-out comes when the
//! program has said that it is ready for it, and who holds a fifo open lives: nobody waits by the clock. What is not to
//! end sleeps: a `tail -f` would end by itself with the pipe it writes to.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command as Program;

use hb_core::id::Identity;
use hb_core::repair::{Action, Evidence};
use hb_lease::time::Time;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::{OpenOptions, Receiver};

use super::*;

const HOUR: Duration = Duration::from_secs(3_600);

fn executor(grace: Duration) -> Executor {
    let path = "/usr/local/bin:/usr/bin:/bin";
    let environment = vec![("PATH".into(), path.into())];
    Executor::new(Config { environment, timeout: HOUR, grace, most_output: 100 })
}

fn step(action: Action) -> Move {
    let id = Identity::new("kiosk-17", "left", "Tetris").unwrap().to_owned();
    let why = Evidence::GpuStuck;
    Move { id, ticket: 9, at: Time::ZERO, step: 1, action, attempt: 2, why, since: Time::ZERO, who: None }
}

/// `$0` of the script is `given`.
fn script(script: &str, given: &Path) -> Vec<OsString> {
    ["sh".as_ref(), "-c".as_ref(), script.as_ref(), given.as_os_str()].map(OsString::from).to_vec()
}

async fn in_time<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), event).await.expect("it happens within a minute")
}

/// Runs a script to its end.
async fn ran(text: &str) -> Report {
    in_time(executor(HOUR).run(&script(text, Path::new("sh")), &[], None, std::future::pending())).await
}

/// Knows of those who have it open whether they live.
struct Fifo {
    _folder: TempDir,
    path: PathBuf,
    end: Receiver,
}

impl Fifo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        assert!(Program::new("mkfifo").arg(&path).status().unwrap().success());
        let end = OpenOptions::new().open_receiver(&path).unwrap();
        Self { _folder: folder, path, end }
    }

    async fn ready(&mut self) {
        let mut word = [0; 6];
        in_time(self.end.read_exact(&mut word)).await.unwrap();
        assert_eq!(&word, b"ready\n");
    }

    /// All who had it open have ended.
    async fn closed(mut self) {
        assert_eq!(in_time(self.end.read(&mut [0])).await.unwrap(), 0);
    }
}

/// Runs a script whose `$0` is a fifo until it has written `ready` there, which is when its time is over.
async fn ended(text: &str, grace: Duration) -> Report {
    let mut fifo = Fifo::new();
    let words = script(text, &fifo.path.clone());
    let report = in_time(executor(grace).run(&words, &[], None, fifo.ready())).await;
    fifo.closed().await;
    report
}

#[tokio::test]
async fn who_ignores_sigterm_is_killed_with_what_it_started() {
    let report = ended(
        "trap '' TERM; exec 3>\"$0\"; sleep 999 & echo ready >&3; sleep 999",
        Duration::from_millis(50),
    )
    .await;
    assert_eq!(report.failure, Some(Failure::TimedOut));
}

#[tokio::test]
async fn a_grandchild_that_ignores_sigterm_goes_with_a_child_that_does_not() {
    let stubborn = "(trap '' TERM; echo ready >&3; exec sleep 999)";
    let text = format!("exec 3>\"$0\"; trap 'exit 0' TERM; {stubborn} & wait");
    assert_eq!(ended(&text, HOUR).await.failure, Some(Failure::TimedOut));
}

#[tokio::test]
async fn who_is_asked_to_end_may_say_goodbye() {
    let text = "exec 3>\"$0\"; trap 'echo bye; exit 0' TERM; sleep 999 & echo ready >&3; wait";
    let report = ended(text, HOUR).await;
    assert_eq!((report.failure, report.stdout.bytes()), (Some(Failure::TimedOut), &b"bye\n"[..]));
}

#[tokio::test]
async fn who_is_no_longer_waited_for_is_killed() {
    let mut fifo = Fifo::new();
    let text = "exec 3>\"$0\"; trap '' TERM; sleep 999 & echo ready >&3; wait";
    let words = script(text, &fifo.path.clone());
    let executor = executor(HOUR);
    tokio::select! {
        report = executor.run(&words, &[], None, std::future::pending()) => panic!("{report:?}"),
        () = fifo.ready() => {}
    }
    fifo.closed().await;
}

#[tokio::test]
async fn the_time_of_the_configuration_is_kept() {
    let config = Config { timeout: Duration::from_millis(50), ..executor(HOUR).config };
    let order = Order::Command(["sleep", "999"].map(OsString::from).to_vec());
    let report = in_time(Executor::new(config).carry_out(&order, &step(Action::Command))).await;
    assert_eq!(report.failure, Some(Failure::TimedOut));
}

#[tokio::test]
async fn what_a_program_leaves_running_is_left_alone_and_not_waited_for() {
    let mut fifo = Fifo::new();
    let lives = "(trap 'echo ready >&3; kill $!; exit 0' TERM; sleep 999 & echo ready >&3; wait)";
    let words = script(&format!("exec 3>\"$0\"; {lives} & echo $!"), &fifo.path);
    let report = in_time(executor(HOUR).run(&words, &[], None, std::future::pending())).await;
    assert_eq!(report.failure, None);
    fifo.ready().await;
    kill_process(pid(&report.stdout), Signal::TERM).expect("it lives");
    fifo.ready().await;
    fifo.closed().await;
}

#[tokio::test]
async fn output_is_bounded_and_never_stops_a_program() {
    let report = ran("head -c 1000000 /dev/zero; head -c 300000 /dev/zero >&2; exit 3").await;
    assert_eq!(report.failure, Some(Failure::Exit(3)));
    assert_eq!((report.stdout.bytes().len(), report.stdout.dropped()), (100, 999_900));
    assert_eq!((report.stderr.bytes().len(), report.stderr.dropped()), (100, 299_900));
}

#[tokio::test]
async fn how_it_ended_is_told_as_shells_do() {
    for (text, failure) in [("true", None), ("exit 7", Some(7)), ("kill -9 $$", Some(128 + 9))] {
        assert_eq!(ran(text).await.failure, failure.map(Failure::Exit), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("notes");
    std::fs::write(&plain, "").unwrap();
    let none = folder.path().join("none");
    for (program, code, why) in [
        (none.as_os_str(), 127, "there is no such program"),
        ("no-such-program-anywhere".as_ref(), 127, "there is no such program"),
        (plain.as_os_str(), 126, "it may not be executed"),
        ("a\0b".as_ref(), 126, "it cannot be executed"),
    ] {
        let order = Order::Command(vec![program.into()]);
        let report = in_time(executor(HOUR).carry_out(&order, &step(Action::Command))).await;
        assert_eq!(report.failure, Some(Failure::Exit(code)), "{}", program.display());
        assert!(report.stderr.to_string().contains(why), "{}", report.stderr);
    }
    let report = in_time(executor(HOUR).carry_out(&Order::Command(Vec::new()), &step(Action::Command))).await;
    assert_eq!(report.failure, Some(Failure::Exit(127)));
}

#[tokio::test]
async fn no_zombie_is_left() {
    let in_time = ran("echo $$").await;
    let killed = {
        let mut fifo = Fifo::new();
        let words = script("exec 3>\"$0\"; echo $$; echo ready >&3; sleep 999", &fifo.path.clone());
        executor(HOUR).run(&words, &[], None, fifo.ready()).await
    };
    for report in [in_time, killed] {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let child = waitid(WaitId::Pid(pid(&report.stdout)), options);
        assert_eq!(child.err(), Some(Errno::CHILD), "{report:?}");
    }
}

#[tokio::test]
async fn a_program_is_given_what_the_docs_say_and_nothing_else() {
    let mut executor = executor(HOUR);
    executor.config.most_output = 10_000;
    let order = Order::Command(vec!["env".into()]);
    let report = in_time(executor.carry_out(&order, &step(Action::Command))).await;
    let said = report.stdout.to_string();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    let expected = [
        "HB_REPAIR_ACTION=command",
        "HB_REPAIR_APP=Tetris",
        "HB_REPAIR_ATTEMPT=2",
        "HB_REPAIR_HOST=kiosk-17",
        "HB_REPAIR_SLOT=left",
        "HB_REPAIR_WHY=gpu-stuck",
        "PATH=/usr/local/bin:/usr/bin:/bin",
    ];
    assert_eq!(lines, expected);
    assert_eq!(ran("pwd; cat").await.stdout.bytes(), b"/\n", "nothing to read");
}

#[tokio::test]
async fn units_are_restarted_and_hosts_rebooted_by_systemctl() {
    let folder = tempfile::tempdir().unwrap();
    // Written by another process: what this one had open for writing, a test beside it might have inherited.
    let fake =
        "#!/bin/sh\necho \"$@\"\ntest \"$3\" != broken.service || { echo 'Unit not found' >&2; exit 5; }\n";
    let write = "printf %s \"$1\" > \"$0\" && chmod +x \"$0\"";
    let file = folder.path().join("systemctl");
    assert!(Program::new("sh").args(["-c", write]).arg(&file).arg(fake).status().unwrap().success());
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let environment = vec![("PATH".into(), path.into())];
    let executor = Executor::new(Config { environment, ..executor(HOUR).config });
    let restart = |unit| Order::Restart(Unit::new(unit).unwrap());
    for (order, failure, stdout, stderr) in [
        (restart("kiosk.service"), None, "--no-ask-password restart kiosk.service\n", ""),
        (
            restart("broken.service"),
            Some(5),
            "--no-ask-password restart broken.service\n",
            "Unit not found\n",
        ),
        (Order::Reboot, None, "--no-ask-password reboot\n", ""),
    ] {
        let report = in_time(executor.carry_out(&order, &step(order.action()))).await;
        assert_eq!(report.failure, failure.map(Failure::Exit), "{order:?}: {}", report.stderr);
        assert_eq!((&*report.stdout.to_string(), &*report.stderr.to_string()), (stdout, stderr));
    }
}

#[tokio::test]
async fn a_program_may_be_told_something_and_need_not_read_it() {
    let told = |text: &'static str, words: &[&str]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        async move { in_time(executor(HOUR).tell(&words, text)).await }
    };
    // It ends with the end of what it is told.
    let report = told("two\nlines", &["cat"]).await;
    assert_eq!((report.failure, report.stdout.bytes()), (None, &b"two\nlines"[..]));
    // More than a pipe holds.
    let long: &'static str = Box::leak("x".repeat(1_000_000).into_boxed_str());
    assert_eq!(told(long, &["true"]).await.failure, None);
    let report = told(long, &["cat"]).await;
    assert_eq!((report.failure, report.stdout.dropped()), (None, 999_900), "both pipes flow at once");
    // Who is left behind with the pipe in its hands is not waited for.
    let leave = "exec 4<&0; sleep 999 <&4 >/dev/null 2>&1 & echo $!";
    let report = told(long, &["sh", "-c", leave]).await;
    assert_eq!(report.failure, None);
    kill_process(pid(&report.stdout), Signal::KILL).expect("it lives");
}

fn pid(said: &Capture) -> Pid {
    said.to_string().trim().parse().ok().and_then(Pid::from_raw).expect("it said a number")
}
