//! A broker over a WebSocket: every binary message is exactly one [frame](hb_bus::broker::frame).
//!
//! The encoding is agreed on as a subprotocol, such as `ghms-0.1.application~json`; without one there is no
//! connection. Text messages end the connection; pings are answered, and are no sign of life: that is the broker's
//! heartbeat. A peer that leaves without a closing handshake ends it as
//! [`Ending::Carrier`](hb_bus::broker::Ending::Carrier). Not here: the upgrade for native peers
//! ([`ghms`](super::ghms)).

use axum::extract::{FromRequestParts, Request, WebSocketUpgrade};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use hb_bus::broker::{Broker, Connection, Refusal};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::dial::{Address, DialError, within};
use super::word::{Spoken, Word};
use super::{joined, refused};

/// Bytes read at once. Every connection holds so many, so it is far below the library's 128 kB. A larger frame gets
/// room for the length that it announces, at most `max_frame_size`.
const READ: usize = 16 * 1024;

/// Answers a WebSocket's handshake and, once the answer is sent, runs the connection. For any HTTP/1.1 server of
/// hyper's that allows upgrades, axum's among them. Holds one of `max_connections` from the answer on.
///
/// Who may come is the caller's to decide before: a page of *any* origin can ask for this, so look at `Origin`.
#[must_use = "the answer is to be sent"]
pub async fn accept(broker: &Broker, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let mut upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let offered = joined(&parts.headers, header::SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    let refuse = |refusal| refused(refusal, &broker.subprotocols().join(", "));
    let accepted = match broker.negotiate_subprotocol(&offered) {
        Ok(accepted) => accepted,
        Err(refusal) => return refuse(refusal),
    };
    // Names of encodings were checked to be tokens when they were added.
    let Ok(chosen) = HeaderValue::from_str(&accepted.subprotocol()) else {
        return refuse(Refusal::NotAcceptable);
    };
    upgrade.set_selected_protocol(chosen);
    let largest = broker.limits().max_frame_size();
    upgrade.max_message_size(largest).max_frame_size(largest).read_buffer_size(READ).on_upgrade(
        async move |socket| {
            // The broker may be closed by now; the socket is closed with the error.
            drop(accepted.start_frames(frames(socket)));
        },
    )
}

/// Goes to `ws://host[:port]/path` and runs the connection, in the encoding that both sides like best. Takes at most
/// `timeout` of the broker's limits.
///
/// # Errors
/// [`DialError`]; the connection to the server is closed.
pub async fn dial(broker: &Broker, address: &str) -> Result<Connection, DialError> {
    let address = parse(address)?;
    within(broker.limits().timeout, async {
        let stream = address.connect().await?;
        shake_hands(broker, stream, &address).await
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
    within(broker.limits().timeout, shake_hands(broker, stream, &address)).await
}

fn parse(address: &str) -> Result<Address, DialError> {
    Address::parse(address, "ws", 80, "`ws://host:port/path`; for TLS, `dial_over` a stream of your own")
}

async fn shake_hands<Io>(broker: &Broker, stream: Io, address: &Address) -> Result<Connection, DialError>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let largest = Some(broker.limits().max_frame_size());
    let config =
        WebSocketConfig::default().max_message_size(largest).max_frame_size(largest).read_buffer_size(READ);
    let request = ClientRequestBuilder::new(address.uri.clone());
    let request = broker.subprotocols().into_iter().fold(request, ClientRequestBuilder::with_sub_protocol);
    let (socket, response) = match client_async_with_config(request, stream, Some(config)).await {
        Ok(agreed) => agreed,
        Err(WsError::Http(response)) => {
            let reason = response.body().as_deref().unwrap_or_default();
            return Err(DialError::refused(response.status().as_u16(), reason));
        }
        Err(error) => return Err(DialError::handshake(error)),
    };
    let chosen = joined(response.headers(), header::SEC_WEBSOCKET_PROTOCOL);
    let media_type = broker.answered_subprotocol(chosen.as_deref())?;
    Ok(broker.start_frames(frames(socket), media_type)?)
}

/// What ends a WebSocket.
#[derive(Debug, thiserror::Error)]
enum SocketError<E> {
    #[error("a text message: frames are binary messages")]
    Text,
    #[error(transparent)]
    Socket(E),
}

/// A socket as a carrier of frames. Nothing is read after a goodbye: the answer to it may find nobody any more, and
/// that is no failure.
fn frames<S, M, E>(
    socket: S,
) -> impl Stream<Item = Result<Bytes, SocketError<E>>> + Sink<Bytes, Error = SocketError<E>> + Send + 'static
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Send + 'static,
    M: Spoken,
    E: std::error::Error + Send + Sync + 'static,
{
    socket
        .sink_map_err(SocketError::Socket)
        .with(|frame| ready(Ok(M::say(Word::Binary(frame)))))
        .map(|message| message.map(M::hear))
        .take_while(|word| ready(!matches!(word, Ok(Word::Goodbye))))
        .filter_map(|word| {
            ready(match word {
                Ok(Word::Binary(frame)) => Some(Ok(frame)),
                Ok(Word::Text(_)) => Some(Err(SocketError::Text)),
                Ok(Word::Life | Word::Goodbye) => None,
                Err(error) => Some(Err(SocketError::Socket(error))),
            })
        })
}
