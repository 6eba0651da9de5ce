//! One app among the incidents: what is believed of it, its own incident, and its part in those of its parents.

use super::over::Flap;
use super::*;

/// What a state means for an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// Opens one.
    Bad,
    /// Begins to leave the good states; opens nothing by itself.
    Late,
    /// Neither opens nor closes: on its way, or not known.
    Between,
    /// Closes it.
    Good(Ending),
}

impl Weight {
    pub(super) const fn of(state: State) -> Self {
        match state {
            State::Missing | State::Down | State::Stalled | State::Hidden => Self::Bad,
            State::Late => Self::Late,
            State::Unknown | State::Reconnecting | State::Starting => Self::Between,
            State::Up => Self::Good(Ending::Back),
            State::Off | State::Done => Self::Good(Ending::Goodbye),
        }
    }
}

/// One app.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: OwnedIdentity,
    pub(super) parents: Vec<Parent>,
    pub(super) belief: Option<Belief>,
    /// Heard since this machine was made, or part of an incident that it goes on with: only such apps make a group's
    /// silence.
    pub(super) heard: bool,
    /// Fell silent and has not been heard since, also while its place counts as missing: the dark is dark by any name.
    pub(super) silent: bool,
    /// When the good states were left.
    left: Option<Time>,
    pub(super) open: Option<(Number, Time)>,
    /// Something is being done about it: it is not over because it works for a moment.
    pub(super) tried: bool,
    /// How often it failed of late.
    pub(super) flap: Flap,
    /// It works, and its incident is open for one of these reasons only.
    pub(super) works: bool,
    pub(super) holds: Reasons,
    /// Incidents of parents that hold its repairs.
    pub(super) groups: usize,
    pub(super) covered_by: Option<Number>,
    /// Dependencies that are down for it.
    pub(super) waits: usize,
}

impl Member {
    /// Whether it is one of those that could fall silent together.
    fn counts(&self) -> bool {
        self.heard && self.belief.is_some_and(|belief| belief.state != State::Done)
    }

    fn bad(&self) -> bool {
        self.belief.is_some_and(|belief| Weight::of(belief.state) == Weight::Bad)
    }
}

impl Incidents {
    pub(super) fn at(&mut self, place: usize) -> &mut Member {
        self.members[place].as_mut().expect("a place that was handed out is filled until it is given back")
    }

    /// The place of `id`, made if it is new.
    pub(super) fn place(&mut self, id: Identity<'_>, out: &mut Vec<Output>) -> usize {
        let owned = id.to_owned();
        if let Some(&place) = self.places.get(&owned) {
            return place;
        }
        let member = Member {
            id: owned.clone(),
            parents: Vec::new(),
            belief: None,
            heard: false,
            silent: false,
            left: None,
            open: None,
            tried: false,
            flap: Flap::default(),
            works: false,
            holds: Reasons::default(),
            groups: 0,
            covered_by: None,
            waits: 0,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.members[place] = Some(member);
                place
            }
            None => {
                self.members.push(Some(member));
                self.members.len() - 1
            }
        };
        self.places.insert(owned, place);
        self.settle_in(place, out);
        place
    }

    /// Finds its parents and what it waits for.
    fn settle_in(&mut self, place: usize, out: &mut Vec<Output>) {
        let id = self.at(place).id.clone();
        let parents = self.tree.parents(id.borrow());
        let down = self.tree.waits(id.borrow()).filter(|&at| self.down[at] > 0).count();
        let mut groups = 0;
        for parent in &parents {
            let (crowd, members) = self.crowds.entry(parent.clone()).or_default();
            members.push(place);
            groups += usize::from(crowd.open.is_some_and(|outage| outage.until.is_some()));
        }
        let member = self.at(place);
        member.parents = parents;
        (member.groups, member.waits) = (groups, down);
        self.hold(place, Reason::Group, groups > 0, out);
        self.hold(place, Reason::Dependency, down > 0, out);
    }

    pub(super) fn hold(&mut self, place: usize, reason: Reason, on: bool, out: &mut Vec<Output>) {
        let member = self.at(place);
        if member.holds.set(reason, on) {
            let (id, number) = (member.id.clone(), member.open.map(|(number, _)| number));
            out.push(Output::Held { id, number, reason, on });
        }
    }

    pub(super) fn believe(&mut self, place: usize, belief: Belief, out: &mut Vec<Output>) {
        let member = self.at(place);
        let (was_silent, was_bad, counted) = (member.silent, member.bad(), member.counts());
        member.heard |= !matches!(belief.state, State::Unknown | State::Missing | State::Late | State::Down);
        let before = member.belief.replace(belief);
        member.silent = match belief.state {
            State::Late | State::Down => member.heard,
            State::Missing => was_silent,
            _ => false,
        };
        let (silent, counts) = (member.silent, member.counts());
        self.own_incident(place, before, belief, out);
        if was_bad != self.at(place).bad() {
            let id = self.at(place).id.clone();
            self.needed(&Needed::App(id), !was_bad, out);
        }
        if counted != counts {
            self.count(place, counts);
        }
        match (was_silent, silent) {
            (false, true) => self.fell(place, belief, out),
            (true, false) => self.rose(place, out),
            _ => {}
        }
    }

    fn own_incident(&mut self, place: usize, before: Option<Belief>, belief: Belief, out: &mut Vec<Output>) {
        let Belief { state, cause, since: at, granted, .. } = belief;
        let (next, now) = (Number(self.last.0 + 1), self.now);
        let member = self.at(place);
        match (Weight::of(state), member.open) {
            (Weight::Bad, None) => {
                let since = member.left.take().unwrap_or(at);
                member.open = Some((next, since));
                member.flap.begin(now);
                let (subject, holds) = (Subject::App(member.id.clone()), member.holds);
                out.push(Output::Opened { number: next, subject, state, cause, since, at, granted, holds });
                self.last = next;
            }
            (Weight::Bad, Some((number, _))) => {
                if core::mem::take(&mut member.works) {
                    out.push(Output::Works { number, on: false });
                }
                if before.is_none_or(|before| (before.state, before.cause) != (state, cause)) {
                    out.push(Output::Changed { number, state, cause, at });
                }
                self.fails(place);
            }
            (Weight::Late, None) => {
                member.left.get_or_insert(at);
            }
            // A restart forgets nothing: who was late before it is late since then.
            (Weight::Between, None) if state != State::Unknown => member.left = None,
            (Weight::Good(_), None) => member.left = None,
            (Weight::Good(_), Some(_)) => self.works(place, out),
            (Weight::Late | Weight::Between, _) => {}
        }
    }

    pub(super) fn count(&mut self, place: usize, counts: bool) {
        for parent in self.at(place).parents.clone() {
            let Some((crowd, _)) = self.crowds.get_mut(&parent) else { continue };
            crowd.heard = if counts { crowd.heard + 1 } else { crowd.heard.saturating_sub(1) };
        }
    }

    /// Takes it out of its parents and off what depends on it, as if it had never been heard.
    fn move_out(&mut self, place: usize, out: &mut Vec<Output>) {
        let (bad, silent, counts) = (self.at(place).bad(), self.at(place).silent, self.at(place).counts());
        let id = self.at(place).id.clone();
        if bad {
            self.needed(&Needed::App(id), false, out);
        }
        if silent {
            self.rose(place, out);
        }
        if counts {
            self.count(place, false);
        }
        for parent in core::mem::take(&mut self.at(place).parents) {
            if let Some((_, members)) = self.crowds.get_mut(&parent) {
                members.retain(|&other| other != place);
                if members.is_empty() {
                    self.crowds.remove(&parent);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, id: Identity<'_>, out: &mut Vec<Output>) {
        let Some(place) = self.places.get(&id.to_owned()).copied() else { return };
        self.move_out(place, out);
        self.fails(place);
        if let Some((number, _)) = self.at(place).open {
            let (subject, at) = (Subject::App(id.to_owned()), self.now);
            out.push(Output::Closed { number, subject, at, ending: Ending::Removed });
        }
        self.places.remove(&id.to_owned());
        self.members[place] = None;
        self.free.push(place);
    }

    pub(super) fn rename(&mut self, from: Identity<'_>, to: Identity<'_>, out: &mut Vec<Output>) {
        let Some(&place) = self.places.get(&from.to_owned()) else { return };
        if from == to {
            return;
        }
        self.remove(to, out);
        self.move_out(place, out);
        self.places.remove(&from.to_owned());
        self.places.insert(to.to_owned(), place);
        let member = self.at(place);
        member.id = to.to_owned();
        let (bad, silent, counts, belief) = (member.bad(), member.silent, member.counts(), member.belief);
        self.settle_in(place, out);
        if bad {
            self.needed(&Needed::App(to.to_owned()), true, out);
        }
        if counts {
            self.count(place, true);
        }
        if let Some(belief) = belief.filter(|_| silent) {
            self.fell(place, belief, out);
        }
    }

    pub(super) fn restore(
        &mut self,
        place: usize,
        belief: Belief,
        open: Option<(Number, Time)>,
        out: &mut Vec<Output>,
    ) {
        self.resume_after(open.map_or(Number(0), |(number, _)| number));
        let member = self.at(place);
        let was_bad = member.bad();
        (member.belief, member.open) = (Some(belief), open);
        member.left = matches!(Weight::of(belief.state), Weight::Late).then_some(belief.since);
        if was_bad != member.bad() {
            let (id, down) = (member.id.clone(), member.bad());
            self.needed(&Needed::App(id), down, out);
        }
    }
}
