//! What the ladder hands over a restart of the server, as plain data: spans that are left, never moments, since the
//! next run has another clock. Evidence is not in it: that must be proved anew.
//!
//! Not here: how it is stored.

use alloc::vec::Vec;
use core::time::Duration;

use hb_lease::time::Time;

use super::unit::{Course, Incident, Unit};
use super::{Action, Config};
use crate::defaults::REPAIRS;

/// What is remembered of one app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its incident, if it has one.
    pub incident: Option<Past>,
    /// For how long each of its last repairs still counts, at most [`REPAIRS`].
    pub repairs: Vec<Duration>,
}

/// An incident as it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Where on the ladder, from 0.
    pub step: u8,
    /// How often this step was tried.
    pub tries: u8,
    /// Moves so far.
    pub attempts: u16,
    /// How long before the next.
    pub pause: Duration,
    /// What is under way, and for how long it is waited for.
    pub running: Option<(Action, Duration)>,
    /// The end of the ladder was reached.
    pub over: bool,
    /// That was alerted.
    pub gave_up: bool,
    /// Some of it was a dry run.
    pub rehearsed: bool,
    /// Some of it was none.
    pub tried: bool,
}

impl Record {
    pub(super) fn of(unit: &Unit, now: Time) -> Self {
        let left = |until: Time| until.since(now);
        let past = |incident: &Incident| Past {
            step: incident.step,
            tries: incident.tries,
            attempts: incident.attempts,
            pause: left(incident.not_before),
            running: match incident.course {
                Course::Running { action, until, dry: false, .. } => Some((action, left(until))),
                Course::Running { .. } | Course::Idle | Course::Over => None,
            },
            over: incident.course == Course::Over,
            gave_up: incident.gave_up,
            rehearsed: incident.rehearsed,
            tried: incident.tried,
        };
        Self {
            incident: unit.incident.as_ref().map(past),
            repairs: unit.recent.iter().filter(|&until| until > now).map(left).collect(),
        }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Writes it into a unit; spans that no run could have left are cut.
    pub(super) fn restore(
        &self,
        unit: &mut Unit,
        now: Time,
        (after, ticket): (Duration, Option<u64>),
        config: &Config,
    ) {
        let until = |left: Duration, most: Duration| now + left.min(most).saturating_sub(after);
        for &left in self.repairs.iter().take(REPAIRS) {
            unit.recent.join(until(left, config.span));
        }
        unit.incident = self.incident.as_ref().map(|past| Incident {
            course: match past.running {
                // Without a ticket what is said about it now belongs to another run.
                Some((action, left)) => {
                    let (ticket, until) = (ticket.unwrap_or(0), until(left, config.span));
                    Course::Running { ticket, action, until, dry: false }
                }
                None if past.over => Course::Over,
                None => Course::Idle,
            },
            step: past.step,
            tries: past.tries,
            attempts: past.attempts,
            not_before: until(past.pause, config.backoff_most),
            good: None,
            gave_up: past.gave_up,
            rehearsed: past.rehearsed,
            tried: past.tried,
        });
    }
}
