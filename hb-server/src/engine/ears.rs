//! Which commands the pages of an app take, and its agents, as they said when they connected.
//!
//! What is entered here is gone with its connection. Not here: how commands reach a page, and who may say so.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hb_core::id::{Boot, Identity, OwnedIdentity};
use tokio_util::sync::CancellationToken;

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
}

#[derive(Default)]
struct Table {
    by_app: HashMap<OwnedIdentity, Vec<Entry>>,
    count: u64,
}

struct Entry {
    nr: u64,
    over: Over,
    /// Which page says that it is the app's, where anybody may say so.
    page: Option<Boot>,
    names: Box<[Box<str>]>,
    gone: CancellationToken,
}

/// One page that takes commands, as long as this lives.
#[must_use = "a dropped ear hears nothing"]
pub struct Ear {
    ears: Ears,
    id: OwnedIdentity,
    nr: u64,
    gone: CancellationToken,
}

impl Ears {
    /// A page of this app takes the commands of these names from now on.
    pub fn open(&self, id: Identity<'_>, over: Over, names: impl IntoIterator<Item = String>) -> Ear {
        self.enter(id, over, None, names)
    }

    /// Who says that it is the page `boot` of this app takes them over its presence socket.
    pub fn open_page(&self, id: Identity<'_>, boot: Boot, names: impl IntoIterator<Item = String>) -> Ear {
        self.enter(id, Over::Presence, Some(boot), names)
    }

    fn enter(
        &self,
        id: Identity<'_>,
        over: Over,
        page: Option<Boot>,
        names: impl IntoIterator<Item = String>,
    ) -> Ear {
        let names = names.into_iter().map(String::into_boxed_str).collect();
        let mut table = self.lock();
        table.count += 1;
        let nr = table.count;
        let gone = CancellationToken::new();
        let entry = Entry { nr, over, page, names, gone: gone.clone() };
        table.by_app.entry(id.to_owned()).or_default().push(entry);
        Ear { ears: self.clone(), id: id.to_owned(), nr, gone }
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

    /// What pages of this app take over their presence sockets, of those that `may` be asked.
    pub fn names_of_pages(&self, id: Identity<'_>, may: impl Fn(Boot) -> bool) -> BTreeSet<String> {
        let table = self.lock();
        let entries = table.by_app.get(&id.to_owned()).into_iter().flatten();
        let entries = entries.filter(|entry| entry.over == Over::Presence);
        let said: Vec<_> = entries.map(|entry| (entry.page, entry.names.clone())).collect();
        // Whoever is asked now may hold locks of their own.
        drop(table);
        let asked = said.into_iter().filter(|(page, _)| page.is_none_or(&may));
        asked.flat_map(|(_, names)| names).map(String::from).collect()
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

    /// Ends when all pages of this app that take commands over such a connection now are gone, whoever comes after them.
    /// Never, if there is none: then it is somebody else who listens.
    pub fn departure(&self, id: Identity<'_>, over: Over) -> impl Future<Output = ()> + use<> {
        let table = self.lock();
        let entries = table.by_app.get(&id.to_owned()).into_iter().flatten();
        let there: Vec<CancellationToken> =
            entries.filter(|entry| entry.over == over).map(|entry| entry.gone.clone()).collect();
        async move {
            if there.is_empty() {
                std::future::pending::<()>().await;
            }
            for gone in there {
                gone.cancelled().await;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.gone.cancel();
        let mut table = self.ears.lock();
        if let Some(entries) = table.by_app.get_mut(&self.id) {
            entries.retain(|entry| entry.nr != self.nr);
            if entries.is_empty() {
                table.by_app.remove(&self.id);
            }
        }
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
    use futures_util::FutureExt;

    use super::*;

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

    #[test]
    fn a_departure_is_that_of_all_who_were_there_and_of_nobody_else() {
        let (ears, id) = (Ears::default(), Identity::new("h", "", "x").unwrap());
        let open = |over| ears.open(id, over, ["reload".into()]);
        let mut none = Box::pin(ears.departure(id, Over::Link));
        let (first, second, presence) = (open(Over::Link), open(Over::Link), open(Over::Presence));
        let mut both = Box::pin(ears.departure(id, Over::Link));
        let _later = open(Over::Link);
        drop((second, presence));
        assert_eq!(both.as_mut().now_or_never(), None, "one is there");
        drop(first);
        assert_eq!(both.as_mut().now_or_never(), Some(()));
        assert_eq!(none.as_mut().now_or_never(), None, "nobody was there");
    }
}
