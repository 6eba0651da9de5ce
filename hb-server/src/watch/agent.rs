//! What the server and an agent say to each other. An agent is an `hb run --agent`: the supervisor of one app, over a
//! link of its own with a token, for what no page can do: start its child again, run the one program that its own
//! command line names, and, where it was allowed to, restart its host.
//!
//! What is asked holds no program and no argument: an agent that is lied to by its server does one of three things,
//! at most as often as it finishes them. Its topics stand beside those of the pages, under `agent/HOST/APP/`, where no
//! page may speak or hear. Not here: who is an agent (`http`), when it is asked (`repairs`), how it does it
//! (`cmd::run`).

use bytes::Bytes;
use hb_bus::message::{Message, Payload, Topic};
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::repair::{Action, Evidence, Failure, Move};
use hb_lease::time::Time;
use serde::{Deserialize, Serialize};

use crate::screen;

mod picture;
pub(crate) mod shown;

pub use picture::{Caption, PICTURE, Picture};

/// The role that an agent says it has.
pub const ROLE: &str = "agent";
/// What an agent may be asked to do.
pub const ACTIONS: [Action; 3] = [Action::Command, Action::Restart, Action::Reboot];
/// Where an agent tells of the [`Life`] of its child, in its own place.
pub const LIFE: &str = "life";
/// The topic of every [`Heard`], on the bus of the screens.
pub const HEARD: Topic = Topic::from_static("hb.agent");

/// The place of an agent; ends with a slash.
pub(crate) fn place(id: Identity<'_>) -> String {
    format!("agent/{}/", screen::name(id))
}

/// Where the agent of `id` hears that word; `None` if its names are too long for a topic.
pub(crate) fn topic(id: Identity<'_>, word: &str) -> Option<Topic> {
    format!("{}{word}", place(id)).parse().ok()
}

/// What an agent is asked with an action: why, and whom for. Its program is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    host: String,
    #[serde(default)]
    slot: String,
    app: String,
    ticket: u64,
    attempt: u16,
    why: String,
}

impl Asked {
    /// What is asked for `step`.
    #[must_use]
    pub fn of(step: &Move) -> Self {
        let id = step.id.borrow();
        Self {
            host: id.host().into(),
            slot: id.slot().into(),
            app: id.app().into(),
            ticket: step.ticket,
            attempt: step.attempt,
            why: step.why.word().into(),
        }
    }

    /// The move that it is, at the agent, whose clock it has none of; `None` where a word of it means nothing.
    #[must_use]
    pub fn step(&self, action: Action) -> Option<Move> {
        Some(Move {
            id: Identity::new(&self.host, &self.slot, &self.app).ok()?.to_owned(),
            ticket: self.ticket,
            at: Time::ZERO,
            step: 0,
            action,
            attempt: self.attempt,
            why: Evidence::from_word(&self.why)?,
            since: Time::ZERO,
            who: None,
        })
    }
}

/// What the agent answers when it is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What stopped it; none if it was carried out.
    #[serde(default)]
    pub stopped: Option<Stopped>,
    /// The story, for people.
    #[serde(default)]
    pub said: String,
}

/// Why it was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// It may not, or not now.
    Refused,
    /// It took too long.
    TimedOut,
    /// The program ended with this code.
    Exit(i32),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused => Self::Refused,
            Stopped::TimedOut => Self::TimedOut,
            Stopped::Exit(code) => Self::Exit(code),
        }
    }
}

/// What an agent tells of its child, when it changes and after each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "life")]
pub enum Life {
    /// It runs.
    Running {
        /// Its process.
        pid: u32,
    },
    /// It ended, and nobody had told it to, whatever its exit code: a browser that a visitor closed ends with 0.
    Exited {
        /// Its exit code; 128 + N for signal N.
        code: i32,
    },
    /// It was told to end, by whoever told its supervisor.
    Ended,
}

/// What an agent saw, as evidence: [`Evidence::Exited`] began, or is over.
///
/// An agent that is away takes nothing back: its word was true, and it says anew how things are when it returns. Whoever
/// keeps the evidence takes it back too when the app itself is heard again in a good state. That a child lives while
/// its page is silent is no evidence of anything: silence has many reasons, and [`Evidence::BrowserDead`] is for who
/// can ask the browser itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of which app.
    pub id: OwnedIdentity,
    /// What.
    pub evidence: Evidence,
    /// Whether it is so.
    pub on: bool,
    /// The word itself.
    pub life: Life,
}

impl Heard {
    /// What `said`, from the agent of `id`, means; `None` where that is nothing.
    #[must_use]
    pub fn read(id: Identity<'_>, said: &[u8]) -> Option<Self> {
        let life = serde_json::from_slice(said).ok()?;
        let on = matches!(life, Life::Exited { .. });
        Some(Self { id: id.to_owned(), evidence: Evidence::Exited, on, life })
    }

    /// It as a message for [`HEARD`].
    #[must_use]
    pub fn message(self) -> Message {
        Message::of(HEARD, self)
    }
}

impl Payload for Heard {
    fn to_bytes(&self) -> Bytes {
        let id = self.id.borrow();
        let told = serde_json::json!({
            "host": id.host(), "slot": id.slot(), "app": id.app(),
            "evidence": self.evidence.word(), "on": self.on, "life": self.life,
        });
        told.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_exit_that_nobody_asked_for_is_evidence() {
        let id = Identity::new("h", "", "x").unwrap();
        for (said, on) in [
            (r#"{"life":"running","pid":7}"#, Some(false)),
            (r#"{"life":"exited","code":0}"#, Some(true)),
            (r#"{"life":"exited","code":137}"#, Some(true)),
            (r#"{"life":"ended"}"#, Some(false)),
            (r#"{"life":"silent"}"#, None),
            ("exited", None),
        ] {
            let heard = Heard::read(id, said.as_bytes());
            assert_eq!(heard.map(|heard| heard.on), on, "{said}");
        }
    }

    #[test]
    fn what_is_asked_is_the_move_without_a_program() {
        let id = Identity::new("h", "left", "x").unwrap().to_owned();
        let (at, why) = (Time::ZERO, Evidence::Exited);
        let step = Move {
            id,
            ticket: 9,
            at,
            step: 0,
            action: Action::Command,
            attempt: 2,
            why,
            since: at,
            who: None,
        };
        let said = serde_json::to_string(&Asked::of(&step)).unwrap();
        let known = r#"{"host":"h","slot":"left","app":"x","ticket":9,"attempt":2,"why":"exited"}"#;
        assert_eq!(said, known);
        let asked: Asked = serde_json::from_str(&said).unwrap();
        assert_eq!(asked.step(Action::Command), Some(step));
        let unknown: Asked = serde_json::from_str(&known.replace("exited", "silence")).unwrap();
        assert_eq!(unknown.step(Action::Command), None);
    }
}
