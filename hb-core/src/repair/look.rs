//! A look at one app: what its time brought, what to do now, when to look again.
//!
//! Not here: which step ([`super::unit`]).

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use super::unit::{Course, Decision, Unit};
use super::{
    Action, Adoption, Config, Evidence, Failure, Move, Outcome, Output, Record, Refusal, Repairs, Step,
};
use crate::id::{Identity, OwnedIdentity, Who};

impl Repairs {
    /// Changes what is known of an app and looks at it. Words that `begin` nothing about an app of which nothing is
    /// known change nothing.
    pub(super) fn with(
        &mut self,
        now: Time,
        id: Identity<'_>,
        begin: bool,
        out: &mut Vec<Output>,
        change: impl FnOnce(&mut Unit, &Config),
    ) {
        let id = id.to_owned();
        if !self.units.contains_key(&id) {
            if !begin {
                return;
            }
            if self.units.len() >= self.config.apps {
                self.refused += 1;
                return;
            }
        }
        // What was over before `now` is over, whatever comes in now.
        self.settle(now, &id, |at| at < now, out);
        change(self.units.entry(id.clone()).or_default(), &self.config);
        self.look(now, &id, out);
    }

    /// Tells what became true by now, does what is due, and sets the time of the next look.
    pub(super) fn look(&mut self, now: Time, id: &OwnedIdentity, out: &mut Vec<Output>) {
        self.settle(now, id, |at| at <= now, out);
        let Some(unit) = self.units.get(id) else { return };
        // What ripens while it waits may call for another step.
        let ripens = unit.facts.ripens(now, &self.config).unwrap_or(Time::MAX);
        let mut next = Time::MAX;
        let mut waits = None;
        match self.decide(now, id, unit, false) {
            Decision::Go { at, step, why } if !self.hosts.is_busy(id.borrow().host(), step.action) => {
                self.go(now, id, (at, step), why, None, out);
            }
            Decision::Go { .. } => waits = Some(unit.waiting.unwrap_or(now)),
            // A reboot under way may be what helps it too.
            Decision::GiveUp(_) if self.hosts.is_rebooting(id.borrow().host()) => {
                waits = Some(unit.waiting.unwrap_or(now));
            }
            Decision::GiveUp(why) => self.give_up(now, id, why, out),
            Decision::Wait(until, _) => next = until.min(ripens),
            Decision::Not(_) => {}
        }
        self.schedule(now, id, if waits.is_some() { ripens } else { next }, waits);
    }

    /// The decision about an app, with what its server and its host have to say.
    pub(super) fn decide(&self, now: Time, id: &OwnedIdentity, unit: &Unit, pressed: bool) -> Decision {
        let rebooted = now < self.hosts.reboot_free(id.borrow().host());
        match unit.decide(now, rebooted, pressed, &self.config) {
            Decision::Not(why) => Decision::Not(why),
            Decision::Wait(until, why) => Decision::Wait(until, why),
            _ if !self.trusted => Decision::Not(Refusal::Clock),
            decision => decision,
        }
    }

    /// What the passing of time brought: a step that did not help, a screen that has worked for long enough. Only what
    /// `is_over` is told.
    fn settle(
        &mut self,
        now: Time,
        id: &OwnedIdentity,
        is_over: impl Fn(Time) -> bool,
        out: &mut Vec<Output>,
    ) {
        let Some(unit) = self.units.get_mut(id) else { return };
        let good = unit.facts.is_good();
        let Some(incident) = &mut unit.incident else { return };
        // What starts again on our word may say goodbye first.
        let starts = matches!(incident.course, Course::Running { until, dry: false, .. } if !is_over(until));
        let done = unit.facts.is_done() && !starts;
        incident.good = if good { incident.good.or(Some(now)) } else { None };
        let mut ended = None;
        if let Course::Running { ticket, action, until, dry } = incident.course {
            let over = is_over(until);
            if over || good || done {
                let at = if over { until } else { now };
                incident.course = Course::Idle;
                incident.not_before = at + self.config.pause(incident.attempts);
                ended = Some((action, dry));
                // What became of a step that an earlier run of the server began, nobody knows.
                if over && !done && !dry && ticket > 0 {
                    let outcome = Outcome::NoHelp;
                    out.push(Output::Ended { id: id.clone(), ticket, at, outcome });
                }
            }
        }
        let works_at = incident.good.map(|since| since + self.config.settle);
        let attempts = incident.attempts;
        if let Some(at) = works_at.filter(|&at| is_over(at)) {
            unit.incident = None;
            out.push(Output::Recovered { id: id.clone(), at, attempts });
        } else if done {
            unit.incident = None;
            out.push(Output::Closed { id: id.clone(), at: now });
        }
        if let Some((action, dry)) = ended {
            self.release(id, action, dry);
        }
    }

    fn release(&mut self, id: &OwnedIdentity, action: Action, dry: bool) {
        if dry {
            return;
        }
        let host = id.borrow().host();
        self.hosts.end(host, action);
        self.released = true;
        if action == Action::Reboot {
            // Its reboot of the day is gone for the others there: whoever waited for theirs may be at the end.
            for (other, unit) in self.units.iter_mut().filter(|(other, _)| other.borrow().host() == host) {
                if unit.incident.is_some() && unit.waiting.is_none() {
                    unit.waiting = Some(self.now);
                    self.waiting.insert((self.now, other.clone()));
                }
            }
        }
    }

    fn go(
        &mut self,
        now: Time,
        id: &OwnedIdentity,
        (at, step): (u8, Step),
        why: Evidence,
        who: Option<Who>,
        out: &mut Vec<Output>,
    ) {
        let unit = self.units.get_mut(id).expect("it was looked at");
        self.ticket += 1;
        let since = unit.facts.since(why).unwrap_or(now);
        let attempt = unit.go(now, at, step, self.ticket, &self.config);
        let dry = unit.adoption != Adoption::Repairs;
        let (ticket, action) = (self.ticket, step.action);
        let step = Move { id: id.clone(), ticket, at: now, step: at, action, attempt, why, since, who };
        if dry {
            out.push(Output::WouldRun(step));
            return;
        }
        let host = id.borrow().host();
        self.hosts.sweep(now);
        self.hosts.begin(host, action);
        if action == Action::Reboot {
            self.hosts.spare(host, now + self.config.reboot_span);
        }
        out.push(Output::Run(step));
    }

    fn give_up(&mut self, now: Time, id: &OwnedIdentity, why: Evidence, out: &mut Vec<Output>) {
        let Some(unit) = self.units.get_mut(id) else { return };
        let dry = unit.adoption != Adoption::Repairs;
        let incident = unit.incident.get_or_insert_default();
        incident.course = Course::Over;
        incident.rehearsed |= dry;
        // Nobody is called about what nobody tried.
        if !dry && !incident.gave_up {
            incident.gave_up = true;
            out.push(Output::GaveUp { id: id.clone(), at: now, attempts: incident.attempts, why });
        }
    }

    /// Sets the next look at an app: at `next`, or when something under way is over; forgets it where nothing is known.
    fn schedule(&mut self, now: Time, id: &OwnedIdentity, next: Time, waits: Option<Time>) {
        let Some(unit) = self.units.get_mut(id) else { return };
        let mut next = next;
        if let Some(incident) = &unit.incident {
            if let Course::Running { until, .. } = incident.course {
                next = next.min(until);
            }
            next = incident.good.map_or(next, |since| next.min(since + self.config.settle));
        } else if unit.recent.gone() > now {
            next = next.min(unit.recent.gone());
        }
        let timer = Some(next).filter(|&next| next < Time::MAX);
        for (set, before, after) in
            [(&mut self.timers, unit.timer, timer), (&mut self.waiting, unit.waiting, waits)]
        {
            if before == after {
                continue;
            }
            if let Some(at) = before {
                set.remove(&(at, id.clone()));
            }
            if let Some(at) = after {
                set.insert((at, id.clone()));
            }
        }
        unit.timer = timer;
        unit.waiting = waits;
        if unit.is_blank(now) && timer.is_none() {
            self.units.remove(id);
        }
    }

    pub(super) fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        while let Some((_, id)) = self.timers.first().filter(|&&(at, _)| at <= now).cloned() {
            self.look(now, &id, out);
        }
    }

    /// After a step has ended: those that waited for it, longest first.
    pub(super) fn wake(&mut self, now: Time, out: &mut Vec<Output>) {
        while core::mem::take(&mut self.released) {
            let waiting: Vec<_> = self.waiting.iter().map(|(_, id)| id.clone()).collect();
            for id in waiting {
                self.look(now, &id, out);
            }
        }
    }

    pub(super) fn result(
        &mut self,
        now: Time,
        id: Identity<'_>,
        ticket: u64,
        failure: Option<Failure>,
        out: &mut Vec<Output>,
    ) {
        let mine = |unit: &Unit| {
            let course = unit.incident.as_ref().map(|incident| incident.course);
            matches!(course, Some(Course::Running { ticket: mine, dry: false, .. }) if mine == ticket)
        };
        let id = id.to_owned();
        self.settle(now, &id, |at| at < now, out);
        let Some(unit) = self.units.get_mut(&id).filter(|unit| ticket > 0 && mine(unit)) else { return };
        let outcome = failure.map_or(Outcome::Done, Outcome::Failed);
        out.push(Output::Ended { id: id.clone(), ticket, at: now, outcome });
        if failure.is_some() {
            let incident = unit.incident.as_mut().expect("a step is under way");
            let Course::Running { action, dry, .. } = incident.course else { return };
            incident.course = Course::Idle;
            incident.step += 1;
            incident.tries = 0;
            incident.not_before = now + self.config.pause(incident.attempts);
            self.release(&id, action, dry);
        }
        self.look(now, &id, out);
    }

    /// A person pressed the button.
    pub(super) fn press(&mut self, now: Time, id: Identity<'_>, who: Who, out: &mut Vec<Output>) {
        let id = id.to_owned();
        self.settle(now, &id, |at| at < now, out);
        let why = match self.units.get(&id).map(|unit| self.decide(now, &id, unit, true)) {
            Some(Decision::Go { at, step, why }) => {
                if !self.hosts.is_busy(id.borrow().host(), step.action) {
                    self.go(now, &id, (at, step), why, Some(who), out);
                    return self.look(now, &id, out);
                }
                Refusal::Busy
            }
            Some(Decision::Not(Refusal::NoStep)) => {
                let spared = self.units.get(&id).and_then(|unit| self.spared(now, &id, unit));
                spared.map_or(Refusal::NoStep, Refusal::Rebooted)
            }
            Some(Decision::Not(why)) => why,
            Some(Decision::Wait(..) | Decision::GiveUp(_)) => Refusal::NoStep,
            None => Refusal::NoEvidence,
        };
        out.push(Output::Refused { id, at: now, who, why });
    }

    pub(super) fn restore(
        &mut self,
        now: Time,
        id: Identity<'_>,
        record: &Record,
        (after, ticket): (Duration, Option<u64>),
        out: &mut Vec<Output>,
    ) {
        let owned = id.to_owned();
        if !self.units.contains_key(&owned) && self.units.len() >= self.config.apps {
            self.refused += 1;
            return;
        }
        let unit = self.units.entry(owned.clone()).or_default();
        if unit.incident.is_none() {
            record.restore(unit, now, (after, ticket), &self.config);
            if let Some(Course::Running { action, .. }) = unit.incident.as_ref().map(|past| past.course) {
                self.hosts.begin(id.host(), action);
            }
        }
        self.look(now, &owned, out);
    }

    pub(super) fn forget(&mut self, now: Time, id: Identity<'_>, out: &mut Vec<Output>) {
        let id = id.to_owned();
        self.settle(now, &id, |at| at < now, out);
        let Some(unit) = self.units.get_mut(&id) else { return };
        let (timer, waiting) = (unit.timer, unit.waiting);
        let before =
            core::mem::replace(unit, Unit { recent: unit.recent, timer, waiting, ..Unit::default() });
        if let Some(incident) = before.incident {
            if let Course::Running { action, dry, .. } = incident.course {
                self.release(&id, action, dry);
            }
            out.push(Output::Closed { id: id.clone(), at: now });
        }
        self.look(now, &id, out);
    }
}
