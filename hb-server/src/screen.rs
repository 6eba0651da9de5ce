//! How a screen's page is asked: over its link if one listens, else over its presence socket, which carries few words.
//!
//! Not here: those two connections, what the page does with it, and how it is said that nobody can be asked (`http`).

mod alike;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use hb_bus::bus::{Receipt, ReplyError, RequestError};
use hb_bus::message::{Message, Topic};
use hb_core::id::Identity;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::engine::Engine;
use crate::engine::ears::Over;

pub(crate) use alike::find as alike;

/// The commands that a presence socket carries: those that need no word from whoever asks, since any page may open one.
pub(crate) const WORDS: [&str; 2] = ["identify", "reload"];
/// A link whose page did not say what it takes.
pub(crate) const ANYTHING: &str = "*";
/// What would end a part of a topic.
const SEPARATORS: &AsciiSet = &CONTROLS.add(b'/').add(b'#').add(b'%');

/// Why nobody can be asked, or why there is no answer. The text is meant for whoever asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Deaf {
    /// No such app.
    #[error("`{id}` is unknown: no app of that name has beaten here; {}", hint(.alike))]
    Unknown { id: String, alike: Vec<String> },
    /// Its page takes other commands.
    #[error("not allowed by the page: `{id}` takes {}", .takes.join(", "))]
    NotAllowed { id: String, takes: Vec<String> },
    /// Its page takes none, or is away.
    #[error(
        "nobody is listening: `{id}` is {state}, but no page of it takes commands: \
         it must open a link, or say hb.commands({{ reload: true }})"
    )]
    Nobody { id: String, state: &'static str },
    /// It was asked, and went away.
    #[error("`{id}` was asked, but its page went away before it answered")]
    Gone { id: String },
    /// It was asked, and is still there.
    #[error("`{id}` is listening, but did not answer within {} ms", .patience.as_millis())]
    Silent { id: String, patience: Duration },
    /// The server stops.
    #[error("the server stops")]
    Stopped,
}

/// A page that was asked and has not answered yet.
pub(crate) struct Asked {
    id: String,
    receipt: Receipt,
    gone: BoxFuture<'static, ()>,
}

impl Asked {
    /// Waits for its answer for so long, as long as it is there.
    pub(crate) async fn answer(self, patience: Duration) -> Result<Message, Deaf> {
        let Self { id, receipt, gone } = self;
        tokio::select! {
            // Who answers and goes has answered.
            biased;
            reply = receipt.reply(Some(patience)) => reply.map_err(|error| match error {
                ReplyError::Timeout => Deaf::Silent { id, patience },
                ReplyError::Closed(_) => Deaf::Stopped,
            }),
            () = gone => Err(Deaf::Gone { id }),
        }
    }
}

/// Asks the page of `id` to do what `asked` says, which is called `name`.
pub(crate) fn ask(engine: &Engine, id: Identity<'_>, name: &str, asked: &Bytes) -> Result<Asked, Deaf> {
    let over = |topic: Option<Topic>, over| {
        let Some(topic) = topic else { return Ok(None) };
        match engine.screens().request(Message::new(topic, asked.clone())) {
            Ok(receipt) => {
                let gone = Box::pin(engine.ears().departure(id, over));
                Ok(Some(Asked { id: id.to_string(), receipt, gone }))
            }
            Err(RequestError::NoSubscribers) => Ok(None),
            Err(RequestError::Duplicate(_) | RequestError::Closed(_)) => Err(Deaf::Stopped),
        }
    };
    if let Some(asked) = over(commands(id), Over::Link)? {
        return Ok(asked);
    }
    let takes = taken_by_pages(engine, id);
    if takes.contains(name)
        && let Some(asked) = over(presence(id, name), Over::Presence)?
    {
        return Ok(asked);
    }
    let Some(app) = engine.snapshot(id) else {
        return Err(Deaf::Unknown { id: id.to_string(), alike: Vec::new() });
    };
    let id = id.to_string();
    if takes.is_empty() {
        return Err(Deaf::Nobody { id, state: app.state.word() });
    }
    Err(Deaf::NotAllowed { id, takes: takes.into_iter().collect() })
}

/// What the pages of `id` take now, in order; [`ANYTHING`] if a link does not say.
pub(crate) fn takes(engine: &Engine, id: Identity<'_>) -> Vec<String> {
    let mut takes = taken_by_pages(engine, id);
    let linked = engine.ears().names(id, Over::Link);
    // A link may be open without listening.
    if !linked.is_empty() && commands(id).is_some_and(|topic| engine.screens().is_heard(&topic)) {
        takes = linked;
    }
    takes.into_iter().collect()
}

/// What the pages of `id` take over presence sockets. Anybody may open one, in any name: while a page of it is open, what a
/// stranger says that it takes is not what that page does.
fn taken_by_pages(engine: &Engine, id: Identity<'_>) -> BTreeSet<String> {
    engine.ears().names_of_pages(id, |boot| engine.may_ask(id, boot))
}

/// Whether a page of `id` takes this command now.
pub(crate) fn hears(engine: &Engine, id: Identity<'_>, name: &str) -> bool {
    takes(engine, id).iter().any(|taken| taken == name || taken == ANYTHING)
}

/// Where an app publishes.
pub(crate) fn prefix(id: Identity<'_>) -> String {
    format!("app/{}", name(id))
}

/// An app in a topic: no name reaches into another's.
pub(crate) fn name(id: Identity<'_>) -> String {
    let part = |text| utf8_percent_encode(text, SEPARATORS);
    match id.slot() {
        "" => format!("{}/{}", part(id.host()), part(id.app())),
        slot => format!("{}/{}#{}", part(id.host()), part(id.app()), part(slot)),
    }
}

/// Where an app hears its commands; `None` if its names are too long for a topic.
pub(crate) fn commands(id: Identity<'_>) -> Option<Topic> {
    format!("{}/cmd", prefix(id)).parse().ok()
}

/// Where presence sockets of an app hear this command; `None` if its names are too long for a topic. Not under the
/// app's own prefix, where its links may speak.
pub(crate) fn presence(id: Identity<'_>, name: &str) -> Option<Topic> {
    format!("presence/{}/{name}", prefix(id)).parse().ok()
}

fn hint(alike: &[String]) -> String {
    match alike {
        [] => "`hb list` names all that have and did not say goodbye".to_owned(),
        [one] => format!("did you mean `{one}`?"),
        several => format!("there are `{}`: ask for one of them", several.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_reaches_into_anothers_topics() {
        let topic = |host, slot, app| commands(Identity::new(host, slot, app).unwrap()).unwrap();
        for ((host, slot, app), expected) in [
            (("10.0.0.7", "", "tetris"), "app/10.0.0.7/tetris/cmd"),
            (("10.0.0.7", "left", "tetris"), "app/10.0.0.7/tetris#left/cmd"),
            (("::1", "", "a/b"), "app/::1/a%2Fb/cmd"),
            (("h", "", "a#left"), "app/h/a%23left/cmd"),
            (("h", "", "a%2Fb"), "app/h/a%252Fb/cmd"),
            (("h", "", "ganz oben"), "app/h/ganz oben/cmd"),
        ] {
            assert_eq!(topic(host, slot, app).as_str(), expected);
        }
        let long = "x".repeat(250);
        assert_eq!(commands(Identity::new("h", "", &long).unwrap()), None);
    }
}
