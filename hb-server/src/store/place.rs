//! Where the memory lies: a file, or the process itself; how it is opened, and whether it is still the one we opened.
//!
//! Not here: the tables ([`super::schema`]), who writes ([`super::writer`]).

use std::fs::{self, Metadata, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{OpenError, schema};

/// How long a writer waits for another process that holds the file.
const PATIENCE: Duration = Duration::from_millis(500);

/// A file, or a name in the memory of this process.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(PathBuf),
    Memory(String),
}

/// Which file a connection has open: another one under the same name is not ours.
pub(super) type Mark = Option<(u64, u64)>;

impl Place {
    pub(super) fn memory() -> Self {
        // SQLite's own file system in memory: several connections of this process see one database. The name is unique.
        Self::Memory(format!("file:/hb-{:016x}?vfs=memdb", RandomState::new().hash_one(0)))
    }

    /// Opens for writing; makes what is missing, and sets aside what is not a database.
    pub(super) fn open(&self) -> Result<Connection, OpenError> {
        let Self::File(path) = self else { return self.connect() };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        create_private(path)?;
        match self.connect() {
            Err(OpenError::Sqlite(why)) if is_broken(&why) => {
                let kept = set_aside(path)?;
                tracing::error!(
                    "{} is damaged ({why}): set aside as {}, starting anew",
                    path.display(),
                    kept.display()
                );
                create_private(path)?;
                self.connect()
            }
            other => other,
        }
    }

    fn connect(&self) -> Result<Connection, OpenError> {
        let mut db = match self {
            Self::File(path) => Connection::open(path)?,
            Self::Memory(name) => Connection::open(name)?,
        };
        db.busy_timeout(PATIENCE)?;
        // In memory there is no log to write ahead; what SQLite then uses instead is its answer.
        let mode: String = db.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
        tracing::trace!("journal: {mode}");
        // What is acknowledged outlives a power cut.
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "journal_size_limit", 1 << 20)?;
        schema::migrate(&mut db)?;
        Ok(db)
    }

    /// Opens for reading only.
    pub(super) fn open_to_read(&self) -> Result<Connection, OpenError> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = match self {
            Self::File(path) => Connection::open_with_flags(path, flags)?,
            Self::Memory(name) => Connection::open_with_flags(name, flags)?,
        };
        db.busy_timeout(PATIENCE * 4)?;
        Ok(db)
    }

    /// The file that is there now.
    pub(super) fn mark(&self) -> Mark {
        let Self::File(path) = self else { return Some((0, 0)) };
        fs::metadata(path).ok().map(|data| identity(&data))
    }
}

#[cfg(unix)]
fn identity(data: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (data.dev(), data.ino())
}

/// Elsewhere a file that is open cannot be replaced: that it is there is enough.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

/// Only its owner reads it: it holds the hashes of tokens. SQLite gives its companions the same rights.
fn create_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)?;
    Ok(())
}

/// Whether it is the file itself that is wrong.
pub(super) fn is_broken(why: &rusqlite::Error) -> bool {
    matches!(why.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whatever is wrong with it, it may be all that somebody has: nothing is deleted.
fn set_aside(path: &Path) -> Result<PathBuf, OpenError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let named = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    for end in ["-wal", "-shm"] {
        if named(end).exists() {
            fs::rename(named(end), named(&format!(".broken-{now}{end}")))?;
        }
    }
    let kept = named(&format!(".broken-{now}"));
    fs::rename(path, &kept)?;
    Ok(kept)
}
