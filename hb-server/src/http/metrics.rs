//! `/metrics`: what is known of the screens and of the server, for Prometheus.
//!
//! OpenMetrics for who asks for it, else the older text format. It is made at the [`Desk`] like every answer that looks at
//! all screens: away from the beats, and each shard's lock is held for its own screens only. Not here: what is counted (the
//! rooms below), and who may read (`guard`).

mod changes;
mod classic;
mod family;
mod process;
mod screens;
mod server;

use std::fmt::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;

use crate::store::Store;

use super::desk::{Desk, Refused, Slices};
use super::front::Asker;
use super::problem::Problem;
use super::schema::Looks;
use super::sight::{Screen, Sight};
use super::{Beside, Open};
use changes::Changes;

const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The calendar may be set after the start; below this it is jitter, which must not look like a new start, ms.
const JITTER: u64 = 2_000;

/// Where the figures come from; cheap to clone.
#[derive(Clone)]
pub(super) struct Sources(Arc<Inner>);

struct Inner {
    sight: Sight,
    store: Arc<Store>,
    beside: Beside,
    open: Open,
    changes: Changes,
    /// When this server was started, by today's understanding of the calendar, ms.
    started: AtomicI64,
}

impl Sources {
    pub(super) fn new(sight: &Sight, store: &Arc<Store>, beside: &Beside, open: Open) -> Self {
        let (sight, store, beside) = (sight.clone(), Arc::clone(store), Arc::clone(beside));
        let (changes, started) = (Changes::default(), AtomicI64::new(0));
        Self(Arc::new(Inner { sight, store, beside, open, changes, started }))
    }

    /// Counts what happens from this call on, until `stop`.
    pub(super) fn follow(&self, stop: CancellationToken) -> impl Future<Output = ()> + use<> {
        self.0.changes.follow(&self.0.sight.engine, stop)
    }

    /// The page in OpenMetrics.
    fn page(&self) -> String {
        let screens = self.0.sight.worst_first(None, |_| true, usize::MAX);
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Page { sources: self.clone(), screens }));
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes all that is written");
        text
    }

    fn started(&self) -> f64 {
        let clock = self.0.sight.engine.clock();
        let uptime = i64::try_from(clock.uptime().as_millis()).unwrap_or(i64::MAX);
        let fresh = clock.wall(clock.now()).as_unix_millis().saturating_sub(uptime);
        let held = self.0.started.load(Ordering::Relaxed);
        if fresh.abs_diff(held) <= JITTER {
            return held as f64 / 1e3;
        }
        self.0.started.store(fresh, Ordering::Relaxed);
        fresh as f64 / 1e3
    }
}

/// One look at everything.
struct Page {
    sources: Sources,
    screens: Vec<Screen>,
}

impl Collector for Page {
    fn encode(&self, mut to: DescriptorEncoder<'_>) -> Result<(), Error> {
        let Inner { sight: Sight { engine, watch }, store, beside, open, changes, .. } = &*self.sources.0;
        let doors = server::Doors {
            streams: open.room.taken(),
            presence: open.doors.open(),
            links: open.links.open(),
        };
        screens::write(&mut to, &self.screens, changes, engine.clock())?;
        server::write(&mut to, engine, watch, &store.health(), doors, &beside())?;
        process::write(&mut to, self.sources.started())
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Page").field("screens", &self.screens.len()).finish_non_exhaustive()
    }
}

/// What is said of it to programs.
#[derive(OpenApi)]
#[openapi(paths(metrics))]
pub(super) struct Described;

pub(super) fn router(sources: Sources, desk: &Desk) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state((sources, desk.clone()))
}

/// All figures of the screens and of the server, for Prometheus
///
/// OpenMetrics for who accepts it, else the older text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "get_metrics",
    tag = "server",
    responses(
        (status = 200, description = "All of them", content(
            (String = "application/openmetrics-text"),
            (String = "text/plain"),
        )),
        Looks,
    ),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
async fn metrics(
    State((sources, desk)): State<(Sources, Desk)>,
    Extension(Asker(peer)): Extension<Asker>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let open = accepts.flat_map(|line| line.split(',')).any(|kind| kind.contains("openmetrics-text"));
    let (kind, question) = if open { (OPEN, "metrics open") } else { (CLASSIC, "metrics classic") };
    let text = desk.answer(peer.origin(), question.to_owned(), move || {
        let page = sources.page();
        if open { page } else { classic::from(&page) }
    });
    let refused = |refused: Refused| Problem::new(refused.status(), refused.to_string());
    let text = text.await.map_err(refused)?;
    Ok(([(header::CONTENT_TYPE, kind)], Body::new(Slices(text))).into_response())
}

#[cfg(test)]
mod tests;
