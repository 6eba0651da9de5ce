//! `[[repair]]` of `hb.toml`: what may be done about which screens. Not here: when it is done ([`hb_core::repair`]), and how
//! ([`crate::exec`]).

use std::sync::Arc;
use std::time::Duration;

use hb_core::repair::{Action, Evidence, Ladder, Signs, Step};
use toml::Value;

use super::super::file::FileError;
use super::super::key::{nearest, texts};
use super::super::table::{Key, Table, key};
use super::groups::pattern;
use crate::exec::Unit;
use crate::watch::Plan;

const APPS: Key = key("apps", "apps in quotes, as in [\"tetris\", \"hall3-*/*\"]");
const STEPS: Key = key(
    "steps",
    "\"reload\", \"command\", \"restart\", \"reboot\", as in [\"reload\", \"reload\", \"restart\"]",
);
const COMMAND: Key =
    key("command", "a program and its arguments in quotes, as in [\"/usr/local/bin/fix\", \"--now\"]");
const UNIT: Key = key("unit", "a systemd unit in quotes, as in \"kiosk.service\"");
const DRY: Key = key("dry", "true, to only say what would be done, or false");

/// What the table takes.
pub(in super::super) const KEYS: &[Key] = &[APPS, STEPS, COMMAND, UNIT, DRY];

/// What a step takes that is more than a word.
const OF_A_STEP: [&str; 4] = ["do", "times", "wait_s", "on"];

/// Reads one table.
pub(super) fn repair(mut table: Table<'_>) -> Result<Plan, FileError> {
    let apps = table.some(&APPS, pattern)?;
    let apps = table.must(&APPS, apps)?;
    let line = table.line_of(&STEPS);
    let written = table.take(&STEPS, |value| match value {
        Value::Array(steps) => Some(steps.clone()),
        Value::String(_) => Some(vec![value.clone()]),
        _ => None,
    })?;
    let ladder = match written {
        Some(written) => {
            ladder(&written).map_err(|reason| table.refuse_at(line, format!("`{}`: {reason}", STEPS.name)))?
        }
        None => Ladder::default(),
    };
    let argv =
        |value: &Value| texts(value).filter(|words| words.first().is_some_and(|word| !word.is_empty()));
    let command = table.take(&COMMAND, argv)?;
    let unit = table.text_as(&UNIT, |name| Unit::new(name).map_err(|error| error.to_string()))?;
    let has = |action| ladder.steps().iter().any(|step| step.action == action);
    if has(Action::Command) && command.is_none() {
        return Err(table.refuse_at(
            line,
            format!("a step is \"command\", and there is none: expected `command`, {}", COMMAND.expected),
        ));
    }
    if command.is_some() && !has(Action::Command) {
        return Err(
            table.refuse("`command` is run by no step: add \"command\" to `steps`, or leave it out".into())
        );
    }
    if unit.is_some() && !has(Action::Restart) {
        return Err(table
            .refuse("`unit` is restarted by no step: add \"restart\" to `steps`, or leave it out".into()));
    }
    let dry = table.take(&DRY, Value::as_bool)?.unwrap_or(false);
    table.finish(KEYS)?;
    let command = command.map(|words| words.into_iter().map(Into::into).collect());
    Ok(Plan { apps, ladder: Arc::new(ladder), command, unit, dry })
}

/// A word again behind itself is the same step once more.
fn ladder(written: &[Value]) -> Result<Ladder, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut last = None;
    for value in written {
        let word = value.as_str();
        match steps.last_mut() {
            Some(step) if word.is_some() && word == last => {
                step.cap = step.cap.checked_add(1).ok_or("expected at most 255 of a kind")?;
            }
            _ => steps.push(step(value)?),
        }
        last = word;
    }
    Ladder::new(&steps).map_err(|error| error.to_string())
}

fn step(value: &Value) -> Result<Step, String> {
    match value {
        Value::String(word) => plain(word),
        Value::Table(table) => {
            let unknown = table.keys().find(|key| !OF_A_STEP.contains(&key.as_str()));
            if let Some(unknown) = unknown {
                let hint = match nearest(unknown, OF_A_STEP.into_iter()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("expected one of {}", OF_A_STEP.join(", ")),
                };
                return Err(format!("a step has no `{unknown}`: {hint}"));
            }
            let word = table.get("do").and_then(Value::as_str);
            let mut step =
                plain(word.ok_or("a step in braces says no `do`: expected { do = \"reload\", times = 2 }")?)?;
            if let Some(times) = table.get("times") {
                let cap =
                    times.as_integer().and_then(|times| u8::try_from(times).ok()).filter(|&cap| cap > 0);
                step.cap = cap.ok_or_else(|| {
                    format!("`times` is {}: expected a number from 1 to 255", written(times))
                })?;
            }
            if let Some(wait) = table.get("wait_s") {
                let seconds = wait
                    .as_integer()
                    .and_then(|wait| u64::try_from(wait).ok())
                    .filter(|wait| (1..=86_400).contains(wait));
                let seconds = seconds.ok_or_else(|| {
                    format!("`wait_s` is {}: expected seconds from 1 to 86400", written(wait))
                })?;
                step.wait = Duration::from_secs(seconds);
            }
            if let Some(on) = table.get("on") {
                step.when = signs(on)?;
            }
            Ok(step)
        }
        other => Err(format!(
            "{} is no step: expected a word, or {{ do = \"reload\", times = 2, wait_s = 60 }}",
            written(other)
        )),
    }
}

/// A step as one word says it: a page whose process is gone or whose script is stuck
/// hears no reload, and a host that starts needs its time.
fn plain(word: &str) -> Result<Step, String> {
    let action = Action::from_word(word).ok_or_else(|| {
        let words = || Action::ALL.iter().map(|action| action.word());
        let hint = match nearest(word, words()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("expected one of {}", words().collect::<Vec<_>>().join(", ")),
        };
        format!("{word:?} is no step: {hint}")
    })?;
    let (when, wait) = match action {
        Action::Reload => (Signs::RESPONSIVE, 60),
        Action::Command => (Signs::ANY, 60),
        Action::Restart => (Signs::ANY, 120),
        Action::Reboot => (Signs::ANY, 300),
    };
    Ok(Step { action, when, wait: Duration::from_secs(wait), cap: 1 })
}

fn signs(value: &Value) -> Result<Signs, String> {
    let all = || Evidence::ALL.iter().map(|evidence| evidence.word());
    let expected = || format!("expected of {}", all().collect::<Vec<_>>().join(", "));
    let words = texts(value).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| format!("`on` is {}: {}", written(value), expected()))?;
    let read = |word: &String| {
        Evidence::from_word(word).ok_or_else(|| format!("`on`: {word:?} is no evidence: {}", expected()))
    };
    let list: Result<Vec<Evidence>, String> = words.iter().map(read).collect();
    Ok(Signs::of(&list?))
}

/// A value as people say it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(whether) => whether.to_string(),
        other => format!("of another kind ({})", other.type_str()),
    }
}
