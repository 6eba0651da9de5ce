//! Links in messages: each does one thing, once, within a day, for whoever holds it.
//!
//! What it does stands in the link, under a MAC with a key that lies in the memory and never leaves it. Messages are signed
//! when they are sent, not when they are written: what waits in the outbox, and so an export of the memory, holds no link.
//! Not here: the page that a link leads to (`http`), what it asks for ([`super::Request`]).

mod base;
mod seal;
mod used;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hb_core::beat::Cause;
use hb_core::id::Identity;
use hb_lease::time::Wall;

use crate::notify::message::{Kind, Message};
use crate::store::row::{self, Hidden};
use crate::store::{NotKept, Store};

pub use base::{Base, NoBase};
pub use seal::{Action, Deed, Invalid};

use seal::Seal;
use used::{Spent, Used};

/// How long a link is good.
const GOOD: Duration = Duration::from_secs(24 * 60 * 60);
/// The name of the key in the memory.
const NAME: &str = "links";
/// Incidents of one message that get links: more than are shown.
const MOST: usize = 20;
/// Longer than this nobody waits for the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a link was not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotUsed {
    /// Somebody used it before.
    #[error("this link was used already")]
    Before,
    /// It could not be kept that it is used, so it is not.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

/// Signs links, and knows which were used.
pub struct Links {
    base: Base,
    seal: Seal,
    store: Arc<Store>,
    used: Mutex<Used>,
}

impl Links {
    /// For a server that people reach at `base`, with the key in `store`; the first time one is drawn.
    pub(super) fn open(base: Base, store: &Arc<Store>) -> Self {
        let read = store.reader().map_err(|why| why.to_string()).and_then(|mut reader| {
            let secret = reader.secret(NAME).map_err(|why| why.to_string())?;
            Ok((secret, reader.used().map_err(|why| why.to_string())?))
        });
        let (seal, used) = match read {
            Ok((Some(row::Secret { value: Hidden(text), .. }), used)) => (Seal::read_kept(&text), used),
            Ok((None, used)) => (None, used),
            Err(why) => {
                // The key may be there: another in its place would end every link that is out.
                tracing::warn!("the key of links cannot be read: {why}; those of before do not work");
                return Self { base, seal: Seal::draw().0, store: Arc::clone(store), used: Mutex::default() };
            }
        };
        let seal = seal.unwrap_or_else(|| {
            let (seal, text) = Seal::draw();
            store.record(row::Secret { name: NAME.into(), value: Hidden(text) });
            seal
        });
        let used = Used::of(used.into_iter().map(|row| (row.nonce, row.until)));
        Self { base, seal, store: Arc::clone(store), used: Mutex::new(used) }
    }

    /// Puts links into a message that goes out now: for each incident in it that is not over. One that loads a page again
    /// only where `listens` knows a page of the app that takes that now.
    pub fn fill(&self, message: &mut Message, now: Wall, listens: impl Fn(Identity<'_>) -> bool) {
        if matches!(message.kind, Kind::Closing | Kind::Test) {
            return;
        }
        let millis = i64::try_from(GOOD.as_millis()).unwrap_or(i64::MAX);
        let expires = Wall::from_unix_millis(now.as_unix_millis().saturating_add(millis));
        let open = message.incidents.iter_mut().filter(|it| it.number > 0 && it.until.is_none());
        for incident in open.take(MOST) {
            let app =
                Identity::new(&incident.host, &incident.slot, &incident.app).ok().map(|id| id.to_owned());
            let link = |action, app| {
                let deed = Deed::new(incident.number, action, app, expires);
                Some(format!("{}/do/{}", self.base, self.seal.sign(&deed)))
            };
            incident.links.acknowledge = link(Action::Acknowledge, None);
            incident.links.snooze = link(Action::Snooze, None);
            // A page whose script is stuck still listens, by its worker, and does nothing.
            let stuck = incident.cause == Cause::MainBlocked.word();
            let app = app.filter(|app| !stuck && listens(app.borrow()));
            incident.links.reload = app.and_then(|app| link(Action::Reload, Some(app)));
        }
    }

    /// What the last part of a link's address says, if it may still be done.
    ///
    /// # Errors
    /// It is none of ours, or no longer good.
    pub fn read(&self, text: &str, now: Wall) -> Result<Deed, Invalid> {
        let deed = self.seal.read(text)?;
        if self.used().contains(&deed.nonce) {
            return Err(Invalid::Used);
        }
        if deed.expires <= now { Err(Invalid::Expired) } else { Ok(deed) }
    }

    /// Uses a link up. Only then may be done what it says.
    ///
    /// # Errors
    /// It was used before, or the disk did not take it: then it is as good as before.
    pub async fn spend(&self, deed: &Deed, now: Wall) -> Result<(), NotUsed> {
        match self.used().spend(&deed.nonce, deed.expires, now) {
            Spent::Now => {}
            Spent::Before => return Err(NotUsed::Before),
            Spent::Full => return Err(NotKept::Full.into()),
        }
        let row = row::Used { nonce: deed.nonce.clone(), until: deed.expires };
        let kept = tokio::time::timeout(PATIENCE, self.store.commit(vec![row.into()]).done()).await;
        let kept = kept.unwrap_or_else(|_| Err(NotKept::Trouble("the disk does not answer".into())));
        if kept.is_err() {
            self.used().give_back(&deed.nonce);
        }
        Ok(kept?)
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hb_core::beat::State;
    use hb_core::incident::Subject;

    use super::*;
    use crate::notify::message::Incident;

    #[test]
    fn only_a_page_that_listens_and_is_not_stuck_is_offered_a_reload() {
        let store = Arc::new(Store::memory(crate::store::Config::default()).unwrap());
        let links = Links::open("http://hb.example:8888".parse().unwrap(), &store);
        let offered = |app: &str, listens: bool, state, cause| {
            let id = Identity::new("kiosk-7", "", app).unwrap().to_owned();
            let incident = Incident::new(4, &Subject::App(id), (state, cause), 0);
            let mut message = Message { kind: Kind::Opening, at: 0, incidents: vec![incident], ready: None };
            links.fill(&mut message, Wall::from_unix_millis(0), |id| listens && id.app() == "Tetris");
            let links = &message.incidents[0].links;
            (links.acknowledge.is_some(), links.reload.is_some())
        };
        for (app, listens, state, cause, reload) in [
            ("Tetris", true, State::Stalled, Cause::NoFrames, true),
            ("Tetris", true, State::Stalled, Cause::MainBlocked, false),
            ("Tetris", false, State::Stalled, Cause::NoFrames, false),
            ("Tetris", false, State::Down, Cause::ConnectionLost, false),
            ("*", true, State::Missing, Cause::None, false),
        ] {
            assert_eq!(
                offered(app, listens, state, cause),
                (true, reload),
                "{app} {state} {cause} {listens}"
            );
        }
    }
}
