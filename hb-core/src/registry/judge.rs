//! What becomes true by a word or by silence: an app is judged, the change is told, and its next deadline is set.
//!
//! Not here: what the sessions of an app amount to ([`super::app`]).

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::lease::Slot;
use hb_lease::time::Time;

use super::{Event, EventKind, Output, Registry, Removal, Transition};
use crate::beat::{Cause, State};

impl Registry {
    /// Tells what silence made true before `now`, step by step.
    pub(super) fn advance(&mut self, slot: Slot, now: Time, out: &mut Vec<Output>) {
        let mut at = self.apps.deadline(slot);
        while at < now && self.judge(slot, at, out) {
            at = self.apps.deadline(slot);
        }
    }

    /// Judges an app at `at`, publishes a change, and sets its next deadline; `false` if it is gone.
    pub(super) fn judge(&mut self, slot: Slot, at: Time, out: &mut Vec<Output>) -> bool {
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
    pub(super) fn introduce(&mut self, slot: Slot, now: Time, out: &mut Vec<Output>) {
        let app = self.apps.value_mut(slot);
        let Some(judged) = app.judge(now, &self.config) else { return };
        (app.state, app.cause) = (judged.state, judged.cause);
        self.stats.transitions += 1;
        let (id, to, cause) = (app.id().to_owned(), app.state, app.cause);
        out.push(Output::Transition(Transition { id, from: None, to, cause, at: now }));
        self.judge(slot, now, out);
    }

    pub(super) fn turn(
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
    pub(super) fn keep_until(
        &mut self,
        slot: Slot,
        at: Time,
        retention: Duration,
        until: Time,
        why: Removal,
        out: &mut Vec<Output>,
    ) -> bool {
        let end = self.apps.value(slot).since + retention;
        // It may have been over for long when the app was restored.
        if end <= at {
            self.remove(slot, at, why, out);
            return false;
        }
        self.apps.renew(slot, end.min(until));
        true
    }

    pub(super) fn remove(&mut self, slot: Slot, at: Time, why: Removal, out: &mut Vec<Output>) {
        let beats = self.apps.value(slot).beats;
        self.tell(slot, at, EventKind::Removed { why, beats }, out);
        self.drop(slot);
    }

    /// Holds an app no longer.
    pub(super) fn drop(&mut self, slot: Slot) {
        let boot = self.apps.value(slot).live_boot();
        self.boots.forget(&self.apps, slot, &self.key, boot);
        let app = self.apps.remove(slot);
        self.done -= usize::from(app.state == State::Done);
    }

    pub(super) fn tell(&mut self, slot: Slot, at: Time, kind: EventKind, out: &mut Vec<Output>) {
        let id = self.apps.value(slot).id().to_owned();
        out.push(Output::Event(Event { id, at, kind }));
    }
}
