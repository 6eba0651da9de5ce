//! Why no further step is taken for a while, though a screen is proved to be broken: for whoever looks on and wonders.
//!
//! Not here: what forbids repairs altogether ([`crate::hold::Reason`]), the decision itself ([`super::unit`]).

use hb_lease::time::Time;

use super::unit::{Course, Decision, Unit};
use super::{Action, Adoption, Repairs};
use crate::id::{Identity, OwnedIdentity};

/// Why a screen that is proved to be broken is not repaired now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// The last step did not help: a pause, which grows.
    Pause,
    /// It had its repairs of this hour.
    Hourly,
    /// Its machine had its reboot of the day, and nothing else is left.
    Reboot,
    /// Somebody stands before it, whom a reload would take the picture from.
    Visitor,
    /// Another host of its group is being repaired, or its own host reboots or would.
    Others,
}

impl Limit {
    /// Every value, in order.
    pub const ALL: &[Self] = &[Self::Pause, Self::Hourly, Self::Reboot, Self::Visitor, Self::Others];

    /// The word for this value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Hourly => "hourly",
            Self::Reboot => "reboot",
            Self::Visitor => "visitor",
            Self::Others => "others",
        }
    }
}

impl Repairs {
    /// Why no further step is taken for an app now, and before when none is; `None` for who is not repaired, needs no
    /// repair, or waits only for its proof to last.
    #[must_use]
    pub fn limit(&self, now: Time, id: Identity<'_>) -> Option<(Limit, Option<Time>)> {
        let (now, id) = (self.now.max(now), id.to_owned());
        let unit = self.units.get(&id).filter(|unit| unit.adoption == Adoption::Repairs)?;
        match self.decide(now, &id, unit, false) {
            Decision::Wait(at, Some(Limit::Pause)) if at < unit.recent.free() => {
                Some((Limit::Hourly, Some(unit.recent.free())))
            }
            Decision::Wait(at, Some(limit)) => Some((limit, Some(at))),
            Decision::Go { .. } | Decision::GiveUp(_) if unit.waiting.is_some() => {
                Some((Limit::Others, None))
            }
            Decision::Not(_) if unit.incident.as_ref().is_some_and(|it| it.course == Course::Over) => {
                self.spared(now, &id, unit).map(|until| (Limit::Reboot, Some(until)))
            }
            Decision::Go { .. } | Decision::GiveUp(_) | Decision::Wait(_, None) | Decision::Not(_) => None,
        }
    }

    /// Until when a host is not rebooted, where that is all that would be left to do for an app.
    pub(super) fn spared(&self, now: Time, id: &OwnedIdentity, unit: &Unit) -> Option<Time> {
        let until = Some(self.hosts.reboot_free(id.borrow().host())).filter(|&until| now < until)?;
        let left = unit.decide(until, false, true, &self.config);
        matches!(left, Decision::Go { step, .. } if step.action == Action::Reboot).then_some(until)
    }
}
