//! Where to take beats by UDP: `--udp`, `HB_URL=udp://…`, or `udp` in the file. Not here: how an address is written
//! (`listen`).

use std::path::Path;

use super::listen::{Listen, ListenError};
use super::variables::{AddressError, Url};

/// Where to take beats by UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Udp {
    /// At the addresses and ports of HTTP.
    Beside,
    /// Only here.
    At(Listen),
}

/// What the file says: `true` or `false`, or addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Whether(bool),
    At(Vec<String>),
}

/// For the clients `udp://HOST:PORT` is beats by UDP and the rest by HTTP at the same place: so a server is there for both.
/// The base of HTTP, or `None` for what stands in `place` with another scheme.
///
/// # Errors
/// More than a host and a port, or less: neither has a default that all could guess.
pub fn beside(place: &'static str, text: &str) -> Result<Option<Url>, AddressError> {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("udp") {
        return Ok(None);
    }
    let no_url = || AddressError::NoUrl(place, text.into());
    let url = Url::parse(place, &format!("http://{rest}")).map_err(|_| no_url())?;
    let base = Url::of(&url.host, url.port);
    if url.text.trim_end_matches('/') == base.text { Ok(Some(base)) } else { Err(no_url()) }
}

impl Udp {
    /// The flag, with or without an address, over the environment (`said`) over the file; none is no UDP.
    pub(super) fn decide(
        typed: Option<Option<String>>,
        said: bool,
        (path, file): (&Path, Option<Written>),
    ) -> Result<Option<Self>, ListenError> {
        let (place, texts) = match (typed, file) {
            (Some(None), _) | (None, Some(Written::Whether(true))) => return Ok(Some(Self::Beside)),
            (Some(Some(text)), _) => ("--udp".to_owned(), vec![text]),
            (None, _) if said => return Ok(Some(Self::Beside)),
            (None, Some(Written::At(texts))) => (format!("`udp` in {}", path.display()), texts),
            (None, Some(Written::Whether(false)) | None) => return Ok(None),
        };
        Listen::parse(&place, &texts).map(|listen| Some(Self::At(listen)))
    }
}
