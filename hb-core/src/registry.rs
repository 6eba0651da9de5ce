//! Apps and their boots: beats in, transitions out.
//!
//! One [`Registry`] is one shard: it knows nothing of others, of clocks or of addresses. Every input first brings the
//! app it is about up to `now`, so that what silence made true is told before what the input changes, each with the
//! moment at which it became true. Not here: text ([`crate::wire`]), capacity (the shell decides who is admitted).
//!
//! ```
//! use hb_core::beat::{Beat, Promise, State, Verb, Vitals};
//! use hb_core::id::{HashKey, Identity};
//! use hb_core::registry::{Config, Input, Origin, Output, Registry};
//! use hb_lease::time::Time;
//!
//! let mut registry = Registry::new(Config::default(), HashKey(1, 2));
//! let id = Identity::new("127.0.0.1", "", "Tetris").unwrap();
//! let promise = Promise::from_millis(5_000).unwrap();
//! let vitals = Vitals { version: Some(1), ..Vitals::default() };
//! let beat = Beat { verb: Verb::Ping, promise, vitals, last_error: None, malformed: 0 };
//!
//! let mut out = Vec::new();
//! registry.handle(Time::ZERO, Input::Beat { id, beat: &beat, from: Origin::default(), admit: true }, &mut out);
//! registry.handle(Time::from_millis(6_000), Input::Tick, &mut out);
//! let Some(Output::Transition(last)) = out.pop() else { panic!() };
//! assert_eq!((last.to, last.at), (State::Late, Time::from_millis(6_000)));
//! ```

mod app;
mod boots;
mod config;
mod habit;
mod hear;
mod input;
mod judge;
mod memory;
mod past;
mod reading;
mod session;
mod snapshot;

use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hasher};

use hb_lease::lease::{Slot, Table};
use hb_lease::time::Time;

use crate::id::{Boot, Fingerprint, HashKey, Identity};

pub use config::{Config, Policy};
pub use input::{Event, EventKind, Input, Origin, Output, Removal, Reply, Stats, Transition};
pub use memory::Memory;
pub use snapshot::Snapshot;

use app::App;
use boots::Boots;
use session::Knock;

/// Fingerprints are keyed hashes already: an index takes their bits as they are.
#[derive(Clone, Copy, Debug, Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, bits: u128) {
        // The upper half: shards are chosen by other bits of another hash, but keep clear of the lower ones anyway.
        self.0 = (bits >> 64) as u64;
    }
}

type Apps = Table<Fingerprint, App, BuildHasherDefault<Prehashed>>;

/// The apps of one shard.
#[derive(Debug)]
pub struct Registry {
    config: Config,
    key: HashKey,
    now: Time,
    apps: Apps,
    boots: Boots,
    done: usize,
    stats: Stats,
}

impl Registry {
    /// An empty registry. `key` is the secret of its fingerprints; draw it at random.
    #[must_use]
    pub fn new(config: Config, key: HashKey) -> Self {
        Self {
            config,
            key,
            now: Time::ZERO,
            apps: Apps::default(),
            boots: Boots::default(),
            done: 0,
            stats: Stats::default(),
        }
    }

    /// Takes one input; what follows from it is appended to `out`, in order.
    ///
    /// O(1) in the number of apps, [`Input::Tick`] in the number of those whose time is over. A `now` before an
    /// earlier one counts as that one.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Output>) -> Reply {
        self.now = self.now.max(now);
        let now = self.now;
        match input {
            Input::Beat { id, beat, from, admit } => self.beat(now, id, beat, from, admit, out),
            Input::PresenceOpened { id, boot } => self.presence(now, id, boot, Knock::Opened, out),
            Input::PresenceClosed { id, boot, grace } => {
                self.presence(now, id, boot, Knock::Closed { until: now + grace }, out)
            }
            Input::Forget { id } => match self.settled(now, id, out) {
                Some(slot) => {
                    self.remove(slot, now, Removal::Forgotten, out);
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Dismiss { id } => match self.settled(now, id, out) {
                Some(slot) => {
                    self.dismiss(slot, now, out);
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Displace { app } => match self.settled_at(now, app, out) {
                Some(slot) if self.gives_way(app).is_some_and(|from| from <= now) => {
                    self.remove(slot, now, Removal::Forgotten, out);
                    Reply::Done
                }
                _ => Reply::Unknown,
            },
            Input::Restored { id, memory } => {
                self.restore(now, id, memory, out);
                Reply::Done
            }
            Input::Adopt { id, on } => match self.settled(now, id, out) {
                Some(slot) => {
                    self.apps.value_mut(slot).adopt(on);
                    // By that it goes in an hour, or no longer.
                    self.judge(slot, now, out);
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Replaced { from, to } => self.replace(now, from, to, out),
            Input::Closed { id, on } => match self.settled(now, id, out) {
                Some(slot) => {
                    self.apps.value_mut(slot).close(on);
                    self.judge(slot, now, out);
                    Reply::Done
                }
                None => Reply::Unknown,
            },
            Input::Tick => {
                while let Some((slot, at)) = self.apps.pop_expired(now) {
                    self.judge(slot, at, out);
                }
                Reply::Done
            }
        }
    }

    /// When [`Input::Tick`] is due: never after the next change by silence, possibly before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Time> {
        self.apps.next_timeout()
    }

    /// Apps held, those that said goodbye included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.apps.len()
    }

    /// Whether no app is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// Apps that have not said goodbye.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.apps.len() - self.done
    }

    /// From when on an app gives way to another that needs its place: while it is new, it keeps it unheard for a short
    /// time only, whatever it promised. `None` if it is not held or here to stay.
    #[must_use]
    pub fn gives_way(&self, app: Fingerprint) -> Option<Time> {
        let app = self.apps.value(self.apps.find(&app)?);
        app.is_new(&self.config).then(|| app.silent_since() + self.config.new_hold)
    }

    /// Whether the page `boot` of an app has spoken in this run, and is still held.
    #[must_use]
    pub fn knows(&self, id: Identity<'_>, boot: Boot) -> bool {
        let app = self.find(id).map(|slot| self.apps.value(slot));
        app.is_some_and(|app| app.has_heard(boot))
    }

    /// Whether the page `boot` of an app may be asked in its name: where others of it are open and this one is not, it is a
    /// stranger's, or gone.
    #[must_use]
    pub fn may_ask(&self, id: Identity<'_>, boot: Boot) -> bool {
        let app = self.find(id).map(|slot| self.apps.value(slot));
        app.is_none_or(|app| app.may_be_shown_by(boot))
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What is believed about `id`.
    #[must_use]
    pub fn snapshot(&self, now: Time, id: Identity<'_>) -> Option<Snapshot> {
        let slot = self.find(id)?;
        Some(Snapshot::of(self.apps.value(slot), self.now.max(now), &self.config))
    }

    /// What is believed about everybody, in no particular order.
    pub fn snapshots(&self, now: Time) -> impl Iterator<Item = Snapshot> + '_ {
        let now = self.now.max(now);
        self.apps.iter().map(move |(_, _, app)| Snapshot::of(app, now, &self.config))
    }

    fn find(&self, id: Identity<'_>) -> Option<Slot> {
        self.apps.find(&id.fingerprint(&self.key))
    }

    /// The app, brought up to just before `now`; `None` if it is not there or went by that. Whoever speaks in the very
    /// millisecond in which its time is over speaks in time.
    fn settled(&mut self, now: Time, id: Identity<'_>, out: &mut Vec<Output>) -> Option<Slot> {
        self.settled_at(now, id.fingerprint(&self.key), out)
    }

    fn settled_at(&mut self, now: Time, fingerprint: Fingerprint, out: &mut Vec<Output>) -> Option<Slot> {
        let slot = self.apps.find(&fingerprint)?;
        if self.apps.deadline(slot) >= now {
            return Some(slot);
        }
        self.advance(slot, now, out);
        self.apps.find(&fingerprint)
    }
}

#[cfg(test)]
mod tests;
