//! `POST /api/v1/apps/{host}/{app}/commands`: asks a screen to do something, and tells what it answers.
//!
//! Not here: what it goes over, and what a page does with it.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_bus::message::Message;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Engine;
use crate::screen;

use super::api::{Slot, identity};
use super::arguments::{Path, Query};
use super::deaf;
use super::desk::Desk;
use super::drain::BODY_TIMEOUT;
use super::grant::{Asks, Right};
use super::problem::Problem;
use super::schema::{Bodies, Changes, Conflict, Names, Unheard, Unknown, words};

/// Longest command, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// How long a screen has to answer, if nothing else is said, and at most.
const PATIENCE: u64 = 5_000;
const LONGEST: u64 = 60_000;

/// What is asked of a screen
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    /// As the page registered it: `reload`, `identify`, `message`, or its own
    #[schema(example = "reload")]
    name: String,
    /// Whatever the page expects with it
    #[serde(default)]
    #[schema(value_type = words::Anything)]
    data: serde_json::Value,
    /// How long it may take, in ms: 5 s, if nothing else is said, and a minute at most
    #[serde(default, skip_serializing)]
    timeout_ms: Option<u64>,
}

/// Asks a screen to do something, and tells what its page answers
#[utoipa::path(
    post,
    path = "/api/v1/apps/{host}/{app}/commands",
    operation_id = "send_command",
    tag = "screens",
    params(Names, Slot),
    request_body = Command,
    responses(
        (status = 200, description = "What the page says", body = serde_json::Value),
        Changes, Bodies, Unknown, Conflict, Unheard
    ),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn send(
    State((engine, desk)): State<(Engine, Desk)>,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    asks: Asks,
    request: Request,
) -> Result<Response, Problem> {
    let who = asks.may(Right::Command).await?;
    // Read only now: who may change nothing is not listened to.
    let body = tokio::time::timeout(BODY_TIMEOUT, to_bytes(request.into_body(), MAX_BODY)).await;
    let too_much = |_| {
        let detail = format!("a command has at most {MAX_BODY} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let too_slow = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the command did not come in time");
    let body = body.map_err(too_slow)?.map_err(too_much)?;
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    let expected = r#"expected {"name":"reload"}, with "data" and "timeout_ms" if needed"#;
    let command: Command = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("{error}: {expected}")))?;
    tracing::info!(by = who.by(), from = who.from(), %id, command = ?command.name, "asks a screen");
    let asked = serde_json::to_vec(&command).expect("a command is always JSON");
    let asked = match screen::ask(&engine, id, &command.name, &asked.into()) {
        Ok(asked) => asked,
        Err(refused) => {
            return Err(deaf::with_hint(refused, &engine, &desk, asks.peer.origin(), id).await.into());
        }
    };
    let patience = Duration::from_millis(command.timeout_ms.unwrap_or(PATIENCE).clamp(1, LONGEST));
    Ok(answer(&asked.answer(patience).await?))
}

/// What the page says is told as it is, if it is JSON; whatever else it is, as text.
fn answer(reply: &Message) -> Response {
    let data = serde_json::from_slice(reply.data())
        .unwrap_or_else(|_| serde_json::Value::String(String::from_utf8_lossy(reply.data()).into_owned()));
    ([(header::CONTENT_TYPE, "application/json")], data.to_string()).into_response()
}
