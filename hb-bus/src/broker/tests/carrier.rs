//! A carrier with frames of its own, as a WebSocket is one, and what runs over it.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use tokio::sync::mpsc;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::broker::{Ending, FrameError};

/// It failed, as told.
#[derive(Debug, thiserror::Error)]
#[error("told to fail")]
pub(super) struct Broken;

/// One end of a carrier in memory.
pub(super) struct Frames {
    pub(super) incoming: mpsc::UnboundedReceiver<Bytes>,
    leaving: Option<mpsc::UnboundedSender<Bytes>>,
    pub(super) fails_closing: bool,
}

/// Both ends.
pub(super) fn frames() -> (Frames, Frames) {
    let ((one, two), (three, four)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let end = |leaving, incoming| Frames { incoming, leaving: Some(leaving), fails_closing: false };
    (end(one, four), end(three, two))
}

impl Stream for Frames {
    type Item = Result<Bytes, Broken>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.incoming.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

impl Sink<Bytes> for Frames {
    type Error = Broken;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, frame: Bytes) -> Result<(), Broken> {
        self.leaving.as_ref().and_then(|leaving| leaving.send(frame).ok()).ok_or(Broken)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        self.leaving = None;
        Poll::Ready(if self.fails_closing { Err(Broken) } else { Ok(()) })
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn messages_travel_over_frames_too() {
    let (simulation, trace) = (Simulation::new(1), Trace::default());
    let server = noting(&simulation, &trace).build().unwrap();
    let client = noting(&simulation, &trace).build().unwrap();
    let (near, far) = frames();
    let at_server = server.admit(POSTCARD).unwrap().start_frames(far).unwrap();
    let at_client = client.start_frames(near, POSTCARD).unwrap();
    simulation.run(async {
        at_client.send(text("there")).await.unwrap();
        settle(&simulation).await;
        at_server.send(text("and back")).await.unwrap();
        settle(&simulation).await;
        assert_eq!(trace.take(), ["there", "and back"]);
        at_client.close().await.unwrap();
        assert!(matches!(at_server.closed().await, Ending::Remote));
    });
}

#[wasm_bindgen_test(unsupported = test)]
fn one_frame_of_the_carrier_is_one_of_ours() {
    let text = |tail: &[u8]| Bytes::from([&[0, 0, 0, 10, 0, 0, 0, 3, 0][..], tail].concat());
    type Expected = fn(&FrameError) -> bool;
    let table: [(Bytes, Expected); 4] = [
        (Bytes::new(), |error| matches!(error, FrameError::Truncated)),
        (text(b"\"a"), |error| matches!(error, FrameError::Truncated)),
        (text(b"\"a\" "), |error| matches!(error, FrameError::Trailing(1))),
        (Bytes::from_static(&[0, 0, 0, 10, 0, 0, 0, 0, 1, 200]), |error| {
            matches!(error, FrameError::NotAscii)
        }),
    ];
    for (frame, expected) in table {
        let simulation = Simulation::new(1);
        let server = plain(&simulation);
        let (near, far) = frames();
        let connection = server.admit(JSON).unwrap().start_frames(far).unwrap();
        near.leaving.as_ref().unwrap().send(frame.clone()).unwrap();
        let ending = simulation.run(connection.closed());
        assert!(matches!(&ending, Ending::Frame(error) if expected(error)), "{frame:?}: {ending}");
    }
}
