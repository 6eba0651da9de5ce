//! Programs: what they are told, what they complain of, and that nothing is left of those that do not end.

use std::process;

use serde_json::Value;
use tokio::io::{AsyncReadExt, BufReader};

use super::*;
use crate::notify::channel::command::Command;

fn command(argv: &[&str]) -> Channel {
    let argv: Vec<String> = argv.iter().map(|&word| word.to_owned()).collect();
    Channel::Command(Command::new(&argv).unwrap())
}

#[tokio::test]
async fn a_program_reads_the_message_and_no_shell_reads_its_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("$(touch x)");
    let tee = command(&["tee", path.to_str().unwrap()]);
    send(&tee, &about("Tetris; `reboot`")).await.unwrap();
    let told: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(told["incidents"][0]["app"], "Tetris; `reboot`");
    assert_eq!(told["title"], "Tetris; `reboot` on kiosk-17 does not work");
}

#[tokio::test]
async fn what_a_program_complains_of_is_passed_on_in_one_line() {
    let failing =
        command(&["sh", "-c", "cat > /dev/null; printf '\\n\\033[31mno modem\\nmore\\n' >&2; exit 3"]);
    let failure = send(&failing, &about("a")).await.unwrap_err();
    assert_eq!(failure.reason, "sh failed (exit code 3):  [31mno modem");
    let missing = send(&command(&["/no/such/program", "hunter2"]), &about("a")).await.unwrap_err();
    assert!(missing.reason.contains("cannot start /no/such/program: there is no such program"), "{missing}");
    assert!(!format!("{missing} {:?}", command(&["x", "hunter2"])).contains("hunter2"));
}

#[tokio::test]
async fn a_program_that_reads_nothing_may_still_succeed() {
    send(&command(&["true"]), &about("a")).await.unwrap();
    // What it left behind keeps the pipe open, and nobody waits for that.
    send(&command(&["sh", "-c", "sleep 60 & exit 0"]), &about("a")).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_does_not_end_is_ended_with_all_it_has_started() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = "(echo up; sleep 1000) > \"$0\" & wait";
    let hanging = command(&["sh", "-c", script, pipe.to_str().unwrap()]);
    let reading = async {
        let mut file =
            BufReader::new(tokio::net::unix::pipe::OpenOptions::new().open_receiver(&pipe).unwrap());
        // Until the program opens its end there is nothing to read, and that is no end.
        loop {
            let mut up = [0; 3];
            if file.read_exact(&mut up).await.is_ok() {
                return file;
            }
            tokio::task::yield_now().await;
        }
    };
    let (message, zone) = (about("a"), TimeZone::UTC);
    let mut file = tokio::select! {
        sent = hanging.send(&message, &zone) => panic!("it ended: {sent:?}"),
        file = soon(reading) => file,
    };
    // The try was given up. The pipe ends with the last who holds it.
    let mut rest = Vec::new();
    soon(file.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.is_empty());
}
