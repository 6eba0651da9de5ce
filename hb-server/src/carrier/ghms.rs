//! A broker over an HTTP upgrade: `Upgrade: GHMS/0.1`, then its frames follow each other on the byte stream.
//!
//! What both sides say before is [`hb_bus::broker::negotiate`]'s. Not here: pages, which cannot upgrade
//! ([`websocket`](super::websocket)).

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_bus::broker::{Accepted, Answer, Broker, Connection, Offer, PROTOCOL, Refusal};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::dial::{Address, DialError, within};
use super::{joined, refused};

/// Bytes of a refusal's body that are read.
const REFUSAL: usize = 4 * 1024;

/// Answers a request for an upgrade and, once the answer is sent, runs the connection. For any HTTP/1.1 server of
/// hyper's that allows upgrades, axum's among them; the method does not matter. Holds one of `max_connections` from
/// the answer on.
///
/// Who may come is the caller's to decide before: a page of any origin cannot ask for this upgrade, other programs can.
///
/// # Panics
/// Outside of a tokio runtime.
#[must_use = "the answer is to be sent"]
pub fn accept(broker: &Broker, mut request: Request) -> Response {
    match agree(broker, &mut request) {
        Ok((accepted, upgrade)) => {
            let answer = switching(&accepted);
            tokio::spawn(run(accepted, upgrade));
            answer
        }
        Err(refusal) => refused(refusal, &broker.accepts()),
    }
}

fn agree(broker: &Broker, request: &mut Request) -> Result<(Accepted, OnUpgrade), Refusal> {
    // Not there where none is possible: hyper ignores what HTTP/1.0 asks for (RFC 9110, 7.8).
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let headers = request.headers();
    let [connection, token, accept, content_type] =
        [header::CONNECTION, header::UPGRADE, header::ACCEPT, header::CONTENT_TYPE]
            .map(|name| joined(headers, name));
    let offer = Offer {
        connection: connection.as_deref(),
        upgrade: token.as_deref(),
        accept: accept.as_deref(),
        content_type: content_type.as_deref(),
    };
    let accepted = broker.negotiate(&offer)?;
    Ok((accepted, upgrade.ok_or(Refusal::UpgradeRequired)?))
}

fn switching(accepted: &Accepted) -> Response {
    // Names of encodings were checked to be tokens when they were added.
    let Ok(media_type) = HeaderValue::from_str(accepted.media_type()) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static(PROTOCOL));
    headers.insert(header::CONTENT_TYPE, media_type);
    response
}

/// Ends with the HTTP connection, if that never gets so far.
async fn run(accepted: Accepted, upgrade: OnUpgrade) {
    match upgrade.await {
        // The broker may be closed by now; the stream is closed with the error.
        Ok(upgraded) => drop(accepted.start(TokioIo::new(upgraded))),
        Err(error) => tracing::debug!(%error, "a broker's client left before the upgrade"),
    }
}

/// Goes to `http://host[:port]/path`, asks for the upgrade and runs the connection, in the encoding that both sides
/// like best. Takes at most `timeout` of the broker's limits.
///
/// # Errors
/// [`DialError`]; the connection to the server is closed.
pub async fn dial(broker: &Broker, address: &str) -> Result<Connection, DialError> {
    let address = parse(address)?;
    within(broker.limits().timeout, async {
        let stream = address.connect().await?;
        upgrade(broker, stream, &address).await
    })
    .await
}

/// As [`dial`], over a stream that is connected to the server already, such as TLS or a Unix socket. `address` says
/// what `Host` and path to ask for.
///
/// # Errors
/// [`DialError`]; the stream is dropped.
pub async fn dial_over<Io>(broker: &Broker, stream: Io, address: &str) -> Result<Connection, DialError>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let address = parse(address)?;
    within(broker.limits().timeout, upgrade(broker, stream, &address)).await
}

fn parse(address: &str) -> Result<Address, DialError> {
    Address::parse(address, "http", 80, "`http://host:port/path`; for TLS, `dial_over` a stream of your own")
}

async fn upgrade<Io>(broker: &Broker, stream: Io, address: &Address) -> Result<Connection, DialError>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(DialError::handshake)?;
    // Whatever ends the driver is told to whoever waits for the answer.
    let driven = async {
        let _ = driver.with_upgrades().await;
        std::future::pending::<Infallible>().await
    };
    let (upgraded, media_type) = tokio::select! {
        agreed = ask(broker, sender, address) => agreed?,
        never = driven => match never {},
    };
    Ok(broker.start(TokioIo::new(upgraded), media_type)?)
}

/// The client's words, and what it makes of the answer.
async fn ask<'a>(
    broker: &'a Broker,
    mut sender: http1::SendRequest<Empty<Bytes>>,
    address: &Address,
) -> Result<(Upgraded, &'a str), DialError> {
    let path = address.uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, address.authority())
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, PROTOCOL)
        .header(header::ACCEPT, broker.accepts())
        .body(Empty::new())
        .map_err(DialError::handshake)?;
    let response = sender.send_request(request).await.map_err(DialError::handshake)?;
    let status = response.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        // What is too long, or broken off, is no reason that a person could read.
        let reason = Limited::new(response.into_body(), REFUSAL).collect().await;
        let reason = reason.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        return Err(DialError::refused(status.as_u16(), &reason));
    }
    let [token, content_type] =
        [header::UPGRADE, header::CONTENT_TYPE].map(|name| joined(response.headers(), name));
    let answer =
        Answer { status: status.as_u16(), upgrade: token.as_deref(), content_type: content_type.as_deref() };
    let media_type = broker.answered(&answer)?;
    let upgraded = hyper::upgrade::on(response).await.map_err(DialError::handshake)?;
    Ok((upgraded, media_type))
}
