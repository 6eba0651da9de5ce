//! What the registry says of apps, passed on: to expectations, incidents and repairs.
//!
//! Not here: places that show nothing (`places`), why an app waits (`hours`).

use hb_core::beat::{Cause, State};
use hb_core::expect::How;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::incident::{Belief, Group, Parent};
use hb_core::repair::{Adoption, Evidence};
use hb_core::{expect, incident, repair};

use super::places::first;
use super::{App, Machine, Moment, Output, Plan, Rehearsal};

impl Machine {
    pub(super) fn believe(&mut self, at: Moment, id: Identity<'_>, belief: Belief, out: &mut Vec<Output>) {
        let owned = id.to_owned();
        let before = match self.apps.get_mut(&owned) {
            Some(app) => Some(app.turn(belief)),
            None => {
                let groups = self.groups_of(id);
                self.apps.insert(owned, App::new(belief, groups));
                self.meet(at, id, out);
                None
            }
        };
        self.believed(at, id, belief.state, out);
        if self.is_stranger(id) {
            return;
        }
        // Why it waits is known before it is said that anything is wrong.
        self.hold(at, id, out);
        self.settle(at, id, out);
        self.prove(at, id, before, out);
    }

    /// Two pages answer to its name, or no longer.
    pub(super) fn contest(&mut self, at: Moment, id: Identity<'_>, on: bool, out: &mut Vec<Output>) {
        let Some(app) = self.apps.get_mut(&id.to_owned()) else { return };
        if std::mem::replace(&mut app.conflict, on) != on && !self.is_stranger(id) {
            self.hold(at, id, out);
        }
    }

    /// Tells the expectations. Whoever others depend on is expected: if it could fail untold, they would wait untold.
    pub(super) fn believed(&mut self, at: Moment, id: Identity<'_>, state: State, out: &mut Vec<Output>) {
        self.expected(at, expect::Input::State { id, state }, out);
        let owned = id.to_owned();
        if self.needed.contains(&owned) && self.expect.adopted(id).is_none() {
            self.expected(at, expect::Input::Adopted { id, how: How::List }, out);
            self.adopted(at, &owned, at.now, How::List, None, out);
        }
    }

    /// Whether incidents and repairs hear nothing of an app: nobody expects it, and no incident is about it. Whoever can
    /// beat can make up names: these take no place of theirs, and nobody walks through them. Why they wait is plain.
    pub(in crate::watch) fn is_stranger(&self, id: Identity<'_>) -> bool {
        self.is_new(id) && !self.incidents.knows(id)
    }

    /// Tells the incidents what is believed of an app now, with its place. Of whom nobody expects anything, they hear
    /// nothing: names that are made up must neither be a group that falls silent nor part of one.
    pub(super) fn settle(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        if let Some(belief) = self.belief(id) {
            if !self.is_new(id) {
                self.incident(at, incident::Input::Believed { id, belief }, out);
                self.on_trial(at, id, out);
            }
            self.repair(at, repair::Input::State { id, state: belief.state }, out);
        }
    }

    /// Tells the incidents of those who are no longer new.
    pub(super) fn welcome(&mut self, at: Moment, out: &mut Vec<Output>) {
        for id in std::mem::take(&mut self.welcomed) {
            self.settle(at, id.borrow(), out);
        }
    }

    /// An app is seen for the first time.
    pub(super) fn meet(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        if self.is_stranger(id) {
            return;
        }
        self.introduce(at, id, out);
        if self.expect.adopted(id).is_some() {
            out.push(Output::Adopted(id.to_owned()));
        }
    }

    /// Incidents and repairs hear of an app for the first time.
    pub(super) fn introduce(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        // Of some there was evidence before: why they wait is known before they may be repaired.
        self.hold(at, id, out);
        if self.hosts.insert(id.host().into()) {
            let groups = self.groups.clone();
            let names: Vec<&str> = in_groups(&groups, id.host()).collect();
            let input = repair::Input::Groups { host: id.host(), groups: &names };
            let mut told = Vec::new();
            self.repairs.handle(at.now, input, &mut told);
            self.repaired(at, told, out);
            self.close(at, &Parent::Host(id.host().into()), out);
        }
        self.equip(at, id, out);
    }

    /// Tells the repairs by which ladder an app is repaired, and whether it may be.
    pub(super) fn equip(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        if let Some(ladder) = self.plan_of(id).map(|plan| plan.ladder.clone()) {
            self.repair(at, repair::Input::Ladder { id, ladder }, out);
        }
        self.allow(at, id, out);
    }

    fn plan_of(&self, id: Identity<'_>) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.apps.iter().any(|apps| apps.matches(id)))
    }

    /// Tells the repairs how far an app is adopted: in whose name a place of the list is dark, as all of the list.
    pub(super) fn allow(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        let adoption = match self.plan_of(id) {
            _ if self.is_new(id) => Adoption::New,
            Some(plan) if !plan.dry => Adoption::Repairs,
            _ => Adoption::DryRun,
        };
        self.repair(at, repair::Input::Adopt { id, adoption }, out);
    }

    /// Why a repair of an app is only rehearsed, where it is.
    pub(super) fn rehearsal(&self, id: Identity<'_>) -> Rehearsal {
        match self.plan_of(id) {
            _ if self.is_new(id) => Rehearsal::New,
            None => Rehearsal::NoPlan,
            Some(_) => Rehearsal::Dry,
        }
    }

    /// What the client says of itself is evidence, also when it then falls silent or ends: its last word was a bad one.
    /// `before` is what repairs know: the state, and what was proved.
    pub(super) fn prove(
        &mut self,
        at: Moment,
        id: Identity<'_>,
        before: Option<(State, Option<Evidence>)>,
        out: &mut Vec<Output>,
    ) {
        if self.is_stranger(id) {
            return;
        }
        let Some((state, after)) = self.apps.get(&id.to_owned()).map(App::shown) else { return };
        if state == State::Up && before.is_some_and(|(before, _)| before != State::Up) {
            // Whoever said that its process is gone may be away; it is not.
            let input = repair::Input::Evidence { id, evidence: Evidence::Exited, on: false };
            self.repair(at, input, out);
        }
        let before = before.and_then(|(_, proof)| proof);
        if before == after {
            return;
        }
        let lost = |evidence| evidence == Some(Evidence::ContextLost);
        if lost(before) != lost(after) {
            self.repair(at, repair::Input::Context { id, lost: lost(after) }, out);
        }
        match (before, after) {
            (_, Some(evidence)) => {
                self.repair(at, repair::Input::Evidence { id, evidence, on: true }, out);
            }
            (Some(evidence), None) => {
                self.repair(at, repair::Input::Evidence { id, evidence, on: false }, out);
            }
            (None, None) => {}
        }
    }

    pub(super) fn remove(&mut self, at: Moment, id: Identity<'_>, forgotten: bool, out: &mut Vec<Output>) {
        if self.apps.remove(&id.to_owned()).is_none() {
            return;
        }
        self.expected(at, expect::Input::Removed { id, forgotten }, out);
        // A dark place goes on in the name of who was there.
        if self.belief(id).is_none() {
            self.incident(at, incident::Input::Removed { id }, out);
            self.repair(at, repair::Input::Forget { id }, out);
        }
        self.leave(at, id.host(), out);
        out.push(Output::Changed(id.to_owned()));
    }

    /// A host goes with its last app.
    pub(super) fn leave(&mut self, at: Moment, host: &str, out: &mut Vec<Output>) {
        let next = self.apps.range(first(host, "")..).next();
        let parent = Parent::Host(host.into());
        // An incident of a host whose places are dark goes on, and is as quiet as it was.
        let goes = next.is_none_or(|(id, _)| id.borrow().host() != host)
            && self.incidents.of_parent(&parent).is_none();
        if !goes || !self.hosts.remove(host) {
            return;
        }
        self.repair(at, repair::Input::Groups { host, groups: &[] }, out);
        if self.closings.remove(&parent).flatten().is_some() {
            self.incident(at, incident::Input::Closing { parent: &parent, at: None }, out);
        }
    }

    pub(super) fn groups_of(&self, id: Identity<'_>) -> Box<[Box<str>]> {
        let own = self.groups.iter().filter(|group| group.members.iter().any(|member| member.matches(id)));
        own.map(|group| group.name.clone()).collect()
    }

    pub(super) fn groups_of_host(&self, host: &str) -> Vec<&str> {
        in_groups(&self.groups, host).collect()
    }

    /// The groups of an app, whether or not it was ever seen.
    pub(in crate::watch) fn named_groups(&self, id: &OwnedIdentity) -> Vec<Box<str>> {
        self.apps.get(id).map_or_else(|| self.groups_of(id.borrow()).into_vec(), |app| app.groups.to_vec())
    }
}

/// The groups that may have an app of this host.
fn in_groups<'a>(groups: &'a [Group], host: &str) -> impl Iterator<Item = &'a str> {
    let members = move |group: &&Group| group.members.iter().any(|member| member.may_match_host(host));
    groups.iter().filter(members).map(|group| &*group.name)
}

impl App {
    pub(super) fn new(belief: Belief, groups: Box<[Box<str>]>) -> Self {
        Self { belief, proof: evidence(belief), conflict: false, groups }
    }

    /// Its state, and what it proved of itself.
    fn shown(&self) -> (State, Option<Evidence>) {
        (self.belief.state, self.proof)
    }

    /// Takes a belief, and answers what it showed before. Whose page or browser ended takes back nothing by that: what was
    /// wrong may be why it ended, and nothing was mended.
    fn turn(&mut self, belief: Belief) -> (State, Option<Evidence>) {
        let before = self.shown();
        let ended = is_bad(belief.state) && belief.cause == Cause::ConnectionLost;
        (self.belief, self.proof) = (belief, evidence(belief).or(self.proof.filter(|_| ended)));
        before
    }
}

fn is_bad(state: State) -> bool {
    matches!(state, State::Stalled | State::Late | State::Down)
}

/// What the client's own word proves.
fn evidence(belief: Belief) -> Option<Evidence> {
    match belief.cause {
        _ if !is_bad(belief.state) => None,
        Cause::NoFrames => Some(Evidence::NoFrames),
        Cause::MainBlocked => Some(Evidence::MainBlocked),
        Cause::ContextLost => Some(Evidence::ContextLost),
        Cause::GpuStuck => Some(Evidence::GpuStuck),
        Cause::PictureStuck => Some(Evidence::PictureStuck),
        _ => None,
    }
}
