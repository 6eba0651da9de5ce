//! Opening hours and mutes, as reasons for single apps to wait and as phases of single places.
//!
//! Not here: calendars ([`hb_core::window`]), what waiting means ([`hb_core::hold`]).

use hb_core::beat::{Cause, State};
use hb_core::expect::{self, Place};
use hb_core::hold::Reason;
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::incident::Parent;
use hb_core::window::{self, Hush, Kind, Muted, Phase, Reply, Subject};
use hb_core::{alert, incident};

use super::{Happened, Machine, Moment, Output};

/// The reasons that are judged here.
const JUDGED: [Reason; 6] =
    [Reason::Closed, Reason::Muted, Reason::Grace, Reason::New, Reason::DisplayOff, Reason::Conflict];

/// Of so many of whom nothing is expected it is told that they stand otherwise: anybody can make up more.
const MOST_STRANGERS: usize = 1_000;

impl Machine {
    pub(super) fn window(&mut self, at: Moment, input: window::Input, out: &mut Vec<Output>) -> Reply {
        let mut told = Vec::new();
        // What these change in one scope without a word may change others with it.
        let silent = matches!(
            input,
            window::Input::Signal { .. } | window::Input::Returned { .. } | window::Input::Clock { .. }
        );
        let reply = self.mutes.handle(at.wall, input, &mut told);
        let changed = !told.is_empty();
        for output in told {
            match &output {
                window::Output::Removed { id, mute, at: when, end } => {
                    let over = matches!(end, window::End::Over);
                    let lifted = (!over).then_some(*when);
                    out.extend(self.mute_row(*id, mute, lifted).map(|row| Output::Keep(row.into())));
                    self.set.remove(id);
                }
                window::Output::Phase { .. }
                | window::Output::Began { .. }
                | window::Output::Ended { .. } => {}
            }
            out.push(Output::Happened(Happened::Window(output)));
        }
        if changed || silent {
            self.rehold(at, out);
        }
        if changed {
            self.report(at, out);
        }
        reply
    }

    /// Tells the alerts which rules are in their hours.
    pub(super) fn judge_rules(&mut self, at: Moment, out: &mut Vec<Output>) {
        for rule in 0..self.rules.len() {
            let (hours, told) = &mut self.rules[rule];
            let active = hours.as_ref().is_none_or(|hours| hours.open_at(at.wall));
            if std::mem::replace(told, active) != active {
                self.alert(at, alert::Input::RuleActive { rule, active }, out);
            }
        }
    }

    /// Tells the incidents when every group and host closes.
    fn close_all(&mut self, at: Moment, out: &mut Vec<Output>) {
        let groups = self.groups.iter().map(|group| Parent::Group(group.name.clone()));
        let hosts = self.hosts.iter().map(|host| Parent::Host(host.clone()));
        let all: Vec<Parent> = groups.chain(hosts).collect();
        all.iter().for_each(|parent| self.close(at, parent, out));
    }

    pub(super) fn close(&mut self, at: Moment, parent: &Parent, out: &mut Vec<Output>) {
        let wall = match parent {
            Parent::Group(name) => {
                let subject = Subject { groups: &[name], ..Subject::default() };
                self.mutes.closes_at(at.wall, subject)
            }
            Parent::Host(host) => {
                let groups = self.groups_of_host(host);
                self.mutes.closes_at(at.wall, Subject { groups: &groups, host, ..Subject::default() })
            }
        };
        let closes = wall.map(|wall| at.time_of(wall));
        if self.closings.insert(parent.clone(), closes) != Some(closes) {
            self.incident(at, incident::Input::Closing { parent, at: closes }, out);
        }
    }

    /// Looks at everybody anew of whom anything is expected: who waits, and which place is open.
    pub(super) fn rehold(&mut self, at: Moment, out: &mut Vec<Output>) {
        self.close_all(at, out);
        let dark = self.dark.values().map(|dark| &dark.face);
        let all: Vec<OwnedIdentity> = self.incidents.apps().chain(dark).cloned().collect();
        for id in all {
            self.hold(at, id.borrow(), out);
        }
        // Nothing waits for the others, but whoever looks at them wants to see that they are muted.
        let strangers = self.apps.keys().filter(|id| self.is_stranger(id.borrow())).take(MOST_STRANGERS);
        out.extend(strangers.cloned().map(Output::Changed));
        let places: Vec<Place> = self.list.iter().map(|expected| expected.place.clone()).collect();
        for place in places {
            let phase = match self.phase(at, &place) {
                Phase::Closed => expect::Phase::Closed,
                Phase::Opening { until } => expect::Phase::Opening { until: at.time_of(until) },
                Phase::Open => expect::Phase::Open,
            };
            if self.phases.insert(place.clone(), phase) != Some(phase) {
                self.expected(at, expect::Input::Phase { place: &place, phase }, out);
            }
        }
    }

    fn phase(&self, at: Moment, place: &Place) -> Phase {
        let groups = self.face(place).map(|face| self.named_groups(&face)).unwrap_or_default();
        let groups: Vec<&str> = groups.iter().map(|group| &**group).collect();
        self.mutes
            .phase_at(at.wall, Subject { groups: &groups, host: place.host(), slot: place.slot(), app: "" })
    }

    /// Tells the incidents why an app waits now.
    pub(super) fn hold(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        let holds = self.judged(at, id);
        let before = self.incidents.holds(id);
        let closed = holds.contains(&Reason::Closed);
        // A server that began while it was closed has told nobody yet.
        let belief = self.belief(id).map(|belief| (belief.state, belief.cause));
        let untold = closed && belief == Some((State::Stalled, Cause::DisplayOff));
        if untold || before.contains(Reason::Closed) != closed {
            out.push(Output::Closed(id.to_owned(), closed));
        }
        // What begins comes before what ends: between closing hours and the grace nobody is free for a moment.
        for on in [true, false] {
            for reason in JUDGED {
                if holds.contains(&reason) == on && before.contains(reason) != on {
                    self.incident(at, incident::Input::Held { id, reason, on }, out);
                }
            }
        }
    }

    fn judged(&self, at: Moment, id: Identity<'_>) -> Vec<Reason> {
        let mut holds = Vec::new();
        let hush = self.ask(id, |subject| match self.mutes.may_alert(at.wall, subject) {
            Err(Hush::Muted(Muted { kind: Kind::Closed, .. })) => Some(Reason::Closed),
            Err(Hush::Muted(_)) => Some(Reason::Muted),
            Err(Hush::Opening { .. }) => Some(Reason::Grace),
            Err(Hush::Clock) | Ok(()) => None,
        });
        holds.extend(hush);
        if self.is_new(id) {
            holds.push(Reason::New);
        }
        let is_dark =
            |belief: &super::Belief| belief.state == State::Off || belief.cause == Cause::DisplayOff;
        if self.belief(id).as_ref().is_some_and(is_dark) {
            holds.push(Reason::DisplayOff);
        }
        if self.apps.get(&id.to_owned()).is_some_and(|app| app.conflict) {
            holds.push(Reason::Conflict);
        }
        holds
    }

    /// Whether nobody expects an app, whether or not it was ever heard of.
    pub(super) fn is_new(&self, id: Identity<'_>) -> bool {
        // Who is dark in a place of the list is expected there.
        let listed = self.dark.get(&Place::of(id)).is_some_and(|dark| dark.face.borrow() == id);
        !listed && self.expect.adopted(id).is_none()
    }

    /// Asks the windows about an app, with all its groups.
    pub(crate) fn ask<T>(&self, id: Identity<'_>, question: impl FnOnce(Subject<'_>) -> T) -> T {
        let groups = self.named_groups(&id.to_owned());
        let groups: Vec<&str> = groups.iter().map(|group| &**group).collect();
        question(Subject { groups: &groups, host: id.host(), slot: id.slot(), app: id.app() })
    }
}
