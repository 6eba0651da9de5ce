//! `/api/v1/incidents`: what is wrong, who takes care of it, and what is over.

use axum::extract::{Path, Query, Request as Asked, State};
use axum::http::StatusCode;
use axum::response::Response;
use hb_core::hold::Reason;
use hb_core::incident::{Number, Parent, Subject};
use hb_core::verdict;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Room, body, later, moment, refused};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::view::{By, Stamp};
use crate::store::row;
use crate::watch::{Afterwards, Open, Request};

/// How many are told, if nothing else is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;
/// A snooze, in seconds, if nothing else is said.
const SNOOZE: u64 = 3_600;

#[derive(Deserialize)]
pub(super) struct Filter {
    open: Option<bool>,
    limit: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Snooze {
    for_s: Option<u64>,
    until: Option<String>,
}

/// Those that are open, then those that are over, the newest first.
pub(super) async fn list(
    State(room): State<Room>,
    Query(Filter { open, limit }): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(refused(format!("`limit` is {limit}: expected a number from 1 to {MOST}")));
    }
    let mut all: Vec<Value> = Vec::new();
    if open != Some(false) {
        let found = room.sight.watch.look(crate::watch::Machine::open_incidents);
        all.extend(found.iter().rev().take(limit).map(opened));
    }
    let left = limit - all.len();
    if open != Some(true) && left > 0 {
        let store = std::sync::Arc::clone(&room.past.store);
        let read = tokio::task::spawn_blocking(move || {
            let mut reader = store.reader().map_err(|why| why.to_string())?;
            reader.closed_incidents(left).map_err(|why| why.to_string())
        });
        let rows = read.await.unwrap_or_else(|why| Err(why.to_string())).map_err(|why| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("the memory cannot be read now: {why}"))
        })?;
        all.extend(rows.iter().map(closed));
    }
    Ok(super::json(&Value::Array(all)))
}

fn opened(open: &Open) -> Value {
    let about = match &open.subject {
        Subject::App(id) => {
            let id = id.borrow();
            json!({ "app": id.app(), "host": id.host(), "slot": id.slot() })
        }
        Subject::Parent(Parent::Host(name)) => json!({ "host": name }),
        Subject::Parent(Parent::Group(name)) => json!({ "group": name }),
    };
    let covers: Vec<_> = open.covers.iter().map(ToString::to_string).collect();
    let holds: Vec<_> = open.holds.iter().map(Reason::word).collect();
    json!({
        "number": open.number.0, "about": about, "state": open.state.word(), "cause": open.cause.word(),
        "sentence": verdict::sentence(open.state, open.cause), "since": Stamp(open.since),
        "acknowledged": open.acknowledged.as_ref().map(By::of), "snoozed_until": open.snoozed.map(Stamp),
        "holds": holds, "covers": covers, "ended": null, "ending": null,
    })
}

fn closed(row: &row::Incident) -> Value {
    let about = match (&row.app, &row.parent) {
        (Some(id), _) => {
            let id = id.borrow();
            json!({ "app": id.app(), "host": id.host(), "slot": id.slot() })
        }
        (None, parent) => json!({ (row.about.as_str()): parent }),
    };
    let Afterwards { acknowledged, covered } = Afterwards::of(row);
    json!({
        "number": row.number, "about": about, "state": row.state.word(), "cause": row.cause.word(),
        "sentence": verdict::sentence(row.state, row.cause), "since": Stamp(row.since),
        "acknowledged": acknowledged.as_ref().map(By::of), "snoozed_until": null, "holds": [], "covers": covered,
        "ended": row.ended.map(Stamp), "ending": row.ending,
    })
}

/// "I take care of it."
pub(super) async fn acknowledge(
    State(room): State<Room>,
    Path(text): Path<String>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Acknowledge).await?;
    room.ask(&who, Request::Acknowledge(number(&text)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// "Not now."
pub(super) async fn snooze(
    State(room): State<Room>,
    Path(text): Path<String>,
    asks: Asks,
    asked: Asked,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Acknowledge).await?;
    let Snooze { for_s, until } =
        body(asked, r#"{"for_s":3600}, or {"until":"2026-12-24T09:00:00Z"}"#).await?;
    let until = match (until, for_s) {
        (Some(_), Some(_)) => return Err(refused("a snooze has one end: expected `for_s` or `until`")),
        (Some(text), None) => moment("until", &text)?,
        (None, seconds) => later(room.now(), seconds.unwrap_or(SNOOZE))?,
    };
    room.ask(&who, Request::Snooze { number: number(&text)?, until }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn number(text: &str) -> Result<Number, Problem> {
    let number = text.parse().map(Number);
    number.map_err(|_| refused(format!("`{text}` is no incident: expected its number")))
}
