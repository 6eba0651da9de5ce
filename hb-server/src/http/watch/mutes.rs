//! `/api/v1/mutes`: what is silenced, by whom, and until when. Not here: opening hours (`hours`).

use axum::extract::{Path, Request as Asked, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hb_core::window::{Hours, Kind, Mute, MuteId, When};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Room, body, later, moment, refused};
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::view::Stamp;
use crate::watch::{Reply, Request, kind_word};

const EXPECTED: &str = r#"{"for":"everything","for_s":3600}, or for the end one of "until", "until_opening":true or "during":"we 07:00-09:00", and "kind", "from", "zone" and "reason" if needed"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    #[serde(rename = "for")]
    scope: String,
    kind: Option<String>,
    from: Option<String>,
    until: Option<String>,
    for_s: Option<u64>,
    #[serde(default)]
    until_opening: bool,
    during: Option<String>,
    zone: Option<String>,
    #[serde(default)]
    reason: String,
}

/// All that are held, in the order in which they were set.
pub(super) async fn list(State(room): State<Room>) -> Response {
    let all: Vec<Value> = room.sight.watch.look(|machine, at| {
        machine.mutes().list(at.wall).map(|(id, mute, holds)| shown(id, mute, holds)).collect()
    });
    super::json(&Value::Array(all))
}

fn shown(id: MuteId, mute: &Mute, holds: bool) -> Value {
    let (from, until, hours, opening) = match mute.when() {
        When::Once { from, until } => (Some(*from), Some(*until), None, false),
        When::UntilOpening { from, until } => (Some(*from), *until, None, true),
        When::During(hours) => (None, None, Some(hours.to_string()), false),
    };
    json!({
        "id": id.get(), "kind": kind_word(mute.kind()), "for": mute.scope().to_string(), "from": from.map(Stamp),
        "until": until.map(Stamp), "hours": hours, "opening": opening, "by": mute.who().by(),
        "place": mute.who().from(), "reason": mute.reason(), "holds": holds,
    })
}

/// Silences something.
pub(super) async fn set(State(room): State<Room>, asks: Asks, asked: Asked) -> Result<Response, Problem> {
    let who = asks.may(Right::Mute).await?;
    let new: New = body(asked, EXPECTED).await?;
    let scope = room.scope(&new.scope)?;
    let kind = match new.kind.as_deref() {
        None | Some("snooze") => Kind::Snooze,
        Some("maintenance") => Kind::Maintenance,
        Some("closed") => Kind::Closed,
        Some(word) => {
            return Err(refused(format!("`kind` is {word:?}: expected snooze, maintenance or closed")));
        }
    };
    let when = when(&room, &new)?;
    let matches = room.sight.covered(&scope).await;
    let mute = Mute::new(scope, when, kind, who.clone(), &new.reason);
    let mute = mute.map_err(|error| refused(format!("this mute is none: {error}")))?;
    match room.ask(&who, Request::Mute(Box::new(mute))).await? {
        Reply::Muted(id) => {
            let made = json!({ "id": id.get(), "matches": matches });
            Ok((StatusCode::CREATED, super::json(&made)).into_response())
        }
        Reply::Done => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn when(room: &Room, new: &New) -> Result<When, Problem> {
    let ends = [new.until.is_some(), new.for_s.is_some(), new.until_opening, new.during.is_some()];
    if ends.iter().filter(|said| **said).count() != 1 {
        return Err(refused(format!(
            "a mute needs one end: expected one of `until`, `for_s`, `until_opening` and `during`, as in {EXPECTED}"
        )));
    }
    if new.zone.is_some() && new.during.is_none() {
        return Err(refused("`zone` is for `during` only: expected a moment with its offset instead"));
    }
    if new.from.is_some() && new.during.is_some() {
        return Err(refused("`from` is not for `during`, which comes again and again: expected one of them"));
    }
    let from = new.from.as_deref().map(|text| moment("from", text)).transpose()?;
    let from = from.unwrap_or_else(|| room.now());
    if let Some(text) = &new.during {
        let zone = match &new.zone {
            None => room.zone().clone(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                refused(format!("`zone` is {name:?}, which is none: expected one as in \"Europe/Berlin\""))
            })?,
        };
        let hours = Hours::parse(text, zone).map_err(|error| refused(format!("`during`: {error}")))?;
        return Ok(When::During(hours));
    }
    if new.until_opening {
        return Ok(When::UntilOpening { until: None, from });
    }
    let until = match (&new.until, new.for_s) {
        (Some(text), _) => moment("until", text)?,
        (None, seconds) => later(from, seconds.unwrap_or_default())?,
    };
    Ok(When::Once { from, until })
}

/// Ends a mute before its time.
pub(super) async fn lift(
    State(room): State<Room>,
    Path(id): Path<String>,
    asks: Asks,
) -> Result<StatusCode, Problem> {
    let who = asks.may(Right::Mute).await?;
    let id = id.parse().map_err(|_| refused(format!("`{id}` is no mute: expected its number")))?;
    room.ask(&who, Request::Lift(MuteId::from_number(id))).await?;
    Ok(StatusCode::NO_CONTENT)
}
