//! `/api/v1/apps`: what is known, as JSON; and `/healthz`.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_core::beat::State as AppState;
use hb_core::id::Identity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::engine::Engine;

use super::Beside;
use super::arguments::{Path, Query};
use super::desk::{Desk, Refused, Slices};
use super::front::Asker;
use super::grant::{Asks, Right};
use super::problem::Problem;
use super::schema::{Changes, Looks, Names, Unknown, words};
use super::sight::{Screen, Sight};
use super::view::{App, Stamp, millis};

/// From this lateness of the detector on, silence is no longer noticed in time.
const TOO_LATE: Duration = Duration::from_secs(1);
/// Apps that are told at once, at most: more than are ever held.
const MOST: usize = 1_000_000;

/// Which apps are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those in this state
    #[param(inline, value_type = Option<words::StateOrAll>, nullable = false)]
    state: Option<String>,
    /// Only those whose app, host or slot contains this text, in any case
    #[param(nullable = false, example = "kiosk-7")]
    q: Option<String>,
    /// At most so many
    #[param(nullable = false, maximum = 1_000_000)]
    limit: Option<usize>,
}

/// Which window of a host.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Slot {
    /// The window of the host; empty where there is only one
    #[param(nullable = false, max_length = 64)]
    pub(super) slot: Option<String>,
}

/// How the server is
#[derive(Serialize, ToSchema)]
struct Health {
    /// The version of hb
    version: &'static str,
    /// The server's clock
    at: Stamp,
    /// `ok`, or `detector is late`
    status: &'static str,
    /// Apps that are held
    apps: usize,
    /// Of these, how many did not say goodbye
    tracked: usize,
    /// Beats taken since the start
    beats: u64,
    /// How long it runs
    uptime_ms: u64,
    /// How late the detector is
    tick_late_ms: u64,
    #[serde(flatten)]
    #[schema(value_type = Doors)]
    beside: serde_json::Map<String, serde_json::Value>,
}

/// What the server's other rooms say of themselves
#[derive(ToSchema)]
#[expect(dead_code, reason = "only described: each room says it by itself")]
struct Doors {
    /// Datagrams since the start, by what became of them; where beats are taken by UDP
    #[schema(nullable = false)]
    udp: Option<std::collections::BTreeMap<String, u64>>,
    /// The memory
    #[schema(nullable = false)]
    memory: Option<crate::store::Health>,
}

/// All apps, the worst first
#[utoipa::path(
    get,
    path = "/api/v1/apps",
    operation_id = "list_apps",
    tag = "screens",
    params(Filter),
    responses((status = 200, description = "Those that are wanted", body = [App<'_>]), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn apps(
    State((sight, desk)): State<(Sight, Desk)>,
    Extension(Asker(peer)): Extension<Asker>,
    Query(filter): Query<Filter>,
) -> Result<Response, Problem> {
    let state = match filter.state.as_deref() {
        None | Some("") => None,
        Some(word) => Some(AppState::from_word(word).ok_or_else(|| {
            let words: Vec<_> = AppState::ALL.iter().map(|state| state.word()).collect();
            let detail = format!("`{word}` is no state: expected one of {}", words.join(", "));
            Problem::new(StatusCode::BAD_REQUEST, detail)
        })?),
    };
    let text = filter.q.unwrap_or_default().to_lowercase();
    let limit = filter.limit.unwrap_or(MOST);
    if limit > MOST {
        let detail = format!("`limit` is {limit}: expected a number from 0 to {MOST}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    // Looking at every app takes a while when there are many: not on a thread that answers beats.
    let question = format!("apps {state:?} {limit} {text}");
    let json = desk.answer(peer.origin(), question, move || {
        to_json(&sight.engine, &sight.worst_first(state, |id| matches(id, &text), limit))
    });
    let refused = |refused: Refused| Problem::new(refused.status(), refused.to_string());
    Ok(json_response(Body::new(Slices(json.await.map_err(refused)?))))
}

/// One app
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}",
    operation_id = "get_app",
    tag = "screens",
    params(Names, Slot),
    responses((status = 200, description = "How it is", body = App<'_>), Looks, Unknown),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn app(
    State(sight): State<Sight>,
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
) -> Result<Response, Problem> {
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    let screen = sight.one(id).ok_or_else(|| unknown(id))?;
    Ok(json(&App::now(&sight.engine, &screen, sight.engine.clock().now())))
}

/// Forgets one app
///
/// What lives comes back as new.
#[utoipa::path(
    delete,
    path = "/api/v1/apps/{host}/{app}",
    operation_id = "forget_app",
    tag = "screens",
    params(Names, Slot),
    responses((status = 204, description = "It is forgotten"), Changes, Unknown),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn forget(
    State(engine): State<Engine>,
    names: Path<(String, String)>,
    slot: Query<Slot>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Forget).await?;
    change(names, slot, |id| {
        tracing::info!(by = who.by(), from = who.from(), %id, "forgets a screen");
        engine.forget(id)
    })
}

/// Dismisses a conflict: the page heard last is kept
///
/// Where there is none, it is done already.
#[utoipa::path(
    delete,
    path = "/api/v1/apps/{host}/{app}/conflict",
    operation_id = "dismiss_conflict",
    tag = "screens",
    params(Names, Slot),
    responses((status = 204, description = "It is dismissed"), Changes, Unknown),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
pub(super) async fn dismiss(
    State(engine): State<Engine>,
    names: Path<(String, String)>,
    slot: Query<Slot>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Dismiss).await?;
    change(names, slot, |id| {
        tracing::info!(by = who.by(), from = who.from(), %id, "dismisses a conflict");
        engine.dismiss(id)
    })
}

/// Does what `does` to an app; it tells whether there is one.
fn change(
    Path((host, app)): Path<(String, String)>,
    Query(Slot { slot }): Query<Slot>,
    does: impl FnOnce(Identity<'_>) -> bool,
) -> Result<StatusCode, Problem> {
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    if does(id) { Ok(StatusCode::NO_CONTENT) } else { Err(unknown(id)) }
}

/// Whether the server itself is well, and what came in
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "get_health",
    tag = "server",
    responses(
        (status = 200, description = "It is well", body = Health),
        (status = 503, description = "Its detector is late: silence is not noticed in time", body = Health),
    ),
    security(())
)]
pub(super) async fn health(State((engine, beside)): State<(Engine, Beside)>) -> Response {
    let lateness = engine.clock().lateness();
    let late = lateness > TOO_LATE;
    let health = Health {
        version: env!("CARGO_PKG_VERSION"),
        at: Stamp(engine.clock().wall(engine.clock().now())),
        status: if late { "detector is late" } else { "ok" },
        apps: engine.apps(),
        tracked: engine.tracked(),
        beats: engine.stats().map(|stats| stats.accepted).sum(),
        uptime_ms: millis(engine.clock().uptime()),
        tick_late_ms: millis(lateness),
        beside: beside(),
    };
    let status = if late { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, json(&health)).into_response()
}

/// A JSON array of `screens`.
fn to_json(engine: &Engine, screens: &[Screen]) -> Vec<u8> {
    let now = engine.clock().now();
    let views: Vec<_> = screens.iter().map(|screen| App::now(engine, screen, now)).collect();
    serde_json::to_vec(&views).expect("a view is always JSON")
}

fn matches(id: Identity<'_>, text: &str) -> bool {
    text.is_empty() || [id.app(), id.host(), id.slot()].iter().any(|name| name.to_lowercase().contains(text))
}

pub(super) fn identity<'a>(host: &'a str, slot: &'a str, app: &'a str) -> Result<Identity<'a>, Problem> {
    Identity::new(host, slot, app).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

pub(super) fn unknown(id: Identity<'_>) -> Problem {
    Problem::not_found(format!("no app `{id}` is known"))
}

/// `value` as the answer.
pub(super) fn json(value: &impl Serialize) -> Response {
    json_response(serde_json::to_vec(value).expect("a view is always JSON"))
}

pub(super) fn json_response(json: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json.into()).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::engine::clock::Clock;

    use super::*;

    #[tokio::test]
    async fn health_fails_while_nobody_watches() {
        let (clock, hand) = Clock::manual();
        // No detector runs, so nobody ticks.
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let health = async || health(State((engine.clone(), Arc::new(serde_json::Map::new)))).await;
        assert_eq!(health().await.status(), StatusCode::OK);
        hand.pause(TOO_LATE + Duration::from_millis(26));
        let late = health().await;
        assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
        let json = axum::body::to_bytes(late.into_body(), 4096).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!((&json["tick_late_ms"], &json["uptime_ms"]), (&1_001.into(), &1_026.into()));
        engine.clock().tick();
        assert_eq!(health().await.status(), StatusCode::OK);
    }
}
