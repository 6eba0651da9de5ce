//! Agreeing on a connection: what both sides of an HTTP `Upgrade` say, as pure functions over header values.
//!
//! The client asks `Connection: Upgrade`, `Upgrade: GHMS/0.1` and `Accept: <media types>`; the server answers 101 with
//! the same `Upgrade` and one of them as `Content-Type`, or refuses. Not here: HTTP itself.

use super::encoding::{Encodings, Index};

/// The token of `Upgrade`, in both directions.
pub const PROTOCOL: &str = "GHMS/0.1";

/// What a client asks for: the values of its request's headers.
///
/// ```
/// use hb_bus::broker::{Broker, Offer, PROTOCOL, Refusal};
///
/// # let broker = Broker::builder(hb_bus::runtime::Simulation::new(1).handle()).build()?;
/// let offer = Offer {
///     connection: Some("Upgrade"),
///     upgrade: Some(PROTOCOL),
///     accept: Some("application/postcard, application/json;q=0.5"),
///     content_type: None,
/// };
/// assert_eq!(broker.negotiate(&offer)?.media_type(), "application/postcard");
///
/// let foreign = Offer { accept: Some("application/cbor"), ..offer };
/// assert_eq!(broker.negotiate(&foreign).unwrap_err(), Refusal::NotAcceptable);
/// assert_eq!(Refusal::NotAcceptable.status(), 406);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer<'a> {
    /// `Connection`; must list `upgrade`.
    pub connection: Option<&'a str>,
    /// `Upgrade`; must list [`PROTOCOL`].
    pub upgrade: Option<&'a str>,
    /// `Accept`: media types with weights (RFC 9110, 12.5.1).
    pub accept: Option<&'a str>,
    /// `Content-Type`: what counts where `Accept` is missing. Without either, the server chooses.
    pub content_type: Option<&'a str>,
}

/// What a server answered: its status and the values of its headers.
///
/// ```
/// use hb_bus::broker::{Answer, AnswerError, Broker, PROTOCOL};
///
/// # let broker = Broker::builder(hb_bus::runtime::Simulation::new(1).handle()).build()?;
/// let yes = Answer { status: 101, upgrade: Some(PROTOCOL), content_type: Some("application/json") };
/// assert_eq!(broker.answered(&yes)?, "application/json"); // to `start` with
/// assert_eq!(broker.answered(&Answer { status: 503, ..yes }), Err(AnswerError::Refused(503)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// 101, or why not.
    pub status: u16,
    /// `Upgrade`.
    pub upgrade: Option<&'a str>,
    /// `Content-Type`: the encoding of the connection.
    pub content_type: Option<&'a str>,
}

/// Why a server does not take a connection.
///
/// The example of [`Offer`] shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request asks for an upgrade without saying so in `Connection`.
    #[error("`Upgrade` without `Connection: Upgrade`")]
    Malformed,
    /// It asks for no upgrade, or for another protocol. The answer carries `Upgrade:` with [`PROTOCOL`].
    #[error("this resource speaks {PROTOCOL}: send `Upgrade: {PROTOCOL}`")]
    UpgradeRequired,
    /// It accepts no encoding that is known here.
    #[error("none of the encodings offered is known here")]
    NotAcceptable,
    /// `max_connections` are open, or the broker is closed.
    #[error("no connection is free: try again later")]
    Unavailable,
}

impl Refusal {
    /// The status of the HTTP answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NotAcceptable => 406,
            Self::UpgradeRequired => 426,
            Self::Unavailable => 503,
        }
    }
}

/// Why a client cannot use a server's answer.
///
/// The example of [`Answer`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The server refused.
    #[error("the server refused with status {0}")]
    Refused(u16),
    /// It changed to another protocol.
    #[error("the server did not change to {PROTOCOL}")]
    NotUpgraded,
    /// It chose an encoding that is not known here, or none.
    #[error("the server chose the encoding {0:?}, which is not known here")]
    InvalidEncoding(String),
}

/// Whether a comma-separated list names `token`, in any case.
fn lists(list: Option<&str>, token: &str) -> bool {
    list.is_some_and(|list| list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
}

/// The encoding that both sides like best.
pub(super) fn negotiate(offer: &Offer<'_>, encodings: &Encodings) -> Result<Index, Refusal> {
    if !lists(offer.upgrade, PROTOCOL) {
        return Err(Refusal::UpgradeRequired);
    }
    if !lists(offer.connection, "upgrade") {
        return Err(Refusal::Malformed);
    }
    let ranges: Vec<Range<'_>> = offer
        .accept
        .or(offer.content_type)
        .unwrap_or("*/*")
        .split(',')
        .enumerate()
        .filter_map(|(at, range)| Range::parse(at, range))
        .collect();
    let liked = encodings.media_types().enumerate().filter_map(|(index, media_type)| {
        // The most specific range decides, as RFC 9110 has it.
        let range = ranges
            .iter()
            .filter_map(|range| range.covers(media_type).map(|precision| (precision, range)))
            .max_by_key(|(precision, range)| (*precision, std::cmp::Reverse(range.at)))?
            .1;
        (range.weight > 0).then_some((index, range))
    });
    // The greatest weight; then the client's order; then ours, since `min_by_key` keeps the first.
    liked
        .min_by_key(|(_, range)| (std::cmp::Reverse(range.weight), range.at))
        .map(|(index, _)| index)
        .ok_or(Refusal::NotAcceptable)
}

/// The encoding that the server chose.
pub(super) fn answered(answer: &Answer<'_>, encodings: &Encodings) -> Result<Index, AnswerError> {
    if answer.status != 101 {
        return Err(AnswerError::Refused(answer.status));
    }
    if !lists(answer.upgrade, PROTOCOL) {
        return Err(AnswerError::NotUpgraded);
    }
    let chosen = answer.content_type.unwrap_or_default();
    encodings.find(chosen).ok_or_else(|| AnswerError::InvalidEncoding(chosen.to_owned()))
}

/// One item of `Accept`.
struct Range<'a> {
    at: usize,
    kind: &'a str,
    subtype: &'a str,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` for what is no media range: it is passed over.
    fn parse(at: usize, text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(Some(1000), |(_, value)| weight(value.trim()))?;
        Some(Self { at, kind, subtype, weight })
    }

    /// How precisely it means this media type: 2 by name, 1 by kind, 0 as anything.
    fn covers(&self, media_type: &str) -> Option<u8> {
        let (kind, subtype) = media_type.split_once('/')?;
        match (self.kind, self.subtype) {
            ("*", "*") => Some(0),
            (own, "*") if own.eq_ignore_ascii_case(kind) => Some(1),
            (own, sub) if own.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => Some(2),
            _ => None,
        }
    }
}

/// A `qvalue` in thousandths: 0 to 1 with at most three decimals.
fn weight(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{decimals:0<3}").parse::<u16>().ok()?;
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}
