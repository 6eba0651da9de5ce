//! G28: by turns, and farewells.

use super::*;

#[wasm_bindgen_test(unsupported = test)]
fn g28_messages_go_by_turns_to_those_who_can() {
    let net = Net::new(1, 5);
    let caller = net.node(100);
    let mut able = Vec::new();
    let mut join = |name: u128| {
        let node = net.open(net.builder(name).capability("draw").build());
        net.connect(&node, &caller).unwrap();
        let ear = node.bus().subscribe(Filter::only([NEWS]));
        able.push((node, ear));
    };
    [1, 2, 3].into_iter().for_each(&mut join);
    let bystander = net.node(50);
    net.connect(&bystander, &caller).unwrap();
    let mut unable = bystander.bus().subscribe(Filter::all());
    let called = |times: usize| -> Vec<u128> {
        let names = (0..times).map(|_| caller.tunnel("draw", news("yours")).unwrap().as_u128()).collect();
        net.settle();
        names
    };
    assert_eq!(called(12), [1, 2, 3].repeat(4));
    [4, 5].into_iter().for_each(&mut join);
    assert_eq!(called(15), [1, 2, 3, 4, 5].repeat(3));
    let counts = able.iter_mut().map(|(_, ear)| heard(ear).len()).collect::<Vec<_>>();
    assert_eq!(counts, [7, 7, 7, 3, 3]);
    for (node, _) in able.drain(..2) {
        assert_eq!(net.world().run(node.leave()), Ok(()));
    }
    net.settle();
    assert_eq!(called(12), [3, 4, 5].repeat(4));
    able.clear();
    net.settle();
    assert_eq!(caller.tunnel("draw", news("nobody's")), Err(TunnelError::NoPeer));
    assert_eq!(heard(&mut unable), Vec::<String>::new());
    caller.close();
    assert_eq!(caller.tunnel("draw", news("late")), Err(TunnelError::Closed(Closed)));
}

#[wasm_bindgen_test(unsupported = test)]
fn g28_a_farewell_is_heard_or_given_up() {
    let net = Net::new(2, 20);
    let (polite, host) = (net.builder(1).capability("draw").build(), net.node(2));
    net.connect(&polite, &host).unwrap();
    let before = net.world().now();
    assert_eq!(net.world().run(polite.leave()), Ok(()));
    assert!(net.world().now().since(before) < millis(100));
    net.settle();
    assert_eq!(host.peers(), []);

    // Who said farewell and stays is called no more.
    let (near, mut far) = net.cable();
    let able = Control::Hello { name: Some(Id::from_u128(8)), capabilities: vec!["draw".into()] }.frame();
    net.world().run(async {
        use futures_util::{SinkExt, StreamExt};
        far.leaving.send(able).await.unwrap();
        host.accept(near).await.unwrap();
        assert_eq!(host.tunnel("draw", news("yours")), Ok(Id::from_u128(8)));
        far.leaving.send(Control::Farewell { heard: false }.frame()).await.unwrap();
        let told: Vec<_> = far.frames.by_ref().take(3).map(Result::unwrap).collect().await;
        assert_eq!(told[2], Control::Farewell { heard: true }.frame());
        assert_eq!(host.tunnel("draw", news("nobody's")), Err(TunnelError::NoPeer));
    });

    // Somebody of Grav 0.3, who knows no farewell.
    let deaf = net.node(3);
    let (near, mut far) = net.cable();
    let hello = Control::Hello { name: Some(Id::from_u128(9)), capabilities: vec![] }.frame();
    net.world().run(async {
        use futures_util::SinkExt;
        far.leaving.send(hello).await.unwrap();
        deaf.accept(near).await.unwrap();
        let before = net.world().now();
        assert_eq!(deaf.leave().await, Err(Elapsed));
        assert_eq!(net.world().now().since(before), FAREWELL);
    });
    assert!(matches!(net.world().run(deaf.connect("x")), Err(MeetError::Closed(_))));
}
