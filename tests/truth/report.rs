//! What the run came to, for people and for programs. Not here: how a cell is judged ([`super::judge`]).

use serde_json::{Value, json};

use super::case::{Case, Kind, Mark, Want, What};
use super::gaps;
use super::play::Outcome;
use super::table::Rows;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Held,
    /// Missed, and known to.
    Gap,
    Missed,
    /// Known to miss, and did not: it no longer belongs on the list.
    Surprise,
}

impl Verdict {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Gap => "gap",
            Self::Missed => "missed",
            Self::Surprise => "surprise",
        }
    }

    pub(crate) const fn fails(self) -> bool {
        matches!(self, Self::Missed | Self::Surprise)
    }
}

pub(crate) struct Cell {
    pub(crate) case: &'static Case,
    pub(crate) kind: Kind,
    /// What was said, or why the cell could not be played.
    pub(crate) outcome: Result<Outcome, String>,
    /// Whether it missed in company and was played once more by itself.
    pub(crate) alone: bool,
    /// Whether what came late came in time: a machine that has other work is late itself.
    pub(crate) patient: bool,
}

impl Cell {
    /// What did not hold.
    pub(crate) fn faults(&self) -> Vec<String> {
        let outcome = match &self.outcome {
            Ok(outcome) => outcome,
            Err(error) => return vec![error.clone()],
        };
        let mut faults: Vec<String> = Vec::new();
        for (mark, at) in self.marks().iter().zip(&outcome.found.marks) {
            match at {
                None => faults.push(format!("never {}", name(mark))),
                Some(at) if !self.patient && at.ms > i64::try_from(mark.within).unwrap_or(i64::MAX) => {
                    faults.push(format!("{} after {} ms, not within {}", at.words, at.ms, mark.within));
                }
                Some(_) => {}
            }
        }
        faults.extend(outcome.found.wrong.iter().map(|line| format!("wrongly {line}")));
        faults.extend(outcome.found.false_alarms.iter().map(|line| format!("false alarm {line}")));
        if !outcome.back {
            faults.push("not up again".into());
        }
        faults
    }

    pub(crate) fn verdict(&self) -> Verdict {
        match (self.faults().is_empty(), gaps::known(self.case.name, self.kind.word())) {
            (true, None) => Verdict::Held,
            (true, Some(_)) => Verdict::Surprise,
            // What is known to be missed excuses no alarm about a healthy page.
            (false, Some(_)) if self.is_only_missed() => Verdict::Gap,
            (false, _) => Verdict::Missed,
        }
    }

    fn is_only_missed(&self) -> bool {
        matches!(&self.outcome, Ok(outcome) if outcome.found.false_alarms.is_empty() && outcome.back)
    }

    fn marks(&self) -> &'static [Mark] {
        match self.case.want {
            Want::Seen(marks) => marks,
            Want::Quiet => &[],
        }
    }

    /// A line while the run goes on.
    pub(crate) fn line(&self) -> String {
        let verdict = self.verdict();
        let mark = if verdict.fails() { "✗" } else { "✓" };
        let head = format!("{mark} {:<9}{:<16}{}", verdict.word(), self.kind.word(), self.case.name);
        let faults = self.faults();
        let said = if faults.is_empty() { self.seen() } else { faults.join("; ") };
        let alone = if self.alone { " (again, alone)" } else { "" };
        format!("{head}: {said}{alone}")
    }

    /// What was seen and when, in the order in which it was wanted.
    fn seen(&self) -> String {
        let Ok(outcome) = &self.outcome else { return String::new() };
        if self.marks().is_empty() {
            return "no alarm".into();
        }
        let mut seen = Vec::new();
        for (mark, at) in self.marks().iter().zip(&outcome.found.marks) {
            seen.push(at.as_ref().map_or_else(
                || format!("never {}", name(mark)),
                |at| format!("{} {}", at.words, seconds(at.ms)),
            ));
        }
        seen.join(", ")
    }

    fn baseline(&self) -> String {
        let noticed = self.outcome.as_ref().ok().and_then(|outcome| outcome.baseline.as_ref());
        match (noticed, &self.case.want) {
            (Some((at, state)), Want::Seen(_)) => format!("{state} {}", seconds(*at)),
            (Some((at, state)), Want::Quiet) => format!("false alarm: {state} {}", seconds(*at)),
            (None, Want::Seen(_)) => "nothing".into(),
            (None, Want::Quiet) => "no alarm".into(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let found = self.outcome.as_ref().ok().map(|outcome| &outcome.found);
        json!({
            "fault": self.case.name,
            "browser": self.kind.word(),
            "verdict": self.verdict().word(),
            "missed": self.faults(),
            "seen": self.seen(),
            "after_ms": found.map(|found| {
                found.marks.iter().map(|mark| mark.as_ref().map(|seen| seen.ms)).collect::<Vec<_>>()
            }),
            "false_alarms": found.map_or(0, |found| found.false_alarms.len()),
            "baseline": self.baseline(),
            "baseline_after_ms": self.outcome.as_ref().ok().and_then(|o| o.baseline.as_ref().map(|b| b.0)),
            "gap": gaps::known(self.case.name, self.kind.word()),
            "alone": self.alone,
            "story": self.outcome.as_ref().ok().map(|outcome| &outcome.story),
        })
    }
}

/// What a mark wants, where nothing of it was said.
fn name(mark: &Mark) -> String {
    match mark.what {
        What::State(state, "" | "none") => state.to_owned(),
        What::State(state, cause) => format!("{state}: {}", cause.replace('|', " or ")),
        What::Event(kind) => format!("event {kind}"),
        What::Link(word) => format!("the page itself: {word}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "some minutes at most")]
fn seconds(ms: i64) -> String {
    format!("{:.2} s", ms as f64 / 1000.0)
}

/// The rows of what was played.
pub(crate) fn rows(cells: &[Cell]) -> Rows {
    let key = |cell: &Cell| (cell.kind.word().to_owned(), cell.case.name.to_owned());
    cells.iter().map(|cell| (key(cell), row(cell))).collect()
}

fn row(cell: &Cell) -> String {
    let (mut said, mut after, mut alarms) = (Vec::new(), Vec::new(), String::from("–"));
    if let Ok(outcome) = &cell.outcome {
        for (mark, at) in cell.marks().iter().zip(&outcome.found.marks) {
            said.push(at.as_ref().map_or_else(|| format!("never {}", name(mark)), |at| at.words.clone()));
            after.push(at.as_ref().map_or_else(|| "–".into(), |at| seconds(at.ms)));
        }
        let told: Vec<_> = outcome.found.wrong.iter().chain(&outcome.found.false_alarms).cloned().collect();
        if !told.is_empty() {
            alarms = told.join(", ");
        } else if cell.marks().is_empty() {
            alarms = "none".into();
        }
    }
    if said.is_empty() {
        said.push("no alarm".into());
        after.push("–".into());
    }
    let verdict = match (cell.verdict(), gaps::known(cell.case.name, cell.kind.word())) {
        (Verdict::Gap, Some(why)) => format!("gap: {why}"),
        (verdict, _) if verdict.fails() => format!("**{}**: {}", verdict.word(), cell.faults().join("; ")),
        (verdict, _) => verdict.word().to_owned(),
    };
    format!(
        "| {} | {} | {} | {alarms} | {} | {} |",
        cell.case.name,
        said.join(", then "),
        after.join(", "),
        cell.baseline(),
        verdict.replace('|', "\\|")
    )
}
