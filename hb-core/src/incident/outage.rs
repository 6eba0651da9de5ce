//! What many apps have in common: their parents' incidents, and what they wait for.

use super::silence::{Outage, Silent};
use super::*;
use crate::beat::Cause;

impl Incidents {
    /// What others depend on failed, or works again.
    pub(super) fn needed(&mut self, what: &Needed, down: bool, out: &mut Vec<Output>) {
        let concerned = |(at, dependency): (usize, &Dependency)| (dependency.on == *what).then_some(at);
        let rows: Vec<usize> = self.tree.dependencies.iter().enumerate().filter_map(concerned).collect();
        for at in rows {
            self.down[at] = if down { self.down[at] + 1 } else { self.down[at].saturating_sub(1) };
            let edge = self.down[at] == usize::from(down);
            let waiting: Vec<usize> = self.places.values().copied().collect();
            for place in waiting.into_iter().filter(|_| edge) {
                let id = self.at(place).id.clone();
                if self.tree.waits(id.borrow()).any(|row| row == at) {
                    let member = self.at(place);
                    member.waits = if down { member.waits + 1 } else { member.waits.saturating_sub(1) };
                    let on = member.waits > 0;
                    self.hold(place, Reason::Dependency, on, out);
                }
            }
        }
    }

    pub(super) fn fell(&mut self, place: usize, belief: Belief, out: &mut Vec<Output>) {
        let Belief { since, granted, down_at, .. } = belief;
        for parent in self.at(place).parents.clone() {
            let covered = self.at(place).covered_by.is_some();
            let now = self.now;
            let Some((crowd, members)) = self.crowds.get_mut(&parent) else { continue };
            crowd.fell(place, Silent { since, granted, down_at, covered });
            if let Some(outage) = crowd.open {
                self.cover(place, outage, out);
            } else if let Some(since) = crowd.together(now) {
                let number = Number(self.last.0 + 1);
                self.last = number;
                crowd.begin(number, since, now);
                self.holding.insert(parent.clone());
                let Some(outage) = &mut crowd.open else { continue };
                outage.quiet = outage.is_before(self.closings.get(&parent).copied());
                let outage = *outage;
                let (silent, members): (Vec<usize>, Vec<usize>) = (crowd.silent().collect(), members.clone());
                let (state, cause, holds) = (State::Down, Cause::Silence, of_parent(outage));
                let subject = Subject::Parent(parent.clone());
                out.push(Output::Opened { number, subject, state, cause, since, at: now, granted, holds });
                for member in members {
                    self.group_hold(member, true, out);
                }
                for member in silent {
                    self.cover(member, outage, out);
                }
                self.parent_needed(&parent, true, out);
            }
        }
    }

    pub(super) fn rose(&mut self, place: usize, out: &mut Vec<Output>) {
        let (parents, covered_by) = (self.at(place).parents.clone(), self.at(place).covered_by);
        for parent in &parents {
            if let Some((crowd, _)) = self.crowds.get_mut(parent) {
                crowd.rose(place);
            }
        }
        if let Some(by) = covered_by {
            self.uncover(place, by, out);
        }
        for parent in parents {
            let Some((crowd, members)) = self.crowds.get_mut(&parent) else { continue };
            let Some(outage) = crowd.open.filter(|_| crowd.is_over()) else { continue };
            crowd.open = None;
            let (silent, members): (Vec<usize>, Vec<usize>) = (crowd.silent().collect(), members.clone());
            let (number, at) = (outage.number, self.now);
            let subject = Subject::Parent(parent.clone());
            out.push(Output::Closed { number, subject, at, ending: Ending::Back });
            for member in members.into_iter().filter(|_| outage.until.is_some()) {
                self.group_hold(member, false, out);
            }
            for member in silent {
                self.uncover(member, number, out);
            }
            self.parent_needed(&parent, false, out);
        }
    }

    fn parent_needed(&mut self, parent: &Parent, down: bool, out: &mut Vec<Output>) {
        if let Parent::Group(name) = parent {
            self.needed(&Needed::Group(name.clone()), down, out);
        }
    }

    fn group_hold(&mut self, place: usize, on: bool, out: &mut Vec<Output>) {
        let member = self.at(place);
        member.groups = if on { member.groups + 1 } else { member.groups.saturating_sub(1) };
        let on = member.groups > 0;
        self.hold(place, Reason::Group, on, out);
    }

    fn cover(&mut self, place: usize, outage: Outage, out: &mut Vec<Output>) {
        let member = self.at(place);
        if member.covered_by.is_some() {
            return;
        }
        member.covered_by = Some(outage.number);
        self.covered(place, outage.number, true, out);
        self.hold(place, Reason::Covered, true, out);
    }

    /// It is no longer part of this incident. Its alerts wait on if it is part of another one; if not, they are freed
    /// together with those of all others who are silent still.
    fn uncover(&mut self, place: usize, by: Number, out: &mut Vec<Output>) {
        let member = self.at(place);
        if member.covered_by != Some(by) {
            return;
        }
        member.covered_by = None;
        self.covered(place, by, false, out);
        let crowds = self.at(place).parents.clone().into_iter().filter_map(|parent| self.crowds.get(&parent));
        match crowds.filter(|(crowd, _)| crowd.holds(place)).find_map(|(crowd, _)| crowd.open) {
            Some(outage) => self.cover(place, outage, out),
            None => self.hold(place, Reason::Covered, false, out),
        }
    }

    fn covered(&mut self, place: usize, by: Number, on: bool, out: &mut Vec<Output>) {
        let (id, parents) = (self.at(place).id.clone(), self.at(place).parents.clone());
        for parent in parents {
            if let Some((crowd, _)) = self.crowds.get_mut(&parent) {
                crowd.cover(place, on);
            }
        }
        out.push(Output::Covered { by, id, on });
    }

    /// Goes on with a group's incident of an earlier run: it ends when less than half of those are silent that were. Who
    /// is part of it was heard, if by that run.
    pub(super) fn resume(
        &mut self,
        place: usize,
        belief: Belief,
        parent: &Parent,
        number: Number,
        out: &mut Vec<Output>,
    ) {
        let silent = matches!(belief.state, State::Late | State::Down | State::Missing);
        let parents = self.at(place).parents.clone();
        if !silent || !parents.contains(parent) {
            return;
        }
        self.resume_after(number);
        if !core::mem::replace(&mut self.at(place).heard, true) {
            self.count(place, true);
        }
        self.at(place).silent = true;
        let Belief { since, granted, down_at, .. } = belief;
        let silent = Silent { since, granted, down_at, covered: true };
        for own in &parents {
            match self.crowds.get_mut(own) {
                Some((crowd, _)) if own == parent => crowd.resume(number, place, silent),
                Some((crowd, _)) => crowd.fell(place, silent),
                None => {}
            }
        }
        self.weigh(parent, out);
        let Some(outage) = self.crowds.get(parent).and_then(|(crowd, _)| crowd.open) else { return };
        self.cover(place, outage, out);
    }

    /// A group or a host closes at another time.
    pub(super) fn closes(&mut self, parent: &Parent, at: Option<Time>, out: &mut Vec<Output>) {
        match at {
            Some(at) => self.closings.insert(parent.clone(), at),
            None => self.closings.remove(parent),
        };
        self.weigh(parent, out);
    }

    /// Looks anew whether the incident of a parent is information only.
    fn weigh(&mut self, parent: &Parent, out: &mut Vec<Output>) {
        let closing = self.closings.get(parent).copied();
        let Some((crowd, _)) = self.crowds.get_mut(parent) else { return };
        let Some(outage) = &mut crowd.open else { return };
        let on = outage.is_before(closing);
        if outage.quiet == on {
            return;
        }
        outage.quiet = on;
        out.push(Output::Quiet { number: outage.number, on });
    }

    /// Ends the wait of repairs for groups whose longest down deadline is over. Alerts wait until the incident ends.
    pub(super) fn settle(&mut self, out: &mut Vec<Output>) {
        let mut free = Vec::new();
        let Self { now, crowds, holding, .. } = self;
        holding.retain(|parent| {
            let Some((crowd, members)) = crowds.get_mut(parent) else { return false };
            let Some(outage) = &mut crowd.open else { return false };
            let over = outage.until.is_some_and(|until| until <= *now);
            if over {
                outage.until = None;
                free.extend_from_slice(members);
            }
            outage.until.is_some()
        });
        for place in free {
            self.group_hold(place, false, out);
        }
    }
}

/// Why alerts of a parent's incident wait.
pub(super) fn of_parent(outage: Outage) -> Reasons {
    outage.quiet.then_some(Reason::Closed).into_iter().collect()
}
