//! The engine: every app of this host, behind short locks, and the one order in which things happen to them.
//!
//! A request handler locks the shard of its app, lets the registry judge, numbers and publishes what follows under
//! that lock (publishing never blocks), unlocks and answers: no channel, no task switch. Inside a shard everything has
//! one order; across shards the bus gives one. Silence is found by the detector's thread.
//! Not here: what is true about an app (`hb_core::registry`), requests and answers (`http`).

mod capacity;
pub mod clock;
mod detector;
pub mod ears;
mod figures;
pub mod key;
pub mod peer;
mod shard;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hb_bus::bus::Bus;
use hb_bus::message::{Message, Topic};
use hb_bus::runtime;
use hb_core::beat::{Beat, State};
use hb_core::id::{Boot, HashKey, Identity, OwnedIdentity};
use hb_core::registry::{self, Event, Input, Memory, Origin, Reply, Snapshot, Stats, Transition};
use hb_lease::time::Time;

pub use capacity::{Full, Limits};
pub use detector::Detector;
pub use figures::Lag;

use capacity::Capacity;
use clock::Clock;
use figures::Figures;
use shard::Shard;

/// Power of two. Enough that two workers hardly ever meet at one lock, few enough that scanning them costs nothing.
const SHARDS: usize = 64;
/// Happenings kept for those who were away for a moment.
pub const RING: usize = 1024;

/// What the engine must know.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// How apps are judged.
    pub registry: registry::Config,
    /// How many there may be.
    pub limits: Limits,
    /// Whose words about hosts are believed.
    pub trust: peer::Trust,
}

/// Something that happened, as it goes over the bus.
#[derive(Clone, Debug)]
pub enum Happening {
    /// An app changed its state.
    Transition {
        /// The change.
        transition: Transition,
        /// The app as it was right after; `None` if that change removed it.
        view: Option<Box<Snapshot>>,
    },
    /// Something else worth telling.
    Event(Event),
    /// This process itself was absent; nobody was judged for that time.
    Pause {
        /// When it ended, in engine time.
        at: Time,
        /// How long it was.
        length: Duration,
    },
}

impl Happening {
    /// What a message that tells this is about.
    #[must_use]
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Transition { .. } => Topic::from_static("hb.transition"),
            Self::Event(_) => Topic::from_static("hb.event"),
            Self::Pause { .. } => Topic::from_static("hb.pause"),
        }
    }
}

/// What the bus carries: a happening, and the clock that dates it.
#[derive(Clone, Debug)]
pub struct Dated {
    /// What happened.
    pub happening: Happening,
    /// Turns the engine's times into the calendar's.
    pub clock: Clock,
}

/// What a beat is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The granted time.
    Granted(Duration),
    /// Goodbye.
    Goodbye,
    /// Refused: a new app, and no room.
    Full(Full),
}

/// A handle on the engine; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    shards: Box<[Shard]>,
    key: HashKey,
    clock: Clock,
    bus: Bus,
    screens: Bus,
    ears: ears::Ears,
    capacity: Capacity,
    alarm: detector::Alarm,
    figures: Figures,
    trust: peer::Trust,
    epoch: u64,
    places: RandomState,
}

impl Engine {
    /// An engine without apps; `runtime` is for its bus. Nobody is judged for silence until a [`Detector`] runs or [`Engine::run_due`] is called.
    #[must_use]
    pub fn new(config: Config, clock: Clock, runtime: runtime::Handle) -> Self {
        // The standard library's keys are the one source of randomness that needs no dependency and no unsafe.
        let random = |salt: u64| RandomState::new().hash_one(salt);
        let key = HashKey(random(1), random(2));
        let shard = |_| Shard::new(config.registry.clone(), key);
        Self(Arc::new(Inner {
            shards: (0..SHARDS).map(shard).collect(),
            key,
            clock,
            bus: Bus::with_replay(Arc::clone(&runtime), RING),
            // A command that nobody heard is not made up for later, and pages choose how long their messages are.
            screens: Bus::with_replay(runtime, 0),
            ears: ears::Ears::default(),
            capacity: Capacity::new(config.limits),
            alarm: detector::Alarm::default(),
            figures: Figures::default(),
            trust: config.trust,
            epoch: random(3),
            places: RandomState::new(),
        }))
    }

    /// Takes a beat, as [`Engine::hear`], of a program in this process.
    #[must_use]
    pub fn beat(&self, id: Identity<'_>, beat: &Beat<'_>, counted_for: Option<IpAddr>) -> Answer {
        self.hear(id, beat, Origin { place: 0, program: true }, counted_for)
    }

    /// Where `peer` speaks from: a `program`, by its mark, or a page of `site`, its web origin. Nobody can choose a site that is
    /// taken for another.
    #[must_use]
    pub fn origin(&self, peer: &peer::Peer, site: &str, program: bool) -> Origin {
        Origin { place: self.0.places.hash_one((peer.host(), site)) as u32, program }
    }

    /// Takes a beat. `counted_for` is the address a *new* app is counted for; `None` exempts it.
    #[must_use]
    pub fn hear(
        &self,
        id: Identity<'_>,
        beat: &Beat<'_>,
        from: Origin,
        counted_for: Option<IpAddr>,
    ) -> Answer {
        loop {
            let heard = self.shard(id).with(self, |shard, now| {
                let known = shard.handle(now, Input::Beat { id, beat, from, admit: false });
                if !matches!(known, Reply::NotAdmitted) {
                    return Ok(known);
                }
                self.0.capacity.take(counted_for).map(|()| shard.admit(now, id, beat, from, counted_for))
            });
            return match (heard, counted_for) {
                (Err(Full::Address(_)), Some(address)) if self.make_room(address) => continue,
                (Err(full), _) => Answer::Full(full),
                (Ok(Reply::Granted(granted)), _) => Answer::Granted(granted),
                // A goodbye of an app nobody knows is a goodbye too.
                (Ok(Reply::Goodbye | Reply::NotAdmitted | Reply::Done | Reply::Unknown), _) => {
                    Answer::Goodbye
                }
            };
        }
    }

    /// Removes whoever on the account of `address` gave way first; `false` if nobody does. No lock is held before, and
    /// one at a time.
    fn make_room(&self, address: IpAddr) -> bool {
        let Inner { capacity, clock, shards, .. } = &*self.0;
        if !capacity.is_worth_a_look(address, clock.now()) {
            return false;
        }
        let firsts = shards.iter().filter_map(|shard| Some((shard.gives_way(address)?, shard)));
        let Some(((from, app), shard)) = firsts.min_by_key(|&(first, _)| first) else {
            capacity.is_firm_until(address, Time::MAX);
            return false;
        };
        let displaced = shard.with(self, |apps, now| apps.handle(now, Input::Displace { app }));
        if displaced != Reply::Done {
            capacity.is_firm_until(address, from);
        }
        displaced == Reply::Done
    }

    /// The presence socket of a page opened.
    pub fn presence_opened(&self, id: Identity<'_>, boot: Boot) {
        self.input(id, Input::PresenceOpened { id, boot });
    }

    /// Whether the page `boot` of an app has spoken in this run, and is still held.
    #[must_use]
    pub fn knows(&self, id: Identity<'_>, boot: Boot) -> bool {
        self.shard(id).read(|registry| registry.knows(id, boot))
    }

    /// Whether the page `boot` of an app may be asked in its name.
    #[must_use]
    pub fn may_ask(&self, id: Identity<'_>, boot: Boot) -> bool {
        self.shard(id).read(|registry| registry.may_ask(id, boot))
    }

    /// The presence socket of a page closed; it is expected back within `grace`.
    pub fn presence_closed(&self, id: Identity<'_>, boot: Boot, grace: Duration) {
        self.input(id, Input::PresenceClosed { id, boot, grace });
    }

    /// Removes an app; `false` if there is none of that name.
    pub fn forget(&self, id: Identity<'_>) -> bool {
        matches!(self.input(id, Input::Forget { id }), Reply::Done)
    }

    /// One host took the place of another: an app of it is called as `to`, or gives way to that where it is held. `false` if
    /// there is none of that name, or it has another slot or name.
    pub fn replace(&self, from: Identity<'_>, to: Identity<'_>) -> bool {
        let same = (from.slot(), from.app()) == (to.slot(), to.app());
        same && self.input(from, Input::Replaced { from, to }) == Reply::Done
    }

    /// Believes the page heard last where two are in conflict; `false` if there is no app of that name.
    pub fn dismiss(&self, id: Identity<'_>) -> bool {
        matches!(self.input(id, Input::Dismiss { id }), Reply::Done)
    }

    /// Takes what an earlier run believed, best before anybody beats: who was good is unknown, who was bad stays bad
    /// (law 5). Each takes a place of the whole and none of an address. How many there was no room for.
    pub fn restore(&self, apps: impl IntoIterator<Item = (OwnedIdentity, Memory)>) -> usize {
        let mut refused = 0;
        for (id, memory) in apps {
            if self.0.capacity.take(None).is_err() {
                refused += 1;
                continue;
            }
            self.shard(id.borrow()).with(self, |shard, now| shard.restore(now, id.borrow(), memory));
        }
        refused
    }

    /// An app is wanted here, or no longer: wanted, it is not new whatever its age, stays when it falls silent, and gives
    /// its place to nobody. `false` if there is none of that name.
    #[must_use = "whoever is not there is not adopted"]
    pub fn adopt(&self, id: Identity<'_>, on: bool) -> bool {
        self.shard(id).with(self, |shard, now| shard.adopt(self, now, id, on)) == Reply::Done
    }

    /// The house of an app is closed, or open again: while it is closed, a display that is off is no fault. `false` if there
    /// is none of that name.
    pub(crate) fn close(&self, id: Identity<'_>, on: bool) -> bool {
        self.input(id, Input::Closed { id, on }) == Reply::Done
    }

    /// Never waits. A closed bus has nobody left to tell.
    fn publish(&self, happening: Happening) {
        let (topic, clock) = (happening.topic(), self.0.clock.clone());
        let _ = self.0.bus.publish(Message::of(topic, Dated { happening, clock }));
    }

    fn input(&self, id: Identity<'_>, input: Input<'_>) -> Reply {
        self.shard(id).with(self, |shard, now| shard.handle(now, input))
    }

    /// Judges everybody whose time is over, as a running [`Detector`] does by itself.
    pub fn run_due(&self) {
        for shard in &self.0.shards {
            shard.run_due(self);
        }
    }

    /// What is known about one app.
    #[must_use]
    pub fn snapshot(&self, id: Identity<'_>) -> Option<Snapshot> {
        self.shard(id).read(|registry| registry.snapshot(self.0.clock.now(), id))
    }

    /// Visits every app, shard by shard: each shard is consistent in itself, and no lock is held for long.
    pub fn for_each(&self, mut visit: impl FnMut(Snapshot)) {
        for shard in &self.0.shards {
            shard.read(|registry| registry.snapshots(self.0.clock.now()).for_each(&mut visit));
        }
    }

    /// Everything that happens, numbered, in one order: each message carries a [`Dated`].
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// Commands to screens, and what screens publish. Apart: a page that talks much pushes nothing out of the replay of
    /// what happens, and nobody who follows that hears a page.
    #[must_use]
    pub fn screens(&self) -> &Bus {
        &self.0.screens
    }

    /// Which commands pages take.
    #[must_use]
    pub fn ears(&self) -> &ears::Ears {
        &self.0.ears
    }

    /// The engine's clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Whose words about hosts are believed.
    #[must_use]
    pub fn trust(&self) -> &peer::Trust {
        &self.0.trust
    }

    /// A number drawn for this run: the numbers of happenings are unique only together with it.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }

    /// Apps held, `done` ones included.
    #[must_use]
    pub fn apps(&self) -> usize {
        self.0.capacity.apps()
    }

    /// Apps tracked: those that have not said goodbye.
    #[must_use]
    pub fn tracked(&self) -> usize {
        self.0.shards.iter().map(|shard| shard.read(registry::Registry::tracked)).sum()
    }

    /// What has been counted since the start, over all apps.
    pub fn stats(&self) -> impl Iterator<Item = Stats> + '_ {
        self.0.shards.iter().map(|shard| shard.read(registry::Registry::stats))
    }

    /// How late the detector looked, since the start.
    #[must_use]
    pub fn lag(&self) -> Lag {
        self.0.figures.lag()
    }

    /// How often apps came into each state, since the start. Nobody comes into [`State::Missing`] here: that is a place's.
    pub fn changes(&self) -> impl Iterator<Item = (State, u64)> + '_ {
        self.0.figures.changes()
    }

    /// Moves between addresses must find the app again, so the host has no part in the choice.
    fn shard(&self, id: Identity<'_>) -> &Shard {
        let place = Identity::new("-", id.slot(), id.app()).expect("both names come from a checked identity");
        let hash = place.fingerprint(&self.0.key).bits() as usize;
        &self.0.shards[hash & (SHARDS - 1)]
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("apps", &self.apps()).field("clock", &self.0.clock).finish()
    }
}

#[cfg(test)]
mod tests;
