//! The messages of the event stream: their names, ids and JSON.

use std::fmt;

use bytes::Bytes;
use hb_bus::message::{Message, Payload};
use hb_core::beat::By;
use hb_core::id::Identity;
use hb_core::registry::{self, Event, EventKind, Removal, Snapshot};
use serde::Serialize;

use crate::engine::clock::Clock;
use crate::engine::{Dated, Engine, Happening};
use crate::notify::voice;
use crate::watch::{self, What};

use super::sight::{Screen, Sight};
use super::view::{App, Stamp, millis};

/// `<epoch>-<seq>`: a happening's number is unique only together with the run it happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) epoch: u64,
    pub(super) seq: u64,
}

impl Id {
    /// `None` for anything this server did not write.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (epoch, seq) = text.split_once('-')?;
        Some(Self { epoch: u64::from_str_radix(epoch, 16).ok()?, seq: seq.parse().ok()? })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.epoch, self.seq)
    }
}

#[derive(Serialize)]
struct Transition<'a> {
    at: Stamp,
    app: &'a str,
    host: &'a str,
    slot: &'a str,
    from: Option<&'static str>,
    to: &'static str,
    cause: &'static str,
    sentence: &'static str,
    view: Option<App<'a>>,
}

#[derive(Serialize)]
struct Apps<'a> {
    at: Stamp,
    /// Where the house's clocks go, in a snapshot: whoever looks may be far away. None where the zone has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    apps: Vec<App<'a>>,
}

#[derive(Serialize)]
struct Standing<'a> {
    at: Stamp,
    app: &'a str,
    host: &'a str,
    slot: &'a str,
    view: Option<App<'a>>,
}

#[derive(Serialize, Default)]
struct Told<'a> {
    at: Option<Stamp>,
    app: Option<&'a str>,
    host: Option<&'a str>,
    slot: Option<&'a str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clean: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length_ms: Option<u64>,
}

/// The first bytes of a stream that goes on: headers leave only with some of the body.
pub(super) fn hello() -> Bytes {
    Bytes::from_static(b"retry: 1000\n\n")
}

/// All apps, worst first.
pub(super) fn snapshot(sight: &Sight, id: Id) -> Bytes {
    let screens = sight.worst_first(None, |_| true, usize::MAX);
    apps(&sight.engine, "snapshot", Some(id), sight.watch.zone().iana_name(), &screens)
}

/// What follows does not follow from what was sent before.
pub(super) fn reset(reason: &str) -> Bytes {
    message("reset", None, &serde_json::json!({ "reason": reason }))
}

/// What apps that were heard say.
pub(super) fn vitals(sight: &Sight, heard: Vec<Snapshot>) -> Bytes {
    apps(&sight.engine, "vitals", None, None, &sight.of(heard))
}

fn apps(engine: &Engine, event: &str, id: Option<Id>, zone: Option<&str>, screens: &[Screen]) -> Bytes {
    let now = engine.clock().now();
    let apps = screens.iter().map(|screen| App::now(engine, screen, now)).collect();
    message(event, id, &Apps { at: Stamp(engine.clock().wall(now)), zone, apps })
}

/// One happening. `None` if it is something else, which nobody who follows what happens is told.
pub(super) fn happening(sight: &Sight, id: Id, said: &Message) -> Option<Bytes> {
    if let Some(told) = said.value::<watch::Told>() {
        return Some(match &told.what {
            What::Happened(_) => framed("told", Some(id), said.data()),
            What::Standing(app) => standing(sight, id, told, app.borrow()),
        });
    }
    let Dated { happening, clock } = said.value()?;
    match happening {
        Happening::Transition { transition, view: Some(view) } => {
            let standing = sight.standing(transition.id.borrow());
            let by = view.vitals.by;
            let view = App::with(view, &standing, transition.at, clock);
            Some(message("transition", Some(id), &of_transition(transition, Some(view), by, clock)))
        }
        Happening::Transition { view: None, .. } => Some(framed("transition", Some(id), said.data())),
        Happening::Event(_) | Happening::Pause { .. } => Some(framed("event", Some(id), said.data())),
    }
}

/// How it stands with an app now; its view is null where there is nothing left to show.
fn standing(sight: &Sight, id: Id, told: &watch::Told, app: Identity<'_>) -> Bytes {
    let (screen, now) = (sight.one(app), sight.engine.clock().now());
    let data = Standing {
        at: Stamp(told.at.wall),
        app: app.app(),
        host: app.host(),
        slot: app.slot(),
        view: screen.as_ref().map(|screen| App::now(&sight.engine, screen, now)),
    };
    message("standing", Some(id), &data)
}

impl Payload for Dated {
    fn to_bytes(&self) -> Bytes {
        written(self).into()
    }
}

fn written(Dated { happening, clock }: &Dated) -> Vec<u8> {
    match happening {
        Happening::Transition { transition, view } => {
            let by = view.as_ref().and_then(|view| view.vitals.by);
            let view = view.as_ref().map(|view| App::of(view, transition.at, clock));
            json(&of_transition(transition, view, by, clock))
        }
        Happening::Event(event) => json(&told(event, clock)),
        Happening::Pause { at, length } => {
            let told = Told {
                at: Some(Stamp(clock.wall(*at))),
                kind: "pause",
                length_ms: Some(millis(*length)),
                ..Told::default()
            };
            json(&told)
        }
    }
}

fn of_transition<'a>(
    transition: &'a registry::Transition,
    view: Option<App<'a>>,
    by: Option<By>,
    clock: &Clock,
) -> Transition<'a> {
    let who = transition.id.borrow();
    Transition {
        at: Stamp(clock.wall(transition.at)),
        app: who.app(),
        host: who.host(),
        slot: who.slot(),
        from: transition.from.map(hb_core::beat::State::word),
        to: transition.to.word(),
        cause: transition.cause.word(),
        sentence: voice::sentence(transition.to, transition.cause, by),
        view,
    }
}

fn told<'a>(event: &'a Event, clock: &Clock) -> Told<'a> {
    let who: Identity<'a> = event.id.borrow();
    let told = Told {
        at: Some(Stamp(clock.wall(event.at))),
        app: Some(who.app()),
        host: Some(who.host()),
        slot: Some(who.slot()),
        ..Told::default()
    };
    match &event.kind {
        EventKind::Reload { clean } => Told { kind: "reload", clean: Some(*clean), ..told },
        EventKind::Moved { from } => Told { kind: "moved", from: Some(from), ..told },
        EventKind::Conflict { on } => Told { kind: "conflict", on: Some(*on), ..told },
        EventKind::Slowing { on } => Told { kind: "slowing", on: Some(*on), ..told },
        EventKind::Removed { why, .. } => Told { kind: "removed", reason: Some(removal_word(*why)), ..told },
        // For whoever looks at it, it goes on there.
        EventKind::Replaced { by, .. } => {
            Told { kind: "moved", host: Some(by), from: Some(who.host()), ..told }
        }
    }
}

const fn removal_word(removal: Removal) -> &'static str {
    match removal {
        Removal::Dropped => "dropped",
        Removal::Forgotten => "forgotten",
        Removal::Retention => "retention",
    }
}

fn json(data: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(data).expect("a view is always JSON")
}

fn message(event: &str, id: Option<Id>, data: &impl Serialize) -> Bytes {
    framed(event, id, &json(data))
}

/// JSON on one line holds no line break, so one `data:` line carries it.
fn framed(event: &str, id: Option<Id>, json: &[u8]) -> Bytes {
    let head = match id {
        Some(id) => format!("id: {id}\nevent: {event}\ndata: "),
        None => format!("event: {event}\ndata: "),
    };
    [head.as_bytes(), json, b"\n\n"].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_finds_its_way_back_and_nothing_else_does() {
        let id = Id { epoch: 0xFEED, seq: 42 };
        assert_eq!(Id::parse(&id.to_string()), Some(id));
        for foreign in ["", "42", "-42", "xyz-1", "feed-", "feed--1", "10000000000000000-1", "feed-1-2"] {
            assert_eq!(Id::parse(foreign), None, "{foreign}");
        }
    }
}
