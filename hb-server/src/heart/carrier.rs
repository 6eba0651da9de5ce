//! Takes one beat to its target and brings the answer back, each on a connection or a socket of its own: what is wrong
//! with one must not delay the next. Not here: time limits (the heart's).

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::http::header::{CONNECTION, HOST, USER_AGENT};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use hb_bus::dispatch::{self, Dispatcher, RequestError};
use hb_bus::heart::requester::{AttemptId, Sent};
use hb_bus::runtime::Native;
use http_body_util::{BodyExt, Collected, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UdpSocket, lookup_host};

use super::target::Target;
use super::voice::Word;
use crate::hilbert::MARK;
use crate::tls;
use crate::udp::{Datagram, Key, NotOurs, Protocol, Socket};

/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 4096;

/// Why a beat did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undelivered {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error(transparent)]
    Udp(#[from] RequestError<NotOurs>),
    #[error("{0}")]
    Tls(String),
    #[error("it refused: {0} {1}")]
    Refused(u16, String),
}

/// Sends the beat and waits for its answer. What the target cannot be told is withheld.
pub(super) async fn carry(
    target: Target,
    tls: Option<Arc<ClientConfig>>,
    sent: Sent<Word>,
) -> Result<(), Undelivered> {
    let Some(path) = target.path(&sent.request) else { return Ok(()) };
    let (status, text) = match &target {
        Target::Base { place, .. } | Target::Template { place, .. } => get(place, tls, path).await?,
        Target::Udp(place) => ask(place, path, sent.id).await?,
    };
    if status == StatusCode::OK.as_u16() {
        Ok(())
    } else {
        Err(Undelivered::Refused(status, first_line(&text)))
    }
}

async fn get(
    place: &str,
    tls: Option<Arc<ClientConfig>>,
    path: String,
) -> Result<(u16, String), Undelivered> {
    let stream = TcpStream::connect(place).await?;
    match tls {
        None => exchange(place, stream, path).await,
        Some(tls) => {
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            let stream = tls::connect(tls, host, stream).await;
            let said = |error| tls::reason(&error).map_or(Undelivered::Io(error), Undelivered::Tls);
            exchange(place, stream.map_err(said)?, path).await
        }
    }
}

async fn exchange<S>(place: &str, stream: S, path: String) -> Result<(u16, String), Undelivered>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut asker, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::get(path).header(HOST, place).header(CONNECTION, "close");
    let request = request.header(USER_AGENT, concat!("hb/", env!("CARGO_PKG_VERSION")));
    let request = request.header(MARK.0, MARK.1);
    let request = request.body(Empty::<Bytes>::new()).map_err(io::Error::other)?;
    let exchange = async move {
        let response = asker.send_request(request).await?;
        let status = response.status().as_u16();
        // Only its beginning is ever shown, and only where something is wrong.
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map(Collected::to_bytes).unwrap_or_default();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    // The connection's own errors are those of the exchange.
    let (answer, _) = tokio::join!(exchange, connection);
    answer
}

async fn ask(place: &str, line: String, id: AttemptId) -> Result<(u16, String), Undelivered> {
    let to = lookup_host(place).await?.next().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let socket = match to {
        SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await,
        SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await,
    }?;
    let config = dispatch::Config::default().strict_peer(true);
    let dispatcher = Dispatcher::new(Protocol, Socket::new(socket), Arc::new(Native::current()), config);
    let question = Datagram::Question { key: Key::of(id.0), line };
    match dispatcher.request(&question, to, None).await? {
        Datagram::Answer { status, text, .. } => Ok((status, text)),
        Datagram::Question { .. } => Err(io::Error::from(io::ErrorKind::InvalidData).into()),
    }
}

/// What of an answer may be told in a log.
fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(200).map(|c| if c.is_control() { '?' } else { c }).collect()
}
