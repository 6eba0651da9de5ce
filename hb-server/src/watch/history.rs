//! What happens is kept: transitions, last states and hours, from the engine's bus to the store; and what was kept is
//! believed again at the next start.
//!
//! It listens like anybody else, with a queue of its own: a slow disk costs rows, which are counted, and never delays a
//! beat. Once a minute it looks at every app, for what is counted there. Not here: what is worth a row (`ledger`), the
//! tables and the disk ([`crate::store`]).

mod closed;
mod ledger;
mod minutes;
mod restore;
mod share;
mod tally;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hb_bus::bus::{Filter, Received, Subscription};
use hb_bus::message::Topic;
use hb_core::registry::Snapshot;
use hb_lease::time::Wall;
use tokio::time::Instant;

use crate::engine::{Dated, Engine};
use crate::store::Store;
use ledger::{Entry, Ledger, Look};

pub use closed::Closings;
pub use minutes::{Minute, Minutes};
pub use restore::restore;
pub use share::{InvalidSpan, Share, Span, Told, shares};

/// How often every app is looked at, in ms: at each full minute, and so at each full hour.
const MINUTE: u64 = 60 * 1_000;
/// What is kept; nothing else may crowd it out of the queue.
const KEPT: [Topic; 2] = [Topic::from_static("hb.transition"), Topic::from_static("hb.event")];
/// Happenings that may wait here; beyond, one look tells what they came to.
const QUEUE: usize = 8 * 1024;
/// Rows that wait in the store before what comes in crowds waits here: no look at all apps may fill its queue.
const ROOM: usize = 5_000;
/// Entries that wait here at most; then the store says what is lost.
const MOST: usize = 250_000;
/// How soon what waits here is tried again.
const AGAIN: Duration = Duration::from_millis(100);

/// Keeps what happens from the moment it is opened on.
#[must_use = "nothing is kept before it runs"]
#[derive(Debug)]
pub struct History {
    engine: Engine,
    store: Arc<Store>,
    events: Subscription,
    ledger: Ledger,
    waiting: VecDeque<Entry>,
}

impl History {
    /// Listens, and has the engine believe what was kept. To be opened before anybody beats.
    pub fn open(engine: &Engine, store: &Arc<Store>) -> Self {
        let events = engine.bus().subscribe(Filter::only(KEPT).queue(QUEUE));
        let mut ledger = Ledger::default();
        let restored = store.reader().map_err(|why| why.to_string()).and_then(|mut reader| {
            restore::into(engine, &mut reader, &mut ledger).map_err(|why| why.to_string())
        });
        match restored {
            Ok(0) => {}
            Ok(apps) => {
                tracing::info!(apps, "remembered: who was fine is unknown until it is heard");
            }
            Err(why) => tracing::error!("what was kept cannot be read: {why}; nothing is remembered"),
        }
        let (engine, store) = (engine.clone(), Arc::clone(store));
        Self { engine, store, events, ledger, waiting: VecDeque::new() }
    }

    /// The last hour of each app, minute by minute.
    #[must_use]
    pub fn minutes(&self) -> Minutes {
        self.ledger.minutes.clone()
    }

    /// Keeps what happens until the bus is closed; then all that was counted is with the store.
    pub async fn run(mut self) {
        let mut next = self.next_look();
        loop {
            self.hand_over();
            tokio::select! {
                received = self.events.recv() => match received {
                    Received::Message { seq, message } => {
                        if let Some(Dated { happening, clock }) = message.value::<Dated>() {
                            self.ledger.happened(seq, happening, clock);
                        }
                    }
                    Received::Missed(count) => {
                        tracing::warn!("{count} happenings came too fast to be kept one by one");
                        let seq = self.engine.bus().latest();
                        self = self.look(Some(seq)).await;
                    }
                    Received::Closed => break,
                },
                () = tokio::time::sleep_until(next) => {
                    self = self.look(None).await;
                    next = self.next_look();
                }
                () = tokio::time::sleep(AGAIN), if !self.waiting.is_empty() => {}
            }
        }
        self = self.look(None).await;
        self.ledger.close();
        self.hand_over();
        while !self.waiting.is_empty() {
            tokio::time::sleep(AGAIN / 10).await;
            self.hand_over();
        }
    }

    /// The next full minute of the calendar.
    fn next_look(&self) -> Instant {
        let passed = self.now().as_unix_millis().rem_euclid(MINUTE as i64).unsigned_abs();
        Instant::now() + Duration::from_millis(MINUTE - passed)
    }

    fn now(&self) -> Wall {
        let clock = self.engine.clock();
        clock.wall(clock.now())
    }

    /// Looks at every app where that stands in the way of no beat.
    async fn look(mut self, missed: Option<u64>) -> Self {
        let (engine, now) = (self.engine.clone(), self.now());
        let mut ledger = std::mem::take(&mut self.ledger);
        let looked = tokio::task::spawn_blocking(move || {
            let mut look: Look = ledger.look(now, missed);
            let clock = engine.clock();
            engine.for_each(|app: Snapshot| ledger.see(&mut look, &app, clock));
            ledger.end(&look);
            ledger
        });
        match looked.await {
            Ok(ledger) => self.ledger = ledger,
            Err(why) => tracing::error!("the look at what is to be kept broke: {why}"),
        }
        self
    }

    /// Gives the store what was told, as long as it has room.
    fn hand_over(&mut self) {
        self.waiting.extend(self.ledger.told());
        let mut room = 0;
        while let Some(entry) = self.waiting.pop_front() {
            if room == 0 {
                let taken = self.store.waiting();
                let lost = self.waiting.len() >= MOST || self.store.is_ill();
                room = if lost { self.waiting.len() + 1 } else { ROOM.saturating_sub(taken) };
                if room == 0 {
                    return self.waiting.push_front(entry);
                }
            }
            room -= 1;
            match entry {
                Entry::Row(row) => self.store.record(row),
                Entry::Piece(hour) => self.store.add(hour),
                Entry::Gone(id) => self.store.forget(id),
                Entry::Renamed(from, to) => self.store.rename(from, to),
            }
        }
    }
}

#[cfg(test)]
mod tests;
