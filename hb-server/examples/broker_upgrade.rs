//! A word travels to a server and back, through three pipes each way, over a real socket: `Upgrade: GHMS/0.1`.
//!
//! ```text
//! cargo run -p hb-server --example broker_upgrade                         both ends in one process
//! cargo run -p hb-server --example broker_upgrade serve 127.0.0.1:8000    the server alone
//! cargo run -p hb-server --example broker_upgrade dial http://127.0.0.1:8000/messages
//! ```
//!
//! `examples/broker_pipes.rs` of hb-bus is the same in memory. For a WebSocket, write `websocket` for `ghms`, `ws:` for
//! `http:`, and `.await` after `accept`.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use hb_bus::broker::{
    Broker, Builder, Connection, Failure, Flow, Inbound, Message, Outbound, Pipe, SendError,
};
use hb_bus::runtime::Native;
use hb_server::carrier::ghms;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[derive(Serialize, Deserialize)]
struct Text(String);

/// Says what passes; the second one speaks up.
struct Step(u8);

impl Pipe for Step {
    fn inbound<'a>(&'a self, message: Message, next: Inbound<'a>) -> Flow<'a, Result<(), Failure>> {
        let Some(Text(text)) = message.get() else { return next.run(message) };
        println!("pipe {} in: {text}", self.0);
        let louder = (self.0 == 1).then(|| Message::new(Text(text.to_uppercase())));
        next.run(louder.unwrap_or(message))
    }

    fn outbound<'a>(&'a self, message: Message, next: Outbound<'a>) -> Flow<'a, Result<usize, SendError>> {
        if let Some(Text(text)) = message.get() {
            println!("pipe {} out: {text}", self.0);
        }
        next.run(message)
    }
}

/// What both sides must know.
fn both() -> Builder {
    Broker::builder(Arc::new(Native::current())).register::<Text>(10)
}

/// Answers until the process ends. A program of yours would stop its `serve` by a signal and close the broker then.
async fn serve(listener: TcpListener) -> Result<(), Box<dyn Error + Send + Sync>> {
    let broker = both()
        .pipe(Step(0))
        .pipe(Step(1))
        .pipe(Step(2))
        .handle(|from: Connection, text: Arc<Text>| async move {
            println!("server handles: {}", text.0);
            let answer = Message::new(Text(format!("{} World", text.0)));
            println!("server sends: {} World", text.0);
            // Through the pipes, and to nobody but who asked.
            from.broker().send_message(answer).to(std::slice::from_ref(&from)).await?;
            Ok(())
        })
        .build()?;
    let router = Router::new().route("/messages", any(async move |request| ghms::accept(&broker, request)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn dial(address: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (heard, mut hears) = mpsc::unbounded_channel();
    let client = both()
        .handle(move |_: Connection, text: Arc<Text>| {
            println!("client handles: {}", text.0);
            std::future::ready(heard.send(text).map_err(Into::into))
        })
        .build()?;
    let connection = ghms::dial(&client, address).await?;
    println!("client sends: Hello, as {}", connection.media_type());
    client.send(Text("Hello".into())).await?;
    tokio::select! {
        answer = hears.recv() => assert_eq!(answer.ok_or("no answer")?.0, "HELLO World"),
        ending = connection.closed() => return Err(ending.into()),
    }
    client.close().await?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", address] => serve(TcpListener::bind(address).await?).await,
        ["dial", address] => dial(address).await,
        [] => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = format!("http://{}/messages", listener.local_addr()?);
            tokio::select! {
                served = serve(listener) => served,
                dialled = dial(&address) => dialled,
            }
        }
        _ => Err("expected `serve HOST:PORT`, `dial http://HOST:PORT/messages`, or nothing".into()),
    }
}
