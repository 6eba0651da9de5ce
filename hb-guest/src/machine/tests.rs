//! Connections that come and go, in virtual time. Real hosts are met in `hb_bus::guest`'s tests.

use alloc::vec;

use super::*;

type Out = Output<&'static str, &'static str>;

struct Play {
    machine: Machine<&'static str>,
    now: u64,
}

impl Play {
    fn new() -> Self {
        Self { machine: Machine::new(Time::ZERO, 7), now: 0 }
    }

    fn online() -> Self {
        let mut play = Self::new();
        assert_eq!(play.on(Input::Tick), [Output::Dial]);
        assert_eq!(play.on(Input::Opened), [Output::Say(Say::Hello)]);
        play.welcome("a");
        play
    }

    fn on(&mut self, input: Input<&'static str, &'static str>) -> Vec<Out> {
        let mut out = Vec::new();
        self.machine.handle(Time::from_millis(self.now), input, &mut out);
        out
    }

    fn hears(&mut self, told: Tell<&'static str>) -> Vec<Out> {
        self.on(Input::Heard(told))
    }

    fn welcome(&mut self, epoch: &str) -> Vec<Out> {
        let mut out = self.hears(Tell::Welcome { epoch: epoch.into(), prefix: "app/h/duet#left/".into() });
        assert!(matches!(out.remove(0), Output::Online { .. }));
        out
    }

    /// Goes on to the next time-out.
    fn wait(&mut self) -> Vec<Out> {
        self.now = self.machine.next_timeout().expect("something is due").as_millis();
        self.on(Input::Tick)
    }

    fn subscribe(&mut self, nr: u32, topic: &str) -> Vec<Out> {
        self.on(Input::Subscribe { nr, topics: vec![topic.into()], replay: false })
    }

    fn request(&mut self, nr: u32, patience: u64) -> Vec<Out> {
        let patience = Duration::from_millis(patience);
        self.on(Input::Request { nr, topic: "./x".into(), data: "?", patience })
    }
}

fn subscribed(nr: u32, topic: &str, after: Option<(&str, u64)>) -> Out {
    let after = after.map(|(epoch, seq)| After { epoch: epoch.into(), seq });
    Output::Say(Say::Subscribe { nr, topics: vec![topic.into()], replay: false, after })
}

fn offline(out: &[Out]) -> (&str, u64) {
    let Some(Output::Offline { reason, again_in }) = out.last() else { panic!("{out:?}") };
    (reason, again_in.as_millis() as u64)
}

#[test]
fn topics_may_be_said_in_short() {
    let mut play = Play::online();
    for (said, whole) in [
        ("./door", "app/h/duet#left/door"),
        ("#right/door", "app/h/duet#right/door"),
        ("#/door", "app/h/duet/door"),
        ("app/h/duet#left/door", "app/h/duet#left/door"),
        ("hall", "hall"),
        ("", ""),
    ] {
        assert_eq!(play.subscribe(1, said), [subscribed(1, whole, None)], "{said}");
    }
}

#[test]
fn what_waited_comes_after_the_subscriptions_and_only_what_still_is_good() {
    let mut play = Play::new();
    assert_eq!(play.subscribe(1, "./cmd"), []);
    for n in 0..=OUTBOX {
        let data = if n == 0 { "lost" } else { "kept" };
        assert_eq!(play.on(Input::Publish { topic: "./x".into(), data }), []);
    }
    assert_eq!(play.on(Input::Answer { to: "id".into(), data: "too late" }), []);
    assert_eq!(play.request(2, 100), [Output::Replied(2, Err(Failure::Offline))]);
    play.on(Input::Tick);
    play.on(Input::Opened);
    let said = play.welcome("a");
    assert_eq!(said[0], subscribed(1, "app/h/duet#left/cmd", None));
    let kept = Output::Say(Say::Publish { topic: "app/h/duet#left/x".into(), data: "kept" });
    assert_eq!((said.len(), said[1..].iter().all(|say| *say == kept)), (1 + OUTBOX, true));
}

#[test]
fn a_subscription_goes_on_where_it_was() {
    let mut play = Play::online();
    play.subscribe(1, "hall");
    play.subscribe(2, "wall");
    assert_eq!(
        play.hears(Tell::Subscribed { nr: 1, whole: false }),
        [Output::Heard(1, Heard::Connected(false))]
    );
    let heard = play.hears(Tell::Message { nr: 1, seq: 41, message: "lights off" });
    assert_eq!(heard, [Output::Heard(1, Heard::Message(41, "lights off"))]);
    assert_eq!(play.hears(Tell::Missed { nr: 1, count: 3 }), [Output::Heard(1, Heard::Missed(3))]);
    assert_eq!(play.on(Input::Unsubscribe(2)), [Output::Say(Say::Unsubscribe { nr: 2 })]);
    assert_eq!(play.hears(Tell::Message { nr: 2, seq: 42, message: "nobody's" }), []);
    play.on(Input::Closed("cut".into()));
    assert_eq!(play.on(Input::Unsubscribe(2)), []);
    assert_eq!(play.wait(), [Output::Dial]);
    play.on(Input::Opened);
    assert_eq!(play.welcome("b"), [subscribed(1, "hall", Some(("a", 41)))]);
    let refused = play.hears(Tell::Failed { nr: 1, reason: "not for you".into() });
    assert_eq!(refused, [Output::Heard(1, Heard::Refused("not for you".into()))]);
}

#[test]
fn a_request_ends_once() {
    let mut play = Play::online();
    for nr in 1..=4 {
        play.request(nr, u64::from(nr) * 1_000);
    }
    assert_eq!(play.hears(Tell::Reply { nr: 2, message: "yes" }), [Output::Replied(2, Ok("yes"))]);
    assert_eq!(play.hears(Tell::Reply { nr: 2, message: "twice" }), []);
    let nobody = play.hears(Tell::Failed { nr: 3, reason: "nobody is listening".into() });
    assert_eq!(nobody, [Output::Replied(3, Err(Failure::Told("nobody is listening".into())))]);
    assert_eq!(play.wait(), [Output::Replied(1, Err(Failure::Late))]);
    assert_eq!(play.now, 1_000);
    assert_eq!(play.hears(Tell::Reply { nr: 1, message: "late" }), []);
    assert_eq!(play.on(Input::Closed("cut".into()))[0], Output::Replied(4, Err(Failure::Offline)));
    assert_eq!(play.machine.requests(), 0);
    let mut play = Play::online();
    play.request(1, 1_000);
    play.on(Input::Forget(1));
    assert_eq!((play.machine.requests(), play.machine.next_timeout()), (0, None));
}

#[test]
fn who_is_away_is_asked_less_and_less_often() {
    let mut play = Play::new();
    play.on(Input::Tick);
    let mut waits = Vec::new();
    for least in [1, 2, 4, 8, 16, 30, 30, 30] {
        let out = play.on(Input::Closed("refused".into()));
        let (reason, wait) = offline(&out);
        assert_eq!(reason, "refused");
        assert!((least * 1_000..=least * 1_250).contains(&wait), "{least}: {wait}");
        waits.push(wait);
        let begun = play.now;
        assert_eq!(play.wait(), [Output::Dial]);
        assert_eq!(play.now - begun, wait);
    }
    play.on(Input::Opened);
    play.welcome("a");
    assert!(
        offline(&play.on(Input::Closed("cut".into()))).1 <= 1_250,
        "after a success the waits begin anew"
    );
    let other = |seed| {
        let mut out: Vec<Out> = Vec::new();
        let mut machine = Machine::new(Time::ZERO, seed);
        machine.handle(Time::ZERO, Input::Tick, &mut out);
        machine.handle(Time::ZERO, Input::Closed("refused".into()), &mut out);
        offline(&out).1
    };
    assert!((1..9_u64).any(|n| other(n << 40) != other(1)), "not all of a hall in one moment");
}

#[test]
fn the_longest_wait_is_half_a_minute_and_up_to_a_quarter_more() {
    let longest = (0..200_u64).map(|seed| {
        let mut out: Vec<Out> = Vec::new();
        let mut machine = Machine::new(Time::ZERO, seed << 40);
        for _ in 0..8 {
            let due = machine.next_timeout().unwrap();
            machine.handle(due, Input::Tick, &mut out);
            machine.handle(due, Input::Closed("refused".into()), &mut out);
        }
        offline(&out).1
    });
    let longest: Vec<u64> = longest.collect();
    let (least, most) = (longest.iter().min().unwrap(), longest.iter().max().unwrap());
    assert!((30_000..30_500).contains(least) && (37_000..=37_500).contains(most), "{least} {most}");
}

#[test]
fn who_leaves_hangs_up_wherever_there_is_something_to_hang_up() {
    let mut play = Play::new();
    assert_eq!(play.on(Input::Leave), [], "it never dialled");
    let mut play = Play::new();
    play.on(Input::Tick);
    assert_eq!(play.on(Input::Leave), [Output::HangUp], "it dials");
    assert_eq!((play.on(Input::Opened), play.machine.next_timeout()), (vec![], None));
    let mut play = Play::new();
    play.on(Input::Tick);
    play.on(Input::Opened);
    assert_eq!(play.on(Input::Leave), [Output::HangUp], "it said hello");
    let mut play = Play::online();
    play.on(Input::Closed("cut".into()));
    assert_eq!(play.on(Input::Leave), [], "it waits");
}

#[test]
fn who_answers_nothing_or_nonsense_is_left() {
    let mut play = Play::new();
    play.on(Input::Tick);
    assert_eq!(offline(&play.wait()).0, "it takes too long", "it did not open");
    assert_eq!(play.now, 10_000);
    play.wait();
    play.on(Input::Opened);
    let out = play.wait();
    assert_eq!((&out[0], offline(&out).0), (&Output::HangUp, "it takes too long"), "it said nothing");
    for (told, why) in [
        (Tell::Refused { reason: "no".into() }, "not let in: no"),
        (Tell::Denied { reason: "no".into() }, "it speaks another protocol: expected a welcome"),
    ] {
        play.wait();
        play.on(Input::Opened);
        let out = play.hears(told);
        assert_eq!((&out[0], offline(&out).0), (&Output::HangUp, why));
    }
    let mut play = Play::online();
    let out = play.hears(Tell::Welcome { epoch: "b".into(), prefix: String::new() });
    assert_eq!((&out[0], offline(&out).0), (&Output::HangUp, "a second welcome"));
    assert_eq!(play.hears(Tell::Denied { reason: "of a connection that is gone".into() }), []);
    assert_eq!(play.on(Input::Opened), []);
    assert_eq!(play.on(Input::Closed("twice".into())), []);
}

#[test]
fn leaving_ends_everything_once() {
    let mut play = Play::online();
    play.subscribe(1, "hall");
    play.request(2, 1_000);
    let ended = [Output::HangUp, Output::Replied(2, Err(Failure::Left)), Output::Heard(1, Heard::Closed)];
    assert_eq!(play.on(Input::Leave), ended);
    assert_eq!((play.on(Input::Leave), play.machine.next_timeout()), (vec![], None));
    assert_eq!(play.request(3, 1_000), [Output::Replied(3, Err(Failure::Left))]);
    assert_eq!(play.subscribe(4, "hall"), [Output::Heard(4, Heard::Closed)]);
    for input in [Input::Tick, Input::Opened, Input::Closed("late".into())] {
        assert_eq!(play.on(input), []);
    }
    assert!(play.machine.has_left() && !play.machine.is_online());
}
