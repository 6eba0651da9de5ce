//! Nodes over a simulated network: messaging.md 3.1, G23 to G28, and peers that mean no good.

use std::time::Duration;

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::bus::{Received, Subscription};
use crate::link::Frame;
use crate::message::Topic;
use crate::runtime::{Runtime, Simulation};

mod bridges;
mod discovery;
mod hostile;
mod meeting;
mod mesh;
mod net;
mod turns;

use net::Net;

const NEWS: Topic = Topic::from_static("news");

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn news(text: &str) -> Message {
    Message::new(NEWS, text.to_owned())
}

/// What is there to be heard.
fn heard(subscription: &mut Subscription) -> Vec<String> {
    let there = || subscription.try_recv().filter(|received| *received != Received::Closed);
    std::iter::from_fn(there)
        .filter_map(Received::message)
        .map(|(_, message)| String::from_utf8_lossy(message.data()).into_owned())
        .collect()
}
