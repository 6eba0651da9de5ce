//! `hb_link`: a page as a guest of the bus of screens. It hears its own commands and what the windows of its app say,
//! publishes under its own name, and nothing else (docs/messaging.md). And an agent, which can show that it is one
//! ([`Agents`]).
//!
//! Not here: what a command is, and what is said over the link (`hb_bus::guest`).

mod agent;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_bus::guest::{Account, Grant, Host, Limits};
use hb_core::id::Identity;
use hb_core::wire;
use serde::Deserialize;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::auth::Denied;
use crate::carrier;
use crate::engine::Engine;
use crate::engine::ears::{Ear, Over};
use crate::engine::key::REFUSAL;
use crate::engine::peer::Peer;
use crate::screen;
use crate::watch::agent::ROLE;

use super::crowd::Crowd;
use super::front::Asker;
use super::{grant, guard};
use crate::watch::agent::shown::Pictures;

pub use agent::Agents;

/// Links one address may hold.
const PER_ADDRESS: usize = 64;
/// Longest message, in bytes: a picture of a screen fits, if it is not too large.
const MAX_MESSAGE: usize = 1024 * 1024;
/// Bytes a link buffers on its way out.
const BUFFER: usize = 2 * MAX_MESSAGE;
/// How many guests' worth all links of one address may say together, however often they are opened anew.
const TOGETHER: u64 = 4;
/// Refusals that are told in the log; a page that makes up origins fills no disk.
const REFUSALS: usize = 32;
/// Names of commands that a link may say it takes, and the longest of them in bytes.
const NAMES: usize = 32;
const MAX_NAME: usize = 64;

/// Who may open a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Nobody.
    Off,
    /// Pages and programs of this machine.
    #[default]
    Local,
    /// Those of other machines too, each for apps of its own address; where `host=` is believed from the network, for
    /// those of any host that it declares.
    Network,
}

impl Reach {
    /// By its word in `hb.toml`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "off" => Some(Self::Off),
            "local" => Some(Self::Local),
            "network" => Some(Self::Network),
            _ => None,
        }
    }
}

/// What links must know.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Who may open one.
    pub reach: Reach,
    /// Origins whose pages may, besides pages of this server: `http://exhibit.example`, or `null` for files.
    pub origins: Vec<String>,
    /// Who may act as an agent, wherever it is. Nobody by default.
    pub agents: Agents,
}

/// What all links share.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    engine: Engine,
    host: Host,
    config: Arc<Config>,
    pictures: Pictures,
    crowd: Crowd,
    stop: CancellationToken,
    tracker: TaskTracker,
    /// What each address may still say.
    accounts: Arc<Mutex<HashMap<IpAddr, Account>>>,
    /// Refusals that were told in the log already.
    told: Arc<Mutex<HashSet<String>>>,
}

/// What a guest says of itself.
#[derive(Debug, Deserialize)]
struct Who {
    app: String,
    #[serde(default)]
    slot: String,
    host: Option<String>,
    /// The commands it takes; any, if it does not say.
    accepts: Option<Vec<String>>,
    /// What it is, if it is no page: [`crate::watch::agent::ROLE`].
    role: Option<String>,
}

impl Doors {
    pub(super) fn new(
        engine: Engine,
        pictures: Pictures,
        config: Config,
        stop: CancellationToken,
        tracker: TaskTracker,
    ) -> Self {
        let host = Host::new(engine.screens(), engine.epoch());
        let (crowd, accounts, told) = (Crowd::new(PER_ADDRESS), Arc::default(), Arc::default());
        Self { engine, host, config: Arc::new(config), pictures, crowd, stop, tracker, accounts, told }
    }

    /// What `address` may still say. Those from which nothing is missing are forgotten, so there are no more than links
    /// and addresses that just said much.
    fn account(&self, address: IpAddr) -> Account {
        let now = self.engine.screens().runtime().now();
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, account| !account.is_idle(now));
        let fresh = || Account::new(Limits::default().times(TOGETHER), now);
        accounts.entry(address).or_insert_with(fresh).clone()
    }

    /// Tells the operator of a refusal, once.
    fn warn(&self, reason: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < REFUSALS && told.insert(reason.to_owned()) {
            tracing::warn!("a link was refused: {reason}");
        }
    }

    /// How many links are open.
    pub(super) fn open(&self) -> usize {
        self.crowd.len()
    }

    /// What the guest of `peer` may do, by what it says of itself and, in the `query` that it came with, knows. `shown`: it
    /// can show that it is an agent, which opens more than a key does.
    fn grant(
        &self,
        peer: &Peer,
        query: &str,
        shown: bool,
        who: serde_json::Value,
    ) -> Result<(Grant, Guest), String> {
        let expected = r#"expected "who":{"app":"…"}, and "slot" if it has one"#;
        let who: Who = serde_json::from_value(who).map_err(|error| format!("{error}: {expected}"))?;
        let host = self.engine.trust().host(peer, who.host.as_deref());
        let id = Identity::new(host, &who.slot, &who.app).map_err(|error| error.to_string())?;
        match who.role.as_deref() {
            None => {}
            Some(ROLE) if shown => return self.grant_agent(id, who.accepts.unwrap_or_default()),
            Some(ROLE) => return Err(agent::NOT_SHOWN.into()),
            Some(role) => {
                return Err(format!("no guest is a {role:?}: expected \"role\":\"{ROLE}\", or none"));
            }
        }
        if !self.engine.trust().keys.admit(id, || wire::key(query)) {
            return Err(REFUSAL.into());
        }
        let commands = screen::commands(id).ok_or("its names are too long for a link")?;
        let mut names = who.accepts.unwrap_or_else(|| vec![screen::ANYTHING.to_owned()]);
        names.retain(|name| (1..=MAX_NAME).contains(&name.len()));
        names.truncate(NAMES);
        let ear = self.engine.ears().open(id, Over::Link, names);
        // The windows of one app talk to each other; commands are for each alone.
        let app = screen::prefix(Identity::new(host, "", &who.app).map_err(|error| error.to_string())?);
        let own = Grant::new().at(format!("{}/", screen::prefix(id))).hear(commands.as_str());
        let own = own.hear_under_but(format!("{app}/"), "/cmd").hear_under_but(format!("{app}#"), "/cmd");
        Ok((own, Guest { _ear: ear, _told: None }))
    }
}

/// What is held for a guest while it is here.
struct Guest {
    _ear: Ear,
    /// Ends the task that tells of an agent's words.
    _told: Option<DropGuard>,
}

/// Opens one link.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(Asker(peer)): Extension<Asker>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let refused = |status: StatusCode, reason: String| (status, reason).into_response();
    let badge = match doors.config.agents.badge(&peer, &headers).await {
        Ok(badge) => badge,
        Err(after) => return grant::denied(Denied::TooOften(after)).into_response(),
    };
    let shown = badge.is_some();
    if let Err(reason) = may_open(&doors.config, &peer, shown) {
        return refused(StatusCode::FORBIDDEN, reason);
    }
    let Ok(upgrade) = upgrade else {
        return refused(StatusCode::UPGRADE_REQUIRED, "hb_link is a WebSocket: expected an upgrade".into());
    };
    if let Err(reason) = is_known(&doors.config, &headers) {
        doors.warn(&reason);
        // A browser shows its page nothing of an answer that is no upgrade. It takes no seat from those who may come in.
        let tracker = doors.tracker.clone();
        return upgrade.max_message_size(BUFFER).on_upgrade(move |socket| {
            tracker.track_future(async move {
                let refusal = doors.host.refuse(carrier::frames::connection(socket), reason);
                drop(doors.stop.run_until_cancelled(refusal).await);
            })
        });
    }
    let Some(seat) = doors.crowd.seat(peer.origin()) else {
        let reason = format!("your address holds {PER_ADDRESS} links, as many as one may");
        return refused(StatusCode::SERVICE_UNAVAILABLE, reason);
    };
    let tracker = doors.tracker.clone();
    let upgrade =
        upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE).max_write_buffer_size(BUFFER);
    upgrade.on_upgrade(move |socket| {
        tracker.track_future(async move {
            let _seat = seat;
            let query = query.unwrap_or_default();
            let connection = carrier::frames::connection(socket);
            let mut taken = None;
            let admit = async |who| {
                let (grant, guest) = doors.grant(&peer, &query, shown, who)?;
                taken = Some(guest);
                Ok(grant)
            };
            let account = doors.account(peer.origin());
            let served = doors.host.serve_on(Some(account), connection, admit);
            let over = async {
                match badge {
                    Some(badge) => badge.over().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                departure = served => tracing::debug!(host = peer.host(), %departure, "link"),
                () = over => tracing::info!(host = peer.host(), "the token of this agent is not in force any more"),
                () = doors.stop.cancelled() => {}
            }
            drop(taken);
        })
    })
}

/// Whether links are for this peer, who may have shown that it is an agent.
fn may_open(config: &Config, peer: &Peer, shown: bool) -> Result<(), String> {
    match config.reach {
        Reach::Network => Ok(()),
        Reach::Local if peer.is_loopback() || shown => Ok(()),
        Reach::Local => {
            Err("links are for this machine only: set links = \"network\" in hb.toml to change that".into())
        }
        Reach::Off => Err("links are off: set links in hb.toml to change that".into()),
    }
}

/// Any page of the world can reach `localhost` from a browser on this machine, so a page must be of an origin that is
/// known. Programs have none.
fn is_known(config: &Config, headers: &HeaderMap) -> Result<(), String> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("?");
    if guard::is_own(origin, headers) || config.origins.iter().any(|known| known == origin) {
        return Ok(());
    }
    Err(format!("pages of {origin} may open no link: add that to link_origins in hb.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_for_those_it_was_opened_to() {
        let (here, away) = (Peer::new([127, 0, 0, 1].into()), Peer::new([10, 0, 0, 7].into()));
        let known = vec!["http://exhibit.example".to_owned()];
        for (reach, peer, origin, may) in [
            (Reach::Off, &here, None, false),
            (Reach::Local, &here, None, true),
            (Reach::Local, &away, None, false),
            (Reach::Network, &away, None, true),
            (Reach::Local, &here, Some("http://127.0.0.1:8888"), true),
            (Reach::Local, &here, Some("http://127.0.0.1:9999"), false),
            (Reach::Local, &here, Some("http://exhibit.example"), true),
            (Reach::Local, &here, Some("http://exhibit.example.evil"), false),
            (Reach::Local, &here, Some("http://evil.example"), false),
            (Reach::Local, &here, Some("null"), false),
            (Reach::Network, &away, Some("http://evil.example"), false),
        ] {
            let config = Config { reach, origins: known.clone(), agents: Agents::default() };
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8888".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            let opens = may_open(&config, peer, false).and_then(|()| is_known(&config, &headers));
            assert_eq!(opens.is_ok(), may, "{reach:?} {peer:?} {origin:?}");
        }
    }
}
