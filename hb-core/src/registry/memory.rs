//! What an earlier run believed of an app, and how it comes back: amnesty with memory (spec/liveness.md 3, law 5).
//!
//! Who is restored holds its place, its name and its page as before, and is not heard: nothing is green without a beat.
//! Told is what changed by the restart (`up→unknown`), once; what was bad is as it was, and nothing is told of it.
//! Not here: what is left of which state ([`crate::verdict::remembered`]), and where it was kept.

use alloc::vec::Vec;

use hb_lease::time::Time;

use super::app::App;
use super::{Output, Registry, Snapshot};
use crate::beat::{Cause, Promise, State};
use crate::id::{Boot, Identity};

/// What an earlier run believed of an app. Its moments may lie before this run began: an owner of clocks who means to
/// restore lets time begin well after [`Time::ZERO`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What was believed.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// Since when.
    pub since: Time,
    /// When it was first heard of.
    pub first_seen: Time,
    /// The promise in force.
    pub promise: Promise,
    /// Its page. One that beats on goes on, also from another address; no command line speaks for it meanwhile. Without,
    /// whoever speaks first is it.
    pub boot: Option<Boot>,
    /// The version of its vitals, by which it is judged prompt or patient.
    pub version: Option<u8>,
    /// It had lived for a day.
    pub lived: bool,
    /// Somebody wanted it here.
    pub adopted: bool,
}

impl Memory {
    /// What there is to remember of an app.
    #[must_use]
    pub fn of(app: &Snapshot) -> Self {
        Self {
            state: app.state,
            cause: app.cause,
            since: app.since,
            first_seen: app.first_seen,
            promise: app.promise,
            boot: app.vitals.boot,
            version: app.vitals.version,
            lived: app.lived,
            adopted: app.adopted,
        }
    }
}

impl Registry {
    pub(super) fn restore(&mut self, now: Time, id: Identity<'_>, mut memory: Memory, out: &mut Vec<Output>) {
        if let Some(slot) = self.settled(now, id, out) {
            self.apps.value_mut(slot).recollect(&memory);
            self.judge(slot, now, out);
            return;
        }
        // A page is in one place at a time; of two that claim it the first has it.
        memory.boot = memory.boot.filter(|&boot| self.boots.find(&self.apps, &self.key, id, boot).is_none());
        let app = App::remembered(id, &memory, now);
        let slot = self.apps.insert(id.fingerprint(&self.key), app, Time::MAX);
        self.boots.remember(&self.apps, slot, &self.key);
        self.done += usize::from(memory.state == State::Done);
        self.judge(slot, now, out);
    }
}
