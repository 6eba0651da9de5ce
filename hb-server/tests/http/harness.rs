//! A server of a test's own, and raw HTTP to speak to it with: nothing between the test and the bytes.

use std::net::SocketAddr;
use std::time::Duration;

use hb_core::id::Who;
use hb_server::auth::{Auth, Order, Role};
use hb_server::config::Listen;
use hb_server::engine::Engine;
use hb_server::engine::clock::{Clock, Hand};
use hb_server::udp::Door;
use hb_server::watch::{Input, Watch};
use hb_server::{Config, Server};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Nothing in these tests takes a fraction of this; it only turns a hang into a failure.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A running server; ends with the test.
pub(crate) struct TestServer {
    pub(crate) addrs: Vec<SocketAddr>,
    pub(crate) udp_addrs: Vec<SocketAddr>,
    pub(crate) udp: Door,
    pub(crate) hand: Hand,
    pub(crate) engine: Engine,
    pub(crate) auth: Auth,
    pub(crate) watch: Watch,
    /// The header of one who may work with screens.
    pub(crate) operator: String,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<std::io::Result<()>>,
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// One server-sent event.
#[derive(Debug, Default)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: serde_json::Value,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { listen: Listen::Loopback(0), ..Config::default() };
        adjust(&mut config);
        let (clock, hand) = Clock::manual();
        let server = Server::bind_with(config, clock).await.unwrap();
        let (addrs, engine) = (server.addrs().to_vec(), server.engine().clone());
        let (udp_addrs, udp) = (server.udp_addrs().to_vec(), server.udp().clone());
        let (auth, watch) = (server.auth().clone(), server.watch().clone());
        let operator = bearer(&auth, "desk", Role::Operator).await;
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self { addrs, udp_addrs, udp, hand, engine, auth, watch, operator, stop: Some(stop), running }
    }

    /// Lets `millis` ms pass, and everybody be judged.
    pub(crate) fn pass(&self, millis: u64) {
        self.hand.advance(Duration::from_millis(millis));
        self.engine.run_due();
        // What waits for a time of the wall's is asked to look again.
        self.watch.tell(Input::Tick);
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addrs[0]).await.unwrap()
    }

    /// `GET target`, answered 200.
    pub(crate) async fn ok(&self, target: &str) -> String {
        let answer = self.get(target).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        answer.body
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.request("GET", target, "", "").await
    }

    /// One request on a connection of its own; `headers` end with CRLF each.
    pub(crate) async fn request(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}"
        );
        self.raw(request.as_bytes()).await
    }

    /// A change that the operator asks for.
    pub(crate) async fn ask(&self, method: &str, target: &str, body: &serde_json::Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let headers = format!("{}Content-Length: {}\r\n", self.operator, body.len());
        self.request(method, target, &headers, &body).await
    }

    /// Sends bytes as they are and reads the answer up to the end of the connection.
    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        self.raw_at(self.addrs[0], request).await
    }

    pub(crate) async fn raw_at(&self, addr: SocketAddr, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut bytes = Vec::new();
        timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("an answer in time").unwrap();
        Answer::parse(&bytes)
    }

    /// Sends bytes as they are and reads the head of the answer, after which a socket may stay open.
    pub(crate) async fn head(&self, request: &[u8]) -> String {
        let mut stream = BufReader::new(self.connect().await);
        stream.write_all(request).await.unwrap();
        let mut head = String::new();
        while timeout(SOON, stream.read_line(&mut head)).await.expect("an answer in time").unwrap() > 2 {}
        head
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        timeout(SOON, &mut self.running).await.expect("an end in time").unwrap().unwrap();
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("answers are UTF-8");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer in {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// The header of a token that is made for it.
pub(crate) async fn bearer(auth: &Auth, name: &str, role: Role) -> String {
    let who = Who::new("test", "here").unwrap();
    // An earlier server over the same memory may have made one.
    let _ = auth.revoke(name).await;
    let token = auth.make(Order { name, role, lasts: None, who: &who }).await.unwrap();
    format!("Authorization: Bearer {}\r\n", token.reveal())
}

/// An open event stream.
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    pub(crate) async fn open(server: &TestServer, last_event_id: Option<&str>) -> Self {
        let last = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        Self::open_as(server, "", &last).await
    }

    /// With a query (from its `?` on) and headers (each with its CRLF).
    pub(crate) async fn open_as(server: &TestServer, query: &str, headers: &str) -> Self {
        let mut stream = server.connect().await;
        // HTTP/1.0: the body comes without chunks.
        let request = format!("GET /api/v1/events{query} HTTP/1.0\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            timeout(SOON, reader.read_line(&mut line)).await.unwrap().unwrap();
            if line.starts_with("HTTP/") {
                assert!(line.contains(" 200 "), "{line}");
            }
            if line == "\r\n" {
                return Self(reader);
            }
        }
    }

    /// The next event, whatever it is; `None` when the stream has ended.
    pub(crate) async fn any(&mut self) -> Option<Event> {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            if timeout(SOON, self.0.read_line(&mut line)).await.expect("an event in time").unwrap_or(0) == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => event.name = name.to_owned(),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                _ if line == "\n" && !event.name.is_empty() => return Some(event),
                _ => {}
            }
        }
    }

    /// The next event of this name.
    pub(crate) async fn named(&mut self, name: &str) -> Event {
        let telling = async {
            loop {
                let event = self.any().await.expect("the stream goes on");
                if event.name == name {
                    return event;
                }
            }
        };
        timeout(SOON, telling).await.expect("an event in time")
    }

    /// The next event of the registry: neither the once-a-second `vitals`, nor what the watch tells.
    pub(crate) async fn next(&mut self) -> Event {
        let telling = async {
            loop {
                let event = self.any().await.expect("the stream goes on");
                if !matches!(&*event.name, "vitals" | "told" | "standing") {
                    return event;
                }
            }
        };
        // The vitals keep coming whatever happens, so they are no sign that this will.
        timeout(SOON, telling).await.expect("an event in time")
    }
}
