//! Guests that read too little: what waits for them is bounded in bytes, and what is lost is said.

use super::*;

/// A guest that reads nothing until it is told to.
struct Idle {
    hall: Hall,
    connection: Connection,
}

impl Idle {
    fn new() -> Self {
        let hall = Hall::new();
        let connection = hall.connect();
        let mut idle = Self { hall, connection };
        idle.say(&json!({ "hello": { "version": 1, "who": "kiosk" } }));
        assert!(idle.reads(1)[0]["welcome"].is_object());
        idle
    }

    fn say(&mut self, words: &serde_json::Value) {
        let frame = Frame::Control(words.to_string().into());
        self.hall.world.run(self.connection.leaving.send(frame)).unwrap();
        self.hall.settle();
    }

    /// So many, or as many as come within a moment.
    fn reads(&mut self, most: usize) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        while all.len() < most {
            let next = timeout(&self.hall.world, Some(millis(100)), self.connection.frames.next());
            match self.hall.world.run(next) {
                Ok(Some(Ok(Frame::Control(bytes)))) => all.push(serde_json::from_slice(&bytes).unwrap()),
                Ok(other) => panic!("it is shown out: {other:?}"),
                Err(Elapsed) => break,
            }
        }
        all
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn what_waits_in_all_subscriptions_together_is_bounded_in_bytes_and_every_loss_is_said() {
    const EACH: usize = 40;
    let mut idle = Idle::new();
    let topic = |nr: usize| format!("app/kiosk/{nr}");
    for nr in 0..SUBSCRIPTIONS {
        idle.say(&json!({ "subscribe": { "nr": nr, "topics": [topic(nr)] } }));
        assert!(idle.reads(1)[0]["subscribed"].is_object());
    }
    let text = "x".repeat(LONGEST);
    for _ in 0..EACH {
        for nr in 0..SUBSCRIPTIONS {
            idle.hall.bus.publish(Message::new(topic(nr).parse().unwrap(), text.clone())).unwrap();
        }
    }
    let mut counted = [0; SUBSCRIPTIONS];
    let mut bytes = 0;
    for told in idle.reads(usize::MAX) {
        let (nr, many) = match (&told["message"], &told["missed"]) {
            (serde_json::Value::Null, missed) => (&missed["nr"], missed["count"].as_u64()),
            (message, _) => {
                bytes += message["text"].as_str().map_or(0, str::len);
                (&message["nr"], Some(1))
            }
        };
        counted[usize::try_from(nr.as_u64().unwrap()).unwrap()] += many.unwrap();
    }
    assert_eq!(counted, [EACH as u64; SUBSCRIPTIONS], "each was heard, or said to be missing");
    // And what was on its way when it stopped reading: four frames in the connection, and one.
    let most = UNREAD + (SUBSCRIPTIONS + 5) * LONGEST;
    assert!((UNREAD..=most).contains(&bytes), "{bytes} bytes");
    assert_eq!(idle.hall.departures(), []);
}

#[wasm_bindgen_test(unsupported = test)]
fn replies_that_nobody_reads_are_given_up_and_one_may_be_as_long_as_it_is() {
    let mut idle = Idle::new();
    let answers = idle.hall.bus.pod();
    let mut asked = answers.subscribe(Filter::only([OWN]));
    let mut answer = |most: usize| {
        for request in
            std::iter::from_fn(|| asked.try_recv()?.message()).map(|(_, request)| request).take(most)
        {
            let long = Message::new(OWN, "x".repeat(UNREAD)).in_reply_to(&request);
            answers.publish(long).unwrap();
        }
    };
    for nr in 0..20 {
        idle.say(&json!({ "request": { "nr": nr, "topic": OWN.as_str(), "text": "" } }));
    }
    answer(20);
    idle.hall.settle();
    let told = idle.reads(usize::MAX);
    let replies = told.iter().filter(|told| told["reply"].is_object()).count();
    let failed = told.iter().filter_map(|told| told["failed"]["reason"].as_str());
    let slow = failed.filter(|reason| reason.starts_with("you were too slow: 1048576 bytes")).count();
    assert_eq!(replies + slow, 20, "{told:?}");
    // Four in the connection, one on its way there, one that waits.
    assert!((1..=6).contains(&replies), "{replies} of a MiB each");
    // Whoever reads again is answered again.
    idle.say(&json!({ "request": { "nr": 99, "topic": OWN.as_str(), "text": "" } }));
    answer(1);
    assert_eq!(idle.reads(1)[0]["reply"]["nr"], 99);
}
