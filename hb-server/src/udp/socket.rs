//! A UDP socket as the dispatcher's transport: one item, one datagram.
//!
//! tokio-util's `UdpFramed` tries a datagram that the system refused again before any other, for ever; this one forgets
//! it. Not here: what the bytes mean.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use super::MAX_DATAGRAM;

/// The datagrams of a socket.
#[derive(Debug)]
pub struct Socket {
    socket: UdpSocket,
    /// One byte more than a datagram may have, so that a longer one is seen to be longer.
    buffer: Box<[u8; MAX_DATAGRAM + 1]>,
    outgoing: Option<(Bytes, SocketAddr)>,
}

impl Socket {
    /// The datagrams of `socket`.
    #[must_use]
    pub fn new(socket: UdpSocket) -> Self {
        Self { socket, buffer: Box::new([0; MAX_DATAGRAM + 1]), outgoing: None }
    }
}

impl Stream for Socket {
    type Item = io::Result<(Bytes, SocketAddr)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { socket, buffer, .. } = self.get_mut();
        let mut buffer = ReadBuf::new(&mut buffer[..]);
        let received = ready!(socket.poll_recv_from(cx, &mut buffer));
        Poll::Ready(Some(received.map(|source| (Bytes::copy_from_slice(buffer.filled()), source))))
    }
}

impl Sink<(Bytes, SocketAddr)> for Socket {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: (Bytes, SocketAddr)) -> io::Result<()> {
        self.outgoing = Some(item);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some((datagram, to)) = &self.outgoing else { return Poll::Ready(Ok(())) };
        let sent = ready!(self.socket.poll_send_to(cx, datagram, *to));
        self.outgoing = None;
        Poll::Ready(sent.map(drop))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}
