//! The wire of the Hilbert protocol: query strings to [`Beat`] and back, and the texts of `list` and `status`.
//!
//! Everything a peer can send dies or is checked here, so that the machines behind never fail. Decisions where the
//! protocol is silent: of a parameter given twice the first counts, even if it is malformed; names and values are
//! decoded after splitting, `+` is a blank as in any form (`encodeURIComponent` and Python's `urlencode` both read back
//! right), a `%` that begins no escape stands for itself (old clients do not encode); a malformed `host` or `slot` is an
//! error and not dropped, since without it the beat would speak for another screen.
//! Not here: paths, methods, headers (the shell's), and who may declare a host.

mod encode;
pub mod list;
mod query;
pub mod status;
mod vitals;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;

use crate::beat::{Beat, Promise, Verb};
use crate::id::{Identity, InvalidName, seen};

pub use encode::push_key;
use query::{Pairs, decode};
use vitals::Reader;

/// One request, parsed and checked. Borrows from the query wherever nothing was percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'q> {
    /// What it says.
    pub beat: Beat<'q>,
    /// The app's id: 1 to 255 bytes, all of them [`seen`].
    pub app: Cow<'q, str>,
    /// The host it declares, 1 to 64 bytes; `None` when it declares none.
    pub host: Option<Cow<'q, str>>,
    /// The slot it declares, 1 to 64 bytes; `None` when it declares none.
    pub slot: Option<Cow<'q, str>>,
}

/// Why a query was refused: one line for whoever sent it, saying what was wrong and what is expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// No `appid` at all.
    #[error("appid is missing: expected the app's id, as in hb_ping?5000&appid=Tetris")]
    NoApp,
    /// No `container` at all.
    #[error("container is missing: expected the app's id, as in heartbeat.html?container=Tetris&next=5000")]
    NoContainer,
    /// A name that cannot be one: parameter and reason.
    #[error("{0} {1}")]
    Name(&'static str, InvalidName),
    /// A name whose bytes are no text.
    #[error("{0} is not UTF-8: expected percent-encoded UTF-8")]
    NotText(&'static str),
    /// `T` is not a number of milliseconds.
    #[error(
        "T is `{0}`: expected a promise in whole milliseconds from 0 to 604800000, as in hb_ping?5000&appid=Tetris"
    )]
    Promise(Box<str>),
    /// `T` is a number, and more than 7 days.
    #[error("T is {0} ms: expected at most 604800000 (7 days)")]
    LongPromise(Box<str>),
    /// `hb_state` without a `state`.
    #[error("state is missing: expected one of {words}", words = vitals::DiagnosisWords)]
    NoState,
    /// `hb_state` with a `state` that is no word of the vocabulary.
    #[error("state is `{0}`: expected one of {words}", words = vitals::DiagnosisWords)]
    UnknownState(Box<str>),
}

/// Parses the query of a verb: `<T>&appid=<ID>[&…]`, without the question mark.
///
/// `T` is the first token if that has no name; an empty or missing `T` is 0, a fraction rounds up. Unknown parameters
/// are ignored. Vitals that are malformed are dropped and counted in [`Beat::malformed`].
///
/// ```
/// use hb_core::beat::Verb;
///
/// let request = hb_core::wire::parse(Verb::Ping, "5000&appid=Tetris&cache_buster=17").unwrap();
/// assert_eq!((request.beat.promise.as_millis(), &*request.app), (5000, "Tetris"));
/// ```
///
/// # Errors
/// A `T` that is no number of ms up to 7 days, an `appid` that is missing or no name, a `host` or `slot` that is no
/// name, and for `hb_state` a `state` that is missing or unknown.
pub fn parse(verb: Verb, query: &str) -> Result<Request<'_>, ParseError> {
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.');
    let (first, rest) = query.split_once('&').unwrap_or((query, ""));
    // `URLSearchParams` and Python's `urlencode` write a parameter without a value as `5000=`.
    let (promise, rest) = match first.split_once('=').unwrap_or((first, "")) {
        (bare, "") if bare == first || bare.starts_with(numeric) => (promise(bare)?, rest),
        _ => (Promise::default(), query),
    };
    read(verb, rest, Some(promise), "appid")
}

/// Parses the query of the template form, `container=<ID>&next=<T>`: a ping.
///
/// # Errors
/// As [`parse`], with `container` for `appid` and `next` for `T`.
pub fn parse_template(query: &str) -> Result<Request<'_>, ParseError> {
    read(Verb::Ping, query, None, "container")
}

/// The key that a query holds, as whoever may beat for an app knows it; empty is none. A beat is read without it, so that
/// nobody who shows a beat shows a key.
#[must_use]
pub fn key(query: &str) -> Option<Cow<'_, str>> {
    let (_, raw) = Pairs::new(query).find(|(name, _)| name == "key")?;
    decode(raw).filter(|key| !key.is_empty())
}

/// The app that a `status` asks for, in the place of who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'q> {
    /// Its id.
    pub app: Cow<'q, str>,
    /// Its window of the host; empty when there is only one.
    pub slot: Cow<'q, str>,
}

/// Parses the query of `status`: the app asked for, `None` when all are meant (no `appid`, or an empty one).
///
/// # Errors
/// An `appid` or a `slot` that is no name.
pub fn parse_status(query: &str) -> Result<Option<Asked<'_>>, ParseError> {
    let first = |parameter| {
        let found = Pairs::new(query).find(|(name, _)| name == parameter);
        found.map_or(Ok(None), |(_, value)| place(parameter, value))
    };
    let slot = first("slot")?.unwrap_or_default();
    Ok(first("appid")?.map(|app| Asked { app, slot }))
}

/// Reads the named parameters; `next` is read as the promise where none was given.
fn read<'q>(
    verb: Verb,
    query: &'q str,
    given: Option<Promise>,
    app_name: &'static str,
) -> Result<Request<'q>, ParseError> {
    let (mut app, mut host, mut slot, mut next) = (None, None, None, None);
    let mut vitals = Reader::default();
    for (name, value) in Pairs::new(query) {
        match &*name {
            name if name == app_name => app = app.or(Some(value)),
            "host" => host = host.or(Some(value)),
            "slot" => slot = slot.or(Some(value)),
            "next" => next = next.or(Some(value)),
            name => vitals.read(name, value),
        }
    }
    let app = match app {
        None if given.is_none() => return Err(ParseError::NoContainer),
        None => return Err(ParseError::NoApp),
        Some(raw) => name(app_name, raw)?,
    };
    let promise = match (given, next) {
        (Some(promise), _) => promise,
        (None, next) => promise(next.unwrap_or_default())?,
    };
    let host = host.map_or(Ok(None), |raw| place("host", raw))?;
    let slot = slot.map_or(Ok(None), |raw| place("slot", raw))?;
    let beat = vitals.finish(verb, promise)?;
    Ok(Request { beat, app, host, slot })
}

/// A checked name from its raw value.
fn name<'q>(parameter: &'static str, raw: &'q str) -> Result<Cow<'q, str>, ParseError> {
    let text = decode(raw).ok_or(ParseError::NotText(parameter))?;
    let checked = match parameter {
        "host" => Identity::new(&text, "", "-"),
        "slot" => Identity::new("-", &text, "-"),
        _ => Identity::new("-", "", &text),
    };
    match checked {
        Ok(_) => Ok(text),
        Err(reason) => Err(ParseError::Name(parameter, reason)),
    }
}

/// A checked name, or `None` for an empty one.
fn place<'q>(parameter: &'static str, raw: &'q str) -> Result<Option<Cow<'q, str>>, ParseError> {
    if raw.is_empty() { Ok(None) } else { name(parameter, raw).map(Some) }
}

/// `T` from its raw token: decimal digits, with an optional fraction that rounds up; nothing is 0.
fn promise(raw: &str) -> Result<Promise, ParseError> {
    let text = decode(raw).unwrap_or(Cow::Borrowed(raw));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.is_empty() {
        return Ok(Promise::default());
    }
    if !digits(whole) || !digits(fraction) {
        return Err(ParseError::Promise(quoted(raw)));
    }
    let up = u64::from(fraction.bytes().any(|b| b != b'0'));
    query::number(whole)
        .and_then(|millis| Promise::from_millis(millis.saturating_add(up)))
        .ok_or_else(|| ParseError::LongPromise(quoted(raw)))
}

/// Of what a peer sent, as much as fits a one-line answer and can do no harm in it.
fn quoted(raw: &str) -> Box<str> {
    const SHOWN: usize = 40;
    let mut text: String = seen(raw).take(SHOWN).map(|(c, seen)| if seen { c } else { '?' }).collect();
    if raw.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    text.into_boxed_str()
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
