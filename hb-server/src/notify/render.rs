//! How a message reads: one text for people, and the same facts for every template.
//!
//! Not here: the shapes that chat services want (`chat`), mails (`mail`), a template of one's own (`own`).

pub mod chat;
pub mod mail;
pub mod own;

use std::collections::BTreeMap;
use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hb_core::incident::Ending;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;

use super::message::{Incident, Kind, Message, shown};

/// More lines than this nobody reads on a telephone.
const MOST_LINES: usize = 20;
/// Groups that are named beside them.
const MOST_HALLS: usize = 10;

/// A message in words. What templates see, too; every text in it is one line.
#[derive(Clone, Debug, Serialize)]
pub struct Words {
    /// `opening`, `reminder`, `closing`, `gave-up`, `report`, `digest` or `test`.
    pub kind: Kind,
    /// Whether something does not work now.
    pub bad: bool,
    /// The message in one line.
    pub title: String,
    /// What it is about; at most twenty.
    pub incidents: Vec<Told>,
    /// How many more there are.
    pub more: usize,
    /// Where there are more: how many screens of each group, most first.
    pub halls: Vec<(String, usize)>,
    /// Screens that are ready and all there are, in a report.
    pub ready: Option<(u32, u32)>,
    /// When it was written, as RFC 3339.
    pub at: String,
}

/// One incident in words.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Its number.
    pub number: u64,
    /// "Tetris on kiosk-7".
    pub name: String,
    /// The exhibit; empty for a group.
    pub app: String,
    /// The machine or the group.
    pub host: String,
    /// The window or monitor.
    pub slot: String,
    /// `stalled`, `down`, …
    pub state: String,
    /// `no-frames`, `silence`, …
    pub cause: String,
    /// "the picture is frozen: nothing new is drawn".
    pub sentence: String,
    /// "reload the page; if it freezes again, look at the page's own errors". None once it is over.
    pub advice: Option<&'static str>,
    /// Two answer to its name, so that nothing is repaired until one of them is gone. Never once it is over.
    pub conflict: bool,
    /// Which screens a group or a host covers: "Tetris on kiosk-7". At most twenty, none once it is over.
    pub covers: Vec<String>,
    /// How many more of them there are.
    pub more: usize,
    /// "since 14:02, for 5 min", or "from 14:02 to 14:07, for 5 min".
    pub when: String,
    /// Since when, as RFC 3339.
    pub since: String,
    /// Whether it is over: it works again, or is no longer expected.
    pub over: bool,
    /// How it ended: `back`, `goodbye` or `removed`, which is no longer expected; none while it is open.
    pub ending: Option<String>,
    /// "14:02 CET": what `when` says, in parts, for a page that anybody opens from anywhere.
    #[serde(skip)]
    pub(crate) clock: String,
    /// "5 min".
    #[serde(skip)]
    pub(crate) lasted: String,
    #[serde(skip)]
    ended: Ending,
    /// What can be done: a label and an address.
    pub links: Vec<Action>,
    /// What its screen shows, a JPEG as base64, where the channel wants `pictures` and an agent shows any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// Something a person can do at a touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// "I take care of it".
    pub label: &'static str,
    /// Where.
    pub url: String,
}

impl Words {
    /// `message` in words, with the times of `zone`.
    #[must_use]
    pub fn new(message: &Message, zone: &TimeZone) -> Self {
        let told: Vec<Told> =
            message.incidents.iter().take(MOST_LINES).map(|incident| tell(incident, message, zone)).collect();
        let open = message.incidents.iter().filter(|incident| incident.until.is_none()).count();
        Self {
            kind: message.kind,
            bad: message.kind != Kind::Closing && open > 0,
            title: title(message, told.first(), open),
            more: message.incidents.len() - told.len(),
            halls: if message.incidents.len() > told.len() { halls(&message.incidents) } else { Vec::new() },
            incidents: told,
            ready: message.ready,
            at: stamp(message.at).to_string(),
        }
    }

    /// What stands below the title, line by line; the links apart.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let single = self.incidents.len() == 1 && !matches!(self.kind, Kind::Report | Kind::Digest);
        let mut lines: Vec<String> = self.incidents.iter().map(|told| told.line(single)).collect();
        if self.more > 0 {
            let halls: Vec<String> = self
                .halls
                .iter()
                .take(MOST_HALLS)
                .map(|(name, count)| format!("{count} in {name}"))
                .collect();
            let of = if halls.is_empty() { String::new() } else { format!("; of all: {}", halls.join(", ")) };
            lines.push(format!("and {} more{of}", self.more));
        }
        lines
    }

    /// The facts for programs: all of this, and `text`.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut facts = serde_json::to_value(self).expect("texts and numbers are always JSON");
        facts["text"] = self.text().into();
        facts
    }

    /// The whole as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.title);
        let lines = self.lines();
        for (at, line) in lines.iter().enumerate() {
            let _ = writeln!(text, "{line}");
            let Some(told) = self.incidents.get(at).filter(|told| !told.links.is_empty()) else { continue };
            for Action { label, url } in &told.links {
                let _ = writeln!(text, "  {label}: {url}");
            }
        }
        text
    }
}

impl Told {
    fn line(&self, single: bool) -> String {
        match (single, self.over) {
            (true, true) => format!("It {} {}.", did_not(self.ended), self.when),
            (true, false) => {
                let advice = self.advice.map(|advice| format!(" {}.", capital(advice))).unwrap_or_default();
                let conflict = if self.conflict { " Repairs wait: two answer to its name." } else { "" };
                format!("{}, {}{}.{advice}{conflict}", capital(&self.sentence), self.when, self.names())
            }
            (false, true) => {
                format!("{}: {}; {} {}", self.name, phrase(self.ended).0, did_not(self.ended), self.when)
            }
            (false, false) => format!("{}: {}, {}{}", self.name, self.sentence, self.when, self.names()),
        }
    }

    /// Whom it covers.
    fn names(&self) -> String {
        match (&self.covers[..], self.more) {
            ([], _) => String::new(),
            (names, 0) => format!(": {}", names.join("; ")),
            (names, more) => format!(": {}; and {more} more", names.join("; ")),
        }
    }
}

/// How an incident ended, as it is said of one and of several.
const fn phrase(ending: Ending) -> (&'static str, &'static str) {
    match ending {
        Ending::Back => ("works again", "work again"),
        Ending::Goodbye => ("was switched off or said goodbye", "were switched off or said goodbye"),
        Ending::Removed => ("is no longer expected", "are no longer expected"),
    }
}

/// What it did until then: who works again is named with the verb already.
const fn did_not(ending: Ending) -> &'static str {
    match ending {
        Ending::Back => "did not",
        Ending::Goodbye | Ending::Removed => "did not work",
    }
}

/// How many of them are in each group, most first.
fn halls(incidents: &[Incident]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for incident in incidents.iter().filter(|incident| !incident.hall.is_empty()) {
        *counts.entry(&incident.hall).or_default() += 1;
    }
    let mut halls: Vec<_> = counts.into_iter().map(|(name, count)| (shown(name), count)).collect();
    halls.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    halls
}

fn title(message: &Message, first: Option<&Told>, open: usize) -> String {
    let count = message.incidents.len();
    let groups = message.incidents.iter().any(|incident| incident.app.is_empty());
    let ended = message.incidents.first().map_or(Ending::Back, Incident::ended);
    let alike = message.incidents.iter().all(|incident| incident.ended() == ended);
    let many = |number: usize| match (number, groups) {
        (1, _) => "1 incident".to_owned(),
        (_, true) => format!("{number} incidents"),
        (_, false) => format!("{number} screens"),
    };
    match (message.kind, first) {
        (Kind::Test, _) => "This is a test: hb reaches you here".to_owned(),
        (Kind::Report, _) => match message.ready {
            Some((ready, all)) if ready == all => format!("All {all} screens are ready"),
            Some((ready, all)) => format!("{ready} of {all} screens are ready"),
            None if count == 0 => "All screens are ready".to_owned(),
            None => format!("Not ready: {}", many(count)),
        },
        (Kind::Digest, _) => {
            let still = if open == 0 { "all over".to_owned() } else { format!("{open} still open") };
            let s = if count == 1 { "" } else { "s" };
            format!("While you could not be reached: {count} incident{s}, {still}")
        }
        (Kind::GaveUp, Some(told)) if count == 1 => {
            format!("{} could not be repaired: somebody must go there", told.name)
        }
        (Kind::GaveUp, _) => format!("{} could not be repaired: somebody must go there", many(count)),
        (Kind::Opening, Some(told)) if count == 1 => format!("{} does not work", told.name),
        (Kind::Reminder, Some(told)) if count == 1 => format!("{} still does not work", told.name),
        (Kind::Closing, Some(told)) if count == 1 => format!("{} {}", told.name, phrase(ended).0),
        (Kind::Opening, _) if groups => format!("{} at once", many(count)),
        (Kind::Opening, _) => format!("{} do not work", many(count)),
        (Kind::Reminder, _) if groups => format!("{} are still open", many(count)),
        (Kind::Reminder, _) => format!("{} still do not work", many(count)),
        (Kind::Closing, _) if groups => format!("{} are over", many(count)),
        (Kind::Closing, _) if alike => format!("{} {}", many(count), phrase(ended).1),
        (Kind::Closing, _) => format!("{count} incidents are over"),
    }
}

fn tell(incident: &Incident, message: &Message, zone: &TimeZone) -> Told {
    let end = incident.until.unwrap_or(message.at);
    let (since, lasted) = (clock(incident.since, message.at, zone), lasted(end - incident.since));
    let when = match incident.until {
        Some(until) => format!("from {since} to {}, for {lasted}", clock(until, message.at, zone)),
        None => format!("since {since}, for {lasted}"),
    };
    let links = [
        ("I take care of it", &incident.links.acknowledge),
        ("Quiet for 1 hour", &incident.links.snooze),
        ("Reload the page", &incident.links.reload),
    ];
    let links =
        links.into_iter().filter_map(|(label, url)| Some(Action { label, url: shown(url.as_ref()?) }));
    let over = incident.until.is_some();
    let covers = if over { &[] } else { &incident.covers[..] };
    Told {
        number: incident.number,
        name: incident.name(),
        app: shown(&incident.app),
        host: shown(&incident.host),
        slot: shown(&incident.slot),
        state: shown(&incident.state),
        cause: shown(&incident.cause),
        sentence: incident.sentence(),
        advice: incident.advice().filter(|_| !over),
        conflict: incident.conflict && !over,
        covers: covers.iter().map(|name| shown(name)).collect(),
        more: if over { 0 } else { incident.unnamed() },
        when,
        clock: format!("{since} {}", stamp(incident.since).to_zoned(zone.clone()).strftime("%Z")),
        lasted,
        since: stamp(incident.since).to_string(),
        over,
        ending: incident.ending.as_deref().map(shown),
        ended: incident.ended(),
        links: links.collect(),
        picture: incident.picture.as_ref().map(|jpeg| STANDARD.encode(jpeg)),
    }
}

fn stamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// The time of day, with the date if it is another day than that of the message.
fn clock(millis: i64, now: i64, zone: &TimeZone) -> String {
    let (then, now) = (stamp(millis).to_zoned(zone.clone()), stamp(now).to_zoned(zone.clone()));
    let form = if then.date() == now.date() { "%H:%M" } else { "%-d %b %H:%M" };
    then.strftime(form).to_string()
}

/// How long, as people say it.
fn lasted(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests;
