//! Answers: the body type of the whole server, the headers that every answer carries, and the small texts.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONNECTION,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::desk::Slices;

/// `HB-Server: hb/1` tells a page that this is not the reference server.
const HB_SERVER: HeaderName = HeaderName::from_static("hb-server");
const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");
const ALLOW_METHODS: HeaderName = HeaderName::from_static("access-control-allow-methods");
const ALLOW_HEADERS: HeaderName = HeaderName::from_static("access-control-allow-headers");
const ALLOW_PRIVATE: HeaderName = HeaderName::from_static("access-control-allow-private-network");
const MAX_AGE: HeaderName = HeaderName::from_static("access-control-max-age");

/// Methods that a command may be sent with.
pub(super) const METHODS: &str = "GET, POST, HEAD, OPTIONS";

/// A small text, ready as it is, one that may be long, or whatever the Router streams.
#[derive(Debug)]
pub(super) enum Body {
    Text(Full<Bytes>),
    Long(Slices),
    Router(axum::body::Body),
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match self.get_mut() {
            Self::Text(text) => {
                Pin::new(text).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(never)))
            }
            Self::Long(text) => {
                Pin::new(text).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(never)))
            }
            Self::Router(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_end_stream(),
            Self::Long(text) => text.is_end_stream(),
            Self::Router(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => text.size_hint(),
            Self::Long(text) => text.size_hint(),
            Self::Router(body) => body.size_hint(),
        }
    }
}

fn never(impossible: Infallible) -> axum::Error {
    match impossible {}
}

/// Which pages may read an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// Pages from anywhere, as the protocol has it.
    Any,
    /// Pages of this server only: what the API tells about every screen is nobody else's.
    Own,
}

/// The headers that every answer shares, made once: a copy of a small map is cheaper than six insertions.
#[derive(Clone, Debug)]
pub(super) struct Headers {
    text: HeaderMap,
    shared: Vec<(HeaderName, HeaderValue)>,
    own: Vec<(HeaderName, HeaderValue)>,
}

impl Headers {
    pub(super) fn new() -> Self {
        let all = [
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (HB_SERVER, HeaderValue::from_static("hb/1")),
            (NOSNIFF, HeaderValue::from_static("nosniff")),
        ];
        let mut shared = vec![
            (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
            (ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("HB-Server")),
            (CORP, HeaderValue::from_static("cross-origin")),
        ];
        shared.extend(all.iter().cloned());
        // In a frame of a stranger it would be loaded, if not read: a stream would hold its place.
        let unframed = HeaderValue::from_static("frame-ancestors 'none'");
        let mut own =
            vec![(CORP, HeaderValue::from_static("same-origin")), (CONTENT_SECURITY_POLICY, unframed)];
        own.extend(all);
        let mut text: HeaderMap = shared.iter().cloned().collect();
        text.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        Self { text, shared, own }
    }

    /// A text of ours.
    pub(super) fn text(&self, status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
        self.of(status, Body::Text(Full::new(text.into())))
    }

    /// A text of ours that may be long.
    pub(super) fn long(&self, text: Slices) -> Response<Body> {
        self.of(StatusCode::OK, Body::Long(text))
    }

    fn of(&self, status: StatusCode, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = self.text.clone();
        response
    }

    /// The answer to a method that no command has.
    pub(super) fn wrong_method(&self) -> Response<Body> {
        let mut response =
            self.text(StatusCode::METHOD_NOT_ALLOWED, format!("expected one of the methods {METHODS}"));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(METHODS));
        response
    }

    /// The answer to a preflight, also for old browsers that ask about private networks.
    pub(super) fn preflight(&self) -> Response<Body> {
        let mut response = Response::new(Body::Text(Full::default()));
        *response.status_mut() = StatusCode::NO_CONTENT;
        self.complete(&mut response, Readers::Any);
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static(METHODS));
        headers.insert(ALLOW_METHODS, HeaderValue::from_static("GET, POST, HEAD"));
        headers.insert(ALLOW_HEADERS, HeaderValue::from_static("Content-Type, Last-Event-ID"));
        headers.insert(ALLOW_PRIVATE, HeaderValue::from_static("true"));
        headers.insert(MAX_AGE, HeaderValue::from_static("86400"));
        response
    }

    /// The answer to OPTIONS where the Router `allow`s some methods: what it would have refused names them.
    pub(super) fn options(&self, readers: Readers, allow: Option<&HeaderValue>) -> Response<Body> {
        let mut response = match readers {
            Readers::Any => self.preflight(),
            Readers::Own => Response::new(Body::Text(Full::default())),
        };
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.remove(ALLOW);
        headers.extend(allow.map(|methods| (ALLOW, methods.clone())));
        if let (Readers::Any, Some(methods)) = (readers, allow) {
            headers.insert(ALLOW_METHODS, methods.clone());
        }
        response
    }

    /// Gives an answer of the Router what it does not have yet.
    pub(super) fn complete(&self, response: &mut Response<Body>, readers: Readers) {
        let headers = response.headers_mut();
        let wanted = match readers {
            Readers::Any => &self.shared,
            Readers::Own => &self.own,
        };
        for (name, value) in wanted {
            if !headers.contains_key(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Tells the peer, and hyper, that this connection ends here.
pub(super) fn close(response: &mut Response<Body>) {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}
