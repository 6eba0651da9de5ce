//! The event stream as the table hears it: lines of server-sent events in, words out.
//!
//! What cannot be read is passed over: a newer server may say more. Not here: the connection (`stream`), what is made of a
//! word (`fleet`).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::cmd::when::Stamp;

/// Longer than the snapshot of a full house, bytes: what is longer is cut.
pub(super) const LONGEST: usize = 128 << 20;

/// What the stream said.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// All screens there are, at such a time of the server.
    Snapshot(Timestamp, Vec<View>),
    /// Screens that were heard.
    Vitals(Timestamp, Vec<View>),
    /// It stands otherwise with one.
    Changed(Timestamp, Box<View>),
    /// One turned, and nothing else is told of it.
    Turned { at: Timestamp, who: Name, state: String, cause: String, sentence: String },
    /// One is no longer held.
    Gone(Name),
    /// One came from another host.
    Moved { who: Name, from: String },
    /// Two pages have one name, or no longer.
    Conflict { who: Name, on: bool },
    /// Something else.
    Else,
}

/// A screen by its three names, as the server has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Name {
    pub(super) app: String,
    pub(super) host: String,
    #[serde(default)]
    pub(super) slot: String,
}

/// A screen, as the API shows it. What an older server does not say is as if there were nothing to say.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct View {
    #[serde(flatten)]
    pub(super) name: Name,
    pub(super) state: String,
    #[serde(default)]
    pub(super) cause: String,
    #[serde(default)]
    pub(super) sentence: String,
    #[serde(default)]
    pub(super) nagios: String,
    pub(super) since: Option<Stamp>,
    pub(super) last_beat_age_ms: Option<u64>,
    pub(super) last_word_age_ms: Option<u64>,
    pub(super) frame_age_ms: Option<u64>,
    pub(super) promise_ms: Option<u64>,
    pub(super) granted_ms: Option<u64>,
    pub(super) overdue: Option<f64>,
    pub(super) fps: Option<f64>,
    #[serde(default)]
    pub(super) reloads: u64,
    #[serde(default)]
    pub(super) sessions: u64,
    #[serde(default)]
    pub(super) vitals: Vitals,
    #[serde(default)]
    pub(super) conflict: bool,
    #[serde(default)]
    pub(super) muted: bool,
    #[serde(default)]
    pub(super) new: bool,
    pub(super) mute: Option<Mute>,
    pub(super) incident: Option<Incident>,
    pub(super) repair: Option<Repair>,
    #[serde(default)]
    pub(super) holds: Vec<String>,
    #[serde(default)]
    pub(super) groups: Vec<String>,
}

/// What the page says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Vitals {
    pub(super) by: Option<String>,
    pub(super) errs: Option<u64>,
    pub(super) lasterr: Option<String>,
}

/// By what a screen is muted.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Mute {
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) by: String,
    #[serde(default)]
    pub(super) reason: String,
    pub(super) until: Option<Stamp>,
}

/// Its open incident.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Incident {
    pub(super) number: u64,
    pub(super) acknowledged: Option<By>,
    pub(super) snoozed_until: Option<Stamp>,
}

/// Who takes care of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct By {
    #[serde(default)]
    pub(super) by: String,
}

/// What is being done about it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Repair {
    pub(super) status: String,
    pub(super) action: Option<String>,
}

/// Lines of a stream, put together to events.
#[derive(Debug, Default)]
pub(super) struct Feed {
    event: String,
    data: String,
    id: Option<String>,
    last: Option<String>,
}

impl Feed {
    /// Takes a line; behind the last of an event, what it said.
    pub(super) fn line(&mut self, line: &str) -> Option<Word> {
        let line = line.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            let (event, data) = (std::mem::take(&mut self.event), std::mem::take(&mut self.data));
            // Only a whole event moves the place from which the stream goes on.
            self.last = self.id.take().or(self.last.take());
            return (!data.is_empty()).then(|| word(&event, &data));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event),
            "id" => self.id = Some(value.to_owned()),
            "data" if self.data.len() + value.len() <= LONGEST => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        None
    }

    /// A new connection: what was half said is not said.
    pub(super) fn again(&mut self) {
        *self = Self { last: self.last.take(), ..Self::default() };
    }

    /// From where the stream goes on.
    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }
}

fn word(event: &str, data: &str) -> Word {
    let Ok(data) = serde_json::from_str::<Value>(data) else { return Word::Else };
    read(event, data).unwrap_or(Word::Else)
}

fn read(event: &str, mut data: Value) -> Option<Word> {
    let at = || -> Option<Timestamp> { data.get("at")?.as_str()?.parse().ok() };
    let name = || Name::deserialize(&data).ok();
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    match event {
        "snapshot" => Some(Word::Snapshot(at()?, views(&mut data))),
        "vitals" => Some(Word::Vitals(at()?, views(&mut data))),
        "transition" | "standing" => {
            let (at, who, to) = (at()?, name()?, text("to"));
            let (cause, sentence) = (text("cause"), text("sentence"));
            match data.get_mut("view").map(Value::take) {
                Some(view @ Value::Object(_)) => {
                    Some(Word::Changed(at, Box::new(serde_json::from_value(view).ok()?)))
                }
                _ if event == "standing" => Some(Word::Gone(who)),
                _ => Some(Word::Turned { at, who, state: to, cause, sentence }),
            }
        }
        "event" => match data.get("kind")?.as_str()? {
            "removed" => name().map(Word::Gone),
            "moved" => Some(Word::Moved { who: name()?, from: text("from") }),
            "conflict" => {
                Some(Word::Conflict { who: name()?, on: data.get("on") != Some(&Value::Bool(false)) })
            }
            _ => None,
        },
        _ => None,
    }
}

fn views(data: &mut Value) -> Vec<View> {
    let Some(Value::Array(apps)) = data.get_mut("apps").map(Value::take) else { return Vec::new() };
    apps.into_iter().filter_map(|app| serde_json::from_value(app).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(feed: &mut Feed, text: &str) -> Vec<Word> {
        text.split_inclusive('\n').filter_map(|line| feed.line(line)).collect()
    }

    #[test]
    fn a_stream_goes_on_behind_the_last_whole_event() {
        let mut feed = Feed::default();
        let at = "2026-11-21T20:00:00.000Z";
        let app = r#"{"app":"tetris","host":"hall-3","slot":"","state":"up"}"#;
        let text = format!(
            "retry: 1000\n\nid: e-1\r\nevent: snapshot\r\ndata: {{\"at\":\"{at}\",\"apps\":[{app},{{\"app\":7}}]}}\r\n\r\nevent: vitals\ndata: {{\"at\":\"{at}\",\"apps\":[]}}\n\nid: e-2\nevent: trans"
        );
        let words = heard(&mut feed, &text);
        assert!(
            matches!(&words[..], [Word::Snapshot(_, apps), Word::Vitals(_, none)]
            if apps.len() == 1 && apps[0].name.host == "hall-3" && none.is_empty()),
            "{words:?}"
        );
        assert_eq!(feed.last(), Some("e-1"));
        feed.again();
        let text = format!(
            "id: e-2\nevent: transition\ndata: {{\"at\":\"{at}\",\"app\":\"tetris\",\"host\":\"hall-3\",\"to\":\"late\",\"cause\":\"none\",\"view\":null}}\n\nevent: event\ndata: {{\"kind\":\"removed\",\"app\":\"a\",\"host\":\"h\"}}\n\n"
        );
        let words = heard(&mut feed, &text);
        assert!(
            matches!(&words[..], [Word::Turned { state, .. }, Word::Gone(name)] if state == "late" && name.app == "a"),
            "{words:?}"
        );
        assert_eq!(feed.last(), Some("e-2"));
    }

    proptest! {
        #[test]
        fn no_line_breaks_it(lines in proptest::collection::vec(".{0,40}|(data|event|id): .{0,40}|event: (snapshot|transition|standing|event)|data: \\{\"at\":\"2026-11-21T20:00:00Z\",\"apps\":\\[.{0,20}|", 0..12)) {
            let mut feed = Feed::default();
            for line in &lines {
                feed.line(line);
            }
        }
    }
}
