//! Messages a second from one broker to another over loopback TCP, 64 on their way at once, by each carrier.
//!
//! `cargo bench -p hb-server --bench broker`. One element is one message of 32 letters, sent, received, decoded and
//! handled. Not here: many connections, large messages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hb_bus::broker::{Broker, Builder, Connection};
use hb_bus::runtime::Native;
use hb_server::carrier::{ghms, websocket};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

const OUTSTANDING: u64 = 64;

#[derive(Serialize, Deserialize)]
struct Text(String);

fn broker() -> Builder {
    Broker::builder(Arc::new(Native::current())).register::<Text>(10)
}

/// A server behind both carriers, and a permit for each message that it handled.
async fn serve() -> (std::net::SocketAddr, Arc<Semaphore>) {
    let handled = Arc::new(Semaphore::new(0));
    let counts = Arc::clone(&handled);
    let server = broker()
        .handle(move |_: Connection, _: Arc<Text>| {
            counts.add_permits(1);
            std::future::ready(Ok(()))
        })
        .build()
        .expect("one type, one code");
    let socket = server.clone();
    let router = Router::new()
        .route("/ghms", any(async move |request| ghms::accept(&server, request)))
        .route("/ws", any(async move |request| websocket::accept(&socket, request).await));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("the loopback has ports");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, handled)
}

/// So many messages from 64 senders, each one at a time; until the last is handled.
async fn send(client: &Broker, handled: &Semaphore, messages: u64) -> Duration {
    let begun = Instant::now();
    for sender in 0..OUTSTANDING {
        let client = client.clone();
        let turns = messages / OUTSTANDING + u64::from(sender < messages % OUTSTANDING);
        tokio::spawn(async move {
            for _ in 0..turns {
                let text = Text("abcdefghijklmnopqrstuvwxyzABCDEF".to_owned());
                client.send(text).await.expect("the loopback loses nothing");
            }
        });
    }
    let mut missing = messages;
    while missing > 0 {
        let some = u32::try_from(missing).unwrap_or(u32::MAX).min(1 << 20);
        handled.acquire_many(some).await.expect("it is never closed").forget();
        missing -= u64::from(some);
    }
    begun.elapsed()
}

fn carriers(c: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let (address, handled) = runtime.block_on(serve());
    let mut group = c.benchmark_group("broker over loopback TCP, one message");
    group.throughput(Throughput::Elements(1));
    for media_type in ["application/json", "application/postcard"] {
        for carrier in ["HTTP upgrade", "WebSocket"] {
            let client = runtime.block_on(async {
                let client = broker().prefer(media_type).build().expect("a known encoding");
                match carrier {
                    "WebSocket" => websocket::dial(&client, &format!("ws://{address}/ws")).await,
                    _ => ghms::dial(&client, &format!("http://{address}/ghms")).await,
                }
                .expect("the server is there");
                client
            });
            let encoding = media_type.trim_start_matches("application/");
            group.bench_function(format!("{carrier}, {encoding}"), |b| {
                b.iter_custom(|messages| runtime.block_on(send(&client, &handled, messages)));
            });
            runtime.block_on(client.close()).expect("the loopback closes");
        }
    }
    group.finish();
}

criterion_group!(benches, carriers);
criterion_main!(benches);
