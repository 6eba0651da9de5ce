//! `/api/v1/hours` and `/api/v1/signals`: what is open now, when that changes, and the key switch that says so.

use axum::extract::{Request as Asked, State};
use axum::response::Response;
use hb_core::window::{Phase, Scope};
use hb_lease::time::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Room, body, refused};
use crate::http::api::json;
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::schema::{Bodies, Changes, Looks};
use crate::http::view::Stamp;
use crate::watch::{Machine, Request, nearest};

const EXPECTED: &str = r#"{"for":"group:hall 3","open":true}, or {"for":"everything","returned":true}"#;

/// What a key switch says: whom, and one of `open` and `returned`
#[derive(Deserialize, ToSchema)]
#[schema(as = NewSignal)]
#[serde(deny_unknown_fields)]
pub(super) struct Signal {
    /// `everything`, `group:hall 3`, `kiosk-1*/*` or `HOST/APP`
    #[serde(rename = "for")]
    #[schema(example = "everything")]
    scope: String,
    /// Whether it opens, or closes
    open: Option<bool>,
    /// `true` when power came back: nobody is judged for a while
    #[serde(default)]
    returned: bool,
}

/// A scope that has hours or a signal
#[derive(Serialize, ToSchema)]
#[schema(as = Hours)]
struct Shown {
    /// Whom it is for
    #[serde(rename = "for")]
    scope: String,
    /// `closed`, `opening`, while nobody is judged yet, or `open`
    phase: &'static str,
    /// How long it stays so; null if nobody knows
    until: Option<Stamp>,
}

/// Whom a signal reached
#[derive(Serialize, ToSchema)]
struct Matches {
    /// How many known screens it covers now
    matches: usize,
}

/// What is open, and until when
#[utoipa::path(
    get,
    path = "/api/v1/hours",
    operation_id = "list_hours",
    tag = "people",
    responses((status = 200, description = "Each scope that has hours or a signal", body = [Shown]), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn list(State(room): State<Room>) -> Response {
    let all: Vec<Shown> = room.sight.watch.look(|machine, at| {
        let phases = machine.mutes().phases();
        phases.map(|(scope, phase)| shown(machine, at.wall, scope, phase)).collect()
    });
    json(&all)
}

/// The name of an app in any place: what is left of a group without `group:`, which nobody will ever be.
fn only_an_app(scope: &Scope) -> Option<String> {
    let text = scope.to_string();
    let name = text.strip_prefix("*/").filter(|name| !name.contains(['*', '#']))?;
    Some(name.to_owned())
}

fn shown(machine: &Machine, wall: Wall, scope: &Scope, phase: Phase) -> Shown {
    let change = scope.ask(|subject| match phase {
        Phase::Closed => machine.mutes().muted(wall, subject).and_then(|muted| muted.until),
        Phase::Opening { until } => Some(until),
        Phase::Open => machine.mutes().closes_at(wall, subject),
    });
    let phase = match phase {
        Phase::Closed => "closed",
        Phase::Opening { .. } => "opening",
        Phase::Open => "open",
    };
    Shown { scope: scope.to_string(), phase, until: change.map(Stamp) }
}

/// Opens or closes something, or says that power is back
#[utoipa::path(
    post,
    path = "/api/v1/signals",
    operation_id = "send_signal",
    tag = "people",
    request_body(content = Signal, example = json!({ "for": "everything", "open": true })),
    responses((status = 200, description = "It is so", body = Matches), Changes, Bodies),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn signal(State(room): State<Room>, asks: Asks, asked: Asked) -> Result<Response, Problem> {
    let who = asks.may(Right::Signal).await?;
    let Signal { scope: text, open, returned } = body(asked, EXPECTED).await?;
    let scope = room.scope(&text)?;
    let matches = room.sight.covered(&scope).await;
    if matches == 0
        && let Some(name) = only_an_app(&scope)
    {
        let name = name.as_str();
        let halls = room.past.watch.tree.groups.iter().map(|group| &*group.name);
        let hint = nearest(name, halls).map_or_else(
            || "expected `group:hall 3`, `kiosk-1*/*`, or an app that is known".into(),
            |hall| format!("did you mean `group:{hall}`?"),
        );
        return Err(refused(format!("`for`: no app is called `{name}`: {hint}")));
    }
    let request = match (open, returned) {
        (Some(open), false) => Request::Signal { scope, open },
        (None, true) => Request::Returned(scope),
        _ => return Err(refused(format!("a signal says one thing: expected {EXPECTED}"))),
    };
    room.ask(&who, request).await?;
    Ok(json(&Matches { matches }))
}
