//! A word travels to a server and back, through three pipes each way.
//!
//! Run with `cargo run -p hb-bus --example broker_pipes`. The two brokers are joined by a byte stream in memory, in
//! virtual time; `examples/broker_upgrade.rs` of hb-server is the same over a real socket.

use std::error::Error;
use std::sync::Arc;

use hb_bus::broker::{
    Answer, Broker, Builder, Connection, Failure, Flow, Inbound, Message, Offer, Outbound, PROTOCOL, Pipe,
    SendError,
};
use hb_bus::runtime::{Handle, Simulation};
use serde::{Deserialize, Serialize};
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
fn both(runtime: Handle) -> Builder {
    Broker::builder(runtime).register::<Text>(10)
}

fn main() -> Result<(), Box<dyn Error>> {
    let simulation = Simulation::new(1);
    let server = both(simulation.handle())
        .pipe(Step(0))
        .pipe(Step(1))
        .pipe(Step(2))
        .handle(|from: Connection, text: Arc<Text>| async move {
            println!("server handles: {}", text.0);
            let answer = Text(format!("{} World", text.0));
            println!("server sends: {}", answer.0);
            from.broker().send(answer).await?;
            Ok(())
        })
        .build()?;
    let (heard, mut hears) = mpsc::unbounded_channel();
    let client = both(simulation.handle())
        .handle(move |_: Connection, text: Arc<Text>| {
            println!("client handles: {}", text.0);
            std::future::ready(heard.send(text).map_err(Into::into))
        })
        .build()?;

    // What an HTTP upgrade says, without the HTTP.
    let accept = client.accepts();
    let offer = Offer {
        connection: Some("Upgrade"),
        upgrade: Some(PROTOCOL),
        accept: Some(&accept),
        content_type: None,
    };
    let accepted = server.negotiate(&offer)?;
    let answer = Answer { status: 101, upgrade: Some(PROTOCOL), content_type: Some(accepted.media_type()) };
    let media_type = client.answered(&answer)?;

    let (near, far) = tokio::io::duplex(4096);
    accepted.start(far)?;
    client.start(near, media_type)?;
    println!("client sends: Hello");
    simulation.run(async {
        client.send(Text("Hello".into())).await?;
        assert_eq!(hears.recv().await.ok_or("no answer")?.0, "HELLO World");
        client.close().await?;
        Ok(())
    })
}
