//! What a cell came to: which marks were seen and when, what was said wrongly. Pure. Not here: who may fail
//! ([`super::gaps`]).

use super::case::{Case, Mark, Want, What};

/// States in which somebody would look at a healthy screen in vain.
const ALARMS: [&str; 5] = ["missing", "down", "stalled", "hidden", "late"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    State { state: String, cause: String },
    Event(String),
}

/// Something that was said, ms after the fault.
pub(crate) struct At<'a> {
    pub(crate) ms: i64,
    pub(crate) said: &'a Said,
}

/// What was said where a mark wanted something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// After the fault.
    pub(crate) ms: i64,
    /// As it was said, which may be one of several that were wanted.
    pub(crate) words: String,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// For each mark what was said, and when.
    pub(crate) marks: Vec<Option<Seen>>,
    /// Alarms that name another fault than the one that was there.
    pub(crate) wrong: Vec<String>,
    /// Alarms where nothing was wrong.
    pub(crate) false_alarms: Vec<String>,
}

impl Seen {
    fn of(at: &At<'_>) -> Self {
        let words = match at.said {
            Said::State { state, cause } if cause.is_empty() || cause == "none" => state.clone(),
            Said::State { state, cause } => format!("{state}: {cause}"),
            Said::Event(kind) => format!("event {kind}"),
        };
        Self { ms: at.ms, words }
    }
}

/// `mended` is when the last step of mending was done, ms after the fault; `links` are the marks of that kind that were
/// seen.
pub(crate) fn judge(case: &Case, said: &[At<'_>], mended: Option<i64>, links: &[(&str, i64)]) -> Found {
    let marks: &[Mark] = match case.want {
        Want::Seen(marks) => marks,
        Want::Quiet => &[],
    };
    let mut found = Found { marks: seen(marks, said, mended, links), ..Found::default() };
    let mut back = false;
    for At { ms, said } in said {
        let Said::State { state, cause } = said else { continue };
        back |= mended.is_some_and(|mended| *ms >= mended) && state == "up";
        if !ALARMS.contains(&state.as_str()) {
            continue;
        }
        let line = format!("{state}/{cause} at {ms} ms");
        let innocent = *ms < 0 || back || !marks.iter().any(|mark| matches!(mark.what, What::State(..)));
        if innocent {
            found.false_alarms.push(line);
        } else if !marks.iter().any(|mark| explains(mark, state, cause)) {
            found.wrong.push(line);
        }
    }
    found
}

/// What of each mark was first seen, in order, each after the one before, and while the fault lasted.
fn seen(marks: &[Mark], said: &[At<'_>], mended: Option<i64>, links: &[(&str, i64)]) -> Vec<Option<Seen>> {
    let mut after = 0;
    let mut when = Vec::new();
    for mark in marks {
        let at = match mark.what {
            // What a page said before is of something else.
            What::Link(word) => {
                let link = links.iter().find(|link| link.0 == word && link.1 >= 0);
                link.map(|link| Seen { ms: link.1, words: format!("the page itself: {word}") })
            }
            What::State(..) | What::Event(_) => {
                let lasted = |at: &&At<'_>| at.ms >= after && mended.is_none_or(|mended| at.ms <= mended);
                said.iter().filter(lasted).find(|at| fits(mark, at.said)).map(Seen::of)
            }
        };
        after = at.as_ref().map_or(after, |seen| seen.ms);
        when.push(at);
    }
    when
}

fn fits(mark: &Mark, said: &Said) -> bool {
    match (mark.what, said) {
        (What::State(wanted, causes), Said::State { state, cause }) => {
            state == wanted && among(cause, causes)
        }
        (What::Event(wanted), Said::Event(kind)) => kind == wanted,
        _ => false,
    }
}

/// Whether an alarm says what this mark says: the same, or a worse state for the same cause.
fn explains(mark: &Mark, state: &str, cause: &str) -> bool {
    match mark.what {
        What::State(wanted, causes) => {
            (wanted == state && among(cause, causes))
                || (cause != "none" && causes.split('|').any(|named| named == cause))
        }
        What::Event(_) | What::Link(_) => false,
    }
}

fn among(cause: &str, causes: &str) -> bool {
    causes.is_empty() || causes.split('|').any(|named| named == cause)
}

/// When the watcher of the original's kind was first alarmed, ms after the fault, and how.
pub(crate) fn noticed(said: &[At<'_>]) -> Option<(i64, String)> {
    said.iter().filter(|at| at.ms >= 0).find_map(|at| match at.said {
        Said::State { state, .. } if ALARMS.contains(&state.as_str()) => Some((at.ms, state.clone())),
        _ => None,
    })
}
