//! Apps and their boots: beats in, transitions out.
//!
//! One [`Registry`] is one shard: it knows nothing of others, of clocks or of addresses. Every input first brings the
//! app it is about up to `now`, so that what silence made true is told before what the input changes, each with the
//! moment at which it became true. Not here: text ([`crate::wire`]), capacity (the shell decides who is admitted).
//!
//! ```
//! use hb_core::beat::{Beat, Promise, State, Verb, Vitals};
//! use hb_core::id::{HashKey, Identity};
//! use hb_core::registry::{Config, Input, Output, Registry};
//! use hb_lease::time::Time;
//!
//! let mut registry = Registry::new(Config::default(), HashKey(1, 2));
//! let id = Identity::new("127.0.0.1", "", "Tetris").unwrap();
//! let promise = Promise::from_millis(5_000).unwrap();
//! let vitals = Vitals { version: Some(1), ..Vitals::default() };
//! let beat = Beat { verb: Verb::Ping, promise, vitals, last_error: None, malformed: 0 };
//!
//! let mut out = Vec::new();
//! registry.handle(Time::ZERO, Input::Beat { id, beat: &beat, admit: true }, &mut out);
//! registry.handle(Time::from_millis(6_000), Input::Tick, &mut out);
//! let Some(Output::Transition(last)) = out.pop() else { panic!() };
//! assert_eq!((last.to, last.at), (State::Late, Time::from_millis(6_000)));
//! ```

mod app;
mod boots;
mod config;
mod input;
mod past;
mod reading;
mod session;
mod snapshot;

use alloc::vec::Vec;
use core::hash::{BuildHasherDefault, Hasher};
use core::time::Duration;

use hb_lease::lease::{Slot, Table};
use hb_lease::time::Time;

use crate::beat::{Beat, Cause, Diagnosis, State, Verb};
use crate::id::{Boot, Fingerprint, HashKey, Identity};

pub use config::{Config, Policy};
pub use input::{Event, EventKind, Input, Output, Removal, Reply, Stats, Transition};
pub use snapshot::Snapshot;

use app::{App, Heard};
use boots::Boots;
use session::{Kind, Knock};

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
            Input::Beat { id, beat, admit } => self.beat(now, id, beat, admit, out),
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

    fn beat(
        &mut self,
        now: Time,
        id: Identity<'_>,
        beat: &Beat<'_>,
        admit: bool,
        out: &mut Vec<Output>,
    ) -> Reply {
        let reply = match beat.verb {
            Verb::Done => Reply::Goodbye,
            Verb::Init | Verb::Ping | Verb::State => {
                Reply::Granted(beat.promise.as_duration() + self.config.tolerance)
            }
        };
        let kind = Kind::of(beat);
        let mut found = self.settled(now, id, out);
        if let Some(boot) = kind.boot() {
            found = self.follow(now, id, beat, boot, found, out);
        }
        let parting = beat.verb == Verb::Done || beat.vitals.diagnosis == Some(Diagnosis::Leaving);
        let slot = match found {
            Some(slot) => slot,
            // Whoever leaves before it was known leaves nothing behind.
            None if parting => return reply,
            None if !admit => return Reply::NotAdmitted,
            None => self.admit(now, id, kind),
        };
        self.stats.accepted += 1;
        self.stats.malformed += u64::from(beat.malformed);

        let app = self.apps.value_mut(slot);
        let (first, boot) = (app.last_heard().is_none(), app.boot());
        let mut told = None;
        if app.hear(now, beat, &mut |kind| told = Some(kind)) == Heard::Stale {
            self.stats.stale += 1;
            return reply;
        }
        if app.boot() != boot {
            self.boots.forget(&self.apps, slot, &self.key, boot);
            self.boots.remember(&self.apps, slot, &self.key);
        }
        if let Some(boot) = kind.boot() {
            for _ in 0..self.boots.greet(now, *self.apps.key(slot), boot) {
                self.apps.value_mut(slot).note_socket(boot, Knock::Opened);
            }
        }
        if let Some(kind) = told {
            self.tell(slot, now, kind, out);
        }
        if first {
            self.introduce(slot, now, out);
        } else {
            self.judge(slot, now, out);
        }
        reply
    }

    fn admit(&mut self, now: Time, id: Identity<'_>, kind: Kind) -> Slot {
        let app = App::new(id, kind, now);
        let slot = self.apps.insert(id.fingerprint(&self.key), app, Time::MAX);
        self.boots.remember(&self.apps, slot, &self.key);
        slot
    }

    /// Finds a live boot that now speaks from another address: the same app has moved.
    fn follow(
        &mut self,
        now: Time,
        id: Identity<'_>,
        beat: &Beat<'_>,
        boot: Boot,
        found: Option<Slot>,
        out: &mut Vec<Output>,
    ) -> Option<Slot> {
        if found.is_some_and(|slot| self.apps.value(slot).is_home_of(beat)) {
            return found;
        }
        let Some(old) = self.boots.find(&self.apps, &self.key, id, boot) else { return found };
        let from = self.apps.value(old).id().host().into();
        if found.is_none() && self.apps.rekey(old, id.fingerprint(&self.key)) {
            self.advance(old, now, out);
            // It may have been forgotten just now.
            let slot = self.find(id)?;
            self.apps.value_mut(slot).set_host(id);
            self.tell(slot, now, EventKind::Moved { from }, out);
            return Some(slot);
        }
        // The place is taken: the boot joins whoever is there, and is gone from where it was.
        self.advance(old, now, out);
        if self.boots.find(&self.apps, &self.key, id, boot) == Some(old) {
            if self.apps.value_mut(old).depart(boot) {
                self.tell(old, now, EventKind::Conflict { on: false }, out);
            }
            self.judge(old, now, out);
        }
        found
    }

    fn presence(
        &mut self,
        now: Time,
        id: Identity<'_>,
        boot: Boot,
        knock: Knock,
        out: &mut Vec<Output>,
    ) -> Reply {
        let known = self.settled(now, id, out);
        if let Some(slot) = known
            && self.apps.value_mut(slot).note_socket(boot, knock)
        {
            self.judge(slot, now, out);
            return Reply::Done;
        }
        self.boots.expect(now, id.fingerprint(&self.key), boot, knock == Knock::Opened);
        Reply::Unknown
    }

    fn find(&self, id: Identity<'_>) -> Option<Slot> {
        self.apps.find(&id.fingerprint(&self.key))
    }

    /// The app, brought up to just before `now`; `None` if it is not there or went by that. Whoever speaks in the very
    /// millisecond in which its time is over speaks in time.
    fn settled(&mut self, now: Time, id: Identity<'_>, out: &mut Vec<Output>) -> Option<Slot> {
        let fingerprint = id.fingerprint(&self.key);
        let slot = self.apps.find(&fingerprint)?;
        if self.apps.deadline(slot) >= now {
            return Some(slot);
        }
        self.advance(slot, now, out);
        self.apps.find(&fingerprint)
    }

    /// Tells what silence made true before `now`, step by step.
    fn advance(&mut self, slot: Slot, now: Time, out: &mut Vec<Output>) {
        let mut at = self.apps.deadline(slot);
        while at < now && self.judge(slot, at, out) {
            at = self.apps.deadline(slot);
        }
    }

    /// Judges an app at `at`, publishes a change, and sets its next deadline; `false` if it is gone.
    fn judge(&mut self, slot: Slot, at: Time, out: &mut Vec<Output>) -> bool {
        let app = self.apps.value(slot);
        let before = (app.state, app.cause);
        let Some(judged) = app.judge(at, &self.config) else {
            self.turn(slot, at, before, (State::Done, Cause::None), out);
            return self.keep_until(slot, at, self.config.done_retention, Time::MAX, Removal::Retention, out);
        };
        if judged.dropped {
            self.remove(slot, at, Removal::Dropped, out);
            return false;
        }
        self.turn(slot, at, before, (judged.state, judged.cause), out);
        let app = self.apps.value(slot);
        if judged.state == State::Down && app.is_new(&self.config) {
            return self.keep_until(
                slot,
                at,
                self.config.new_retention,
                judged.until,
                Removal::Forgotten,
                out,
            );
        }
        self.apps.renew(slot, judged.until);
        true
    }

    /// The first word about an app: from nothing to whatever it is.
    fn introduce(&mut self, slot: Slot, now: Time, out: &mut Vec<Output>) {
        let app = self.apps.value_mut(slot);
        let Some(judged) = app.judge(now, &self.config) else { return };
        (app.state, app.cause) = (judged.state, judged.cause);
        self.stats.transitions += 1;
        let (id, to, cause) = (app.id().to_owned(), app.state, app.cause);
        out.push(Output::Transition(Transition { id, from: None, to, cause, at: now }));
        self.judge(slot, now, out);
    }

    fn turn(
        &mut self,
        slot: Slot,
        at: Time,
        before: (State, Cause),
        after: (State, Cause),
        out: &mut Vec<Output>,
    ) {
        if before == after {
            return;
        }
        let app = self.apps.value_mut(slot);
        (app.state, app.cause) = after;
        if before.0 != after.0 {
            app.since = at;
        }
        match (before.0, after.0) {
            (State::Done, State::Done) => {}
            (State::Done, _) => self.done -= 1,
            (_, State::Done) => self.done += 1,
            _ => {}
        }
        self.stats.transitions += 1;
        let transition =
            Transition { id: app.id().to_owned(), from: Some(before.0), to: after.0, cause: after.1, at };
        out.push(Output::Transition(transition));
    }

    /// Keeps an app in a last state for `retention` from its beginning, then removes it.
    fn keep_until(
        &mut self,
        slot: Slot,
        at: Time,
        retention: Duration,
        until: Time,
        why: Removal,
        out: &mut Vec<Output>,
    ) -> bool {
        let end = self.apps.value(slot).since + retention;
        if end <= at {
            self.remove(slot, end, why, out);
            return false;
        }
        self.apps.renew(slot, end.min(until));
        true
    }

    fn remove(&mut self, slot: Slot, at: Time, why: Removal, out: &mut Vec<Output>) {
        self.tell(slot, at, EventKind::Removed(why), out);
        let boot = self.apps.value(slot).boot();
        self.boots.forget(&self.apps, slot, &self.key, boot);
        let app = self.apps.remove(slot);
        self.done -= usize::from(app.state == State::Done);
    }

    fn tell(&mut self, slot: Slot, at: Time, kind: EventKind, out: &mut Vec<Output>) {
        let id = self.apps.value(slot).id().to_owned();
        out.push(Output::Event(Event { id, at, kind }));
    }
}

#[cfg(test)]
mod tests;
