//! The course of a page: it opens, leaves, ends, and begins anew; and what is given up or sent off on the way.
//!
//! Not here: the beats in between ([`super`]), and what they say ([`super::speech`]).

use alloc::vec::Vec;

use hb_lease::time::Time;

use super::speech::promise;
use super::{Output, Sender};
use crate::beat::{Promise, Verb};
use crate::gate;

/// How far a page has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The page has not loaded yet.
    Loading,
    Beating,
    /// Said `leaving`; silent unless it returns.
    Left,
    /// Said goodbye; silent unless somebody asks for more.
    Done,
    /// Said goodbye because it is hidden; silent until it is seen.
    Paused,
}

impl Sender {
    pub(super) fn leave(&mut self, now: Time, out: &mut Vec<Output>) {
        self.abort(out);
        self.phase = Phase::Left;
        if self.says_done {
            self.beacon(now, Verb::Done, Promise::default(), out);
        } else if self.spoken {
            self.beacon(now, Verb::State, promise(self.grace), out);
        }
    }

    pub(super) fn close(&mut self, now: Time, phase: Phase, out: &mut Vec<Output>) {
        if matches!(self.phase, Phase::Done | Phase::Paused) {
            return;
        }
        // Nothing of ours may still be under way when the goodbye leaves: it would resurrect the app at old servers.
        self.abort(out);
        self.phase = phase;
        self.beacon(now, Verb::Done, Promise::default(), out);
    }

    /// After a goodbye only `hb_init` reopens a boot.
    pub(super) fn open(&mut self, now: Time, out: &mut Vec<Output>) {
        if matches!(self.phase, Phase::Done | Phase::Paused) {
            self.phase = Phase::Beating;
            self.init = true;
            self.spoken = false;
            self.due = Time::MAX;
            self.urge(now);
            self.look(now, gate::Input::Loaded, out);
        }
    }

    pub(super) fn start_over(&mut self, now: Time, out: &mut Vec<Output>) {
        self.abort(out);
        self.seq = 0;
        self.gap = 0;
        self.errors = 0;
        if !matches!(self.phase, Phase::Done | Phase::Paused) {
            self.phase = Phase::Beating;
        }
        self.init = true;
        self.asked = false;
        self.spoken = false;
        // Whoever takes over at the first request of a boot takes it for the only one in a while.
        self.free[0] = self.free[1];
        self.due = Time::MAX;
        self.urge(now);
        self.look(now, gate::Input::Return, out);
    }

    pub(super) fn abort(&mut self, out: &mut Vec<Output>) {
        if self.flight.take().is_some() {
            out.push(Output::Abort);
        }
    }

    pub(super) fn lose(&mut self) {
        if self.flight.take().is_some() {
            self.stats.failed = self.stats.failed.saturating_add(1);
        }
    }

    pub(super) fn beacon(&mut self, now: Time, verb: Verb, promise: Promise, out: &mut Vec<Output>) {
        self.beaconed = Some(now);
        // It says all there is to say; nothing more is urgent.
        self.count(now);
        // Only pages have beacons, and the page that told us sends it.
        if !self.remote {
            out.push(Output::Beacon(self.honest(verb), promise));
        }
    }
}
