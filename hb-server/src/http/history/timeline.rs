//! `GET /api/v1/apps/{host}/{app}/timeline`: the states of an app over a span, and what each hour of it was like; for who draws it.
//!
//! Not here: what happened, in the words of a story (`story`).

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use hb_core::beat::State as AppState;
use hb_core::id::OwnedIdentity;
use hb_lease::time::Wall;
use serde_json::{Value, json};

use crate::http::api::identity;
use crate::http::front::Asker;
use crate::http::problem::Problem;
use crate::store::Reader;
use crate::store::row::{Hour, Transition};
use crate::watch::history::Span;

use super::uptime::One;
use super::{Room, Untold, stamp};

const HOUR_MS: i64 = 3_600_000;
/// More transitions than this nobody tells apart in a picture: then the oldest are left to the hours.
const MOST: usize = 2_000;

/// One app's.
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

fn tell(reader: &mut Reader, id: &OwnedIdentity, span: Span) -> Result<Value, Untold> {
    if !reader.knows(id.borrow())? {
        return Err(Untold::Nobody(format!("nothing is kept of `{}`", id.borrow())));
    }
    // The first may be from before the span: it says what was at its beginning.
    let all = reader.transitions(id.borrow(), span.from..span.to)?;
    let latest = &all[all.len().saturating_sub(MOST)..];
    let states: Vec<_> = latest.iter().map(|row| state(row, span.from)).collect();
    let hours = reader.hours(id.borrow(), hour_of(span.from)..hour_of(span.to).saturating_add(1))?;
    let hours: Vec<_> = hours.iter().map(hour).collect();
    Ok(json!({ "from": stamp(span.from), "to": stamp(span.to), "states": states, "hours": hours }))
}

fn state(row: &Transition, from: Wall) -> Value {
    json!({ "at": stamp(row.at.max(from)), "state": row.to.map(AppState::word), "cause": row.cause.word() })
}

fn hour(row: &Hour) -> Value {
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
    let seconds: serde_json::Map<String, Value> = seconds
        .iter()
        .filter(|(_, s)| *s > 0)
        .map(|(state, s)| (state.word().to_owned(), (*s).into()))
        .collect();
    let fps = |tenths: Option<u32>| tenths.map(|tenths| f64::from(tenths) / 10.0);
    json!({
        "at": stamp(Wall::from_unix_millis(i64::from(row.hour) * HOUR_MS)), "seconds": seconds, "beats": row.beats,
        "reloads": row.reloads, "errors": row.errors, "fps": fps(row.mean), "lowest_fps": fps(row.slowest),
        "longest_gap_ms": row.gap,
    })
}

fn hour_of(at: Wall) -> u32 {
    u32::try_from(at.as_unix_millis().div_euclid(HOUR_MS)).unwrap_or(0)
}
