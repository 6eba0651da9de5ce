//! Hosts and guests over connections that come and go, and guests that mean no good.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::bus::{Bus, Failed, Filter, Received, RequestError as AskError};
use crate::link::{Connection, Frame, memory};
use crate::runtime::{Elapsed, Runtime, Simulation, Task, timeout};
use crate::sync::Mutex;

mod hostile;
mod sessions;
mod unread;

const CMD: Topic = Topic::from_static("app/kiosk/cmd");
const WALL: Topic = Topic::from_static("wall");
const OWN: Topic = Topic::from_static("app/kiosk/door");
const SECRET: Topic = Topic::from_static("hb.transition");

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A host that can be reached, cut off, and replaced by a later run of itself.
#[derive(Clone)]
struct Hall {
    world: Simulation,
    bus: Bus,
    state: Arc<Mutex<Door>>,
}

struct Door {
    host: Host,
    account: Option<Account>,
    open: bool,
    cables: tokio_util::sync::CancellationToken,
    dialled: Vec<u64>,
    departures: Vec<Departure>,
}

impl Hall {
    fn new() -> Self {
        let world = Simulation::new(1);
        let bus = Bus::with_replay(world.handle(), 8);
        let door = Door {
            host: Host::new(&bus, 0xA),
            account: None,
            open: true,
            cables: tokio_util::sync::CancellationToken::new(),
            dialled: Vec::new(),
            departures: Vec::new(),
        };
        Self { world, bus, state: Arc::new(Mutex::new(door)) }
    }

    /// Serves one end of a connection; the other is returned.
    fn connect(&self) -> Connection {
        let (near, far) = memory::pair(4);
        let (hall, host, account, cut) = {
            let door = lock(&self.state);
            (self.clone(), door.host.clone(), door.account.clone(), door.cables.clone())
        };
        self.world.spawn(Box::pin(async move {
            let grant = Grant::new().publish_under("app/kiosk/").hear_under("app/kiosk/").hear("wall");
            let admit = async |who: serde_json::Value| match who.as_str() {
                Some("kiosk") => Ok(grant),
                _ => Err(format!("nobody knows {who}")),
            };
            if let Some(departure) = cut.run_until_cancelled(host.serve_on(account, far, admit)).await {
                lock(&hall.state).departures.push(departure);
            }
        }));
        near
    }

    fn guest(&self, who: &str) -> Guest {
        let hall = self.clone();
        let transport = move |endpoint: &str| -> Task<std::io::Result<Connection>> {
            assert_eq!(endpoint, "hall");
            let mut door = lock(&hall.state);
            door.dialled.push(hall.world.now().as_millis());
            let open = door.open;
            drop(door);
            let connection = open.then(|| hall.connect());
            Box::pin(async { connection.ok_or(std::io::ErrorKind::ConnectionRefused.into()) })
        };
        Guest::new(self.world.handle(), transport, "hall", json!(who))
    }

    /// Something on the wall.
    fn publish(&self, text: &str) {
        self.bus.publish(Message::new(WALL, text.to_owned())).unwrap();
    }

    fn cut(&self) {
        let mut door = lock(&self.state);
        std::mem::take(&mut door.cables).cancel();
        drop(door);
        self.settle();
    }

    fn settle(&self) {
        self.world.run(self.world.sleep(millis(100)));
    }

    fn wait(&self, seconds: u64) {
        self.world.run(self.world.sleep(millis(1_000 * seconds)));
    }

    fn departures(&self) -> Vec<Departure> {
        std::mem::take(&mut lock(&self.state).departures)
    }
}

/// What is there to be heard, in short.
fn heard(subscription: &mut Subscription) -> Vec<String> {
    std::iter::from_fn(|| subscription.try_recv().filter(|heard| *heard != Heard::Closed))
        .map(|heard| match heard {
            Heard::Message { message, .. } => String::from_utf8_lossy(message.data()).into_owned(),
            Heard::Connected { whole } => format!("connected, whole: {whole}"),
            Heard::Missed(count) => format!("missed {count}"),
            Heard::Refused(reason) => format!("refused: {reason}"),
            Heard::Closed => unreachable!("filtered out"),
        })
        .collect()
}
