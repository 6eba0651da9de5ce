//! A disk that is full, read-only, locked or taken away under a running server: beats are answered all the time, the
//! trouble is said, and it ends with the disk's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::kill::Serve;
use crate::stub::DEADLINE;

const FOLDER: &str = "HB_TEST_DISK";
/// A beat that waits for a disk waits for longer than this.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Beats, each a transition to be kept, until the memory `holds`; every one is answered at once.
fn beat_until(serve: &Serve, what: &str, holds: impl Fn(&Value) -> bool) {
    let end = Instant::now() + DEADLINE;
    for n in 0.. {
        let began = Instant::now();
        let granted = serve.get(&format!("/hb_ping?5000&appid={what}{}&v=1&boot=b", n % 500)).unwrap();
        assert_eq!(granted.trim(), "5000", "{what}");
        assert!(began.elapsed() < AT_ONCE, "{what}: {:?}", began.elapsed());
        let health: Value = serde_json::from_str(&serve.get("/healthz").unwrap()).unwrap();
        if holds(&health["memory"]) {
            return;
        }
        assert!(Instant::now() < end, "{what}: {health}");
    }
}

fn ill(memory: &Value) -> bool {
    memory["trouble"].is_string()
}

fn well(memory: &Value) -> bool {
    memory["trouble"].is_null() && memory["waiting"].as_u64().is_some_and(|waiting| waiting < 100)
}

#[test]
fn a_file_that_is_locked_or_taken_away() {
    let home = tempfile::tempdir().unwrap();
    let serve = Serve::start(home.path());
    beat_until(&serve, "before", |memory| memory["written"].as_u64() > Some(0));
    let file = home.path().join("state").join(hb_server::store::FILE);
    let lock = rusqlite::Connection::open(&file).unwrap();
    lock.busy_timeout(DEADLINE).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    beat_until(&serve, "locked", ill);
    drop(lock);
    beat_until(&serve, "free", well);
    fs::remove_dir_all(home.path().join("state")).unwrap();
    beat_until(&serve, "gone", |memory| memory["remade"].as_u64() > Some(0));
    beat_until(&serve, "again", well);
    assert!(file.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_or_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1m none \"$1\" && echo mounted && exec \"$2\" --exact disk::inside --nocapture";
    let said = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER, folder.path())
        .output()
        .expect("unshare runs: it is in util-linux");
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(
        out.contains("mounted"),
        "this test mounts a small file system and needs user name spaces: allow them (sysctl \
         kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0) or run as root: {err}"
    );
    assert!(said.status.success() && out.contains("held"), "{out}\n{err}");
}

/// Runs inside. Does nothing when it is not asked to.
#[test]
fn inside() {
    let Ok(folder) = std::env::var(FOLDER).map(PathBuf::from) else { return };
    let serve = Serve::start(&folder);
    beat_until(&serve, "before", |memory| memory["written"].as_u64() > Some(0));
    let filler = folder.join("filler");
    assert!(fs::write(&filler, vec![0; 4 << 20]).is_err(), "the file system is full");
    beat_until(&serve, "full", ill);
    fs::remove_file(&filler).unwrap();
    beat_until(&serve, "room", well);
    drop(serve);

    // What is open for writing keeps a file system writable: the folder is what can turn read-only under a server.
    let state = folder.join("state");
    let mount = |how: &[&str], on: &Path| {
        assert!(Command::new("mount").args(how).arg(on).status().unwrap().success(), "{how:?}");
    };
    mount(&["--bind", state.to_str().unwrap()], &state);
    mount(&["-o", "remount,bind,ro"], &state);
    let serve = Serve::start(&folder);
    beat_until(&serve, "read-only", ill);
    mount(&["-o", "remount,bind,rw"], &state);
    beat_until(&serve, "writable", well);
    println!("held");
}
