//! A request over loopback UDP, 64 outstanding: two dispatchers, two sockets, one process. On one thread in time of the
//! processor, the kernel's for both sockets included.

use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hb_bus::dispatch::{Class, Config, Dispatcher};
use hb_bus::runtime::Native;
use tokio::runtime::{Builder, Runtime};

#[path = "bus/clock.rs"]
mod clock;
#[path = "../examples/dispatch_udp/udp.rs"]
mod udp;
use clock::{Clock, processor, wall};
use udp::{Message, Question, Udp};

const OUTSTANDING: u64 = 64;

type Peer = Dispatcher<Question, std::net::SocketAddr>;

async fn peer() -> (Peer, std::net::SocketAddr) {
    let socket = Udp::bind("127.0.0.1:0").await.expect("the loopback has ports");
    let address = socket.local_addr().expect("it is bound");
    (Dispatcher::new(Question, socket, Arc::new(Native::current()), Config::default()), address)
}

async fn serve(peer: Peer) {
    while let Ok(asked) = peer.recv_from().await {
        let reply = Message { class: Class::Reply, ..asked.message };
        peer.notify_unreliable(&reply, asked.source).expect("64 fit into the queue");
    }
}

/// So many requests, each of 64 askers one at a time.
async fn ask(client: &Peer, server: std::net::SocketAddr, clock: Clock, requests: u64) -> Duration {
    let begun = clock();
    let askers: Vec<_> = (0..OUTSTANDING)
        .map(|asker| {
            let client = client.clone();
            tokio::spawn(async move {
                for turn in 0..requests.div_ceil(OUTSTANDING) {
                    let key = turn * OUTSTANDING + asker;
                    let asked = Message { class: Class::Request, key, text: "hb_ping".into() };
                    let reply = client.request(&asked, server, Duration::from_secs(5)).await;
                    assert_eq!(reply.expect("the loopback loses nothing").key, key);
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.expect("no asker panics");
    }
    clock() - begun
}

fn bench(c: &mut Criterion, name: &str, runtime: &Runtime, clock: Clock) {
    let (client, server, address) = runtime.block_on(async {
        let ((client, _), (server, address)) = (peer().await, peer().await);
        tokio::spawn(serve(server.clone()));
        (client, server, address)
    });
    let mut group = c.benchmark_group("a request over loopback UDP, 64 outstanding, at most 10 µs");
    group.throughput(Throughput::Elements(1));
    group.bench_function(name, |b| {
        b.iter_custom(|requests| runtime.block_on(ask(&client, address, clock, requests)));
    });
    group.finish();
    runtime.block_on(async {
        client.close(Duration::from_secs(1)).await.expect("UDP is quick");
        server.close(Duration::from_secs(1)).await.expect("UDP is quick");
    });
}

fn dispatch(c: &mut Criterion) {
    let one = Builder::new_current_thread().enable_all().build().expect("a runtime");
    bench(c, "one thread", &one, processor);
    let two = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    bench(c, "two threads", &two, wall);
}

criterion_group!(benches, dispatch);
criterion_main!(benches);
