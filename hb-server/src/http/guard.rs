//! Whom API and pages talk to: requests whose `Host` is an address or a name of this server.
//!
//! A browser lets no page of a foreign site read the API, whose answers carry no `Access-Control-Allow-Origin`; and what
//! such a page only asks for, in a frame or an image, is refused where the browser says whose page it is. But such
//! a site can point its own name at our address, and we are its own origin then (DNS rebinding). It cannot do that with
//! an address literal or with `localhost`, so these pass; other names must be configured. The commands, `list` and
//! `status` are not guarded: a beat is welcome under any name, and any page may read what they answer.

use axum::extract::{Request, State};
use axum::http::{self, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

use crate::hilbert::MARK;

use super::grant::{Asks, Right};
use super::path;
use super::problem::Problem;

/// What a browser says of whose page asks. No page can change it; programs and old browsers do not send it, nor does any
/// to an address that is not of its own machine.
pub(super) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a browser logs in.
pub(super) const SESSION: &str = "/api/v1/session";

/// Who may read the API, `list` and `status` over the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// Whoever reaches it.
    #[default]
    Open,
    /// Who has a token.
    Token,
}

impl Reads {
    /// The one of this name.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "open" => Some(Self::Open),
            "token" => Some(Self::Token),
            _ => None,
        }
    }
}

/// Names this server answers to besides addresses and `localhost`.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(pub(super) Arc<[String]>);

/// Has the header `Host` say which host was asked, before anybody reads it: an absolute request target outranks what stands
/// there, as RFC 9112 has it.
pub(super) fn name_the_host<B>(request: &mut http::Request<B>) {
    let Some(authority) = request.uri().authority() else { return };
    let host = HeaderValue::from_str(authority.as_str()).unwrap_or(HeaderValue::from_static("?"));
    request.headers_mut().insert(header::HOST, host);
}

/// Lets a request through if its `Host` is ours and, to the API, no page of others sends it; from the network perhaps only
/// with a token.
pub(super) async fn check(
    State((hosts, reads)): State<(Hosts, Reads)>,
    request: Request,
    next: Next,
) -> Response {
    if path::is_api(request.uri().path()) && is_of_a_foreign_page(request.headers()) {
        let detail =
            "the API is for programs and for pages of this server: a page of another origin may not ask it";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    match host_header(request.headers()) {
        // HTTP/1.0 without a Host is no browser.
        None => admit(reads, request, next).await,
        Some(named) if hosts.allow(named) => admit(reads, request, next).await,
        Some(named) => {
            let name = name_of(named);
            Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!("`{name}` is no name of this server: add it to allowed_hosts in hb.toml, or use an address"),
            )
            .into_response()
        }
    }
}

/// The API to whom it is open. Who is not let in may still log in; who is, is told from then on by a [`Stay`](crate::auth::Stay)
/// how long.
async fn admit(reads: Reads, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !path::is_api(path) || path == SESSION {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let asks = Asks::of(&parts);
    if let Err(problem) = may_read(reads, &asks).await {
        return problem.into_response();
    }
    if !is_open(reads, &asks)
        && let Some(stay) = asks.stay()
    {
        parts.extensions.insert(stay);
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Whether who asks may read what is known of all screens.
pub(super) async fn may_read(reads: Reads, asks: &Asks) -> Result<(), Problem> {
    if is_open(reads, asks) {
        return Ok(());
    }
    asks.has(Right::Look).await.map(drop)
}

/// Whether it needs nothing to read.
fn is_open(reads: Reads, asks: &Asks) -> bool {
    reads == Reads::Open || asks.peer.is_loopback()
}

/// What changes something comes from a page of our own, or from none: with no foreign `Origin`.
pub(super) fn is_no_strangers_page(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(header::ORIGIN) {
        Some(origin) if !is_own(origin.to_str().unwrap_or("?"), headers) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "a change must come from a page of this server, or from no page at all",
        )),
        _ => Ok(()),
    }
}

/// A person may come from a page of others, by a link of it; what such a page fetches or frames by itself may not. It would
/// have its visitors look like those who guess.
pub(super) fn is_no_errand(headers: &HeaderMap) -> Result<(), Problem> {
    let says = |name: &str, word: &str| headers.get(name).is_some_and(|value| value == word);
    let person = says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document");
    if person || !is_of_a_foreign_page(headers) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "a link of a message is to be opened by a person, not fetched by a page",
    ))
}

/// What no foreign page can send without a preflight: `1` from who logs in or out, from then on what the page keeps.
pub(super) const OURS: HeaderName = HeaderName::from_static("x-hb");

/// Who logs in or out is a page of ours, or a program.
pub(super) fn has_our_header(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get(OURS).is_some_and(|value| value == "1") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "to log in or out needs the header `X-HB: 1`"))
}

/// Whether it says that a program sends it.
pub(super) fn has_mark(headers: &HeaderMap) -> bool {
    headers.get(MARK.0).is_some_and(|value| value == MARK.1)
}

/// Whose page sends it: its web origin, as far as it has a name. A page of this very server tells none with a `GET`: its origin is
/// what it asks us by, as it is in the beacons that do tell it.
pub(super) fn site(headers: &HeaderMap) -> &str {
    match headers.get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or("?")) {
        Some(origin) => origin.split_once("://").map_or(origin, |(_, site)| site),
        None if is_of_a_foreign_page(headers) => "?",
        None => host_header(headers).unwrap_or_default(),
    }
}

/// Whether `origin` is this server, by the name it was asked under.
pub(super) fn is_own(origin: &str, headers: &HeaderMap) -> bool {
    match (origin.split_once("://"), host_header(headers)) {
        (Some((_, authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// Whether a page of another origin asks, be it of another port of this machine.
fn is_of_a_foreign_page(headers: &HeaderMap) -> bool {
    // `none` is a person who typed the address.
    headers.get_all(FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none")
}

impl Hosts {
    /// Whether a request is for a name of ours; HTTP/1.0 without one is no browser.
    pub(super) fn are_asked(&self, headers: &HeaderMap) -> bool {
        host_header(headers).is_none_or(|host| self.allow(host))
    }

    fn allow(&self, named: &str) -> bool {
        let name = name_of(named);
        let lower = name.to_ascii_lowercase();
        let lower = lower.strip_suffix('.').unwrap_or(&lower);
        lower == "localhost"
            || lower.ends_with(".localhost")
            || lower.parse::<IpAddr>().is_ok()
            || self.0.iter().any(|host| host.eq_ignore_ascii_case(lower))
    }
}

fn host_header(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).map(|host| host.to_str().unwrap_or("?"))
}

/// The name without port and brackets.
fn name_of(authority: &str) -> &str {
    // What follows the bracket is a port or it is no address at all.
    if let Some((inside, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'))
        && (rest.is_empty() || rest.starts_with(':'))
    {
        return inside;
    }
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_pass() {
        let hosts = Hosts(Arc::from(["hall3.museum.example".to_owned()]));
        let cases = [
            ("localhost", true),
            ("LOCALHOST:8888", true),
            ("hb.localhost:8888", true),
            ("127.0.0.1:8888", true),
            ("[::1]:8888", true),
            ("[fd00::1]", true),
            ("[::1].evil.example:8888", false),
            ("[::1]evil.example", false),
            ("192.168.1.4:8888", true),
            ("Hall3.Museum.Example:8888", true),
            ("hall3.museum.example.", true),
            ("evil.example", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example:8888", false),
            ("", false),
            ("?", false),
        ];
        for (host, allowed) in cases {
            assert_eq!(hosts.allow(host), allowed, "{host}");
        }
    }

    #[test]
    fn a_change_needs_the_header_and_no_foreign_page() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:8888".parse().unwrap());
        for (custom, allowed) in [(None, false), (Some("0"), false), (Some("1"), true)] {
            if let Some(custom) = custom {
                headers.insert("x-hb", custom.parse().unwrap());
            }
            assert_eq!(has_our_header(&headers).is_ok(), allowed, "{custom:?}");
        }
        for (origin, allowed) in [
            (None, true),
            (Some("http://127.0.0.1:8888"), true),
            (Some("http://127.0.0.1:3000"), false),
            (Some("http://evil.example"), false),
            (Some("null"), false),
        ] {
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            assert_eq!(is_no_strangers_page(&headers).is_ok(), allowed, "{origin:?}");
        }
    }
}
