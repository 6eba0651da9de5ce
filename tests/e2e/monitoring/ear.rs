//! Where a monitoring tells what it found, each check by one request: the service, its state, and what the check said.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::harness::PATIENCE;

/// It listens until it is dropped.
pub(super) struct Ear {
    pub(super) address: String,
    told: mpsc::UnboundedReceiver<[String; 3]>,
    latest: BTreeMap<String, [String; 2]>,
}

impl Ear {
    pub(super) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let (tell, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((peer, _)) = listener.accept().await {
                let mut peer = BufReader::new(peer);
                let mut head = String::new();
                while peer.read_line(&mut head).await.is_ok_and(|read| read > 2) {}
                let _ = peer.write_all(b"HTTP/1.0 204 No Content\r\n\r\n").await;
                let query =
                    head.split(' ').nth(1).and_then(|target| target.split_once('?')).map(|(_, query)| query);
                let mut parts = query.unwrap_or_default().split('&').map(|pair| {
                    let (_, value) = pair.split_once('=').unwrap_or_default();
                    percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned()
                });
                let mut next = || parts.next().unwrap_or_default();
                let _ = tell.send([next(), next(), next()]);
            }
        });
        Self { address: addr, told, latest: BTreeMap::new() }
    }

    /// Hears until it thinks so of a service, since the check said something like that.
    pub(super) async fn until(&mut self, service: &str, state: &str, said: &str) {
        let hear = async {
            while !self.latest.get(service).is_some_and(|[is, output]| is == state && output.contains(said)) {
                let [service, state, output] = self.told.recv().await.expect("the ear lives");
                self.latest.insert(service, [state, output]);
            }
        };
        let heard = timeout(PATIENCE, hear).await;
        assert!(heard.is_ok(), "not in time: {service} is {state} ({said}), but {:#?}", self.latest);
    }
}
