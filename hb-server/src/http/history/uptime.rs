//! `GET /api/v1/uptime` and `/api/v1/apps/{host}/{app}/uptime`: the share of the judged time in which screens worked.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::api::identity;
use crate::http::arguments::{Path, Query};
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::http::schema::{Looks, Names, Unknown, words};
use crate::http::view::Stamp;
use crate::store::{Seconds, Uptime};
use crate::watch::history::{Share, Told, shares};

use super::{Room, Untold, text};

/// Which window, and when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct One {
    /// The window of the host; empty where there is only one
    #[param(nullable = false, max_length = 64)]
    pub(super) slot: Option<String>,
    /// From when: a moment, a day, or how long ago; thirty days ago, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false, example = "24h")]
    pub(super) from: Option<String>,
    /// Until when; now, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false)]
    pub(super) to: Option<String>,
}

/// Whose, and when.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Many {
    /// Only those of this host
    #[param(nullable = false)]
    host: Option<String>,
    /// Only those of this group of the configuration
    #[param(nullable = false)]
    group: Option<String>,
    /// From when: a moment, a day, or how long ago; thirty days ago, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false, example = "24h")]
    from: Option<String>,
    /// Until when; now, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false)]
    to: Option<String>,
}

/// How much of a span one app worked
#[derive(Serialize, ToSchema)]
struct OfOne {
    /// From when
    from: Stamp,
    /// Until when
    to: Stamp,
    /// How much
    #[schema(value_type = Seconds)]
    uptime: Uptime,
}

/// How much of a span several apps worked
#[derive(Serialize, ToSchema)]
struct OfMany<'a> {
    /// From when
    from: Stamp,
    /// Until when
    to: Stamp,
    /// All together: each counts for as long as it was judged
    #[schema(value_type = Seconds)]
    uptime: Uptime,
    /// Each, in the order of their names
    apps: Vec<Told<'a>>,
}

/// How much of the time one app worked
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}/uptime",
    operation_id = "get_uptime_of_app",
    tag = "past",
    params(Names, One),
    responses((status = 200, description = "The span, taken apart", body = OfOne), Looks, Unknown),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn of_one(
    State(room): State<Room>,
    Extension(asker): Extension<Asker>,
    Path((host, app)): Path<(String, String)>,
    Query(One { slot, from, to }): Query<One>,
) -> Result<Response, Problem> {
    let span = room.span(from.as_deref(), to.as_deref())?;
    let id = identity(&host, slot.as_deref().unwrap_or_default(), &app)?.to_owned();
    let question = format!("uptime of {id:?} {span:?}");
    room.answer(asker, question, move |reader, watch| {
        let id = id.borrow();
        let names = (id.host(), id.slot(), id.app());
        let found = shares(reader, watch, span, |it| (it.host, it.slot, it.app) == names)?;
        let share = found.first().ok_or_else(|| Untold::Nobody(format!("nothing is kept of `{id}`")))?;
        Ok(text(&OfOne { from: Stamp(span.from), to: Stamp(span.to), uptime: share.uptime }))
    })
    .await
}

/// How much of the time the apps of a host, of a group, or all of them worked
#[utoipa::path(
    get,
    path = "/api/v1/uptime",
    operation_id = "get_uptime",
    tag = "past",
    params(Many),
    responses((status = 200, description = "The span, taken apart", body = OfMany<'_>), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn of_many(
    State(room): State<Room>,
    Extension(asker): Extension<Asker>,
    Query(Many { host, group, from, to }): Query<Many>,
) -> Result<Response, Problem> {
    let span = room.span(from.as_deref(), to.as_deref())?;
    let group = group.filter(|name| !name.is_empty());
    if let Some(name) = &group {
        let groups = &room.past.watch.tree.groups;
        if !groups.iter().any(|group| *group.name == **name) {
            let all: Vec<_> = groups.iter().map(|group| &*group.name).collect();
            let known = if all.is_empty() { "none is configured".into() } else { all.join(", ") };
            let detail = format!("`{name}` is no group: expected one of the configuration ({known})");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
    }
    let host = host.filter(|name| !name.is_empty());
    let question = format!("uptime at {host:?} {group:?} {span:?}");
    room.answer(asker, question, move |reader, watch| {
        let found = shares(reader, watch, span, |it| {
            host.as_ref().is_none_or(|host| it.host == host)
                && group.as_ref().is_none_or(|group| it.groups.contains(&&**group))
        })?;
        let all = found.iter().fold(Uptime::default(), |sum, share| sum + share.uptime);
        let apps = found.iter().map(Share::told).collect();
        Ok(text(&OfMany { from: Stamp(span.from), to: Stamp(span.to), uptime: all, apps }))
    })
    .await
}
