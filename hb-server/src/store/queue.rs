//! What waits to be written: bounded, never waited for, with an order of who gives way. Pure: `now` is an argument.
//!
//! Roll-ups give way first, then transitions, then the rest; among equals the newcomer does. Last states take no place:
//! there is one per app, the newest. One that changed is due at once, the others all together once a minute, so that an
//! SD card is not written to all day. Not here: the thread that writes ([`super::writer`]).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use hb_core::beat::{Cause, State};
use hb_core::id::OwnedIdentity;
use tokio::sync::oneshot;

use super::NotKept;
use super::row::{Hour, Kind, Last, Row};

/// How long rows wait for more, so that one transaction takes them all.
pub(super) const BATCH_TIME: Duration = Duration::from_millis(250);
/// So many do not wait.
pub(super) const BATCH_ROWS: usize = 500;
/// How often a last state that did not change is written again.
pub(super) const REFRESH: Duration = Duration::from_secs(60);
/// What ranks there are: [`Kind::rank`].
const RANKS: usize = 3;

/// What goes into a transaction together.
#[derive(Debug)]
pub(super) enum Item {
    Row(Row),
    /// Somebody waits until these are durable: first the moves, as below, then the rows.
    Commit(Vec<(OwnedIdentity, OwnedIdentity)>, Vec<Row>, oneshot::Sender<Result<(), NotKept>>),
    /// The app's last state and adoption go.
    Forget(OwnedIdentity),
    /// A piece of an hour, beside what is known of it.
    Add(Box<Hour>),
    /// All that is known of the first is known of the second.
    Move(Box<(OwnedIdentity, OwnedIdentity)>),
}

/// Rows lost so far, by kind.
pub(super) type Lost = BTreeMap<Kind, u64>;

#[derive(Debug)]
pub(super) struct Queue {
    capacity: usize,
    items: [VecDeque<Item>; RANKS],
    waiting: usize,
    lasts: HashMap<OwnedIdentity, Last>,
    /// What was written of each app, to know what changed.
    written: HashMap<OwnedIdentity, (State, Cause)>,
    refreshed: Instant,
    /// Since when something waits that does not wait for the minute.
    first: Option<Instant>,
    changed: bool,
    urgent: bool,
    pub(super) lost: Lost,
    /// Beats of lost roll-ups.
    pub(super) beats_lost: u64,
}

/// What one transaction takes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    pub(super) lasts: Vec<Last>,
}

impl Queue {
    pub(super) fn new(capacity: usize, now: Instant) -> Self {
        Self {
            capacity,
            items: Default::default(),
            waiting: 0,
            lasts: HashMap::new(),
            written: HashMap::new(),
            refreshed: now,
            first: None,
            changed: false,
            urgent: false,
            lost: Lost::new(),
            beats_lost: 0,
        }
    }

    /// Takes a row, or what somebody waits for; what finds no room is counted.
    pub(super) fn push(&mut self, now: Instant, item: Item) {
        if let Item::Row(Row::Last(last)) = item {
            return self.push_last(now, last);
        }
        if let Item::Forget(id) = &item {
            self.lasts.remove(id);
            self.written.remove(id);
        }
        match &item {
            Item::Move(names) => self.rename(&names.0, &names.1),
            Item::Commit(moves, ..) => moves.iter().for_each(|(from, to)| self.rename(from, to)),
            Item::Row(_) | Item::Forget(_) | Item::Add(_) => {}
        }
        let rank = rank(&item);
        if self.waiting >= self.capacity && !self.make_room(rank) {
            return self.lose(item, &NotKept::Full);
        }
        self.urgent |= matches!(item, Item::Commit(..));
        self.items[rank].push_back(item);
        self.waiting += 1;
        self.first.get_or_insert(now);
    }

    fn push_last(&mut self, now: Instant, last: Last) {
        if self.written.get(&last.app) != Some(&(last.state, last.cause)) {
            self.changed = true;
            self.first.get_or_insert(now);
        }
        self.lasts.insert(last.app.clone(), last);
    }

    /// Drops the oldest of the lowest rank below `rank`.
    fn make_room(&mut self, rank: usize) -> bool {
        let Some(victim) = self.items[..rank].iter_mut().find_map(VecDeque::pop_front) else { return false };
        self.waiting -= 1;
        self.lose(victim, &NotKept::Full);
        true
    }

    /// Counts what will not be written, and tells who waits for it.
    pub(super) fn lose(&mut self, item: Item, why: &NotKept) {
        match item {
            Item::Row(row) => *self.lost.entry(row.kind()).or_default() += 1,
            Item::Add(hour) => {
                *self.lost.entry(Kind::Hour).or_default() += 1;
                self.beats_lost += hour.beats;
            }
            // Who waits is told, so nothing is lost unseen.
            Item::Commit(.., reply) => drop(reply.send(Err(why.clone()))),
            Item::Forget(_) | Item::Move(_) => {}
        }
    }

    /// What waits under a former name is written under the new one: it may be written after the move.
    fn rename(&mut self, from: &OwnedIdentity, to: &OwnedIdentity) {
        for item in self.items.iter_mut().flatten() {
            let app = match item {
                Item::Row(Row::Transition(row)) => &mut row.app,
                Item::Row(Row::Conflict(row)) => &mut row.app,
                Item::Add(hour) => &mut hour.app,
                Item::Row(_) | Item::Commit(..) | Item::Forget(_) | Item::Move(_) => continue,
            };
            if app == from {
                app.clone_from(to);
            }
        }
        self.written.remove(from);
        if let Some(mut last) = self.lasts.remove(from) {
            last.app.clone_from(to);
            self.lasts.entry(to.clone()).or_insert(last);
        }
    }

    /// When the next batch is to be written; `None` if nothing waits.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if self.urgent || self.waiting >= BATCH_ROWS {
            return Some(now);
        }
        let refresh = (!self.lasts.is_empty()).then(|| self.refreshed + REFRESH);
        [self.first.map(|first| first + BATCH_TIME), refresh].into_iter().flatten().min()
    }

    /// Whether somebody waits for an answer.
    pub(super) const fn is_urgent(&self) -> bool {
        self.urgent
    }

    /// Rows that wait, last states apart.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether there is nothing to write, whenever.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting == 0 && self.lasts.is_empty()
    }

    /// The next batch: the highest rank first; all last states once a minute or at the end, else those that changed.
    pub(super) fn take(&mut self, now: Instant, all: bool) -> Batch {
        let mut batch = Batch::default();
        for items in self.items.iter_mut().rev() {
            let room = BATCH_ROWS - batch.items.len().min(BATCH_ROWS);
            batch.items.extend(items.drain(..room.min(items.len())));
        }
        self.waiting -= batch.items.len();
        self.urgent = self.items[RANKS - 1].iter().any(|item| matches!(item, Item::Commit(..)));
        let all = all || now >= self.refreshed + REFRESH;
        if all || self.changed {
            let written = &self.written;
            let due = |last: &Last| all || written.get(&last.app) != Some(&(last.state, last.cause));
            batch.lasts = self.lasts.extract_if(|_, last| due(last)).map(|(_, last)| last).collect();
        }
        if all {
            self.refreshed = now;
        }
        self.changed = false;
        self.first = (self.waiting > 0).then_some(now);
        batch
    }

    /// The batch is durable.
    pub(super) fn wrote(&mut self, batch: Batch) {
        for last in batch.lasts {
            self.written.insert(last.app, (last.state, last.cause));
        }
        for item in batch.items {
            match item {
                Item::Commit(moves, _, reply) => {
                    for (from, _) in moves {
                        self.written.remove(&from);
                    }
                    drop(reply.send(Ok(())));
                }
                // A last state that was on its way came back to nobody's memory.
                Item::Forget(id) => drop(self.written.remove(&id)),
                Item::Move(names) => drop(self.written.remove(&names.0)),
                Item::Row(_) | Item::Add(_) => {}
            }
        }
    }

    /// Nothing of the batch was written: it goes to the head again. Who waits is told instead, and may ask again.
    pub(super) fn put_back(&mut self, now: Instant, batch: Batch, why: &NotKept) {
        for item in batch.items.into_iter().rev() {
            let rank = rank(&item);
            if matches!(item, Item::Commit(..)) || (self.waiting >= self.capacity && !self.make_room(rank)) {
                self.lose(item, why);
            } else {
                self.items[rank].push_front(item);
                self.waiting += 1;
                self.first.get_or_insert(now);
            }
        }
        for last in batch.lasts {
            self.changed = true;
            self.first.get_or_insert(now);
            self.lasts.entry(last.app.clone()).or_insert(last);
        }
    }

    /// The file is another one: nothing of what was written is in it.
    pub(super) fn forget_written(&mut self, now: Instant) {
        self.written.clear();
        if !self.lasts.is_empty() {
            self.changed = true;
            self.first.get_or_insert(now);
        }
    }
}

fn rank(item: &Item) -> usize {
    match item {
        Item::Row(row) => row.kind().rank(),
        Item::Add(_) => Kind::Hour.rank(),
        Item::Commit(..) | Item::Forget(_) | Item::Move(_) => RANKS - 1,
    }
}

#[cfg(test)]
mod tests;
