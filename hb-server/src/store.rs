//! The memory: what happened, what people did about it, and what was last believed, in SQLite.
//!
//! [`Store::record`] never waits: it puts a row into a bounded queue, and one thread writes. A disk that is full, locked,
//! slow or gone costs rows, which are counted, and nothing else. [`Store::commit`] is for what a person was promised: it
//! answers when the rows are durable. Who reads has a connection of their own.
//! Not here: what is worth a row, and when (`watch`), what a row means to a machine (`hb_core`).

mod cell;
mod change;
mod claim;
mod export;
mod place;
mod queue;
mod read;
mod retention;
pub mod row;
mod schema;
mod uptime;
mod writer;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use hb_core::id::OwnedIdentity;
use tokio::sync::oneshot;

pub use claim::{Claim, Claimed};
pub use export::TransferError;
pub use read::Reader;
pub use retention::Retention;
pub use uptime::{Seconds, Uptime, uptime};

use place::Place;
use queue::Item;
use row::{Hour, Kind, Row};
use writer::{Shared, Writer};

/// The name of the file in its folder.
pub const FILE: &str = "hb.db";

/// What the memory must know.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Rows that may wait to be written. Default 20 000: some minutes of a disk that is away, and at most some MB.
    pub capacity: usize,
    /// How long things are kept.
    pub retention: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self { capacity: 20_000, retention: Retention::default() }
    }
}

/// Why there is no connection to the memory.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Written by a later release; it may mean something that this one would destroy.
    #[error(
        "the memory was written by a newer hb (its tables have the number {found}, this hb knows {known}): update this hb, or give it another folder"
    )]
    Newer {
        /// What the file says.
        found: i64,
        /// What is known here.
        known: i64,
    },
    /// Nobody has written it with this release yet.
    #[error("the memory was written by an older hb: start `hb serve` once, which brings it up to date")]
    Older,
    /// What is there is no memory any more.
    #[error(
        "it is damaged ({0}), and nothing was changed: start `hb serve`, which sets it aside under another name and \
         begins anew, and `hb import` what an `hb export` kept"
    )]
    Damaged(rusqlite::Error),
    /// The folder or the file.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What SQLite says.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// There is no thread for it.
    #[error("no thread for the memory: {0}")]
    Thread(io::Error),
}

/// Why rows are not durable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The disk is too slow or away, and as much waits as may.
    #[error("not kept: too much waits to be written")]
    Full,
    /// They could not be written.
    #[error("not kept: {0}")]
    Trouble(String),
    /// The store is closed.
    #[error("not kept: the memory is closed")]
    Closed,
}

/// How the memory is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[schema(as = Memory)]
pub struct Health {
    /// Why nothing can be written now.
    pub trouble: Option<String>,
    /// Rows that were lost since the start, by kind.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub lost: BTreeMap<Kind, u64>,
    /// Beats of roll-ups that were lost since the start.
    pub beats_lost: u64,
    /// Rows written.
    pub written: u64,
    /// Rows that wait.
    pub waiting: usize,
    /// How often the file was taken away and made again.
    pub remade: u64,
}

/// The memory. Dropped, it writes what still waits, if the process lives long enough; [`Store::close`] waits for that.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    place: Place,
    ended: Mutex<Receiver<()>>,
}

impl Store {
    /// The memory in a file, made with its folder if it is missing. A file that cannot be opened now is tried again
    /// and again: the host does not wait for its disk.
    ///
    /// # Errors
    /// A file of a newer hb, in words.
    ///
    /// ```
    /// use hb_core::beat::{Cause, State};
    /// use hb_core::id::Identity;
    /// use hb_lease::time::Wall;
    /// use hb_server::store::{Config, Store, row::Transition};
    ///
    /// let store = Store::memory(Config::default()).unwrap();
    /// let app = Identity::new("kiosk-7", "", "Tetris").unwrap();
    /// let at = Wall::from_unix_millis(1_700_000_000_000);
    /// let to = Some(State::Up);
    /// let change = Transition { app: app.to_owned(), at, seq: 1, from: None, to, cause: Cause::None };
    /// store.commit(vec![change.clone().into()]).wait().unwrap();
    /// assert_eq!(store.reader().unwrap().transitions(app, at..at).unwrap(), []);
    /// let later = Wall::from_unix_millis(1_700_000_000_001);
    /// assert_eq!(store.reader().unwrap().transitions(app, at..later).unwrap(), [change]);
    /// ```
    pub fn open(path: impl Into<PathBuf>, config: Config) -> Result<Self, OpenError> {
        Self::start(Place::File(path.into()), config, |_| ())
    }

    /// A memory that ends with the process.
    ///
    /// # Errors
    /// No thread, or no memory, for it.
    pub fn memory(config: Config) -> Result<Self, OpenError> {
        Self::start(Place::memory(), config, |_| ())
    }

    fn start(place: Place, config: Config, prepare: impl FnOnce(&mut Writer)) -> Result<Self, OpenError> {
        let shared = Shared::new(config.capacity);
        let mut writer = Writer::new(Arc::clone(&shared), place.clone(), config.retention);
        prepare(&mut writer);
        if let Err(why) = writer.connection() {
            if matches!(why, OpenError::Newer { .. }) {
                return Err(why);
            }
            tracing::error!("the memory cannot be opened: {why}; it is tried again");
            shared.desk().health.trouble = Some(why.to_string());
        }
        let (end, ended) = sync_channel(1);
        let run = move || {
            writer.run();
            // Nobody may be left to hear it.
            let _ = end.send(());
        };
        thread::Builder::new().name("hb-store".into()).spawn(run).map_err(OpenError::Thread)?;
        Ok(Self { shared, place, ended: Mutex::new(ended) })
    }

    /// Keeps a row, soon. Returns at once, whatever the disk does.
    pub fn record(&self, row: impl Into<Row>) {
        self.shared.push(Item::Row(row.into()));
    }

    /// Keeps rows, all or none, and tells when they are durable.
    pub fn commit(&self, rows: Vec<Row>) -> Commit {
        self.commit_moved(Vec::new(), rows)
    }

    /// The same, after all that is known of the first name of each pair is known of the second.
    pub fn commit_moved(&self, moves: Vec<(OwnedIdentity, OwnedIdentity)>, rows: Vec<Row>) -> Commit {
        let (told, answer) = oneshot::channel();
        self.shared.push(Item::Commit(moves, rows, told));
        Commit(answer)
    }

    /// Nobody holds this app any more: its last state and adoption go, its history stays.
    pub fn forget(&self, id: OwnedIdentity) {
        self.shared.push(Item::Forget(id));
    }

    /// Keeps a piece of an hour, soon, beside what is known of that hour already: an hour is told in as many pieces as
    /// there are runs and looks. Returns at once.
    pub fn add(&self, hour: Hour) {
        self.shared.push(Item::Add(Box::new(hour)));
    }

    /// All that is known of `from` is known of `to` from now on: it has another address.
    pub fn rename(&self, from: OwnedIdentity, to: OwnedIdentity) {
        self.shared.push(Item::Move(Box::new((from, to))));
    }

    /// Rows that wait to be written, last states apart.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.desk().queue.waiting()
    }

    /// Whether nothing can be written now.
    #[must_use]
    pub fn is_ill(&self) -> bool {
        self.shared.desk().health.trouble.is_some()
    }

    /// A look at what is there, over a connection of its own.
    ///
    /// # Errors
    /// The file is not there or cannot be opened.
    pub fn reader(&self) -> Result<Reader, OpenError> {
        Ok(Reader::new(self.place.open_to_read()?))
    }

    /// How the memory is.
    #[must_use]
    pub fn health(&self) -> Health {
        let desk = self.shared.desk();
        let queue = &desk.queue;
        let (lost, beats_lost, waiting) = (queue.lost.clone(), queue.beats_lost, queue.waiting());
        Health { lost, beats_lost, waiting, ..desk.health.clone() }
    }

    /// Writes what waits and ends. Whether that was done `within` a time: a disk that hangs does not hold up the end.
    #[must_use]
    pub fn close(&self, within: Duration) -> bool {
        self.shared.stop();
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        // The sender ends with the thread, also by a panic.
        !matches!(ended.recv_timeout(within), Err(RecvTimeoutError::Timeout))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

/// The answer to [`Store::commit`].
#[derive(Debug)]
pub struct Commit(oneshot::Receiver<Result<(), NotKept>>);

impl Commit {
    /// Once the rows are durable, or cannot be.
    ///
    /// # Errors
    /// They are not kept.
    pub async fn done(self) -> Result<(), NotKept> {
        self.0.await.unwrap_or(Err(NotKept::Closed))
    }

    /// The same, for threads that may wait. Not for tasks.
    ///
    /// # Errors
    /// They are not kept.
    pub fn wait(self) -> Result<(), NotKept> {
        self.0.blocking_recv().unwrap_or(Err(NotKept::Closed))
    }
}

#[cfg(test)]
mod tests;
