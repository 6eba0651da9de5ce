//! `GET /api/v1/apps/{host}/{app}/history` and `GET /api/v1/history`: what happened to an app, or to all of them, the newest first,
//! and where to go on.
//!
//! Transitions, incidents, what people said to them, repairs, mutes and adoptions in one list. A page ends between two moments, so that the next one begins
//! before the last moment of this one and nothing is told twice.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use hb_core::id::OwnedIdentity;
use hb_core::window::{Scope, Subject};
use hb_lease::time::Wall;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::api::identity;
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::store::Reader;
use crate::store::row::{Acknowledgement, Adoption, Incident, Mute, Repair, Transition};
use crate::watch;
use crate::watch::history::Span;

use super::{Room, Untold, stamp};

/// How many are told at once, if nothing else is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;

/// Which window, when, and how many.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    slot: Option<String>,
    from: Option<String>,
    to: Option<String>,
    limit: Option<usize>,
}

/// One app's.
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

/// What happened to all; each row that is about one app says about which.
pub(super) async fn of_all(
    State(room): State<Room>,
    Extension(asker): Extension<Asker>,
    Query(Asked { slot: _, from, to, limit }): Query<Asked>,
) -> Result<Response, Problem> {
    let span = room.span(Some(from.as_deref().unwrap_or("24h")), to.as_deref())?;
    let limit = page_of(limit)?;
    let question = format!("history of all {span:?} {limit}");
    room.answer(asker, question, move |reader, _| tell_all(reader, span, limit)).await
}

fn page_of(limit: Option<usize>) -> Result<usize, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let detail = format!("`limit` is {limit}: expected a number from 1 to {MOST}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(limit)
}

fn tell_all(reader: &mut Reader, span: Span, limit: usize) -> Result<Value, Untold> {
    let when = span.from..span.to;
    let most = limit + 2;
    let of = |id: Option<&OwnedIdentity>, (at, mut told): (Wall, Value)| {
        if let (Some(id), Some(fields)) = (id, told.as_object_mut()) {
            let id = id.borrow();
            for (name, value) in [("app", id.app()), ("host", id.host()), ("slot", id.slot())] {
                fields.insert(name.to_owned(), value.into());
            }
        }
        (at, told)
    };
    let mut found: Vec<(Wall, Value)> = Vec::new();
    let rows = reader.transitions_of_all(when.clone(), most)?;
    found.extend(rows.iter().map(|row| of(Some(&row.app), transition(row))));
    let rows = reader.repairs_of_all(when.clone(), most)?;
    found.extend(rows.iter().map(|row| of(Some(&row.app), repair(row))));
    for row in &reader.incidents_of_all(when.clone(), most)? {
        let (at, mut told) = of(row.app.as_ref(), incident(row));
        if row.app.is_none() {
            told[row.about.as_str()] = row.parent.as_deref().into();
        }
        found.push((at, told));
    }
    found.extend(reader.acknowledgements_of_all(when.clone(), most)?.iter().map(acknowledgement));
    let rows = reader.adoptions_of_all(when.clone(), most)?;
    found.extend(rows.iter().map(|row| of(Some(&row.app), adoption(row))));
    found.extend(reader.mutes_of(when, |_| true, most)?.iter().map(mute));
    Ok(page(found, span, limit))
}

/// The newest of them, and where the next page begins.
fn page(mut found: Vec<(Wall, Value)>, span: Span, limit: usize) -> Value {
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let end = page_end(&found, limit);
    let next = (end < found.len()).then(|| stamp(found[end - 1].0));
    let told: Vec<Value> = found.into_iter().take(end).map(|(_, value)| value).collect();
    json!({ "from": stamp(span.from), "to": stamp(span.to), "history": told, "next_to": next })
}

fn tell(
    reader: &mut Reader,
    watch: &watch::Config,
    id: &OwnedIdentity,
    span: Span,
    limit: usize,
) -> Result<Value, Untold> {
    if !reader.knows(id.borrow())? {
        return Err(Untold::Nobody(format!("nothing is kept of `{}`", id.borrow())));
    }
    let when = span.from..span.to;
    // Two more than a page, to see whether there is another and where it begins.
    let most = limit + 2;
    let mut found: Vec<(Wall, Value)> = Vec::new();
    found.extend(reader.newest_transitions(id.borrow(), when.clone(), most)?.iter().map(transition));
    found.extend(reader.newest_repairs(id.borrow(), when.clone(), most)?.iter().map(repair));
    found.extend(reader.newest_incidents(id.borrow(), when.clone(), most)?.iter().map(incident));
    let words = reader.newest_acknowledgements(id.borrow(), when.clone(), most)?;
    found.extend(words.iter().map(acknowledgement));
    found.extend(reader.newest_adoptions(id.borrow(), when.clone(), most)?.iter().map(adoption));
    let groups =
        watch.tree.groups.iter().filter(|group| group.members.iter().any(|it| it.matches(id.borrow())));
    let groups: Vec<&str> = groups.map(|group| &*group.name).collect();
    let name = id.borrow();
    let subject = Subject { groups: &groups, host: name.host(), slot: name.slot(), app: name.app() };
    let mutes =
        reader.mutes_of(when, |mute| mute.scope.parse::<Scope>().is_ok_and(|it| it.covers(subject)), most)?;
    found.extend(mutes.iter().map(mute));
    Ok(page(found, span, limit))
}

/// The whole of the last moment belongs to a page.
fn page_end(found: &[(Wall, Value)], limit: usize) -> usize {
    let Some((last, _)) = found.get(limit - 1) else { return found.len() };
    found.iter().take_while(|(at, _)| at >= last).count()
}

fn transition(row: &Transition) -> (Wall, Value) {
    let [from, to] = [row.from, row.to].map(|state| state.map(hb_core::beat::State::word));
    let told = json!({ "kind": "transition", "at": stamp(row.at), "from": from, "to": to, "cause": row.cause.word() });
    (row.at, told)
}

fn repair(row: &Repair) -> (Wall, Value) {
    let told = json!({
        "kind": "repair", "at": stamp(row.at), "action": row.action, "dry": row.dry, "evidence": row.evidence,
        "by": row.by, "place": row.place, "ended": row.ended.map(stamp), "outcome": row.outcome,
        "incident": row.incident, "said": row.said,
    });
    (row.at, told)
}

fn incident(row: &Incident) -> (Wall, Value) {
    let told = json!({
        "kind": "incident", "at": stamp(row.since), "number": row.number, "state": row.state.word(),
        "cause": row.cause.word(), "acknowledged": row.acknowledged, "ended": row.ended.map(stamp),
        "ending": row.ending,
    });
    (row.since, told)
}

fn acknowledgement(row: &Acknowledgement) -> (Wall, Value) {
    let kind = if row.until.is_some() { "snoozed" } else { "acknowledged" };
    let told = json!({
        "kind": kind, "at": stamp(row.at), "incident": row.incident, "until": row.until.map(stamp), "by": row.by,
        "place": row.place,
    });
    (row.at, told)
}

fn adoption(row: &Adoption) -> (Wall, Value) {
    let told =
        json!({ "kind": "adopted", "at": stamp(row.at), "how": row.how, "by": row.by, "place": row.place });
    (row.at, told)
}

fn mute(row: &Mute) -> (Wall, Value) {
    let told = json!({
        "kind": "mute", "at": stamp(row.from), "number": row.number, "scope": row.scope, "mute": row.kind,
        "until": row.until.map(stamp), "hours": row.hours, "lifted": row.lifted.map(stamp), "by": row.by,
        "place": row.place, "reason": row.reason,
    });
    (row.from, told)
}
