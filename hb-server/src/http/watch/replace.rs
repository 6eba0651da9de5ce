//! `/api/v1/hosts/{host}/replace`: another machine stands there now.
//!
//! Not here: what goes along (`crate::watch`).

use axum::extract::{Request as Asked, State};
use axum::response::Response;
use hb_core::expect::Place;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Room, body, declined, refused};
use crate::http::api::json;
use crate::http::arguments::Path;
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::schema::{Bodies, Changes, Conflict, Unknown};
use crate::watch::Replaced;

/// Which machine stands there now
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Successor {
    /// The new machine, which has beaten here
    #[schema(min_length = 1, max_length = 64, example = "kiosk-12")]
    by: String,
}

/// What the new machine has now
#[derive(Serialize, ToSchema)]
struct Inherited {
    /// Apps, each with its past, its incident, and who takes care of that
    apps: usize,
    /// Mutes that people set
    mutes: usize,
    /// Places that people expect to show something
    places: usize,
    /// Where hb.toml names the old machine: only a person can change that
    configured: Vec<String>,
}

/// Lets a machine take the place of another: past, mutes, expectations and who takes care go along
#[utoipa::path(
    post,
    path = "/api/v1/hosts/{host}/replace",
    operation_id = "replace_host",
    tag = "people",
    params(("host" = String, Path, description = "The machine that is gone", example = "kiosk-7", min_length = 1, max_length = 64)),
    request_body(content = Successor, example = json!({ "by": "kiosk-12" })),
    responses((status = 200, description = "It has taken its place", body = Inherited), Changes, Bodies, Unknown, Conflict),
    security(("token" = ["admin"]), ("session" = ["admin"], "page" = []))
)]
pub(super) async fn replace(
    State(room): State<Room>,
    Path(old): Path<String>,
    asks: Asks,
    asked: Asked,
) -> Result<Response, Problem> {
    let who = asks.may(Right::Replace).await?;
    let Successor { by: new } =
        body(asked, r#"{"by":"kiosk-12"}, the machine that stands there now"#).await?;
    for host in [&old, &new] {
        Place::new(host, "").map_err(|error| refused(format!("`{host}` {error}: expected a machine")))?;
    }
    tracing::info!(by = who.by(), from = who.from(), "asks to replace {old} by {new}");
    let watch = &room.sight.watch;
    let Replaced { apps, mutes, places } = watch.replace(&who, &old, &new).await.map_err(declined)?;
    let configured = watch.look(|machine, _| machine.written_of(&old));
    Ok(json(&Inherited { apps, mutes, places, configured }))
}
