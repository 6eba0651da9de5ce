//! The pages behind links: one that asks, and one that says what became of it. Not here: deciding that.

use std::fmt::Write as _;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::notify::render::{Told, Words};
use crate::watch::links::Action;

use crate::http::leaf::{self, escaped};
use crate::http::tongue::Tongue;

/// The page runs nothing, loads nothing, stands in no frame, and sends its form to where it came from only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// As messages write them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What is asked before it is done.
pub(super) struct Asked<'a> {
    pub(super) action: Action,
    pub(super) words: &'a Words,
    /// The page that would be asked does not listen now.
    pub(super) deaf: bool,
}

/// How people call a screen, a group or a host, in any language.
#[derive(Clone, Debug, Default)]
pub(super) struct Name {
    app: String,
    place: String,
}

impl Name {
    pub(super) fn of(told: &Told) -> Self {
        // Where anything would do, the place is all there is to say.
        let app = if told.app == "*" { String::new() } else { told.app.clone() };
        let place =
            if told.slot.is_empty() { told.host.clone() } else { format!("{}, {}", told.host, told.slot) };
        Self { app, place }
    }

    /// One that a message has as text: "Tetris on kiosk-7".
    fn read(text: &str) -> Self {
        let (app, place) = text.rsplit_once(" on ").unwrap_or(("", text));
        Self { app: app.to_owned(), place: place.to_owned() }
    }

    fn said(&self, tongue: &Tongue) -> String {
        if self.app.is_empty() {
            return self.place.clone();
        }
        tongue.say("{app} on {place}", &[("app", &self.app), ("place", &self.place)])
    }
}

/// What became of it, or why nothing did.
#[derive(Debug)]
pub(super) enum Said {
    Acknowledged(Name),
    Snoozed(Name),
    Reloads(Name),
    /// Its page answered that it does not.
    Unwilling(Name),
    /// It was asked, or was about to be, and did not answer.
    Unheard(Name),
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
pub(super) fn asked(tongue: &Tongue, asked: &Asked<'_>) -> Response {
    let say = |text| tongue.say(text, &[]);
    let (button, follows) = match asked.action {
        Action::Acknowledge => (
            say("I take care of it"),
            say("Nobody is reminded of it any more. You are told when it works again."),
        ),
        Action::Snooze => (say("Quiet for 1 hour"), say("Nobody is told of it for an hour.")),
        Action::Reload => {
            (say("Reload the page"), say("What it shows begins anew, in front of whoever stands there."))
        }
    };
    // An open incident is told as one that opens.
    let title = asked.words.incidents.first().map_or_else(
        || asked.words.title.clone(),
        |told| tongue.say("{name} does not work", &[("name", &Name::of(told).said(tongue))]),
    );
    let mut body = format!("<h1>{}</h1>\n", escaped(&title));
    for told in &asked.words.incidents {
        let (sentence, clock) = (capital(&sentence(tongue, told)), clock(tongue, &told.clock));
        let lasted = told.lasted.replace("days", &say("days"));
        let holes = [("sentence", &*sentence), ("clock", &clock), ("lasted", &lasted)];
        let _ =
            write!(body, "<p>{}", escaped(&tongue.say("{sentence}, since {clock}, for {lasted}.", &holes)));
        if !told.covers.is_empty() {
            let names: Vec<String> = told.covers.iter().map(|name| Name::read(name).said(tongue)).collect();
            let _ = write!(body, " {}", escaped(&names.join("; ")));
        }
        if told.more > 0 {
            let more = tongue.say("And {n} more.", &[("n", &told.more.to_string())]);
            let _ = write!(body, ". {}", escaped(&more));
        }
        body.push('\n');
    }
    if asked.deaf {
        let text =
            say("Its page does not listen now, so it cannot be asked. Somebody must go there, or try again.");
        let _ = writeln!(body, "<p>{}", escaped(&text));
        return answer(tongue, StatusCode::OK, &title, &body);
    }
    let once = say("This works once.");
    let _ = writeln!(
        body,
        "<form method=\"post\"><button>{}</button></form>\n<p>{} {}",
        escaped(&button),
        escaped(&follows),
        escaped(&once)
    );
    answer(tongue, StatusCode::OK, &title, &body)
}

/// The page that says something.
pub(super) fn said(tongue: &Tongue, said: &Said) -> Response {
    let say = |text| tongue.say(text, &[]);
    let of = |name: &Name, text| tongue.say(text, &[("name", &name.said(tongue))]);
    let trouble = |why: &str, text| tongue.say(text, &[("why", why)]);
    let (status, title, text) = match said {
        Said::Acknowledged(name) => (
            StatusCode::OK,
            say("Thank you"),
            of(name, "You take care of {name}. Nobody is reminded of it any more."),
        ),
        Said::Snoozed(name) => {
            (StatusCode::OK, say("Quiet"), of(name, "Nobody is told of {name} for an hour."))
        }
        Said::Reloads(name) => (StatusCode::OK, say("It reloads"), of(name, "{name} loads its page again.")),
        Said::Unwilling(name) => (
            StatusCode::OK,
            say("It does not reload"),
            of(name, "{name} was asked to load its page again, and its page refused."),
        ),
        Said::Unheard(name) => (
            StatusCode::BAD_GATEWAY,
            say("No answer"),
            of(name, "{name} was asked to load its page again and did not answer. Somebody must go there."),
        ),
        Said::Deaf => (
            StatusCode::CONFLICT,
            say("Nobody listens"),
            say(
                "The page does not listen now, so it cannot be asked. This link still works: try again, or go there.",
            ),
        ),
        Said::Unknown => (
            StatusCode::NOT_FOUND,
            say("Not a link of this server"),
            say("It is incomplete, or of another server. Open it from the message itself, in one piece."),
        ),
        Said::Used => (
            StatusCode::GONE,
            say("Used already"),
            say("This link was used: each works once. The next message has new ones."),
        ),
        Said::Expired => {
            (StatusCode::GONE, say("Too old"), say("Links work for a day. The next message has new ones."))
        }
        Said::Over => (StatusCode::GONE, say("It is over"), say("There is nothing to do any more.")),
        Said::TooOften(after) => {
            let seconds = after.as_millis().div_ceil(1000).max(1).to_string();
            (
                StatusCode::TOO_MANY_REQUESTS,
                say("Too many wrong links"),
                tongue.say("Too many came from your address: try again in {n} s.", &[("n", &seconds)]),
            )
        }
        Said::Busy(why) => (
            StatusCode::SERVICE_UNAVAILABLE,
            say("Not now"),
            trouble(
                why,
                "Nothing was done, because the server’s memory is in trouble ({why}). This link still works: try again.",
            ),
        ),
        Said::NotKept(why) => (
            StatusCode::OK,
            say("Done, for now"),
            trouble(why, "It holds until the server is started again: its memory is in trouble ({why})."),
        ),
        Said::Broken => {
            (StatusCode::INTERNAL_SERVER_ERROR, say("Not done"), say("Something went wrong here."))
        }
    };
    let body = format!("<h1>{}</h1>\n<p>{}\n", escaped(&title), escaped(&text));
    let mut answer = answer(tongue, status, &title, &body);
    if let Said::TooOften(after) = said {
        answer.headers_mut().insert(header::RETRY_AFTER, after.as_secs().max(1).into());
    }
    answer
}

/// What is wrong: of a group, how many are silent.
fn sentence(tongue: &Tongue, told: &Told) -> String {
    let say = |text, n: usize| tongue.say(text, &[("n", &n.to_string())]);
    match told.covers.len() + told.more {
        0 => tongue.say(&told.sentence, &[]),
        1 => say("{n} screen is silent", 1),
        many => say("{n} screens are silent", many),
    }
}

/// "14:02 CET", or "3 Oct 14:02 CET" where it was on another day.
fn clock(tongue: &Tongue, text: &str) -> String {
    let Some((day, rest)) = text.split_once(' ') else { return text.to_owned() };
    let Some((month, rest)) = rest.split_once(' ') else { return text.to_owned() };
    if !MONTHS.contains(&month) {
        return text.to_owned();
    }
    let month = tongue.say(month, &[]);
    tongue.say("{day} {month} {time}", &[("day", day), ("month", &month), ("time", rest)])
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn answer(tongue: &Tongue, status: StatusCode, title: &str, body: &str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (ROBOTS, HeaderValue::from_static("noindex, nofollow")),
        (header::VARY, HeaderValue::from_static("accept-language")),
    ];
    (status, headers, Html(leaf::html(tongue, title, body))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn tongue(tag: &str) -> Tongue {
        let wanted = HeaderValue::from_str(tag).expect("a tag is ASCII");
        Tongue::of(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, wanted)]))
    }

    #[test]
    fn names_and_days_are_said_in_the_language_of_the_page() {
        let (german, english) = (tongue("de"), tongue("en"));
        for (text, said) in [
            ("Tetris on kiosk-7, left", "Tetris auf kiosk-7, left"),
            ("Live on Mars on kiosk-7", "Live on Mars auf kiosk-7"),
            ("hall 3", "hall 3"),
        ] {
            assert_eq!(Name::read(text).said(&german), said);
            assert_eq!(Name::read(text).said(&english), text);
        }
        for (text, said) in [
            ("14:02 CET", "14:02 CET"),
            ("3 Oct 14:02 CET", "3. Okt. 14:02 CET"),
            ("31 May 04:00 +03", "31. Mai 04:00 +03"),
        ] {
            assert_eq!(clock(&german, text), said);
            assert_eq!(clock(&english, text), text);
        }
    }
}
