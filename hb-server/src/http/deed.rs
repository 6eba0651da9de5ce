//! `/do/…`: where the links of messages lead. A page says what would be done, and to which screen; its button does it.
//!
//! GET changes nothing: scanners of mail and previews of chats follow every link. Who holds a link may use it, from
//! wherever: so the `Origin` is not asked, which a page without a referrer does not tell. Not here: signing (`watch::links`).

mod page;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hb_core::id::{OwnedIdentity, Who};
use hb_core::incident::Number;
use hb_lease::time::Wall;
use serde_json::json;

use crate::auth::{Auth, Denied};
use crate::engine::Engine;
use crate::engine::peer::Peer;
use crate::notify::render::Words;
use crate::screen;
use crate::watch::links::{Action, Deed, Invalid, Links, NotUsed};
use crate::watch::{self, Request, Watch};

use super::grant::Asks;
use super::guard;
use super::tongue::Tongue;

use page::{Asked, Name, Said};

/// What the paths of links begin with.
pub(super) const PLACE: &str = "/do/";
/// As long as the link says.
const SNOOZE: i64 = 60 * 60 * 1000;
/// How long a page has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The links' own paths.
pub(super) fn router(engine: &Engine, watch: &Watch) -> Router {
    Router::new().route("/do/{link}", get(show).post(act)).with_state((engine.clone(), watch.clone()))
}

/// What would be done.
async fn show(
    State((engine, watch)): State<(Engine, Watch)>,
    Path(link): Path<String>,
    asks: Asks,
) -> Response {
    if let Err(problem) = guard::is_no_errand(&asks.headers) {
        return problem.into_response();
    }
    let tongue = Tongue::of(&asks.headers);
    match examine(&watch, &asks.auth, &asks.peer, &link) {
        Ok(found) => page::asked(
            &tongue,
            &Asked { action: found.deed.action, words: &found.words, deaf: found.is_deaf(&engine) },
        ),
        Err(said) => page::said(&tongue, &said),
    }
}

/// Does it.
async fn act(
    State((engine, watch)): State<(Engine, Watch)>,
    Path(link): Path<String>,
    asks: Asks,
) -> Response {
    if let Err(problem) = guard::is_no_errand(&asks.headers) {
        return problem.into_response();
    }
    let tongue = Tongue::of(&asks.headers);
    let (auth, peer) = (asks.auth, asks.peer);
    // Whoever goes away in the middle of it has used the link: then it is also done.
    let acting = tokio::spawn(async move {
        let found = examine(&watch, &auth, &peer, &link)?;
        found.carry_out(&engine, &watch, &peer).await
    });
    let said = acting.await.unwrap_or(Err(Said::Broken));
    page::said(&tongue, &said.unwrap_or_else(|said| said))
}

/// A link that may be used, and what it is about.
struct Found {
    deed: Deed,
    words: Words,
}

/// Looks at a link without changing anything but the count of bad ones.
fn examine(watch: &Watch, auth: &Auth, peer: &Arc<Peer>, link: &str) -> Result<Found, Said> {
    let links = watch.links().ok_or(Said::Unknown)?;
    let deed = links.read(link, now(watch)).map_err(|invalid| match invalid {
        Invalid::Unknown => match auth.refused(peer) {
            Denied::TooOften(after) => Said::TooOften(after),
            Denied::Unknown => Said::Unknown,
        },
        Invalid::Used => Said::Used,
        Invalid::Expired => Said::Expired,
    })?;
    match watch.words(deed.incident) {
        Some(words) => Ok(Found { deed, words }),
        None => Err(Said::Over),
    }
}

impl Found {
    /// Whether it asks for something that nobody would hear.
    fn is_deaf(&self, engine: &Engine) -> bool {
        let hears = |id: &OwnedIdentity| screen::hears(engine, id.borrow(), "reload");
        self.deed.action == Action::Reload && !self.deed.app.as_ref().is_some_and(hears)
    }

    async fn carry_out(self, engine: &Engine, watch: &Watch, peer: &Peer) -> Result<Said, Said> {
        if self.is_deaf(engine) {
            return Err(Said::Deaf);
        }
        let now = now(watch);
        let links = watch.links().ok_or(Said::Unknown)?;
        spend(links, &self.deed, now).await?;
        let who = Who::new("link", peer.host()).expect("addresses are short");
        let (number, name) = (Number(self.deed.incident), self.name());
        tracing::info!(by = who.by(), from = who.from(), incident = number.0, deed = ?self.deed.action, "asks");
        let done = match (self.deed.action, &self.deed.app) {
            (Action::Acknowledge, _) => {
                watch.ask(&who, Request::Acknowledge(number)).await.map(|_| Said::Acknowledged(name))
            }
            (Action::Snooze, _) => {
                let until = Wall::from_unix_millis(now.as_unix_millis().saturating_add(SNOOZE));
                watch.ask(&who, Request::Snooze { number, until }).await.map(|_| Said::Snoozed(name))
            }
            (Action::Reload, Some(app)) => return reload(engine, app, name).await,
            (Action::Reload, None) => return Err(Said::Unknown),
        };
        done.map_err(|denied| match denied {
            watch::Denied::Refused(_) => Said::Over,
            watch::Denied::NotKept(why) => Said::NotKept(why.to_string()),
        })
    }

    fn name(&self) -> Name {
        self.words.incidents.first().map(Name::of).unwrap_or_default()
    }
}

async fn spend(links: &Links, deed: &Deed, now: Wall) -> Result<(), Said> {
    links.spend(deed, now).await.map_err(|why| match why {
        NotUsed::Before => Said::Used,
        NotUsed::NotKept(why) => Said::Busy(why.to_string()),
    })
}

async fn reload(engine: &Engine, app: &OwnedIdentity, name: Name) -> Result<Said, Said> {
    let asked = json!({ "name": "reload", "data": null }).to_string().into();
    let asked =
        screen::ask(engine, app.borrow(), "reload", &asked).map_err(|_| Said::Unheard(name.clone()))?;
    match asked.answer(PATIENCE).await {
        Ok(reply) => {
            let said: serde_json::Value = serde_json::from_slice(reply.data()).unwrap_or_default();
            Ok(if said["ok"] == false { Said::Unwilling(name) } else { Said::Reloads(name) })
        }
        Err(_) => Err(Said::Unheard(name)),
    }
}

fn now(watch: &Watch) -> Wall {
    watch.look(|_, at| at.wall)
}
