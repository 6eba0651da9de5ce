//! The one hyper service: commands are answered here at once, everything else goes to the Router.
//!
//! No middleware stands on the beat path: each layer costs a tenth of the throughput. Not here: pages and API (the
//! Router), the judgement (the engine).

use std::convert::Infallible;
use std::sync::{Arc, Once};

use axum::Router;
use axum::http::header::{ALLOW, EXPECT, HOST, HeaderMap, ORIGIN, USER_AGENT};
use axum::http::{HeaderName, Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use tower::ServiceExt;

use hb_core::wire;

use crate::auth::Auth;
use crate::engine::peer::Peer;
use crate::hilbert::{Endpoint, Status, has_container, report};

use super::answer::{Body, Headers, Readers};
use super::deed;
use super::desk::{Desk, Slices};
use super::drain::Drain;
use super::grant::Asks;
use super::guard::{self, FETCH_SITE, Reads};
use super::path::{self, Target};
use super::sight::Sight;

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What all connections share.
pub(super) struct Front {
    pub(super) sight: Sight,
    pub(super) hilbert: Endpoint,
    pub(super) router: Router,
    pub(super) presence: Router,
    pub(super) link: Router,
    pub(super) desk: Desk,
    pub(super) headers: Headers,
    pub(super) auth: Auth,
    pub(super) reads: Reads,
    pub(super) hosts: guard::Hosts,
    /// It was told that programs beat to us by a name that is none of ours.
    pub(super) misnamed: Once,
}

/// Who sent a request: in its extensions, for the Router.
#[derive(Clone, Debug)]
pub(super) struct Asker(pub(super) Arc<Peer>);

/// In the extensions of a request that came to us by TLS; one that a proxy unwrapped did not.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByTls;

impl Front {
    /// Answers one request of the connection from `direct`, perhaps `by_tls`; what little body a command may have is left to `drain`.
    pub(super) async fn serve(
        &self,
        direct: &Arc<Peer>,
        by_tls: bool,
        drain: &Drain,
        mut request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        guard::name_the_host(&mut request);
        let method = request.method();
        let query = request.uri().query().unwrap_or_default();
        let target = match path::target(request.uri().path()) {
            Target::Free if has_container(query) => None,
            target => Some(target),
        };
        // Only a request from behind a proxy needs a peer of its own.
        let forwarded = request.headers().get_all(FORWARDED).iter().filter_map(|line| line.to_str().ok());
        let forwarded = self.sight.engine.trust().forwarded(direct, forwarded).map(Arc::new);
        let peer = forwarded.as_ref().unwrap_or(direct);
        let open = readers(request.uri().path()) == Readers::Any;
        if method == Method::OPTIONS && open && target != Some(Target::Reserved) {
            return Ok(self.headers.preflight());
        }
        match target {
            Some(Target::Presence) => return Ok(self.route(&self.presence, peer, by_tls, request).await),
            Some(Target::Link) => return Ok(self.route(&self.link, peer, by_tls, request).await),
            Some(Target::Free | Target::Reserved) => {
                return Ok(self.route(&self.router, peer, by_tls, request).await);
            }
            _ => {}
        }
        if !matches!(*method, Method::GET | Method::POST | Method::HEAD) {
            return Ok(self.headers.wrong_method());
        }
        if matches!(target, Some(Target::List | Target::Status)) && self.reads == Reads::Token {
            let (headers, auth) = (request.headers().clone(), self.auth.clone());
            let asks = Asks { peer: Arc::clone(peer), by_tls, headers, auth };
            if let Err(problem) = guard::may_read(self.reads, &asks).await {
                let mut refused = problem.into_response().map(Body::Router);
                self.headers.complete(&mut refused, Readers::Own);
                return Ok(refused);
            }
        }
        let mut response = match target {
            Some(Target::List) => {
                let engine = self.sight.engine.clone();
                self.report(peer, "list", move || report::list(&engine)).await
            }
            Some(Target::Status) => self.status(peer, query).await,
            Some(Target::Beat(verb)) => self.beat(peer, request.headers(), query, wire::parse(verb, query)),
            _ => self.beat(peer, request.headers(), query, wire::parse_template(query)),
        };
        let expects = request.headers().contains_key(EXPECT);
        drain.after(&mut response, request.into_body(), expects);
        Ok(response)
    }

    fn beat(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        query: &str,
        request: Result<wire::Request<'_>, wire::ParseError>,
    ) -> Response<Body> {
        // Programs of this machine may bring as many apps as there is room for; a web page, from wherever it was
        // loaded, may not: any page can reach localhost, and under a name of its own it can call itself as it likes.
        let marked = guard::has_mark(headers);
        let is_ours = (peer.is_loopback() || marked) && !is_from_browser(headers) && self.is_ours(headers);
        let exempt = peer.is_loopback() && is_ours;
        let program = marked && is_ours;
        let from = self.sight.engine.origin(peer, guard::site(headers), program);
        let answer = self.hilbert.beat(peer, (!exempt).then(|| peer.origin()), from, query, request);
        let status = match answer.status {
            Status::Ok => StatusCode::OK,
            Status::Refused => StatusCode::BAD_REQUEST,
            Status::Forbidden => StatusCode::FORBIDDEN,
            Status::Full => StatusCode::SERVICE_UNAVAILABLE,
        };
        self.headers.text(status, answer.text)
    }

    /// Whether a program asks us by a name of ours. By another a page could, whose site points its name at our address: to its
    /// own origin it may send any header.
    fn is_ours(&self, headers: &HeaderMap) -> bool {
        let ours = self.hosts.are_asked(headers);
        if !ours {
            self.misnamed.call_once(|| {
                let host = headers.get(HOST);
                tracing::warn!(
                    ?host,
                    "a program beats to a name that is none of this server's, and counts for no more than a web page: \
                     add the name to allowed_hosts in hb.toml, or have it use an address"
                );
            });
        }
        ours
    }

    /// One app is looked up at once: monitoring that asks for each does not wait behind those who ask for all.
    async fn status(&self, peer: &Peer, query: &str) -> Response<Body> {
        match wire::parse_status(query) {
            Ok(Some(asked)) => {
                let Sight { engine, watch } = &self.sight;
                self.headers.text(StatusCode::OK, report::status(engine, Some(watch), peer, &asked))
            }
            Ok(None) => {
                let Sight { engine, watch } = self.sight.clone();
                self.report(peer, "status", move || report::status_of_all(&engine, Some(&watch))).await
            }
            Err(error) => self.headers.text(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }

    /// A report looks at every app: it must not stand in the way of beats.
    async fn report(
        &self,
        peer: &Peer,
        question: &str,
        look: impl FnOnce() -> String + Send + 'static,
    ) -> Response<Body> {
        match self.desk.answer(peer.origin(), question.to_owned(), look).await {
            Ok(text) => self.headers.long(Slices(text)),
            Err(refused) => self.headers.text(refused.status(), refused.to_string()),
        }
    }

    async fn route(
        &self,
        router: &Router,
        peer: &Arc<Peer>,
        by_tls: bool,
        request: Request<Incoming>,
    ) -> Response<Body> {
        let readers = readers(request.uri().path());
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(Asker(Arc::clone(peer)));
        if by_tls {
            request.extensions_mut().insert(ByTls);
        }
        request.extensions_mut().insert(self.auth.clone());
        let asked = request.method() == Method::OPTIONS;
        let Ok(response) = router.clone().oneshot(request).await;
        let mut response = response.map(Body::Router);
        if asked && response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response = self.headers.options(readers, response.headers().get(ALLOW));
        }
        self.headers.complete(&mut response, readers);
        response
    }
}

/// Which pages may read what stands at `path`.
fn readers(path: &str) -> Readers {
    if path::is_api(path) || path.starts_with(deed::PLACE) { Readers::Own } else { Readers::Any }
}

/// Whether a browser sent it. An image or a `no-cors` fetch has no `Origin`, and not every browser has `Sec-Fetch-*`;
/// but all call themselves Mozilla, and no page can take these headers away without asking in a preflight.
fn is_from_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN)
        || headers.contains_key(FETCH_SITE)
        || headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::Engine;
    use crate::engine::clock::Clock;
    use crate::store::Store;
    use crate::watch::Watch;

    #[tokio::test]
    async fn the_status_of_one_app_waits_for_no_report() {
        let (desk, headers) = (Desk::new(), Headers::new());
        let (clock, _hand) = Clock::manual();
        let runtime = Arc::new(hb_bus::runtime::Native::current());
        let engine = Engine::new(crate::engine::Config::default(), clock, runtime);
        let store = Arc::new(Store::memory(Default::default()).unwrap());
        let front = Front {
            hilbert: Endpoint::new(engine.clone()),
            sight: Sight { watch: Watch::alone(&engine, &store), engine },
            router: Router::new(),
            presence: Router::new(),
            link: Router::new(),
            desk,
            headers,
            auth: Auth::new(store, Clock::manual().0),
            reads: Reads::default(),
            hosts: guard::Hosts::default(),
            misnamed: Once::new(),
        };
        let mut gates = Vec::new();
        // More than can be made at once, none of which ends.
        for n in 0..8 {
            let (gate, shut) = std::sync::mpsc::channel::<()>();
            gates.push(gate);
            let desk = front.desk.clone();
            let wait = move || shut.recv().map_or("", |()| "");
            tokio::spawn(async move { desk.answer([10, 0, 0, n].into(), "list".to_owned(), wait).await });
        }
        tokio::task::yield_now().await;
        let monitoring = Peer::new([10, 0, 0, 99].into());
        let one = front.status(&monitoring, "appid=x");
        let one = tokio::time::timeout(Duration::from_secs(20), one).await.expect("at once");
        assert_eq!(one.status(), StatusCode::OK);
    }
}
