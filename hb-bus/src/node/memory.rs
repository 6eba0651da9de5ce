//! A connection between two nodes in one process: for examples, tests, and what needs no network.
//!
//! Not here: delay and failure by chance.

use std::io;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::link::{Connection, Frame};

/// The two ends of a connection, each with room for `queue` frames, at least one. Who drops an end closes it.
#[must_use]
pub fn pair(queue: usize) -> (Connection, Connection) {
    let (to_far, from_near) = mpsc::channel(queue.max(1));
    let (to_near, from_far) = mpsc::channel(queue.max(1));
    (connection(to_far, from_far), connection(to_near, from_near))
}

fn connection(to: mpsc::Sender<Frame>, from: mpsc::Receiver<Frame>) -> Connection {
    let frames = stream::unfold(from, async |mut from| Some((from.recv().await?, from)));
    let leaving = futures_util::sink::unfold(to, async |to: mpsc::Sender<Frame>, frame| {
        to.send(frame).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok::<_, io::Error>(to)
    });
    Connection::from_parts(frames.map(Ok), leaving)
}
