//! Where to take beats by UDP: `--udp`, or `udp` in the file. Not here: how an address is written (`listen`).

use std::path::Path;

use super::listen::{Listen, ListenError};

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

impl Udp {
    /// The flag, with or without an address, over the file; neither is no UDP.
    pub(super) fn decide(
        typed: Option<Option<String>>,
        (path, file): (&Path, Option<Written>),
    ) -> Result<Option<Self>, ListenError> {
        let (place, texts) = match (typed, file) {
            (Some(None), _) | (None, Some(Written::Whether(true))) => return Ok(Some(Self::Beside)),
            (Some(Some(text)), _) => ("--udp".to_owned(), vec![text]),
            (None, Some(Written::At(texts))) => (format!("`udp` in {}", path.display()), texts),
            (None, Some(Written::Whether(false)) | None) => return Ok(None),
        };
        Listen::parse(&place, &texts).map(|listen| Some(Self::At(listen)))
    }
}
