//! What guests do.

use hb_guest::OUTBOX;

use super::*;

#[wasm_bindgen_test(unsupported = test)]
fn a_guest_publishes_and_hears() {
    let hall = Hall::new();
    let mut ear = hall.bus.subscribe(Filter::only([OWN]));
    let guest = hall.guest("kiosk");
    guest.publish(&Message::new(OWN, "open")).unwrap();
    let mut commands = guest.subscribe([CMD, WALL], false);
    hall.settle();
    assert!(guest.is_online());
    hall.bus.publish(Message::new(CMD, "reload")).unwrap();
    hall.bus.publish(Message::new(SECRET, "not for you")).unwrap();
    hall.bus.publish(Message::new(WALL, vec![0, 159, 146, 150])).unwrap();
    hall.settle();
    let (_, published) = ear.try_recv().unwrap().message().unwrap();
    assert_eq!(published.data(), "open", "also what was said before it was connected");
    assert_eq!(commands.try_recv(), Some(Heard::Connected { whole: false }));
    let Some(Heard::Message { seq: 2, message }) = commands.try_recv() else { panic!("no command") };
    assert_eq!((message.topic(), message.data().as_ref()), (&CMD, &b"reload"[..]));
    let Some(Heard::Message { seq: 4, message }) = commands.try_recv() else { panic!("no bytes") };
    assert_eq!((message.topic(), message.data().as_ref()), (&WALL, &[0, 159, 146, 150][..]));
    assert_eq!(commands.try_recv(), None);
    drop(commands);
    hall.settle();
    assert_eq!(hall.bus.stats().subscriptions, 1, "only the ear is left");
}

#[wasm_bindgen_test(unsupported = test)]
fn requests_go_both_ways() {
    let hall = Hall::new();
    let asking = hall.bus.pod();
    assert_eq!(asking.request(Message::new(CMD, "who")).unwrap_err(), AskError::NoSubscribers);
    let guest = hall.guest("kiosk");
    let mut commands = guest.subscribe([CMD], false);
    let answering = hall.bus.pod();
    let answers = answering.clone();
    let _handling = answering.handle(Filter::only([OWN]), move |request| {
        let answers = answers.clone();
        async move {
            let reply = Message::new(OWN, "granted").in_reply_to(&request);
            answers.publish(reply).map(drop).map_err(|_| Failed)
        }
    });
    hall.settle();
    // The host asks, the guest answers.
    let asked = asking.request(Message::new(CMD, "who")).unwrap();
    hall.settle();
    let Heard::Connected { .. } = commands.try_recv().unwrap() else { panic!("not connected") };
    let Heard::Message { message, .. } = commands.try_recv().unwrap() else { panic!("not asked") };
    guest.publish(&Message::new(CMD, "kiosk").in_reply_to(&message)).unwrap();
    assert_eq!(hall.world.run(asked.reply(Some(millis(500)))).unwrap().data(), "kiosk");
    // The guest asks, the host answers.
    let ask = |message: Message, patience: u64| {
        let guest = guest.clone();
        async move { guest.request(&message, millis(patience)).await }
    };
    assert_eq!(hall.world.run(ask(Message::new(OWN, "may I"), 500)).unwrap().data(), "granted");
    // Or nobody does, or nobody may.
    let nobody = Topic::from_static("app/kiosk/nobody");
    for (topic, said) in [(nobody, "nobody is listening"), (WALL, "\"wall\" is not yours to publish")] {
        let failed = hall.world.run(ask(Message::new(topic, "?"), 500));
        assert_eq!(failed, Err(RequestError::Failed(said.to_owned())));
    }
    let _silent = hall.bus.subscribe(Filter::all());
    let topic = Topic::from_static("app/kiosk/silence");
    assert_eq!(hall.world.run(ask(Message::new(topic, "?"), 500)), Err(RequestError::Timeout));
    assert_eq!(lock(&guest.shared.state).machine.requests(), 0, "what is over is forgotten");
}

#[wasm_bindgen_test(unsupported = test)]
fn a_guest_comes_back_and_misses_nothing_that_is_kept() {
    let hall = Hall::new();
    let guest = hall.guest("kiosk");
    let (mut wall, mut events) = (guest.subscribe([WALL], false), guest.events(9));
    let publish = |text: &str| hall.publish(text);
    hall.settle();
    publish("1");
    hall.settle();
    hall.cut();
    publish("2");
    publish("3");
    hall.wait(3);
    publish("4");
    hall.settle();
    let all = ["connected, whole: false", "1", "connected, whole: true", "2", "3", "4"];
    assert_eq!(heard(&mut wall), all);
    // More than is kept.
    hall.cut();
    (0..20).for_each(|n| publish(&format!("lost {n}")));
    hall.wait(3);
    publish("5");
    hall.settle();
    assert_eq!(heard(&mut wall), ["connected, whole: false", "5"]);
    // A host that was restarted counts anew.
    lock(&hall.state).host = Host::new(&hall.bus, 0xB);
    hall.cut();
    hall.wait(3);
    publish("6");
    hall.settle();
    assert_eq!(heard(&mut wall), ["connected, whole: false", "6"]);
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv()).collect();
    assert_eq!(told.len(), 7, "online, and three times offline and online: {told:?}");
}

#[wasm_bindgen_test(unsupported = test)]
fn replay_is_for_who_asks_for_it() {
    let hall = Hall::new();
    (0..3).for_each(|n| hall.publish(&n.to_string()));
    let guest = hall.guest("kiosk");
    let (mut with, mut without) = (guest.subscribe([WALL], true), guest.subscribe([WALL], false));
    hall.settle();
    assert_eq!(heard(&mut with), ["connected, whole: false", "0", "1", "2"]);
    assert_eq!(heard(&mut without), ["connected, whole: false"]);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_request_does_not_outlive_its_connection() {
    let hall = Hall::new();
    let guest = hall.guest("kiosk");
    let _silent = hall.bus.subscribe(Filter::only([OWN]));
    assert_eq!(
        hall.world.run(guest.request(&Message::new(OWN, "?"), millis(100))),
        Err(RequestError::Offline),
        "it has not met the host yet"
    );
    hall.settle();
    let (cutter, world) = (hall.clone(), hall.world.clone());
    hall.world.spawn(Box::pin(async move {
        world.sleep(millis(50)).await;
        std::mem::take(&mut lock(&cutter.state).cables).cancel();
    }));
    let before = hall.world.now();
    let failed = hall.world.run(guest.request(&Message::new(OWN, "?"), millis(60_000)));
    assert_eq!((failed, hall.world.now().since(before)), (Err(RequestError::Offline), millis(50)));
}

#[wasm_bindgen_test(unsupported = test)]
fn a_host_that_is_away_is_asked_less_and_less_often() {
    let hall = Hall::new();
    lock(&hall.state).open = false;
    let guest = hall.guest("kiosk");
    hall.wait(200);
    let dialled = lock(&hall.state).dialled.clone();
    let waits: Vec<_> = dialled.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (wait, least) in waits.iter().zip([1, 2, 4, 8, 16, 30, 30, 30]) {
        assert!((least * 1_000..=least * 1_250).contains(wait), "{waits:?}");
    }
    lock(&hall.state).open = true;
    hall.wait(40);
    assert!(guest.is_online());
    hall.cut();
    hall.wait(2);
    assert!(guest.is_online(), "after a success the waits begin anew");
}

#[wasm_bindgen_test(unsupported = test)]
fn who_publishes_faster_than_it_is_taken_loses_the_oldest_publications_and_nothing_else() {
    let hall = Hall::new();
    let mut ear = hall.bus.subscribe(Filter::only([OWN]).queue(4 * OUTBOX));
    let guest = hall.guest("kiosk");
    hall.settle();
    // The task gets no turn until all is said.
    let mut wall = guest.subscribe([WALL], false);
    for n in 0..OUTBOX + 100 {
        guest.publish(&Message::new(OWN, n.to_string())).unwrap();
    }
    hall.settle();
    let published = std::iter::from_fn(|| ear.try_recv()).map(|received| {
        let (_, message) = received.message().expect("nothing was missed");
        String::from_utf8_lossy(message.data()).into_owned()
    });
    let published: Vec<String> = published.collect();
    // The subscription waits among them.
    let kept: Vec<String> = (101..OUTBOX + 100).map(|n| n.to_string()).collect();
    assert_eq!(published, kept);
    assert_eq!(heard(&mut wall), ["connected, whole: false"]);
}

#[wasm_bindgen_test(unsupported = test)]
fn leaving_ends_everything_at_once() {
    let hall = Hall::new();
    let guest = hall.guest("kiosk");
    let mut wall = guest.subscribe([WALL], false);
    hall.settle();
    let again = guest.clone();
    drop(guest);
    hall.settle();
    assert!(again.is_online());
    let shared = Arc::downgrade(&again.shared);
    drop(again);
    hall.settle();
    assert_eq!(hall.departures(), [Departure::Left]);
    assert_eq!(heard(&mut wall), ["connected, whole: false"]);
    assert_eq!(wall.try_recv(), Some(Heard::Closed));
    assert!(shared.upgrade().is_none(), "its task is gone too");
}

#[wasm_bindgen_test(unsupported = test)]
fn a_bus_that_closes_ends_its_guests_sessions() {
    let hall = Hall::new();
    let guest = hall.guest("kiosk");
    let _wall = guest.subscribe([WALL], false);
    hall.settle();
    hall.bus.close();
    hall.settle();
    assert_eq!((hall.departures(), guest.is_online()), (vec![Departure::Closed], false));
}

#[wasm_bindgen_test(unsupported = test)]
fn a_busy_subscription_holds_up_no_other() {
    let hall = Hall::new();
    let guest = hall.guest("kiosk");
    let (mut busy, mut other) = (guest.subscribe([WALL], false), guest.subscribe([CMD], false));
    hall.settle();
    (0..20).for_each(|n| hall.publish(&n.to_string()));
    hall.bus.publish(Message::new(CMD, "reload")).unwrap();
    // A connection that carries a few at a time: the first of the other comes among the first of the busy one.
    hall.world.run(async {
        assert_eq!(busy.recv().await, Heard::Connected { whole: false });
        assert_eq!(other.recv().await, Heard::Connected { whole: false });
        let Heard::Message { message, .. } = other.recv().await else { panic!("no command") };
        assert_eq!(message.data(), "reload");
    });
    assert!(heard(&mut busy).len() < 20, "not behind all of the others");
}
