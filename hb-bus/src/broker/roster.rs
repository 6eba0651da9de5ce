//! Who is connected, and since when each was heard: open connections in one list, their deadlines in one lease table.
//!
//! One task tends all of them, as long as there is one. Not here: what closing does.

use std::hash::RandomState;

use hb_lease::lease::Table;
use hb_lease::time::Time;

use super::connection::{Connection, ConnectionId, Due};
use super::event::Ending;
use super::hub::Broker;
use crate::sync::{Arc, lock};

/// The open connections of a broker.
pub(super) struct Roster {
    /// In the order of opening. Replaced, not changed, so that a send takes it for the price of a count.
    open: Arc<[Connection]>,
    leases: Table<ConnectionId, (), RandomState>,
    /// The last name given.
    last: u64,
    closed: bool,
    tended: bool,
}

impl Default for Roster {
    fn default() -> Self {
        Self { open: Arc::from([]), leases: Table::default(), last: 0, closed: false, tended: false }
    }
}

impl Broker {
    /// Every open connection, or `None` after closing.
    pub(super) fn open(&self) -> Option<Arc<[Connection]>> {
        let roster = lock(&self.0.roster);
        (!roster.closed).then(|| Arc::clone(&roster.open))
    }

    /// Adds the connection that `make` makes of its name; `None` after closing.
    pub(super) fn enrol(&self, make: impl FnOnce(ConnectionId) -> Connection) -> Option<Connection> {
        let mut roster = lock(&self.0.roster);
        if roster.closed {
            return None;
        }
        roster.last += 1;
        let connection = make(ConnectionId(roster.last));
        let (_, deadline) = connection.due(self.0.runtime.now());
        roster.open = roster.open.iter().chain([&connection]).cloned().collect();
        roster.leases.insert(connection.id(), (), deadline);
        let tended = std::mem::replace(&mut roster.tended, true);
        drop(roster);
        if !tended {
            let broker = self.clone();
            self.0.runtime.spawn(Box::pin(async move { broker.tend().await }));
        }
        Some(connection)
    }

    /// Takes a connection off the list. No error if it is not on it.
    pub(super) fn forget(&self, id: ConnectionId) {
        let mut roster = lock(&self.0.roster);
        let before = Arc::clone(&roster.open);
        roster.open = before.iter().filter(|connection| connection.id() != id).cloned().collect();
        if let Some(slot) = roster.leases.find(&id) {
            roster.leases.remove(slot);
        }
        drop(roster);
        // Here, without the lock: the last handle of a connection may be in it.
        drop(before);
    }

    /// Lets nobody in any more, and returns who is.
    pub(super) fn shut_doors(&self) -> Arc<[Connection]> {
        let mut roster = lock(&self.0.roster);
        roster.closed = true;
        Arc::clone(&roster.open)
    }

    /// Sends heartbeats and ends the silent, until nobody is left. A new connection's deadline is never before the
    /// earliest of the others, since the time-out is the same for all: nobody needs to wake this.
    async fn tend(self) {
        loop {
            let now = self.0.runtime.now();
            for (connection, due) in self.due(now) {
                match due {
                    Due::Nothing => {}
                    Due::Heartbeat => connection.heartbeat(),
                    Due::Silent => drop(connection.shut(Ending::Silent)),
                }
            }
            let next = {
                let mut roster = lock(&self.0.roster);
                roster.tended = !roster.leases.is_empty();
                if !roster.tended {
                    return;
                }
                roster.leases.next_timeout().unwrap_or(Time::MAX)
            };
            self.0.runtime.sleep(next.since(now)).await;
        }
    }

    fn due(&self, now: Time) -> Vec<(Connection, Due)> {
        let mut roster = lock(&self.0.roster);
        let mut found = Vec::new();
        while let Some((slot, _)) = roster.leases.pop_expired(now) {
            let id = *roster.leases.key(slot);
            let place = roster.open.binary_search_by_key(&id, Connection::id);
            let connection = place.ok().and_then(|at| roster.open.get(at)).cloned();
            let Some(connection) = connection else {
                roster.leases.remove(slot);
                continue;
            };
            let (due, next) = connection.due(now);
            roster.leases.renew(slot, next);
            found.push((connection, due));
        }
        found
    }
}
