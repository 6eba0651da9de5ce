//! The one thread that writes: batches from the queue, one transaction each; when that fails, again after a pause.
//!
//! Nobody ever waits for it but who asked to. Not here: what gives way when it is slow ([`super::queue`]), what is too old
//! ([`super::retention`]).

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::cell::Names;
use super::place::{Mark, Place};
use super::queue::{Batch, Item, Queue};
use super::retention::{self, Bitten, Sweep};
use super::row::Row;
use super::{Health, NotKept, OpenError, Retention, change, schema};

/// First pause after a failure; it doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(100);
/// So that a disk with room again is found soon enough.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often one looks for rows that are too old.
const SWEEP: Duration = Duration::from_secs(60 * 60);
/// Between two bites of a sweep.
const BITE: Duration = Duration::from_millis(200);

/// What is shared with those who record.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<Desk>,
    wake: Condvar,
}

#[derive(Debug)]
pub(super) struct Desk {
    pub(super) queue: Queue,
    pub(super) health: Health,
    stopping: bool,
}

impl Shared {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        let queue = Queue::new(capacity, Instant::now());
        let state = Mutex::new(Desk { queue, health: Health::default(), stopping: false });
        Arc::new(Self { state, wake: Condvar::new() })
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        // Whatever panicked left a queue that is still a queue.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an item: a short lock that is never held over a write.
    pub(super) fn push(&self, item: Item) {
        let now = Instant::now();
        let mut desk = self.desk();
        if desk.stopping {
            return desk.queue.lose(item, &NotKept::Closed);
        }
        let before = desk.queue.due(now);
        desk.queue.push(now, item);
        if desk.queue.due(now) != before {
            self.wake.notify_one();
        }
    }

    pub(super) fn stop(&self) {
        self.desk().stopping = true;
        self.wake.notify_one();
    }
}

/// The thread's own.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) place: Place,
    pub(super) retention: Retention,
    /// Called before each commit: what a slow disk does, in tests.
    pub(super) toll: Box<dyn FnMut() + Send>,
    pub(super) open: Option<(Connection, Mark)>,
    pub(super) names: Names,
    pub(super) pause: Duration,
    pub(super) not_before: Option<Instant>,
    pub(super) sweep: Instant,
    walk: Sweep,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, place: Place, retention: Retention) -> Self {
        Self {
            shared,
            place,
            retention,
            toll: Box::new(|| {}),
            open: None,
            names: Names::default(),
            pause: PAUSE,
            not_before: None,
            sweep: Instant::now(),
            walk: Sweep::default(),
        }
    }

    /// Until the store is closed and everything is written, or cannot be.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        loop {
            let (batch, last) = self.wait(shared.desk());
            if !batch.items.is_empty() || !batch.lasts.is_empty() {
                self.write(batch);
            } else if !last && Instant::now() >= self.sweep {
                self.clean();
            }
            let mut desk = shared.desk();
            if last && (desk.queue.is_empty() || desk.health.trouble.is_some()) {
                while !desk.queue.is_empty() {
                    let rest = desk.queue.take(Instant::now(), true);
                    let lasts = rest.lasts.into_iter().map(|last| Item::Row(last.into()));
                    rest.items.into_iter().chain(lasts).for_each(|it| desk.queue.lose(it, &NotKept::Closed));
                }
                return;
            }
        }
    }

    /// The next batch, and whether the store is being closed. An empty one means that it is time to clean.
    fn wait(&self, mut desk: MutexGuard<'_, Desk>) -> (Batch, bool) {
        loop {
            let now = Instant::now();
            if desk.stopping {
                return (desk.queue.take(now, true), true);
            }
            // Who waits for an answer is not made to wait for a pause.
            let pause = self.not_before.filter(|_| !desk.queue.is_urgent());
            let due = desk.queue.due(now).map(|due| pause.map_or(due, |pause| due.max(pause)));
            if due.is_some_and(|due| due <= now) {
                return (desk.queue.take(now, false), false);
            }
            if self.sweep <= now && pause.is_none_or(|pause| pause <= now) {
                return (Batch::default(), false);
            }
            let sweep = pause.map_or(self.sweep, |pause| self.sweep.max(pause));
            let next = due.map_or(sweep, |due| due.min(sweep)).saturating_duration_since(now);
            desk = self.shared.wake.wait_timeout(desk, next).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn write(&mut self, batch: Batch) {
        let done = self.try_write(&batch);
        let now = Instant::now();
        let shared = Arc::clone(&self.shared);
        let mut desk = shared.desk();
        match done {
            Ok(rows) => {
                desk.queue.wrote(batch);
                desk.health.written += rows;
                self.recovered(&mut desk);
            }
            Err(why) => {
                let words = NotKept::Trouble(why.to_string());
                if is_of_the_rows(&why) {
                    batch.items.into_iter().for_each(|item| desk.queue.lose(item, &words));
                } else {
                    desk.queue.put_back(now, batch, &words);
                }
                self.failed(&mut desk, now, &why);
            }
        }
    }

    fn recovered(&mut self, desk: &mut Desk) {
        self.pause = PAUSE;
        self.not_before = None;
        if desk.health.trouble.take().is_some() {
            let lost: u64 = desk.queue.lost.values().sum();
            tracing::info!("the memory is written again; lost since the start: {lost} rows");
        }
    }

    fn failed(&mut self, desk: &mut Desk, now: Instant, why: &OpenError) {
        // Opened again at the next try: whatever state it is in, a new connection is in none.
        self.open = None;
        self.names = Names::default();
        if desk.health.trouble.is_none() {
            tracing::error!(
                "the memory cannot be written: {why}; what does not fit into the queue is lost and counted"
            );
        }
        desk.health.trouble = Some(why.to_string());
        self.not_before = Some(now + self.pause);
        self.sweep = now;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// The connection, to the file that is there under its name.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, OpenError> {
        let there = self.place.mark();
        if self.open.as_ref().is_some_and(|(_, mark)| there.is_none() || *mark != there) {
            // Closed before the next is opened: closing takes the log away that belongs to it.
            self.open = None;
            self.names = Names::default();
            let mut desk = self.shared.desk();
            desk.health.remade += 1;
            desk.queue.forget_written(Instant::now());
            tracing::error!("the file of the memory was taken away: it is made again");
        }
        if self.open.is_none() {
            let db = self.place.open()?;
            self.open = Some((db, self.place.mark()));
        }
        Ok(&mut self.open.as_mut().expect("just opened").0)
    }

    fn try_write(&mut self, batch: &Batch) -> Result<u64, OpenError> {
        self.connection()?;
        let (Some((db, _)), names) = (&mut self.open, &mut self.names) else { unreachable!("just opened") };
        let transaction = db.transaction()?;
        let mut rows = 0;
        for item in &batch.items {
            match item {
                Item::Row(row) => rows += put(&transaction, names, row)?,
                Item::Commit(moves, many, _) => {
                    for (from, to) in moves {
                        change::move_to(&transaction, names, from, to)?;
                    }
                    for row in many {
                        rows += put(&transaction, names, row)?;
                    }
                }
                Item::Forget(id) => change::forget(&transaction, names, id)?,
                Item::Add(hour) => rows += change::add(&transaction, names, hour)?,
                Item::Move(ids) => change::move_to(&transaction, names, &ids.0, &ids.1)?,
            }
        }
        for last in &batch.lasts {
            rows += put(&transaction, names, &Row::Last(last.clone()))?;
        }
        (self.toll)();
        transaction.commit()?;
        Ok(rows)
    }

    /// One bite out of what is too old; the next soon, if there was something.
    fn clean(&mut self) {
        let kept = self.retention;
        let ill = self.shared.desk().health.trouble.is_some();
        // Apart while the connection is held.
        let mut walk = std::mem::take(&mut self.walk);
        let bitten = self.connection().and_then(|db| {
            if ill {
                // Writes a page: on a full disk there may be nothing to delete, and nothing would be found.
                db.pragma_update(None, "user_version", schema::VERSION)?;
            }
            Ok(walk.bite(db, kept, retention::today())?)
        });
        self.walk = walk;
        // Numbers of apps may have gone with their last rows.
        self.names = Names::default();
        let now = Instant::now();
        let shared = Arc::clone(&self.shared);
        let mut desk = shared.desk();
        match bitten {
            // Also how the end of a trouble is noticed when nothing waits to be written.
            Ok(Bitten { rows, more }) => {
                self.sweep = now + if rows > 0 || more { BITE } else { SWEEP };
                self.recovered(&mut desk);
            }
            Err(why) => self.failed(&mut desk, now, &why),
        }
    }
}

/// Puts one row into its table, in the place of one with the same key.
pub(super) fn put(db: &Connection, names: &mut Names, row: &Row) -> Result<u64, rusqlite::Error> {
    let values = row.values(db, names)?;
    let columns: Vec<String> = row.kind().columns().iter().map(|name| format!("\"{name}\"")).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let text =
        format!("INSERT OR REPLACE INTO {} ({}) VALUES ({marks})", row.kind().word(), columns.join(", "));
    db.prepare_cached(&text)?.execute(rusqlite::params_from_iter(values))?;
    Ok(1)
}

/// What no disk would ever take: kept, it would hold up everything behind it for ever.
fn is_of_the_rows(why: &OpenError) -> bool {
    let OpenError::Sqlite(why) = why else { return false };
    matches!(
        why.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
    )
}
