//! The broker's scenarios over real sockets, by both carriers. A number in a name is the scenario's.
//!
//! Here: the server under test, who dials it, and peers that are no brokers. The scenarios stand in the files below.

mod closing;
mod discovery;
mod handshake;
mod hostile;
mod limits;
mod nats;
mod nodes;
mod time;
mod trace;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use hb_bus::broker::{Broker, Builder, Connection, Ending, Event, Limits};
use hb_bus::runtime::Native;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{DialError, ghms, websocket};

const JSON: &str = "application/json";
const POSTCARD: &str = "application/postcard";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Text(String);

fn text(text: &str) -> Text {
    Text(text.to_owned())
}

/// A text whose body in JSON has so many bytes.
fn sized(bytes: usize) -> Text {
    Text("x".repeat(bytes - 2))
}

/// A frame with this body.
fn frame(code: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0, 0, 0, code][..], &length, &[0], body].concat()
}

/// Nothing here takes so long, unless it hangs.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("in time")
}

/// What happens at a broker, in order.
type Heard<T> = mpsc::UnboundedReceiver<T>;

async fn next<T>(heard: &mut Heard<T>) -> T {
    soon(heard.recv()).await.expect("the broker lives")
}

/// A broker under construction that knows texts (10).
fn builder() -> Builder {
    Broker::builder(Arc::new(Native::current())).register::<Text>(10)
}

/// One that tells every text it gets and every ending.
fn telling(builder: Builder) -> (Broker, Heard<String>, Heard<Ending>) {
    let ((text, texts), (ending, endings)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let broker = builder
        .handle(move |_: Connection, said: Arc<Text>| {
            std::future::ready(text.send(said.0.clone()).map_err(Into::into))
        })
        .observe(move |event| {
            if let Event::Closed(_, why) = event {
                let _ = ending.send((*why).clone()); // a test may have heard enough
            }
        })
        .build()
        .unwrap();
    (broker, texts, endings)
}

/// Both carriers, on a port of their own.
async fn serve(broker: &Broker) -> SocketAddr {
    let (upgrade, socket) = (broker.clone(), broker.clone());
    let router = Router::new()
        .route("/ghms", any(async move |request| ghms::accept(&upgrade, request)))
        .route("/ws", any(async move |request| websocket::accept(&socket, request).await));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[derive(Clone, Copy, Debug)]
enum Carrier {
    Upgrade,
    WebSocket,
}

const BOTH: [Carrier; 2] = [Carrier::Upgrade, Carrier::WebSocket];

impl Carrier {
    async fn dial(self, client: &Broker, server: SocketAddr) -> Result<Connection, DialError> {
        soon(async {
            match self {
                Self::Upgrade => ghms::dial(client, &format!("http://{server}/ghms")).await,
                Self::WebSocket => websocket::dial(client, &format!("ws://{server}/ws")).await,
            }
        })
        .await
    }

    /// A connection whose client is the test.
    async fn raw(self, server: SocketAddr) -> Raw {
        let mut stream = TcpStream::connect(server).await.unwrap();
        match self {
            Self::Upgrade => {
                let ask = format!(
                    "GET /ghms HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: GHMS/0.1\r\nAccept: {JSON}\r\n\r\n"
                );
                stream.write_all(ask.as_bytes()).await.unwrap();
                let answer = head(&mut stream).await;
                assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
                Raw::Stream(stream)
            }
            Self::WebSocket => {
                let ask = ClientRequestBuilder::new(format!("ws://{server}/ws").parse().unwrap())
                    .with_sub_protocol("ghms-0.1.application~json");
                Raw::Socket(Box::new(client_async(ask, stream).await.unwrap().0))
            }
        }
    }
}

/// The head of an answer, byte by byte, so that what follows stays unread.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(soon(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A peer that may say anything.
enum Raw {
    Stream(TcpStream),
    Socket(Box<WebSocketStream<TcpStream>>),
}

impl Raw {
    /// `false` if nobody takes it any more.
    async fn say(&mut self, bytes: &[u8]) -> bool {
        soon(async {
            match self {
                Self::Stream(stream) => stream.write_all(bytes).await.is_ok(),
                Self::Socket(socket) => socket.send(Message::Binary(bytes.to_vec().into())).await.is_ok(),
            }
        })
        .await
    }

    /// The next frame without a body.
    async fn heartbeat(&mut self) -> Vec<u8> {
        soon(async {
            match self {
                Self::Stream(stream) => {
                    let mut frame = [0; 9];
                    stream.read_exact(&mut frame).await.unwrap();
                    frame.to_vec()
                }
                Self::Socket(socket) => socket.next().await.unwrap().unwrap().into_data().to_vec(),
            }
        })
        .await
    }
}
