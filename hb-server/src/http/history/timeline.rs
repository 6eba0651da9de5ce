//! `GET /api/v1/apps/{host}/{app}/timeline`: the states of an app over a span, and what each hour of it was like; for who draws it.
//!
//! Not here: what happened, in the words of a story (`story`).

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hb_core::beat::State as AppState;
use hb_core::id::OwnedIdentity;
use hb_lease::time::Wall;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::identity;
use crate::http::arguments::{Path, Query};
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::http::schema::{Looks, Names, Unknown, words};
use crate::http::view::Stamp;
use crate::store::Reader;
use crate::store::row::{self, Transition};
use crate::watch::history::Span;

use super::uptime::One;
use super::{Room, Untold, text};

const HOUR_MS: i64 = 3_600_000;
/// More transitions than this nobody tells apart in a picture: then the oldest are left to the hours.
const MOST: usize = 2_000;

/// The states of an app over a span, and its hours
#[derive(Serialize, ToSchema)]
struct Timeline {
    /// From when
    from: Stamp,
    /// Until when
    to: Stamp,
    /// What was believed, the oldest first; the first may have begun before the span. Of more than 2000 the latest
    states: Vec<Stood>,
    /// What is kept of each hour, the oldest first
    hours: Vec<Hour>,
}

/// What was believed from then on
#[derive(Serialize, ToSchema)]
struct Stood {
    at: Stamp,
    /// Null if it was no longer held
    #[schema(value_type = Option<words::State>)]
    state: Option<&'static str>,
    #[schema(value_type = words::Cause)]
    cause: &'static str,
}

/// An hour of an app
#[derive(Serialize, ToSchema)]
struct Hour {
    /// When it began
    at: Stamp,
    /// How long it was in each state, s
    seconds: BTreeMap<&'static str, u16>,
    beats: u64,
    reloads: u32,
    errors: u32,
    /// Pictures a second, on the whole
    fps: Option<f64>,
    /// In the slowest moment
    lowest_fps: Option<f64>,
    /// The longest pause between two beats
    longest_gap_ms: Option<u32>,
}

/// The states of an app over a span, for who draws them
#[utoipa::path(
    get,
    path = "/api/v1/apps/{host}/{app}/timeline",
    operation_id = "get_timeline",
    tag = "past",
    params(Names, One),
    responses((status = 200, description = "The span", body = Timeline), Looks, Unknown),
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
    let question = format!("timeline of {id:?} {span:?}");
    room.answer(asker, question, move |reader, _| tell(reader, &id, span)).await
}

fn tell(reader: &mut Reader, id: &OwnedIdentity, span: Span) -> Result<Bytes, Untold> {
    if !reader.knows(id.borrow())? {
        return Err(Untold::Nobody(format!("nothing is kept of `{}`", id.borrow())));
    }
    // The first may be from before the span: it says what was at its beginning.
    let latest = reader.latest_transitions(id.borrow(), span.from..span.to, MOST)?;
    let states: Vec<_> = latest.iter().map(|row| state(row, span.from)).collect();
    let hours = reader.hours(id.borrow(), hour_of(span.from)..hour_of(span.to).saturating_add(1))?;
    let hours: Vec<_> = hours.iter().map(hour).collect();
    Ok(text(&Timeline { from: Stamp(span.from), to: Stamp(span.to), states, hours }))
}

fn state(row: &Transition, from: Wall) -> Stood {
    let state = row.to.map(AppState::word);
    Stood { at: Stamp(row.at.max(from)), state, cause: row.cause.word() }
}

fn hour(row: &row::Hour) -> Hour {
    let seconds = [
        (AppState::Missing, row.missing),
        (AppState::Down, row.down),
        (AppState::Stalled, row.stalled),
        (AppState::Hidden, row.hidden),
        (AppState::Late, row.late),
        (AppState::Unknown, row.unknown),
        (AppState::Reconnecting, row.reconnecting),
        (AppState::Starting, row.starting),
        (AppState::Up, row.up),
        (AppState::Off, row.off),
        (AppState::Done, row.done),
    ];
    let fps = |tenths: Option<u32>| tenths.map(|tenths| f64::from(tenths) / 10.0);
    Hour {
        at: Stamp(Wall::from_unix_millis(i64::from(row.hour) * HOUR_MS)),
        seconds: seconds.iter().filter(|(_, s)| *s > 0).map(|(state, s)| (state.word(), *s)).collect(),
        beats: row.beats,
        reloads: row.reloads,
        errors: row.errors,
        fps: fps(row.mean),
        lowest_fps: fps(row.slowest),
        longest_gap_ms: row.gap,
    }
}

fn hour_of(at: Wall) -> u32 {
    u32::try_from(at.as_unix_millis().div_euclid(HOUR_MS)).unwrap_or(0)
}
