//! B11, B15: who encodes, how often, and as what.

use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Content, Encoding, EncodingError, Json, Message, Postcard, SendError, Target};

/// Another encoding under a name of its own; counts.
struct Counting<E> {
    inner: E,
    name: &'static str,
    encoded: Arc<AtomicUsize>,
    decoded: Arc<AtomicUsize>,
}

fn counting<E>(name: &'static str, inner: E) -> Counting<E> {
    Counting { inner, name, encoded: Arc::default(), decoded: Arc::default() }
}

impl<E: Encoding> Encoding for Counting<E> {
    fn media_type(&self) -> &str {
        self.name
    }

    fn encode(&self, content: Content<'_>, body: &mut Vec<u8>) -> Result<(), EncodingError> {
        self.encoded.fetch_add(1, Ordering::Relaxed);
        self.inner.encode(content, body)
    }

    fn decode(&self, body: &[u8], target: &mut Target) -> Result<(), EncodingError> {
        self.decoded.fetch_add(1, Ordering::Relaxed);
        self.inner.decode(body, target)
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b11_one_encode_for_each_encoding() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let (json, binary) = (counting("x/json", Json), counting("x/binary", Postcard));
    let counts = [Arc::clone(&json.encoded), Arc::clone(&binary.encoded)];
    let server = builder(&simulation).encoding(json).encoding(binary).build().unwrap();
    let client = noting(&simulation, &trace)
        .encoding(counting("x/json", Json))
        .encoding(counting("x/binary", Postcard))
        .build()
        .unwrap();
    let names = ["x/json", "x/binary", "x/json", "x/binary", "x/json", "x/json", "x/binary", "x/json"];
    for name in names {
        connect(&server, &client, name);
    }
    simulation.run(async {
        assert_eq!(server.send(text("once")).await, Ok(8));
        settle(&simulation).await;
    });
    assert_eq!(trace.take(), ["once"; 8]);
    assert_eq!(counts.map(|count| count.load(Ordering::Relaxed)), [1, 1]);
}

#[wasm_bindgen_test(unsupported = test)]
fn b15_one_message_in_another_encoding() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let (json, binary) = (counting("x/json", Json), counting("x/binary", Postcard));
    let counts = [Arc::clone(&json.decoded), Arc::clone(&binary.decoded)];
    let decoded = || [0, 1].map(|at: usize| counts[at].load(Ordering::Relaxed));
    let server = noting(&simulation, &trace).encoding(json).encoding(binary).build().unwrap();
    let client = builder(&simulation)
        .encoding(counting("x/json", Json))
        .encoding(counting("x/binary", Postcard))
        .build()
        .unwrap();
    let (_, connection) = connect(&server, &client, "x/json");
    simulation.run(async {
        let binary = Message::new(text("2")).encoded_as("x/binary");
        client.send(text("1")).await.unwrap();
        client.send_message(binary).await.unwrap();
        client.send(text("3")).await.unwrap();
        connection.send(text("4")).encoded_as("X/Binary").await.unwrap();
        settle(&simulation).await;
        assert_eq!(trace.take(), ["1", "2", "3", "4"]);
        assert_eq!(decoded(), [2, 2]);

        let unknown = SendError::InvalidEncoding("text/none".into());
        assert_eq!(client.send(text("5")).encoded_as("text/none").await, Err(unknown));
        assert!(connection.is_open());
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn names_that_are_no_media_types_are_not_taken() {
    let simulation = Simulation::new(1);
    let long = Box::leak(format!("x/{}", "y".repeat(254)).into_boxed_str());
    for name in ["", "json", "x/", "/y", "x/y/z", "x/y; a=b", "x /y", "x/ü", "*/json,", long] {
        assert!(builder(&simulation).encoding(counting(name, Json)).build().is_err(), "{name:?}");
    }
    assert!(builder(&simulation).encoding(counting("x/y+json", Json)).build().is_ok());
}

/// JSON has no words for it.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Odd(std::collections::BTreeMap<(u8, u8), u8>);

#[wasm_bindgen_test(unsupported = test)]
fn what_one_encoding_cannot_say_the_other_may() {
    let simulation = Simulation::new(1);
    let build = || Broker::builder(simulation.handle()).register::<Odd>(12).build().unwrap();
    let (server, client) = (build(), build());
    let (in_json, _) = connect(&server, &client, JSON);
    connect(&server, &client, POSTCARD);
    simulation.run(async {
        let odd = || Odd([((1, 2), 3)].into());
        assert!(matches!(in_json.send(odd()).await, Err(SendError::Encoding(_))));
        let Err(SendError::Partly { delivered: 1, failures }) = server.send(odd()).await else {
            panic!("one could, one could not")
        };
        assert!(matches!(&failures[..], [(id, SendError::Encoding(_))] if *id == in_json.id()));
        assert!(in_json.is_open());
        settle(&simulation).await;
        assert_eq!(client.stats().received, 1);
    });
}
