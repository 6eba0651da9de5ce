//! `/api/v1/screens`: which places should be lit, and with what; and what is asked of one app: to stay, to be repaired.

use axum::extract::{Request as Asked, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hb_core::expect::{Expected, Place};
use hb_core::id::Glob;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Room, body, refused};
use crate::http::api::{Slot, identity, json, unknown};
use crate::http::arguments::{Path, Query};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::schema::{Bodies, Changes, Conflict, Looks, Names, Unknown};
use crate::http::view::Stamp;
use crate::watch::{Reply, Request};

const EXPECTED: &str = r#"{"shows":["tetris","pong*"]}, of which one is enough"#;

/// What a place should show
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shows {
    /// Apps or patterns of them, of which one is enough
    #[schema(min_items = 1, max_items = 100, example = json!(["tetris", "pong*"]))]
    shows: Vec<String>,
}

/// A place that should be lit
#[derive(Serialize, ToSchema)]
#[schema(as = Place)]
struct Shown<'a> {
    /// The machine
    host: &'a str,
    /// Its window; empty where there is only one
    slot: &'a str,
    /// Apps or patterns of them, of which one is enough
    shows: Vec<&'a str>,
    /// Since when it shows none of them; null while it does
    missing_since: Option<Stamp>,
    /// Who expects it: `config` or `person`
    by: &'static str,
}

/// Which places should be lit, and with what
#[utoipa::path(
    get,
    path = "/api/v1/screens",
    operation_id = "list_places",
    tag = "people",
    responses((status = 200, description = "All that are expected", body = [Shown<'_>]), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn list(State(room): State<Room>) -> Response {
    room.sight.watch.look(|machine, at| {
        let places = machine.expected_places().map(|(Expected { place, shows }, written)| Shown {
            host: place.host(),
            slot: place.slot(),
            shows: shows.iter().map(Glob::as_str).collect(),
            missing_since: machine.dark_at(place).map(|since| Stamp(at.wall_of(since))),
            by: if written { "config" } else { "person" },
        });
        json(&places.collect::<Vec<_>>())
    })
}

/// Expects a place to show something, or something else than before
#[utoipa::path(
    put,
    path = "/api/v1/screens/{host}",
    operation_id = "expect_place",
    tag = "people",
    params(("host" = String, Path, description = "The machine", example = "kiosk-7", min_length = 1, max_length = 64), Slot),
    request_body = Shows,
    responses((status = 204, description = "It is expected"), Changes, Bodies, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn expect(
    State(room): State<Room>,
    Path(host): Path<String>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
    asked: Asked,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Adopt).await?;
    let Shows { shows } = body(asked, EXPECTED).await?;
    if shows.is_empty() || shows.len() > 100 {
        return Err(refused(format!("`shows` names 1 to 100 apps: expected {EXPECTED}")));
    }
    let shows = shows.iter().map(|text| {
        Glob::new(text).map_err(|error| refused(format!("{text:?} in `shows` {error}: expected {EXPECTED}")))
    });
    let shows = shows.collect::<Result<Vec<_>, _>>()?;
    let place = place(&host, slot)?;
    for part in [place.host(), place.slot()] {
        // A place is one machine and one window: a pattern or a list would be waited for as a name, for ever.
        if let Some(odd) = part.chars().find(|c| matches!(c, '*' | '{' | '}') || c.is_whitespace()) {
            return Err(refused(format!(
                "{part:?} has {odd:?}: expected the name of one place, as in kiosk-7 with slot=left; each place is asked for by itself"
            )));
        }
    }
    room.ask(&who, Request::Expect(Expected { place, shows })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Expects nothing there any more
#[utoipa::path(
    delete,
    path = "/api/v1/screens/{host}",
    operation_id = "forget_place",
    tag = "people",
    params(("host" = String, Path, description = "The machine", example = "kiosk-7", min_length = 1, max_length = 64), Slot),
    responses((status = 204, description = "Nothing is expected there"), Changes, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn forget(
    State(room): State<Room>,
    Path(host): Path<String>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Adopt).await?;
    room.ask(&who, Request::Unexpect(place(&host, slot)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn place(host: &str, slot: Option<String>) -> Result<Place, Problem> {
    let slot = slot.unwrap_or_default();
    Place::new(host, &slot).map_err(|error| refused(format!("`{host}` or its slot {error}")))
}

/// Says that an app is here to stay
#[utoipa::path(
    post,
    path = "/api/v1/apps/{host}/{app}/adopt",
    operation_id = "adopt_app",
    tag = "people",
    params(Names, Slot),
    responses((status = 204, description = "It stays"), Changes, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn adopt(
    State(room): State<Room>,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Adopt).await?;
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    room.sight.one(id).ok_or_else(|| unknown(id))?;
    room.ask(&who, Request::Adopt(id.to_owned())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A step of the repairs that somebody asked for
#[derive(Serialize, ToSchema)]
struct Begun {
    /// `reload`, `command`, `restart` or `reboot`
    action: &'static str,
    /// Whether it would begin, and nothing is done
    dry: bool,
    /// Why nothing is done; null if it is
    why: Option<String>,
}

/// Takes the next step of an app's repairs now
#[utoipa::path(
    post,
    path = "/api/v1/apps/{host}/{app}/repair",
    operation_id = "repair_app",
    tag = "people",
    params(Names, Slot),
    responses((status = 202, description = "It has begun; the history says how it ends", body = Begun), Changes, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn repair(
    State(room): State<Room>,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
) -> Result<Response, Problem> {
    let who = asks.may(Right::Repair).await?;
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    let begun = match room.ask(&who, Request::Repair(id.to_owned())).await? {
        Reply::Repairing(action) => Begun { action: action.word(), dry: false, why: None },
        Reply::Rehearsed(action, why) => {
            Begun { action: action.word(), dry: true, why: Some(why.to_string()) }
        }
        Reply::Done | Reply::Muted(_) | Reply::Replaced(_) => return Ok(StatusCode::ACCEPTED.into_response()),
    };
    Ok((StatusCode::ACCEPTED, json(&begun)).into_response())
}
