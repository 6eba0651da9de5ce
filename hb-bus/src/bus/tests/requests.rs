//! Requests and their replies: G7–G10.

use super::*;

/// Answers each message with "hey " and what it said.
fn polite(bus: &Bus) -> Handling {
    let pod = bus.pod();
    let speaker = pod.clone();
    pod.handle(Filter::only([T1]), move |request| {
        let speaker = speaker.clone();
        async move {
            let hey = [b"hey ", &request.data()[..]].concat();
            speaker.publish(Message::new(T1, hey).in_reply_to(&request)).map(drop).map_err(|_| Failed)
        }
    })
}

#[wasm_bindgen_test(unsupported = test)]
fn g07_a_reply_reaches_who_asked_and_nobody_else() {
    let (world, bus) = world();
    let _polite = polite(&bus);
    let (mut bystander, pod) = (bus.subscribe(Filter::only([T2])), bus.pod());
    let asked = pod.request(text("joey")).unwrap();
    for n in 0..100 {
        bus.publish(Message::new(T2, n.to_string())).unwrap();
    }
    let id = asked.id();
    let reply = world.run(asked.reply(Some(millis(1_000)))).unwrap();
    assert_eq!((reply.data().as_ref(), reply.reply_to()), (b"hey joey".as_ref(), Some(id)));
    assert_eq!(numbers(&mut bystander).len(), 100);
    assert_eq!((bus.stats().replies, bus.stats().unmatched), (1, 0));
}

#[wasm_bindgen_test(unsupported = test)]
fn g08_a_reply_that_is_there_before_the_wait_is_kept() {
    let (world, bus) = world();
    let _polite = polite(&bus);
    let asked = bus.pod().request(text("early")).unwrap();
    world.run(world.sleep(millis(50)));
    assert_eq!(bus.stats().replies, 1, "the reply is there");
    assert_eq!(world.run(asked.reply(Some(millis(1)))).unwrap().data(), "hey early");
    let pod = bus.pod();
    for n in 0..5_000 {
        let reply = world.run(pod.request(number(n)).unwrap().reply(Some(millis(1_000)))).unwrap();
        assert_eq!(reply.data(), &format!("hey {n}"));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn g09_sixty_four_requests_at_once_get_each_its_own_reply() {
    let (world, bus) = world();
    let (pod, other) = (bus.pod(), bus.pod());
    let (mut heard, mut asked_of) = (pod.subscribe(Filter::only([T2])), other.subscribe(Filter::all()));
    let receipts: Vec<_> = (0..64).map(|n| pod.request(number(n)).unwrap()).collect();
    let requests: Vec<_> = std::iter::from_fn(|| asked_of.try_recv()).filter_map(Received::message).collect();
    for (_, request) in requests.iter().rev() {
        other.publish(Message::new(T2, request.data().clone()).in_reply_to(request)).unwrap();
        other.publish(Message::new(T2, "1")).unwrap();
    }
    for (n, receipt) in receipts.into_iter().enumerate() {
        assert_eq!(world.run(receipt.reply(None)).unwrap().data(), &n.to_string());
    }
    assert_eq!(numbers(&mut heard).len(), 64, "and its own subscription goes on");
}

#[wasm_bindgen_test(unsupported = test)]
fn a_request_that_nobody_can_receive_fails_at_once() {
    let (_, bus) = world();
    let pod = bus.pod();
    let (_own, _other) = (pod.subscribe(Filter::all()), bus.subscribe(Filter::only([T2])));
    assert_eq!(pod.request(number(1)).unwrap_err(), RequestError::NoSubscribers);
    assert_eq!((bus.latest(), bus.stats().requests), (0, 0), "and was never published");
}

#[wasm_bindgen_test(unsupported = test)]
fn replies_that_nobody_waits_for_are_dropped_and_counted() {
    let (world, bus) = world();
    let (pod, mut asked_of) = (bus.pod(), bus.subscribe(Filter::all()));
    let mut bridge = bus.subscribe(Options { bridge: true, ..Filter::all().into() });
    let asked = pod.request(text("?")).unwrap();
    let (_, request) = asked_of.try_recv().and_then(Received::message).unwrap();
    bridge.try_recv();
    assert_eq!(world.run(asked.reply(Some(millis(100)))), Err(ReplyError::Timeout));
    assert_eq!(bus.stats().requests, 0);
    let reply = text("late").in_reply_to(&request);
    for unmatched in 1..=2 {
        assert_eq!(bus.publish(reply.clone()).unwrap().seq, 0);
        assert_eq!((bus.stats().unmatched, asked_of.try_recv()), (unmatched, None));
        let (seq, carried) = bridge.try_recv().and_then(Received::message).expect("it leads elsewhere");
        assert_eq!((seq, carried.data()), (0, reply.data()));
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_request_is_asked_once() {
    let (_, bus) = world();
    let (pod, mut asked_of) = (bus.pod(), bus.subscribe(Filter::all()));
    let asked = pod.request(text("?")).unwrap();
    let (_, request) = asked_of.try_recv().and_then(Received::message).unwrap();
    assert!(matches!(pod.request(request.clone()), Err(RequestError::Duplicate(_))));
    drop(asked);
    assert!(pod.request(request).is_ok());
}

#[wasm_bindgen_test(unsupported = test)]
fn g10_a_handler_may_publish_ask_and_change_its_handling() {
    let (world, bus) = world();
    let _polite = polite(&bus);
    let pod = bus.pod();
    let place: Arc<Mutex<Option<Handling>>> = Arc::default();
    let (inside, speaker) = (Arc::clone(&place), pod.clone());
    let mut results = bus.subscribe(Filter::only([T3]));
    let handling = pod.handle(Filter::only([T2]), move |_| {
        let (inside, speaker) = (Arc::clone(&inside), speaker.clone());
        async move {
            let reply = speaker.request(text("joey")).unwrap().reply(Some(millis(1_000))).await.unwrap();
            speaker.publish(Message::new(T3, reply.data().len().to_string())).unwrap();
            lock(&inside).as_ref().expect("it was put there").pause();
            drop(speaker.subscribe(Filter::all()));
            Ok(())
        }
    });
    *lock(&place) = Some(handling);
    for _ in 0..2 {
        bus.publish(Message::new(T2, "go")).unwrap();
    }
    settle(&world);
    assert_eq!(numbers(&mut results), [8], "the second came while it was paused");
    assert!(world.now().as_millis() < 1_000);
}
