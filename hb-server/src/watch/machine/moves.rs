//! An app that speaks from another host now: it is the same screen, and what is its own goes along.
//!
//! Its incident, its acknowledgement, its adoption, its repairs with the step under way; and, of an app that a person or a
//! day of life made one of the house, the mutes of people that hold for it and the place where they expect it. What the
//! configuration names stays where it says, and groups, dependencies and hours follow the new name. Not here: when an app
//! has moved ([`hb_core::registry`]), a host that took the place of another (`replace`).

use std::time::Duration;

use hb_core::expect::{self, Expected, How, Place};
use hb_core::id::{Glob, Identity, Who};
use hb_core::incident::Subject;
use hb_core::window::{self, Mute, MuteId, Scope};
use hb_core::{alert, incident, repair};

use super::places::first;
use super::{App, Machine, Moment, Output, past};

impl Machine {
    pub(super) fn rename(&mut self, at: Moment, from: Identity<'_>, to: Identity<'_>, out: &mut Vec<Output>) {
        self.carry(at, from, to, false, out);
    }

    /// Takes an app along. If that was `declared`, the mutes and the expectations of the whole host go along for themselves.
    pub(super) fn carry(
        &mut self,
        at: Moment,
        from: Identity<'_>,
        to: Identity<'_>,
        declared: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(mut app) = self.apps.remove(&from.to_owned()) else { return };
        // What was said of it under its new name is newer.
        if let Some(known) = self.apps.get(&to.to_owned()) {
            (app.belief, app.proof) = (known.belief, known.proof);
        }
        let groups = self.groups_of(to);
        let belief = app.belief;
        let arrives = self.apps.insert(to.to_owned(), App { groups, ..app }).is_none();
        self.move_case(at, from, to, declared, out);
        if arrives && !declared {
            self.move_mutes(at, from, to, out);
        }
        let (adopted, settled) = (self.expect.adopted(from), self.is_settled(from));
        let own = self.repairs.record(at.now, to).filter(|_| declared);
        let record = own.map_or_else(|| self.repairs.record(at.now, from), |_| None);
        let ticket = self.rename_steps(from, to);
        self.repair(at, repair::Input::Forget { id: from }, out);
        if let Some(how) = adopted {
            self.expected(at, expect::Input::Adopted { id: to, how }, out);
        }
        self.expected(at, expect::Input::Removed { id: from, forgotten: true }, out);
        self.believed(at, to, belief.state, out);
        self.meet(at, to, out);
        // What was done counts on the ladder that it has now: a new ladder begins at its foot.
        if let Some(record) = record {
            let input = repair::Input::Restore { id: to, record, after: Duration::ZERO, ticket };
            self.repair(at, input, out);
        }
        self.on_trial(at, to, out);
        self.settle(at, to, out);
        self.prove(at, to, None, out);
        if settled && !declared {
            self.move_expectation(at, from, to, out);
        }
        self.leave(at, from.host(), out);
        out.extend([Output::Changed(from.to_owned()), Output::Changed(to.to_owned())]);
    }

    /// Of two incidents the one that comes along goes on, unless somebody takes care of the one that is there.
    pub(super) fn move_case(
        &mut self,
        at: Moment,
        from: Identity<'_>,
        to: Identity<'_>,
        declared: bool,
        out: &mut Vec<Output>,
    ) {
        let record = |id| self.alerts.record(self.incidents.of(id)?);
        let stays = self.incidents.of(from).is_none() && self.incidents.of(to).is_some()
            || record(to).is_some_and(|record| record.acknowledged.is_some());
        if declared && stays {
            self.incident(at, incident::Input::Removed { id: from }, out);
        } else {
            self.incident(at, incident::Input::Moved { from, to }, out);
            self.rename_case(at, to, out);
        }
        // To the repairs it is another app: they are told all that the incidents know already.
        for reason in self.incidents.holds(to).iter() {
            self.repair(at, repair::Input::Held { id: to, reason, on: true }, out);
        }
    }

    /// The open incident of an app that has moved is called by its new name, and kept under it.
    fn rename_case(&mut self, at: Moment, to: Identity<'_>, out: &mut Vec<Output>) {
        let Some(number) = self.incidents.of(to) else { return };
        let subject = Subject::App(to.to_owned());
        if let Some(case) = self.cases.get_mut(&number) {
            case.subject = subject.clone();
            self.touched.insert(number);
        }
        self.alert(at, alert::Input::Renamed { number, subject }, out);
    }

    /// The steps under way go on in its story under its new name. The last of them may still be answered.
    pub(super) fn rename_steps(&mut self, from: Identity<'_>, to: Identity<'_>) -> Option<u64> {
        let mine = self.steps.iter_mut().filter(|(_, row)| row.app.borrow() == from);
        mine.map(|(ticket, row)| {
            row.app = to.to_owned();
            *ticket
        })
        .last()
    }

    /// What people muted of its former host is muted of it alone where it is now, and stays for whoever comes there. Whoever
    /// can beat can make up names and move them: so only what people, or a day of life, made one of the house takes a mute
    /// along, none for anybody else, and none to where somebody is.
    fn move_mutes(&mut self, at: Moment, from: Identity<'_>, to: Identity<'_>, out: &mut Vec<Output>) {
        let is_pattern = [to.host(), to.slot(), to.app()].iter().any(|name| name.contains('*'));
        if is_pattern || !self.is_settled(from) {
            return;
        }
        let moving = |(id, mute, _): (MuteId, &Mute, bool)| {
            let by_people = mute.who().by() != past::CONFIG;
            let scope = mute.scope().moved(from.host(), to.host()).filter(|_| by_people)?;
            let wide = scope.to_string().contains('*');
            let scope = if wide { Scope::Apps(to.into()) } else { scope };
            self.ask(from, |subject| mute.scope().covers(subject)).then(|| (id, mute.clone(), scope, wide))
        };
        let moves: Vec<(MuteId, Mute, Scope, bool)> = self.mutes.list(at.wall).filter_map(moving).collect();
        for (id, mute, scope, wide) in moves {
            let same = |(other, held, _): (MuteId, &Mute, bool)| {
                let alike = held.when() == mute.when() && held.kind() == mute.kind();
                let said = held.who() == mute.who() && held.reason() == mute.reason();
                (other != id && *held.scope() == scope && alike && said).then_some(other)
            };
            let copy = self.mutes.list(at.wall).find_map(same);
            if wide || self.covers_who_stays(&mute, from) {
                let moved =
                    Mute::new(scope, mute.when().clone(), mute.kind(), mute.who().clone(), mute.reason());
                if let (None, Ok(moved)) = (copy, moved) {
                    // Where there is no room for one more, it stays with those who stay.
                    let _ = self.mute(at, moved, out);
                }
                continue;
            }
            self.window(at, window::Input::Retarget { id, scope }, out);
            let held = self.mutes.list(at.wall).find(|(held, ..)| *held == id);
            let row = held.and_then(|(_, mute, _)| self.mute_row(id, mute, None));
            out.extend(row.map(|row| Output::Keep(row.into())));
            // It went with who moved first, and is one again.
            if let Some(copy) = copy {
                self.window(at, window::Input::Remove { id: copy, who: mute.who().clone() }, out);
            }
        }
    }

    /// Whether a person, or a day of life, made it one of the house; not the list alone, which takes whoever beats there.
    fn is_settled(&self, id: Identity<'_>) -> bool {
        matches!(self.expect.adopted(id), Some(How::Person | How::Age))
    }

    /// Whether a mute is also for somebody who still speaks from where an app was.
    fn covers_who_stays(&self, mute: &Mute, was: Identity<'_>) -> bool {
        let after = self.apps.range(first(was.host(), "")..).map(|(id, _)| id.borrow());
        let mut stay = after.take_while(|id| id.host() == was.host());
        stay.any(|id| self.ask(id, |subject| mute.scope().covers(subject)))
    }

    /// Where people expected it, once nothing is left there, they expect it where it is now.
    fn move_expectation(&mut self, at: Moment, from: Identity<'_>, to: Identity<'_>, out: &mut Vec<Output>) {
        let (old, new) = (Place::of(from), Place::of(to));
        if self.written.contains(&old)
            || self.listed.contains_key(&new)
            || self.apps_at(&old).next().is_some()
        {
            return;
        }
        let fits = |shows: &&[Glob]| shows.iter().any(|glob| glob.matches(from.app()));
        let Some(shows) = self.shows(&old).filter(fits).map(<[_]>::to_vec) else { return };
        let who = Who::new("server", "moved").expect("both read as they look");
        // It is on the list, and was not written there by the configuration; so there is room for it, too.
        let _ = self.drop_expected(at, &old, &who, out);
        let _ = self.add_expected(at, Expected { place: new, shows }, &who, out);
    }
}
