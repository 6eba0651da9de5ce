//! A connection within one process: for examples, tests, and what needs no network.
//!
//! Not here: delay and failure by chance.

use std::io;

use futures_util::{SinkExt, stream};
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

use super::{Connection, Frame};

/// The two ends of a connection, each with room for `queue` frames, at least one. Who drops an end closes it.
#[must_use]
pub fn pair(queue: usize) -> (Connection, Connection) {
    let (to_far, from_near) = mpsc::channel(queue.max(1));
    let (to_near, from_far) = mpsc::channel(queue.max(1));
    (connection(to_far, from_far), connection(to_near, from_near))
}

fn connection(to: mpsc::Sender<Frame>, mut from: mpsc::Receiver<Frame>) -> Connection {
    let frames = stream::poll_fn(move |cx| from.poll_recv(cx).map(|frame| frame.map(Ok)));
    let leaving = PollSender::new(to).sink_map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe));
    Connection::from_parts(frames, leaving)
}
