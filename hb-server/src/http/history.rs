//! What the memory tells over the API: how much of the time screens worked, and what happened to one.
//!
//! Every answer is read where it stands in the way of no beat, over a connection of its own. Not here: what is kept
//! (`watch::history`), the sums (`store`).

mod everything;
mod story;
mod timeline;
mod uptime;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Serialize;
use utoipa::OpenApi;

use crate::engine::Engine;
use crate::store::{Reader, Store};
use crate::watch;
use crate::watch::history::{Minutes, Span};

use super::desk::{Desk, Refused, Slices};
use super::front::Asker;
use super::problem::Problem;

/// What is needed to look back.
#[derive(Clone)]
pub(crate) struct Past {
    /// Where it is kept.
    pub(crate) store: Arc<Store>,
    /// Calendars, windows and groups.
    pub(crate) watch: Arc<watch::Config>,
    /// The last hour, minute by minute.
    pub(crate) minutes: Minutes,
}

/// What is said of it to programs.
#[derive(OpenApi)]
#[openapi(paths(uptime::of_many, uptime::of_one, everything::of_all, story::of_one, timeline::of_one))]
pub(super) struct Described;

/// What every handler here has.
#[derive(Clone)]
struct Room {
    engine: Engine,
    desk: Desk,
    past: Past,
}

/// Why a reader could not tell.
#[derive(Debug)]
enum Untold {
    /// The memory cannot be read now.
    Memory(String),
    /// Nothing is known of that name.
    Nobody(String),
}

pub(super) fn router(engine: &Engine, desk: &Desk, past: Past) -> Router {
    let room = Room { engine: engine.clone(), desk: desk.clone(), past };
    Router::new()
        .route("/api/v1/uptime", get(uptime::of_many))
        .route("/api/v1/history", get(everything::of_all))
        .route("/api/v1/apps/{host}/{app}/uptime", get(uptime::of_one))
        .route("/api/v1/apps/{host}/{app}/history", get(story::of_one))
        .route("/api/v1/apps/{host}/{app}/timeline", get(timeline::of_one))
        .with_state(room)
}

impl Room {
    fn span(&self, from: Option<&str>, to: Option<&str>) -> Result<Span, Problem> {
        let clock = self.engine.clock();
        let span = Span::before(clock.wall(clock.now()), from, to);
        span.map_err(|why| Problem::new(StatusCode::BAD_REQUEST, why.to_string()))
    }

    /// The answer to `question`, which names all that `read` looks for.
    async fn answer(
        self,
        Asker(peer): Asker,
        question: String,
        read: impl FnOnce(&mut Reader, &watch::Config) -> Result<Bytes, Untold> + Send + 'static,
    ) -> Result<Response, Problem> {
        let Past { store, watch, .. } = self.past;
        let (tell, told) = std::sync::mpsc::channel();
        let answer = self.desk.answer(peer.origin(), question, move || {
            let reader = store.reader().map_err(|why| Untold::Memory(why.to_string()));
            match reader.and_then(|mut reader| read(&mut reader, &watch)) {
                Ok(text) => text,
                Err(untold) => {
                    // Whoever asked may be gone.
                    let _ = tell.send(untold);
                    Bytes::new()
                }
            }
        });
        let json =
            answer.await.map_err(|refused: Refused| Problem::new(refused.status(), refused.to_string()))?;
        match told.try_recv() {
            Ok(Untold::Nobody(why)) => Err(Problem::not_found(why)),
            Ok(Untold::Memory(why)) => {
                let detail = format!("the memory cannot be read now: {why}");
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
            }
            Err(_) => {
                let headers = [(header::CONTENT_TYPE, "application/json")];
                Ok((headers, Body::new(Slices(json))).into_response())
            }
        }
    }
}

impl From<rusqlite::Error> for Untold {
    fn from(why: rusqlite::Error) -> Self {
        Self::Memory(why.to_string())
    }
}

/// It as JSON.
fn text(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("what is told is always JSON").into()
}
