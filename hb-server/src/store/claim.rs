//! One writer for one memory: who serves, or imports, claims its folder first. The system takes the claim back when the
//! process ends, however it ends.
//!
//! Readers claim nothing. Not here: the file itself ([`super::place`]).

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The name of the file that is locked.
const LOCK: &str = "hb.lock";

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "held, not looked at")] Option<File>);

/// Somebody else has the folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "the memory in {} is in use by another hb{by}: stop that one first, or take another folder, as with --state DIR",
    folder.display()
)]
pub struct Claimed {
    folder: PathBuf,
    /// ` (process 123)`, if that is known.
    by: String,
}

impl Claim {
    /// Claims `folder`, which is made if it is missing. Where no file can be locked (a read-only disk) nobody else can
    /// write either, so that is a claim too.
    ///
    /// # Errors
    /// Another process has it.
    pub fn of(folder: &Path) -> Result<Self, Claimed> {
        let path = folder.join(LOCK);
        let opened = fs::create_dir_all(folder).and_then(|()| open(&path));
        let mut file = match opened {
            Ok(file) => file,
            Err(why) => {
                tracing::warn!("{} cannot be claimed: {why}; it is used without", folder.display());
                return Ok(Self(None));
            }
        };
        match file.try_lock() {
            Ok(()) => {
                // Only for the sentence that the next one reads.
                let _ =
                    file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
                Ok(Self(Some(file)))
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                let by = text.trim().parse::<u32>().map(|id| format!(" (process {id})")).unwrap_or_default();
                Err(Claimed { folder: folder.into(), by })
            }
            Err(TryLockError::Error(why)) => {
                tracing::warn!("{} cannot be locked: {why}; it is used without", path.display());
                Ok(Self(None))
            }
        }
    }
}

/// For its owner only: whoever may read a file may lock it, and so keep a server from its memory.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let file = options.mode(0o600).open(path)?;
        // It may be of a release that let everybody read it. Where it is another account's, that one sees to it.
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_claimed_by_one_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state");
        let claim = Claim::of(&folder).unwrap();
        let refused = Claim::of(&folder).unwrap_err().to_string();
        let by = format!("in use by another hb (process {})", std::process::id());
        assert!(refused.contains(&by) && refused.contains("--state DIR"), "{refused}");
        drop(claim);
        assert!(Claim::of(&folder).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_lock_what_keeps_others_out() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let lock = home.path().join(LOCK);
        for left_open in [false, true] {
            if left_open {
                fs::set_permissions(&lock, fs::Permissions::from_mode(0o644)).unwrap();
            }
            drop(Claim::of(home.path()).unwrap());
            let rights = fs::metadata(&lock).unwrap().permissions().mode() & 0o777;
            assert_eq!(rights, 0o600, "left open: {left_open}");
        }
    }

    #[test]
    fn a_folder_that_takes_no_file_can_be_used_all_the_same() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Claim::of(&file.join("state")).is_ok());
    }
}
