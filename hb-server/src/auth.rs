//! Who may change something: tokens with roles, the sessions of browsers, and who guesses too often.
//!
//! A token is 256 random bits, shown once; kept is its hash. Tokens lie in the memory (`store`), where another process may
//! add and take back some while we run: [`Auth`] looks again after a second, and at once when it meets a stranger. Sessions
//! end with the process. Not here: what needs which role, headers and cookies (`http`), what is typed (`cmd`).

mod book;
mod keys;
mod role;
mod secret;
mod session;
mod stay;
mod tries;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hb_lease::time::{Time, Wall};
use tokio::time::Instant;

use crate::engine::clock::Clock;
use crate::engine::peer::Peer;
use crate::store::{NotKept, Store, row};

pub use book::Holder;
pub use keys::{Order, Refusal, invite, make, revoke};
pub use role::Role;
pub use secret::Secret;
pub use session::AGE as SESSION_AGE;
pub use stay::Stay;

use book::{Book, Key};
use secret::Hash;
use session::Sessions;
use tries::Tries;

/// What was read of the tokens is believed for so long.
const FRESH: Duration = Duration::from_secs(1);
/// A stranger makes us look again, but not more often than this.
const PACE: Duration = Duration::from_millis(100);
/// Longer than this nobody waits for the disk: what was read last counts.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who may come in.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    clock: Clock,
    state: Mutex<State>,
    /// Held by the one who reads: the others wait for what it finds.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    book: Book,
    /// When what the book says was begun to be read.
    read: Option<Instant>,
    sessions: Sessions,
    tries: Tries,
}

/// A session that was opened just now.
#[derive(Clone, Debug)]
pub struct Opened {
    /// For the cookie: it lets its browser look.
    pub cookie: Secret,
    /// For the page, which shows it beside the cookie to change something: other servers on this name get our cookies, and
    /// never this.
    pub key: Secret,
    /// Whose it is.
    pub holder: Holder,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is no token, or none any more.
    Unknown,
    /// Too many wrong ones came from that address; after this time one more may.
    TooOften(Duration),
}

/// Why there is no new token, or the old one stays.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// It makes no sense.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be read.
    #[error("the tokens cannot be read: {0}")]
    Unread(String),
    /// It could not be written.
    #[error(transparent)]
    NotKept(#[from] NotKept),
}

impl Auth {
    /// Over the tokens in `store`.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            state: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }))
    }

    /// Whose token this is. A one-time login is none.
    ///
    /// # Errors
    /// Nobody's, or too many wrong ones came before.
    pub async fn bearer(&self, peer: &Peer, text: &str) -> Result<Holder, Denied> {
        let key = self.key(peer, text).await?;
        if key.once { Err(self.refused(peer)) } else { Ok(key.holder) }
    }

    /// Opens a session for who shows a token, or a one-time login, which is spent by it.
    ///
    /// # Errors
    /// As [`bearer`](Self::bearer).
    pub async fn login(&self, peer: &Peer, text: &str) -> Result<Opened, Denied> {
        let key = self.key(peer, text).await?;
        let now = self.0.clock.now();
        if !key.once {
            return Ok(self.open(key.holder, Some(key.hash), now));
        }
        if !self.state().book.spend(&key.hash) {
            return Err(self.refused(peer));
        }
        // A disk that does not answer keeps nobody out: in this run it is spent already.
        let spent = row::Token { revoked: Some(self.wall()), ..key.row };
        let kept = tokio::time::timeout(PATIENCE, self.0.store.commit(vec![spent.into()]).done()).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::warn!("the memory could not be told that the one-time login was used");
        }
        Ok(self.open(key.holder, None, now))
    }

    fn open(&self, holder: Holder, token: Option<Hash>, now: Time) -> Opened {
        let (cookie, key) = self.state().sessions.open(holder.clone(), token, now);
        Opened { cookie, key, holder }
    }

    /// Whose session it is, for who only looks.
    pub async fn session(&self, cookie: &str) -> Option<Holder> {
        self.find(cookie).await.map(|(holder, _)| holder)
    }

    /// Whose session it is, if the page that it was opened for speaks.
    pub async fn session_of_page(&self, cookie: &str, key: &str) -> Option<Holder> {
        let shown = Secret::read(key)?.hash();
        self.find(cookie).await.filter(|(_, key)| *key == shown).map(|(holder, _)| holder)
    }

    async fn find(&self, cookie: &str) -> Option<(Holder, Hash)> {
        self.find_hash(&Secret::read(cookie)?.hash()).await
    }

    async fn find_hash(&self, hash: &Hash) -> Option<(Holder, Hash)> {
        self.refresh().await;
        let (now, wall) = (self.0.clock.now(), self.wall());
        let mut state = self.state();
        let State { book, sessions, .. } = &mut *state;
        sessions.find(hash, now, |token| book.find(token, wall).is_some())
    }

    /// Ends a session.
    pub fn logout(&self, cookie: &str) {
        if let Some(secret) = Secret::read(cookie) {
            self.state().sessions.close(&secret.hash());
        }
    }

    /// Every token in force, without the one-time login.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn tokens(&self) -> Result<Vec<row::Token>, ChangeError> {
        let now = self.wall();
        let mut tokens = self.read().await.map_err(ChangeError::Unread)?;
        tokens.retain(|token| Key::of(token).is_some_and(|key| !key.once && key.is_good(now)));
        Ok(tokens)
    }

    /// Makes a token. It is shown this once.
    ///
    /// # Errors
    /// The name is taken or none, or the disk is in trouble: then there is no token.
    pub async fn make(&self, order: Order<'_>) -> Result<Secret, ChangeError> {
        let known = self.read().await.map_err(ChangeError::Unread)?;
        let (row, secret) = make(&known, order, self.wall())?;
        self.commit(row).await?;
        Ok(secret)
    }

    /// Takes a token back, and ends its sessions.
    ///
    /// # Errors
    /// There is none, or the disk is in trouble: then it is still good.
    pub async fn revoke(&self, name: &str) -> Result<(), ChangeError> {
        let known = self.read().await.map_err(ChangeError::Unread)?;
        self.commit(revoke(known, name, self.wall())?).await
    }

    /// A one-time login, if nobody can log in as admin yet.
    ///
    /// # Errors
    /// The disk is in trouble.
    pub async fn first_login(&self) -> Result<Option<Secret>, ChangeError> {
        if self.tokens().await?.iter().any(|token| token.role == Role::Admin.word()) {
            return Ok(None);
        }
        let (row, secret) = invite("hb serve", "first start", self.wall());
        self.commit(row).await?;
        Ok(Some(secret))
    }

    async fn commit(&self, row: row::Token) -> Result<(), ChangeError> {
        let kept = tokio::time::timeout(PATIENCE, self.0.store.commit(vec![row.into()]).done()).await;
        // Whatever became of it, look again.
        self.state().read = None;
        Ok(kept.unwrap_or_else(|_| Err(NotKept::Trouble("the disk does not answer".into())))?)
    }

    /// The key that `text` is. It is looked up before anybody is refused: who has one does not wait for those of its address
    /// who guess, and nobody gains by it, since what is guessed is none.
    async fn key(&self, peer: &Peer, text: &str) -> Result<Key, Denied> {
        let Some(secret) = Secret::read(text) else { return Err(self.refused(peer)) };
        let (hash, came) = (secret.hash(), Instant::now());
        self.refresh().await;
        let look = || self.state().book.find(&hash, self.wall()).cloned();
        if let Some(key) = look() {
            return Ok(key);
        }
        // It may have been made a moment ago; but nobody who has to wait makes us look.
        self.may_try(peer)?;
        let read = self.state().read;
        if let Some(read) = read.filter(|read| *read < came) {
            tokio::time::sleep_until(read + PACE).await;
            self.read_since(came).await;
        }
        look().ok_or_else(|| self.refused(peer))
    }

    /// Whether `peer` may show one more thing that is nothing.
    fn may_try(&self, peer: &Peer) -> Result<(), Denied> {
        if peer.is_loopback() {
            return Ok(());
        }
        self.state().tries.allow(peer.origin(), self.0.clock.now()).map_err(Denied::TooOften)
    }

    /// `peer` showed something that was nothing: a few such, and it has to wait.
    pub(crate) fn refused(&self, peer: &Peer) -> Denied {
        if let Err(denied) = self.may_try(peer) {
            return denied;
        }
        if !peer.is_loopback() {
            self.state().tries.failed(peer.origin(), self.0.clock.now());
        }
        Denied::Unknown
    }

    /// Reads the tokens again if that was too long ago.
    async fn refresh(&self) {
        let now = Instant::now();
        self.read_since(now.checked_sub(FRESH).unwrap_or(now)).await;
    }

    /// Reads the tokens, unless somebody began to since that moment.
    async fn read_since(&self, moment: Instant) {
        let is_known = || self.state().read.is_some_and(|read| moment <= read);
        if is_known() {
            return;
        }
        let _reading = self.0.reading.lock().await;
        if is_known() {
            return;
        }
        let now = Instant::now();
        let read = self.read().await;
        let mut state = self.state();
        state.read = Some(now);
        match read {
            Ok(tokens) => state.book.turn(&tokens),
            Err(why) => tracing::warn!("the tokens cannot be read, those of before count: {why}"),
        }
    }

    async fn read(&self) -> Result<Vec<row::Token>, String> {
        let store = Arc::clone(&self.0.store);
        let reading = tokio::task::spawn_blocking(move || {
            let mut reader = store.reader().map_err(|why| why.to_string())?;
            reader.tokens().map_err(|why| why.to_string())
        });
        match tokio::time::timeout(PATIENCE, reading).await {
            Ok(read) => read.unwrap_or_else(|why| Err(why.to_string())),
            Err(_) => Err("the disk does not answer".into()),
        }
    }

    fn wall(&self) -> Wall {
        self.0.clock.wall(self.0.clock.now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

#[cfg(test)]
mod tests;
