//! One app on the ladder: what is known of it, its incident, and what it had in the last hour.
//!
//! Not here: its host and its group ([`super::hosts`]); when it is looked at ([`super::Repairs`]).

use alloc::sync::Arc;

use hb_lease::time::Time;

use super::evidence::strongest;
use super::facts::Facts;
use super::{Action, Adoption, Config, Evidence, Ladder, Limit, Refusal, Signs, Step};
use crate::defaults::REPAIRS;
use crate::hold::Reason;

#[derive(Clone, Debug, Default)]
pub(super) struct Unit {
    pub(super) facts: Facts,
    pub(super) adoption: Adoption,
    pub(super) ladder: Option<Arc<Ladder>>,
    pub(super) incident: Option<Incident>,
    pub(super) recent: Recent,
    /// When it is to be looked at again.
    pub(super) timer: Option<Time>,
    /// Since when it waits for others.
    pub(super) waiting: Option<Time>,
}

/// From the first move until the screen has worked for a while.
#[derive(Clone, Debug, Default)]
pub(super) struct Incident {
    pub(super) course: Course,
    /// Where on the ladder, and how often this step was tried.
    pub(super) step: u8,
    pub(super) tries: u8,
    pub(super) attempts: u16,
    pub(super) not_before: Time,
    /// Since when the screen works.
    pub(super) good: Option<Time>,
    pub(super) gave_up: bool,
    /// Some of it was a dry run.
    pub(super) rehearsed: bool,
    /// Some of it was none.
    pub(super) tried: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Course {
    /// Between two moves.
    #[default]
    Idle,
    /// A step is under way, or its effect is awaited.
    Running { ticket: u64, action: Action, until: Time, dry: bool },
    /// At the end of the ladder.
    Over,
}

/// The last repairs, as the moments at which each falls out of the span: a clock that began a minute ago has no moment
/// an hour back, but every moment ahead.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Recent([Time; REPAIRS]);

impl Recent {
    pub(super) fn add(&mut self, until: Time) {
        self.0.rotate_left(1);
        self.0[REPAIRS - 1] = until;
        // Those of an earlier run may come in any order.
        self.0.sort_unstable();
    }

    /// One that another run, or another name of the same app, remembers: each counts once, and the latest stay.
    pub(super) fn join(&mut self, until: Time) {
        if until > self.free() && !self.0.contains(&until) {
            self.add(until);
        }
    }

    /// When the next repair is allowed.
    pub(super) fn free(&self) -> Time {
        self.0[0]
    }

    /// When all are forgotten.
    pub(super) fn gone(&self) -> Time {
        self.0[REPAIRS - 1]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Time> + '_ {
        self.0.iter().copied()
    }
}

/// What is to be done about a unit now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Take this step, on this evidence.
    Go { at: u8, step: Step, why: Evidence },
    /// The ladder is at its end.
    GiveUp(Evidence),
    /// Nothing before this moment: for this reason, or because proof is still young.
    Wait(Time, Option<Limit>),
    /// Nothing as long as this holds.
    Not(Refusal),
}

impl Unit {
    fn steps<'a>(&'a self, config: &'a Config) -> &'a [Step] {
        self.ladder.as_deref().unwrap_or(&config.ladder).steps()
    }

    /// Whether and what, as far as this app alone is concerned. With `pressed` a person asks: patience is skipped.
    pub(super) fn decide(&self, now: Time, rebooted: bool, pressed: bool, config: &Config) -> Decision {
        let (course, not_before) =
            self.incident.as_ref().map_or((Course::Idle, Time::ZERO), |i| (i.course, i.not_before));
        let ripe = self.facts.ripe(now, config);
        let signs = if pressed { self.facts.signs() } else { ripe.signs }.weightiest();
        let early = ripe.early && !pressed;
        if signs.is_empty() {
            let ripens = self.facts.ripens(now, config);
            let wait = |at| Decision::Wait(at, None);
            return ripens.filter(|_| !pressed).map_or(Decision::Not(Refusal::NoEvidence), wait);
        }
        match course {
            Course::Running { dry: true, .. } => return Decision::Not(Refusal::Rehearsing),
            Course::Running { .. } => return Decision::Not(Refusal::Running),
            Course::Over if !pressed => return Decision::Not(Refusal::NoStep),
            Course::Over | Course::Idle => {}
        }
        if self.adoption == Adoption::New {
            return Decision::Not(Refusal::Held(Reason::New));
        }
        if let Some(reason) = self.facts.held() {
            return Decision::Not(Refusal::Held(reason));
        }
        if now < not_before && !pressed {
            return Decision::Wait(not_before, Some(Limit::Pause));
        }
        let begin = self.incident.as_ref().filter(|_| course != Course::Over);
        let (from, tries) = begin.map_or((0, 0), |incident| (incident.step, incident.tries));
        let found = self.choose(from, tries, signs, rebooted, config);
        // A button begins at the foot again rather than do nothing.
        let found = found.or_else(|| self.choose(0, 0, signs, rebooted, config).filter(|_| pressed));
        let patience = self.facts.ripens(now, config).unwrap_or(Time::MAX);
        let Some((at, step)) = found else {
            if early {
                return Decision::Wait(patience, None);
            }
            // A ladder that has no step for this, and has not been climbed, was not climbed in vain.
            let suits =
                self.incident.is_some() || self.steps(config).iter().any(|step| step.when.meets(signs));
            return match strongest(signs, Signs::ANY) {
                Some(why) if suits && !pressed => Decision::GiveUp(why),
                // What ripens next may be what there is a step for.
                _ if patience < Time::MAX && !pressed => Decision::Wait(patience, None),
                _ => Decision::Not(Refusal::NoStep),
            };
        };
        let brings_contexts =
            step.action == Action::Reload || step.action == Action::Restart && self.facts.is_lost_twice();
        if early && !brings_contexts {
            return Decision::Wait(patience, None);
        }
        if self.adoption == Adoption::Repairs && now < self.recent.free() {
            let free = self.recent.free();
            let wait = Decision::Wait(free, Some(Limit::Hourly));
            return if pressed { Decision::Not(Refusal::Hourly(free)) } else { wait };
        }
        let visitor = self.facts.visitor_until().filter(|&until| now < until);
        if let (Action::Reload, Some(until), false) = (step.action, visitor, pressed) {
            return Decision::Wait(until, Some(Limit::Visitor));
        }
        let why = strongest(signs, step.when).expect("it was chosen for one of these");
        Decision::Go { at, step, why }
    }

    /// The next step: from where the incident stands, the first that answers to the evidence and has tries left.
    fn choose(
        &self,
        from: u8,
        tries: u8,
        signs: Signs,
        rebooted: bool,
        config: &Config,
    ) -> Option<(u8, Step)> {
        let twice = self.facts.is_lost_twice();
        let left = || {
            let steps = (0_u8..).zip(self.steps(config).iter().copied()).skip(usize::from(from));
            steps.filter(|&(at, step)| {
                step.when.meets(signs)
                    && (at > from || tries < step.cap)
                    && !(step.action == Action::Reboot && rebooted)
                    && !(step.action == Action::Reload && twice)
            })
        };
        left().find(|(_, step)| twice && step.action == Action::Restart).or_else(|| left().next())
    }

    /// Notes that a step was taken.
    pub(super) fn go(&mut self, now: Time, at: u8, step: Step, ticket: u64, config: &Config) -> u16 {
        let dry = self.adoption != Adoption::Repairs;
        let incident = self.incident.get_or_insert_default();
        if incident.step != at || incident.course == Course::Over {
            incident.tries = 0;
        }
        incident.step = at;
        // A person may have asked once more than the cap says.
        incident.tries = incident.tries.saturating_add(1);
        incident.attempts = incident.attempts.saturating_add(1);
        incident.rehearsed |= dry;
        incident.tried |= !dry;
        incident.good = None;
        incident.course = Course::Running { ticket, action: step.action, until: now + step.wait, dry };
        if !dry {
            self.recent.add(now + config.span);
            if matches!(step.action, Action::Restart | Action::Reboot) {
                self.facts.forget_losses();
            }
        }
        self.incident.as_ref().map_or(0, |incident| incident.attempts)
    }

    /// A person may now rely on it: what was only rehearsed has not been tried.
    pub(super) fn adopt(&mut self, adoption: Adoption) {
        let dry = |incident: &Incident| incident.rehearsed && !incident.gave_up;
        if adoption == Adoption::Repairs
            && self.adoption != adoption
            && self.incident.as_ref().is_some_and(dry)
        {
            self.restart_ladder();
        }
        if adoption == Adoption::New {
            self.facts.forget_losses();
        }
        self.adoption = adoption;
    }

    /// Back to the foot; what is under way goes on, unless it is a dry run.
    pub(super) fn restart_ladder(&mut self) {
        if let Some(incident) = &mut self.incident {
            incident.step = 0;
            incident.tries = 0;
            if !matches!(incident.course, Course::Running { dry: false, .. }) {
                incident.course = Course::Idle;
                incident.not_before = Time::ZERO;
            }
            incident.rehearsed = false;
        }
    }

    /// Whether forgetting it loses nothing.
    pub(super) fn is_blank(&self, now: Time) -> bool {
        self.adoption == Adoption::New
            && self.ladder.is_none()
            && self.incident.is_none()
            && self.recent.gone() <= now
            && self.facts.is_blank()
    }
}
