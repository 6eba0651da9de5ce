//! The same question by UDP: one datagram each way, sent again where no answer came. Not here: the form of a datagram
//! (the library's `udp`), what an answer means.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use hb_server::udp::{Datagram, Key, MAX_DATAGRAM};

use super::Answer;

/// Asks what stands in `udp://HOST:PORT/LINE`, less the scheme: each try waits for `timeout`, and all are one question.
pub(super) fn ask(url: &str, timeout: Duration, tries: u32) -> io::Result<Answer> {
    let (place, line) = url.split_once('/').unwrap_or((url, ""));
    // Nobody who has not seen the question can answer it.
    let key = Key::of(RandomState::new().hash_one(line));
    let question = Datagram::Question { key: key.clone(), line: line.to_owned() }.text();
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    let addresses: Vec<_> = place.to_socket_addrs()?.collect();
    for _ in 0..tries {
        for address in &addresses {
            match exchange(*address, question.as_bytes(), &key, timeout) {
                Ok(answer) => return Ok(answer),
                Err(error) => failed = error,
            }
            // Silence costs a try; of a name's other addresses only a refusal, which is quick, leads to the next.
            if is_silence(&failed) {
                break;
            }
        }
    }
    Err(failed)
}

/// Whether nothing came in the time given; systems differ in how they say it.
pub(super) fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn exchange(address: SocketAddr, question: &[u8], key: &Key, timeout: Duration) -> io::Result<Answer> {
    let end = Instant::now() + timeout;
    let socket = match address {
        SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)),
    }?;
    // Connected, so that the system hands us nothing from elsewhere, and a refusal at once.
    socket.connect(address)?;
    socket.send(question)?;
    let mut buffer = [0; MAX_DATAGRAM];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let length = socket.recv(&mut buffer)?;
        match Datagram::parse(&buffer[..length]) {
            Ok(Datagram::Answer { key: answered, status, text }) if answered == *key => {
                return Ok(Answer { status, body: text });
            }
            // Not ours, or not to this.
            _ => {}
        }
    }
}
