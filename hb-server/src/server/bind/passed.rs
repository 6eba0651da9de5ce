//! Sockets that were passed to us, in the runtime's hands. Not here: who passes them (`service`).

use std::io;

use tokio::net::{TcpListener, UdpSocket};

use super::BindError;

pub(in crate::server) fn tcp(passed: Vec<std::net::TcpListener>) -> Result<Vec<TcpListener>, BindError> {
    let take = |listener: std::net::TcpListener| -> io::Result<_> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    };
    passed.into_iter().map(take).collect::<io::Result<_>>().map_err(BindError::Passed)
}

pub(in crate::server) fn udp(passed: Vec<std::net::UdpSocket>) -> Result<Vec<UdpSocket>, BindError> {
    let take = |socket: std::net::UdpSocket| -> io::Result<_> {
        socket.set_nonblocking(true)?;
        UdpSocket::from_std(socket)
    };
    passed.into_iter().map(take).collect::<io::Result<_>>().map_err(BindError::Passed)
}
