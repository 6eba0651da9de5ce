//! What the front answers without a router, described: the verbs of Hilbert heartbeat, `list` and `status`.
//!
//! Nothing here is called: only the descriptions are used. Not here: what they do (`front`, `hilbert`).

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, RefOr, Response, Schema};
use utoipa::{IntoResponses, OpenApi};

use crate::http::schema::{self, words};

#[derive(OpenApi)]
#[openapi(paths(init, ping, done, state, template, list, status))]
struct Described;

/// All of them, by both of their methods.
pub(super) fn described() -> utoipa::openapi::OpenApi {
    let mut all = Described::openapi();
    for post in all.paths.paths.values_mut().filter_map(|item| item.post.as_mut()) {
        // An operation has a name of its own.
        post.operation_id = post.operation_id.take().map(|id| id + "_by_post");
    }
    all
}

/// Who beats, and what it promises.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query, style = Form)]
#[expect(dead_code, reason = "only described")]
struct Beat {
    /// The promise in ms, first and without a value, as in `hb_ping?5000&appid=tetris`, then what a page says of itself:
    /// docs/protocol.md has the names; others are ignored
    #[param(explode = true, inline, value_type = Option<words::Beat>, nullable = false)]
    said: Option<String>,
    /// The app's id
    #[param(min_length = 1, max_length = 255, example = "tetris")]
    appid: String,
    /// The host it is on; believed where the configuration says so, else it is the address
    #[param(nullable = false, max_length = 64)]
    host: Option<String>,
    /// Its window of the host
    #[param(nullable = false, max_length = 64)]
    slot: Option<String>,
    /// The key of the app, where the configuration asks for one
    #[param(nullable = false)]
    key: Option<String>,
}

/// What a state says besides.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
struct Said {
    /// The page's own diagnosis
    #[param(inline, value_type = words::Diagnosis)]
    state: String,
}

/// The form that players of templates can send.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
struct Template {
    /// The app's id
    #[param(min_length = 1, max_length = 255, example = "tetris")]
    container: String,
    /// The promise in ms
    #[param(nullable = false, minimum = 0, maximum = 604_800_000)]
    next: Option<u64>,
}

/// Which app is meant.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
struct One {
    /// The app's id, on the machine that asks; all apps without it
    #[param(nullable = false, max_length = 255)]
    appid: Option<String>,
    /// Its window of the host
    #[param(nullable = false, max_length = 64)]
    slot: Option<String>,
}

/// What is answered to a beat.
struct Answers;

/// What is answered to who looks.
struct Lines;

impl IntoResponses for Answers {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        texts(&[
            (
                StatusCode::OK,
                "The ms that were granted: the next beat is due until then; `goodbye` to `hb_done`",
            ),
            (StatusCode::BAD_REQUEST, "What was said makes no sense; the text says what was expected"),
            (StatusCode::FORBIDDEN, "This app needs its key"),
            (StatusCode::SERVICE_UNAVAILABLE, "There is no room for another app"),
        ])
    }
}

impl IntoResponses for Lines {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = texts(&[
            (StatusCode::OK, "What is known"),
            (StatusCode::BAD_REQUEST, "What was asked makes no sense; the text says what was expected"),
            (StatusCode::SERVICE_UNAVAILABLE, "There is no room for more long answers"),
        ]);
        all.extend(schema::problems(&[
            (StatusCode::UNAUTHORIZED, "With `reads = \"token\"`: it needs a token"),
            (StatusCode::FORBIDDEN, "With `reads = \"token\"`: the token's role is too small"),
            (
                StatusCode::TOO_MANY_REQUESTS,
                "Too many wrong tokens came from this address; see `Retry-After`",
            ),
        ]));
        all
    }
}

fn texts(all: &[(StatusCode, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let one = |&(status, when): &(StatusCode, &str)| {
        let mut response = Response::new(when);
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let content = Content::new(Some(RefOr::T(Schema::Object(text))));
        response.content.insert("text/plain".into(), content.into());
        (status.as_str().to_owned(), RefOr::T(response))
    };
    all.iter().map(one).collect()
}

/// Registers an app; the promise covers its start
#[utoipa::path(
    method(get, post),
    path = "/hb_init",
    operation_id = "hb_init",
    tag = "beats",
    params(Beat),
    responses(Answers),
    security(())
)]
#[expect(dead_code, reason = "only described")]
fn init() {}

/// A heartbeat: "I beat again within so many ms"
///
/// Any path that ends in the verb is the verb, and POST is the same.
#[utoipa::path(
    method(get, post),
    path = "/hb_ping",
    operation_id = "hb_ping",
    tag = "beats",
    params(Beat),
    responses(Answers),
    security(())
)]
#[expect(dead_code, reason = "only described")]
fn ping() {}

/// Goodbye: nobody waits for this app any more
#[utoipa::path(
    method(get, post),
    path = "/hb_done",
    operation_id = "hb_done",
    tag = "beats",
    params(Beat),
    responses(Answers),
    security(())
)]
#[expect(dead_code, reason = "only described")]
fn done() {}

/// "I am here, and this is wrong": contact that renews no promise
#[utoipa::path(
    method(get, post),
    path = "/hb_state",
    operation_id = "hb_state",
    tag = "beats",
    params(Beat, Said),
    responses(Answers),
    security(())
)]
#[expect(dead_code, reason = "only described")]
fn state() {}

/// The form of templates: a ping, whatever the path is called
#[utoipa::path(
    method(get, post),
    path = "/heartbeat.html",
    operation_id = "beat_by_template",
    tag = "beats",
    params(Template),
    responses(Answers),
    security(())
)]
#[expect(dead_code, reason = "only described")]
fn template() {}

/// The ids that are now tracked, one a line
#[utoipa::path(
    method(get, post),
    path = "/list",
    operation_id = "list",
    tag = "beats",
    responses(Lines),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
#[expect(dead_code, reason = "only described")]
fn list() {}

/// The line of a Nagios plugin, for one app or for all
#[utoipa::path(
    method(get, post),
    path = "/status",
    operation_id = "status",
    tag = "beats",
    params(One),
    responses(Lines),
    security((), ("token" = ["viewer"]), ("session" = ["viewer"]))
)]
#[expect(dead_code, reason = "only described")]
fn status() {}
