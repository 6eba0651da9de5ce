//! Can the folder of the memory be written to, is there room, and who holds it?
//!
//! The folder is that of the server that answers, as far as this account may see what that process has open; else the one
//! that was typed or configured, of which it is said whether that server uses it.
//!
//! Not here: what is in it (`hb uptime`, `hb export`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::ground::Ground;
use super::port;

const CHECK: &str = "memory";
/// What holds a folder for a server.
const LOCK: &str = "hb.lock";
/// Longer than the number of any process.
const LONGEST: u64 = 32;
const MIB: u64 = 1024 * 1024;
/// Below this a year of many screens, or one log that runs wild, fills the disk.
const LITTLE: u64 = 1024 * MIB;
const NEXT_TO_NOTHING: u64 = 64 * MIB;

/// What is known of the folder.
#[derive(Clone, Debug)]
struct Facts {
    folder: PathBuf,
    exists: bool,
    /// Why this account cannot write there, if it cannot.
    unwritable: Option<String>,
    free: Option<u64>,
    lock: Lock,
    /// The server that answers is seen to use another folder.
    elsewhere: bool,
}

/// How it is with the lock of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Lock {
    Free,
    /// By a process, as far as that is written there.
    Held(String),
    /// This account may not see it.
    Unseen,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let Ok(config) = &ground.config else { return Vec::new() };
    let answers = ground.health.is_ok();
    let used = if answers { in_use(&ground.address) } else { None };
    let found = if ground.names_state { None } else { used.as_ref() };
    let Some(folder) = found.or(config.state.as_ref()) else {
        return vec![Finding::doubt(
            CHECK,
            "there is none that outlives the server",
            "name a folder, as in hb serve --state /var/lib/hb: else a restart forgets tokens, mutes and history",
        )];
    };
    let elsewhere = used.as_ref().is_some_and(|used| !is_same(used, folder));
    judge(&Facts { elsewhere, ..gather(folder) }, answers)
}

/// Whether both are the same folder, whatever leads there.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// The folder that the server at `address` uses, as far as this account sees it.
pub(super) fn in_use(address: &str) -> Option<PathBuf> {
    let lock = port::owners(address).iter().filter(|owner| owner.is_ours()).find_map(|it| it.opened(LOCK))?;
    lock.parent().map(Path::to_path_buf)
}

fn judge(facts: &Facts, answers: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let place = facts.folder.display();
    let uses = if answers && facts.lock != Lock::Unseen { ", which the server uses," } else { "" };
    match (&facts.unwritable, &facts.lock) {
        (_, Lock::Free) if answers => found.push(Finding::doubt(
            CHECK,
            format!(
                "{place} is not used by the server that answers: it keeps its memory elsewhere, or nowhere"
            ),
            "name the folder that it was started with: hb doctor --state DIR",
        )),
        (_, Lock::Held(by)) if answers && facts.elsewhere => found.push(Finding::doubt(
            CHECK,
            format!("{place} is in use by another hb{by} than the server that answers"),
            "name the folder that it was started with: hb doctor --state DIR; or leave --state out",
        )),
        (_, Lock::Held(by)) if !answers => found.push(Finding::wrong(
            CHECK,
            format!("{place} is in use by another hb{by}, which does not answer at this address"),
            "name its address (--url), or stop that one",
        )),
        (Some(why), _) if answers => found.push(
            Finding::fine(CHECK, format!("{place}{uses} is not this account's to write to ({why})"))
                .and("ask as the server's user: sudo -u hb hb doctor"),
        ),
        (Some(why), _) => found.push(Finding::wrong(
            CHECK,
            format!("{place} cannot be written to: {why}"),
            "let the user that runs hb own it (chown), or name another: hb serve --state DIR",
        )),
        (None, _) if facts.exists => {
            found.push(Finding::fine(CHECK, format!("{place}{uses} can be written to")));
        }
        (None, _) => found.push(Finding::fine(CHECK, format!("{place} will be made"))),
    }
    let free = facts.free.map(|free| (free, format!("{} MB are free at {place}", free / MIB)));
    found.extend(free.map(|(free, says)| match free {
        ..NEXT_TO_NOTHING => Finding::wrong(CHECK, says, "make room now: what happens will be forgotten"),
        NEXT_TO_NOTHING..LITTLE => Finding::doubt(CHECK, says, "make room: a year of a screen is about 2 MB"),
        _ => Finding::fine(CHECK, says),
    }));
    found
}

fn gather(folder: &Path) -> Facts {
    // What is to be made is made in the nearest folder that is there.
    let near = folder.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    Facts {
        folder: folder.into(),
        exists: near == folder,
        unwritable: try_to_write(near).err(),
        free: free(near),
        lock: lock(&folder.join(LOCK)),
        elsewhere: false,
    }
}

fn try_to_write(folder: &Path) -> Result<(), String> {
    let path = folder.join(format!(".hb-doctor-{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).open(&path).map(drop);
    let gone = fs::remove_file(&path);
    made.and(gone).map_err(|why| match why.kind() {
        ErrorKind::PermissionDenied => "permission denied".into(),
        _ => why.to_string(),
    })
}

/// The lock is given back at once; nobody is kept from it but who comes in this very moment. It may lie where anybody whose
/// process listens would have it: what is no file is not read, and of a file no more than a number.
fn lock(path: &Path) -> Lock {
    let file = match open(path) {
        Ok(file) if file.metadata().is_ok_and(|data| data.is_file()) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Lock::Free,
        Ok(_) | Err(_) => return Lock::Unseen,
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // Only for the sentence.
            let _ = (&file).take(LONGEST).read_to_string(&mut text);
            Lock::Held(text.trim().parse::<u32>().map(|id| format!(" (process {id})")).unwrap_or_default())
        }
        Err(TryLockError::Error(_)) => Lock::Unseen,
        Ok(()) => Lock::Free,
    }
}

/// Without waiting for who would write into a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.read(true).open(path)
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmd::doctor::finding::Level::{Doubt, Fine, Wrong};

    #[test]
    fn verdicts() {
        let well = Facts {
            folder: "/var/lib/hb".into(),
            exists: true,
            unwritable: None,
            free: Some(20 << 30),
            lock: Lock::Free,
            elsewhere: false,
        };
        let unwritable = Facts { unwritable: Some("permission denied".into()), ..well.clone() };
        let held = Facts { lock: Lock::Held(" (process 7)".into()), ..well.clone() };
        let unseen = Facts { lock: Lock::Unseen, ..unwritable.clone() };
        for (facts, answers, levels) in [
            (well.clone(), false, [Fine, Fine]),
            (Facts { exists: false, ..well.clone() }, false, [Fine, Fine]),
            (Facts { lock: held.lock.clone(), ..unwritable.clone() }, true, [Fine, Fine]),
            (unseen, true, [Fine, Fine]),
            (unwritable.clone(), true, [Doubt, Fine]),
            (unwritable, false, [Wrong, Fine]),
            (well.clone(), true, [Doubt, Fine]),
            (held.clone(), false, [Wrong, Fine]),
            (Facts { elsewhere: true, ..held.clone() }, true, [Doubt, Fine]),
            (held, true, [Fine, Fine]),
            (Facts { free: Some(500 << 20), ..well.clone() }, false, [Fine, Doubt]),
            (Facts { free: Some(10 << 20), ..well }, false, [Fine, Wrong]),
        ] {
            let found = judge(&facts, answers);
            assert_eq!(
                found.iter().map(|finding| finding.level).collect::<Vec<_>>(),
                levels,
                "{facts:?}: {found:?}"
            );
        }
    }

    /// Another account's process may listen, and have what it likes in its folder.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_lock_that_is_a_pipe_is_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(LOCK);
        let rights = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rights, 0).unwrap();
        let (told, answer) = std::sync::mpsc::channel();
        let held = File::options().read(true).write(true).open(&path).unwrap();
        held.lock().unwrap();
        let folder = home.path().to_path_buf();
        std::thread::spawn(move || told.send(gather(&folder).lock));
        assert_eq!(answer.recv_timeout(std::time::Duration::from_secs(10)), Ok(Lock::Unseen));
    }

    #[test]
    fn a_folder_is_looked_at_and_left_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let facts = gather(&home.path().join("not/yet"));
        assert!(!facts.exists && facts.unwritable.is_none() && facts.lock == Lock::Free, "{facts:?}");
        assert_eq!(facts.free.is_some(), cfg!(unix));
        let claim = hb_server::store::Claim::of(home.path()).unwrap();
        let facts = gather(home.path());
        assert_eq!(facts.lock, Lock::Held(format!(" (process {})", std::process::id())));
        drop(claim);
        assert_eq!(gather(home.path()).lock, Lock::Free);
        let names: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["hb.lock"]);
        assert!(try_to_write(&home.path().join("hb.lock")).is_err());
    }
}
