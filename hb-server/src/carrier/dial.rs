//! Going to a server: what an address must say, the TCP connection, and what can go wrong on the way.

use std::io;
use std::time::Duration;

use axum::http::Uri;
use hb_bus::broker::{AnswerError, StartError};
use tokio::net::TcpStream;

/// Bytes of a refusal's reason that are kept.
const REASON: usize = 200;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DialError {
    /// The address is not one to go to.
    #[error("{address:?} is no address to dial: expected {expected}")]
    InvalidAddress {
        /// What was given.
        address: String,
        /// What would have been right.
        expected: &'static str,
    },
    /// Nobody answers there.
    #[error("cannot reach {address}: {error}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system said.
        error: io::Error,
    },
    /// Connecting and agreeing took longer than `timeout` of the broker's limits.
    #[error("no agreement within {} s: is it a broker that listens there?", within.as_secs_f32())]
    TimedOut {
        /// The time given.
        within: Duration,
    },
    /// The server refused; 503 means that it is full, and to try again later.
    #[error("the server refused with status {status}: {reason}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// The beginning of its text.
        reason: String,
    },
    /// The server agreed to something else.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// What was answered is not the protocol that was spoken, or the stream broke.
    #[error("the handshake failed: {0}")]
    Handshake(Box<dyn std::error::Error + Send + Sync>),
    /// The broker takes no connection.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl DialError {
    pub(super) fn handshake(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Handshake(error.into())
    }

    pub(super) fn refused(status: u16, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(&body[..body.len().min(REASON)]);
        let reason = body.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self::Refused { status, reason }
    }
}

/// An address that was looked at.
pub(super) struct Address {
    pub(super) uri: Uri,
    host: String,
    port: u16,
}

impl Address {
    /// Parses `SCHEME://host[:port][/path]`; without a port, `port`.
    pub(super) fn parse(
        address: &str,
        scheme: &str,
        port: u16,
        expected: &'static str,
    ) -> Result<Self, DialError> {
        let invalid = || DialError::InvalidAddress { address: address.to_owned(), expected };
        let uri: Uri = address.parse().map_err(|_| invalid())?;
        if uri.scheme_str() != Some(scheme) {
            return Err(invalid());
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(invalid)?.to_owned();
        let port = uri.port_u16().unwrap_or(port);
        Ok(Self { uri, host, port })
    }

    /// The name or address, the latter perhaps in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// What `Host` says: never a user's name.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    pub(super) async fn connect(&self) -> Result<TcpStream, DialError> {
        // An IPv6 address stands in brackets.
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port))
            .await
            .map_err(|error| DialError::Unreachable { address: self.authority(), error })?;
        // Messages are small, and nobody waits to fill a segment.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

/// All of it, at most so long.
pub(super) async fn within<T>(
    limit: Duration,
    dialling: impl Future<Output = Result<T, DialError>>,
) -> Result<T, DialError> {
    tokio::time::timeout(limit, dialling).await.unwrap_or(Err(DialError::TimedOut { within: limit }))
}
