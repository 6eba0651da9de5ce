//! The worst of all apps in one line, from what the API says of each.

use std::time::Duration;

use hb_core::beat::State;
use hb_core::id::{Identity, short};
use hb_core::wire::status::{self, Line, Nagios, escaped};

/// How many names a line shows. Nagios cuts long lines, and a person reads no more.
const NAMED: usize = 8;

/// An app, as far as it is judged here. What the API says beyond it is ignored.
#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct App {
    app: String,
    host: String,
    #[serde(default)]
    slot: String,
    state: String,
    #[serde(default)]
    sentence: String,
    #[serde(default)]
    overdue: Option<f64>,
    #[serde(default)]
    muted: bool,
    /// The server's verdict, where it says one; else that of the state, whose age is not known.
    #[serde(default)]
    nagios: Option<String>,
}

impl App {
    /// Whether it counts: who said goodbye does not.
    pub(super) fn tracked(&self) -> bool {
        self.state != State::Done.word()
    }

    /// Whether it is the app a status line calls `label`, and said goodbye.
    pub(super) fn is_done(&self, label: &str) -> bool {
        !self.tracked() && escaped(self.label()) == label
    }

    /// Whether this is its id, wherever it is.
    pub(super) fn is_called(&self, app: &str) -> bool {
        self.app == app
    }

    /// The name that `list` and `status` show.
    pub(super) fn label(&self) -> String {
        // A name that cannot be one is some other server's.
        Identity::new(&self.host, &self.slot, &self.app)
            .map_or_else(|_| self.app.clone(), |id| id.to_string())
    }

    /// The name without this machine's address.
    pub(super) fn short_label(&self) -> String {
        if self.host == "127.0.0.1" { short(&self.app, &self.slot).to_string() } else { self.label() }
    }

    /// A status line of its own, in the grammar of the server's. The figures that the API does not tell are left out.
    pub(super) fn line(&self) -> Line {
        let (label, nagios) = (escaped(self.label()), self.nagios());
        if !self.tracked() {
            let text = format!("OK - finished application [{label}]: said goodbye");
            return Line { nagios: Nagios::Ok, text };
        }
        let sentence = match self.sentence.trim_end_matches('.') {
            "" => String::new(),
            sentence => format!(": {}", escaped(sentence)),
        };
        let od = self.overdue().map(|od| format!("| od={od:.2}")).unwrap_or_default();
        let text = format!("{} - {} [{label}]{sentence}{od}", nagios.word(), escaped(&self.state));
        Line { nagios, text }
    }

    pub(super) fn nagios(&self) -> Nagios {
        match &self.nagios {
            Some(word) => Nagios::of_line(word),
            None if self.muted => Nagios::Ok,
            None => State::from_word(&self.state)
                .map_or(Nagios::Unknown, |state| Nagios::of(state, Duration::ZERO)),
        }
    }

    pub(super) fn overdue(&self) -> Option<f64> {
        self.overdue.filter(|od| od.is_finite() && *od >= 0.0)
    }

    /// State and reason in words, safe in a plugin's output.
    pub(super) fn words(&self) -> String {
        match self.sentence.trim_end_matches('.') {
            "" => escaped(&self.state),
            sentence => escaped(format_args!("{}: {sentence}", self.state)),
        }
    }
}

/// One line for all tracked apps: the worst verdict, who has it, and how many have which.
pub(super) fn line(apps: &[App]) -> Line {
    let mut tracked: Vec<&App> = apps.iter().filter(|app| app.tracked()).collect();
    // Stable: within a verdict the server's order, worst first, holds.
    tracked.sort_by_key(|app| std::cmp::Reverse(app.nagios().severity()));
    let Some(worst) = tracked.first().map(|app| app.nagios()) else { return status::nobody() };
    let count = |nagios| tracked.iter().filter(|app| app.nagios() == nagios).count();
    let (critical, warning, unknown) =
        (count(Nagios::Critical), count(Nagios::Warning), count(Nagios::Unknown));
    let (total, bad) = (tracked.len(), critical + warning + unknown);
    let applications = if total == 1 { "application" } else { "applications" };
    let summary = if bad == 0 {
        format!("{total} {applications}, all fine")
    } else {
        let named = tracked.iter().take(bad.min(NAMED));
        let names: Vec<String> =
            named.map(|app| format!("{} ({})", escaped(app.label()), app.words())).collect();
        let more = if bad > NAMED { format!(" and {} more", bad - NAMED) } else { String::new() };
        format!("{bad} of {total} {applications}: {}{more}", names.join(", "))
    };
    let perfdata = format!("critical={critical} warning={warning} unknown={unknown} ok={}", total - bad);
    Line { nagios: worst, text: format!("{} - {summary}| {perfdata}", worst.word()) }
}

#[cfg(test)]
pub(super) fn app(name: &str, state: &str) -> App {
    let text =
        format!(r#"{{"app":"{name}","host":"127.0.0.1","state":"{state}","overdue":0.014,"since":"later"}}"#);
    serde_json::from_str(&text).expect("well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(apps: &[App], nagios: Nagios, text: &str) {
        assert_eq!(line(apps), Line { nagios, text: text.into() });
    }

    #[test]
    fn the_worst_decides_and_comes_first() {
        let (up, down, late, unknown) =
            (app("a", "up"), app("b", "down"), app("c", "late"), app("d", "unknown"));
        check(&[], Nagios::Unknown, "UNKNOWN - no heartbeat clients at the moment...");
        check(&[app("x", "done")], Nagios::Unknown, "UNKNOWN - no heartbeat clients at the moment...");
        check(
            std::slice::from_ref(&up),
            Nagios::Ok,
            "OK - 1 application, all fine| critical=0 warning=0 unknown=0 ok=1",
        );
        check(
            &[up.clone(), unknown.clone()],
            Nagios::Unknown,
            "UNKNOWN - 1 of 2 applications: d @ 127.0.0.1 (unknown)| critical=0 warning=0 unknown=1 ok=1",
        );
        check(
            &[unknown, up, late, down, app("x", "done")],
            Nagios::Critical,
            "CRITICAL - 3 of 4 applications: b @ 127.0.0.1 (down), c @ 127.0.0.1 (late), d @ 127.0.0.1 (unknown)\
             | critical=1 warning=1 unknown=1 ok=1",
        );
        check(
            &[app("x", "new-word")],
            Nagios::Unknown,
            "UNKNOWN - 1 of 1 application: x @ 127.0.0.1 (new-word)| critical=0 warning=0 unknown=1 ok=0",
        );
    }

    #[test]
    fn mutes_sentences_slots_and_the_servers_own_verdict_count() {
        let stalled = App {
            sentence: "the picture is frozen | stuck.".into(),
            slot: "left".into(),
            ..app("x", "stalled")
        };
        check(
            std::slice::from_ref(&stalled),
            Nagios::Critical,
            "CRITICAL - 1 of 1 application: x @ 127.0.0.1#left (stalled: the picture is frozen %7C stuck)| critical=1 warning=0 unknown=0 ok=0",
        );
        let muted = App { muted: true, ..stalled };
        check(&[muted], Nagios::Ok, "OK - 1 application, all fine| critical=0 warning=0 unknown=0 ok=1");
        let hidden = App { nagios: Some("CRITICAL".into()), ..app("x", "hidden") };
        assert_eq!((app("x", "hidden").nagios(), hidden.nagios()), (Nagios::Warning, Nagios::Critical));
    }

    #[test]
    fn a_long_list_is_cut() {
        let apps: Vec<App> = (0..10).map(|n| app(&n.to_string(), "down")).collect();
        let text = line(&apps).text;
        assert!(text.starts_with("CRITICAL - 10 of 10 applications: 0 @ 127.0.0.1 (down), 1 @"), "{text}");
        assert!(
            text.ends_with("7 @ 127.0.0.1 (down) and 2 more| critical=10 warning=0 unknown=0 ok=0"),
            "{text}"
        );
    }

    #[test]
    fn who_said_goodbye_is_found_by_the_label_of_the_status_line() {
        assert!(app("a|b", "done").is_done("a%7Cb @ 127.0.0.1"));
        assert!(!app("a", "up").is_done("a @ 127.0.0.1"));
        assert!(!app("a", "done").is_done("a @ 10.0.0.7"));
    }
}
