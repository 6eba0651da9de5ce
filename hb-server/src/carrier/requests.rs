//! Grav's HTTP transport, both ends: each message is a `POST` of its own (messaging.md 2).
//!
//! A peer that posts to us cannot be posted to over that: its connection is replaceable, and until we have connected
//! to it ourselves what is published here does not reach it. Not here: who is let in (`hb_bus::node`).

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures_util::{SinkExt, StreamExt, stream};
use hb_bus::link::{Connection, Frame, Transport};
use hb_bus::message::Id;
use hb_bus::node::{Node, PATIENCE};
use hb_bus::runtime::Task;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::PollSender;

use super::dial::{Address, DialError};

/// Grav's default port and path.
pub const PORT: u16 = 8080;
/// Where messages are posted.
pub const PATH: &str = "/meta/message";

const HANDSHAKE: HeaderName = HeaderName::from_static("x-grav-handshake-uuid");
const SENDER: HeaderName = HeaderName::from_static("x-grav-uuid");
/// Longest message, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// Longest answer to a handshake.
const LONGEST_ANSWER: usize = 64 * 1024;
/// Messages of one peer that wait to be read.
const WAITING: usize = 64;

type Incoming = mpsc::Sender<io::Result<Frame>>;

/// Whoever posts to us.
#[derive(Clone, Debug)]
struct Poster {
    /// Where what it posts goes to.
    incoming: Incoming,
    /// We have connected to it ourselves: its own handshake is answered, and changes nothing.
    dialled: bool,
}

/// The transport, to be given to a node and mounted in a server. A cheap handle.
#[derive(Clone, Debug)]
pub struct Requests {
    own: Id,
    peers: Arc<Mutex<HashMap<Id, Poster>>>,
}

impl Requests {
    /// The transport of the node of this name.
    #[must_use]
    pub fn new(own: Id) -> Self {
        Self { own, peers: Arc::default() }
    }

    /// The door for peers of `node`, at [`PATH`]: 200 to a handshake, 204 to a message, 400 to what is neither and to
    /// strangers, 500 to whoever is not let in.
    pub fn router(&self, node: Node) -> Router {
        let body = DefaultBodyLimit::max(LONGEST);
        Router::new().route(PATH, post(receive)).layer(body).with_state((self.clone(), node))
    }

    /// Whether we have connected to this peer ourselves.
    fn dialled(&self, name: Id) -> bool {
        self.peers().get(&name).is_some_and(|poster| poster.dialled)
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<Id, Poster>> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.retain(|_, poster| !poster.incoming.is_closed());
        peers
    }

    /// Lets somebody in, and answers with what the node says to it. Who it is, `hello` says, as to the node.
    async fn meet(&self, node: &Node, hello: Bytes) -> Response {
        if named(&hello).is_some_and(|name| self.dialled(name)) {
            return acknowledge(format!(r#"{{"uuid":"{}"}}"#, self.own).into());
        }
        let (incoming, mut frames) = mpsc::channel(WAITING);
        let (answered, answer) = oneshot::channel();
        // The first thing the node says is its answer; nothing else can be said over this.
        let leaving = futures_util::sink::unfold(Some(answered), async |answered, frame: Frame| {
            if let (Some(answered), Frame::Control(bytes)) = (answered, frame) {
                // The peer may be gone before it was answered.
                let _ = oneshot::Sender::send(answered, bytes);
            }
            Ok::<_, io::Error>(None)
        });
        if incoming.try_send(Ok(Frame::Control(hello))).is_err() {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        let frames = stream::poll_fn(move |cx| frames.poll_recv(cx));
        match node.accept(Connection::from_parts(frames, leaving).replaceable()).await {
            Ok(name) => {
                self.peers().insert(name, Poster { incoming, dialled: false });
                match answer.await {
                    Ok(answer) => acknowledge(answer),
                    Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                }
            }
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

fn acknowledge(hello: Bytes) -> Response {
    ([("content-type", "application/json")], hello).into_response()
}

async fn receive(
    State((transport, node)): State<(Requests, Node)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let id = |name: &HeaderName| {
        headers.get(name).map(|value| value.to_str().ok().and_then(|text| text.parse::<Id>().ok()))
    };
    let bad = |reason: &'static str| (StatusCode::BAD_REQUEST, reason).into_response();
    match (id(&HANDSHAKE), id(&SENDER)) {
        (Some(Some(name)), _) => {
            let hello = if body.is_empty() { format!(r#"{{"uuid":"{name}"}}"#).into() } else { body };
            transport.meet(&node, hello).await
        }
        (_, Some(Some(name))) => {
            let poster = transport.peers().get(&name).cloned();
            match poster {
                Some(Poster { incoming, .. }) if incoming.send(Ok(Frame::Message(body))).await.is_ok() => {
                    StatusCode::NO_CONTENT.into_response()
                }
                _ => bad("nobody of this name is known here: expected a handshake first"),
            }
        }
        (Some(None), _) | (_, Some(None)) => {
            bad("no UUID: expected one such as 67e55044-10b1-426f-9247-bb680e5fe0c8")
        }
        (None, None) => bad("expected the header X-Grav-Handshake-UUID or X-Grav-UUID"),
    }
}

impl Transport for Requests {
    /// To `host[:port][/path]`, with or without `http://` in front.
    fn connect(&self, endpoint: &str) -> Task<io::Result<Connection>> {
        let (transport, address) = (self.clone(), parse(endpoint));
        Box::pin(async move {
            let address = address.map_err(io::Error::other)?;
            let (incoming, mut frames) = mpsc::channel(WAITING);
            let (leaving, mut outgoing) = mpsc::channel::<Frame>(1);
            tokio::spawn(async move {
                while let Some(frame) = outgoing.recv().await {
                    let (header, body) = match frame {
                        Frame::Control(body) => (HANDSHAKE, body),
                        Frame::Message(body) => (SENDER, body),
                    };
                    let greeting = header == HANDSHAKE;
                    let answer = post_to(&address, header, transport.own, body).await;
                    let failed = match answer {
                        Ok((StatusCode::OK, answer)) if greeting => {
                            transport.expect(&answer, &incoming);
                            incoming.send(Ok(Frame::Control(answer))).await.is_err()
                        }
                        Ok((StatusCode::NO_CONTENT, _)) if !greeting => false,
                        Ok((status, _)) => {
                            let error = io::Error::other(format!("the peer answers {status}"));
                            incoming.send(Err(error)).await.is_ok()
                        }
                        Err(error) => incoming.send(Err(error)).await.is_ok(),
                    };
                    if failed {
                        return;
                    }
                }
            });
            let frames = stream::poll_fn(move |cx| frames.poll_recv(cx));
            let leaving = PollSender::new(leaving).sink_map_err(|_| io::ErrorKind::BrokenPipe.into());
            Ok(Connection::from_parts(frames.boxed(), leaving))
        })
    }
}

impl Requests {
    /// What the peer that answered so posts from now on belongs to the connection that we made to it, unless there is
    /// one already: the node will not let in another.
    fn expect(&self, answer: &Bytes, incoming: &Incoming) {
        if let Some(name) = named(answer)
            && !self.dialled(name)
        {
            self.peers().insert(name, Poster { incoming: incoming.clone(), dialled: true });
        }
    }
}

/// Who says so, in a handshake or an answer to one.
fn named(handshake: &Bytes) -> Option<Id> {
    #[derive(serde::Deserialize)]
    struct Form {
        uuid: String,
    }
    serde_json::from_slice(handshake).ok().and_then(|Form { uuid }| uuid.parse().ok())
}

/// Where a peer takes messages: `host[:port][/path]`, with or without `http://` in front.
fn parse(endpoint: &str) -> Result<Address, DialError> {
    let scheme = if endpoint.contains("://") { "" } else { "http://" };
    Address::parse(
        &format!("{scheme}{endpoint}"),
        "http",
        PORT,
        "`host:port/path`, perhaps with `http://` before it",
    )
}

/// Posts, within [`PATIENCE`].
async fn post_to(
    address: &Address,
    header: HeaderName,
    own: Id,
    body: Bytes,
) -> io::Result<(StatusCode, Bytes)> {
    let path = address.uri.path_and_query().map_or(PATH, PathAndQuery::as_str);
    let request = Request::post(if path == "/" { PATH } else { path })
        .header("host", address.authority())
        .header("content-type", "application/json")
        .header(header, own.to_string())
        .body(Full::new(body))
        .map_err(io::Error::other)?;
    let posting = async {
        let stream = address.connect().await.map_err(io::Error::other)?;
        exchange(stream, request).await
    };
    timeout(PATIENCE, posting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// One request and its answer. The connection ends with what is dropped here.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> io::Result<(StatusCode, Bytes)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(io::Error::other)?;
    let status = response.status();
    let body =
        Limited::new(response.into_body(), LONGEST_ANSWER).collect().await.map_err(io::Error::other)?;
    Ok((status, body.to_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_message_and_never_answers_is_waited_for_with_patience_only() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let posted = post_to(&address, SENDER, Id::from_u128(1), Bytes::new());
        let error = timeout(2 * PATIENCE, posted).await.expect("it ends by itself").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn an_endpoint_may_leave_out_what_grav_leaves_out() {
        for (endpoint, authority) in [
            ("hall-3", "hall-3:8080"),
            ("hall-3:80/x", "hall-3:80"),
            ("http://hall-3/x", "hall-3:8080"),
            ("[::1]", "[::1]:8080"),
            ("http.example:1", "http.example:1"),
        ] {
            assert_eq!(parse(endpoint).unwrap().authority(), authority, "{endpoint}");
        }
        for endpoint in ["", "a b", "https://hall-3", "ftp://hall-3"] {
            assert!(parse(endpoint).is_err(), "{endpoint}");
        }
    }
}
