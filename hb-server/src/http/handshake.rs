//! How a connection begins where this server has a certificate: with TLS, or, from this machine, with plain HTTP.
//!
//! What never leaves the machine needs no TLS, and its pages from files, scripts and proxies know no certificate. Who speaks
//! plain HTTP from elsewhere is told so. Not here: certificates ([`crate::tls`]), requests.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::patience::Patient;
use super::{MAX_HEAD, PATIENCE};
use crate::tls::{self, Identity};

/// From the first byte to the agreement; for who speaks plain HTTP, to the end.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How often the files of the certificate are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// What a handshake begins with.
const HANDSHAKE: u8 = 0x16;

/// A connection that has begun.
pub(super) enum Begun {
    /// With TLS. What is underneath must be taken in time too: a flush would wait for ever.
    Secure(Box<TlsStream<Patient<TcpStream>>>),
    /// With plain HTTP, from this machine.
    Plain(TcpStream),
    /// With plain HTTP, from elsewhere: it is over.
    TurnedAway,
}

/// Comes to an agreement over `stream`, within [`TIMEOUT`].
pub(super) async fn begin(identity: &Identity, is_local: bool, stream: TcpStream) -> io::Result<Begun> {
    let beginning = async {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first[0] != HANDSHAKE {
            if is_local {
                return Ok(Begun::Plain(stream));
            }
            turn_away(stream).await;
            return Ok(Begun::TurnedAway);
        }
        let acceptor = TlsAcceptor::from(identity.config());
        let secure = acceptor.accept(Patient::new(stream, PATIENCE)).await?;
        Ok(Begun::Secure(Box::new(secure)))
    };
    timeout(TIMEOUT, beginning).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Answers one request with what is wrong.
async fn turn_away(stream: TcpStream) {
    let service = service_fn(async |_: Request<Incoming>| {
        let text = "this server speaks TLS here: ask it by https://, not by http://\n".to_owned();
        let mut response = Response::new(text);
        *response.status_mut() = StatusCode::BAD_REQUEST;
        let text = header::HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, text);
        // A page may read it, so that its console says it too.
        let any = header::HeaderValue::from_static("*");
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        Ok::<_, Infallible>(response)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "neither TLS nor HTTP");
    }
}

/// Takes new certificates as their files change, until `stop`.
pub(super) async fn follow(identity: Arc<Identity>, stop: CancellationToken) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(look.tick()).await.is_some() {
        let here = Arc::clone(&identity);
        match tokio::task::spawn_blocking(move || here.refresh()).await {
            Ok(Ok(true)) => tracing::info!("new TLS certificate: taken"),
            Ok(Err(error)) => tracing::warn!("new TLS certificate: not taken, the old one goes on: {error}"),
            Ok(Ok(false)) | Err(_) => {}
        }
    }
}

/// What came of a beginning, where somebody looks.
pub(super) fn tell(error: &io::Error) {
    let reason = tls::reason(error).unwrap_or_else(|| error.to_string());
    tracing::debug!(reason, "a connection did not begin");
}
