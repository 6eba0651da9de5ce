//! What the API says of the apps, and whether there is one. Not here: what follows from it (`overview`).
//!
//! The original has no API, and its own line must do there. That line knows fewer states than ours, so whoever merely
//! refused or broke must not pass for the original: a dead screen would show as a warning.

use hb_core::wire::status::escaped;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::address::Address;
use super::super::ask::{Answer, Client, NoAnswer};
use super::overview::App;

/// What the API was found to say.
#[derive(Debug)]
pub(super) enum View {
    /// The apps that were asked for.
    Apps(Vec<App>),
    /// A server that has no API, as the original.
    NoApi,
    /// There may be an API, and it says nothing that helps: why, and what to do.
    Hidden(String),
}

/// Asks for the apps whose app, host or slot holds `text`, or for all.
pub(super) fn ask(client: &Client, address: &Address, text: Option<&str>) -> Result<View, NoAnswer> {
    let query = text.map(|text| format!("?q={}", utf8_percent_encode(text, NON_ALPHANUMERIC)));
    let url = address.page(&format!("api/v1/apps{}", query.unwrap_or_default()));
    match client.for_views().get(&url) {
        Ok(answer) => Ok(view(&url, &answer)),
        Err(error @ NoAnswer::Endless { .. }) => Ok(View::Hidden(error.to_string())),
        Err(error) => Err(error),
    }
}

fn view(url: &str, Answer { status, body }: &Answer) -> View {
    let url = url.split('?').next().unwrap_or_default();
    match status {
        200 => serde_json::from_str(body).map_or_else(
            |_| {
                View::Hidden(format!(
                    "{url} answers with no list of apps: is that an hb server, and as new as this hb?"
                ))
            },
            View::Apps,
        ),
        400 | 404 if !is_ours(body) => View::NoApi,
        _ => View::Hidden(format!("{url} refused: {status} {}", why(*status, body))),
    }
}

/// Whether a refusal is one of hb's own: its sentence for a command that is none, or a problem document.
fn is_ours(body: &str) -> bool {
    body.contains("hb_state") || detail(body).is_some()
}

/// The server's own sentence where it has one, else what its status means to a person.
fn why(status: u16, body: &str) -> String {
    let ours =
        "the API is there, but not under this path: leave the path out, as in --url http://127.0.0.1:8888";
    match (status, detail(body)) {
        (400, None) if is_ours(body) => ours.into(),
        (_, Some(detail)) => escaped(detail.chars().take(300).collect::<String>()),
        (421, None) => {
            "the server does not know this name: add it to allowed_hosts in its hb.toml, or ask by address"
                .into()
        }
        (401 | 403 | 407, None) => {
            "something before the server wants a login: ask the server itself, by its address".into()
        }
        (429 | 503, None) => {
            "too busy, or not up yet: ask again in a moment; if it stays, look at what `hb serve` says".into()
        }
        (500.., None) => "the server is in trouble: look at what `hb serve` says".into(),
        _ => "is that an hb server?".into(),
    }
}

/// The sentence in a problem document (RFC 9457).
fn detail(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Problem {
        detail: String,
    }
    serde_json::from_str(body).ok().map(|Problem { detail }| detail).filter(|detail| !detail.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://hall-3:8888/api/v1/apps?q=x";

    #[test]
    fn only_a_server_that_knows_no_api_passes_for_the_original() {
        for (status, body, original) in [
            (400, "unknown command", true),
            (404, "<html>Not Found</html>", true),
            (
                400,
                "unknown command `/p/api/v1/apps`: expected hb_init, hb_ping, hb_done, hb_state, list or status",
                false,
            ),
            (
                404,
                r#"{"type":"about:blank","status":404,"detail":"there is nothing at /api/v1/apps"}"#,
                false,
            ),
            (200, "<html>hello</html>", false),
            (200, "", false),
            (301, "", false),
            (403, "", false),
            (421, "", false),
            (500, "broken", false),
            (503, "unknown command", false),
        ] {
            let found = view(URL, &Answer { status, body: body.into() });
            assert_eq!(matches!(found, View::NoApi), original, "{status} {body}: {found:?}");
            assert!(!matches!(found, View::Apps(_)), "{status} {body}: {found:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let problem = |detail: &str| serde_json::json!({ "detail": detail }).to_string();
        for (status, body, expected) in [
            (
                421,
                problem(
                    "`hall-3` is no name of this server: add it to allowed_hosts in hb.toml, or use an address",
                ),
                "`hall-3` is no name of this server: add it to allowed_hosts in hb.toml, or use an address",
            ),
            (
                421,
                String::new(),
                "the server does not know this name: add it to allowed_hosts in its hb.toml, or ask by address",
            ),
            (503, problem("16 long answers | are under way"), "16 long answers %7C are under way"),
            (502, "<html>".into(), "the server is in trouble: look at what `hb serve` says"),
            (
                400,
                "expected hb_state".into(),
                "the API is there, but not under this path: leave the path out, as in --url http://127.0.0.1:8888",
            ),
            (302, String::new(), "is that an hb server?"),
        ] {
            let View::Hidden(text) = view(URL, &Answer { status, body }) else {
                panic!("{status} is a refusal")
            };
            assert_eq!(text, format!("http://hall-3:8888/api/v1/apps refused: {status} {expected}"));
        }
    }
}
