//! WebSockets as the connections of `hb_bus::link`: what guests and nodes speak over. Grav's transport, both ends.
//!
//! Not here: what is said over them, and who may open one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::WebSocket;
use axum::http::header::{self, HeaderValue, InvalidHeaderValue};
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream};
use hb_bus::link::{Connection, Frame};
use hb_bus::runtime::Task;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{client_async_with_config, connect_async_with_config, tungstenite};
use tokio_util::sync::PollSender;

use super::dial::{Address, DialError};
use super::word::{Spoken, Word};
use crate::tls::{self, Roots};

/// How often the other side is pinged.
const PING: Duration = Duration::from_secs(10);
/// After so many pings without any word it is dead. Counted, not timed: while this process was paused nobody was asked.
const UNANSWERED: u32 = 3;
/// Longest message that [`dial`] takes, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// A WebSocket as a connection: text frames are control frames, binary frames messages. It is pinged, and ends when
/// three pings in 30 s are answered by nothing. Runs a task of its own, which ends with the connection.
#[must_use]
pub fn connection(socket: WebSocket) -> Connection {
    carry(socket)
}

/// Opens a connection to `host:port/path`, with or without `ws://` in front, or `wss://` for TLS with those that this
/// machine trusts: a transport for nodes and guests.
///
/// ```no_run
/// use hb_bus::node::Node;
/// use hb_server::carrier::frames;
///
/// # async fn f(bus: &hb_bus::bus::Bus) -> Result<(), Box<dyn std::error::Error>> {
/// let node = Node::builder(bus).transport(frames::dial).build();
/// node.connect("hall-3:8080/meta/message").await?;
/// # Ok(())
/// # }
/// ```
pub fn dial(endpoint: &str) -> Task<io::Result<Connection>> {
    open(address(endpoint), None, None)
}

/// As [`dial`]; `wss://` goes by `tls`, as to those whom one's own authority vouches for.
pub fn dialer(
    tls: Arc<ClientConfig>,
) -> impl Fn(&str) -> Task<io::Result<Connection>> + Send + Sync + 'static {
    move |endpoint| open(address(endpoint), None, Some(Arc::clone(&tls)))
}

/// As [`dial`] or, with `tls`, as [`dialer`]; and shows this token, which stands in no error and no `Debug`: a transport
/// for who has to show who it is.
///
/// # Errors
/// The token cannot stand in a header.
pub fn dial_as(
    token: &str,
    tls: Option<Arc<ClientConfig>>,
) -> Result<impl Fn(&str) -> Task<io::Result<Connection>> + Send + Sync + use<>, InvalidHeaderValue> {
    let mut shown = HeaderValue::try_from(format!("Bearer {token}"))?;
    shown.set_sensitive(true);
    Ok(move |endpoint: &str| open(address(endpoint), Some(shown.clone()), tls.clone()))
}

fn open(
    address: String,
    shown: Option<HeaderValue>,
    tls: Option<Arc<ClientConfig>>,
) -> Task<io::Result<Connection>> {
    Box::pin(async move {
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let mut request = address.as_str().into_client_request().map_err(io::Error::other)?;
        if let Some(shown) = shown {
            request.headers_mut().insert(header::AUTHORIZATION, shown);
        }
        if !address.starts_with("wss://") {
            return match connect_async_with_config(request, Some(config), true).await {
                Ok((socket, _)) => Ok(carry(socket)),
                Err(error) => Err(refused(error)),
            };
        }
        let stream = secure(&address, tls).await?;
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(carry(socket)),
            Err(error) => Err(refused(error)),
        }
    })
}

/// Speaks TLS with the one at `address`; without `tls` with those that this machine trusts.
async fn secure(address: &str, tls: Option<Arc<ClientConfig>>) -> io::Result<TlsStream<TcpStream>> {
    let tls = match tls {
        Some(tls) => tls,
        None => tokio::task::spawn_blocking(|| Roots::read(None))
            .await
            .map_err(io::Error::other)?
            .map_err(io::Error::other)?
            .client(),
    };
    let place = Address::parse(address, "wss", 443, "`wss://host:port/path`").map_err(io::Error::other)?;
    let stream = place.connect().await.map_err(io::Error::other)?;
    tls::connect(tls, place.host(), stream).await.map_err(|error| match tls::reason(&error) {
        Some(reason) => io::Error::other(reason),
        None => error,
    })
}

/// What the other side says to it, where it says something.
fn refused(error: tungstenite::Error) -> io::Error {
    let tungstenite::Error::Http(refusal) = error else { return io::Error::other(error) };
    let said = refusal.body().as_deref().unwrap_or_default();
    io::Error::other(DialError::refused(refusal.status().as_u16(), said))
}

/// A scheme is what ends in `://`: a host may be called `wsl`.
fn address(endpoint: &str) -> String {
    let has_scheme = ["ws://", "wss://"].iter().any(|scheme| endpoint.starts_with(scheme));
    if has_scheme { endpoint.to_owned() } else { format!("ws://{endpoint}") }
}

/// Between a socket and a connection, until either ends.
fn carry<S, M, E>(mut socket: S) -> Connection
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin + Send + 'static,
    M: Spoken,
    E: std::error::Error + Send + Sync + 'static,
{
    let (leaving, mut outgoing) = mpsc::channel::<Frame>(1);
    let (incoming, mut frames) = mpsc::channel::<io::Result<Frame>>(1);
    tokio::spawn(async move {
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        // Held until there is something to hand over: who reads too slowly is not read for, and the other side waits.
        let mut place = None;
        loop {
            let sent = tokio::select! {
                free = incoming.reserve(), if place.is_none() => match free {
                    Ok(free) => {
                        place = Some(free);
                        continue;
                    }
                    Err(_) => break,
                },
                word = socket.next(), if place.is_some() => {
                    unanswered = 0;
                    let heard = match word.map(|word| word.map(M::hear)) {
                        Some(Ok(Word::Life)) => continue,
                        Some(Ok(Word::Text(text))) => Ok(Frame::Control(text)),
                        Some(Ok(Word::Binary(bytes))) => Ok(Frame::Message(bytes)),
                        Some(Ok(Word::Goodbye)) | None => break,
                        Some(Err(error)) => Err(io::Error::other(error)),
                    };
                    let broken = heard.is_err();
                    if let Some(place) = place.take() {
                        place.send(heard);
                    }
                    if broken {
                        return;
                    }
                    continue;
                }
                frame = outgoing.recv() => match frame {
                    Some(frame) => socket.send(words(frame)).await,
                    None => break,
                },
                _ = ping.tick(), if place.is_some() => {
                    if unanswered == UNANSWERED {
                        if let Some(place) = place.take() {
                            place.send(Err(io::ErrorKind::TimedOut.into()));
                        }
                        return;
                    }
                    unanswered += 1;
                    socket.send(M::say(Word::Life)).await
                }
            };
            if sent.is_err() {
                return;
            }
        }
        // What was said before the connection was dropped is said.
        while let Ok(frame) = outgoing.try_recv() {
            if socket.send(words(frame)).await.is_err() {
                return;
            }
        }
        // The other side sees the end of the connection anyway.
        let _ = socket.close().await;
    });
    let frames = stream::poll_fn(move |cx| frames.poll_recv(cx));
    let leaving = PollSender::new(leaving).sink_map_err(|_| io::ErrorKind::BrokenPipe.into());
    Connection::from_parts(frames, leaving)
}

/// Control frames are JSON, and so text.
fn words<M: Spoken>(frame: Frame) -> M {
    M::say(match frame {
        Frame::Control(text) => Word::Text(text),
        Frame::Message(bytes) => Word::Binary(bytes),
    })
}

#[cfg(test)]
mod tests {
    use hb_bus::bus::{Bus, Taken};
    use hb_bus::message::Id;
    use hb_bus::node::{Ending, Event, Node};
    use hb_bus::runtime::Native;
    use tokio::io::{DuplexStream, duplex};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    #[test]
    fn a_host_may_be_called_as_a_scheme_begins() {
        for (endpoint, expected) in [
            ("hall-3:8080/x", "ws://hall-3:8080/x"),
            ("wsl-host:80", "ws://wsl-host:80"),
            ("ws://hall-3", "ws://hall-3"),
            ("wss://hall-3", "wss://hall-3"),
        ] {
            assert_eq!(address(endpoint), expected);
        }
    }

    /// A node that has met somebody over a socket in memory, and that somebody's end of it.
    async fn met() -> (Node, WebSocketStream<DuplexStream>) {
        let node = Node::builder(&Bus::new(Arc::new(Native::current()))).build();
        let (near, far) = duplex(1 << 16);
        let near = WebSocketStream::from_raw_socket(near, Role::Server, None).await;
        let mut far = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let hello = format!(r#"{{"uuid":"{}"}}"#, Id::from_u128(7));
        far.send(tungstenite::Message::Text(hello.into())).await.unwrap();
        node.accept(carry(near)).await.unwrap();
        (node, far)
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_no_ping_is_dead_after_three_of_them() {
        let (node, far) = met().await;
        let (begun, mut events) = (Instant::now(), node.events(1));
        let Taken::Item(Event::Left(_, ending)) = events.recv().await else { panic!("nobody left") };
        assert_eq!(ending, Ending::Broken("timed out".into()));
        assert_eq!(begun.elapsed(), (UNANSWERED + 1) * PING);
        drop(far);
    }

    #[tokio::test(start_paused = true)]
    async fn who_answers_pings_may_be_silent_for_ever() {
        let (node, mut far) = met().await;
        let far = tokio::spawn(async move { while let Some(Ok(_)) = far.next().await {} });
        let mut events = node.events(1);
        let nothing = tokio::time::timeout(100 * PING, events.recv()).await;
        assert!(nothing.is_err(), "{nothing:?}");
        far.abort();
        let left = events.recv().await;
        assert!(matches!(left, Taken::Item(Event::Left(_, _))), "{left:?}");
    }
}
