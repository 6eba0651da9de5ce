//! How two nodes meet: who connected says who it is, the other answers, and both decide.
//!
//! Not here: who is let in (`peers`), what follows (`session`).

use std::io;

use futures_util::{SinkExt, StreamExt};

use super::control::Control;
use super::peers::{Meeting, Refusal};
use super::session::Link;
use super::{PATIENCE, Shared};
use crate::link::{Connection, Frame, Frames};
use crate::message::Id;
use crate::pending::Closed;
use crate::runtime::{Elapsed, timeout};
use crate::sync::Arc;

/// Why two nodes did not meet.
///
/// ```
/// # use hb_bus::bus::Bus;
/// # let world = hb_bus::runtime::Simulation::new(1);
/// use hb_bus::node::{MeetError, Node};
///
/// let node = Node::builder(&Bus::new(world.handle())).build();
/// let met = world.run(node.connect("ws://hall.example"));
/// assert!(matches!(met, Err(MeetError::TransportNotConfigured)));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum MeetError {
    /// The node was built without a transport.
    #[error("this node has no transport: give it one when it is built, to connect to others")]
    TransportNotConfigured,
    /// The connection could not be opened, or broke.
    #[error("the connection failed: {0}")]
    Connection(#[from] io::Error),
    /// The other closed the connection instead of answering.
    #[error("it closed the connection: it does not want us, or knows us already")]
    Dismissed,
    /// The other said something else than who it is.
    #[error("it speaks another protocol: expected a handshake such as {{\"uuid\":…}}")]
    Foreign,
    /// We do not want the other.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The handshake took longer than [`PATIENCE`].
    #[error("it did not answer in time")]
    Timeout,
    /// This node is closed.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl Shared {
    /// Connects, and meets whoever is there: `expected`, if that is known.
    pub(super) async fn dial(
        self: &Arc<Self>,
        endpoint: &str,
        expected: Option<Id>,
    ) -> Result<Id, MeetError> {
        let transport = self.settings.transport.as_ref().ok_or(MeetError::TransportNotConfigured)?;
        let connection = self.patiently(async { Ok(transport.connect(endpoint).await?) }).await?;
        self.speak(connection, expected).await
    }

    /// Speaks first, as who connected.
    pub(super) async fn speak(
        self: &Arc<Self>,
        mut connection: Connection,
        expected: Option<Id>,
    ) -> Result<Id, MeetError> {
        let met = self.patiently(async {
            connection.leaving.send(self.hello()).await?;
            heard(&mut connection.frames).await
        });
        let (name, capabilities) = met.await?;
        let replaceable = connection.replaceable;
        let meeting = Meeting { name, expected, dialled: true, replaceable, capabilities };
        self.let_in(meeting, connection, None).await
    }

    /// Listens first, as who was connected to.
    pub(super) async fn listen(self: &Arc<Self>, mut connection: Connection) -> Result<Id, MeetError> {
        let (name, capabilities) = self.patiently(heard(&mut connection.frames)).await?;
        let replaceable = connection.replaceable;
        let meeting = Meeting { name, expected: None, dialled: false, replaceable, capabilities };
        self.let_in(meeting, connection, Some(self.hello())).await
    }

    fn hello(&self) -> Frame {
        let name = Some(self.settings.name);
        Control::Hello { name, capabilities: self.settings.capabilities.clone() }.frame()
    }

    /// Begins the session, with `first` as its first frame, or closes the connection.
    async fn let_in(
        self: &Arc<Self>,
        meeting: Meeting,
        connection: Connection,
        first: Option<Frame>,
    ) -> Result<Id, MeetError> {
        let Connection { frames, mut leaving, codec, .. } = connection;
        let link = Arc::new(Link::new(self.settings.queue, codec));
        // Before anybody else can send there.
        first.into_iter().for_each(|frame| link.send(frame));
        match self.admit(meeting, &link) {
            Ok((name, number)) => {
                self.begin((name, number), &link, frames, leaving);
                Ok(name)
            }
            Err(error) => {
                // Whether it hears that or not, it is not let in.
                let _ = self.patiently(async { Ok(leaving.close().await?) }).await;
                Err(error)
            }
        }
    }

    /// Within [`PATIENCE`], and as long as the node is open.
    async fn patiently<T>(&self, step: impl Future<Output = Result<T, MeetError>>) -> Result<T, MeetError> {
        let within = timeout(&**self.runtime(), Some(PATIENCE), step);
        match self.stop.run_until_cancelled(within).await {
            Some(Ok(result)) => result,
            Some(Err(Elapsed)) => Err(MeetError::Timeout),
            None => Err(Closed.into()),
        }
    }
}

/// Who is there, and what it can do.
async fn heard(frames: &mut Frames) -> Result<(Option<Id>, Vec<String>), MeetError> {
    match frames.next().await {
        Some(Ok(Frame::Control(bytes))) => match Control::parse(&bytes) {
            Some(Control::Hello { name, capabilities }) => Ok((name, capabilities)),
            Some(Control::Farewell { .. }) | None => Err(MeetError::Foreign),
        },
        Some(Ok(Frame::Message(_))) => Err(MeetError::Foreign),
        Some(Err(error)) => Err(error.into()),
        None => Err(MeetError::Dismissed),
    }
}
