//! A disk that is full or read-only: a small file system of our own, in name spaces that need no root.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::*;

const FULL: &str = "HB_TEST_STORE_FULL";
const READ_ONLY: &str = "HB_TEST_STORE_READ_ONLY";

/// Runs one test of this file in a name space where `variable` names a folder with a file system of 1 MB.
fn inside(test: &str, variable: &str) {
    let folder = tempfile::tempdir().unwrap();
    let script =
        "mount -t tmpfs -o size=1m none \"$1\" && echo mounted && exec \"$2\" --exact \"$3\" --nocapture";
    let said = Command::new("unshare")
        .args(["-rmn", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(format!("store::tests::volume::{test}"))
        .env(variable, folder.path())
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

#[test]
fn a_full_disk() {
    inside("full", FULL);
}

#[test]
fn a_read_only_folder() {
    inside("read_only", READ_ONLY);
}

/// Runs inside. Does nothing when it is not asked to.
#[test]
fn full() {
    let Ok(folder) = std::env::var(FULL) else { return };
    let store = Store::open(Path::new(&folder).join(FILE), small()).unwrap();
    store.commit(vec![change(1)]).wait().unwrap();
    let filler = Path::new(&folder).join("filler");
    assert!(fs::write(&filler, vec![0; 4 << 20]).is_err(), "the file system is full");
    // What the log has room for is still taken.
    let refused =
        (2..10_000).find_map(|seq| store.commit(vec![change(seq)]).wait().err().map(|why| (seq, why)));
    let (refused, why) = refused.expect("no room for ever");
    assert!(matches!(&why, NotKept::Trouble(_)), "{why}");
    // Of an app whose name was not written yet either.
    (0..30).for_each(|seq| store.record(change_of("Other", seq)));
    store.commit(Vec::new()).wait().expect_err("they are tried, in vain");
    let health = store.health();
    assert!(health.trouble.is_some());
    let lost = health.lost[&Kind::Transition];
    assert!(lost >= 19, "{lost}");
    let mut reader = store.reader();
    if let Ok(reader) = &mut reader {
        assert_eq!(kept(reader).iter().filter(|&&seq| seq < refused).count() as u64, refused - 1);
    }
    fs::remove_file(&filler).unwrap();
    flush(&store).unwrap();
    assert_eq!(store.health().trouble, None);
    let lost = store.health().lost[&Kind::Transition];
    let found = kept(&mut store.reader().unwrap());
    assert!((1..refused).all(|seq| found.contains(&seq)), "all that was acknowledged");
    assert!(!found.contains(&refused));
    let others = kept_of("Other", &mut store.reader().unwrap());
    assert_eq!(others.len() as u64, 30 - lost, "kept or counted");
    println!("held");
}

/// Runs inside. Does nothing when it is not asked to.
#[test]
fn read_only() {
    let Ok(folder) = std::env::var(READ_ONLY) else { return };
    let mount = |how: &str| {
        let done = Command::new("mount").args(["-o", how]).arg(&folder).status().unwrap();
        assert!(done.success());
    };
    mount("remount,ro");
    let store = Store::open(Path::new(&folder).join("state").join(FILE), small()).unwrap();
    let idle = Store::open(Path::new(&folder).join("idle").join(FILE), small()).unwrap();
    assert!(store.health().trouble.is_some_and(|why| why.contains("Read-only")));
    store.commit(vec![token("a")]).wait().unwrap_err();
    (0..30).for_each(|seq| store.record(change(seq)));
    let lost = store.health().lost[&Kind::Transition];
    assert!(lost >= 19, "{lost}");
    mount("remount,rw");
    let patience = Instant::now() + LONG;
    while idle.health().trouble.is_some() {
        assert!(Instant::now() < patience, "it finds out by itself, with nothing to write");
        thread::yield_now();
    }
    flush(&store).unwrap();
    let lost = store.health().lost[&Kind::Transition];
    assert_eq!(kept(&mut store.reader().unwrap()).len() as u64, 30 - lost, "kept or counted");
    println!("held");
}
