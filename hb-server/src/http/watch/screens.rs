//! `/api/v1/screens`: which places should be lit, and with what; and what is asked of one app: to stay, to be repaired.

use axum::extract::{Path, Query, Request as Asked, State};
use axum::http::StatusCode;
use axum::response::Response;
use hb_core::expect::{Expected, Place};
use hb_core::id::Glob;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Room, body, refused};
use crate::http::api::{Slot, identity, unknown};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::view::Stamp;
use crate::watch::Request;

const EXPECTED: &str = r#"{"shows":["tetris","pong*"]}, of which one is enough"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shows {
    shows: Vec<String>,
}

/// All that is expected.
pub(super) async fn list(State(room): State<Room>) -> Response {
    let all: Vec<Value> = room.sight.watch.look(|machine, at| {
        let places = machine.expected_places().map(|(Expected { place, shows }, written)| {
            let shows: Vec<_> = shows.iter().map(Glob::as_str).collect();
            let missing = machine.dark_at(place).map(|since| Stamp(at.wall_of(since)));
            json!({
                "host": place.host(), "slot": place.slot(), "shows": shows, "missing_since": missing,
                "by": if written { "config" } else { "person" },
            })
        });
        places.collect()
    });
    super::json(&Value::Array(all))
}

/// Expects something, or something else than before.
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

/// Expects nothing there any more.
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

/// An app is here to stay.
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

/// The next step of its ladder now.
pub(super) async fn repair(
    State(room): State<Room>,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Repair).await?;
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    room.ask(&who, Request::Repair(id.to_owned())).await?;
    Ok(StatusCode::ACCEPTED)
}
