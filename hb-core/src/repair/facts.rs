//! What is known of one screen: evidence and its age, what forbids repairs, and whether somebody stands before it.
//!
//! Not here: what was done about it ([`super::unit`]).

use hb_lease::time::Time;

use super::{Config, Evidence, Signs};
use crate::beat::State;
use crate::hold::{Reason, Reasons, Stops};

#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// What the client says of itself.
    client: Option<Claim>,
    exited: Option<Time>,
    browser: Option<Time>,
    /// Since when a GPU context is lost.
    lost: Option<Time>,
    /// Until when a further loss is the second one.
    loss_until: Option<Time>,
    /// The loss under way, or the last, was a second one: a reload brings no context back.
    twice: bool,
    /// Why repairs wait; no other reasons.
    holds: Reasons,
    pub(super) state: Option<State>,
    touched_until: Option<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Claim {
    evidence: Evidence,
    /// Since when the client's state is bad, whatever the word.
    bad: Time,
    /// Since when it is this word.
    said: Time,
}

/// Evidence that has lasted long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ripe {
    pub(super) signs: Signs,
    /// It is only a lost context: enough for what brings contexts back, and for nothing else.
    pub(super) early: bool,
}

impl Facts {
    pub(super) fn note(&mut self, now: Time, evidence: Evidence, on: bool) {
        let event = match evidence {
            Evidence::Exited => &mut self.exited,
            Evidence::BrowserDead => &mut self.browser,
            _ => return self.claim(now, evidence, on),
        };
        *event = if on { event.or(Some(now)) } else { None };
    }

    fn claim(&mut self, now: Time, evidence: Evidence, on: bool) {
        match self.client {
            Some(claim) if claim.evidence == evidence && on => {}
            Some(claim) if claim.evidence == evidence => self.client = None,
            Some(claim) if on => self.client = Some(Claim { evidence, said: now, ..claim }),
            None if on => self.client = Some(Claim { evidence, bad: now, said: now }),
            // Late news of a word that another has replaced.
            Some(_) | None => {}
        }
    }

    /// A GPU context was lost or restored; whether that `counts` for what is done about the next one.
    pub(super) fn context(&mut self, now: Time, lost: bool, counts: bool, config: &Config) {
        if !lost {
            self.lost = None;
        } else if self.lost.is_none() {
            self.lost = Some(now);
            if counts {
                self.twice = self.loss_until.is_some_and(|until| now <= until);
                self.loss_until = Some(now + config.context_span);
            }
        }
    }

    /// Losses are counted anew: by a new browser, and of whom nobody expects anything.
    pub(super) fn forget_losses(&mut self) {
        self.loss_until = None;
        self.twice = false;
    }

    /// Whether a reload would bring no context back.
    pub(super) fn is_lost_twice(&self) -> bool {
        self.twice && self.client.is_some_and(|claim| claim.evidence == Evidence::ContextLost)
    }

    pub(super) fn hold(&mut self, reason: Reason, on: bool) {
        if reason.stops(Stops::Repairs) {
            self.holds.set(reason, on);
        }
    }

    /// The first reason for repairs to wait.
    pub(super) fn held(&self) -> Option<Reason> {
        self.holds.first(Stops::Repairs)
    }

    pub(super) fn touch(&mut self, now: Time, config: &Config) {
        self.touched_until = Some(now + config.visitor);
    }

    /// Until when a reload would take the picture from somebody; a picture that does not move cannot be taken.
    pub(super) fn visitor_until(&self) -> Option<Time> {
        let dark = matches!(self.state, Some(State::Stalled | State::Down));
        self.touched_until.filter(|_| !dark)
    }

    /// Since when this evidence holds. A client's evidence counts from its first bad word.
    pub(super) fn since(&self, evidence: Evidence) -> Option<Time> {
        match evidence {
            Evidence::Exited => self.exited,
            Evidence::BrowserDead => self.browser,
            _ => self.client.filter(|claim| claim.evidence == evidence).map(|claim| claim.bad),
        }
    }

    /// All evidence, however young.
    pub(super) fn signs(&self) -> Signs {
        self.older_than(|_| true)
    }

    /// Whether the server believes that it works, and nothing speaks against it.
    pub(super) fn is_good(&self) -> bool {
        self.state == Some(State::Up) && self.signs().is_empty()
    }

    /// Whether it said goodbye, and nothing speaks against that.
    pub(super) fn is_done(&self) -> bool {
        self.state == Some(State::Done) && self.signs().is_empty()
    }

    /// Evidence that has lasted long enough at `now`.
    pub(super) fn ripe(&self, now: Time, config: &Config) -> Ripe {
        let signs = self.older_than(|since| since + config.hold <= now);
        if signs.is_empty() && self.early_at(config).is_some_and(|at| at <= now) {
            return Ripe { signs: Signs::of(&[Evidence::ContextLost]), early: true };
        }
        Ripe { signs, early: false }
    }

    /// When more evidence will be ripe than is at `now`.
    pub(super) fn ripens(&self, now: Time, config: &Config) -> Option<Time> {
        let bad = self.client.map(|claim| claim.bad);
        let held = [bad, self.exited, self.browser].into_iter().flatten().map(|since| since + config.hold);
        held.chain(self.early_at(config)).filter(|&at| at > now).min()
    }

    /// When a lost context has been waited for long enough.
    fn early_at(&self, config: &Config) -> Option<Time> {
        let claim = self.client.filter(|claim| claim.evidence == Evidence::ContextLost)?;
        Some(self.lost?.max(claim.said) + config.context_wait)
    }

    fn older_than(&self, old: impl Fn(Time) -> bool) -> Signs {
        let mut signs = Signs::NONE;
        for &evidence in Evidence::ALL {
            if self.since(evidence).is_some_and(&old) {
                signs.add(evidence);
            }
        }
        signs
    }

    /// Whether nothing is known that matters once nothing was done.
    pub(super) fn is_blank(&self) -> bool {
        self.signs().is_empty() && self.lost.is_none() && self.holds.is_empty()
    }
}
