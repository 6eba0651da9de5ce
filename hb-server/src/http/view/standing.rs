//! How it stands with an app beside its state, as JSON: muted, an incident, a repair, why it waits.

use hb_core::hold::Reason;
use hb_core::id::Who;
use hb_core::repair::Status;
use hb_core::window::MuteId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Stamp, words};
use crate::watch::{self, how_word, kind_word};

/// How it stands with an app
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub(super) struct Standing<'a> {
    /// What silences it now
    mute: Option<Mute<'a>>,
    /// What is wrong with it now
    incident: Option<Incident<'a>>,
    /// Where its repairs stand
    repair: Repair,
    /// Why alerts and repairs wait
    #[schema(value_type = Vec<words::Hold>)]
    holds: Vec<&'static str>,
    /// The groups it belongs to
    groups: &'a [String],
    /// Why it is here to stay
    adopted: Option<&'static str>,
}

/// What silences an app
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MuteOfApp)]
struct Mute<'a> {
    /// Its number; null for what the configuration says
    id: Option<u64>,
    /// `closed`, `maintenance` or `snooze`
    kind: &'static str,
    /// Whom it is for
    #[serde(rename = "for")]
    scope: &'a str,
    /// Who set it
    by: &'a str,
    /// From where
    from: &'a str,
    /// Why, in their words
    reason: &'a str,
    /// Until when; null if nobody knows
    until: Option<Stamp>,
}

/// What is wrong with an app
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentOfApp)]
struct Incident<'a> {
    /// Its number
    number: u64,
    /// When it began
    since: Stamp,
    /// Who takes care of it
    acknowledged: Option<By<'a>>,
    /// Until when nobody wants to hear of it
    snoozed_until: Option<Stamp>,
}

/// Who, and from where
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = By)]
pub(in crate::http) struct By<'a> {
    /// The name of the token, or who of the server
    by: &'a str,
    /// The way it came, and the address
    from: &'a str,
}

/// Where repairs stand
#[derive(Debug, Serialize, ToSchema)]
struct Repair {
    /// `idle`, `running` or `gave-up`
    status: &'static str,
    /// What runs
    #[schema(value_type = Option<words::Action>)]
    action: Option<&'static str>,
    /// Why nothing more is done for now, though it is proved to be broken
    #[schema(value_type = Option<words::Limit>)]
    waits: Option<&'static str>,
    /// Before then nothing more is done; null if nobody knows
    not_before: Option<Stamp>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(standing: &'a watch::Standing) -> Self {
        let (status, action) = match standing.repair {
            Status::Idle => ("idle", None),
            Status::Running(action) => ("running", Some(action.word())),
            Status::GaveUp => ("gave-up", None),
        };
        let mute = standing.muted.as_ref().map(|muted| Mute {
            id: muted.id.map(MuteId::get),
            kind: kind_word(muted.kind),
            scope: &muted.scope,
            by: muted.who.by(),
            from: muted.who.from(),
            reason: &muted.reason,
            until: muted.until.map(Stamp),
        });
        let incident = standing.incident.as_ref().map(|incident| Incident {
            number: incident.number,
            since: Stamp(incident.since),
            acknowledged: incident.acknowledged.as_ref().map(By::of),
            snoozed_until: incident.snoozed.map(Stamp),
        });
        Self {
            mute,
            incident,
            repair: Repair {
                status,
                action,
                waits: standing.limit.map(|(limit, _)| limit.word()),
                not_before: standing.limit.and_then(|(_, until)| until).map(Stamp),
            },
            holds: standing.holds.iter().map(Reason::word).collect(),
            groups: &standing.groups,
            adopted: standing.adopted.map(how_word),
        }
    }
}

impl<'a> By<'a> {
    pub(in crate::http) fn of(who: &'a Who) -> Self {
        Self { by: who.by(), from: who.from() }
    }
}
