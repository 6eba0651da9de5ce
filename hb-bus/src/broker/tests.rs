//! The scenarios of the broker, in virtual time. A number in a name is the scenario's.
//!
//! Here: who is connected to whom. The scenarios stand in the files below.

mod agreeing;
mod carrier;
mod closing;
mod encodings;
mod fuzz;
mod limits;
mod pipes;
mod sending;
mod time;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::DuplexStream;

use super::{Broker, Builder, Connection, Limits};
use crate::runtime::{Runtime, Simulation};
use crate::sync::lock;

const JSON: &str = "application/json";
const POSTCARD: &str = "application/postcard";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Text(String);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Number(u32);

/// Nobody registers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stranger;

fn text(text: &str) -> Text {
    Text(text.to_owned())
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    fn note(&self, what: impl Into<String>) {
        lock(&self.0).push(what.into());
    }

    /// What happened since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0))
    }
}

/// A broker under construction that knows texts (10) and numbers (11).
fn builder(simulation: &Simulation) -> Builder {
    Broker::builder(simulation.handle()).register::<Text>(10).register::<Number>(11)
}

/// One that notes every text it gets.
fn noting(simulation: &Simulation, trace: &Trace) -> Builder {
    let trace = trace.clone();
    builder(simulation).handle(move |_: Connection, text: Arc<Text>| {
        trace.note(text.0.clone());
        std::future::ready(Ok(()))
    })
}

fn plain(simulation: &Simulation) -> Broker {
    builder(simulation).build().unwrap()
}

fn within(timeout: Duration) -> Limits {
    Limits { timeout, ..Limits::default() }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Connects two brokers by a byte stream: the server's end and the client's.
fn connect(server: &Broker, client: &Broker, media_type: &str) -> (Connection, Connection) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let accepted = server.admit(media_type).unwrap().start(far).unwrap();
    (accepted, client.start(near, media_type).unwrap())
}

/// A connection of `server` whose peer is the test.
fn raw(server: &Broker, buffer: usize) -> (Connection, DuplexStream) {
    let (near, far) = tokio::io::duplex(buffer);
    (server.admit(JSON).unwrap().start(far).unwrap(), near)
}

/// Everything that can happen now, happens.
async fn settle(simulation: &Simulation) {
    simulation.handle().sleep(ms(1)).await;
}
