//! What the repairs say: steps to take, and their story as it is kept.
//!
//! Not here: when a step is due ([`hb_core::repair`]), taking it (`repairs`).

use std::time::Duration;

use hb_core::id::{Identity, OwnedIdentity, Who};
use hb_core::incident;
use hb_core::repair::{Action, Failure, Limit, Move, Outcome, Output as Said, Past, Record, Status};
use hb_lease::time::Wall;
use serde::{Deserialize, Serialize};

use crate::store::row;

use super::{Happened, Machine, Moment, Output};

impl Machine {
    pub(super) fn repaired(&mut self, at: Moment, told: Vec<Said>, out: &mut Vec<Output>) {
        for said in told {
            match &said {
                Said::Run(step) => {
                    let row = self.step(at, step, false);
                    self.steps.insert(step.ticket, row.clone());
                    out.extend([Output::Keep(row.into()), Output::Repair(step.clone())]);
                }
                Said::WouldRun(step) => {
                    let row = row::Repair { ended: Some(at.wall), ..self.step(at, step, true) };
                    out.push(Output::Keep(row.into()));
                }
                Said::Ended { ticket, at: when, outcome, .. } => {
                    // A step that was carried out ends a second time, if it did not help.
                    let done = matches!(outcome, Outcome::Done);
                    let row = self.steps.get(ticket).cloned();
                    if let Some(row) = row {
                        let (ended, outcome) = (Some(at.wall_of(*when)), Some(outcome_word(*outcome)));
                        out.push(Output::Keep(row::Repair { ended, outcome, ..row }.into()));
                    }
                    if !done {
                        self.steps.remove(ticket);
                    }
                }
                Said::GaveUp { id, at: when, why, .. } => {
                    let row = self.end_of_ladder(id, at.wall_of(*when), why.word());
                    out.push(Output::Keep(row.into()));
                    self.give_up(at, id, out);
                }
                Said::Recovered { id, .. } | Said::Closed { id, .. } => {
                    self.steps.retain(|_, row| row.app != *id);
                }
                Said::Refused { .. } => {}
            }
            let (Said::Run(Move { id, .. })
            | Said::WouldRun(Move { id, .. })
            | Said::Ended { id, .. }
            | Said::GaveUp { id, .. }
            | Said::Recovered { id, .. }
            | Said::Closed { id, .. }
            | Said::Refused { id, .. }) = &said;
            let record = self.repair_record(at, id.borrow());
            let ladder = row::Ladder { app: id.clone(), at: at.wall, record };
            out.extend([Output::Keep(ladder.into()), Output::Changed(id.clone())]);
            let id = id.clone();
            out.push(Output::Happened(Happened::Repair(said)));
            self.on_trial(at, id.borrow(), out);
        }
    }

    /// Tells the incidents whether something is being done about an app: while nobody knows if it helps, a picture of some
    /// seconds is not the end of its incident.
    pub(super) fn on_trial(&mut self, at: Moment, id: Identity<'_>, out: &mut Vec<Output>) {
        let on = self.repairs.is_trying(id);
        if on != self.incidents.is_tried(id) {
            self.incident(at, incident::Input::Tried { id, on }, out);
        }
    }

    /// What a step said is kept with how it ended.
    pub(super) fn heard(&mut self, ticket: u64, said: &str) {
        if let Some(row) = self.steps.get_mut(&ticket).filter(|_| !said.is_empty()) {
            row.said = Some(said.to_owned());
        }
    }

    fn step(&self, at: Moment, step: &Move, dry: bool) -> row::Repair {
        row::Repair {
            app: step.id.clone(),
            at: at.wall_of(step.at),
            incident: self.incidents.of(step.id.borrow()).map(|number| number.0),
            action: step.action.word().into(),
            dry,
            evidence: step.why.word().into(),
            by: step.who.as_ref().map_or("ladder", Who::by).into(),
            place: step.who.as_ref().map_or("server", Who::from).into(),
            ended: None,
            outcome: None,
            said: None,
        }
    }

    /// That nothing more is tried stands in the story, as a step that is none.
    fn end_of_ladder(&self, id: &OwnedIdentity, wall: Wall, evidence: &str) -> row::Repair {
        row::Repair {
            app: id.clone(),
            at: wall,
            incident: self.incidents.of(id.borrow()).map(|number| number.0),
            action: row::GAVE_UP.into(),
            dry: false,
            evidence: evidence.into(),
            by: "ladder".into(),
            place: "server".into(),
            ended: Some(wall),
            outcome: None,
            said: None,
        }
    }

    /// What is being done about an app.
    #[must_use]
    pub fn repair_status(&self, id: Identity<'_>) -> Status {
        self.repairs.status(id)
    }

    /// Why nothing more is done about an app for now, and the first moment at which it may be.
    #[must_use]
    pub fn repair_limit(&self, at: Moment, id: Identity<'_>) -> Option<(Limit, Option<Wall>)> {
        let (limit, until) = self.repairs.limit(at.now, id)?;
        Some((limit, until.map(|until| at.wall_of(until))))
    }
}

/// How a step ended, in a word that is told and kept.
pub(in crate::watch) fn outcome_word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done => "done".into(),
        Outcome::NoHelp => "no-help".into(),
        Outcome::Failed(Failure::NobodyListening) => "nobody-listening".into(),
        Outcome::Failed(Failure::Refused) => "refused".into(),
        Outcome::Failed(Failure::TimedOut) => "timed-out".into(),
        Outcome::Failed(Failure::Exit(code)) => format!("exit {code}"),
    }
}

/// Where repairs of an app stand, as it is kept: spans in ms.
#[derive(Serialize, Deserialize)]
struct KeptRecord {
    #[serde(default)]
    incident: Option<KeptPast>,
    #[serde(default)]
    repairs: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct KeptPast {
    step: u8,
    tries: u8,
    attempts: u16,
    pause: u64,
    running: Option<(String, u64)>,
    over: bool,
    gave_up: bool,
    rehearsed: bool,
    #[serde(default)]
    tried: bool,
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl Machine {
    /// Where repairs of an app stand, in the text that [`Machine::begin`] reads; `None` where there is nothing to know.
    #[must_use]
    pub fn repair_record(&self, at: Moment, id: Identity<'_>) -> Option<String> {
        let record = self.repairs.record(at.now, id)?;
        let past = |past: &Past| KeptPast {
            step: past.step,
            tries: past.tries,
            attempts: past.attempts,
            pause: millis(past.pause),
            running: past.running.map(|(action, left)| (action.word().into(), millis(left))),
            over: past.over,
            gave_up: past.gave_up,
            rehearsed: past.rehearsed,
            tried: past.tried,
        };
        let kept = KeptRecord {
            incident: record.incident.as_ref().map(past),
            repairs: record.repairs.iter().copied().map(millis).collect(),
        };
        Some(serde_json::to_string(&kept).expect("texts and numbers are always JSON"))
    }
}

pub(super) fn read_record(text: &str) -> Option<Record> {
    let kept: KeptRecord = serde_json::from_str(text).ok()?;
    let past = |past: KeptPast| {
        let running = match past.running {
            Some((action, left)) => Some((Action::from_word(&action)?, Duration::from_millis(left))),
            None => None,
        };
        Some(Past {
            step: past.step,
            tries: past.tries,
            attempts: past.attempts,
            pause: Duration::from_millis(past.pause),
            running,
            over: past.over,
            gave_up: past.gave_up,
            rehearsed: past.rehearsed,
            tried: past.tried,
        })
    };
    let repairs = kept.repairs.into_iter().map(Duration::from_millis).collect();
    Some(Record { incident: kept.incident.and_then(past), repairs })
}
