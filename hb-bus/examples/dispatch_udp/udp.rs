//! A UDP transport that outlives refused datagrams, and a small binary protocol. Shared with the benchmark.
//!
//! Not here: what is asked.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::{Sink, Stream};
use hb_bus::dispatch::{Adapter, Class};
use tokio::net::{ToSocketAddrs, UdpSocket};
use tokio_util::codec::BytesCodec;
use tokio_util::udp::UdpFramed;

/// Datagrams of a socket, one to one.
pub(crate) struct Udp {
    socket: Arc<UdpSocket>,
    framed: UdpFramed<BytesCodec, Arc<UdpSocket>>,
}

impl Udp {
    /// A socket of one's own.
    pub(crate) async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind(address).await?);
        Ok(Self { framed: UdpFramed::new(Arc::clone(&socket), BytesCodec::new()), socket })
    }

    /// Where it can be reached.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// After an error, `UdpFramed` would send what was refused again: begin anew, without it.
    fn forget_refused(&mut self, outcome: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(_)) = outcome {
            self.framed = UdpFramed::new(Arc::clone(&self.socket), BytesCodec::new());
        }
        outcome
    }
}

impl Stream for Udp {
    type Item = io::Result<(BytesMut, SocketAddr)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.framed).poll_next(cx)
    }
}

impl Sink<(Bytes, SocketAddr)> for Udp {
    type Error = io::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Sink::<(Bytes, SocketAddr)>::poll_ready(Pin::new(&mut self.framed), cx);
        self.forget_refused(outcome)
    }

    fn start_send(mut self: Pin<&mut Self>, item: (Bytes, SocketAddr)) -> io::Result<()> {
        Pin::new(&mut self.framed).start_send(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Sink::<(Bytes, SocketAddr)>::poll_flush(Pin::new(&mut self.framed), cx);
        self.forget_refused(outcome)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// A class, a key, a text.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// One byte on the wire.
    pub(crate) class: Class,
    /// Eight bytes on the wire.
    pub(crate) key: u64,
    /// The rest.
    pub(crate) text: String,
}

/// The bytes are none of this protocol's.
#[derive(Debug, thiserror::Error)]
#[error("not a question and not an answer")]
pub(crate) struct Garbled;

/// The protocol.
pub(crate) struct Question;

impl Adapter for Question {
    type Message = Message;
    type Key = u64;
    type Error = Garbled;

    fn encode(&self, message: &Message, into: &mut Vec<u8>) -> Result<(), Garbled> {
        into.push(match message.class {
            Class::Request => b'?',
            Class::Reply => b'!',
            Class::Ack => b'+',
            Class::Notification => b'.',
        });
        into.extend(message.key.to_be_bytes());
        into.extend(message.text.as_bytes());
        Ok(())
    }

    fn decode(&self, datagram: &[u8]) -> Result<Message, Garbled> {
        let (sign, rest) = datagram.split_first().ok_or(Garbled)?;
        let class = match sign {
            b'?' => Class::Request,
            b'!' => Class::Reply,
            b'+' => Class::Ack,
            b'.' => Class::Notification,
            _ => return Err(Garbled),
        };
        let (key, text) = rest.split_first_chunk().ok_or(Garbled)?;
        let text = std::str::from_utf8(text).map_err(|_| Garbled)?.to_owned();
        Ok(Message { class, key: u64::from_be_bytes(*key), text })
    }

    fn key(&self, message: &Message) -> u64 {
        message.key
    }

    fn class(&self, message: &Message) -> Option<Class> {
        Some(message.class)
    }
}
