//! A receiver of webhooks that answers by a script, and hands on what it hears. Not here: tests.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use crate::harness::SOON;

/// What it does with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 503.
    Fail,
    /// Nothing, until it is told to hang up.
    Hang,
    /// 200.
    Take,
}

/// A message, and what it was answered.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) body: Value,
    pub(crate) answer: Answer,
}

/// After its script it takes what comes.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: mpsc::UnboundedReceiver<Heard>,
    hang_up: Arc<Notify>,
}

impl Receiver {
    pub(crate) async fn start(script: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heard) = mpsc::unbounded_channel();
        let hang_up = Arc::new(Notify::new());
        let script = Arc::new(Mutex::new(script.iter().copied().collect::<VecDeque<_>>()));
        let ended = Arc::clone(&hang_up);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&script), sender.clone(), Arc::clone(&ended)));
            }
        });
        Self { address, heard, hang_up }
    }

    /// A channel of this name in `hb.toml` that leads here.
    pub(crate) fn channel(&self, name: &str) -> String {
        format!("[[channel]]\nname = \"{name}\"\ntype = \"webhook\"\nurl = \"http://{}/new\"\n", self.address)
    }

    /// The next message, while `meanwhile` is done again and again.
    pub(crate) async fn next_while(&mut self, mut meanwhile: impl FnMut()) -> Heard {
        let waiting = async {
            loop {
                meanwhile();
                // A turn for everybody else; what comes ends it sooner.
                let turn = std::time::Duration::from_millis(10);
                if let Ok(heard) = timeout(turn, self.heard.recv()).await {
                    return heard.expect("it goes on");
                }
            }
        };
        timeout(SOON, waiting).await.expect("a message in time")
    }

    /// Ends the connection that hangs.
    pub(crate) fn hang_up(&self) {
        self.hang_up.notify_one();
    }
}

async fn serve(
    stream: TcpStream,
    script: Arc<Mutex<VecDeque<Answer>>>,
    heard: mpsc::UnboundedSender<Heard>,
    hang_up: Arc<Notify>,
) {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let answer = script.lock().unwrap().pop_front().unwrap_or(Answer::Take);
    let _ = heard.send(Heard { body: serde_json::from_slice(&body).unwrap(), answer });
    let status = match answer {
        Answer::Fail => "503 x",
        Answer::Take => "200 x",
        Answer::Hang => return hang_up.notified().await,
    };
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
}
