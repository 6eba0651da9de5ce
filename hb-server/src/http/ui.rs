//! Pages, demos and the client, embedded in the binary: nothing needs the internet.
//!
//! The client is built by `cargo xtask build`; a binary built without it says so where the client would be.

use std::borrow::Cow;
use std::fmt::Write as _;

use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;
use rust_embed::{Embed, EmbeddedFile};

use crate::hilbert::unknown;

use super::lost;
use super::packed::{self, Of};
use super::path::{self, Target};
use super::problem::Problem;

#[derive(Embed)]
#[folder = "../www"]
#[exclude = "*node_modules/*"]
#[exclude = "test/*"]
#[exclude = "*.md"]
#[exclude = "*.mjs"]
#[exclude = "package*.json"]
#[allow_missing = true]
struct Pages;

#[derive(Embed)]
#[folder = "../hb-wasm/npm/dist"]
#[allow_missing = true]
struct Client;

/// What stands at `/hb.js` when the client was not built in: a page that loads it learns why it has no heartbeat.
const NO_CLIENT: &str = "/* This hb was built without its client. Run: cargo xtask build */\n\
    console.error(\"hb: this server was built without the client; run `cargo xtask build` where it was built\");\n";

/// What the dashboard may load and do: only what is its own, so that a name that somebody beats under can run nothing in
/// it; and who may show it in a frame: nobody, so that no page lays its own over a button that changes something. A kiosk that
/// shows the wall opens it as its page.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; frame-ancestors 'none'";

/// The same for the demos, which are pages of this origin too, and show what others may name: they beat to wherever they
/// are told. Only a page of ours shows them in a frame: their links are those of this server's own pages, for whichever app
/// their address names.
const DEMO_POLICY: &str = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; base-uri 'none'; \
                           object-src 'none'; frame-ancestors 'self'";

/// What a tab shows of a page without an icon of its own.
const FAVICON: &str = "/icons/good.svg";

/// `/`: the dashboard.
pub(super) async fn dashboard(headers: HeaderMap) -> Response {
    dashboard_file("/index.html", &headers).unwrap_or_else(|| {
        let text =
            "hb is running. This binary was built without its dashboard; see /api/v1/apps and /status.\n";
        (StatusCode::OK, text).into_response()
    })
}

/// `/login`: a token is shown once, here.
pub(super) async fn login(headers: HeaderMap) -> Response {
    named("/login.html", &headers)
}

/// `/wall`: all screens, for a television.
pub(super) async fn wall(headers: HeaderMap) -> Response {
    named("/wall.html", &headers)
}

/// `/screen`: one screen, which the query names.
pub(super) async fn screen(headers: HeaderMap) -> Response {
    named("/screen.html", &headers)
}

/// `/events`: what happened.
pub(super) async fn events(headers: HeaderMap) -> Response {
    named("/events.html", &headers)
}

/// A page with an address of its own.
fn named(file: &str, headers: &HeaderMap) -> Response {
    dashboard_file(file, headers)
        .unwrap_or_else(|| Problem::not_found("this binary was built without its dashboard").into_response())
}

/// `/hb.js`: one script tag is a complete installation.
pub(super) async fn script(headers: HeaderMap) -> Response {
    client_file("heartbeat.global.js", &headers)
}

/// `/client/<file>`: what the npm package holds.
pub(super) async fn client(Path(file): Path<String>, headers: HeaderMap) -> Response {
    client_file(&file, &headers)
}

/// `/demo/`: the demos there are.
pub(super) async fn demos(headers: HeaderMap) -> Response {
    demo_file("demo/index.html", &headers)
        .unwrap_or_else(|| Problem::not_found("this binary was built without its demos").into_response())
}

/// `/demo/<name>/…`: a page of a demo and its files.
pub(super) async fn demo(Path(path): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let inside = path.trim_end_matches('/');
    if !path.ends_with('/') && exists(&format!("{inside}/index.html")) {
        // Relative addresses in the page need the slash.
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let last = inside.rsplit('/').next().unwrap_or_default();
        return Redirect::permanent(&format!("{last}/{query}")).into_response();
    }
    let file = if path.ends_with('/') { format!("{inside}/index.html") } else { path };
    demo_file(&file, &headers)
        .or_else(|| lost::page(uri.path(), &headers))
        .unwrap_or_else(|| Problem::not_found(format!("no demo has `{file}`")).into_response())
}

/// Everything else: a file of the dashboard, or nothing: a page for a person, one line for a program.
pub(super) async fn free(request: Request) -> Response {
    let path = request.uri().path();
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    if path::target(path) == Target::Reserved {
        if reading && let Some(page) = lost::page(path, request.headers()) {
            return page;
        }
        return Problem::not_found(format!("there is nothing at {path}")).into_response();
    }
    // Browsers ask for this of pages that name no icon.
    let file = if path == "/favicon.ico" { FAVICON } else { path };
    if reading
        && let Some(found) =
            dashboard_file(file, request.headers()).or_else(|| lost::page(path, request.headers()))
    {
        return found;
    }
    if !reading && request.method() != Method::POST {
        let allow = [(header::ALLOW, HeaderValue::from_static(super::answer::METHODS))];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "this method is none of ours").into_response();
    }
    (StatusCode::BAD_REQUEST, unknown(path)).into_response()
}

fn client_file(name: &str, headers: &HeaderMap) -> Response {
    if let Some(file) = Client::get(name) {
        let mut found = embedded(Of::Client, name, file, headers);
        // A page from elsewhere that beats here loads its link from here, as a module, which asks for this.
        found.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        return found;
    }
    if Client::get("heartbeat.global.js").is_some() {
        return Problem::not_found(format!("the client has no file `{name}`")).into_response();
    }
    let script = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (StatusCode::SERVICE_UNAVAILABLE, script, NO_CLIENT).into_response()
}

fn dashboard_file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let mut file = page(&format!("dashboard{path}"), headers)?;
    file.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    file.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(file)
}

fn demo_file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let mut file = page(path, headers)?;
    file.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(DEMO_POLICY));
    Some(file)
}

fn page(path: &str, headers: &HeaderMap) -> Option<Response> {
    Pages::get(path).map(|file| embedded(Of::Pages, path, file, headers))
}

/// The texts of the pages in a language, as JSON.
pub(super) fn texts(tag: &str) -> Option<Cow<'static, [u8]>> {
    Pages::get(&format!("dashboard/lang/{tag}.json")).map(|file| file.data)
}

fn exists(path: &str) -> bool {
    Pages::get(path).is_some()
}

/// A file, or "not modified" for who has it already. It may change with the next version, so it is always asked for. Packed it
/// is another thing to whoever keeps it, with a tag of its own.
fn embedded(of: Of, path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let packs = packed::find(of, path);
    let packed = packs.filter(|_| packed::is_read_by(headers));
    let mut tag = String::from("\"");
    for byte in &file.metadata.sha256_hash()[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push_str(if packed.is_some() { "-gzip\"" } else { "\"" });
    let mut found = HeaderMap::new();
    found.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    found.insert(header::ETAG, HeaderValue::from_str(&tag).expect("digits and a word"));
    if packs.is_some() {
        found.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|value| value.trim().trim_start_matches("W/") == tag) {
        return (StatusCode::NOT_MODIFIED, found).into_response();
    }
    if packed.is_some() {
        found.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let data = match (packed, file.data) {
        (Some(data), _) | (None, Cow::Borrowed(data)) => Bytes::from_static(data),
        (None, Cow::Owned(data)) => Bytes::from(data),
    };
    (found, [(header::CONTENT_TYPE, media_type(path))], data).into_response()
}

fn media_type(path: &str) -> String {
    // Modules run only under a JavaScript type, and TypeScript's `.ts` is somebody else's in the registry.
    if path.ends_with(".js") || path.ends_with(".mjs") || path.ends_with(".cjs") {
        return "text/javascript; charset=utf-8".into();
    }
    if path.ends_with(".ts") || path.ends_with(".map") {
        return "text/plain; charset=utf-8".into();
    }
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = guess.type_() == mime_guess::mime::TEXT || guess.subtype() == mime_guess::mime::JSON;
    if is_text { format!("{guess}; charset=utf-8") } else { guess.to_string() }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_have_the_types_that_browsers_insist_on() {
        let cases = [
            ("index.html", "text/html; charset=utf-8"),
            ("a/b.js", "text/javascript; charset=utf-8"),
            ("b.mjs", "text/javascript; charset=utf-8"),
            ("style.css", "text/css; charset=utf-8"),
            ("heartbeat_bg.wasm", "application/wasm"),
            ("icon.svg", "image/svg+xml"),
            ("data.json", "application/json; charset=utf-8"),
            ("picture.png", "image/png"),
            ("index.d.ts", "text/plain; charset=utf-8"),
            ("noidea", "application/octet-stream"),
        ];
        for (path, expected) in cases {
            assert_eq!(media_type(path), expected, "{path}");
        }
    }

    #[test]
    fn only_what_is_served_is_embedded() {
        for path in Pages::iter() {
            assert!(!path.contains("node_modules") && !path.starts_with("test/"), "{path}");
            assert!(path.contains('/'), "{path}: pages have folders of their own");
        }
    }

    #[test]
    fn what_is_packed_is_what_is_embedded() {
        let packs = |of, path: &str, file: EmbeddedFile| {
            let Some(packed) = packed::find(of, path) else {
                let text = path.ends_with(".js") || path.ends_with(".css");
                assert!(!text || file.data.len() < 1024, "{path} is not packed");
                return None;
            };
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
            assert!(plain == *file.data && packed.len() < plain.len(), "{path}");
            Some(())
        };
        let pages = Pages::iter().filter_map(|path| packs(Of::Pages, &path, Pages::get(&path)?)).count();
        assert!(pages > 50, "{pages}");
        let client = Client::iter().filter_map(|path| packs(Of::Client, &path, Client::get(&path)?)).count();
        assert!(client > 5, "{client}");
    }
}
