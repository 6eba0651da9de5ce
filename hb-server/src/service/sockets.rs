//! Sockets that the service manager opened before it started us (`LISTEN_FDS`): nobody is refused while we start again, and a
//! port below 1024 needs no rights of ours. Not here: what is done on them.

use std::net::{TcpListener, UdpSocket};

/// What was passed; nothing as a rule.
#[derive(Debug, Default)]
pub struct Sockets {
    /// For HTTP.
    pub tcp: Vec<TcpListener>,
    /// For beats by UDP.
    pub udp: Vec<UdpSocket>,
}

/// A socket that we have no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "socket {0} of those that the service manager passes is none for hb: expected ListenStream= or ListenDatagram= with a port, \
     as in hb.socket"
)]
pub struct SocketsError(
    /// Which, counted from 1.
    pub usize,
);

impl Sockets {
    /// Takes what was passed to this process, once: programs that it starts do not get it. Changes the environment, so it comes
    /// before any thread.
    ///
    /// # Errors
    /// One of them is neither for TCP nor for UDP.
    #[cfg(target_os = "linux")]
    pub fn take() -> Result<Self, SocketsError> {
        let mut passed = listenfd::ListenFd::from_env();
        let mut taken = Self::default();
        for at in 0..passed.len() {
            if let Ok(Some(listener)) = passed.take_tcp_listener(at) {
                taken.tcp.push(listener);
            } else if let Ok(Some(socket)) = passed.take_udp_socket(at) {
                taken.udp.push(socket);
            } else {
                return Err(SocketsError(at + 1));
            }
        }
        Ok(taken)
    }

    /// There is nobody here who passes any.
    ///
    /// # Errors
    /// None.
    #[cfg(not(target_os = "linux"))]
    pub fn take() -> Result<Self, SocketsError> {
        Ok(Self::default())
    }
}
