//! A registry and a registrant in one process, joined by a channel; an hour of theirs takes a moment of yours.
//!
//! ```text
//! cargo run -p hb-bus --example heart_registry
//! ```
//!
//! Put a socket where the channel is, and `runtime::Native` where the simulation is, and it is a service. Not here:
//! several registries; give a registrant more candidates, and it moves on when one dies.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures_util::stream;
use hb_bus::bus::Taken;
use hb_bus::heart::ResponderHeart;
use hb_bus::heart::registrant::{Call, Registrant};
use hb_bus::heart::registry::{Keeper, Registry, Request, Response};
use hb_bus::heart::requester::Sent;
use hb_bus::heart::responder::Received;
use hb_bus::runtime::Simulation;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

/// What travels to the registry, and how its answer travels back.
type Wire = Received<Request<String, String>, Response<String>, String>;

fn main() {
    let world = Simulation::new(1);
    let runtime = world.handle();
    let stop = CancellationToken::new();

    // The registry: it answers what comes down the wire, and ends leases on time.
    let registry = Keeper::new(world.handle(), "registry".to_owned(), Registry::new("exhibits", 8));
    let mut events = registry.subscribe(1024);
    let (wire, requests) = mpsc::channel::<Wire>(16);
    let (serving, watching) = (registry.clone(), registry.clone());
    let (stopped, clock) = (stop.clone(), world.handle());
    runtime.spawn(Box::pin(async move {
        let mut requests = Box::pin(stream::unfold(requests, |mut requests| async {
            requests.recv().await.map(|request| (Ok(request), requests))
        }));
        ResponderHeart::new(clock, serving).run(&mut requests, &stopped).await;
    }));
    let stopped = stop.clone();
    runtime.spawn(Box::pin(async move { watching.run(&stopped).await }));

    // The registrant: its transport puts each call on the wire and waits for the answer.
    let transport = service_fn(move |sent: Sent<Call<String, String, String>>| {
        let wire = wire.clone();
        async move {
            let (reply, answer) = oneshot::channel();
            let back = |response| async {
                reply.send(response).map_err(|_| "nobody waits for this answer".to_owned())
            };
            wire.send(Received::new(sent.request.request, back))
                .await
                .map_err(|_| "the registry is gone".to_owned())?;
            answer.await.map_err(|_| "the registry gave no answer".to_owned())
        }
    });
    let hello = Request {
        key: "globe".to_owned(),
        service: "exhibits".into(),
        info: "hall 3, second floor".to_owned(),
        disconnect: false,
    };
    let mut globe = Registrant::new(world.handle(), transport, hello, NonZeroUsize::MIN);
    globe.control().add_candidates(vec!["registry".to_owned()]);
    let leave = CancellationToken::new();
    let left = leave.clone();
    runtime.spawn(Box::pin(async move {
        if let Err(asleep) = globe.run(&left).await {
            println!("{asleep}");
        }
    }));

    world.run(runtime.sleep(Duration::from_secs(3600)));
    for (name, member) in registry.members() {
        println!("after an hour: {} ({}), last seen at {}", name.key, member.payload, member.seen);
    }
    leave.cancel();
    world.run(runtime.sleep(Duration::from_secs(1)));
    println!("after its goodbye: {} members", registry.members().len());
    stop.cancel();
    drop(registry);
    world.run(async {
        let mut count = 0;
        while let Taken::Item(_) = events.recv().await {
            count += 1;
        }
        println!("{count} events: it came, was renewed, and left");
    });
}
