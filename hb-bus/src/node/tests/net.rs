//! A network of nodes in virtual time: frames take their time, in order, and connections can be cut.

use std::collections::HashMap;
use std::io;

use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::runtime::Task;

/// Doors by endpoint. Clones are the same network.
#[derive(Clone)]
pub(super) struct Net(Arc<Shared>);

struct Shared {
    world: Simulation,
    /// The longest time that a frame takes, in ms.
    delay: u64,
    doors: Mutex<HashMap<String, mpsc::UnboundedSender<Connection>>>,
    cables: Mutex<Vec<CancellationToken>>,
}

impl Net {
    pub(super) fn new(seed: u64, delay: u64) -> Self {
        let world = Simulation::new(seed);
        Self(Arc::new(Shared { world, delay, doors: Mutex::default(), cables: Mutex::default() }))
    }

    pub(super) fn world(&self) -> &Simulation {
        &self.0.world
    }

    pub(super) fn bus(&self) -> Bus {
        Bus::new(self.0.world.handle())
    }

    /// A builder of a node that can dial.
    pub(super) fn builder(&self, name: u128) -> Builder {
        let net = self.clone();
        let transport = move |endpoint: &str| -> Task<io::Result<Connection>> {
            let (near, far) = net.cable();
            let sent = lock(&net.0.doors).get(endpoint).is_some_and(|door| door.send(far).is_ok());
            Box::pin(
                async move { if sent { Ok(near) } else { Err(io::ErrorKind::ConnectionRefused.into()) } },
            )
        };
        Node::builder(&self.bus()).name(Id::from_u128(name)).transport(transport)
    }

    /// A node that can dial, and be dialled at its name.
    pub(super) fn node(&self, name: u128) -> Node {
        self.open(self.builder(name).build())
    }

    /// Lets a node be dialled at its name.
    pub(super) fn open(&self, node: Node) -> Node {
        let (door, mut rings) = mpsc::unbounded_channel();
        lock(&self.0.doors).insert(endpoint(&node), door);
        // As a server would: it holds no handle of the node.
        let shared = Arc::clone(&node.shared);
        self.0.world.spawn(Box::pin(async move {
            while let Some(connection) = rings.recv().await {
                // Whoever is refused has been told.
                let _ = shared.listen(connection).await;
            }
        }));
        node
    }

    /// Both ends of a new connection.
    pub(super) fn cable(&self) -> (Connection, Connection) {
        let cut = CancellationToken::new();
        lock(&self.0.cables).push(cut.clone());
        let (one, other) = (self.way(&cut), self.way(&cut));
        let connect = |leaving: mpsc::Sender<Frame>, frames: mpsc::Receiver<Frame>| {
            let cut = cut.clone();
            let frames = stream::unfold((frames, cut.clone()), async |(mut frames, cut)| {
                match cut.run_until_cancelled(frames.recv()).await {
                    Some(frame) => Some((Ok(frame?), (frames, cut))),
                    None => Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), (frames, cut))),
                }
            });
            let leaving = futures_util::sink::unfold(leaving, async |to: mpsc::Sender<Frame>, frame| {
                to.send(frame).await.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
                Ok::<_, io::Error>(to)
            });
            Connection::from_parts(frames.boxed(), leaving)
        };
        (connect(one.0, other.1), connect(other.0, one.1))
    }

    /// One direction, through a task that takes its time with each frame.
    fn way(&self, cut: &CancellationToken) -> (mpsc::Sender<Frame>, mpsc::Receiver<Frame>) {
        let (to, mut inner) = mpsc::channel(4);
        let (forward, from) = mpsc::channel(4);
        let (net, cut) = (self.clone(), cut.clone());
        self.0.world.spawn(Box::pin(async move {
            cut.run_until_cancelled(async {
                while let Some(frame) = inner.recv().await {
                    let delay = Runtime::random(&net.0.world) % (net.0.delay + 1);
                    net.0.world.sleep(millis(delay)).await;
                    if forward.send(frame).await.is_err() {
                        return;
                    }
                }
            })
            .await;
        }));
        (to, from)
    }

    /// Cuts every connection there is.
    pub(super) fn cut(&self) {
        lock(&self.0.cables).drain(..).for_each(|cable| cable.cancel());
    }

    /// Lets everything come to rest.
    pub(super) fn settle(&self) {
        self.0.world.run(self.0.world.sleep(millis(1_000)));
    }

    /// Connects `from` to `to`.
    pub(super) fn connect(&self, from: &Node, to: &Node) -> Result<Id, MeetError> {
        let met = self.0.world.run(from.connect(&endpoint(to)));
        self.settle();
        met
    }
}

pub(super) fn endpoint(node: &Node) -> String {
    node.name().to_string()
}
