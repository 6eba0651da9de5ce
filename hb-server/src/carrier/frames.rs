//! WebSockets as the connections of `hb_bus::link`: what guests and nodes speak over.
//!
//! Not here: what is said over them, and who may open one.

use std::io;
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures_util::{SinkExt, StreamExt, stream};
use hb_bus::link::{Connection, Frame};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::PollSender;

/// How often the other side is pinged.
const PING: Duration = Duration::from_secs(10);
/// After so many pings without any word it is dead. Counted, not timed: while this process was paused nobody was asked.
const UNANSWERED: u32 = 3;

/// A WebSocket as a connection: text frames are control frames, binary frames messages. It is pinged, and ends when
/// three pings in 30 s are answered by nothing. Runs a task of its own, which ends with the connection.
#[must_use]
pub fn connection(mut socket: WebSocket) -> Connection {
    let (leaving, mut outgoing) = mpsc::channel::<Frame>(1);
    let (incoming, mut frames) = mpsc::channel::<io::Result<Frame>>(1);
    tokio::spawn(async move {
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut unanswered = 0;
        loop {
            let sent = tokio::select! {
                // Who reads too slowly for us is not read for: the socket fills, and the other side waits.
                place = incoming.reserve() => {
                    let Ok(place) = place else { break };
                    tokio::select! {
                        message = socket.recv() => match message {
                            Some(Ok(Message::Text(text))) => {
                                unanswered = 0;
                                place.send(Ok(Frame::Control(text.into())));
                                Ok(())
                            }
                            Some(Ok(Message::Binary(bytes))) => {
                                unanswered = 0;
                                place.send(Ok(Frame::Message(bytes)));
                                Ok(())
                            }
                            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                                unanswered = 0;
                                Ok(())
                            }
                            Some(Ok(Message::Close(_))) | None => break,
                            Some(Err(error)) => {
                                place.send(Err(io::Error::other(error)));
                                break;
                            }
                        },
                        frame = outgoing.recv() => match frame {
                            Some(frame) => socket.send(message(frame)).await,
                            None => break,
                        },
                        _ = ping.tick() => {
                            if unanswered == UNANSWERED {
                                place.send(Err(io::ErrorKind::TimedOut.into()));
                                break;
                            }
                            unanswered += 1;
                            socket.send(Message::Ping(bytes::Bytes::new())).await
                        }
                    }
                }
                frame = outgoing.recv() => match frame {
                    Some(frame) => socket.send(message(frame)).await,
                    None => break,
                },
            };
            if sent.is_err() {
                break;
            }
        }
        // The other side sees the end of the connection anyway.
        let _ = socket.send(Message::Close(None)).await;
    });
    let frames = stream::poll_fn(move |cx| frames.poll_recv(cx));
    let leaving = PollSender::new(leaving).sink_map_err(|_| io::ErrorKind::BrokenPipe.into());
    Connection::from_parts(frames.boxed(), leaving)
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Control(bytes) => match Utf8Bytes::try_from(bytes) {
            Ok(text) => Message::Text(text),
            // Control frames are JSON; if one is not, the other side shall see what it was.
            Err(_) => Message::Binary(bytes::Bytes::new()),
        },
        Frame::Message(bytes) => Message::Binary(bytes),
    }
}
