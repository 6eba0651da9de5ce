//! `GET /api/v1/apps/{host}/{app}/timeline`: the states of an app over a span, and what each hour of it was like; for who draws it.
//!
//! Not here: what happened, in the words of a story (`story`).

use std::collections::BTreeMap;
use std::ops::Range;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hb_core::beat::{Cause, State as AppState};
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
use crate::store::row;
use crate::watch::history::{self, Span};

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
    /// What each minute was like, the oldest first: of the last hour, since the server was started, of the first 5000 apps
    minutes: Vec<Minute>,
}

/// A look at an app, once a minute
#[derive(Serialize, ToSchema)]
struct Minute {
    at: Stamp,
    /// Pictures a second, just then
    fps: Option<f64>,
    /// The longest pause between two pictures that it told of
    longest_gap_ms: Option<u32>,
    /// Beats since the look before; null for the first
    beats: Option<u32>,
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
    let minutes = room.past.minutes.of(id.borrow());
    room.answer(asker, question, move |reader, _| tell(reader, &id, span, &minutes)).await
}

fn tell(
    reader: &mut Reader,
    id: &OwnedIdentity,
    span: Span,
    minutes: &[history::Minute],
) -> Result<Bytes, Untold> {
    if !reader.knows(id.borrow())? {
        return Err(Untold::Nobody(format!("nothing is kept of `{}`", id.borrow())));
    }
    // The first may be from before the span: it says what was at its beginning.
    let latest = reader.latest_transitions(id.borrow(), span.from..span.to, MOST)?;
    let believed: Vec<_> = latest.iter().map(|row| (row.at, (row.to, row.cause))).collect();
    let dark = reader.dark(id.borrow(), &(span.from..span.to))?;
    let states = stood(&believed, &dark, span.from..span.to).into_iter().map(state).collect();
    let hours = reader.hours(id.borrow(), hour_of(span.from)..hour_of(span.to).saturating_add(1))?;
    let hours: Vec<_> = hours.iter().map(hour).collect();
    let within = |minute: &&history::Minute| (span.from..=span.to).contains(&minute.at);
    let minutes = minutes.iter().filter(within).map(minute).collect();
    Ok(text(&Timeline { from: Stamp(span.from), to: Stamp(span.to), states, hours, minutes }))
}

/// What was believed, and why.
type Belief = (Option<AppState>, Cause);

/// What was so from when on: what was believed, but where its place was dark.
fn stood(believed: &[(Wall, Belief)], dark: &[Range<Wall>], span: Range<Wall>) -> Vec<(Wall, Belief)> {
    let turns = believed.iter().map(|(at, _)| *at).chain(dark.iter().flat_map(|dark| [dark.start, dark.end]));
    let mut turns: Vec<Wall> = turns.map(|at| at.max(span.start)).filter(|at| *at < span.end).collect();
    turns.sort_unstable();
    turns.dedup();
    let at = |when: Wall| {
        if dark.iter().any(|dark| dark.contains(&when)) {
            return (Some(AppState::Missing), Cause::None);
        }
        let last = believed.iter().rev().find(|(at, _)| *at <= when);
        last.map_or((None, Cause::None), |(_, belief)| *belief)
    };
    let mut stood: Vec<(Wall, Belief)> = turns.into_iter().map(|when| (when, at(when))).collect();
    stood.dedup_by_key(|(_, belief)| *belief);
    stood
}

fn state((at, (state, cause)): (Wall, Belief)) -> Stood {
    Stood { at: Stamp(at), state: state.map(AppState::word), cause: cause.word() }
}

fn minute(minute: &history::Minute) -> Minute {
    let history::Minute { at, fps, gap, beats } = *minute;
    let fps = fps.map(|fps| (f64::from(fps) * 10.0).round() / 10.0);
    Minute { at: Stamp(at), fps, longest_gap_ms: gap, beats }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(second: i64) -> Wall {
        Wall::from_unix_millis(second * 1_000)
    }

    /// In words: `second state`, `-` for what was not held.
    fn told(believed: &[(i64, Option<AppState>)], dark: &[(i64, i64)]) -> String {
        let believed: Vec<_> = believed.iter().map(|(at, it)| (wall(*at), (*it, Cause::None))).collect();
        let dark: Vec<_> = dark.iter().map(|(from, until)| wall(*from)..wall(*until)).collect();
        let stood = stood(&believed, &dark, wall(10)..wall(100));
        let words = stood.iter().map(|(at, (state, _))| {
            format!("{} {}", at.as_unix_millis() / 1_000, state.map_or("-", AppState::word))
        });
        words.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_place_that_was_dark_says_so_whatever_was_believed() {
        let (up, done) = (Some(AppState::Up), Some(AppState::Done));
        for (believed, dark, expected) in [
            (&[][..], &[][..], ""),
            (&[(5, up), (50, done)], &[], "10 up, 50 done"),
            (&[], &[(40, 100)], "40 missing"),
            (&[], &[(0, 20)], "10 missing, 20 -"),
            (&[(5, up), (50, done)], &[(60, 80)], "10 up, 50 done, 60 missing, 80 done"),
            (&[(5, done), (60, up)], &[(20, 60)], "10 done, 20 missing, 60 up"),
            (&[(20, up)], &[(50, 60), (60, 70)], "20 up, 50 missing, 70 up"),
        ] {
            assert_eq!(told(believed, dark), expected, "{believed:?} {dark:?}");
        }
    }
}
