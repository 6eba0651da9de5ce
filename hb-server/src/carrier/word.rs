//! What goes over a WebSocket, whichever of the two libraries has it: axum's for those who come to us, tungstenite's
//! for those we go to.
//!
//! Not here: what it means to a broker (`websocket`) or to a node (`frames`).

use axum::extract::ws;
use bytes::Bytes;
use tokio_tungstenite::tungstenite;

pub(super) enum Word {
    Text(Bytes),
    Binary(Bytes),
    /// Said, a ping; heard, a ping or a pong. The libraries answer pings by themselves.
    Life,
    Goodbye,
}

/// A message of one of the libraries.
pub(super) trait Spoken: Send + 'static {
    /// Text must be UTF-8; what is not goes as binary.
    fn say(word: Word) -> Self;

    fn hear(self) -> Word;
}

impl Spoken for ws::Message {
    fn say(word: Word) -> Self {
        match word {
            Word::Text(text) => text.clone().try_into().map_or(Self::Binary(text), Self::Text),
            Word::Binary(bytes) => Self::Binary(bytes),
            Word::Life => Self::Ping(Bytes::new()),
            Word::Goodbye => Self::Close(None),
        }
    }

    fn hear(self) -> Word {
        match self {
            Self::Text(text) => Word::Text(text.into()),
            Self::Binary(bytes) => Word::Binary(bytes),
            Self::Ping(_) | Self::Pong(_) => Word::Life,
            Self::Close(_) => Word::Goodbye,
        }
    }
}

impl Spoken for tungstenite::Message {
    fn say(word: Word) -> Self {
        match word {
            Word::Text(text) => text.clone().try_into().map_or(Self::Binary(text), Self::Text),
            Word::Binary(bytes) => Self::Binary(bytes),
            Word::Life => Self::Ping(Bytes::new()),
            Word::Goodbye => Self::Close(None),
        }
    }

    fn hear(self) -> Word {
        match self {
            Self::Text(text) => Word::Text(text.into()),
            Self::Binary(bytes) => Word::Binary(bytes),
            Self::Ping(_) | Self::Pong(_) | Self::Frame(_) => Word::Life,
            Self::Close(_) => Word::Goodbye,
        }
    }
}
