//! `/qr`: a picture that leads a phone to the page of a screen.
//!
//! It says nothing but what it was asked for, so anybody may load it, as a page on an exhibit does that shows who it is. Not here:
//! the page (`ui`), when the picture is shown.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_core::id::Identity;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use serde::Deserialize;

use crate::watch::links::Base;

use super::api::identity;
use super::desk::{Desk, Refused, Slices};
use super::front::{Asker, ByTls};
use super::problem::Problem;

/// Which screen.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    host: String,
    app: String,
    slot: Option<String>,
}

/// The picture, as SVG.
pub(super) async fn of_one(
    State((base, desk)): State<(Option<Base>, Desk)>,
    Extension(Asker(peer)): Extension<Asker>,
    by_tls: Option<Extension<ByTls>>,
    headers: HeaderMap,
    Query(Asked { host, app, slot }): Query<Asked>,
) -> Result<Response, Problem> {
    let slot = slot.unwrap_or_default();
    let id = identity(&host, &slot, &app)?;
    let refused = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    // Where people reach this server, else where whoever asks did.
    let base = match base {
        Some(base) => base.to_string(),
        None => {
            let name = headers.get(header::HOST).and_then(|name| name.to_str().ok()).unwrap_or_default();
            let is_name =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '[' | ']');
            // A name has at most 253 characters; a longer one makes a larger picture.
            if name.is_empty() || name.len() > 260 || !name.chars().all(is_name) {
                return Err(refused("the request names no server: expected a Host"));
            }
            format!("{}://{name}", if by_tls.is_some() { "https" } else { "http" })
        }
    };
    let page = format!("{base}/screen?{}", query(id));
    // It is drawn where it stands in the way of no beat.
    let drawn = desk.answer(peer.origin(), format!("code of {page}"), move || picture(&page)).await;
    let drawn = drawn.map_err(|why: Refused| Problem::new(why.status(), why.to_string()))?;
    if drawn.is_empty() {
        return Err(refused("these names are too long for a code"));
    }
    let kind = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-cache")];
    Ok((kind, Body::new(Slices(drawn))).into_response())
}

/// Where the picture of a screen is, seen from the other commands of the protocol.
pub(super) fn path(id: Identity<'_>) -> String {
    format!("qr?{}", query(id))
}

fn query(id: Identity<'_>) -> String {
    let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let query = format!("host={}&app={}", part(id.host()), part(id.app()));
    if id.slot().is_empty() { query } else { format!("{query}&slot={}", part(id.slot())) }
}

/// The code; nothing where there is none of so many characters.
fn picture(page: &str) -> String {
    let code = QrCode::with_error_correction_level(page, EcLevel::M);
    code.map(|code| code.render::<svg::Color<'_>>().min_dimensions(256, 256).build()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::peer::Peer;

    async fn code(base: Option<&str>, host: &str, slot: Option<&str>) -> Result<Response, Problem> {
        let base = base.map(|base| base.parse().unwrap());
        let headers = [(header::HOST, host.parse().unwrap())].into_iter().collect();
        let asked = Asked { host: "kiosk-7".into(), app: "Te tris&x".into(), slot: slot.map(Into::into) };
        let asker = Asker(Arc::new(Peer::new([127, 0, 0, 1].into())));
        of_one(State((base, Desk::new())), Extension(asker), None, headers, Query(asked)).await
    }

    async fn picture(base: Option<&str>, host: &str, slot: Option<&str>) -> String {
        let body = code(base, host, slot).await.unwrap().into_body();
        String::from_utf8(axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn the_code_leads_to_the_page_of_the_screen_where_people_reach_the_server() {
        let page = "/screen?host=kiosk%2D7&app=Te%20tris%26x";
        assert_eq!(picture(None, "hb:8888", None).await, super::picture(&format!("http://hb:8888{page}")));
        let base = Some("https://hb.museum.example");
        let slot = format!("https://hb.museum.example{page}&slot=left");
        assert_eq!(picture(base, "10.0.0.1:8888", Some("left")).await, super::picture(&slot));
    }

    #[tokio::test]
    async fn a_host_that_is_none_leads_nowhere() {
        for host in ["", "a/b", "a@b", "a b", &"a".repeat(300)] {
            assert!(code(None, host, None).await.is_err(), "{host}");
        }
    }
}
