//! `/api/v1/hours` and `/api/v1/signals`: what is open now, when that changes, and the key switch that says so.

use axum::extract::{Request as Asked, State};
use axum::response::Response;
use hb_core::window::{Phase, Scope};
use hb_lease::time::Wall;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Room, body, refused};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::view::Stamp;
use crate::watch::{Machine, Request};

const EXPECTED: &str = r#"{"for":"group:hall 3","open":true}, or {"for":"everything","returned":true}"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signal {
    #[serde(rename = "for")]
    scope: String,
    open: Option<bool>,
    #[serde(default)]
    returned: bool,
}

/// Each scope that has hours or a signal, and how long it stays as it is.
pub(super) async fn list(State(room): State<Room>) -> Response {
    let all: Vec<Value> = room.sight.watch.look(|machine, at| {
        let phases = machine.mutes().phases();
        phases.map(|(scope, phase)| shown(machine, at.wall, scope, phase)).collect()
    });
    super::json(&Value::Array(all))
}

fn shown(machine: &Machine, wall: Wall, scope: &Scope, phase: Phase) -> Value {
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
    json!({ "for": scope.to_string(), "phase": phase, "until": change.map(Stamp) })
}

/// The key switch, or the return of power.
pub(super) async fn signal(State(room): State<Room>, asks: Asks, asked: Asked) -> Result<Response, Problem> {
    let who = asks.may(Right::Signal).await?;
    let Signal { scope: text, open, returned } = body(asked, EXPECTED).await?;
    let scope = room.scope(&text)?;
    let matches = room.sight.covered(&scope).await;
    let request = match (open, returned) {
        (Some(open), false) => Request::Signal { scope, open },
        (None, true) => Request::Returned(scope),
        _ => return Err(refused(format!("a signal says one thing: expected {EXPECTED}"))),
    };
    room.ask(&who, request).await?;
    Ok(super::json(&json!({ "matches": matches })))
}
