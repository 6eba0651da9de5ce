//! Recorded frames of every parser, whole and spoilt: what is whole is understood, and nothing makes anything panic.
//!
//! `corpus/` holds one file for each; a frame that once broke something belongs there. From outside, as a peer speaks.
//! Not here: how much each parser reads of what it is given (the crate's own tests).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, sink, stream};
use hb_bus::broker::{Broker, Ending};
use hb_bus::bus::Bus;
use hb_bus::codec::{Codec, Json, Postcard};
use hb_bus::dispatch::{Adapter, Class, Config, Dispatcher};
use hb_bus::guest::{Departure, Grant, Host};
use hb_bus::link::{Connection, Frame};
use hb_bus::node::Node;
use hb_bus::runtime::{Runtime, Simulation};
use hb_bus::{dispatch, runtime};
use tokio::io::AsyncWriteExt;

#[path = "../src/noise.rs"]
#[expect(dead_code, reason = "the crate's own tests use the rest")]
mod noise;

/// So many spoilt frames for each parser.
const EACH: usize = noise::INPUTS / 6;

/// Gives `parser` every line of a file, then those spoilt. It says whether a frame was understood.
fn replay(file: &str, binary: bool, mut parser: impl FnMut(Vec<u8>) -> bool) {
    let frame = |line: &str| {
        let byte = |at| u8::from_str_radix(&line[at..at + 2], 16).expect("hex");
        if binary { (0..line.len()).step_by(2).map(byte).collect() } else { line.as_bytes().to_vec() }
    };
    let good: Vec<Vec<u8>> = file.lines().filter(|line| !line.starts_with('#')).map(frame).collect();
    for seed in &good {
        assert!(parser(seed.clone()), "not understood: {}", String::from_utf8_lossy(seed));
    }
    let noise = noise::Noise::new(good.len() as u64);
    let understood = (0..EACH).filter(|_| parser(noise.bytes(&good))).count();
    assert!(understood > EACH / 20, "{understood} of {EACH}: hardly anything got past the first byte");
}

#[test]
fn envelopes() {
    replay(include_str!("corpus/envelope.txt"), false, |frame| Json.decode(&frame).is_ok());
    replay(include_str!("corpus/postcard.txt"), true, |frame| Postcard.decode(&frame).is_ok());
}

/// A connection whose other end says this, hears everything, and leaves.
fn says<const N: usize>(frames: [Bytes; N]) -> Connection {
    let said = stream::iter(frames.map(|frame| Ok(Frame::Control(frame))));
    Connection::from_parts(said, sink::drain().sink_map_err(|never: Infallible| match never {}))
}

#[test]
fn handshakes_of_nodes() {
    replay(include_str!("corpus/handshake.txt"), false, |frame| {
        let world = Simulation::new(1);
        let node = Node::builder(&Bus::new(world.handle())).build();
        world.run(node.accept(says([frame.into()]))).is_ok()
    });
}

#[test]
fn words_of_guests() {
    let hello = Bytes::from_static(br#"{"hello":{"version":1,"who":"kiosk"}}"#);
    let grant = Grant::new().at("app/kiosk/").hear_under("app/kiosk/");
    replay(include_str!("corpus/guest.txt"), false, |frame| {
        let world = Simulation::new(1);
        let host = Host::new(&Bus::new(world.handle()), 1);
        let said = says([hello.clone(), frame.into()]);
        world.run(host.serve(said, async |_| Ok(grant.clone()))) == Departure::Left
    });
}

#[test]
fn frames_of_brokers() {
    replay(include_str!("corpus/frame.txt"), true, |frame| {
        let world = Simulation::new(1);
        let broker = Broker::builder(world.handle()).register::<String>(10).build().expect("it is right");
        let (near, mut far) = tokio::io::duplex(4096);
        let connection = broker.start(near, "application/json").expect("it is open");
        world.run(async {
            // It may be shown out before all of it is written.
            let _ = far.write_all(&frame).await;
            drop(far);
            matches!(connection.closed().await, Ending::Remote)
        })
    });
}

/// The class, the key, the text.
struct Protocol;

impl Adapter for Protocol {
    type Message = Vec<u8>;
    type Key = Option<u8>;
    type Error = Infallible;

    fn encode(&self, message: &Vec<u8>, into: &mut Vec<u8>) -> Result<(), Infallible> {
        into.extend(message);
        Ok(())
    }

    fn decode(&self, datagram: &[u8]) -> Result<Vec<u8>, Infallible> {
        Ok(datagram.to_vec())
    }

    fn key(&self, message: &Vec<u8>) -> Option<u8> {
        message.get(1).copied()
    }

    fn class(&self, message: &Vec<u8>) -> Option<Class> {
        match message.first()? {
            b'?' => Some(Class::Request),
            b'!' => Some(Class::Reply),
            b'+' => Some(Class::Ack),
            _ => Some(Class::Notification),
        }
    }
}

#[test]
fn datagrams_of_dispatchers() {
    let world = Simulation::new(1);
    let (mut near, far) = dispatch::memory::pair("near", "far", 8);
    let dispatcher = Dispatcher::new(Protocol, far, world.handle(), Config::default().receive_queue(8));
    let mut before = 0;
    replay(include_str!("corpus/datagram.txt"), false, |datagram| {
        world.run(async {
            near.send((Bytes::from(datagram), "far")).await.expect("memory takes it");
            world.sleep(Duration::from_millis(1)).await;
        });
        let stats = dispatcher.stats();
        // Every datagram is read and counted as something; nobody asks, so replies are nobody's.
        let read = stats.received == before + 1;
        before = stats.received;
        read && stats.adapter_errors == 0
    });
    assert!(dispatcher.stats().unmatched > 0 && dispatcher.stats().dropped > 0);
}
