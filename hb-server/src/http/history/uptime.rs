//! `GET /api/v1/uptime` and `/api/v1/apps/{host}/{app}/uptime`: the share of the judged time in which screens worked.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::http::api::identity;
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::store::Uptime;
use crate::watch::history::{Share, shares};

use super::{Room, Untold, stamp};

/// Which window, and when.
#[derive(Debug, Deserialize)]
pub(super) struct One {
    pub(super) slot: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// Whose, and when.
#[derive(Debug, Deserialize)]
pub(super) struct Many {
    host: Option<String>,
    group: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// One app's.
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
        Ok(json!({ "from": stamp(span.from), "to": stamp(span.to), "uptime": share.uptime }))
    })
    .await
}

/// That of a host, of a group, or of all: each app's, and what they are together.
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
        let apps: Vec<_> = found.iter().map(Share::json).collect();
        Ok(json!({ "from": stamp(span.from), "to": stamp(span.to), "uptime": all, "apps": apps }))
    })
    .await
}
