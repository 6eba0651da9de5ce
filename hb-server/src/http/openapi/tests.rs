//! The description against the router itself: nothing is missing, nothing too much, and the roles are the real ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use hb_core::id::Who;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::super::desk::Desk;
use super::super::guard::{Hosts, Reads};
use super::super::live::Live;
use super::super::sight::Sight;
use super::super::{Beside, Open, front, link, path, presence, router};
use super::*;
use crate::auth::{Auth, Order, Role};
use crate::engine::Engine;
use crate::engine::clock::Clock;
use crate::engine::peer::Peer;
use crate::store::Store;
use crate::watch::Watch;

/// Pages and files for people: what they take is written into pages, not into clients.
const FOR_PEOPLE: &[&str] = &[
    "/",
    "/client/{*file}",
    "/demo",
    "/demo/",
    "/demo/{*path}",
    "/do/{link}",
    "/events",
    "/hb.js",
    "/login",
    "/qr",
    "/screen",
    "/wall",
];
/// Answered before the router, by the last part of the path.
const VERBS: &[&str] =
    &["/hb_init", "/hb_ping", "/hb_done", "/hb_state", "/heartbeat.html", "/list", "/status"];
const METHODS: [Method; 6] =
    [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE];

struct House {
    router: Router,
    auth: Auth,
}

impl House {
    fn new() -> Self {
        let (clock, _) = Clock::manual();
        let engine = Engine::new(
            crate::engine::Config::default(),
            clock,
            Arc::new(hb_bus::runtime::Native::current()),
        );
        let store = Arc::new(Store::memory(Default::default()).unwrap());
        let auth = Auth::new(Arc::clone(&store), engine.clock().clone());
        let minutes = crate::watch::history::Minutes::default();
        let past = history::Past { store: Arc::clone(&store), watch: Arc::default(), minutes };
        let sight = Sight { engine: engine.clone(), watch: Watch::alone(&engine, &store) };
        let desk = Desk::new();
        let (live, _) = Live::new(sight.clone(), desk.clone(), Default::default(), Default::default());
        let whom = (Hosts::default(), Reads::Open);
        let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
        let doors = presence::Doors::new(engine.clone(), stop.clone(), tracker.clone());
        let links = link::Doors::new(engine.clone(), Default::default(), Default::default(), stop, tracker);
        let pictures = picture::router(Default::default());
        let open = Open { room: live.room(), doors, links };
        let beside: Beside = Arc::new(Default::default);
        let sources = metrics::Sources::new(&sight, &store, &beside, open);
        let metrics = metrics::router(sources, &desk).merge(pictures);
        Self { router: router(&sight, beside, past, &desk, live, metrics, &whom), auth }
    }

    /// What the router knows, in its own words.
    fn paths(&self) -> BTreeSet<String> {
        let words = format!("{:?}", self.router);
        let paths = words.split('"').filter(|word| word.starts_with('/') && !word.contains("fallback"));
        paths.map(str::to_owned).collect()
    }

    async fn ask(&self, method: &Method, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(front::Asker(Arc::new(Peer::new([127, 0, 0, 1].into()))));
        request.extensions_mut().insert(self.auth.clone());
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status();
        if status.is_success() {
            // A stream of events has no end.
            return (status, Value::Null);
        }
        let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }
}

fn described_operations() -> Vec<(String, Method, Value)> {
    let all = serde_json::to_value(described()).unwrap();
    let mut found = Vec::new();
    for (path, item) in all["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            found.push((path.clone(), method, operation.clone()));
        }
    }
    found
}

#[tokio::test]
async fn every_route_is_described_and_everything_described_is_a_route() {
    let house = House::new();
    let known = house.paths();
    assert!(known.len() > 25, "axum tells its routes in other words now: {known:?}");
    let described = described_operations();
    let mut wrong = Vec::new();
    for path in &known {
        if FOR_PEOPLE.contains(&path.as_str()) {
            continue;
        }
        for method in METHODS {
            let routed = house.ask(&method, path, None).await.0 != StatusCode::METHOD_NOT_ALLOWED;
            let said = described.iter().any(|(it, as_, _)| it == path && *as_ == method);
            if routed != said {
                wrong.push(format!("{method} {path}: routed {routed}, described {said}"));
            }
        }
    }
    for (path, ..) in &described {
        if !known.contains(path) && !VERBS.contains(&path.as_str()) {
            wrong.push(format!("{path} is described, and no route"));
        }
    }
    for verb in VERBS {
        let is_ours = *verb == "/heartbeat.html"
            || !matches!(path::target(verb), path::Target::Free | path::Target::Reserved);
        if !is_ours || !described.iter().any(|(path, ..)| path == verb) {
            wrong.push(format!("{verb} is not described, or none of the front's"));
        }
    }
    for path in FOR_PEOPLE {
        if !known.contains(*path) {
            wrong.push(format!("{path} is no route any more"));
        }
    }
    assert!(wrong.is_empty(), "describe it beside its handler (`utoipa::path`):\n  {}", wrong.join("\n  "));
}

#[tokio::test]
async fn what_needs_a_role_says_which() {
    let house = House::new();
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let who = Who::new("test", "test").unwrap();
        let order = Order { name: role.word(), role, lasts: None, who: &who };
        tokens.push((role, house.auth.make(order).await.unwrap().reveal().to_owned()));
    }
    let mut guarded = 0;
    for (path, method, operation) in described_operations() {
        let security =
            operation["security"].as_array().unwrap_or_else(|| panic!("{method} {path}: who may?"));
        // `{}`: without anything.
        if security.contains(&serde_json::json!({})) {
            continue;
        }
        guarded += 1;
        let role = security.iter().find_map(|way| Role::from_word(way["token"][0].as_str()?));
        let role = role.unwrap_or_else(|| panic!("{method} {path} says no role"));
        let (status, _) = house.ask(&method, &path, None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} without a token");
        for (has, token) in &tokens {
            let (status, said) = house.ask(&method, &path, Some(token)).await;
            let refused = status == StatusCode::FORBIDDEN;
            assert_eq!(refused, *has < role, "{method} {path} as {}: {status} {said}", has.word());
        }
    }
    assert!(guarded > 12, "only {guarded} operations need a token?");
}

#[test]
fn it_is_openapi_3_1_and_says_what_everything_is() {
    let all = serde_json::to_value(described()).unwrap();
    assert_eq!(all["openapi"], "3.1.0");
    let mut ids = BTreeSet::new();
    for (path, method, operation) in described_operations() {
        let said = |field: &str| operation[field].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("summary"), "{method} {path} has no summary");
        assert!(operation["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{method} {path}");
        let id = operation["operationId"].as_str().unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{method} {path} has the name of another: {id}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let described = parameter["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(described, "{method} {path}: {parameter} has no description");
        }
    }
    let text = all.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(!all["components"]["schemas"][name].is_null(), "{name} is named and not described");
    }
}
