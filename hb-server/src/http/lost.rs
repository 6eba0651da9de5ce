//! The page for a person who opened an address where nothing is. Not here: what programs get there (`ui::free`), byte
//! for byte as ever.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::leaf::{self, escaped};
use super::path;
use super::tongue::Tongue;

/// The page runs nothing and loads nothing: the path in it is a stranger's.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Longest path that is shown, in characters.
const LONGEST: usize = 80;

/// The page, if it is a browser that asks for one. A mistyped command keeps its sentence, which says more.
pub(super) fn page(path: &str, headers: &HeaderMap) -> Option<Response> {
    let is_command = path.rsplit('/').next().is_some_and(|last| last.starts_with("hb_"));
    if is_command || path::is_api(path) || !wants_html(headers) {
        return None;
    }
    let policy = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::VARY, HeaderValue::from_static("accept, accept-language")),
    ];
    Some((StatusCode::NOT_FOUND, policy, Html(html(&Tongue::of(headers), path))).into_response())
}

fn wants_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut types =
        lines.flat_map(|line| line.split(',')).map(|kind| kind.split(';').next().unwrap_or_default());
    types.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

fn html(tongue: &Tongue, path: &str) -> String {
    let say = |text| escaped(&tongue.say(text, &[]));
    // What is said of it is ours, without markup; the path is not.
    let path = format!("<code>{}</code>", shown(path));
    let said = tongue.say("hb runs, and has no page {path}.", &[("path", &path)]);
    let (nothing, home, demos) = (say("Nothing here"), say("To the dashboard"), say("To the demos"));
    let body = format!(
        "<h1>{nothing}</h1>\n<p>{said}\n<p><a href=\"/\">{home}</a>\n<p><a href=\"/demo/\">{demos}</a>\n"
    );
    leaf::html(tongue, &tongue.say("Nothing here", &[]), &body)
}

/// The beginning of a path as text of a page.
fn shown(path: &str) -> String {
    let begins: String = path.chars().take(LONGEST).collect();
    let rest = if path.chars().nth(LONGEST).is_some() { "…" } else { "" };
    escaped(&begins) + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text_and_nothing_else() {
        assert_eq!(shown("/<b>&amp;</b>"), "/&lt;b&gt;&amp;amp;&lt;/b&gt;");
        assert_eq!(shown(&"/".repeat(81)), "/".repeat(80) + "…");
    }

    #[test]
    fn commands_and_the_api_have_no_page() {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("text/html"))]);
        for (path, is_page) in [
            ("/nowhere", true),
            ("/apix", true),
            ("/a/api", true),
            ("/api", false),
            ("/api/v1/nope", false),
            ("//api/v1/nope", false),
            ("/hb_pnig", false),
            ("/a/hb_pnig", false),
            ("/hb_pnig/a", true),
        ] {
            assert_eq!(page(path, &headers).is_some(), is_page, "{path}");
        }
    }

    #[test]
    fn only_browsers_want_a_page() {
        for (accept, wanted) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, text/html;q=0.5", true),
            ("TEXT/HTML", true),
            ("*/*", false),
            ("text/plain", false),
            ("text/htmlx", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(wants_html(&headers), wanted, "{accept}");
        }
        assert!(!wants_html(&HeaderMap::new()));
    }
}
