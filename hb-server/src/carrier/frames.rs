//! WebSockets as the connections of `hb_bus::link`: what guests and nodes speak over. Grav's transport, both ends.
//!
//! Not here: what is said over them, and who may open one.

use std::io;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream};
use hb_bus::link::{Connection, Frame};
use hb_bus::runtime::Task;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, connect_async_with_config};
use tokio_util::sync::PollSender;

/// How often the other side is pinged.
const PING: Duration = Duration::from_secs(10);
/// After so many pings without any word it is dead. Counted, not timed: while this process was paused nobody was asked.
const UNANSWERED: u32 = 3;
/// Longest message that [`dial`] takes, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// What came over a socket.
enum Word {
    Frame(Frame),
    /// A ping or a pong: a sign of life.
    Life,
    Goodbye,
}

/// A WebSocket as a connection: text frames are control frames, binary frames messages. It is pinged, and ends when
/// three pings in 30 s are answered by nothing. Runs a task of its own, which ends with the connection.
#[must_use]
pub fn connection(socket: WebSocket) -> Connection {
    let say = |frame| match frame {
        // Control frames are JSON; one that is no text is sent as what it cannot be.
        Some(Frame::Control(bytes)) => {
            Utf8Bytes::try_from(bytes).map_or(Message::Binary(Bytes::new()), Message::Text)
        }
        Some(Frame::Message(bytes)) => Message::Binary(bytes),
        None => Message::Ping(Bytes::new()),
    };
    let hear = |message| match message {
        Message::Text(text) => Word::Frame(Frame::Control(text.into())),
        Message::Binary(bytes) => Word::Frame(Frame::Message(bytes)),
        Message::Ping(_) | Message::Pong(_) => Word::Life,
        Message::Close(_) => Word::Goodbye,
    };
    carry(socket, say, hear)
}

/// Opens a connection to `host:port/path`, with or without `ws://` in front: a transport for nodes and guests.
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
    let address = if endpoint.starts_with("ws") { endpoint.to_owned() } else { format!("ws://{endpoint}") };
    Box::pin(async move {
        let config = WebSocketConfig::default().max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST));
        let (socket, _) =
            connect_async_with_config(address, Some(config), true).await.map_err(io::Error::other)?;
        Ok(dialled(socket))
    })
}

fn dialled<Io: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: WebSocketStream<Io>) -> Connection {
    use tungstenite::Message;
    let say = |frame| match frame {
        Some(Frame::Control(bytes)) => bytes.try_into().map_or(Message::Binary(Bytes::new()), Message::Text),
        Some(Frame::Message(bytes)) => Message::Binary(bytes),
        None => Message::Ping(Bytes::new()),
    };
    let hear = |message| match message {
        Message::Text(text) => Word::Frame(Frame::Control(text.into())),
        Message::Binary(bytes) => Word::Frame(Frame::Message(bytes)),
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Word::Life,
        Message::Close(_) => Word::Goodbye,
    };
    carry(socket, say, hear)
}

/// Between a socket and a connection, until either ends. `say(None)` is a ping.
fn carry<S, M, E>(
    mut socket: S,
    say: impl Fn(Option<Frame>) -> M + Send + 'static,
    hear: impl Fn(M) -> Word + Send + 'static,
) -> Connection
where
    S: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin + Send + 'static,
    M: Send,
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
                    let heard = match word.map(|word| word.map(&hear)) {
                        Some(Ok(Word::Life)) => continue,
                        Some(Ok(Word::Frame(frame))) => Ok(frame),
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
                    Some(frame) => socket.send(say(Some(frame))).await,
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
                    socket.send(say(None)).await
                }
            };
            if sent.is_err() {
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

#[cfg(test)]
mod tests {
    use hb_bus::bus::{Bus, Taken};
    use hb_bus::message::Id;
    use hb_bus::node::{Ending, Event, Node};
    use hb_bus::runtime::Native;
    use tokio::io::{DuplexStream, duplex};
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    /// A node that has met somebody over a socket in memory, and that somebody's end of it.
    async fn met() -> (Node, WebSocketStream<DuplexStream>) {
        let node = Node::builder(&Bus::new(std::sync::Arc::new(Native::current()))).build();
        let (near, far) = duplex(1 << 16);
        let near = WebSocketStream::from_raw_socket(near, Role::Server, None).await;
        let mut far = WebSocketStream::from_raw_socket(far, Role::Client, None).await;
        let hello = format!(r#"{{"uuid":"{}"}}"#, Id::from_u128(7));
        far.send(tungstenite::Message::Text(hello.into())).await.unwrap();
        node.accept(dialled(near)).await.unwrap();
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
