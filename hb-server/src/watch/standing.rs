//! How it stands with an app beside its state: what pages, API and monitoring show of it.
//!
//! Not here: its JSON (`http`), why it is so (the machines of `hb_core`).

use std::time::Duration;

use hb_core::beat::{Cause, State};
use hb_core::defaults::HIDDEN;
use hb_core::expect::How;
use hb_core::hold::{Reason, Reasons};
use hb_core::id::{Identity, OwnedIdentity, Who};
use hb_core::registry::{Policy, Snapshot};
use hb_core::repair::{Limit, Status};
use hb_core::verdict::Nagios;
use hb_core::window::{Kind, MuteId};
use hb_lease::time::{Time, Wall};

use super::{Machine, Moment};

/// How it stands with an app.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Its groups.
    pub groups: Vec<String>,
    /// By what it is muted.
    pub muted: Option<Muted>,
    /// Why its alerts or repairs wait.
    pub holds: Reasons,
    /// Its open incident.
    pub incident: Option<Incident>,
    /// What is being done about it.
    pub repair: Status,
    /// Why nothing more is done about it for now, and the first moment at which it may be.
    pub limit: Option<(Limit, Option<Wall>)>,
    /// Why it is not new.
    pub adopted: Option<How>,
    /// Since when its place shows nothing that it should: worse than any state of its own.
    pub missing: Option<Wall>,
    /// Of a page that is hidden: the hours in which its house is closed, or was until a moment ago: from when, if that is known,
    /// until when.
    pub closed: Option<(Option<Wall>, Wall)>,
}

/// A mute that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Muted {
    /// The mute; `None` for opening hours and signals.
    pub id: Option<MuteId>,
    /// Why.
    pub kind: Kind,
    /// For whom, in the words of a scope.
    pub scope: String,
    /// Who set it, and from where.
    pub who: Who,
    /// In their words.
    pub reason: String,
    /// Since when; `None` for longer than anybody looks back.
    pub since: Option<Wall>,
    /// The first moment without it; `None` for none that is known.
    pub until: Option<Wall>,
}

/// An open incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its number.
    pub number: u64,
    /// When the good states were left.
    pub since: Wall,
    /// Who takes care of it.
    pub acknowledged: Option<Who>,
    /// Until when nobody wants to hear of it.
    pub snoozed: Option<Wall>,
}

/// What is said of an app: what the registry believes, unless more is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The state.
    pub state: State,
    /// Why.
    pub cause: Cause,
    /// What monitoring is told.
    pub nagios: Nagios,
    /// Monitoring hears `OK - maintenance` instead of the state.
    pub maintenance: bool,
}

impl Standing {
    /// What is said of `app` at a moment. Under the policy `hilbert` monitoring hears what the reference server says,
    /// which knows of no mute.
    #[must_use]
    pub fn verdict(&self, app: &Snapshot, now: Time, wall: Wall) -> Verdict {
        let missing = self.missing.map(|since| {
            let age = wall.as_unix_millis().saturating_sub(since.as_unix_millis());
            Nagios::of(State::Missing, Duration::from_millis(u64::try_from(age).unwrap_or(0)))
        });
        let state = if missing.is_some() { State::Missing } else { app.state };
        let cause = if missing.is_some() { Cause::None } else { app.cause };
        if app.policy == Policy::Hilbert && app.is_heard() {
            return Verdict { state, cause, nagios: app.nagios(now), maintenance: false };
        }
        let maintenance = self.is_excused();
        let nagios = if maintenance {
            Nagios::Ok
        } else {
            missing.unwrap_or_else(|| app.nagios_without(now, self.closed_of(now.since(app.since), wall)))
        };
        Verdict { state, cause, nagios, maintenance }
    }

    /// For how long of the last `age` its house was closed.
    fn closed_of(&self, age: Duration, wall: Wall) -> Duration {
        let Some((from, until)) = self.closed else { return Duration::ZERO };
        let since = wall.as_unix_millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let from = from.map_or(since, |from| from.as_unix_millis().max(since));
        let closed = until.as_unix_millis().saturating_sub(from);
        Duration::from_millis(u64::try_from(closed).unwrap_or(0))
    }

    /// Whether monitoring is to hear `OK - maintenance` instead of its state: muted, and no incident older than the mute.
    #[must_use]
    pub fn is_excused(&self) -> bool {
        let Some(muted) = &self.muted else { return false };
        let is_older = |incident: &Incident| muted.since.is_some_and(|since| incident.since < since);
        !self.incident.as_ref().is_some_and(is_older)
    }
}

impl Machine {
    /// How it stands with an app. O(mutes + log apps).
    #[must_use]
    pub fn standing(&self, at: Moment, id: Identity<'_>) -> Standing {
        let muted = self.ask(id, |subject| {
            self.mutes().muted(at.wall, subject).map(|muted| Muted {
                id: muted.id,
                kind: muted.kind,
                scope: muted.scope.to_string(),
                who: muted.who.clone(),
                reason: muted.reason.to_owned(),
                since: muted.since,
                until: muted.until,
            })
        });
        let state = self.state(id);
        let mut holds = self.incidents().holds(id);
        if state.is_some() && self.is_stranger(id) {
            holds.set(Reason::New, true);
        }
        Standing {
            groups: self.named_groups(&id.to_owned()).into_iter().map(String::from).collect(),
            muted,
            holds,
            incident: self.incident_of(at, id),
            repair: self.repair_status(id),
            limit: self.repair_limit(at, id),
            adopted: self.expect().adopted(id),
            missing: self
                .dark_since(id)
                .filter(|_| state == Some(State::Missing))
                .map(|since| at.wall_of(since)),
            closed: (state == Some(State::Hidden))
                .then(|| self.ask(id, |subject| self.mutes().last_closed(at.wall, subject, HIDDEN)))
                .flatten(),
        }
    }

    fn incident_of(&self, at: Moment, id: Identity<'_>) -> Option<Incident> {
        let number = self.incidents().of(id)?;
        let record = self.alerts().record(number);
        Some(Incident {
            number: number.0,
            since: self.since(number)?,
            acknowledged: record.and_then(|record| record.acknowledged.as_ref()).map(|word| word.who.clone()),
            snoozed: self.snoozed(number).filter(|until| *until > at.wall),
        })
    }

    /// Apps whose place is dark and that nobody ever heard of: shown, though the registry has none of them.
    #[must_use]
    pub fn unheard(&self, at: Moment) -> Vec<(OwnedIdentity, Wall, Duration)> {
        let dark = self.dark_places().filter(|(_, face, _)| !self.is_known(face));
        dark.map(|(_, face, belief)| (face.clone(), at.wall_of(belief.since), at.now.since(belief.since)))
            .collect()
    }
}
