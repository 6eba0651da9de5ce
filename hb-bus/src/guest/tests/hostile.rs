//! Guests that say what they may not, and hosts that are none.

use super::*;

/// Somebody who speaks by hand.
struct Stranger<'a> {
    hall: &'a Hall,
    connection: Connection,
    /// Until it is shown out.
    open: bool,
}

impl<'a> Stranger<'a> {
    fn new(hall: &'a Hall) -> Self {
        let connection = hall.connect();
        Self { hall, connection, open: true }
    }

    fn known(hall: &'a Hall) -> Self {
        let mut stranger = Self::new(hall);
        stranger.say(r#"{"hello":{"version":1,"who":"kiosk"}}"#);
        assert_eq!(stranger.hears(), [json!({ "welcome": { "epoch": "a" } })]);
        stranger
    }

    fn say(&mut self, text: &str) {
        self.send(Frame::Control(text.to_owned().into()));
    }

    fn send(&mut self, frame: Frame) {
        self.open = self.open && self.hall.world.run(self.connection.leaving.send(frame)).is_ok();
        self.hall.settle();
    }

    fn hears(&mut self) -> Vec<serde_json::Value> {
        self.hall.settle();
        let mut all = Vec::new();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        while let std::task::Poll::Ready(Some(Ok(Frame::Control(bytes)))) =
            self.connection.frames.poll_next_unpin(&mut cx)
        {
            all.push(serde_json::from_slice(&bytes).unwrap());
        }
        all
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn whoever_is_not_let_in_is_told_why() {
    for (first, reason) in [
        (r#"{"hello":{"version":1,"who":"thief"}}"#, "nobody knows \"thief\""),
        (r#"{"hello":{"version":2,"who":"kiosk"}}"#, "version 2: expected 1"),
        (r#"{"publish":{"topic":"wall","text":""}}"#, r#"expected {"hello":{"version":1,"who":…}} first"#),
        ("GET / HTTP/1.1", "expected value at line 1 column 1"),
        (r#"{"uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8"}"#, "unknown variant `uuid`"),
    ] {
        let hall = Hall::new();
        let mut stranger = Stranger::new(&hall);
        stranger.say(first);
        let told = stranger.hears();
        let text = told[0]["refused"]["reason"].as_str().unwrap_or_default();
        assert!(text.contains(reason), "{first}: {told:?}");
        assert_eq!(hall.departures().len(), 1, "{first}: it is shown out");
        assert!(hall.world.run(stranger.connection.frames.next()).is_none());
    }
    let hall = Hall::new();
    let silent = Stranger::new(&hall);
    hall.wait(11);
    assert_eq!(hall.departures(), [Departure::Stalled]);
    drop(silent);
}

#[wasm_bindgen_test(unsupported = test)]
fn what_is_not_granted_is_denied_in_words_and_the_rest_goes_on() {
    let hall = Hall::new();
    let mut ear = hall.bus.subscribe(Filter::all());
    let mut stranger = Stranger::known(&hall);
    let some = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    for (said, told) in [
        (
            json!({ "publish": { "topic": "hb.transition", "text": "forged" } }),
            json!({ "denied": { "reason": "\"hb.transition\" is not yours to publish" } }),
        ),
        (
            json!({ "publish": { "topic": "app/kiosk", "text": "near" } }),
            json!({ "denied": { "reason": "\"app/kiosk\" is not yours to publish" } }),
        ),
        (
            json!({ "publish": { "topic": "app/kiosk/\n", "text": "" } }),
            json!({ "denied": { "reason": "not a topic: expected 1 to 255 bytes without control characters" } }),
        ),
        (
            json!({ "publish": { "topic": "app/kiosk/x", "base64": "!" } }),
            json!({ "denied": { "reason": "not base64" } }),
        ),
        (
            json!({ "subscribe": { "nr": 1, "topics": ["wall", "hb.transition"] } }),
            json!({ "failed": { "nr": 1, "reason": "\"hb.transition\" is not for you to hear" } }),
        ),
        (
            json!({ "subscribe": { "nr": 1, "topics": vec!["wall"; 33] } }),
            json!({ "failed": { "nr": 1, "reason": "33 topics: expected at most 32" } }),
        ),
        (
            json!({ "answer": { "to": some, "topic": "x", "text": "forged" } }),
            json!({ "denied": { "reason": "that is no message you were sent lately and have not answered" } }),
        ),
        (
            json!({ "hello": { "version": 1, "who": "admin" } }),
            json!({ "denied": { "reason": "a second hello" } }),
        ),
    ] {
        stranger.say(&said.to_string());
        assert_eq!(stranger.hears(), [told], "{said}");
    }
    stranger.say(r#"{"publish":{"topic":"app/kiosk/x","text":"fine"}}"#);
    assert_eq!(stranger.hears(), Vec::<serde_json::Value>::new());
    let published = std::iter::from_fn(|| ear.try_recv()).filter_map(Received::message);
    let texts: Vec<_> = published.map(|(_, message)| message.data().clone()).collect();
    assert_eq!(texts, ["fine"]);
    stranger.send(Frame::Message("binary".into()));
    let told = stranger.hears();
    assert_eq!(
        told,
        [json!({ "refused": { "reason": "it said something we do not understand: expected a text frame" } })]
    );
    assert_eq!(hall.departures(), [Departure::Foreign("expected a text frame".into())]);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_guest_answers_only_what_it_was_sent_and_once() {
    let hall = Hall::new();
    let (mut thief, mut owner) = (Stranger::known(&hall), Stranger::known(&hall));
    // A number of the guest's own choice, the greatest there is.
    let nr = u64::MAX;
    owner.say(&json!({ "subscribe": { "nr": nr, "topics": ["app/kiosk/cmd"] } }).to_string());
    let asked = hall.bus.pod().request(Message::new(CMD, "who")).unwrap();
    let heard = owner.hears();
    assert_eq!(heard[0], json!({ "subscribed": { "nr": nr, "whole": false } }));
    let id = heard[1]["message"]["id"].as_str().unwrap().to_owned();
    let answer =
        |text: &str| json!({ "answer": { "to": id, "topic": "hb.transition", "text": text } }).to_string();
    thief.say(&answer("forged"));
    owner.say(&answer("true"));
    owner.say(&answer("twice"));
    assert_eq!((thief.hears().len(), owner.hears().len()), (1, 1), "both are denied");
    let reply = hall.world.run(asked.reply(Some(millis(500)))).unwrap();
    assert_eq!((reply.data().as_ref(), reply.topic()), (&b"true"[..], &CMD), "about what was asked");
    assert_eq!(hall.bus.stats().unmatched, 0);
}

#[wasm_bindgen_test(unsupported = test)]
fn there_are_bounds() {
    let hall = Hall::new();
    let mut stranger = Stranger::known(&hall);
    for nr in 0..=SUBSCRIPTIONS {
        stranger.say(&json!({ "subscribe": { "nr": nr, "topics": ["wall"] } }).to_string());
        let told = &stranger.hears()[0];
        assert_eq!(told.get("failed").is_some(), nr == SUBSCRIPTIONS, "{told}");
    }
    assert_eq!(hall.bus.stats().subscriptions, SUBSCRIPTIONS);
    let silent = hall.bus.subscribe(Filter::only([OWN]));
    for nr in 0..=REQUESTS {
        stranger.say(&json!({ "request": { "nr": nr, "topic": "app/kiosk/door", "text": "" } }).to_string());
    }
    let told = stranger.hears();
    assert_eq!(
        told,
        [json!({ "failed": { "nr": 64, "reason": "64 requests are under way, which is the most" } })]
    );
    hall.wait(31);
    assert_eq!(stranger.hears().len(), 4, "the others are over too; what it does not take waits");
    drop(silent);
}

#[wasm_bindgen_test(unsupported = test)]
fn who_takes_nothing_is_shown_out_and_nobody_waits() {
    let hall = Hall::new();
    let mut stranger = Stranger::known(&hall);
    stranger.say(r#"{"subscribe":{"nr":1,"topics":["wall"]}}"#);
    let mut ear = hall.bus.subscribe(Filter::all().queue(2_000));
    for n in 0..1_000 {
        hall.bus.publish(Message::new(WALL, n.to_string())).unwrap();
    }
    hall.wait(5);
    assert_eq!(std::iter::from_fn(|| ear.try_recv()).count(), 1_000);
    assert_eq!(hall.departures(), []);
    let heard = stranger.hears();
    assert!(heard.contains(&json!({ "missed": { "nr": 1, "count": 1_000 - QUEUE } })), "{heard:?}");
    (0..200).for_each(|n| hall.publish(&n.to_string()));
    hall.wait(11);
    assert_eq!(hall.departures(), [Departure::Stalled]);
    assert_eq!(hall.bus.stats().subscriptions, 1);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_host_that_is_none_is_left() {
    for words in
        ["hello", "{}", r#"{"reply":{"nr":1,"topic":"x","text":""}}"#, r#"{"refused":{"reason":"no"}}"#]
    {
        let world = Simulation::new(1);
        let transport = move |_: &str| -> Task<std::io::Result<Connection>> {
            let (near, mut far) = memory::pair(4);
            Box::pin(async move {
                far.leaving.send(Frame::Control(words.into())).await?;
                std::mem::forget(far);
                Ok(near)
            })
        };
        let guest = Guest::new(world.handle(), transport, "", json!(null));
        let mut events = guest.events(1);
        world.run(world.sleep(millis(100)));
        let Some(crate::bus::Taken::Item(Event::Offline { reason, .. })) = events.try_recv() else {
            panic!("{words}: not told")
        };
        assert!(reason.contains("another protocol") || reason == "not let in: no", "{words}: {reason}");
        assert!(!guest.is_online());
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn a_guest_that_says_too_much_is_told_so_and_nobody_else_loses_anything() {
    let hall = Hall::new();
    let Limits { messages, .. } = Limits::default();
    let mut others = hall.bus.subscribe(Filter::only([WALL]));
    let neighbour = hall.guest("kiosk");
    let mut heard_there = neighbour.subscribe([WALL], false);
    let mut ears = hall.bus.subscribe(Filter::only([OWN]).queue(4096));
    let mut loud = Stranger::known(&hall);
    let publish = r#"{"publish":{"topic":"app/kiosk/door","text":"open"}}"#;
    // In no time at all, as far as the world's clock goes.
    let burst = |loud: &mut Stranger<'_>, words: u64| {
        for _ in 0..words {
            hall.world.run(loud.connection.leaving.send(Frame::Control(publish.into()))).unwrap();
        }
        loud.hears()
    };
    assert_eq!(burst(&mut loud, messages.burst), [] as [serde_json::Value; 0]);
    let told = burst(&mut loud, 200);
    let reason = told[0]["denied"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("you say too much: at most 240 messages"), "{reason}");
    assert_eq!(told.len(), 1, "once, not once a word: {told:?}");
    hall.publish("still here");
    hall.settle();
    assert_eq!(heard(&mut heard_there), ["connected, whole: false", "still here"]);
    assert!(matches!(others.try_recv(), Some(Received::Message { .. })));
    // Whoever slows down is heard again.
    hall.wait(10);
    while ears.try_recv().is_some() {}
    assert_eq!(burst(&mut loud, 100), [] as [serde_json::Value; 0]);
    assert_eq!(std::iter::from_fn(|| ears.try_recv()).count(), 100);
    assert_eq!(hall.departures(), []);
}

#[wasm_bindgen_test(unsupported = test)]
fn a_flood_is_shown_out_and_an_answer_is_heard_whatever_else_is_said() {
    // What comes back in this test is nothing.
    let few = Allowance { burst: 2, rate: 0 };
    let hall = Hall::new();
    {
        let mut door = lock(&hall.state);
        door.host = door.host.clone().limits(Limits { messages: few, denials: few, ..Limits::default() });
    }
    let mut loud = Stranger::known(&hall);
    loud.say(r#"{"subscribe":{"nr":1,"topics":["app/kiosk/cmd"]}}"#);
    let asked = hall.bus.request(Message::new(CMD, "?")).unwrap();
    let told = loud.hears();
    let id = told.iter().find_map(|words| words["message"]["id"].as_str()).expect("it is asked").to_owned();
    let publish = r#"{"publish":{"topic":"app/kiosk/door","text":"open"}}"#;
    loud.say(publish);
    assert_eq!(loud.hears(), [] as [serde_json::Value; 0]);
    loud.say(publish);
    loud.say(r#"{"request":{"nr":5,"topic":"app/kiosk/door","text":"?"}}"#);
    let told = loud.hears();
    assert!(told[0]["denied"].is_object() && told[1]["failed"]["nr"] == 5, "{told:?}");
    loud.say(&json!({ "answer": { "to": id, "text": "yes" } }).to_string());
    assert_eq!(hall.world.run(asked.reply(None)).unwrap().data(), "yes");
    assert_eq!(hall.departures(), []);
    loud.say(publish);
    let told = loud.hears();
    assert!(
        told[0]["refused"]["reason"].as_str().is_some_and(|reason| reason.contains("floods")),
        "{told:?}"
    );
    assert_eq!(hall.departures(), [Departure::Flood]);
}

#[wasm_bindgen_test(unsupported = test)]
fn whoever_comes_again_may_say_no_more_than_whoever_stays() {
    let hall = Hall::new();
    let few = Limits { messages: Allowance { burst: 3, rate: 0 }, ..Limits::default() };
    lock(&hall.state).account = Some(Account::new(few, hall.world.now()));
    let publish = r#"{"publish":{"topic":"app/kiosk/door","text":"open"}}"#;
    let mut ears = hall.bus.subscribe(Filter::only([OWN]));
    // Told once: a dry spell of the place is one, whoever comes.
    for (said, denied) in [(2, 0), (2, 1), (1, 0)] {
        let mut guest = Stranger::known(&hall);
        for _ in 0..said {
            guest.say(publish);
        }
        assert_eq!(guest.hears().len(), denied);
    }
    assert_eq!(std::iter::from_fn(|| ears.try_recv()).count(), 3);
}

#[wasm_bindgen_test(unsupported = test)]
fn what_many_must_keep_is_short_and_only_an_answer_may_be_long() {
    let hall = Hall::new();
    let mut guest = Stranger::known(&hall);
    guest.say(r#"{"subscribe":{"nr":1,"topics":["app/kiosk/cmd"]}}"#);
    guest.hears();
    for (length, told) in [(LONGEST, 0), (LONGEST + 1, 1)] {
        guest.say(
            &json!({ "publish": { "topic": "app/kiosk/door", "text": "x".repeat(length) } }).to_string(),
        );
        assert_eq!(guest.hears().len(), told, "{length}");
    }
    let asked = hall.bus.request(Message::new(CMD, "?")).unwrap();
    let id = guest.hears()[0]["message"]["id"].as_str().unwrap().to_owned();
    guest.say(&json!({ "answer": { "to": id, "text": "x".repeat(10 * LONGEST) } }).to_string());
    assert_eq!(hall.world.run(asked.reply(None)).unwrap().data().len(), 10 * LONGEST);
}

#[wasm_bindgen_test(unsupported = test)]
fn only_what_came_lately_can_be_answered() {
    let hall = Hall::new();
    let mut guest = Stranger::known(&hall);
    guest.say(r#"{"subscribe":{"nr":1,"topics":["wall"]}}"#);
    guest.hears();
    let ids: Vec<String> = (0..=ANSWERABLE)
        .map(|n| {
            hall.publish(&n.to_string());
            guest.hears()[0]["message"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    for (id, told) in [(&ids[0], 1), (&ids[1], 0), (&ids[ANSWERABLE], 0)] {
        guest.say(&json!({ "answer": { "to": id, "text": "" } }).to_string());
        assert_eq!(guest.hears().len(), told);
    }
}

#[cfg(not(target_family = "wasm"))]
mod random {
    use proptest::prelude::*;

    use super::*;

    fn words() -> impl Strategy<Value = String> {
        let text =
            prop_oneof![Just("wall"), Just("app/kiosk/cmd"), Just("hb.transition"), Just("\u{0}"), Just("")];
        let nr = prop_oneof![0..4_u64, Just(u64::MAX)];
        let kind = prop_oneof![
            Just("publish"),
            Just("request"),
            Just("answer"),
            Just("subscribe"),
            Just("unsubscribe"),
            Just("hello")
        ];
        (kind, text, nr, any::<Option<u64>>(), any::<bool>()).prop_map(|(kind, text, nr, seq, replay)| {
            let after = seq.map(|seq| json!({ "epoch": "a", "seq": seq }));
            json!({ kind: {
                "topic": text, "text": text, "nr": nr, "to": text, "topics": [text], "after": after,
                "replay": replay, "version": nr, "who": text,
            } })
            .to_string()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Ten thousand frames and more: nothing is heard or said that was not granted.
        #[test]
        fn no_frames_break_a_host(
            frames in proptest::collection::vec(
                prop_oneof![words(), ".{0,40}", any::<Vec<u8>>().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())],
                0..12,
            ),
        ) {
            let hall = Hall::new();
            let mut ear = hall.bus.subscribe(Filter::all());
            let mut stranger = Stranger::known(&hall);
            for frame in frames {
                hall.bus.publish(Message::new(SECRET, "secret")).unwrap();
                stranger.say(&frame);
                for told in stranger.hears() {
                    prop_assert!(!told.to_string().contains("secret"), "{}", told);
                }
            }
            while let Some((_, message)) = ear.try_recv().and_then(Received::message) {
                let own = message.topic().as_str().starts_with("app/kiosk/");
                prop_assert!(own || message.data() == "secret", "{:?}", message);
            }
        }
    }
}
