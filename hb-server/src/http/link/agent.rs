//! Links of agents (`hb run --agent`): who may open one, what it may hear and say, and how its words are told.
//!
//! An agent shows a token in the header of its request, where no page of any browser can put one; and a request that
//! names the page it comes from shows nothing, whatever token it brings. So neither a page of a stranger nor one of this
//! server becomes an agent. Not here: which tokens there are, what an agent is asked (`watch::repairs`).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use hb_bus::bus::{Filter, Received};
use hb_bus::guest::Grant;
use hb_bus::message::Message;
use hb_core::id::{Identity, OwnedIdentity};
use tokio_util::sync::CancellationToken;

use super::{Doors, Guest};
use crate::auth::{Auth, Denied, Role, Stay};
use crate::engine::Engine;
use crate::engine::ears::Over;
use crate::engine::peer::Peer;
use crate::watch::agent::{self, ACTIONS, Heard, LIFE, PICTURE, Picture};

/// What is told who says that it is an agent and shows nothing.
pub(super) const NOT_SHOWN: &str =
    "you are no agent: show a token that is one's, by HB_TOKEN or --token-file";

/// Who may act as an agent: asked with the peer, and the token that it shows. Nobody by default.
#[derive(Clone)]
pub struct Agents {
    may: Arc<May>,
    auth: Option<Auth>,
}

type May = dyn Fn(&Peer, &str) -> bool + Send + Sync;

impl Agents {
    /// Those of whom `may` says so. It is asked at each connection, on the runtime: it must not wait.
    pub fn new(may: impl Fn(&Peer, &str) -> bool + Send + Sync + 'static) -> Self {
        Self { may: Arc::new(may), auth: None }
    }

    /// And who shows a token of the role `agent`.
    #[must_use]
    pub fn or(self, auth: Auth) -> Self {
        Self { auth: Some(auth), ..self }
    }

    /// The badge of who asks so, if they may act as an agent.
    ///
    /// # Errors
    /// Too many wrong tokens came from there: after this time it is worth another try.
    pub(super) async fn badge(&self, peer: &Peer, headers: &HeaderMap) -> Result<Option<Badge>, Duration> {
        if headers.contains_key(header::ORIGIN) {
            return Ok(None);
        }
        let mut shown = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else { return Ok(None) };
        let token = shown.to_str().ok().and_then(|shown| shown.split_once(' '));
        let token = token.filter(|(kind, token)| kind.eq_ignore_ascii_case("bearer") && !token.is_empty());
        let Some((_, token)) = token else { return Ok(None) };
        if (self.may)(peer, token) {
            return Ok(Some(Badge(None)));
        }
        let Some(auth) = &self.auth else { return Ok(None) };
        match auth.bearer(peer, token).await {
            Ok(holder) if holder.role == Role::Agent => Ok(Some(Badge(auth.stay_by_token(token)))),
            Ok(_) | Err(Denied::Unknown) => Ok(None),
            Err(Denied::TooOften(after)) => Err(after),
        }
    }
}

/// That somebody is an agent, and for how long.
#[derive(Debug)]
pub(super) struct Badge(Option<Stay>);

impl Badge {
    /// Ends when whoever has it is no agent any more.
    pub(super) async fn over(self) {
        match self.0 {
            Some(stay) => stay.over().await,
            None => std::future::pending().await,
        }
    }
}

impl Default for Agents {
    fn default() -> Self {
        Self::new(|_, _| false)
    }
}

impl fmt::Debug for Agents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agents").finish_non_exhaustive()
    }
}

impl Doors {
    /// What the agent of `id` may do, which takes these commands; its words are told while it is here.
    pub(super) fn grant_agent(
        &self,
        id: Identity<'_>,
        mut names: Vec<String>,
    ) -> Result<(Grant, Guest), String> {
        names.retain(|name| ACTIONS.iter().any(|action| action.word() == name));
        names.dedup();
        let too_long = "its names are too long for a link";
        let life = agent::topic(id, LIFE).ok_or(too_long)?;
        let mut grant = Grant::new().at(agent::place(id));
        for action in ACTIONS {
            let topic = agent::topic(id, action.word()).ok_or(too_long)?;
            grant = grant.hear(topic.as_str());
        }
        // Before it is let in, so that its first word is heard.
        let shown = agent::topic(id, PICTURE).ok_or(too_long)?;
        let mut said = self.engine.screens().subscribe(Filter::only([life, shown.clone()]));
        let (engine, who, pictures) = (self.engine.clone(), id.to_owned(), self.pictures.clone());
        let gone = CancellationToken::new();
        let guest = Guest {
            _ear: self.engine.ears().open(id, Over::Agent, names),
            _told: Some(gone.clone().drop_guard()),
        };
        self.tracker.spawn(gone.run_until_cancelled_owned(async move {
            loop {
                match said.recv().await {
                    Received::Message { message, .. } if *message.topic() == shown => {
                        // Of a later release perhaps; the next one may be read.
                        if let Some(picture) = Picture::read(message.data()) {
                            pictures.show(&who, picture, Instant::now());
                        }
                    }
                    Received::Message { message, .. } => tell(&engine, &who, &message),
                    Received::Missed(_) => {}
                    Received::Closed => return,
                }
            }
        }));
        Ok((grant, guest))
    }
}

/// Tells what an agent said, and the agent that it was told. A closed bus has nobody left to tell.
fn tell(engine: &Engine, id: &OwnedIdentity, said: &Message) {
    let heard = Heard::read(id.borrow(), said.data());
    let answer = Message::new(said.topic().clone(), if heard.is_some() { "true" } else { "false" });
    if let Some(heard) = heard {
        tracing::info!(app = %heard.id, life = ?heard.life, "agent");
        let _ = engine.screens().publish(heard.message());
    }
    let _ = engine.screens().publish(answer.in_reply_to(said));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_token_in_a_header_shows_an_agent_and_nothing_else_does() {
        let agents = Agents::new(|peer, token| peer.is_loopback() && token == "hb_secret");
        let (here, away) = (Peer::new([127, 0, 0, 1].into()), Peer::new([10, 0, 0, 7].into()));
        for (peer, shown, origin, is) in [
            (&here, &["Bearer hb_secret"][..], None, true),
            (&here, &["bearer hb_secret"], None, true),
            (&here, &[], None, false),
            (&here, &["Bearer "], None, false),
            (&here, &["Bearer hb_other"], None, false),
            (&here, &["Basic hb_secret"], None, false),
            (&here, &["hb_secret"], None, false),
            (&here, &["Bearer hb_secret", "Bearer hb_secret"], None, false),
            (&here, &["Bearer hb_secret"], Some("http://127.0.0.1:8888"), false),
            (&here, &["Bearer hb_secret"], Some("null"), false),
            (&away, &["Bearer hb_secret"], None, false),
        ] {
            let mut headers = HeaderMap::new();
            for shown in shown {
                headers.append(header::AUTHORIZATION, shown.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(agents.badge(peer, &headers).await.unwrap().is_some(), is, "{shown:?} {origin:?}");
            assert!(Agents::default().badge(peer, &headers).await.unwrap().is_none(), "nobody by default");
        }
        assert!(!format!("{agents:?}").contains("secret"));
    }
}
