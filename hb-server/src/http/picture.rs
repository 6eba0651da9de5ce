//! The pictures that agents show of their screens, for people: the last of each app, and the last before it stood still.
//!
//! Whoever looks shows a token or a session, also on this machine: a picture tells more than a state. Not here: how they
//! come (`link::agent`), and for how long they are held (`watch::agent::shown`).

use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::OpenApi;

use crate::watch::agent::Picture;
use crate::watch::agent::shown::{Pictures, Shown};

use super::api::{Slot, identity};
use super::arguments::{Path, Query};
use super::grant::{Asks, Right};
use super::problem::Problem;
use super::schema::{Looks, Names};

#[derive(OpenApi)]
#[openapi(paths(last, good))]
pub(super) struct Described;

pub(super) fn router(pictures: Pictures) -> Router {
    Router::new()
        .route("/api/v1/apps/{host}/{app}/picture", get(last))
        .route("/api/v1/apps/{host}/{app}/picture/good", get(good))
        .with_state(pictures)
}

/// What a screen shows, as its agent saw it
///
/// Only where `hb run --send-pictures` shows it. `X-Picture` says what was seen in it, as JSON; `Age` how old it is.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}/picture",
    operation_id = "get_picture",
    tag = "screens",
    params(Names, Slot),
    responses(
        (status = 200, description = "The last picture, at most 320 dots wide", body = [u8], content_type = "image/jpeg"),
        (status = 204, description = "No agent of it shows any"),
        Looks
    ),
    security(("token" = ["viewer"]), ("session" = ["viewer"]))
)]
async fn last(
    State(pictures): State<Pictures>,
    names: Path<(String, String)>,
    slot: Query<Slot>,
    asks: Asks,
) -> Result<Response, Problem> {
    show(&pictures, names, slot, &asks, false).await
}

/// What a screen showed before its picture stood still
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}/picture/good",
    operation_id = "get_good_picture",
    tag = "screens",
    params(Names, Slot),
    responses(
        (status = 200, description = "The picture, at most 320 dots wide", body = [u8], content_type = "image/jpeg"),
        (status = 204, description = "No agent of it shows any"),
        Looks
    ),
    security(("token" = ["viewer"]), ("session" = ["viewer"]))
)]
async fn good(
    State(pictures): State<Pictures>,
    names: Path<(String, String)>,
    slot: Query<Slot>,
    asks: Asks,
) -> Result<Response, Problem> {
    show(&pictures, names, slot, &asks, true).await
}

async fn show(
    pictures: &Pictures,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    asks: &Asks,
    good: bool,
) -> Result<Response, Problem> {
    asks.has(Right::Look).await?;
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    let now = Instant::now();
    // No error: most agents show none.
    let Some(Shown { picture: Picture { caption, jpeg }, at }) = pictures.of(id, good, now) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let caption = serde_json::to_string(&caption).expect("words and numbers are always JSON");
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg".to_owned()),
        (header::AGE, now.saturating_duration_since(at).as_secs().to_string()),
        (HeaderName::from_static("x-picture"), caption),
    ];
    Ok((headers, jpeg).into_response())
}
