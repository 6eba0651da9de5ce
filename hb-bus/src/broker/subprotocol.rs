//! Agreeing over a WebSocket: encodings as subprotocols, since a page can set no other header.
//!
//! `ghms-0.1.` and the media type, with `~` for its slash, which no subprotocol may contain: `application/json` is
//! `ghms-0.1.application~json`. The client offers what it knows, the preferred one first; the server answers the first
//! that it knows too, or refuses. Not here: WebSockets themselves, nor how an HTTP upgrade agrees
//! ([`negotiate`](super::negotiate)).

use super::hub::{Accepted, Broker};
use super::negotiate::{AnswerError, Refusal};

fn named(media_type: &str) -> String {
    format!("ghms-0.1.{}", media_type.replacen('/', "~", 1))
}

impl Broker {
    /// What a client offers as `Sec-WebSocket-Protocol`: every encoding, the preferred one first.
    #[must_use]
    pub fn subprotocols(&self) -> Vec<String> {
        self.0.encodings.media_types().map(named).collect()
    }

    /// Answers a client's `Sec-WebSocket-Protocol`, the values of several such headers joined by commas.
    ///
    /// # Errors
    /// [`Refusal::NotAcceptable`] if none is known here, [`Refusal::Unavailable`] where no place is free.
    pub fn negotiate_subprotocol(&self, offered: &str) -> Result<Accepted, Refusal> {
        let known = self.subprotocols();
        let mut offered = offered.split(',').map(str::trim);
        let chosen = offered.find_map(|name| known.iter().position(|known| known == name));
        self.accept(chosen.ok_or(Refusal::NotAcceptable)?)
    }

    /// What a client does with the subprotocol that the server answered: the media type to
    /// [`start_frames`](Self::start_frames) with.
    ///
    /// # Errors
    /// [`AnswerError::InvalidEncoding`] if it is not one of [`subprotocols`](Self::subprotocols).
    pub fn answered_subprotocol(&self, chosen: Option<&str>) -> Result<&str, AnswerError> {
        let chosen = chosen.unwrap_or_default();
        let mut known = self.0.encodings.media_types();
        known
            .find(|media_type| named(media_type) == chosen)
            .ok_or_else(|| AnswerError::InvalidEncoding(chosen.to_owned()))
    }
}

impl Accepted {
    /// What the answer to a WebSocket's handshake says as `Sec-WebSocket-Protocol`.
    #[must_use]
    pub fn subprotocol(&self) -> String {
        named(self.media_type())
    }
}
