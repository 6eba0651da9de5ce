//! `/api/v1/incidents`: what is wrong, who takes care of it, and what is over.

use axum::extract::{Request as Asked, State};
use axum::http::StatusCode;
use axum::response::Response;
use hb_core::beat;
use hb_core::hold::Reason;
use hb_core::id::OwnedIdentity;
use hb_core::incident::{Number, Parent, Subject};
use hb_core::verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Room, body, later, moment, refused};
use crate::http::api::json;
use crate::http::arguments::{Path, Query};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::schema::{Bodies, Changes, Conflict, Looks, Unknown, words};
use crate::http::view::{By, Stamp};
use crate::notify::voice;
use crate::store::row;
use crate::watch::{Afterwards, Open, Request};

/// How many are told, if nothing else is said, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;
/// A snooze, in seconds, if nothing else is said.
const SNOOZE: u64 = 3_600;

/// Which incidents are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that are open, or only those that are over
    #[param(nullable = false)]
    open: Option<bool>,
    /// At most so many; 100, if nothing else is said
    #[param(nullable = false, minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// Until when nobody wants to hear of it: one of the two, or an hour
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Snooze {
    /// For so many seconds
    #[schema(minimum = 1, maximum = 31_622_400, example = 3600)]
    for_s: Option<u64>,
    /// Until then
    until: Option<String>,
}

/// What was or is wrong: from leaving the good states until back
#[derive(Serialize, ToSchema)]
#[schema(as = Incident)]
struct Shown<'a> {
    /// Its number
    number: u64,
    /// What it is about: an app, or a host or a group as a whole
    about: About<'a>,
    /// How bad it is
    #[schema(value_type = words::State)]
    state: &'static str,
    /// Why
    #[schema(value_type = words::Cause)]
    cause: &'static str,
    /// Both in words
    sentence: &'static str,
    /// What a person can do about it; null once it is over
    advice: Option<&'static str>,
    /// When it began
    since: Stamp,
    /// Who takes care of it
    acknowledged: Option<By<'a>>,
    /// Until when nobody wants to hear of it
    snoozed_until: Option<Stamp>,
    /// Why alerts and repairs wait
    #[schema(value_type = Vec<words::Hold>)]
    holds: Vec<&'static str>,
    /// The apps that it stands for
    covers: Vec<String>,
    /// When it ended; null while it is open
    ended: Option<Stamp>,
    /// How: `back`, `goodbye` or `removed`
    ending: Option<&'a str>,
}

/// What an incident is about: an app has all of `app`, `host` and `slot`
#[derive(Default, Serialize, ToSchema)]
struct About<'a> {
    /// An app
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    app: Option<&'a str>,
    /// Its host, or a host as a whole
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    host: Option<&'a str>,
    /// The app's window of the host
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    slot: Option<&'a str>,
    /// A group as a whole
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    group: Option<&'a str>,
}

/// What is wrong, then what is over, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/incidents",
    operation_id = "list_incidents",
    tag = "people",
    params(Filter),
    responses((status = 200, description = "Those that are wanted", body = [Shown<'_>]), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn list(
    State(room): State<Room>,
    Query(Filter { open, limit }): Query<Filter>,
) -> Result<Response, Problem> {
    let limit = limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(refused(format!("`limit` is {limit}: expected a number from 1 to {MOST}")));
    }
    let found = match open {
        Some(false) => Vec::new(),
        _ => room.sight.watch.look(crate::watch::Machine::open_incidents),
    };
    let mut all: Vec<_> = found.iter().rev().take(limit).map(|open| opened(open, by(&room, open))).collect();
    let (left, mut rows) = (limit - all.len(), Vec::new());
    if open != Some(true) && left > 0 {
        let store = std::sync::Arc::clone(&room.past.store);
        let read = tokio::task::spawn_blocking(move || {
            let mut reader = store.reader().map_err(|why| why.to_string())?;
            reader.closed_incidents(left).map_err(|why| why.to_string())
        });
        rows = read.await.unwrap_or_else(|why| Err(why.to_string())).map_err(|why| {
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, format!("the memory cannot be read now: {why}"))
        })?;
    }
    let after: Vec<Afterwards> = rows.iter().map(Afterwards::of).collect();
    all.extend(rows.iter().zip(&after).map(closed));
    Ok(json(&all))
}

/// Who speaks for the app that it is about.
fn by(room: &Room, open: &Open) -> Option<beat::By> {
    let Subject::App(id) = &open.subject else { return None };
    room.sight.engine.snapshot(id.borrow())?.vitals.by
}

fn opened(open: &Open, by: Option<beat::By>) -> Shown<'_> {
    let about = match &open.subject {
        Subject::App(id) => About::app(id),
        Subject::Parent(Parent::Host(name)) => About { host: Some(name), ..About::default() },
        Subject::Parent(Parent::Group(name)) => About { group: Some(name), ..About::default() },
    };
    Shown {
        number: open.number.0,
        about,
        state: open.state.word(),
        cause: open.cause.word(),
        sentence: voice::sentence(open.state, open.cause, by),
        advice: voice::advice(open.state, open.cause, by),
        since: Stamp(open.since),
        acknowledged: open.acknowledged.as_ref().map(By::of),
        snoozed_until: open.snoozed.map(Stamp),
        holds: open.holds.iter().map(Reason::word).collect(),
        covers: open.covers.iter().map(ToString::to_string).collect(),
        ended: None,
        ending: None,
    }
}

fn closed<'a>((row, after): (&'a row::Incident, &'a Afterwards)) -> Shown<'a> {
    let parent = row.parent.as_deref();
    let about = match &row.app {
        Some(id) => About::app(id),
        None if row.about == "host" => About { host: parent, ..About::default() },
        None => About { group: parent, ..About::default() },
    };
    Shown {
        number: row.number,
        about,
        state: row.state.word(),
        cause: row.cause.word(),
        sentence: verdict::sentence(row.state, row.cause),
        advice: None,
        since: Stamp(row.since),
        acknowledged: after.acknowledged.as_ref().map(By::of),
        snoozed_until: None,
        holds: Vec::new(),
        covers: after.covered.iter().cloned().collect(),
        ended: row.ended.map(Stamp),
        ending: row.ending.as_deref(),
    }
}

impl<'a> About<'a> {
    fn app(id: &'a OwnedIdentity) -> Self {
        let id = id.borrow();
        Self { app: Some(id.app()), host: Some(id.host()), slot: Some(id.slot()), group: None }
    }
}

/// Takes an incident on: nobody is reminded of it any more
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{number}/acknowledge",
    operation_id = "acknowledge_incident",
    tag = "people",
    params(("number" = u64, Path, description = "Its number")),
    responses((status = 204, description = "It is taken on"), Changes, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn acknowledge(
    State(room): State<Room>,
    Path(text): Path<String>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Acknowledge).await?;
    room.ask(&who, Request::Acknowledge(number(&text)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts an incident off
#[utoipa::path(
    post,
    path = "/api/v1/incidents/{number}/snooze",
    operation_id = "snooze_incident",
    tag = "people",
    params(("number" = u64, Path, description = "Its number")),
    request_body(content = Snooze, example = json!({ "for_s": 3600 })),
    responses((status = 204, description = "Nobody hears of it until then"), Changes, Bodies, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
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
