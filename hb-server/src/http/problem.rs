//! Errors of the API as RFC 9457 problem documents.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{PROBLEM, words};

/// What was wrong with a question, as RFC 9457 has it
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document<'a> {
    /// Always `about:blank`: the status says what kind it is
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words
    title: Option<&'static str>,
    /// The status
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What was wrong, what was expected and what to do, for the person who reads it
    detail: &'a str,
    /// Which refusal it is, in a word, where a page says it in another language; no field otherwise
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Kind>)]
    kind: Option<&'static str>,
}

/// What was wrong with a request to the API.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    kind: Option<&'static str>,
    retry_after: Option<u128>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), kind: None, retry_after: None }
    }

    /// After so many seconds it is worth another try.
    pub(super) fn retry_after(self, seconds: u128) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// A word for which refusal it is.
    pub(super) fn of_kind(self, kind: Option<&'static str>) -> Self {
        Self { kind, ..self }
    }

    /// No such thing.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason(),
            status: self.status.as_u16(),
            detail: &self.detail,
            kind: self.kind,
        };
        let body = serde_json::to_string(&document).expect("a problem is always JSON");
        let content_type = HeaderValue::from_static(PROBLEM);
        let mut response = (self.status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            // Required with 401; no browser opens a window for it.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after.and_then(|seconds| u64::try_from(seconds).ok()) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
