//! `/api/openapi.json`: the whole HTTP API as OpenAPI 3.1, for programs that make clients, tests and pages of it.
//!
//! What one operation takes and answers stands beside its handler; here it is put together. Not here: pages for people
//! (dashboard, demos, links of messages) and WebSockets, which OpenAPI has no words for.

mod verbs;

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::api::json_response;
use super::problem::Document;
use super::schema::Looks;
use super::{api, command, cookie, history, live, login, metrics, picture, view, watch};

/// Where it is.
const PLACE: &str = "/api/openapi.json";

const ABOUT: &str = "\
hb hears the heartbeats of screens and says which of them show something. The verbs and `list` and `status` are those of \
Hilbert heartbeat; everything else is under `/api/v1`.

Whoever reaches the server may read, unless `reads = \"token\"` in hb.toml asks for a token over the network. What changes \
something needs a token, `Authorization: Bearer hb_…`, or the session of a browser and the key that its page keeps. A token \
has a role, and each role may what those before it may: **agent** (links an `hb run --agent`, and nothing else), **viewer** \
(looks), **operator** (works with screens), **admin** (decides who else may). The role that an operation needs stands in its \
`security`.

Refusals are problem documents (RFC 9457) whose `detail` says what was wrong and what was expected; the verbs answer in plain \
text. Beside the operations here there are two WebSockets, `hb_presence` and `hb_link`, for pages and agents.";

#[derive(OpenApi)]
#[openapi(
    info(title = "hb", description = ABOUT, license(name = "Apache-2.0 OR MIT")),
    servers((url = "/", description = "This server")),
    paths(
        api::apps,
        api::app,
        api::forget,
        api::dismiss,
        api::health,
        command::send,
        live::events,
        login::who,
        login::open,
        login::close,
        login::tokens,
        login::make,
        login::revoke,
        whole,
    ),
    components(schemas(Document<'_>, view::Stamp)),
    modifiers(&Keys),
    tags(
        (name = "beats", description = "The verbs of Hilbert heartbeat: what screens say, and what is known of them in one line"),
        (name = "screens", description = "Which screens there are and how they are"),
        (name = "people", description = "Who takes care of what: incidents, mutes, hours, what is expected, repairs"),
        (name = "past", description = "What the memory tells"),
        (name = "access", description = "Sessions and tokens"),
        (name = "server", description = "The server itself"),
    )
)]
struct Described;

/// The description as text, made when somebody asks first.
#[derive(Clone, Debug, Default)]
struct Page(Arc<OnceLock<Bytes>>);

pub(super) fn router() -> Router {
    Router::new().route(PLACE, get(whole)).with_state(Page::default())
}

/// The ways to show who asks.
struct Keys;

impl Modify for Keys {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token, as `hb token new` prints it"))
            .build();
        let session = ApiKeyValue::with_description(cookie::NAME, "The session of a browser that logged in");
        let page = ApiKeyValue::with_description(
            "X-HB",
            "The key that the answer to the login brought, which only the page knows",
        );
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        components.add_security_scheme("page", SecurityScheme::ApiKey(ApiKey::Header(page)));
    }
}

/// This description, as OpenAPI 3.1
#[utoipa::path(
    get,
    path = PLACE,
    operation_id = "get_description",
    tag = "server",
    responses((status = 200, description = "It", body = serde_json::Value), Looks),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
async fn whole(State(Page(made)): State<Page>) -> Response {
    let json = || described().to_json().expect("it is always JSON").into();
    json_response(made.get_or_init(json).clone())
}

/// All of it.
fn described() -> utoipa::openapi::OpenApi {
    let mut all = Described::openapi();
    all.merge(watch::Described::openapi());
    all.merge(history::Described::openapi());
    all.merge(metrics::Described::openapi());
    all.merge(picture::Described::openapi());
    all.merge(verbs::described());
    all
}

#[cfg(test)]
mod tests;
