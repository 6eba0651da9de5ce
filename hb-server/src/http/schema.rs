//! What descriptions of the API have in common: the vocabulary (`words`), and the refusals that many share.
//!
//! Not here: what one operation says (beside its handler), the whole (`openapi`).

pub(super) mod words;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Content, Ref, RefOr, Response};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

use super::view::Stamp;

/// The media type of refusals.
pub(super) const PROBLEM: &str = "application/problem+json";

impl PartialSchema for Stamp {
    fn schema() -> RefOr<utoipa::openapi::Schema> {
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .description(Some("A moment, as RFC 3339 with milliseconds, in UTC"))
            .build();
        RefOr::T(object.into())
    }
}

impl ToSchema for Stamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }
}

/// One app of one host.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct Names {
    /// The host: its address as the server sees it, or the name that it declares
    #[param(min_length = 1, max_length = 64, example = "127.0.0.1")]
    #[expect(dead_code, reason = "only described: the handlers read both names at once")]
    host: String,
    /// The app's id
    #[param(min_length = 1, max_length = 255, example = "tetris")]
    #[expect(dead_code, reason = "only described: the handlers read both names at once")]
    app: String,
}

/// What may become of every question to the API.
pub(super) struct Looks;

/// What may become of everything that changes something.
pub(super) struct Changes;

/// What may become of a body.
pub(super) struct Bodies;

/// Nothing of that name is known.
pub(super) struct Unknown;

/// It stands against what is so.
pub(super) struct Conflict;

/// A screen was asked, and there is no answer.
pub(super) struct Unheard;

/// How whoever asks for anything may be refused, and why nothing may be told or done now.
fn asking(later: &str) -> BTreeMap<String, RefOr<Response>> {
    problems(&[
        (StatusCode::BAD_REQUEST, "What was asked makes no sense; `detail` says what was expected"),
        (StatusCode::UNAUTHORIZED, "It needs a token, or the one that was shown is not in force"),
        (StatusCode::FORBIDDEN, "A page of another origin asks, or the token's role is too small"),
        (StatusCode::MISDIRECTED_REQUEST, "The name in `Host` is none of this server's"),
        (StatusCode::TOO_MANY_REQUESTS, "Too many wrong tokens came from this address; see `Retry-After`"),
        (StatusCode::SERVICE_UNAVAILABLE, later),
    ])
}

impl IntoResponses for Looks {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        asking("There is no room for more long answers, or the memory cannot be read")
    }
}

impl IntoResponses for Changes {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        asking("It could not be kept: the disk is in trouble, or the server stops")
    }
}

impl IntoResponses for Bodies {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (StatusCode::REQUEST_TIMEOUT, "The body did not come in time"),
            (StatusCode::PAYLOAD_TOO_LARGE, "The body is too long"),
        ])
    }
}

impl IntoResponses for Unknown {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(StatusCode::NOT_FOUND, "Nothing of that name is known")])
    }
}

impl IntoResponses for Conflict {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[(StatusCode::CONFLICT, "It stands against what is so; `detail` says what")])
    }
}

impl IntoResponses for Unheard {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[
            (StatusCode::BAD_GATEWAY, "Its page was asked, and went away"),
            (StatusCode::GATEWAY_TIMEOUT, "Its page was asked, and did not answer in time"),
        ])
    }
}

/// Refusals in problem documents, each with its status and when it comes.
pub(super) fn problems(all: &[(StatusCode, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let one = |&(status, when): &(StatusCode, &str)| {
        let mut response = Response::new(when);
        response.content.insert(PROBLEM.into(), Content::new(Some(Ref::from_schema_name("Problem"))).into());
        (status.as_str().to_owned(), RefOr::T(response))
    };
    all.iter().map(one).collect()
}
