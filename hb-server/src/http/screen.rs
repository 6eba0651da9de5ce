//! How a screen's page is asked: over its link if one listens, else over its presence socket, which carries few words.
//!
//! Not here: those two connections, and what the page does with it.

mod alike;

use std::net::IpAddr;

use axum::http::StatusCode;
use bytes::Bytes;
use hb_bus::bus::{Receipt, RequestError};
use hb_bus::message::{Message, Topic};
use hb_core::id::Identity;

use crate::engine::Engine;
use crate::engine::ears::Over;

use super::desk::Desk;
use super::link;
use super::problem::Problem;

/// The commands that a presence socket carries: those that need no word from whoever asks, since any page may open one.
pub(super) const WORDS: [&str; 2] = ["identify", "reload"];
/// A link whose page did not say what it takes.
pub(super) const ANYTHING: &str = "*";

/// Why nobody can be asked. The text is meant for whoever asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Deaf {
    /// No such app.
    #[error("`{id}` is unknown: no app of that name has beaten here; {}", hint(.alike.as_deref()))]
    Unknown { id: String, alike: Option<String> },
    /// Its page takes other commands.
    #[error("not allowed by the page: `{id}` takes {}", .takes.join(", "))]
    NotAllowed { id: String, takes: Vec<String> },
    /// Its page takes none, or is away.
    #[error(
        "nobody is listening: `{id}` is {state}, but no page of it takes commands: \
         it must open a link, or say hb.commands({{ reload: true }})"
    )]
    Nobody { id: String, state: &'static str },
    /// The server stops.
    #[error("the server stops")]
    Stopped,
}

/// Asks the page of `id` to do what `asked` says, which is called `name`.
pub(super) fn ask(engine: &Engine, id: Identity<'_>, name: &str, asked: &Bytes) -> Result<Receipt, Deaf> {
    let over = |topic: Option<Topic>| {
        let Some(topic) = topic else { return Ok(None) };
        match engine.screens().request(Message::new(topic, asked.clone())) {
            Ok(receipt) => Ok(Some(receipt)),
            Err(RequestError::NoSubscribers) => Ok(None),
            Err(RequestError::Duplicate(_) | RequestError::Closed(_)) => Err(Deaf::Stopped),
        }
    };
    if let Some(receipt) = over(link::commands(id))? {
        return Ok(receipt);
    }
    let takes = engine.ears().names(id, Over::Presence);
    if takes.contains(name)
        && let Some(receipt) = over(presence(id, name))?
    {
        return Ok(receipt);
    }
    let Some(app) = engine.snapshot(id) else {
        return Err(Deaf::Unknown { id: id.to_string(), alike: None });
    };
    let id = id.to_string();
    if takes.is_empty() {
        return Err(Deaf::Nobody { id, state: app.state.word() });
    }
    Err(Deaf::NotAllowed { id, takes: takes.into_iter().collect() })
}

/// What the pages of `id` take now, in order; [`ANYTHING`] if a link does not say.
pub(super) fn takes(engine: &Engine, id: Identity<'_>) -> Vec<String> {
    let mut takes = engine.ears().names(id, Over::Presence);
    let linked = engine.ears().names(id, Over::Link);
    // A link may be open without listening.
    if !linked.is_empty() && link::commands(id).is_some_and(|topic| engine.screens().is_heard(&topic)) {
        takes = linked;
    }
    takes.into_iter().collect()
}

/// Where presence sockets of an app hear this command; `None` if its names are too long for a topic. Not under the
/// app's own prefix, where its links may speak.
pub(super) fn presence(id: Identity<'_>, name: &str) -> Option<Topic> {
    format!("presence/{}/{name}", link::prefix(id)).parse().ok()
}

impl Deaf {
    /// Says whom `address` may have meant by an `id` that is unknown. A look at every app, so it stands in the line for
    /// such.
    pub(super) async fn with_hint(
        self,
        engine: &Engine,
        desk: &Desk,
        address: IpAddr,
        id: Identity<'_>,
    ) -> Self {
        let Self::Unknown { id: shown, .. } = self else { return self };
        let (engine, id) = (engine.clone(), id.to_owned());
        let look =
            move || alike::find(&engine, id.borrow()).map_or_else(String::new, |known| known.to_string());
        // Without it, the answer is as true.
        let found = desk.answer(address, format!("alike {shown}"), look).await.unwrap_or_default();
        let alike = String::from_utf8(found.into()).ok().filter(|known| !known.is_empty());
        Self::Unknown { id: shown, alike }
    }
}

fn hint(alike: Option<&str>) -> String {
    match alike {
        Some(alike) => format!("did you mean `{alike}`?"),
        None => "`hb list` names all that have and did not say goodbye".to_owned(),
    }
}

impl From<Deaf> for Problem {
    fn from(deaf: Deaf) -> Self {
        let status = match deaf {
            Deaf::Unknown { .. } => StatusCode::NOT_FOUND,
            Deaf::NotAllowed { .. } | Deaf::Nobody { .. } => StatusCode::CONFLICT,
            Deaf::Stopped => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, deaf.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::engine::clock::Clock;

    #[tokio::test]
    async fn the_look_for_whom_was_meant_stands_in_the_line_of_long_answers() {
        let (clock, _hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let beat = hb_core::wire::parse(hb_core::beat::Verb::Ping, "5000&appid=x").unwrap();
        let _ = engine.beat(Identity::new("h", "", "disk").unwrap(), &beat.beat, None);
        let desk = Desk::new();
        let (open, shut) = std::sync::mpsc::channel::<()>();
        let here = IpAddr::from([127, 0, 0, 1]);
        let busy = desk.clone();
        let before = tokio::spawn(async move {
            busy.answer(here, "list".to_owned(), move || shut.recv().map_or("", |()| "")).await
        });
        tokio::task::yield_now().await;
        let dusk = Identity::new("h", "", "dusk").unwrap();
        let unknown = |alike| Deaf::Unknown { id: dusk.to_string(), alike };
        let hint = unknown(None).with_hint(&engine, &desk, here, dusk);
        tokio::pin!(hint);
        let early = tokio::time::timeout(Duration::from_millis(1), &mut hint).await;
        assert!(early.is_err(), "it looked on the thread that asked: {early:?}");
        drop(open);
        assert_eq!(hint.await, unknown(Some("disk @ h".to_owned())));
        before.await.unwrap().unwrap();
    }
}
