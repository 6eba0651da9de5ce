//! What people and programs ask of the watch: mutes, signals, acknowledgements, screens that are expected, repairs.
//!
//! Not here: how it stands with an app (`view`), who may (`grant`), what follows (`crate::watch`).

mod hours;
mod incidents;
mod mutes;
pub(super) mod refusal;
mod replace;
mod screens;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request as Asked;
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use hb_core::id::Who;
use hb_core::window::Scope;
use hb_lease::time::Wall;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use utoipa::OpenApi;

use crate::watch::{Denied, Refusal, Reply, Request, no_group};

use super::drain::BODY_TIMEOUT;
use super::history::Past;
use super::problem::Problem;
use super::sight::Sight;

/// Longest question, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// Longest span that is asked for, in seconds: a year and a day.
const LONGEST: u64 = 366 * 24 * 60 * 60;

/// What is said of it to programs.
#[derive(OpenApi)]
#[openapi(paths(
    mutes::list,
    mutes::set,
    mutes::lift,
    hours::list,
    hours::signal,
    incidents::list,
    incidents::acknowledge,
    incidents::snooze,
    screens::list,
    screens::expect,
    screens::forget,
    screens::adopt,
    screens::repair,
    replace::replace
))]
pub(super) struct Described;

/// What every handler here has.
#[derive(Clone)]
struct Room {
    sight: Sight,
    past: Past,
}

pub(super) fn router(sight: &Sight, past: Past) -> Router {
    Router::new()
        .route("/api/v1/mutes", get(mutes::list).post(mutes::set))
        .route("/api/v1/mutes/{id}", delete(mutes::lift))
        .route("/api/v1/hours", get(hours::list))
        .route("/api/v1/signals", post(hours::signal))
        .route("/api/v1/incidents", get(incidents::list))
        .route("/api/v1/incidents/{number}/acknowledge", post(incidents::acknowledge))
        .route("/api/v1/incidents/{number}/snooze", post(incidents::snooze))
        .route("/api/v1/screens", get(screens::list))
        .route("/api/v1/screens/{host}", put(screens::expect).delete(screens::forget))
        .route("/api/v1/apps/{host}/{app}/adopt", post(screens::adopt))
        .route("/api/v1/apps/{host}/{app}/repair", post(screens::repair))
        .route("/api/v1/hosts/{host}/replace", post(replace::replace))
        .with_state(Room { sight: sight.clone(), past })
}

impl Room {
    /// Does what `who` asks for; durable when it says so.
    async fn ask(&self, who: &Who, request: Request) -> Result<Reply, Problem> {
        tracing::info!(by = who.by(), from = who.from(), "asks to {request}");
        self.sight.watch.ask(who, request).await.map_err(declined)
    }

    /// Whom it is for. A pattern may be for who comes later; a group that nobody configured is for nobody, ever.
    fn scope(&self, text: &str) -> Result<Scope, Problem> {
        let scope = text.parse().map_err(|error| {
            refused(format!(
                "`for` is {text:?}, which {error}: expected `everything`, `group:hall 3`, `kiosk-1*/*` or `HOST/APP`"
            ))
        })?;
        if let Scope::Group(glob) = &scope {
            let names = || self.past.watch.tree.groups.iter().map(|group| &*group.name);
            if !names().any(|name| glob.matches(name)) {
                return Err(refused(format!("`for`: {}", no_group(glob.as_str(), names()))));
            }
        }
        Ok(scope)
    }

    fn now(&self) -> Wall {
        let clock = self.sight.engine.clock();
        clock.wall(clock.now())
    }

    fn zone(&self) -> &TimeZone {
        &self.past.watch.zone
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn declined(denied: Denied) -> Problem {
    let kind = match &denied {
        Denied::Refused(refusal) => refusal::word(refusal),
        Denied::NotKept(_) => None,
    };
    let status = match &denied {
        Denied::Refused(refusal) => match refusal {
            Refusal::NoMute(_)
            | Refusal::NoIncident(_)
            | Refusal::NoApp(_)
            | Refusal::NoHost(_)
            | Refusal::NoSuccessor(_)
            | Refusal::NotExpected(_) => StatusCode::NOT_FOUND,
            Refusal::Window(_) | Refusal::Over | Refusal::SameHost | Refusal::PatternHost => {
                StatusCode::BAD_REQUEST
            }
            Refusal::Configured(_)
            | Refusal::Full
            | Refusal::Alive(_)
            | Refusal::TooMany(_)
            | Refusal::Repair(_)
            | Refusal::Later { .. }
            | Refusal::Rehearsing(_) => StatusCode::CONFLICT,
        },
        Denied::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Problem::new(status, denied.to_string()).of_kind(kind)
}

fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

/// What was sent, as JSON of the form that `expected` shows.
async fn body<T: DeserializeOwned>(request: Asked, expected: &str) -> Result<T, Problem> {
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY)).await;
    let slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "what you ask did not come in time");
    let large = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("expected at most {MAX_BODY} bytes"));
    let body = body.map_err(slow)?.map_err(large)?;
    serde_json::from_slice(&body).map_err(|error| refused(format!("{error}: expected {expected}")))
}

/// A moment under this name.
fn moment(name: &str, text: &str) -> Result<Wall, Problem> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    moment.map(|at| Wall::from_unix_millis(at.as_millisecond())).map_err(|_| {
        refused(format!("`{name}` is {text:?}: expected a moment as in \"2026-12-24T09:00:00+01:00\""))
    })
}

/// So many seconds after `from`.
fn later(from: Wall, seconds: u64) -> Result<Wall, Problem> {
    if !(1..=LONGEST).contains(&seconds) {
        return Err(refused(format!("`for_s` is {seconds}: expected seconds from 1 to {LONGEST}")));
    }
    let span = i64::try_from(seconds * 1000).unwrap_or(i64::MAX);
    let end = from.as_unix_millis().saturating_add(span);
    if jiff::Timestamp::from_millisecond(end).is_err() {
        return Err(refused("`for_s` ends beyond the calendar: expected an end before the year 10000"));
    }
    Ok(Wall::from_unix_millis(end))
}
