//! The page for a person who opened an address where nothing is. Not here: what programs get there (`ui::free`), byte
//! for byte as ever.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::path;

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
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))];
    Some((StatusCode::NOT_FOUND, policy, Html(html(path))).into_response())
}

fn wants_html(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut types =
        lines.flat_map(|line| line.split(',')).map(|kind| kind.split(';').next().unwrap_or_default());
    types.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
}

fn html(path: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Nothing here – hb</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem }}</style>
<h1>Nothing here</h1>
<p>hb runs, and has no page <code>{}</code>.
<p><a href="/">To the dashboard</a>, where all screens are, or to <a href="/demo/">the demos</a>.
"#,
        escaped(path)
    )
}

/// The beginning of a path as text of a page.
fn escaped(path: &str) -> String {
    let mut text = String::new();
    for c in path.chars().take(LONGEST) {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            c => text.push(c),
        }
    }
    if path.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text_and_nothing_else() {
        assert_eq!(escaped("/<b>&amp;</b>"), "/&lt;b&gt;&amp;amp;&lt;/b&gt;");
        assert_eq!(escaped(&"/".repeat(81)), "/".repeat(80) + "…");
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
