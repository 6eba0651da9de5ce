//! G23: who hears what in a mesh; and requests across it.

use super::*;
use crate::bus::{Failed, ReplyError, RequestError};

#[wasm_bindgen_test(unsupported = test)]
fn g23_a_message_goes_one_hop() {
    let net = Net::new(1, 20);
    let [a, b, c] = [1, 2, 3].map(|name| net.node(name));
    net.connect(&a, &b).unwrap();
    net.connect(&b, &c).unwrap();
    let mut ears = [&a, &b, &c].map(|node| node.bus().subscribe(Filter::all()));
    a.bus().publish(news("from a")).unwrap();
    b.bus().publish(news("from b")).unwrap();
    net.settle();
    assert_eq!(
        ears.each_mut().map(heard),
        [vec!["from a", "from b"], vec!["from b", "from a"], vec!["from b"]]
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn g23_in_a_full_mesh_everybody_hears_everything_once_and_in_order() {
    const EACH: usize = 50;
    let net = Net::new(2, 20);
    let nodes = [1, 2, 3, 4].map(|name| net.node(name));
    for (at, node) in nodes.iter().enumerate() {
        for other in &nodes[..at] {
            net.connect(node, other).unwrap();
        }
    }
    let mut ears = nodes.each_ref().map(|node| node.bus().subscribe(Filter::all().queue(4 * EACH)));
    for n in 0..EACH {
        for (at, node) in nodes.iter().enumerate() {
            node.bus().publish(news(&format!("{at} {n}"))).unwrap();
        }
    }
    net.settle();
    net.settle();
    for mut ear in ears.each_mut().map(heard) {
        for at in 0..nodes.len() {
            let from = format!("{at} ");
            let own: Vec<_> = ear.iter().filter(|text| text.starts_with(&from)).cloned().collect();
            assert_eq!(own, (0..EACH).map(|n| format!("{at} {n}")).collect::<Vec<_>>());
        }
        ear.sort();
        ear.dedup();
        assert_eq!(ear.len(), nodes.len() * EACH);
    }
    let [first, ..] = nodes;
    let stats = Stats { received: 3 * EACH as u64, raw: 0, sent: 3 * EACH as u64, lost: 0 };
    assert_eq!(first.stats(), stats);
}

#[wasm_bindgen_test(unsupported = test)]
fn what_a_message_says_of_itself_survives_the_way() {
    let net = Net::new(3, 20);
    let (a, b) = (net.node(1), net.node(2));
    net.connect(&a, &b).unwrap();
    let (mut here, mut there) = (a.bus().subscribe(Filter::all()), b.bus().subscribe(Filter::all()));
    let parent = Message::new(NEWS, "earlier");
    let bytes: Vec<u8> = (0..=255).collect();
    a.bus().publish(Message::new(NEWS, bytes).following(&parent)).unwrap();
    net.settle();
    let (sent, received) = (here.try_recv().unwrap().message(), there.try_recv().unwrap().message());
    assert_eq!(sent.map(|(_, message)| message), received.map(|(_, message)| message));
}

#[wasm_bindgen_test(unsupported = test)]
fn a_request_is_answered_across_the_mesh() {
    let net = Net::new(4, 20);
    let [a, b, c] = [1, 2, 3].map(|name| net.node(name));
    let asking = a.bus().pod();
    assert_eq!(asking.request(news("who")).unwrap_err(), RequestError::NoSubscribers);
    net.connect(&a, &b).unwrap();
    net.connect(&c, &a).unwrap();
    let answering = b.bus().pod();
    let answers = answering.clone();
    let _handling = answering.handle(Filter::only([NEWS]), move |request| {
        let answers = answers.clone();
        async move { answers.publish(news("b").in_reply_to(&request)).map(drop).map_err(|_| Failed) }
    });
    let mut bystander = c.bus().subscribe(Filter::all());
    let asked = asking.request(news("who")).unwrap();
    assert_eq!(net.world().run(asked.reply(Some(millis(500)))).unwrap().data(), "b");
    net.settle();
    assert_eq!(heard(&mut bystander), ["who"], "the answer is for who asked");
    b.close();
    net.settle();
    let asked = asking.request(news("who")).unwrap();
    assert_eq!(net.world().run(asked.reply(Some(millis(500)))), Err(ReplyError::Timeout), "c does not know");
    c.close();
    net.settle();
    assert_eq!(asking.request(news("who")).unwrap_err(), RequestError::NoSubscribers);
}

#[wasm_bindgen_test(unsupported = test)]
fn closing_sends_what_waits_and_the_last_handle_closes() {
    let net = Net::new(5, 20);
    let (a, b) = (net.node(1), net.node(2));
    net.connect(&a, &b).unwrap();
    let (mut ear, mut events) = (b.bus().subscribe(Filter::all()), b.events(8));
    let here = a.bus().clone();
    for n in 0..20 {
        here.publish(news(&n.to_string())).unwrap();
    }
    net.world().run(net.world().sleep(millis(1)));
    let again = a.clone();
    drop(a);
    assert_eq!(again.peers(), [b.name()]);
    let name = again.name();
    drop(again);
    net.settle();
    assert_eq!(heard(&mut ear).len(), 20);
    assert_eq!(events.try_recv(), Some(crate::bus::Taken::Item(Event::Left(name, Ending::Remote))));
    assert!(here.publish(news("the bus goes on")).is_ok());
    assert_eq!(b.peers(), []);
}
