//! Can the folder of the memory be written to, is there room, and does another server hold it?
//!
//! Not here: what is in it (`hb uptime`, `hb export`).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::ground::Ground;

const CHECK: &str = "memory";
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
    /// Another holds it: its process, as far as that is written there.
    held: Option<String>,
}

pub(super) fn check(ground: &Ground) -> Vec<Finding> {
    let Ok(config) = &ground.config else { return Vec::new() };
    let Some(folder) = &config.state else {
        return vec![Finding::doubt(
            CHECK,
            "there is none that outlives the server",
            "name a folder, as in hb serve --state /var/lib/hb: else a restart forgets tokens, mutes and history",
        )];
    };
    judge(&gather(folder, ground.health.is_ok()), ground.health.is_ok())
}

fn judge(facts: &Facts, answers: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    let place = facts.folder.display();
    match (&facts.unwritable, &facts.held) {
        (_, Some(by)) if !answers => found.push(Finding::wrong(
            CHECK,
            format!("{place} is in use by another hb{by}, which does not answer at this address"),
            "name its address (--url), or stop that one",
        )),
        (Some(why), _) if answers => found.push(
            Finding::fine(CHECK, format!("{place} is not this account's to write to ({why})"))
                .and("ask as the server's user: sudo -u hb hb doctor"),
        ),
        (Some(why), _) => found.push(Finding::wrong(
            CHECK,
            format!("{place} cannot be written to: {why}"),
            "let the user that runs hb own it (chown), or name another: hb serve --state DIR",
        )),
        (None, _) if facts.exists => found.push(Finding::fine(CHECK, format!("{place} can be written to"))),
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

fn gather(folder: &Path, answers: bool) -> Facts {
    // What is to be made is made in the nearest folder that is there.
    let near = folder.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    Facts {
        folder: folder.into(),
        exists: near == folder,
        unwritable: try_to_write(near).err(),
        free: free(near),
        // Whoever answers holds it, and the lock is left alone while one may.
        held: if answers { None } else { held(&folder.join("hb.lock")) },
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

/// The lock is given back at once; nobody is kept from it but who comes in this very moment.
fn held(lock: &Path) -> Option<String> {
    let file = File::open(lock).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let text = fs::read_to_string(lock).unwrap_or_default();
            Some(text.trim().parse::<u32>().map(|id| format!(" (process {id})")).unwrap_or_default())
        }
        _ => None,
    }
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
            held: None,
        };
        let unwritable = Facts { unwritable: Some("permission denied".into()), ..well.clone() };
        let held = Facts { held: Some(" (process 7)".into()), ..well.clone() };
        for (facts, answers, levels) in [
            (well.clone(), false, [Fine, Fine]),
            (Facts { exists: false, ..well.clone() }, false, [Fine, Fine]),
            (unwritable.clone(), true, [Fine, Fine]),
            (unwritable, false, [Wrong, Fine]),
            (held.clone(), false, [Wrong, Fine]),
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

    #[test]
    fn a_folder_is_looked_at_and_left_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let facts = gather(&home.path().join("not/yet"), false);
        assert!(!facts.exists && facts.unwritable.is_none() && facts.held.is_none(), "{facts:?}");
        assert_eq!(facts.free.is_some(), cfg!(unix));
        let claim = hb_server::store::Claim::of(home.path()).unwrap();
        let facts = gather(home.path(), false);
        assert_eq!(facts.held, Some(format!(" (process {})", std::process::id())));
        drop(claim);
        assert_eq!(gather(home.path(), false).held, None);
        let names: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["hb.lock"]);
        assert!(try_to_write(&home.path().join("hb.lock")).is_err());
    }
}
