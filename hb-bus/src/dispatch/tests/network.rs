//! A network with chance: delay, loss, duplicates and other orders, all by a seed; and the laws that hold over it.
//!
//! Natively the schedules are drawn by proptest; in a browser a few fixed ones run.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;
use wasm_bindgen_test::wasm_bindgen_test;

use super::super::{Class, Config, Dispatcher, RequestError};
use super::kit::{Message, Protocol, echo, message};
use crate::runtime::{Handle, Runtime, Simulation};

/// What the network does to a datagram; shares in percent.
#[derive(Clone, Copy, Debug)]
struct Weather {
    loss: u64,
    duplication: u64,
    /// Each copy takes up to so many milliseconds, which is also what changes their order.
    delay: u64,
}

/// One of two ends.
struct Port {
    weather: Weather,
    runtime: Handle,
    address: u8,
    peer: mpsc::UnboundedSender<(Bytes, u8)>,
    incoming: mpsc::UnboundedReceiver<(Bytes, u8)>,
}

fn network(runtime: &Handle, weather: Weather) -> [Port; 2] {
    let (to_b, from_a) = mpsc::unbounded_channel();
    let (to_a, from_b) = mpsc::unbounded_channel();
    let port = |address, peer, incoming| Port { weather, runtime: runtime.clone(), address, peer, incoming };
    [port(0, to_b, from_b), port(1, to_a, from_a)]
}

impl Stream for Port {
    type Item = io::Result<(Bytes, u8)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(cx).map(|datagram| datagram.map(Ok))
    }
}

impl Sink<(Bytes, u8)> for Port {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, (datagram, _): (Bytes, u8)) -> io::Result<()> {
        let Weather { loss, duplication, delay } = self.weather;
        let copies = 1 + u64::from(self.runtime.random() % 100 < duplication);
        for _ in 0..copies {
            if self.runtime.random() % 100 < loss {
                continue;
            }
            let sleep = self.runtime.sleep(Duration::from_millis(self.runtime.random() % (delay + 1)));
            let (peer, copy) = (self.peer.clone(), (datagram.clone(), self.address));
            self.runtime.spawn(Box::pin(async move {
                sleep.await;
                // The peer may have ended meanwhile.
                drop(peer.send(copy));
            }));
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs 60 requests of 100 ms over this weather; gives back which were answered.
fn laws(seed: u64, weather: Weather) -> BTreeSet<u64> {
    let simulation = Simulation::new(seed);
    let runtime = simulation.handle();
    let [a, b] = network(&runtime, weather).map(|port| {
        Dispatcher::new(Protocol { classify: true }, port, simulation.handle(), Config::default())
    });
    let server = b.clone();
    let (heard, mut hears) = mpsc::unbounded_channel();
    runtime.spawn(Box::pin(async move {
        while let Ok(asked) = server.recv_from().await {
            heard.send(asked.message.key).unwrap();
            let reply = Message { class: Class::Reply, ..asked.message };
            server.notify_unreliable(&reply, asked.source).unwrap();
        }
    }));
    let asked: Vec<Message> = (0..60).map(|key| message(Class::Request, key, &format!("{key}"))).collect();
    let limit = Duration::from_millis(100);
    let requests = asked.iter().map(|asked| {
        let (runtime, a) = (&runtime, &a);
        async move {
            runtime.sleep(Duration::from_millis(runtime.random() % 50)).await;
            let begun = runtime.now();
            let answer = a.request(asked, 1, limit).await;
            let took = runtime.now().since(begun);
            match answer {
                // Whole, its own, and in time.
                Ok(reply) => {
                    assert_eq!((reply.key, &reply.text), (asked.key, &asked.text));
                    assert!(took <= limit, "{took:?}");
                    Some(asked.key)
                }
                Err(RequestError::TimedOut) => {
                    assert_eq!(took, limit);
                    None
                }
                Err(other) => panic!("neither a reply nor a time-out: {other}"),
            }
        }
    });
    let answers = simulation.run(join_all(requests));
    let answered: BTreeSet<u64> = answers.into_iter().flatten().collect();
    assert_eq!(a.outstanding(), 0);

    // Until the last straggler is in: each was a reply once, or nobody's, and none a message.
    simulation.run(runtime.sleep(Duration::from_millis(2 * weather.delay + 1)));
    let stats = a.stats();
    assert_eq!(stats.received, answered.len() as u64 + stats.unmatched, "{stats:?}");
    assert_eq!((stats.dropped, stats.adapter_errors, stats.sent), (0, 0, 60));
    let mut arrived = Vec::new();
    while let Ok(key) = hears.try_recv() {
        arrived.push(key);
    }
    assert_eq!(arrived.len() as u64, b.stats().received, "each datagram is one message");
    assert!(answered.iter().all(|key| arrived.contains(key)));
    answered
}

#[wasm_bindgen_test(unsupported = test)]
fn d02_d12_fair_and_foul_weather() {
    let fair = Weather { loss: 0, duplication: 0, delay: 40 };
    assert_eq!(laws(1, fair).len(), 60, "nothing is lost, and two ways take 80 ms at most");
    let foul = Weather { loss: 30, duplication: 30, delay: 60 };
    let answered = laws(1, foul);
    assert!((1..60).contains(&answered.len()), "some, not all: {}", answered.len());
    assert_eq!(laws(1, foul), answered, "one seed is one world");
    assert!(laws(1, Weather { loss: 100, ..foul }).is_empty());
}

#[wasm_bindgen_test(unsupported = test)]
fn d07_every_datagram_twice() {
    let simulation = Simulation::new(7);
    let twice = Weather { loss: 0, duplication: 100, delay: 0 };
    let [a, b] = network(&simulation.handle(), twice).map(|port| {
        Dispatcher::new(Protocol { classify: true }, port, simulation.handle(), Config::default())
    });
    echo(&simulation.handle(), b);
    let asked = message(Class::Request, 8, "once");
    let reply = simulation.run(a.request(&asked, 1, Duration::from_secs(1)));
    assert_eq!(reply.unwrap().text, "once");
    simulation.run(simulation.sleep(Duration::from_secs(1)));
    assert_eq!(a.stats().unmatched, 3, "two requests, four replies");
}

#[cfg(not(target_family = "wasm"))]
proptest::proptest! {
    #[test]
    fn every_request_ends_once_in_any_weather(
        seed: u64, loss in 0_u64..=100, duplication in 0_u64..=100, delay in 0_u64..200,
    ) {
        laws(seed, Weather { loss, duplication, delay });
    }
}
