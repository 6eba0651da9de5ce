//! B19: bytes of every kind. Nothing panics, and memory follows what arrived.

use bytes::BytesMut;
use tokio::io::AsyncWriteExt;
use tokio_util::codec::Decoder;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::frame::Cutter;
use crate::broker::{Ending, FrameError};
use crate::noise::{INPUTS, Noise};

/// A whole frame with a text in JSON.
fn frame(text: &str) -> Vec<u8> {
    let body = serde_json::to_vec(text).unwrap();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&[0, 0, 0, 10][..], &length, &[0], &body].concat()
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_one_byte_at_a_time() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = noting(&simulation, &trace).build().unwrap();
    let (_open, mut peer) = raw(&server, 1);
    simulation.run(async {
        for word in ["", "a", "Hello, World"] {
            peer.write_all(&frame(word)).await.unwrap();
        }
        settle(&simulation).await;
    });
    assert_eq!(trace.take(), ["", "a", "Hello, World"]);
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_a_frame_cut_short_is_an_error_and_no_message() {
    let whole = frame("cut");
    for length in 0..whole.len() {
        let (simulation, trace) = (Simulation::new(1), Trace::default());
        let server = noting(&simulation, &trace).build().unwrap();
        let (connection, mut peer) = raw(&server, 64);
        let ending = simulation.run(async {
            peer.write_all(&whole[..length]).await.unwrap();
            drop(peer);
            connection.closed().await
        });
        let truncated = matches!(&ending, Ending::Frame(error) if matches!(**error, FrameError::Truncated));
        assert_eq!(truncated, length > 0, "{length} bytes: {ending}");
        assert_eq!(trace.take(), [""; 0]);
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_a_body_of_no_bytes() {
    let simulation = Simulation::new(1);
    let server = plain(&simulation);
    let (connection, mut peer) = raw(&server, 64);
    simulation.run(async {
        peer.write_all(&[0, 0, 0, 10, 0, 0, 0, 0, 0]).await.unwrap();
        assert!(matches!(connection.closed().await, Ending::Undecodable { code: 10, .. }));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_nothing_is_reserved_for_what_was_only_announced() {
    let mut cutter = Cutter { limit: 1_000_000 };
    let mut buffer = BytesMut::from(&[0, 0, 0, 10, 0, 15, 66, 64, 255][..]);
    assert!(matches!(cutter.decode(&mut buffer), Ok(None)));
    assert!(buffer.capacity() < 1_000, "{} bytes", buffer.capacity());
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_ten_thousand_bodies_in_each_encoding() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Told {
        Nothing,
        Line(String),
        Table { rows: Vec<(u32, Option<f64>)>, name: String },
    }
    let simulation = Simulation::new(1);
    let noise = Noise::new(19);
    let broker = Broker::builder(simulation.handle()).register::<Told>(12).build().unwrap();
    let table = Told::Table { rows: vec![(1, None), (2, Some(0.5))], name: "hall".into() };
    let told = [Told::Nothing, Told::Line("a line".into()), table];
    let good = [
        told.each_ref().map(|told| serde_json::to_vec(told).unwrap()),
        told.each_ref().map(|told| postcard::to_allocvec(told).unwrap()),
    ];
    for (media_type, good) in [JSON, POSTCARD].into_iter().zip(good) {
        let shared = &broker.0;
        let (encoding, build) = (shared.encodings.find(media_type).unwrap(), shared.types.build(12).unwrap());
        let mut read = 0;
        for _ in 0..INPUTS {
            match shared.encodings.decode(encoding, build, &noise.bytes(&good)) {
                Ok(_) => read += 1,
                Err(error) => assert!(error.to_string().len() < 500, "{error}"),
            }
        }
        assert!(read > INPUTS / 20 && read < INPUTS, "{media_type}: {read} of {INPUTS}");
    }
}

/// Random bytes that look more or less like frames.
fn noise(random: &mut impl FnMut() -> u64) -> Vec<u8> {
    let mut bytes = frame(["", "word", "{}", "0123456789"][(random() % 4) as usize]);
    match random() % 5 {
        0 => bytes.iter_mut().for_each(|byte| *byte = random() as u8),
        1 => bytes.truncate((random() as usize) % bytes.len()),
        2 => (0..=random() % 3).for_each(|_| {
            let at = (random() as usize) % bytes.len();
            bytes[at] = random() as u8;
        }),
        3 => bytes[3] = random() as u8 % 16,
        _ => {}
    }
    bytes
}

#[wasm_bindgen_test(unsupported = test)]
fn b19_ten_thousand_random_frames() {
    let (simulation, trace) = (Simulation::new(19), Trace::default());
    let limits = Limits { max_message_size: 4096, ..within(ms(300)) };
    let server = noting(&simulation, &trace).limits(limits).build().unwrap();
    let chance = simulation.clone();
    let mut random = move || Runtime::random(&chance);
    let (mut sent, mut silent, mut others) = (0, 0, 0);
    simulation.run(async {
        while sent < 10_000 {
            let (connection, mut peer) = raw(&server, [1, 7, 64, 4096][(random() % 4) as usize]);
            for _ in 0..=random() % 8 {
                sent += 1;
                if peer.write_all(&noise(&mut random)).await.is_err() {
                    break; // closed already
                }
            }
            // Some leave, some stay and say nothing.
            let left = random() % 4 > 0;
            let held = (!left).then_some(peer);
            let ending = connection.closed().await;
            drop(held);
            if matches!(ending, Ending::Silent) {
                silent += 1;
            } else {
                others += 1;
            }
            assert!(!matches!(ending, Ending::Aborted | Ending::Stalled), "{ending}");
        }
        settle(&simulation).await;
    });
    assert_eq!(server.len(), 0);
    assert_eq!(server.stats().received as usize, trace.take().len() + server.unhandled() as usize);
    assert!(silent > 100 && others > 100, "{silent} silent, {others} otherwise");
    drop(server.admit(JSON).unwrap());
}
