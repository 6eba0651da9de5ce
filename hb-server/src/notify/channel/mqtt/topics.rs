//! What stands under which topic: a pure function of what is believed. Not here: brokers.

use hb_core::beat::{By, Cause, State};
use hb_core::id::Identity;
use hb_core::verdict::Nagios;
use serde_json::json;

use crate::notify::voice;

/// Something to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Where.
    pub topic: String,
    /// What. Empty takes away what is retained.
    pub payload: String,
    /// Whether whoever comes later is told, too.
    pub retain: bool,
}

/// The heads of all topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Of ours; `hb` by default.
    pub own: String,
    /// Of Home Assistant's discovery, `homeassistant` by default; `None` for no discovery.
    pub discovery: Option<String>,
}

impl Default for Topics {
    fn default() -> Self {
        Self { own: "hb".into(), discovery: Some("homeassistant".into()) }
    }
}

/// A state that is not told again for so long is unknown to Home Assistant: a stale view is never green.
pub const EXPIRE_AFTER_SECONDS: u32 = 180;

impl Topics {
    /// Where messages to people go.
    #[must_use]
    pub fn messages(&self) -> String {
        format!("{}/alert", self.own)
    }

    /// Where the state of an app is.
    ///
    /// ```
    /// use hb_core::id::Identity;
    /// use hb_server::notify::channel::mqtt::topics::Topics;
    ///
    /// let app = Identity::new("kiosk-7", "", "Tetris/2").unwrap();
    /// assert_eq!(Topics::default().state_topic(app), "hb/state/kiosk-7/_/Tetris_2f2");
    /// ```
    #[must_use]
    pub fn state_topic(&self, app: Identity<'_>) -> String {
        let level = |text: &str| if text.is_empty() { "_".to_owned() } else { plain(text) };
        format!("{}/state/{}/{}/{}", self.own, level(app.host()), level(app.slot()), level(app.app()))
    }

    /// What an app is, since `since` (RFC 3339), in words of who speaks `by` for it.
    #[must_use]
    pub fn state(
        &self,
        app: Identity<'_>,
        (state, cause, by): (State, Cause, Option<By>),
        nagios: Nagios,
        since: &str,
    ) -> Publication {
        // A warning is a colour, and no alarm. `None` is what Home Assistant calls unknown.
        let problem = match nagios {
            Nagios::Ok | Nagios::Warning => "OFF",
            Nagios::Critical => "ON",
            Nagios::Unknown => "None",
        };
        let payload = json!({
            "app": app.app(), "host": app.host(), "slot": app.slot(),
            "state": state.word(), "cause": cause.word(), "sentence": voice::sentence(state, cause, by),
            "advice": voice::advice(state, cause, by),
            "since": since, "problem": problem,
        });
        Publication { topic: self.state_topic(app), payload: payload.to_string(), retain: true }
    }

    /// What tells Home Assistant that there is such an app.
    #[must_use]
    pub fn discovery(&self, app: Identity<'_>) -> Option<Publication> {
        let state = self.state_topic(app);
        let unique = unique(app);
        let name = if app.slot().is_empty() {
            app.app().to_owned()
        } else {
            format!("{}, {}", app.app(), app.slot())
        };
        let payload = json!({
            "name": name, "unique_id": unique, "device_class": "problem",
            "state_topic": state, "value_template": "{{ value_json.problem }}", "json_attributes_topic": state,
            "expire_after": EXPIRE_AFTER_SECONDS,
            "device": {"identifiers": [format!("hb-{}", plain(app.host()))], "name": app.host(), "manufacturer": "hb"},
            "origin": {"name": "hb", "sw_version": env!("CARGO_PKG_VERSION")},
        });
        let topic = self.discovery_topic(&unique)?;
        Some(Publication { topic, payload: payload.to_string(), retain: true })
    }

    /// Takes an app away everywhere: it was forgotten.
    #[must_use]
    pub fn forgotten(&self, app: Identity<'_>) -> Vec<Publication> {
        let topics = [Some(self.state_topic(app)), self.discovery_topic(&unique(app))];
        let empty = |topic| Publication { topic, payload: String::new(), retain: true };
        topics.into_iter().flatten().map(empty).collect()
    }

    fn discovery_topic(&self, unique: &str) -> Option<String> {
        Some(format!("{}/binary_sensor/{unique}/config", self.discovery.as_ref()?))
    }
}

/// A name for an app of which there is no second.
fn unique(app: Identity<'_>) -> String {
    // `__` never stands in a plain text: `_` is followed by two digits of a number.
    format!("hb__{}__{}__{}", plain(app.host()), plain(app.slot()), plain(app.app()))
}

/// `text` in letters, digits and hyphens, every other byte as `_` and its number: no two texts become one, and none is a
/// wildcard or another level.
fn plain(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut plain, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => plain.push(char::from(byte)),
            byte => plain.push_str(&format!("_{byte:02x}")),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app<'a>(host: &'a str, slot: &'a str, app: &'a str) -> Identity<'a> {
        Identity::new(host, slot, app).unwrap()
    }

    #[test]
    fn a_hostile_name_is_one_level_and_no_wildcard() {
        let hostile = app("h/+", "#", "a/../#+$ {{ 1 }} \"é");
        let topics = Topics::default();
        let topic = topics.state_topic(hostile);
        assert_eq!(topic.matches('/').count(), 4, "{topic}");
        assert!(!topic.contains(['+', '#', '$', '{']), "{topic}");
        let found = topics.discovery(hostile).unwrap();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
        assert!(found.topic.chars().all(allowed) && found.topic.matches('/').count() == 3, "{}", found.topic);
        let payload: serde_json::Value = serde_json::from_str(&found.payload).unwrap();
        assert_eq!(payload["device"]["name"], "h/+");
    }

    #[test]
    fn no_two_apps_share_a_topic_or_a_sensor() {
        let topics = Topics::default();
        let apps = [
            app("a", "b", "c"),
            app("a_", "b", "c"),
            app("a", "_b", "c"),
            app("a", "", "b"),
            app("a", "_", "b"),
            app("a", "b", "_5f"),
        ];
        let all: std::collections::BTreeSet<String> = apps
            .iter()
            .flat_map(|&app| [topics.state_topic(app), topics.discovery(app).unwrap().topic])
            .collect();
        assert_eq!(all.len(), 2 * apps.len());
    }

    #[test]
    fn what_is_taken_away_is_what_was_told() {
        let (topics, app) = (Topics::default(), app("h", "", "a"));
        let state = topics.state(
            app,
            (State::Stalled, Cause::NoFrames, None),
            Nagios::Critical,
            "2026-07-14T12:02:00Z",
        );
        let gone = topics.forgotten(app);
        assert_eq!([&gone[0].topic, &gone[1].topic], [&state.topic, &topics.discovery(app).unwrap().topic]);
        assert!(gone.iter().all(|gone| gone.payload.is_empty() && gone.retain) && state.retain);
        let payload: serde_json::Value = serde_json::from_str(&state.payload).unwrap();
        assert_eq!((&payload["problem"], &payload["state"]), (&"ON".into(), &"stalled".into()));
    }

    #[test]
    fn without_discovery_there_is_none() {
        let topics = Topics { discovery: None, ..Topics::default() };
        assert_eq!(
            (topics.discovery(app("h", "", "a")), topics.forgotten(app("h", "", "a")).len()),
            (None, 1)
        );
    }
}
