//! `hb_presence`: a WebSocket whose end tells, within milliseconds, that a page is gone (spec/liveness.md 5).
//!
//! It never registers an app and proves nothing by its absence. A page that says so in its request (`accepts=`) takes the
//! commands of [`crate::screen::WORDS`] over it: for pages from a file, that load no link. Any page may open one, in any name,
//! so nothing is sent that a stranger may not read; and while a page of the app is open, only such a one is asked.
//! Not here: who asks, and what a page does.

mod commands;
mod seats;

use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hb_core::beat::Verb;
use hb_core::defaults::{PRESENCE_GRACE_AWAY, PRESENCE_GRACE_HERE};
use hb_core::id::{Boot, Identity, OwnedIdentity};
use hb_core::wire;
use serde::Deserialize;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::engine::Engine;
use crate::engine::key::REFUSAL;

use super::front::Asker;

use commands::Commands;
use seats::{Seat, Seats};

/// How often the server pings.
const PING: Duration = Duration::from_secs(5);
/// After so many pings without any word the socket is dead. Counted, not timed: while this process was paused nobody
/// was asked (law 4).
const UNANSWERED: u32 = 3;
/// Sockets one address may hold.
const PER_ADDRESS: usize = 512;
/// Longest message a page may send, in bytes.
const MAX_MESSAGE: usize = 1024;
/// Bytes a socket buffers in either direction.
const BUFFER: usize = 2 * MAX_MESSAGE;

/// What a page wants of its socket, besides being there.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// The commands it takes, with commas.
    #[serde(default)]
    accepts: String,
}

/// What all presence sockets share.
#[derive(Clone, Debug)]
pub(super) struct Doors {
    engine: Engine,
    seats: Seats,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Doors {
    pub(super) fn new(engine: Engine, stop: CancellationToken, tracker: TaskTracker) -> Self {
        Self { engine, seats: Seats::new(PER_ADDRESS), stop, tracker }
    }

    /// How many sockets are open.
    pub(super) fn open(&self) -> usize {
        self.seats.len()
    }
}

/// Opens one socket. Any origin may: a page can only speak for itself.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(Asker(peer)): Extension<Asker>,
    RawQuery(query): RawQuery,
    wanted: Result<Query<Wanted>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let refused = |status: StatusCode, reason: String| (status, reason).into_response();
    let query = query.unwrap_or_default();
    let request = match wire::parse(Verb::Ping, &query) {
        Ok(request) => request,
        Err(error) => return refused(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let Some(boot) = request.beat.vitals.boot else {
        let reason = "boot is missing: expected 1 to 16 characters of A-Z a-z 0-9 - _ .";
        return refused(StatusCode::BAD_REQUEST, reason.into());
    };
    let host = doors.engine.trust().host(&peer, request.host.as_deref());
    let id = match Identity::new(host, request.slot.as_deref().unwrap_or_default(), &request.app) {
        Ok(id) => id.to_owned(),
        Err(error) => return refused(StatusCode::BAD_REQUEST, error.to_string()),
    };
    if !doors.engine.trust().keys.admit(id.borrow(), || wire::key(&query)) {
        return refused(StatusCode::FORBIDDEN, REFUSAL.into());
    }
    let Wanted { accepts } = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let Ok(upgrade) = upgrade else {
        let reason = "hb_presence is a WebSocket: expected an upgrade";
        return refused(StatusCode::UPGRADE_REQUIRED, reason.into());
    };
    let Some(seat) = doors.seats.seat(peer.origin()) else {
        let reason = format!("your address holds {PER_ADDRESS} presence sockets, as many as one may");
        return refused(StatusCode::SERVICE_UNAVAILABLE, reason);
    };
    let grace = if peer.is_loopback() { PRESENCE_GRACE_HERE } else { PRESENCE_GRACE_AWAY };
    let tracker = doors.tracker.clone();
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE)
        .max_frame_size(MAX_MESSAGE)
        // The defaults of 128 KiB each are for people who send something.
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(BUFFER);
    upgrade
        .on_upgrade(move |socket| tracker.track_future(attend(doors, socket, id, boot, grace, accepts, seat)))
}

/// Holds the socket until it ends; tells the engine unless the end is ours.
async fn attend(
    doors: Doors,
    mut socket: WebSocket,
    id: OwnedIdentity,
    boot: Boot,
    grace: Duration,
    accepts: String,
    seat: Seat,
) {
    let mut commands = Commands::of(&doors.engine, &id, boot, &accepts);
    doors.engine.presence_opened(id.borrow(), boot);
    // Asked again and again: an app keeps few of its pages, so made-up ones are not known for long.
    let look = || seat.know(doors.engine.knows(id.borrow(), boot));
    look();
    let mut ping = interval_at(Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unanswered = 0;
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Err(_)) | None => break,
                Some(Ok(Message::Text(said))) => {
                    unanswered = 0;
                    commands.answer(&doors.engine, &said);
                }
                // A close frame is a word too: it is answered with the next look, which then finds the end.
                Some(Ok(_)) => unanswered = 0,
            },
            told = commands.next(|| doors.engine.may_ask(id.borrow(), boot)) => {
                if socket.send(Message::Text(told.into())).await.is_err() {
                    break;
                }
            }
            _ = ping.tick() => {
                look();
                if unanswered == UNANSWERED || socket.send(Message::Ping(bytes::Bytes::new())).await.is_err() {
                    break;
                }
                unanswered += 1;
            }
            // Its page never spoke or is forgotten, and another wants its place.
            () = seat.needed() => break,
            () = doors.stop.cancelled() => {
                let frame = CloseFrame { code: close_code::AWAY, reason: "the server stops".into() };
                // Best effort: the page will see the end of the connection anyway.
                let _ = socket.send(Message::Close(Some(frame))).await;
                return;
            }
        }
    }
    doors.engine.presence_closed(id.borrow(), boot, grace);
}
