//! `/api/v1/mutes`: what is silenced, by whom, and until when. Not here: opening hours (`hours`).

use axum::extract::{Request as Asked, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hb_core::window::{Hours, Kind, Mute, MuteId, When};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Room, body, later, moment, refused};
use crate::http::api::json;
use crate::http::arguments::Path;
use crate::http::grant::{Asks, Right};
use crate::http::problem::Problem;
use crate::http::schema::{Bodies, Changes, Conflict, Looks, Unknown};
use crate::http::view::Stamp;
use crate::watch::{Reply, Request, kind_word};

const EXPECTED: &str = r#"{"for":"everything","for_s":3600}, or for the end one of "until", "until_opening":true or "during":"we 07:00-09:00", and "kind", "from", "zone" and "reason" if needed"#;

/// A mute to set: whom, and one end of `until`, `for_s`, `until_opening` and `during`
#[derive(Deserialize, ToSchema)]
#[schema(as = NewMute)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    /// `everything`, `group:hall 3`, `kiosk-1*/*` or `HOST/APP`
    #[serde(rename = "for")]
    #[schema(example = "kiosk-1*/*")]
    scope: String,
    /// `snooze`, if nothing else is said, `maintenance` or `closed`
    #[schema(example = "maintenance")]
    kind: Option<String>,
    /// From when; now, if nothing else is said. Not with `during`
    from: Option<String>,
    /// Until when
    until: Option<String>,
    /// For how many seconds
    #[schema(minimum = 1, maximum = 31_622_400)]
    for_s: Option<u64>,
    /// Until it opens
    #[serde(default)]
    until_opening: bool,
    /// Again and again at these hours, as in `we 07:00-09:00`
    during: Option<String>,
    /// The zone of `during`, as in `Europe/Berlin`
    zone: Option<String>,
    /// Why
    #[serde(default)]
    reason: String,
}

/// What silences somebody
#[derive(Serialize, ToSchema)]
#[schema(as = Mute)]
struct Shown<'a> {
    /// Its number
    id: u64,
    /// `closed`, `maintenance` or `snooze`
    kind: &'static str,
    /// Whom it is for
    #[serde(rename = "for")]
    scope: String,
    /// From when; null for what comes again and again
    from: Option<Stamp>,
    /// Until when; null for what comes again and again, or if nobody knows
    until: Option<Stamp>,
    /// The hours at which it comes again
    hours: Option<String>,
    /// The time zone of these hours
    zone: Option<&'a str>,
    /// Whether it ends when its scope opens
    opening: bool,
    /// Who set it
    by: &'a str,
    /// From where
    place: &'a str,
    /// Why
    reason: &'a str,
    /// Whether it holds now
    holds: bool,
}

/// A mute that was set
#[derive(Serialize, ToSchema)]
#[schema(as = MadeMute)]
struct Made {
    /// Its number
    id: u64,
    /// How many known screens it covers now
    matches: usize,
}

/// What is silenced, in the order in which it was set
#[utoipa::path(
    get,
    path = "/api/v1/mutes",
    operation_id = "list_mutes",
    tag = "people",
    responses((status = 200, description = "All that are held", body = [Shown<'_>]), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn list(State(room): State<Room>) -> Response {
    room.sight.watch.look(|machine, at| {
        let all = machine.mutes().list(at.wall).map(|(id, mute, holds)| Shown::of(id, mute, holds));
        json(&all.collect::<Vec<_>>())
    })
}

impl<'a> Shown<'a> {
    fn of(id: MuteId, mute: &'a Mute, holds: bool) -> Self {
        let (from, until, hours, opening) = match mute.when() {
            When::Once { from, until } => (Some(*from), Some(*until), None, false),
            When::UntilOpening { from, until } => (Some(*from), *until, None, true),
            When::During(hours) => (None, None, Some(hours), false),
        };
        Self {
            id: id.get(),
            kind: kind_word(mute.kind()),
            scope: mute.scope().to_string(),
            from: from.map(Stamp),
            until: until.map(Stamp),
            hours: hours.map(ToString::to_string),
            zone: hours.and_then(|hours| hours.zone().iana_name()),
            opening,
            by: mute.who().by(),
            place: mute.who().from(),
            reason: mute.reason(),
            holds,
        }
    }
}

/// Silences something
#[utoipa::path(
    post,
    path = "/api/v1/mutes",
    operation_id = "make_mute",
    tag = "people",
    request_body(content = New, example = json!({ "for": "everything", "for_s": 3600 })),
    responses((status = 201, description = "It is silenced", body = Made), Changes, Bodies, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
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
        Reply::Muted(id) => Ok((StatusCode::CREATED, json(&Made { id: id.get(), matches })).into_response()),
        Reply::Done | Reply::Repairing(_) | Reply::Rehearsed(..) | Reply::Replaced(_) => {
            Ok(StatusCode::NO_CONTENT.into_response())
        }
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

/// Ends a mute before its time
#[utoipa::path(
    delete,
    path = "/api/v1/mutes/{id}",
    operation_id = "lift_mute",
    tag = "people",
    params(("id" = u64, Path, description = "Its number")),
    responses((status = 204, description = "It is over"), Changes, Unknown, Conflict),
    security(("token" = ["operator"]), ("session" = ["operator"], "page" = []))
)]
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
