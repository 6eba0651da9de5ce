//! What is told as JSON: who, what and when, in the words that pages, scripts and other halls read.
//!
//! Times are RFC 3339 with ms. Not here: how it stands with an app (`http`).

use bytes::Bytes;
use hb_bus::message::Payload;
use hb_core::expect::{self, Why};
use hb_core::id::{Identity, OwnedIdentity, Who};
use hb_core::incident::{self, Parent, Subject};
use hb_core::repair::{self, Move};
use hb_core::window::{self, End, Phase};
use hb_lease::time::Wall;
use serde_json::{Map, Value, json};

use super::{Told, What};
use crate::watch::machine::outcome_word;
use crate::watch::{Happened, Moment, how_word};

impl Payload for Told {
    fn to_bytes(&self) -> Bytes {
        self.json().to_string().into()
    }
}

impl Told {
    /// It as JSON: an object with `kind` and `at`.
    #[must_use]
    pub fn json(&self) -> Value {
        let at = self.at;
        let (kind, mut told) = match &self.what {
            What::Happened(Happened::Incident(output)) => incident(at, output),
            What::Happened(Happened::Expect(output)) => expected(at, output),
            What::Happened(Happened::Repair(output)) => repaired(at, output),
            What::Happened(Happened::Window(output)) => window(output),
            What::Happened(Happened::Acknowledged { number, until, who: person }) => {
                let kind = if until.is_some() { "snoozed" } else { "acknowledged" };
                (kind, fields([("incident", json!(number.0)), ("until", stamps(*until))], [who(person)]))
            }
            What::Standing(id) => ("standing", app(id.borrow())),
        };
        told.insert("kind".into(), kind.into());
        told.entry("at").or_insert_with(|| stamp(at.wall));
        Value::Object(told)
    }
}

type Fields = Map<String, Value>;

fn fields<const N: usize, const M: usize>(own: [(&str, Value); N], others: [Fields; M]) -> Fields {
    let mut all: Fields = own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    others.into_iter().for_each(|other| all.extend(other));
    all
}

fn app(id: Identity<'_>) -> Fields {
    fields([("app", id.app().into()), ("host", id.host().into()), ("slot", id.slot().into())], [])
}

fn about(subject: &Subject) -> Fields {
    match subject {
        Subject::App(id) => app(id.borrow()),
        Subject::Parent(Parent::Host(name)) => fields([("host", (&**name).into())], []),
        Subject::Parent(Parent::Group(name)) => fields([("group", (&**name).into())], []),
    }
}

fn who(who: &Who) -> Fields {
    fields([("by", who.by().into()), ("from", who.from().into())], [])
}

fn stamp(wall: Wall) -> Value {
    let timestamp = jiff::Timestamp::from_millisecond(wall.as_unix_millis());
    timestamp.map_or(Value::Null, |timestamp| format!("{timestamp:.3}").into())
}

fn stamps(wall: Option<Wall>) -> Value {
    wall.map_or(Value::Null, stamp)
}

fn incident(at: Moment, output: &incident::Output) -> (&'static str, Fields) {
    use incident::Output;
    match output {
        Output::Opened { number, subject, state, cause, since, .. } => {
            let own = [
                ("incident", json!(number.0)),
                ("state", state.word().into()),
                ("cause", cause.word().into()),
                ("since", stamp(at.wall_of(*since))),
            ];
            ("incident-opened", fields(own, [about(subject)]))
        }
        Output::Changed { number, state, cause, at: when } => {
            let own = [
                ("incident", json!(number.0)),
                ("state", state.word().into()),
                ("cause", cause.word().into()),
                ("at", stamp(at.wall_of(*when))),
            ];
            ("incident-changed", fields(own, []))
        }
        Output::Works { number, on } => {
            ("incident-works", fields([("incident", json!(number.0)), ("on", json!(on))], []))
        }
        Output::Quiet { number, on } => {
            ("incident-quiet", fields([("incident", json!(number.0)), ("on", json!(on))], []))
        }
        Output::Covered { by, id, on } => {
            ("covered", fields([("incident", json!(by.0)), ("on", json!(on))], [app(id.borrow())]))
        }
        Output::Held { id, reason, on, .. } => {
            ("held", fields([("reason", reason.word().into()), ("on", json!(on))], [app(id.borrow())]))
        }
        Output::Closed { number, subject, at: when, ending } => {
            let own = [
                ("incident", json!(number.0)),
                ("ending", ending.word().into()),
                ("at", stamp(at.wall_of(*when))),
            ];
            ("incident-closed", fields(own, [about(subject)]))
        }
    }
}

fn expected(at: Moment, output: &expect::Output) -> (&'static str, Fields) {
    use expect::Output;
    let place =
        |place: &expect::Place| fields([("host", place.host().into()), ("slot", place.slot().into())], []);
    match output {
        Output::Missing { place: of, since, why } => {
            let why = match why {
                Why::Opening => "opening",
                Why::Start => "start",
                Why::Group => "group",
                Why::Goodbye => "goodbye",
            };
            ("missing", fields([("why", why.into()), ("at", stamp(at.wall_of(*since)))], [place(of)]))
        }
        Output::Present { place: of, .. } => ("present", place(of)),
        Output::Unlisted { place: of, .. } => ("unlisted", place(of)),
        Output::Adopted { id, how, who: person, .. } => {
            let person = person.as_ref().map(who).unwrap_or_default();
            ("adopted", fields([("how", how_word(*how).into())], [app(id.borrow()), person]))
        }
        Output::Full { id, who: person } => ("not-adopted", fields([], [app(id.borrow()), who(person)])),
    }
}

fn repaired(at: Moment, output: &repair::Output) -> (&'static str, Fields) {
    use repair::Output;
    let step = |step: &Move| {
        let person = step.who.as_ref().map(who).unwrap_or_default();
        let own = [
            ("action", step.action.word().into()),
            ("evidence", step.why.word().into()),
            ("attempt", json!(step.attempt)),
            ("ticket", json!(step.ticket)),
            ("at", stamp(at.wall_of(step.at))),
        ];
        fields(own, [app(step.id.borrow()), person])
    };
    let of = |id: &OwnedIdentity| app(id.borrow());
    match output {
        Output::Run(taken) => ("repair-started", step(taken)),
        Output::WouldRun(taken) => ("repair-rehearsed", step(taken)),
        Output::Ended { id, ticket, at: when, outcome } => {
            let own = [
                ("ticket", json!(ticket)),
                ("outcome", outcome_word(*outcome).into()),
                ("at", stamp(at.wall_of(*when))),
            ];
            ("repair-ended", fields(own, [of(id)]))
        }
        Output::GaveUp { id, attempts, why, .. } => {
            let own = [("attempts", json!(attempts)), ("evidence", why.word().into())];
            ("repair-gave-up", fields(own, [of(id)]))
        }
        Output::Recovered { id, attempts, .. } => {
            ("repair-helped", fields([("attempts", json!(attempts))], [of(id)]))
        }
        Output::Closed { id, .. } => ("repair-over", of(id)),
        Output::Refused { id, who: person, .. } => ("repair-refused", fields([], [of(id), who(person)])),
    }
}

fn window(output: &window::Output) -> (&'static str, Fields) {
    use window::Output;
    match output {
        Output::Began { id, at } => {
            ("mute-began", fields([("mute", json!(id.get())), ("at", stamp(*at))], []))
        }
        Output::Ended { id, at } => {
            ("mute-ended", fields([("mute", json!(id.get())), ("at", stamp(*at))], []))
        }
        Output::Removed { id, at, mute, end } => {
            let (end, person) = match end {
                End::Over => ("over", Fields::new()),
                End::Opened => ("opened", Fields::new()),
                End::Removed(person) => ("lifted", who(person)),
            };
            let own = [
                ("mute", json!(id.get())),
                ("at", stamp(*at)),
                ("for", mute.scope().to_string().into()),
                ("end", end.into()),
            ];
            ("mute-removed", fields(own, [person]))
        }
        Output::Phase { scope, phase, at } => {
            let (phase, until) = match phase {
                Phase::Closed => ("closed", None),
                Phase::Opening { until } => ("opening", Some(*until)),
                Phase::Open => ("open", None),
            };
            let own = [
                ("for", scope.to_string().into()),
                ("phase", phase.into()),
                ("until", stamps(until)),
                ("at", stamp(*at)),
            ];
            ("phase", fields(own, []))
        }
    }
}
