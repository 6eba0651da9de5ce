//! Whom API and pages talk to: requests whose `Host` is an address or a name of this server.
//!
//! A browser lets no page of a foreign site read the API, whose answers carry no `Access-Control-Allow-Origin`; and what
//! such a page only asks for, in a frame or an image, is refused where the browser says whose page it is. But such
//! a site can point its own name at our address, and we are its own origin then (DNS rebinding). It cannot do that with
//! an address literal or with `localhost`, so these pass; other names must be configured. The commands, `list` and
//! `status` are not guarded: a beat is welcome under any name, and any page may read what they answer.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

use super::path;
use super::problem::Problem;
use crate::engine::peer::Peer;

/// What a browser says of whose page asks. No page can change it; programs and old browsers do not send it, nor does any
/// to an address that is not of its own machine.
pub(super) const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Names this server answers to besides addresses and `localhost`.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts(pub(super) Arc<[String]>);

/// Lets a request through if its `Host` is ours and, to the API, no page of others sends it.
pub(super) async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    if path::is_api(request.uri().path()) && is_of_a_foreign_page(request.headers()) {
        let detail =
            "the API is for programs and for pages of this server: a page of another origin may not ask it";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    // An absolute request target outranks the header, as RFC 9112 has it.
    let named = request.uri().authority().map(|authority| authority.as_str().to_owned());
    let named = named.or_else(|| host_header(request.headers()).map(str::to_owned));
    match named {
        // HTTP/1.0 without a Host is no browser.
        None => next.run(request).await,
        Some(named) if hosts.allow(&named) => next.run(request).await,
        Some(named) => {
            let name = name_of(&named);
            Problem::new(
                StatusCode::MISDIRECTED_REQUEST,
                format!("`{name}` is no name of this server: add it to allowed_hosts in hb.toml, or use an address"),
            )
            .into_response()
        }
    }
}

/// A request that changes something must come from this machine, as long as nobody can show who they are; and from a
/// program or a page of our own: it carries `X-HB: 1`, which no foreign page can send without a preflight, and no
/// foreign `Origin`.
pub(super) fn may_change(peer: &Peer, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = |detail: &str| Err(Problem::new(StatusCode::FORBIDDEN, detail));
    if !peer.is_loopback() {
        return refused("changes are for this machine only: run hb there, or come by ssh");
    }
    if headers.get("x-hb").is_none_or(|value| value != "1") {
        return refused("a change needs the header `X-HB: 1`");
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    if is_own(origin.to_str().unwrap_or("?"), headers) {
        return Ok(());
    }
    refused("a change must come from a page of this server, or from no page at all")
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
        let cases = [
            (None, None, false),
            (Some("1"), None, true),
            (Some("0"), None, false),
            (Some("1"), Some("http://127.0.0.1:8888"), true),
            (Some("1"), Some("http://evil.example"), false),
            (Some("1"), Some("null"), false),
        ];
        for (custom, origin, allowed) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8888".parse().unwrap());
            if let Some(custom) = custom {
                headers.insert("x-hb", custom.parse().unwrap());
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            let (here, away) = (Peer::new([127, 0, 0, 1].into()), Peer::new([10, 0, 0, 7].into()));
            assert_eq!(may_change(&here, &headers).is_ok(), allowed, "{custom:?} {origin:?}");
            assert!(may_change(&away, &headers).is_err(), "nobody else, whatever they say");
        }
    }
}
