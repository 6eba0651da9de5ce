//! `/api/v1/events`: everything that happens, as server-sent events.
//!
//! A stream begins with a snapshot whose id is the number it is good for, or goes on after `Last-Event-ID` if the ring
//! still holds what came since. Every happening after that is sent exactly once and in order. Once a second `vitals`
//! brings apps that were heard, each in its turn, and is the sign of life of the stream itself. A reader too slow for its queue gets
//! a `reset` and a fresh snapshot: what it holds in memory here is bounded.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hb_bus::bus::{Filter, Received, Subscription};
use hyper::body::{Body as HttpBody, Frame};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::Stay;

use super::arguments::Query;
use super::crowd::{Crowd, Seat};
use super::desk::{self, Desk};
use super::front::Asker;
use super::problem::Problem;
use super::schema::Looks;
use super::sight::Sight;
use super::sse::{self, Id};
use super::telling::Teller;
use super::vitals::Round;

/// Happenings that wait for one reader before it is given a fresh snapshot instead.
const QUEUE: usize = 512;
/// Messages under way to one reader.
const UNDER_WAY: usize = 8;
/// Streams at once: each may hold a snapshot of all apps.
const STREAMS: usize = 256;
/// Of these, to one address: a wall of screens behind one proxy is fewer.
const PER_ADDRESS: usize = 64;
/// How often vitals are told.
const VITALS: Duration = Duration::from_secs(1);

/// The event streams of one server.
#[derive(Clone, Debug)]
pub(super) struct Live {
    sight: Sight,
    teller: Teller,
    vitals: watch::Receiver<Bytes>,
    desk: Desk,
    room: Arc<Semaphore>,
    crowd: Crowd,
    stop: CancellationToken,
    tracker: TaskTracker,
}

/// The places of the streams.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        STREAMS - self.0.available_permits()
    }
}

/// For clients that cannot set headers.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Resume {
    /// As `Last-Event-ID`, for clients that cannot set headers
    #[param(nullable = false)]
    last_event_id: Option<String>,
}

impl Live {
    /// The streams over `sight`, and the sender of their vitals (see [`tell_vitals`]).
    pub(super) fn new(
        sight: Sight,
        desk: Desk,
        stop: CancellationToken,
        tracker: TaskTracker,
    ) -> (Self, watch::Sender<Bytes>) {
        let (sender, vitals) = watch::channel(Bytes::new());
        let teller = Teller::new(sight.clone());
        let (room, crowd) = (Arc::new(Semaphore::new(STREAMS)), Crowd::new(PER_ADDRESS));
        (Self { sight, teller, vitals, desk, room, crowd, stop, tracker }, sender)
    }

    /// A sight of how many streams are open. Apart, since whoever holds a `Live` counts as a listener to its vitals.
    pub(super) fn room(&self) -> Room {
        Room(Arc::clone(&self.room))
    }
}

/// Everything that happens, as server-sent events
///
/// It begins with `snapshot`, or goes on after `Last-Event-ID` where what came since is still held. Then come `transition`,
/// `event`, `told` and `standing`, each once and in order, and once a second `vitals`; `reset` says that a new snapshot follows.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    operation_id = "follow_events",
    tag = "screens",
    params(Resume, ("Last-Event-ID" = inline(Option<String>), Header, nullable = false, description = "The id of the last event that was read")),
    responses((status = 200, description = "The stream; it never ends by itself", body = String, content_type = "text/event-stream"), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
pub(super) async fn events(
    State(live): State<Live>,
    Extension(Asker(peer)): Extension<Asker>,
    stay: Option<Extension<Stay>>,
    Query(resume): Query<Resume>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let busy = |reason: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, reason);
    let seat = live.crowd.seat(peer.origin());
    let seat = seat.ok_or_else(|| busy(format!("your address holds {PER_ADDRESS} streams already")))?;
    let room = Arc::clone(&live.room).try_acquire_owned();
    let room = room.map_err(|_| busy(format!("{STREAMS} streams are open already")))?;
    let header = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let last = header.or(resume.last_event_id.as_deref()).filter(|id| !id.is_empty()).map(str::to_owned);
    let (feed, messages) = mpsc::channel(UNDER_WAY);
    let asker = peer.origin();
    let reader =
        Reader { sight: live.sight, teller: live.teller, desk: live.desk, asker, feed, vitals: live.vitals };
    live.tracker.spawn(async move {
        let over = async {
            match stay {
                Some(Extension(stay)) => stay.over().await,
                None => std::future::pending().await,
            }
        };
        // The reader is gone, or may not read any more, or the server stops; dropping the feed ends the stream.
        tokio::select! {
            _ = reader.run(last) => {}
            () = over => {}
            () = live.stop.cancelled() => {}
        }
    });
    let messages = Messages { messages, under_way: Bytes::new(), _place: (seat, room) };
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::new(messages)).into_response())
}

/// Tells the vitals of the apps that were heard, once a second, while somebody listens.
pub(super) async fn tell_vitals(sight: Sight, teller: watch::Sender<Bytes>, stop: CancellationToken) {
    let mut beat = tokio::time::interval(VITALS);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut round = Round::new(sight.engine.clock().now());
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            () = stop.cancelled() => return,
        }
        let now = sight.engine.clock().now();
        if teller.receiver_count() < 2 {
            round = Round::new(now);
            continue;
        }
        let (sight, mut at) = (sight.clone(), round);
        let told = tokio::task::spawn_blocking(move || {
            let heard = at.next(&sight.engine);
            (sse::vitals(&sight, heard), at)
        });
        round = match told.await {
            Ok((message, round)) => {
                teller.send_replace(message);
                round
            }
            Err(_) => Round::new(now),
        };
    }
}

/// The reader is gone, or the server stops.
struct Gone;

struct Reader {
    sight: Sight,
    teller: Teller,
    desk: Desk,
    asker: IpAddr,
    feed: mpsc::Sender<Bytes>,
    vitals: watch::Receiver<Bytes>,
}

impl Reader {
    async fn run(mut self, last: Option<String>) -> Result<(), Gone> {
        let mut events = self.begin(last).await?;
        self.vitals.mark_unchanged();
        loop {
            tokio::select! {
                biased;
                received = events.recv() => match received {
                    Received::Message { seq, message } => {
                        if let Some(told) = self.teller.tell(self.id(seq), &message) {
                            self.send(told).await?;
                        }
                    }
                    Received::Missed(count) => {
                        self.send(sse::reset(&format!("you were too slow: {count} events were dropped"))).await?;
                        events = self.snapshot().await?;
                    }
                    Received::Closed => return Err(Gone),
                },
                changed = self.vitals.changed() => {
                    changed.map_err(|_| Gone)?;
                    let message = self.vitals.borrow_and_update().clone();
                    self.send(message).await?;
                }
                () = self.feed.closed() => return Err(Gone),
            }
        }
    }

    /// Goes on where `last` says, or begins anew.
    async fn begin(&self, last: Option<String>) -> Result<Subscription, Gone> {
        let Some(last) = last else { return self.snapshot().await };
        let asked = Id::parse(&last).filter(|id| id.epoch == self.sight.engine.epoch());
        match asked.map(|id| self.sight.engine.bus().resume(id.seq, Filter::all().queue(QUEUE))) {
            Some(Ok(events)) => {
                self.send(sse::hello()).await?;
                Ok(events)
            }
            Some(Err(gone)) => {
                self.send(sse::reset(&format!("`{last}` {gone}"))).await?;
                self.snapshot().await
            }
            None => {
                self.send(sse::reset("this server has been restarted since")).await?;
                self.snapshot().await
            }
        }
    }

    /// Subscribes first and looks second, so that nothing falls between; what came in between is told twice, and is
    /// the same both times.
    async fn snapshot(&self) -> Result<Subscription, Gone> {
        let (seq, events) = loop {
            let latest = self.sight.engine.bus().latest();
            // Gone only if the whole ring went by between these two lines.
            if let Ok(events) = self.sight.engine.bus().resume(latest, Filter::all().queue(QUEUE)) {
                break (latest, events);
            }
        };
        let (sight, id) = (self.sight.clone(), self.id(seq));
        // Those who begin with the same number share it. Who is refused ends, and comes again by itself.
        let message =
            self.desk.answer(self.asker, format!("events {seq}"), move || sse::snapshot(&sight, id));
        let message = message.await.map_err(|_| Gone)?;
        self.send(message).await?;
        Ok(events)
    }

    /// Waits for as long as the reader takes something: whoever does not loses its connection (`patience`).
    async fn send(&self, message: Bytes) -> Result<(), Gone> {
        self.feed.send(message).await.map_err(|_| Gone)
    }

    fn id(&self, seq: u64) -> Id {
        Id { epoch: self.sight.engine.epoch(), seq }
    }
}

/// The receiving end as a body. It holds the stream's place: as long as a message may wait here, the stream counts.
struct Messages {
    messages: mpsc::Receiver<Bytes>,
    /// What is left of the message that is being sent.
    under_way: Bytes,
    _place: (Seat, OwnedSemaphorePermit),
}

impl HttpBody for Messages {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = &mut *self;
        while this.under_way.is_empty() {
            match std::task::ready!(this.messages.poll_recv(cx)) {
                Some(message) => this.under_way = message,
                None => return Poll::Ready(None),
            }
        }
        Poll::Ready(desk::slice(&mut this.under_way).map(|slice| Ok(Frame::data(slice))))
    }
}
