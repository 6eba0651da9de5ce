//! One question to the server: two tries of two seconds, as the original's wrapper, and errors that say what to do.
//!
//! Blocking. No proxy: a heartbeat goes to this machine or its network. Not here: addresses, and what answers mean.

use std::io;
use std::time::Duration;

use hb_core::id::seen;
use hb_server::auth::Secret;
use hb_server::hilbert::MARK;
use hb_server::tls;
use serde::Deserialize;

mod follow;
mod trust;
mod udp;

pub(crate) use trust::Trust;

/// For each try.
const TIMEOUT: Duration = Duration::from_secs(2);
/// For each try at an answer that may be long.
const LONG_TIMEOUT: Duration = Duration::from_secs(5);
const TRIES: u32 = 2;

const NO_HOST: &str = "no such host; is the name right?";

/// How the server says to show a token, and how that is done here.
const TO_PROGRAMS: &str = "send `Authorization: Bearer hb_…`";
const TO_PEOPLE: &str = "show one by --token-file FILE or HB_TOKEN, or keep one with --save";

const KIB: u64 = 1024;
/// Longest answer to a beat that is read: the number is short, but a proxy in trouble may answer with a page.
const LONGEST: u64 = 64 * KIB;
/// Longest list of names: 100 000 of them, at 160 bytes each.
const LONGEST_LIST: u64 = 16 * 1024 * KIB;
/// Longest view of the API: that of 100 000 apps is about half of it.
const LONGEST_VIEW: u64 = 128 * 1024 * KIB;

/// Asks. Keeps its connection between questions.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    agent: ureq::Agent,
    trust: Trust,
    token: Option<Secret>,
    timeout: Duration,
    longest: u64,
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body. Not to be trusted on a terminal: see [`printable`].
    pub(crate) body: String,
}

/// The server said nothing, or nothing that helps.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("cannot reach {server}: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("{server} answers with more than {} KiB: is that an hb server?", longest / KIB)]
    Endless { server: String, longest: u64 },
    #[error("{server} refused: {status} {text}")]
    Refused { server: String, status: u16, text: String },
}

impl Client {
    /// For answers of a number or a sentence. All believe only `trust`, where they are to speak TLS.
    pub(crate) fn new(trust: &Trust) -> Self {
        Self::within(trust, TIMEOUT, LONGEST)
    }

    /// For a line that may name every app, or a list of their names.
    pub(crate) fn of_names(trust: &Trust) -> Self {
        Self::within(trust, TIMEOUT, LONGEST_LIST)
    }

    /// For answers that speak of every app at length, of the same server with the same token.
    pub(crate) fn for_views(&self) -> Self {
        Self::within(&self.trust, LONG_TIMEOUT, LONGEST_VIEW).showing(self.token.clone())
    }

    /// For the answer of a screen that has so many ms to give it: a picture, at most.
    pub(crate) fn for_answers_within(trust: &Trust, millis: u64) -> Self {
        Self::within(trust, TIMEOUT + Duration::from_millis(millis), LONGEST_LIST)
    }

    fn within(trust: &Trust, timeout: Duration, longest: u64) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .proxy(None)
            // A server that sends us elsewhere is no hb, and another's answer is none of its own.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(trust.tls())
            .user_agent(concat!("hb/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), trust: trust.clone(), token: None, timeout, longest }
    }

    /// The same, and shows this token with every question by HTTP.
    pub(crate) fn showing(self, token: Option<Secret>) -> Self {
        Self { token, ..self }
    }

    /// The answer to a `GET`, or to a beat by UDP, whatever its status.
    pub(crate) fn get(&self, url: &str) -> Result<Answer, NoAnswer> {
        if let Some(beat) = url.strip_prefix("udp://") {
            return udp::ask(beat, self.timeout, TRIES).map_err(|error| {
                let reason = match error.kind() {
                    io::ErrorKind::ConnectionRefused => "refused; is `hb serve --udp` running?".into(),
                    _ if udp::is_silence(&error) => self.silence(),
                    _ => io_reason(&error),
                };
                NoAnswer::Unreachable { server: server(url), reason }
            });
        }
        let mut tries = 1;
        loop {
            match self.try_get(url) {
                Ok(answer) => return Ok(answer),
                // What is too long would be no shorter the second time.
                Err(error) if tries == TRIES || matches!(error, ureq::Error::BodyExceedsLimit(_)) => {
                    return Err(self.no_answer(url, &error));
                }
                Err(_) => tries += 1,
            }
        }
    }

    /// The answer to one `POST` of JSON that changes something. Not tried twice: it may have been done.
    pub(crate) fn post(&self, url: &str, json: &str) -> Result<Answer, NoAnswer> {
        let request = self.with_token(self.agent.post(url)).content_type("application/json");
        self.read(request.send(json)).map_err(|error| self.no_answer(url, &error))
    }

    /// The answer to one `PUT` of JSON, not tried twice either.
    pub(crate) fn put(&self, url: &str, json: &str) -> Result<Answer, NoAnswer> {
        let request = self.with_token(self.agent.put(url)).content_type("application/json");
        self.read(request.send(json)).map_err(|error| self.no_answer(url, &error))
    }

    /// The answer to one `DELETE`, not tried twice either.
    pub(crate) fn delete(&self, url: &str) -> Result<Answer, NoAnswer> {
        let request = self.with_token(self.agent.delete(url));
        self.read(request.call()).map_err(|error| self.no_answer(url, &error))
    }

    fn with_token<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.token {
            Some(token) => request.header("Authorization", format!("Bearer {}", token.reveal())),
            None => request,
        }
    }

    /// The body of a `GET` that was answered by 200.
    pub(crate) fn get_ok(&self, url: &str) -> Result<String, NoAnswer> {
        match self.get(url)? {
            Answer { status: 200, body } => Ok(body),
            Answer { status, body } => Err(refused(url, status, &body)),
        }
    }

    fn try_get(&self, url: &str) -> Result<Answer, ureq::Error> {
        self.read(self.with_token(self.agent.get(url)).header(MARK.0, MARK.1).call())
    }

    fn read(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, ureq::Error> {
        let response = response?;
        let status = response.status().as_u16();
        let body =
            response.into_body().into_with_config().limit(self.longest).lossy_utf8(true).read_to_string()?;
        Ok(Answer { status, body })
    }

    fn no_answer(&self, url: &str, error: &ureq::Error) -> NoAnswer {
        let server = server(url);
        match error {
            ureq::Error::BodyExceedsLimit(_) => NoAnswer::Endless { server, longest: self.longest },
            error => NoAnswer::Unreachable { server, reason: self.reason(error) },
        }
    }

    fn silence(&self) -> String {
        format!("no answer within {} s, twice; is this the right address?", self.timeout.as_secs())
    }

    /// Why there was no answer, and what to do about it, in the words of the person who has to.
    fn reason(&self, error: &ureq::Error) -> String {
        if let Some(reason) = tls::reason(error) {
            return reason;
        }
        match error {
            ureq::Error::ConnectionFailed => "connection failed; is `hb serve` running?".into(),
            ureq::Error::Timeout(_) => self.silence(),
            ureq::Error::HostNotFound => NO_HOST.into(),
            ureq::Error::Io(io) => tls::reason(io).unwrap_or_else(|| io_reason(io)),
            // It may repeat what a server said, as in a redirect.
            other => printable(&other.to_string()),
        }
    }
}

/// What a server that answered otherwise than by 200 said.
fn refused(url: &str, status: u16, body: &str) -> NoAnswer {
    let said = detail(body);
    let said = said.as_deref().or_else(|| body.lines().next()).unwrap_or_default();
    let text = printable(said).chars().take(300).collect();
    NoAnswer::Refused { server: server(url), status, text }
}

/// What the system says when a connection fails, and what to look at.
fn io_reason(error: &io::Error) -> String {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkUnreachable,
        UnexpectedEof,
    };
    let text = match error.kind() {
        ConnectionRefused => "connection refused; is `hb serve` running?",
        HostUnreachable => "no machine answers there; is it switched on, and the address right?",
        NetworkUnreachable => "no network leads there; is the cable in, and the address right?",
        ConnectionReset | ConnectionAborted | UnexpectedEof => "it hung up; is that an hb server?",
        // A lookup that fails has no kind of its own.
        _ if error.to_string().contains("lookup") => NO_HOST,
        _ => return error.to_string(),
    };
    text.into()
}

/// What a refusal says to a person at a terminal: the server's own sentence where it has one, which speaks to programs too.
pub(crate) fn problem(status: u16, body: &str) -> String {
    let plain = || format!("the server refused: {status} {}", body.lines().next().unwrap_or_default());
    detail(body).unwrap_or_else(plain)
}

/// The sentence in a problem document (RFC 9457), as it is said to a person.
fn detail(body: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }
    serde_json::from_str(body).ok().map(|Problem { detail }| detail.replace(TO_PROGRAMS, TO_PEOPLE))
}

/// Scheme, host and port of an address.
pub(crate) fn server(url: &str) -> String {
    let start = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |end| start + end);
    url[..end].into()
}

/// Text that can do no harm on a terminal, and reads as it looks: what is not seen becomes `?`, but for line ends.
pub(crate) fn printable(text: &str) -> String {
    seen(text).map(|(c, seen)| if seen || c == '\n' { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_server_and_nothing_more() {
        for (url, expected) in [
            ("http://a:1/p/hb_ping?5&appid=x", "http://a:1"),
            ("http://[::1]:8888", "http://[::1]:8888"),
            ("http://a?next=5", "http://a"),
        ] {
            assert_eq!(server(url), expected);
        }
    }

    #[test]
    fn what_the_system_says_is_told_with_what_to_look_at() {
        let lookup = "failed to lookup address information: Name or service not known";
        for (error, expected) in [
            (io::ErrorKind::ConnectionRefused.into(), "connection refused; is `hb serve` running?"),
            (
                io::ErrorKind::HostUnreachable.into(),
                "no machine answers there; is it switched on, and the address right?",
            ),
            (
                io::ErrorKind::NetworkUnreachable.into(),
                "no network leads there; is the cable in, and the address right?",
            ),
            (io::ErrorKind::ConnectionReset.into(), "it hung up; is that an hb server?"),
            (io::Error::other(lookup), NO_HOST),
            (io::Error::other("out of luck"), "out of luck"),
        ] {
            assert_eq!(io_reason(&error), expected);
        }
    }

    #[test]
    fn an_answer_cannot_speak_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\rc\nd"), "a?[2Jb?c\nd");
        assert_eq!(printable("Tet\u{200b}ris\u{202e}\n"), "Tet?ris?\n");
    }
}
