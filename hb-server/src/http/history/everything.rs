//! `GET /api/v1/history`: what happened to all of them, the newest first, and where to go on.
//!
//! Not here: how a row reads (`story`).

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hb_core::id::OwnedIdentity;
use hb_lease::time::Wall;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::arguments::Query;
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::http::schema::{Looks, words};
use crate::http::view::Stamp;
use crate::store::Reader;
use crate::store::row::Incident;
use crate::watch::history::Span;

use super::story::{
    Told, acknowledgement, adoption, conflict, incident, mute, page, page_of, repair, transition,
};
use super::{Room, Untold, text};

/// If nothing else is said.
const USUAL_SPAN: &str = "24h";

/// When, and how many.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// From when: a moment, a day, or how long ago; a day ago, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false, example = "24h")]
    from: Option<String>,
    /// Until when; now, if nothing else is said
    #[param(inline, value_type = Option<words::Time>, nullable = false)]
    to: Option<String>,
    /// At most so many; 100, if nothing else is said
    #[param(nullable = false, minimum = 1, maximum = 1000)]
    limit: Option<usize>,
}

/// What happened to all, the newest first
#[derive(Serialize, ToSchema)]
struct Everything<'a> {
    /// From when
    from: Stamp,
    /// Until when
    to: Stamp,
    /// What happened
    history: Vec<Happened<'a>>,
    /// The `to` of the next page; null for the last
    next_to: Option<Stamp>,
}

/// Something that happened, and to whom
#[derive(Serialize, ToSchema)]
struct Happened<'a> {
    #[serde(flatten)]
    told: Told<'a>,
    #[serde(flatten)]
    whom: Whom<'a>,
}

/// An app, a host or a group; nobody where an incident or a scope says it
#[derive(Default, Serialize, ToSchema)]
struct Whom<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
}

/// What happened to all screens, the newest first
#[utoipa::path(
    get,
    path = "/api/v1/history",
    operation_id = "get_history_of_all",
    tag = "past",
    params(Asked),
    responses((status = 200, description = "A page of it", body = Everything<'_>), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn of_all(
    State(room): State<Room>,
    Extension(asker): Extension<Asker>,
    Query(Asked { from, to, limit }): Query<Asked>,
) -> Result<Response, Problem> {
    let span = room.span(Some(from.as_deref().unwrap_or(USUAL_SPAN)), to.as_deref())?;
    let limit = page_of(limit)?;
    let question = format!("history of all {span:?} {limit}");
    room.answer(asker, question, move |reader, _| tell(reader, span, limit)).await
}

fn tell(reader: &mut Reader, span: Span, limit: usize) -> Result<Bytes, Untold> {
    let when = span.from..span.to;
    // Two more than a page, to see whether there is another and where it begins.
    let most = limit + 2;
    let transitions = reader.transitions_of_all(when.clone(), most)?;
    let conflicts = reader.conflicts_of_all(when.clone(), most)?;
    let repairs = reader.repairs_of_all(when.clone(), most)?;
    let incidents = reader.incidents_of_all(when.clone(), most)?;
    let words = reader.acknowledgements_of_all(when.clone(), most)?;
    let adoptions = reader.adoptions_of_all(when.clone(), most)?;
    let mutes = reader.mutes_of(when, |_| true, most)?;
    let mut found: Vec<(Wall, Happened<'_>)> = Vec::new();
    let mut push = |(at, told), whom| found.push((at, Happened { told, whom }));
    transitions.iter().for_each(|row| push(transition(row), Whom::app(&row.app)));
    conflicts.iter().for_each(|row| push(conflict(row), Whom::app(&row.app)));
    repairs.iter().for_each(|row| push(repair(row), Whom::app(&row.app)));
    incidents.iter().for_each(|row| push(incident(row), Whom::of(row)));
    words.iter().for_each(|row| push(acknowledgement(row), Whom::default()));
    adoptions.iter().for_each(|row| push(adoption(row), Whom::app(&row.app)));
    mutes.iter().for_each(|row| push(mute(row), Whom::default()));
    let (history, next_to) = page(found, limit);
    Ok(text(&Everything { from: Stamp(span.from), to: Stamp(span.to), history, next_to }))
}

impl<'a> Whom<'a> {
    fn app(id: &'a OwnedIdentity) -> Self {
        let id = id.borrow();
        Self { app: Some(id.app()), host: Some(id.host()), slot: Some(id.slot()), group: None }
    }

    fn of(row: &'a Incident) -> Self {
        let parent = row.parent.as_deref();
        match &row.app {
            Some(id) => Self::app(id),
            None if row.about == "host" => Self { host: parent, ..Self::default() },
            None => Self { group: parent, ..Self::default() },
        }
    }
}
