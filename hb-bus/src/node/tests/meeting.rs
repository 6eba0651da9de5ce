//! G24 and G25: who meets whom, and who does not.

use super::net::endpoint;
use super::*;

#[wasm_bindgen_test(unsupported = test)]
fn g24_there_is_one_connection_to_each_node() {
    let net = Net::new(1, 20);
    let (a, b) = (net.node(1), net.node(2));
    assert_eq!(net.connect(&a, &b).unwrap(), b.name());
    // Whoever dials again, whichever is the lower name.
    for (from, to) in [(&a, &b), (&b, &a)] {
        let refused = net.connect(from, to).unwrap_err();
        assert!(matches!(refused, MeetError::Dismissed), "{refused}");
        assert_eq!((a.peers(), b.peers()), (vec![b.name()], vec![a.name()]));
    }
    let oneself = net.connect(&a, &a).unwrap_err();
    assert!(matches!(oneself, MeetError::Dismissed | MeetError::Refused(Refusal::Oneself)), "{oneself}");
    let mut ear = b.bus().subscribe(Filter::all());
    a.bus().publish(news("once")).unwrap();
    net.settle();
    assert_eq!(heard(&mut ear), ["once"]);
}

#[wasm_bindgen_test(unsupported = test)]
fn g24_two_who_dial_each_other_at_once_keep_one_connection() {
    for seed in 0..300 {
        let net = Net::new(seed, 20);
        let (a, b) = (net.node(1), net.node(2));
        let (there, back) = (endpoint(&b), endpoint(&a));
        let head_start = millis(seed % 40);
        let met = net.world().run(async {
            futures_util::future::join(a.connect(&there), async {
                net.world().sleep(head_start).await;
                b.connect(&back).await
            })
            .await
        });
        net.settle();
        assert!(met.0.is_ok() || met.1.is_ok(), "seed {seed}: {met:?}");
        assert_eq!((a.peers(), b.peers()), (vec![b.name()], vec![a.name()]), "seed {seed}");
        let (mut ear, mut other) = (b.bus().subscribe(Filter::all()), a.bus().subscribe(Filter::all()));
        a.bus().publish(news("there")).unwrap();
        b.bus().publish(news("back")).unwrap();
        net.settle();
        assert_eq!(heard(&mut ear), ["back", "there"], "seed {seed}");
        assert_eq!(heard(&mut other), ["there", "back"], "seed {seed}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g24_whoever_says_nothing_or_something_else_is_not_let_in() {
    let name = r#"{"uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8"}"#;
    for (first, expected) in [
        (Some(Frame::Control(r#"{"uuid":""}"#.into())), "it did not say who it is"),
        (Some(Frame::Control("{}".into())), "it did not say who it is"),
        (Some(Frame::Control(r#"{"uuid":7}"#.into())), "it speaks another protocol"),
        (Some(Frame::Control(r#"{"farewell":true}"#.into())), "it speaks another protocol"),
        (Some(Frame::Message(name.into())), "it speaks another protocol"),
        (
            Some(Control::Hello { name: Some(Id::from_u128(1)), capabilities: vec![] }.frame()),
            "this node itself",
        ),
        (None, "it did not answer in time"),
    ] {
        let net = Net::new(2, 20);
        let node = net.node(1);
        let (near, mut far) = net.cable();
        let refused = net.world().run(async {
            use futures_util::SinkExt;
            if let Some(first) = first.clone() {
                far.leaving.send(first).await.unwrap();
            }
            node.accept(near).await.unwrap_err().to_string()
        });
        assert!(refused.contains(expected), "{first:?}: {refused:?}");
        assert_eq!(node.peers(), []);
        net.settle();
        let told = net.world().run(async {
            use futures_util::StreamExt;
            far.frames.next().await
        });
        assert!(told.is_none(), "{first:?}: the connection is closed without an answer: {told:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g24_a_replaceable_connection_gives_way() {
    let net = Net::new(3, 20);
    let (a, b) = (net.node(1), net.node(2));
    let (near, far) = net.cable();
    let (met, _) =
        net.world().run(futures_util::future::join(b.meet(far.replaceable()), a.accept(near.replaceable())));
    met.unwrap();
    net.settle();
    assert_eq!(net.connect(&a, &b).unwrap(), b.name());
    let mut ear = b.bus().subscribe(Filter::all());
    a.bus().publish(news("once")).unwrap();
    net.settle();
    assert_eq!(
        (heard(&mut ear), a.peers(), b.peers()),
        (vec!["once".to_owned()], vec![b.name()], vec![a.name()])
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn g24_whoever_is_replaced_is_disconnected() {
    use futures_util::{SinkExt, StreamExt};
    let net = Net::new(6, 5);
    let a = net.node(1);
    let hello = Control::Hello { name: Some(Id::from_u128(9)), capabilities: vec![] }.frame();
    let ((first, mut old), (second, mut new)) = (net.cable(), net.cable());
    let mut events = a.events(8);
    net.world().run(async {
        old.leaving.send(hello.clone()).await.unwrap();
        a.accept(first.replaceable()).await.unwrap();
        new.leaving.send(hello).await.unwrap();
        a.accept(second).await.unwrap();
        assert!(
            matches!(old.frames.next().await, Some(Ok(Frame::Control(_)))),
            "the answer to its handshake"
        );
        assert!(old.frames.next().await.is_none(), "and then the end");
    });
    net.settle();
    assert_eq!(a.peers(), [Id::from_u128(9)]);
    assert_eq!(std::iter::from_fn(|| events.try_recv()).count(), 1, "it joined, and never left");
}

#[wasm_bindgen_test(unsupported = test)]
fn g25_a_node_without_a_transport_says_so() {
    let net = Net::new(4, 20);
    let alone = Node::builder(&net.bus()).build();
    let refused = net.world().run(alone.connect("anywhere")).unwrap_err();
    assert!(matches!(refused, MeetError::TransportNotConfigured), "{refused}");
    let nowhere = net.world().run(net.node(1).connect("nowhere")).unwrap_err();
    assert!(matches!(nowhere, MeetError::Connection(_)), "{nowhere}");
}

#[wasm_bindgen_test(unsupported = test)]
fn g25_who_is_dismissed_is_told() {
    let net = Net::new(5, 20);
    let full = net.open(net.builder(1).max_peers(0).build());
    let refused = net.connect(&net.node(2), &full).unwrap_err();
    assert!(matches!(refused, MeetError::Dismissed), "{refused}");
    let caller = net.builder(3).max_peers(0).build();
    let refused = net.connect(&caller, &net.node(4)).unwrap_err();
    assert!(matches!(refused, MeetError::Refused(Refusal::Full(0))), "{refused}");
    caller.close();
    let closed = net.connect(&caller, &net.node(4)).unwrap_err();
    assert!(matches!(closed, MeetError::Closed(_)), "{closed}");
}
