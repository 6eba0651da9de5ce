//! Two nodes that find each other, a message across, and a request that is answered there.
//!
//! Run with `cargo run -p hb-bus --example mesh`. The network is one in memory, in virtual time; a transport over
//! sockets is the same closure with a socket in it.

use std::collections::HashMap;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use hb_bus::bus::{Bus, Failed, Filter};
use hb_bus::link::{Connection, memory};
use hb_bus::message::{Id, Message, Topic};
use hb_bus::node::{Node, Sighting};
use hb_bus::runtime::{Runtime, Simulation, Task};

const HALL: Topic = Topic::from_static("hall");
const NAME: Topic = Topic::from_static("name");

/// Where nodes can be reached, by their endpoint.
type Network = Arc<Mutex<HashMap<String, Node>>>;

/// Puts a node into the network: it is found by all who come later, and dialled there.
fn join(world: &Simulation, network: &Network, endpoint: &str) -> Node {
    let (others, served) = (Arc::clone(network), world.clone());
    let dial = move |endpoint: &str| -> Task<io::Result<Connection>> {
        let there = others.lock().expect("nobody panics here").get(endpoint).cloned();
        let connection = there.map(|node| {
            let (near, far) = memory::pair(16);
            served.spawn(Box::pin(async move { drop(node.accept(far).await) }));
            near
        });
        Box::pin(async { connection.ok_or(io::ErrorKind::ConnectionRefused.into()) })
    };
    let found: Vec<_> = network.lock().expect("nobody panics here").keys().cloned().collect();
    let discovery =
        move |_own: Id| stream::iter(found).map(|endpoint| Sighting::Found { endpoint, name: None });
    let node = Node::builder(&Bus::new(world.handle())).transport(dial).discovery(discovery).build();
    network.lock().expect("nobody panics here").insert(endpoint.to_owned(), node.clone());
    node
}

fn main() -> Result<(), Box<dyn Error>> {
    use std::time::Duration;
    let (world, network) = (Simulation::new(1), Network::default());
    let (here, there) = (join(&world, &network, "here"), join(&world, &network, "there"));
    world.run(world.sleep(Duration::from_secs(1)));
    println!("here knows {} peer, there {}", here.peers().len(), there.peers().len());

    let mut ear = there.bus().subscribe(Filter::only([HALL]));
    here.bus().publish(Message::new(HALL, "lights on"))?;
    let (_, message) = world.run(ear.recv()).message().ok_or("closed")?;
    println!("there hears: {}", String::from_utf8_lossy(message.data()));

    let polite = there.bus().pod();
    let answers = polite.clone();
    let _handling = polite.handle(Filter::only([NAME]), move |request| {
        let answers = answers.clone();
        async move {
            let reply = Message::new(NAME, "hall 3").in_reply_to(&request);
            answers.publish(reply).map(drop).map_err(|_| Failed)
        }
    });
    let asked = here.bus().request(Message::new(NAME, "who are you?"))?;
    let reply = world.run(asked.reply(Some(Duration::from_secs(1))))?;
    println!("there answers: {}", String::from_utf8_lossy(reply.data()));
    assert_eq!(reply.data(), "hall 3");
    Ok(())
}
