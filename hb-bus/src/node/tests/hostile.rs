//! Peers that are slow, mad or malicious.

use futures_util::{SinkExt, StreamExt};

use super::*;
use crate::bus::Taken;

fn stranger(name: u128) -> Frame {
    Control::Hello { name: Some(Id::from_u128(name)), capabilities: vec![] }.frame()
}

#[wasm_bindgen_test(unsupported = test)]
fn g22_who_takes_nothing_is_dropped_and_nobody_else_waits() {
    let net = Net::new(1, 5);
    let (a, b) = (net.open(net.builder(1).queue(64).build()), net.node(2));
    net.connect(&a, &b).unwrap();
    let (near, mut far) = net.cable();
    net.world().run(async {
        far.leaving.send(stranger(3)).await.unwrap();
        a.accept(near).await.unwrap();
    });
    let (mut ear, mut events) = (b.bus().subscribe(Filter::all().queue(1_000)), a.events(8));
    for n in 0..500 {
        a.bus().publish(news(&n.to_string())).unwrap();
        net.world().run(net.world().sleep(millis(10)));
    }
    assert_eq!(a.peers().len(), 2, "it may take its time");
    net.world().run(net.world().sleep(PATIENCE));
    assert_eq!(a.peers(), [b.name()]);
    assert_eq!(events.try_recv(), Some(Taken::Item(Event::Left(Id::from_u128(3), Ending::Stalled))));
    assert_eq!(heard(&mut ear).len(), 500);
    assert!(a.stats().lost == 0, "what it did not take was dropped with it");
    drop(far);
}

#[wasm_bindgen_test(unsupported = test)]
fn what_is_no_message_is_published_raw_and_counted() {
    let net = Net::new(2, 5);
    let a = net.node(1);
    let (near, mut far) = net.cable();
    let mut ear = a.bus().subscribe(Filter::only([Topic::DEFAULT]));
    net.world().run(async {
        far.leaving.send(stranger(3)).await.unwrap();
        a.accept(near).await.unwrap();
        for frame in [
            Frame::Message("Hello, World".into()),
            stranger(4),
            Frame::Control("whatever".into()),
            Frame::Message("".into()),
        ] {
            far.leaving.send(frame).await.unwrap();
        }
    });
    net.settle();
    assert_eq!(heard(&mut ear), ["Hello, World", ""]);
    assert_eq!((a.stats().received, a.stats().raw), (2, 2));
    assert_eq!(a.peers(), [Id::from_u128(3)], "it is still who it was");
}

#[cfg(not(target_family = "wasm"))]
mod random {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Ten thousand frames and more: whatever comes, a node says what it thinks of it, and lives.
        #[test]
        fn no_frames_break_a_node(
            greets in any::<bool>(),
            frames in proptest::collection::vec((any::<bool>(), any::<Vec<u8>>(), any::<bool>()), 0..12),
        ) {
            let net = Net::new(1, 1);
            let (a, b) = (net.node(1), net.node(2));
            net.connect(&a, &b).unwrap();
            let (near, mut far) = net.cable();
            net.world().spawn(Box::pin(async move {
                if greets && far.leaving.send(stranger(3)).await.is_err() {
                    return;
                }
                for (control, mut bytes, json) in frames {
                    if json {
                        bytes = format!(r#"{{"uuid":"{}","capabilities":[{bytes:?}]}}"#, Id::from_u128(3)).into();
                    }
                    let frame = if control { Frame::Control(bytes.into()) } else { Frame::Message(bytes.into()) };
                    if far.leaving.send(frame).await.is_err() {
                        return;
                    }
                }
                while far.frames.next().await.is_some() {}
            }));
            let met = net.world().run(a.accept(near));
            if greets {
                prop_assert!(met.is_ok());
            }
            let mut ear = b.bus().subscribe(Filter::only([NEWS]));
            a.bus().publish(news("alive")).unwrap();
            net.settle();
            prop_assert_eq!(heard(&mut ear), ["alive"]);
        }
    }
}
