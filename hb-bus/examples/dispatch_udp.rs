//! Request and reply over real UDP on the loopback: `cargo run -p hb-bus --example dispatch_udp`
//!
//! The socket is tokio-util's `UdpFramed`, with one repair: after a datagram that the system refuses, `UdpFramed` tries
//! the same one again before any other, for ever. So this one is replaced by a fresh one on the same socket.

#[cfg(not(target_family = "wasm"))]
#[path = "dispatch_udp/udp.rs"]
mod udp;

#[cfg(not(target_family = "wasm"))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::sync::Arc;
    use std::time::Duration;

    use hb_bus::dispatch::{Class, Config, Dispatcher, RequestError};
    use hb_bus::runtime::Native;
    use udp::{Question, Udp};

    let runtime = Arc::new(Native::current());
    let socket = Udp::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let server = Dispatcher::new(Question, socket, runtime.clone(), Config::default());
    let answers = server.clone();
    let serving = tokio::spawn(async move {
        while let Ok(asked) = answers.recv_from().await {
            println!("server: {} bytes from {}", asked.size, asked.source);
            let text = asked.message.text.to_uppercase();
            let reply = udp::Message { class: Class::Reply, text, ..asked.message };
            answers.notify_unreliable(&reply, asked.source).expect("the queue has room for one");
        }
    });

    let client = Dispatcher::new(
        Question,
        Udp::bind("127.0.0.1:0").await?,
        runtime,
        Config::default().strict_peer(true),
    );
    let limit = Duration::from_secs(1);

    // A place that the loopback cannot reach, and right afterwards one that it can.
    let lost = udp::Message { class: Class::Request, key: 1, text: "anybody?".into() };
    match client.request(&lost, "192.0.2.1:9".parse()?, limit).await {
        Err(error @ (RequestError::Transport(_) | RequestError::TimedOut)) => println!("client: {error}"),
        other => println!("client: nobody should have answered: {other:?}"),
    }
    let asked = udp::Message { class: Class::Request, key: 2, text: "is it noon?".into() };
    let reply = client.request(&asked, address, limit).await?;
    println!("client: {}", reply.text);
    assert_eq!((reply.key, reply.text.as_str()), (2, "IS IT NOON?"));

    client.close(limit).await?;
    server.close(limit).await?;
    serving.await?;
    println!("server: {:?}", server.stats());
    Ok(())
}

/// A page has no UDP.
#[cfg(target_family = "wasm")]
fn main() {}
