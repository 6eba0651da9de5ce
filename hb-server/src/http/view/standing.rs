//! How it stands with an app beside its state, as JSON: muted, an incident, a repair, why it waits.

use hb_core::hold::Reason;
use hb_core::id::Who;
use hb_core::repair::Status;
use hb_core::window::MuteId;
use serde::Serialize;

use super::Stamp;
use crate::watch::{self, how_word, kind_word};

/// How it stands with an app.
#[derive(Debug, Serialize)]
pub(super) struct Standing<'a> {
    mute: Option<Mute<'a>>,
    incident: Option<Incident<'a>>,
    repair: Repair,
    holds: Vec<&'static str>,
    groups: &'a [String],
    adopted: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Mute<'a> {
    id: Option<u64>,
    kind: &'static str,
    #[serde(rename = "for")]
    scope: &'a str,
    by: &'a str,
    from: &'a str,
    reason: &'a str,
    until: Option<Stamp>,
}

#[derive(Debug, Serialize)]
struct Incident<'a> {
    number: u64,
    since: Stamp,
    acknowledged: Option<By<'a>>,
    snoozed_until: Option<Stamp>,
}

/// Who, and from where.
#[derive(Debug, Serialize)]
pub(in crate::http) struct By<'a> {
    by: &'a str,
    from: &'a str,
}

#[derive(Debug, Serialize)]
struct Repair {
    status: &'static str,
    action: Option<&'static str>,
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
            repair: Repair { status, action },
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
