//! A load client that costs little: a few keep-alive connections on one thread, one request in flight on each.
//!
//! It writes a request to every connection, then reads every answer. No polling, no runtime, no allocation per
//! request, so that on two cores the server has one and a bit for itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::process::Server;

const CONNECTIONS: usize = 32;

/// Beats of `apps` apps, in a scattered order, to one server.
pub(crate) struct Load {
    streams: Vec<TcpStream>,
    apps: u32,
    next: u32,
    /// Grows with every request: an equal one would be a stale copy to the server.
    seq: u32,
    request: Vec<u8>,
    answer: [u8; 4096],
}

impl Load {
    /// Opens the connections.
    pub(crate) fn connect(server: &Server, apps: u32) -> Result<Self> {
        let streams = (0..CONNECTIONS)
            .map(|_| {
                let stream = TcpStream::connect(server.addr)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(10)))?;
                Ok(stream)
            })
            .collect::<Result<_>>()?;
        Ok(Self { streams, apps, next: 0, seq: 0, request: Vec::with_capacity(256), answer: [0; 4096] })
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
        for at in 0..self.streams.len() {
            // A step that is coprime to the count visits every app once per turn, far from its neighbours.
            self.next = (self.next + 7_919) % self.apps;
            self.seq += 1;
            self.request.clear();
            write!(
                self.request,
                "GET /hb_ping?3600000&appid=exhibit-{:07}&v=1&boot=b{:07}&seq={} HTTP/1.1\r\nHost: localhost\r\n\r\n",
                self.next, self.next, self.seq,
            )?;
            self.streams[at].write_all(&self.request)?;
        }
        for stream in &mut self.streams {
            let n = stream.read(&mut self.answer)?;
            if !self.answer[..n].starts_with(b"HTTP/1.1 200") {
                bail!("not a 200: {}", String::from_utf8_lossy(&self.answer[..n]));
            }
        }
        Ok(u32::try_from(self.streams.len()).expect("a few connections"))
    }
}
