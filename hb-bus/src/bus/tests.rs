//! The bus: messaging.md 3.1, its promises one by one, and a naive model.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::message::Topic;
use crate::runtime::{Runtime, Simulation};

mod handlers;
#[cfg(not(target_family = "wasm"))]
mod model;
mod queues;
mod requests;
mod scenarios;
#[cfg(not(target_family = "wasm"))]
mod threads;

const T1: Topic = Topic::from_static("t1");
const T2: Topic = Topic::from_static("t2");
const T3: Topic = Topic::from_static("t3");

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn text(text: &str) -> Message {
    Message::new(T1, text.to_owned())
}

/// A message that carries a number.
fn number(n: u64) -> Message {
    text(&n.to_string())
}

/// The numbers that are there to be received.
fn numbers(subscription: &mut Subscription) -> Vec<u64> {
    let there = || subscription.try_recv().filter(|received| *received != Received::Closed);
    let received = std::iter::from_fn(there).filter_map(Received::message);
    received.map(|(_, message)| std::str::from_utf8(message.data()).unwrap().parse().unwrap()).collect()
}

/// A world with a bus in it.
fn world() -> (Simulation, Bus) {
    let world = Simulation::new(1);
    let bus = Bus::new(world.handle());
    (world, bus)
}

/// Lets every task run that can, without time passing.
fn settle(world: &Simulation) {
    world.run(world.sleep(Duration::ZERO));
    world.run(world.sleep(millis(1)));
}
