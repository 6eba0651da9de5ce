//! What comes in: beats and presence sockets, new apps, apps that come from elsewhere, and a person's word on a conflict or
//! on who took whose place.
//!
//! Not here: what a session makes of a beat ([`super::session`]), and what silence makes true ([`super::judge`]).

use alloc::vec::Vec;

use hb_lease::lease::Slot;
use hb_lease::time::Time;

use super::app::{App, Heard};
use super::session::{Kind, Knock};
use super::{EventKind, Origin, Output, Registry, Reply};
use crate::beat::{Beat, Verb};
use crate::id::{Boot, Identity};

impl Registry {
    pub(super) fn beat(
        &mut self,
        now: Time,
        id: Identity<'_>,
        beat: &Beat<'_>,
        from: Origin,
        admit: bool,
        out: &mut Vec<Output>,
    ) -> Reply {
        let reply = match beat.verb {
            Verb::Done => Reply::Goodbye,
            Verb::Init | Verb::Ping | Verb::State => {
                Reply::Granted(beat.promise.as_duration() + self.config.tolerance)
            }
        };
        let kind = Kind::of(beat, from);
        let mut found = self.settled(now, id, out);
        if let Some(boot) = kind.boot() {
            found = self.follow(now, id, beat, boot, found, admit, out);
        }
        let known = found.is_some();
        let slot = match found {
            Some(slot) => slot,
            // Whoever leaves before it was known leaves nothing behind.
            None if beat.is_parting() => return reply,
            None if !admit => return Reply::NotAdmitted,
            None => self.admit(now, id, kind),
        };
        self.stats.accepted += 1;
        let unknowable = beat.vitals.display.is_some() && !from.program;
        self.stats.malformed += u64::from(beat.malformed) + u64::from(unknowable);

        let app = self.apps.value_mut(slot);
        app.beats += 1;
        let boot = app.live_boot();
        // Takes no memory until there is something to tell.
        let mut told = Vec::new();
        if app.hear(now, beat, from, &self.config, &mut |kind| told.push(kind)) == Heard::Stale {
            self.stats.stale += 1;
            return reply;
        }
        self.index(slot, boot);
        if let Some(boot) = kind.boot() {
            for _ in 0..self.boots.greet(now, *self.apps.key(slot), boot) {
                self.apps.value_mut(slot).note_socket(boot, Knock::Opened);
            }
        }
        for kind in told {
            self.tell(slot, now, kind, out);
        }
        if known {
            self.judge(slot, now, out);
        } else {
            self.introduce(slot, now, out);
        }
        reply
    }

    pub(super) fn admit(&mut self, now: Time, id: Identity<'_>, kind: Kind) -> Slot {
        let app = App::new(id, kind, now);
        let slot = self.apps.insert(id.fingerprint(&self.key), app, Time::MAX);
        self.boots.remember(&self.apps, slot, &self.key);
        slot
    }

    /// Finds a live boot that now speaks from another address: the same app has moved. Of two that answer to its name none takes
    /// it along, as nobody knows whose it is: only the page goes, to a place of its own.
    #[expect(clippy::too_many_arguments, reason = "one call, all of one beat")]
    fn follow(
        &mut self,
        now: Time,
        id: Identity<'_>,
        beat: &Beat<'_>,
        boot: Boot,
        found: Option<Slot>,
        admit: bool,
        out: &mut Vec<Output>,
    ) -> Option<Slot> {
        if found.is_some_and(|slot| self.apps.value(slot).is_home_of(boot, beat)) {
            return found;
        }
        let Some(old) = self.boots.find(&self.apps, &self.key, id, boot) else { return found };
        let from = self.apps.value(old).id().host().into();
        let contested = self.apps.value(old).is_contested();
        if found.is_none() && contested && !admit && !beat.is_parting() {
            // It leaves once it has a place to go to.
            return found;
        }
        if found.is_none() && !contested && self.apps.rekey(old, id.fingerprint(&self.key)) {
            self.advance(old, now, out);
            // It may have been forgotten just now.
            let slot = self.find(id)?;
            self.apps.value_mut(slot).set_host(id);
            self.tell(slot, now, EventKind::Moved { from }, out);
            return Some(slot);
        }
        // The boot joins whoever is there, and is gone from where it was.
        self.advance(old, now, out);
        if self.boots.find(&self.apps, &self.key, id, boot) == Some(old) {
            self.boots.forget(&self.apps, old, &self.key, Some(boot));
            if self.apps.value_mut(old).depart(boot) {
                self.tell(old, now, EventKind::Conflict { on: false }, out);
            }
            self.judge(old, now, out);
        }
        found
    }

    /// Calls an app as another, or lets it give way to that one: who speaks there now is believed, not who was here.
    pub(super) fn replace(
        &mut self,
        now: Time,
        from: Identity<'_>,
        to: Identity<'_>,
        out: &mut Vec<Output>,
    ) -> Reply {
        let there = self.settled(now, to, out);
        let Some(slot) = self.settled(now, from, out).filter(|_| from != to) else { return Reply::Unknown };
        if there.is_some() {
            let beats = self.apps.value(slot).beats;
            self.tell(slot, now, EventKind::Replaced { by: to.host().into(), beats }, out);
            self.drop(slot);
        } else {
            self.apps.rekey(slot, to.fingerprint(&self.key));
            self.apps.value_mut(slot).set_host(to);
            self.tell(slot, now, EventKind::Moved { from: from.host().into() }, out);
        }
        Reply::Done
    }

    /// Keeps the index of live boots true of `slot`, whose one was `before`.
    fn index(&mut self, slot: Slot, before: Option<Boot>) {
        if self.apps.value(slot).live_boot() != before {
            self.boots.forget(&self.apps, slot, &self.key, before);
            self.boots.remember(&self.apps, slot, &self.key);
        }
    }

    /// Ends a conflict, if there is one.
    pub(super) fn dismiss(&mut self, slot: Slot, now: Time, out: &mut Vec<Output>) {
        let app = self.apps.value_mut(slot);
        if !app.is_contested() {
            return;
        }
        let boot = app.live_boot();
        app.dismiss();
        self.index(slot, boot);
        self.tell(slot, now, EventKind::Conflict { on: false }, out);
        self.judge(slot, now, out);
    }

    pub(super) fn presence(
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
}
