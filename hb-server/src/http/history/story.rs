//! `GET /api/v1/apps/{host}/{app}/history`: what happened to an app, the newest first, and where to go on.
//!
//! Transitions, conflicts, incidents, what people said to them, alerts, repairs, mutes and adoptions in one list. A page ends between two moments, so that the next one begins
//! before the last moment of this one and nothing is told twice.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use hb_core::id::OwnedIdentity;
use hb_core::window::{Scope, Subject};
use hb_lease::time::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::api::identity;
use crate::http::arguments::{Path, Query};
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::http::schema::{Looks, Names, Unknown, words};
use crate::http::view::Stamp;
use crate::store::Reader;
use crate::store::row::{
    Acknowledgement, Adoption, Conflict, Delivery, GAVE_UP, Incident, Mute, Repair, Transition,
};
use crate::watch;
use crate::watch::history::Span;

use super::{Room, Untold, text};

/// How many are told at once, if nothing else is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

/// Which window, when, and how many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The window of the host; empty where there is only one
    #[param(nullable = false, max_length = 64)]
    slot: Option<String>,
    /// From when: a moment, a day, or how long ago; thirty days ago, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false, example = "24h")]
    from: Option<String>,
    /// Until when; now, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false)]
    to: Option<String>,
    /// At most so many; 100, if nothing else is said
    #[param(nullable = false, minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// What happened to an app, the newest first
#[derive(Serialize, ToSchema)]
struct Story<'a> {
    /// From when
    from: Stamp,
    /// Until when
    to: Stamp,
    /// What happened
    history: Vec<Told<'a>>,
    /// The `to` of the next page; null for the last
    next_to: Option<Stamp>,
}

/// Something that happened
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Told<'a> {
    /// What is believed changed
    Transition {
        at: Stamp,
        /// Null for the first word about it
        #[schema(value_type = Option<words::State>)]
        from: Option<&'static str>,
        /// Null if it is no longer held
        #[schema(value_type = Option<words::State>)]
        to: Option<&'static str>,
        #[schema(value_type = words::Cause)]
        cause: &'static str,
    },
    /// Two pages answered to its name, or no longer
    Conflict {
        at: Stamp,
        /// Whether they did
        on: bool,
    },
    /// A step was taken for it
    Repair {
        at: Stamp,
        action: &'a str,
        /// Whether it was only said
        dry: bool,
        evidence: &'a str,
        by: &'a str,
        place: &'a str,
        ended: Option<Stamp>,
        outcome: Option<&'a str>,
        incident: Option<u64>,
        /// The first lines of what was said
        said: Option<&'a str>,
    },
    /// Its ladder ended, and it does not work: a person is needed
    #[serde(rename = "gave-up")]
    GaveUp { at: Stamp, evidence: &'a str, incident: Option<u64> },
    /// Something was wrong
    Incident {
        at: Stamp,
        number: u64,
        #[schema(value_type = words::State)]
        state: &'static str,
        #[schema(value_type = words::Cause)]
        cause: &'static str,
        acknowledged: bool,
        ended: Option<Stamp>,
        ending: Option<&'a str>,
    },
    /// Somebody took it on
    Acknowledged { at: Stamp, incident: u64, until: Option<Stamp>, by: &'a str, place: &'a str },
    /// Somebody put it off
    Snoozed { at: Stamp, incident: u64, until: Option<Stamp>, by: &'a str, place: &'a str },
    /// It is here to stay
    Adopted {
        at: Stamp,
        /// `list`, `person` or `age`
        how: &'a str,
        by: &'a str,
        place: &'a str,
    },
    /// A message to people
    Alert {
        at: Stamp,
        /// To whom
        channel: &'a str,
        /// `opening`, `reminder`, `closing`, `gave-up` or another kind; null if it cannot be read
        message: Option<String>,
        incident: Option<u64>,
        /// When it arrived, or was given up; null while it is on its way
        ended: Option<Stamp>,
        /// Why it was given up
        failure: Option<&'a str>,
    },
    /// Somebody silenced it
    Mute {
        at: Stamp,
        number: u64,
        scope: &'a str,
        /// `closed`, `maintenance` or `snooze`
        mute: &'a str,
        until: Option<Stamp>,
        hours: Option<&'a str>,
        lifted: Option<Stamp>,
        by: &'a str,
        place: &'a str,
        reason: &'a str,
    },
}

/// What happened to an app, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}/history",
    operation_id = "get_history",
    tag = "past",
    params(Names, Asked),
    responses((status = 200, description = "A page of it", body = Story<'_>), Looks, Unknown),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn of_one(
    State(room): State<Room>,
    Extension(asker): Extension<Asker>,
    Path((host, app)): Path<(String, String)>,
    Query(Asked { slot, from, to, limit }): Query<Asked>,
) -> Result<Response, Problem> {
    let span = room.span(from.as_deref(), to.as_deref())?;
    let limit = page_of(limit)?;
    let id = identity(&host, slot.as_deref().unwrap_or_default(), &app)?.to_owned();
    let question = format!("history of {id:?} {span:?} {limit}");
    room.answer(asker, question, move |reader, watch| tell(reader, watch, &id, span, limit)).await
}

pub(super) fn page_of(limit: Option<usize>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("`limit` is {limit}: expected a number from 1 to {MOST}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(limit)
}

/// The newest of them, and where the next page begins.
pub(super) fn page<T>(mut found: Vec<(Wall, T)>, limit: usize) -> (Vec<T>, Option<Stamp>) {
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let end = page_end(&found, limit);
    let next = (end < found.len()).then(|| Stamp(found[end - 1].0));
    (found.into_iter().take(end).map(|(_, told)| told).collect(), next)
}

fn tell(
    reader: &mut Reader,
    watch: &watch::Config,
    id: &OwnedIdentity,
    span: Span,
    limit: usize,
) -> Result<Bytes, Untold> {
    if !reader.knows(id.borrow())? {
        return Err(Untold::Nobody(format!("nothing is kept of `{}`", id.borrow())));
    }
    let when = span.from..span.to;
    // Two more than a page, to see whether there is another and where it begins.
    let most = limit + 2;
    let transitions = reader.newest_transitions(id.borrow(), when.clone(), most)?;
    let conflicts = reader.newest_conflicts(id.borrow(), when.clone(), most)?;
    let repairs = reader.newest_repairs(id.borrow(), when.clone(), most)?;
    let incidents = reader.newest_incidents(id.borrow(), when.clone(), most)?;
    let words = reader.newest_acknowledgements(id.borrow(), when.clone(), most)?;
    let adoptions = reader.newest_adoptions(id.borrow(), when.clone(), most)?;
    let alerts = reader.newest_deliveries(id.borrow(), when.clone(), most)?;
    let groups =
        watch.tree.groups.iter().filter(|group| group.members.iter().any(|it| it.matches(id.borrow())));
    let groups: Vec<&str> = groups.map(|group| &*group.name).collect();
    let name = id.borrow();
    let subject = Subject { groups: &groups, host: name.host(), slot: name.slot(), app: name.app() };
    let mutes =
        reader.mutes_of(when, |mute| mute.scope.parse::<Scope>().is_ok_and(|it| it.covers(subject)), most)?;
    let mut found: Vec<(Wall, Told<'_>)> = Vec::new();
    found.extend(transitions.iter().map(transition));
    found.extend(conflicts.iter().map(conflict));
    found.extend(repairs.iter().map(repair));
    found.extend(incidents.iter().map(incident));
    found.extend(words.iter().map(acknowledgement));
    found.extend(adoptions.iter().map(adoption));
    found.extend(alerts.iter().map(alert));
    found.extend(mutes.iter().map(mute));
    let (history, next_to) = page(found, limit);
    Ok(text(&Story { from: Stamp(span.from), to: Stamp(span.to), history, next_to }))
}

/// The whole of the last moment belongs to a page.
fn page_end<T>(found: &[(Wall, T)], limit: usize) -> usize {
    let Some((last, _)) = found.get(limit - 1) else { return found.len() };
    found.iter().take_while(|(at, _)| at >= last).count()
}

pub(super) fn transition(row: &Transition) -> (Wall, Told<'_>) {
    let [from, to] = [row.from, row.to].map(|state| state.map(hb_core::beat::State::word));
    (row.at, Told::Transition { at: Stamp(row.at), from, to, cause: row.cause.word() })
}

pub(super) fn conflict(row: &Conflict) -> (Wall, Told<'_>) {
    (row.at, Told::Conflict { at: Stamp(row.at), on: row.on })
}

pub(super) fn repair(row: &Repair) -> (Wall, Told<'_>) {
    if row.action == GAVE_UP {
        let told = Told::GaveUp { at: Stamp(row.at), evidence: &row.evidence, incident: row.incident };
        return (row.at, told);
    }
    let told = Told::Repair {
        at: Stamp(row.at),
        action: &row.action,
        dry: row.dry,
        evidence: &row.evidence,
        by: &row.by,
        place: &row.place,
        ended: row.ended.map(Stamp),
        outcome: row.outcome.as_deref(),
        incident: row.incident,
        said: row.said.as_deref(),
    };
    (row.at, told)
}

pub(super) fn incident(row: &Incident) -> (Wall, Told<'_>) {
    let told = Told::Incident {
        at: Stamp(row.since),
        number: row.number,
        state: row.state.word(),
        cause: row.cause.word(),
        acknowledged: row.acknowledged,
        ended: row.ended.map(Stamp),
        ending: row.ending.as_deref(),
    };
    (row.since, told)
}

pub(super) fn acknowledgement(row: &Acknowledgement) -> (Wall, Told<'_>) {
    let Acknowledgement { incident, at, until, by, place } = row;
    let (incident, at, until) = (*incident, Stamp(*at), until.map(Stamp));
    let told = match until {
        Some(_) => Told::Snoozed { at, incident, until, by, place },
        None => Told::Acknowledged { at, incident, until, by, place },
    };
    (row.at, told)
}

pub(super) fn adoption(row: &Adoption) -> (Wall, Told<'_>) {
    (row.at, Told::Adopted { at: Stamp(row.at), how: &row.how, by: &row.by, place: &row.place })
}

fn alert(row: &Delivery) -> (Wall, Told<'_>) {
    // What is said may hold more than this screen: only of which kind it is.
    let body: Option<serde_json::Value> = serde_json::from_str(&row.body).ok();
    let told = Told::Alert {
        at: Stamp(row.at),
        channel: &row.channel,
        message: body.and_then(|body| Some(body.get("kind")?.as_str()?.to_owned())),
        incident: row.incident,
        ended: row.ended.map(Stamp),
        failure: row.failure.as_deref(),
    };
    (row.at, told)
}

pub(super) fn mute(row: &Mute) -> (Wall, Told<'_>) {
    let told = Told::Mute {
        at: Stamp(row.from),
        number: row.number,
        scope: &row.scope,
        mute: &row.kind,
        until: row.until.map(Stamp),
        hours: row.hours.as_deref(),
        lifted: row.lifted.map(Stamp),
        by: &row.by,
        place: &row.place,
        reason: &row.reason,
    };
    (row.from, told)
}
