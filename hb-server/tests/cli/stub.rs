//! A server that answers by a function and keeps what it was asked, on a port of the system's choice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// Longest wait for something that must happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

type Reply = dyn Fn(&str) -> (u16, String) + Send + Sync;

pub(crate) struct Stub {
    url: String,
    asked: Receiver<String>,
    #[cfg_attr(not(unix), expect(dead_code, reason = "who asks for it runs on Unix"))]
    heads: Receiver<String>,
    bodies: Receiver<(u16, String)>,
}

impl Stub {
    /// Answers each path with status and body, or with status 0 by hanging up. Its threads end with the test's process.
    pub(crate) fn new(reply: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (sender, asked) = channel();
        let (head, heads) = channel();
        let (told, bodies) = channel();
        let reply: Arc<Reply> = Arc::new(reply);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (reply, sender) = (Arc::clone(&reply), sender.clone());
                let (head, told) = (head.clone(), told.clone());
                thread::spawn(move || serve(stream, &*reply, &sender, &head, &told));
            }
        });
        Self { url, asked, heads, bodies }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next path it was asked for, with its query; waits for it.
    pub(crate) fn asked(&self) -> String {
        self.asked.recv_timeout(DEADLINE).expect("hb asks in time")
    }

    /// The headers of the next question.
    #[cfg(unix)]
    pub(crate) fn head(&self) -> String {
        self.heads.recv_timeout(DEADLINE).expect("hb asks in time")
    }

    /// The body of the next question, and the status of its answer.
    #[cfg(unix)]
    pub(crate) fn body(&self) -> (u16, String) {
        self.bodies.recv_timeout(DEADLINE).expect("hb asks in time")
    }

    /// The bodies of all questions so far.
    pub(crate) fn bodies(&self) -> Vec<(u16, String)> {
        self.bodies.try_iter().collect()
    }

    /// Whether there was no further question so far.
    pub(crate) fn is_quiet(&self) -> bool {
        self.asked.try_recv().is_err()
    }
}

/// What came behind the headers.
fn sent(headers: &[String], from: &mut impl Read) -> String {
    let length = headers.iter().find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("content-length:").and_then(|value| value.trim().parse().ok())
    });
    let mut body = String::new();
    // Who hangs up in the middle of it has sent less.
    let _ = from.take(length.unwrap_or(0)).read_to_string(&mut body);
    body
}

/// One request per connection.
fn serve(
    mut stream: TcpStream,
    reply: &Reply,
    asked: &Sender<String>,
    heads: &Sender<String>,
    bodies: &Sender<(u16, String)>,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut head = reader.by_ref().lines().map_while(Result::ok);
    let Some(path) = head.next().and_then(|line| line.split(' ').nth(1).map(String::from)) else { return };
    let said: Vec<_> = head.take_while(|line| !line.is_empty()).collect();
    let _ = heads.send(said.join("\n"));
    let (status, body) = reply(&path);
    let _ = bodies.send((status, sent(&said, &mut reader)));
    // Told before it is answered, so that who saw the answer finds the question.
    let _ = asked.send(path);
    if status == 0 {
        return;
    }
    let length = body.len();
    let _ =
        write!(stream, "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

/// An address where nobody listens.
pub(crate) fn dead_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("bound"))
}
