//! A load client that costs little: a few keep-alive connections, or UDP sockets, on one thread, one request in flight
//! on each.
//!
//! It writes a request to every one of them, then reads every answer. No polling, no runtime, no allocation per
//! request, so that on two cores the server has one and a bit for itself.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::Server;

const CONNECTIONS: usize = 32;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Beats of `apps` apps, in a scattered order, to one server.
pub(crate) struct Load {
    road: Road,
    apps: u32,
    next: u32,
    /// Grows with every request: an equal one would be a stale copy to the server.
    seq: u32,
    request: Vec<u8>,
    answer: [u8; 4096],
}

enum Road {
    Http(Vec<TcpStream>),
    Udp(Vec<UdpSocket>),
}

impl Load {
    /// Opens connections for HTTP.
    pub(crate) fn connect(server: &Server, apps: u32) -> Result<Self> {
        let stream = |_| {
            let stream = TcpStream::connect(server.addr)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        Ok(Self::by(Road::Http((0..CONNECTIONS).map(stream).collect::<Result<_>>()?), apps))
    }

    /// Opens sockets for UDP, to where the server has HTTP too.
    pub(crate) fn connect_udp(server: &Server, apps: u32) -> Result<Self> {
        let socket = |_| {
            let socket = UdpSocket::bind(("127.0.0.1", 0))?;
            socket.connect(server.addr)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            Ok(socket)
        };
        Ok(Self::by(Road::Udp((0..CONNECTIONS).map(socket).collect::<Result<_>>()?), apps))
    }

    fn by(road: Road, apps: u32) -> Self {
        Self { road, apps, next: 0, seq: 0, request: Vec::with_capacity(256), answer: [0; 4096] }
    }

    /// One beat of every app, with a promise of an hour: nobody falls late while we measure.
    pub(crate) fn register_all(&mut self) -> Result<()> {
        let mut sent = 0;
        while sent < self.apps {
            sent += self.round()?;
        }
        Ok(())
    }

    /// Beats for `span`; returns answers per second.
    pub(crate) fn run(&mut self, span: Duration) -> Result<f64> {
        let began = Instant::now();
        let mut answered = 0;
        while began.elapsed() < span {
            answered += self.round()?;
        }
        Ok(f64::from(answered) / began.elapsed().as_secs_f64())
    }

    /// One request and one answer on every connection.
    fn round(&mut self) -> Result<u32> {
        for at in 0..CONNECTIONS {
            // A step that is coprime to the count visits every app once per turn, far from its neighbours.
            self.next = (self.next + 7_919) % self.apps;
            self.seq += 1;
            self.request.clear();
            let (app, seq) = (self.next, self.seq);
            let beat = format_args!("hb_ping?3600000&appid=exhibit-{app:07}&v=1&boot=b{app:07}&seq={seq}");
            match &mut self.road {
                Road::Http(streams) => {
                    write!(self.request, "GET /{beat} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
                    streams[at].write_all(&self.request)?;
                }
                Road::Udp(sockets) => {
                    write!(self.request, "hb1 {at} {beat}")?;
                    sockets[at].send(&self.request)?;
                }
            }
        }
        for at in 0..CONNECTIONS {
            let n = match &mut self.road {
                Road::Http(streams) => streams[at].read(&mut self.answer),
                Road::Udp(sockets) => sockets[at].recv(&mut self.answer),
            };
            let answer = &self.answer[..n.context("no answer")?];
            // After `HTTP/1.1`, or after `hb1` and the key.
            let status =
                answer.split(|&byte| byte == b' ').find(|word| word.len() == 3 && word[0].is_ascii_digit());
            if status != Some(b"200") {
                bail!("not a 200: {}", String::from_utf8_lossy(answer));
            }
        }
        Ok(u32::try_from(CONNECTIONS).expect("a few connections"))
    }
}
