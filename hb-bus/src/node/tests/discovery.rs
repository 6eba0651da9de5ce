//! Who is found is connected, and connected again.

use futures_util::stream;
use tokio::sync::mpsc;

use super::net::endpoint;
use super::*;

fn discovery(sightings: mpsc::UnboundedReceiver<Sighting>) -> impl Discovery {
    move |_own: Id| stream::unfold(sightings, async |mut from| Some((from.recv().await?, from)))
}

fn found(node: &Node) -> Sighting {
    Sighting::Found { endpoint: endpoint(node), name: Some(node.name()) }
}

#[wasm_bindgen_test(unsupported = test)]
fn who_is_found_stays_connected_until_lost() {
    let net = Net::new(1, 20);
    let (b, c) = (net.node(2), net.node(3));
    let (sightings, seen) = mpsc::unbounded_channel();
    let a = net.builder(1).discovery(discovery(seen)).build();
    let mut events = a.events(64);
    sightings.send(found(&b)).unwrap();
    sightings.send(Sighting::Found { endpoint: endpoint(&c), name: None }).unwrap();
    sightings.send(Sighting::Found { endpoint: "nowhere".into(), name: None }).unwrap();
    net.settle();
    assert_eq!(a.peers(), [b.name(), c.name()]);
    net.cut();
    net.settle();
    net.settle();
    net.settle();
    assert_eq!(a.peers(), [b.name(), c.name()], "both were cut, and dialled again");
    sightings.send(Sighting::Lost { endpoint: endpoint(&b) }).unwrap();
    net.settle();
    assert_eq!(a.peers(), [b.name(), c.name()], "a connection that works is kept");
    net.cut();
    (0..60).for_each(|_| net.settle());
    assert_eq!(a.peers(), [c.name()]);
    let all: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    let count = |wanted: &dyn Fn(&Event) -> bool| {
        all.iter().filter(|taken| matches!(taken, crate::bus::Taken::Item(event) if wanted(event))).count()
    };
    assert_eq!(count(&|event| *event == Event::Joined(c.name())), 3);
    assert_eq!(count(&|event| matches!(event, Event::Left(name, _) if *name == b.name())), 2);
    // At 0, 1, 3, 7, 15, 31 and 61 s.
    assert_eq!(count(&|event| matches!(event, Event::NotMet { endpoint, .. } if endpoint == "nowhere")), 7);
}

#[wasm_bindgen_test(unsupported = test)]
fn g24_oneself_and_an_impostor_are_not_connected() {
    let net = Net::new(2, 20);
    let (sightings, seen) = mpsc::unbounded_channel();
    let a = net.open(net.builder(1).discovery(discovery(seen)).build());
    let impostor = net.node(3);
    sightings.send(found(&a)).unwrap();
    sightings.send(Sighting::Found { endpoint: endpoint(&impostor), name: Some(Id::from_u128(2)) }).unwrap();
    let mut events = a.events(8);
    net.settle();
    assert_eq!((a.peers(), impostor.peers()), (vec![], vec![]));
    let Some(crate::bus::Taken::Item(Event::NotMet { reason, .. })) = events.try_recv() else {
        panic!("not told")
    };
    assert!(reason.starts_with("expected 00000000-0000-0000-0000-000000000002 there"), "{reason}");
    assert_eq!(events.try_recv(), None, "oneself is no news");
}

#[wasm_bindgen_test(unsupported = test)]
fn two_who_find_each_other_at_once_settle() {
    for seed in 0..100 {
        let net = Net::new(seed, 20);
        let nodes = [1, 2, 3].map(|name| {
            let (sightings, seen) = mpsc::unbounded_channel();
            let node = net.open(net.builder(name).discovery(discovery(seen)).build());
            (node, sightings)
        });
        for (_, sightings) in &nodes {
            for (other, _) in &nodes {
                sightings.send(found(other)).unwrap();
            }
        }
        (0..5).for_each(|_| net.settle());
        let mut ears = nodes.each_ref().map(|(node, _)| node.bus().subscribe(Filter::all()));
        nodes[0].0.bus().publish(news("hello")).unwrap();
        net.settle();
        assert_eq!(ears.each_mut().map(heard), [["hello"]; 3], "seed {seed}");
        nodes.iter().for_each(|(node, _)| assert_eq!(node.peers().len(), 2, "seed {seed}"));
    }
}
