//! What happened to a screen, as lines that a person reads: rows of `GET …/history` in, the newest first.
//!
//! Kinds that are not known are passed over. Not here: asking for them (`shell`).

use serde::Deserialize;
use serde_json::Value;

use super::words;
use crate::cmd::when::{Now, Stamp};

/// A line of the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When, as a clock on the wall shows it.
    pub(super) at: String,
    pub(super) what: String,
}

/// The answer of the server.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    history: Vec<Value>,
}

impl Told {
    /// As lines.
    pub(super) fn lines(&self, now: &Now) -> Vec<Line> {
        self.history.iter().filter_map(|row| line(row, now)).collect()
    }
}

fn line(row: &Value, now: &Now) -> Option<Line> {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let stamp = |key: &str| row.get(key).and_then(|at| Stamp::deserialize(at).ok());
    let until = || stamp("until").map(|Stamp(at)| format!(" until {}", now.clock(at))).unwrap_or_default();
    let number = |key: &str| row.get(key).and_then(Value::as_u64).unwrap_or_default();
    let by = |name: &str| match name {
        "" | "ladder" | "hb" | "server" => String::new(),
        name => format!(", by {name}"),
    };
    let what = match text("kind") {
        "transition" => match text("to") {
            "" => "no longer held".into(),
            to => with(to, &words::cause(text("cause"))),
        },
        "conflict" => match row.get("on") {
            Some(Value::Bool(false)) => "one page answers to this name again".into(),
            _ => "two pages answer to this name".into(),
        },
        "incident" => {
            let over = stamp("ended").map(|Stamp(at)| format!("over {}: {}", now.clock(at), text("ending")));
            with(&format!("incident #{} opened", number("number")), &over.unwrap_or_default())
        }
        "repair" => {
            let word = if row.get("dry") == Some(&Value::Bool(true)) { "rehearsal" } else { "repair" };
            let what = format!("{word}: {}{}", text("action"), by(text("by")));
            let said = text("said").lines().next().unwrap_or_default();
            let outcome = with(text("outcome"), said);
            with(&what, &outcome)
        }
        "gave-up" => with("repairs gave up: somebody has to go there", &words::cause(text("evidence"))),
        "acknowledged" => format!("{} takes care of #{}", text("by"), number("incident")),
        "snoozed" => format!("#{} is quiet{}{}", number("incident"), until(), by(text("by"))),
        "adopted" => format!("adopted{}", by(text("by"))),
        "mute" => {
            let word = if text("mute") == "snooze" { "muted" } else { text("mute") };
            let lifted = stamp("lifted").map(|Stamp(at)| format!(", lifted {}", now.clock(at)));
            let lifted = lifted.unwrap_or_default();
            with(&format!("{word}{}{}{lifted}", until(), by(text("by"))), text("reason"))
        }
        _ => return None,
    };
    Some(Line { at: now.clock(stamp("at")?.0), what })
}

/// `a: b`, or what there is of both.
fn with(a: &str, b: &str) -> String {
    match (a, b) {
        (a, "") => a.into(),
        ("", b) => b.into(),
        (a, b) => format!("{a}: {b}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_happened_reads_as_lines() {
        let now = Now::at("2026-11-21T20:00:00Z", "Europe/Berlin");
        let at = "2026-11-21T19:00:00.000Z";
        let later = "2026-11-21T20:30:00.000Z";
        for (row, what) in [
            (json!({"kind": "transition", "to": "stalled", "cause": "no-frames"}), "stalled: no new frames"),
            (json!({"kind": "transition", "to": null, "cause": "none"}), "no longer held"),
            (json!({"kind": "conflict", "on": true}), "two pages answer to this name"),
            (json!({"kind": "conflict", "on": false}), "one page answers to this name again"),
            (
                json!({"kind": "incident", "number": 7, "ended": later, "ending": "back"}),
                "incident #7 opened: over 21:30: back",
            ),
            (json!({"kind": "incident", "number": 7, "ended": null}), "incident #7 opened"),
            (
                json!({"kind": "repair", "action": "reload", "dry": false, "by": "ladder", "outcome": "done", "said": ""}),
                "repair: reload: done",
            ),
            (
                json!({"kind": "repair", "action": "command", "dry": false, "by": "ada", "outcome": "exit 3", "said": "no\nway"}),
                "repair: command, by ada: exit 3: no",
            ),
            (json!({"kind": "acknowledged", "incident": 7, "by": "ada"}), "ada takes care of #7"),
            (
                json!({"kind": "snoozed", "incident": 7, "by": "ada", "until": later}),
                "#7 is quiet until 21:30, by ada",
            ),
            (
                json!({"kind": "mute", "mute": "snooze", "until": null, "by": "ada", "reason": "lamps"}),
                "muted, by ada: lamps",
            ),
            (
                json!({"kind": "mute", "mute": "snooze", "until": later, "lifted": "2026-11-21T19:10:00Z", "by": "ada"}),
                "muted until 21:30, by ada, lifted 20:10",
            ),
            (json!({"kind": "adopted", "by": "", "how": "age"}), "adopted"),
        ] {
            let mut row = row;
            row["at"] = at.into();
            let line = line(&row, &now).unwrap();
            assert_eq!(line, Line { at: "20:00".into(), what: what.into() });
        }
        assert_eq!(line(&json!({"kind": "dream", "at": at}), &now), None);
    }
}
