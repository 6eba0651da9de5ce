//! What a person is told, as a plain record: it waits in the outbox, and in the store, until it has arrived.
//!
//! Not here: how it reads (`render`), in which channel.

use bytes::Bytes;
use hb_core::beat::{By, Cause, State};
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::incident::{Ending, Parent, Subject};
use hb_core::{alert, id};
use serde::{Deserialize, Serialize};

use super::voice;

/// More names than this nobody reads on a telephone.
const MOST_NAMES: usize = 20;

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Something does not work.
    Opening,
    /// It still does not.
    Reminder,
    /// It works again.
    Closing,
    /// Repairs did not help: a person is needed.
    #[serde(rename = "gave-up")]
    GaveUp,
    /// How things stand after opening.
    Report,
    /// What could not be told when it happened.
    Digest,
    /// Somebody tries the channel.
    Test,
}

impl From<alert::Kind> for Kind {
    fn from(kind: alert::Kind) -> Self {
        match kind {
            alert::Kind::Opening => Self::Opening,
            alert::Kind::Reminder => Self::Reminder,
            alert::Kind::Closing => Self::Closing,
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Of what kind.
    pub kind: Kind,
    /// When it was written, ms since 1970.
    pub at: i64,
    /// What it is about; empty for a report that all is well.
    pub incidents: Vec<Incident>,
    /// In a report: how many screens are ready, of how many.
    pub ready: Option<(u32, u32)>,
}

/// One incident in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number, which people and programs name it by; 0 for none.
    pub number: u64,
    /// The exhibit; empty if this is about a group or a host.
    pub app: String,
    /// The machine, or the group.
    pub host: String,
    /// The window or monitor; mostly empty.
    pub slot: String,
    /// The first group that the screen is in; empty for none, and in what older versions kept.
    #[serde(default)]
    pub hall: String,
    /// How many screens it covers, if it is about a group or a host.
    pub screens: Option<u32>,
    /// Which of them, as people call them; twenty at most. Empty in what older versions kept.
    #[serde(default)]
    pub covers: Vec<String>,
    /// A word of [`State`].
    pub state: String,
    /// A word of [`Cause`].
    pub cause: String,
    /// Since when it does not work, ms since 1970.
    pub since: i64,
    /// When it was over, ms since 1970.
    pub until: Option<i64>,
    /// How it ended: a word of [`Ending`]. None while it is open, and in what older versions kept.
    #[serde(default)]
    pub ending: Option<String>,
    /// What a person can do at a touch.
    pub links: Links,
    /// What its screen shows, as a JPEG. Put in when it is sent: none waits in a memory.
    #[serde(skip)]
    pub picture: Option<Bytes>,
    /// Who speaks for it, as far as that is known. Put in when it is sent.
    #[serde(skip)]
    pub by: Option<By>,
    /// Two answer to its name, and so nothing is repaired. Put in when it is sent.
    #[serde(skip)]
    pub conflict: bool,
}

/// Addresses that do one thing, once, for people without a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// "I take care of it".
    pub acknowledge: Option<String>,
    /// Quiet for an hour.
    pub snooze: Option<String>,
    /// Load the page again.
    pub reload: Option<String>,
}

impl Incident {
    /// About `subject`, which has not worked since `since`.
    #[must_use]
    pub fn new(number: u64, subject: &Subject, (state, cause): (State, Cause), since: i64) -> Self {
        let (app, host, slot) = match subject {
            Subject::App(id) => {
                let id = id.borrow();
                (id.app(), id.host(), id.slot())
            }
            Subject::Parent(Parent::Host(name) | Parent::Group(name)) => ("", &**name, ""),
        };
        Self {
            number,
            app: app.into(),
            host: host.into(),
            slot: slot.into(),
            hall: String::new(),
            screens: None,
            covers: Vec::new(),
            state: state.word().into(),
            cause: cause.word().into(),
            since,
            until: None,
            ending: None,
            links: Links::default(),
            picture: None,
            by: None,
            conflict: false,
        }
    }

    /// It covers these screens.
    #[must_use]
    pub fn covering<'a>(self, screens: impl ExactSizeIterator<Item = &'a OwnedIdentity>) -> Self {
        let count = u32::try_from(screens.len()).ok();
        let name = |screen: &OwnedIdentity| {
            let screen = screen.borrow();
            called(screen.app(), screen.host(), screen.slot())
        };
        Self { screens: count, covers: screens.take(MOST_NAMES).map(name).collect(), ..self }
    }

    /// In this group, among others perhaps.
    #[must_use]
    pub fn in_hall(self, name: Option<&str>) -> Self {
        Self { hall: name.unwrap_or_default().into(), ..self }
    }

    /// How people call it: "Tetris on kiosk-7".
    #[must_use]
    pub fn name(&self) -> String {
        shown(&called(&self.app, &self.host, &self.slot))
    }

    /// How it ended. What an older version kept without a word of it works again.
    #[must_use]
    pub fn ended(&self) -> Ending {
        let said = |ending: &Ending| self.ending.as_deref() == Some(ending.word());
        [Ending::Goodbye, Ending::Removed].into_iter().find(said).unwrap_or(Ending::Back)
    }

    /// How many of the screens it covers are not named.
    #[must_use]
    pub fn unnamed(&self) -> usize {
        let all = self.screens.and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        if self.covers.is_empty() { 0 } else { all.saturating_sub(self.covers.len()) }
    }

    /// What is wrong, in words a guard understands.
    #[must_use]
    pub fn sentence(&self) -> String {
        if let Some(count) = self.screens {
            let are = if count == 1 { "screen is" } else { "screens are" };
            return format!("{count} {are} silent");
        }
        // Words of a newer or older server may be others: what is left is still true.
        let state = State::from_word(&self.state).unwrap_or(State::Down);
        let cause = Cause::from_word(&self.cause).unwrap_or(Cause::None);
        voice::sentence(state, cause, self.by).to_owned()
    }

    /// What a person can do about it; of many screens at once, what they have in common.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        if self.screens.is_some() {
            return Some("look first at what they have in common: power, switch, network");
        }
        let state = State::from_word(&self.state)?;
        voice::advice(state, Cause::from_word(&self.cause).unwrap_or(Cause::None), self.by)
    }

    /// The app or group, for the order in which messages arrive ([`super::outbox::Item::about`]).
    #[must_use]
    pub fn about(&self) -> Box<str> {
        // No name holds a control character.
        format!("{}\n{}\n{}", self.host, self.slot, self.app).into()
    }
}

impl Message {
    /// Has what it says be of whoever speaks for each app in it: by what, and whether another does so, too.
    pub fn voice(&mut self, known: impl Fn(Identity<'_>) -> Option<(Option<By>, bool)>) {
        for incident in &mut self.incidents {
            let app = Identity::new(&incident.host, &incident.slot, &incident.app);
            (incident.by, incident.conflict) = app.ok().and_then(&known).unwrap_or_default();
        }
    }

    /// What is sent to try a channel.
    #[must_use]
    pub const fn test(at: i64) -> Self {
        Self { kind: Kind::Test, at, incidents: Vec::new(), ready: None }
    }

    /// One message instead of several that are old: of each incident what is known last.
    #[must_use]
    pub fn digest(at: i64, old: &[Self]) -> Self {
        let mut incidents: Vec<Incident> = Vec::new();
        for incident in old.iter().flat_map(|message| &message.incidents) {
            let same =
                |known: &&mut Incident| (known.number, known.about()) == (incident.number, incident.about());
            match incidents.iter_mut().find(same) {
                Some(known) => *known = incident.clone(),
                None => incidents.push(incident.clone()),
            }
        }
        Self { kind: Kind::Digest, at, incidents, ready: None }
    }
}

fn called(app: &str, host: &str, slot: &str) -> String {
    match (app, host, slot) {
        // A group, or a place where anything would do and nothing came: its name is no exhibit's.
        ("" | "*", host, "") => host.to_owned(),
        ("" | "*", host, slot) => format!("{host}, {slot}"),
        (app, host, "") => format!("{app} on {host}"),
        (app, host, slot) => format!("{app} on {host}, {slot}"),
    }
}

/// `text` without what cannot be seen, ends a line or turns the direction of writing: what was once checked may come from
/// a store.
pub(super) fn shown(text: &str) -> String {
    id::seen(text).map(|(c, seen)| if seen { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_where_anything_would_do_is_called_by_its_own_name() {
        for (app, slot, name) in [
            ("tetris", "", "tetris on kiosk-7"),
            ("tetris", "left", "tetris on kiosk-7, left"),
            ("*", "", "kiosk-7"),
            ("*", "left", "kiosk-7, left"),
            ("", "", "kiosk-7"),
        ] {
            assert_eq!(called(app, "kiosk-7", slot), name);
        }
    }
}
