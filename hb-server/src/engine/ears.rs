//! Which commands the pages of an app take, and its agents, as they said when they connected.
//!
//! What is entered here is gone with its connection. Not here: how commands reach a page, and who may say so.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hb_core::id::{Identity, OwnedIdentity};
use tokio::sync::Notify;

/// The connection over which a page takes commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Its link.
    Link,
    /// Its presence socket, for pages that load no link.
    Presence,
    /// The link of the agent that supervises it.
    Agent,
}

/// What every connected page takes.
#[derive(Clone, Default)]
pub struct Ears {
    table: Arc<Mutex<Table>>,
    /// Somebody's connection ended.
    closed: Arc<Notify>,
}

#[derive(Default)]
struct Table {
    by_app: HashMap<OwnedIdentity, Vec<Entry>>,
    count: u64,
}

struct Entry {
    nr: u64,
    over: Over,
    names: Box<[Box<str>]>,
}

/// One page that takes commands, as long as this lives.
#[must_use = "a dropped ear hears nothing"]
pub struct Ear {
    ears: Ears,
    id: OwnedIdentity,
    nr: u64,
}

impl Ears {
    /// A page of this app takes the commands of these names from now on.
    pub fn open(&self, id: Identity<'_>, over: Over, names: impl IntoIterator<Item = String>) -> Ear {
        let names = names.into_iter().map(String::into_boxed_str).collect();
        let mut table = self.lock();
        table.count += 1;
        let nr = table.count;
        table.by_app.entry(id.to_owned()).or_default().push(Entry { nr, over, names });
        Ear { ears: self.clone(), id: id.to_owned(), nr }
    }

    /// What pages of this app take over such a connection.
    #[must_use]
    pub fn names(&self, id: Identity<'_>, over: Over) -> BTreeSet<String> {
        let table = self.lock();
        if table.by_app.is_empty() {
            return BTreeSet::new();
        }
        let entries = table.by_app.get(&id.to_owned()).into_iter().flatten();
        let names = entries.filter(|entry| entry.over == over).flat_map(|entry| &entry.names);
        names.map(|name| String::from(&**name)).collect()
    }

    /// Somebody of this host who takes the command of this name over such a connection: the same one each time, where
    /// there are several.
    #[must_use]
    pub fn on_host(&self, host: &str, over: Over, name: &str) -> Option<OwnedIdentity> {
        let table = self.lock();
        let takes = |entries: &[Entry]| {
            entries.iter().any(|it| it.over == over && it.names.iter().any(|n| **n == *name))
        };
        let there = table.by_app.iter().filter(|(id, entries)| id.borrow().host() == host && takes(entries));
        there.map(|(id, _)| id).min().cloned()
    }

    /// Completes once nobody of this app takes the command of this name over such a connection.
    pub async fn closed(&self, id: Identity<'_>, over: Over, name: &str) {
        loop {
            let mut closed = pin!(self.closed.notified());
            // Before the look, so that no end is missed.
            closed.as_mut().enable();
            if !self.names(id, over).contains(name) {
                return;
            }
            closed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let mut table = self.ears.lock();
        if let Some(entries) = table.by_app.get_mut(&self.id) {
            entries.retain(|entry| entry.nr != self.nr);
            if entries.is_empty() {
                table.by_app.remove(&self.id);
            }
        }
        drop(table);
        self.ears.closed.notify_waiters();
    }
}

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ears").field("apps", &self.lock().by_app.len()).finish()
    }
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ear").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_end_is_told_once_the_last_has_gone() {
        let (ears, id) = (Ears::default(), Identity::new("h", "", "x").unwrap());
        ears.closed(id, Over::Agent, "restart").await;
        let open = |over| ears.open(id, over, ["restart".into()]);
        let (first, second, page) = (open(Over::Agent), open(Over::Agent), open(Over::Link));
        let mut closed = pin!(ears.closed(id, Over::Agent, "restart"));
        for gone in [page, first] {
            drop(gone);
            tokio::select! {
                biased;
                () = &mut closed => panic!("one is left"),
                () = std::future::ready(()) => {}
            }
        }
        drop(second);
        closed.await;
    }

    #[test]
    fn what_pages_take_is_known_as_long_as_they_are_connected() {
        let (ears, id) = (Ears::default(), Identity::new("h", "", "x").unwrap());
        let names = |over| ears.names(id, over).into_iter().collect::<Vec<_>>();
        let first = ears.open(id, Over::Presence, ["reload".into(), "identify".into()]);
        let second = ears.open(id, Over::Presence, ["reload".into()]);
        let link = ears.open(id, Over::Link, ["vitals".into()]);
        assert_eq!(names(Over::Presence), ["identify", "reload"]);
        assert_eq!(names(Over::Link), ["vitals"]);
        assert!(ears.names(Identity::new("h", "left", "x").unwrap(), Over::Link).is_empty());
        drop(first);
        assert_eq!(names(Over::Presence), ["reload"]);
        assert_eq!(ears.on_host("h", Over::Link, "vitals"), Some(id.to_owned()));
        for (host, over, name) in
            [("h", Over::Presence, "vitals"), ("h", Over::Link, "reload"), ("g", Over::Link, "vitals")]
        {
            assert_eq!(ears.on_host(host, over, name), None, "{host} {over:?} {name}");
        }
        drop((second, link));
        assert!(ears.lock().by_app.is_empty(), "nothing is left of those who went");
    }
}
