//! The pages behind links: one that asks, and one that says what became of it. Not here: deciding that.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::notify::render::Words;
use crate::watch::links::Action;

/// The page runs nothing, loads nothing, stands in no frame, and sends its form to where it came from only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// What is asked before it is done.
pub(super) struct Asked<'a> {
    pub(super) action: Action,
    pub(super) words: &'a Words,
    /// The page that would be asked does not listen now.
    pub(super) deaf: bool,
}

/// What became of it, or why nothing did.
#[derive(Debug)]
pub(super) enum Said {
    Acknowledged(String),
    Snoozed(String),
    Reloads(String),
    /// Its page answered that it does not.
    Unwilling(String),
    /// It was asked, or was about to be, and did not answer.
    Unheard(String),
    /// No page of it listens; the link is still good.
    Deaf,
    Unknown,
    Used,
    Expired,
    /// The incident is.
    Over,
    TooOften(Duration),
    /// The disk did not take that the link is used, so it is not.
    Busy(String),
    /// It was done, and a restart forgets it.
    NotKept(String),
    Broken,
}

/// The page that asks.
pub(super) fn asked(asked: &Asked<'_>) -> Response {
    let (button, follows) = match asked.action {
        Action::Acknowledge => {
            ("I take care of it", "Nobody is reminded of it any more. You are told when it works again.")
        }
        Action::Snooze => ("Quiet for 1 hour", "Nobody is told of it for an hour."),
        Action::Reload => ("Reload the page", "What it shows begins anew, in front of whoever stands there."),
    };
    let mut body = format!("<h1>{}</h1>\n", escaped(&asked.words.title));
    for line in asked.words.lines() {
        let _ = writeln!(body, "<p>{}", escaped(&line));
    }
    if asked.deaf {
        body.push_str(
            "<p>Its page does not listen now, so it cannot be asked. Somebody must go there, or try again.\n",
        );
        return answer(StatusCode::OK, &asked.words.title, &body);
    }
    let _ = write!(
        body,
        "<form method=\"post\"><button>{button}</button></form>\n<p>{follows} This works once.\n"
    );
    answer(StatusCode::OK, &asked.words.title, &body)
}

/// The page that says something.
pub(super) fn said(said: &Said) -> Response {
    let (status, title, text) = match said {
        Said::Acknowledged(name) => (
            StatusCode::OK,
            "Thank you".into(),
            format!("You take care of {name}. Nobody is reminded of it any more."),
        ),
        Said::Snoozed(name) => (StatusCode::OK, "Quiet".into(), format!("Nobody is told of {name} for an hour.")),
        Said::Reloads(name) => (StatusCode::OK, "It reloads".into(), format!("{name} loads its page again.")),
        Said::Unwilling(name) => (
            StatusCode::OK,
            "It does not reload".into(),
            format!("{name} was asked to load its page again, and its page refused."),
        ),
        Said::Unheard(name) => (
            StatusCode::BAD_GATEWAY,
            "No answer".into(),
            format!("{name} was asked to load its page again and did not answer. Somebody must go there."),
        ),
        Said::Deaf => (
            StatusCode::CONFLICT,
            "Nobody listens".into(),
            "The page does not listen now, so it cannot be asked. This link still works: try again, or go there.".into(),
        ),
        Said::Unknown => (
            StatusCode::NOT_FOUND,
            "Not a link of this server".into(),
            "It is incomplete, or of another server. Open it from the message itself, in one piece.".into(),
        ),
        Said::Used => (
            StatusCode::GONE,
            "Used already".into(),
            "This link was used: each works once. The next message has new ones.".into(),
        ),
        Said::Expired => (
            StatusCode::GONE,
            "Too old".into(),
            "Links work for a day. The next message has new ones.".into(),
        ),
        Said::Over => {
            (StatusCode::GONE, "It is over".into(), "There is nothing to do any more.".into())
        }
        Said::TooOften(after) => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many wrong links".into(),
            format!("Too many came from your address: try again in {} s.", after.as_millis().div_ceil(1000).max(1)),
        ),
        Said::Busy(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Not now".into(),
            format!("Nothing was done, because the server's memory is in trouble ({why}). This link still works: try again."),
        ),
        Said::NotKept(why) => (
            StatusCode::OK,
            "Done, for now".into(),
            format!("It holds until the server is started again: its memory is in trouble ({why})."),
        ),
        Said::Broken => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Not done".into(), "Something went wrong here.".into())
        }
    };
    let title: String = title;
    let body = format!("<h1>{}</h1>\n<p>{}\n", escaped(&title), escaped(&text));
    let mut answer = answer(status, &title, &body);
    if let Said::TooOften(after) = said {
        answer.headers_mut().insert(header::RETRY_AFTER, after.as_secs().max(1).into());
    }
    answer
}

fn answer(status: StatusCode, title: &str, body: &str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (ROBOTS, HeaderValue::from_static("noindex, nofollow")),
    ];
    let page = format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<title>{} – hb</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1rem; overflow-wrap: anywhere }}
button {{ font: inherit; padding: .8rem 1.2rem }}
</style>
{body}"#,
        escaped(title)
    );
    (status, headers, Html(page)).into_response()
}

/// Names of apps are whatever somebody calls them.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
