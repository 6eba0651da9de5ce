//! A key switch on a real mosquitto, which goes and comes back.

use std::sync::Arc;

use hb_bus::bus::{Filter, Subscription};
use hb_bus::message::Topic;
use hb_bus::runtime::Native;
use hb_core::window::Phase;
use rumqttc::QoS;
use tokio::{spawn, time};
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

use super::*;
use crate::engine::Engine;
use crate::engine::clock::{Clock, Hand};
use crate::exec::Executor;
use crate::notify::channel::tests::mqtt::{broker, config, start, told, witness};
use crate::store::Store;
use crate::watch::repairs::Repairer;
use crate::{engine, exec, notify, store, watch};

/// The watch over nobody yet, in a time of our own; it ends with the handle.
pub(in crate::watch) struct House {
    pub(in crate::watch) engine: Engine,
    pub(in crate::watch) hand: Hand,
    pub(in crate::watch) watch: Watch,
    pub(in crate::watch) store: Arc<Store>,
    _stop: DropGuard,
}

impl House {
    pub(in crate::watch) fn new() -> Self {
        let (clock, hand) = Clock::manual();
        let engine = Engine::new(engine::Config::default(), clock, Arc::new(Native::current()));
        let store = Arc::new(Store::memory(store::Config::default()).unwrap());
        let executor = Executor::new(exec::Config::default());
        let repairer = Repairer::new(&engine, executor, Vec::new(), None);
        let alerts = notify::Config::default();
        let begun = Watch::begin(&watch::Config::default(), alerts, &engine, &store, repairer);
        let (watch, task) = begun.unwrap();
        let stop = CancellationToken::new();
        spawn(task.run(stop.clone()));
        Self { engine, hand, watch, store, _stop: stop.drop_guard() }
    }

    fn is_closed(&self) -> bool {
        self.watch.look(|machine, _| {
            machine
                .mutes()
                .phases()
                .any(|(scope, phase)| *scope == Scope::Everything && phase == Phase::Closed)
        })
    }

    /// Waits until it is so.
    async fn until_closed(&self, events: &mut Subscription, closed: bool) {
        while self.is_closed() != closed {
            time::timeout(Duration::from_secs(30), events.recv()).await.expect("it comes within 30 s");
        }
    }
}

#[tokio::test]
async fn what_a_switch_says_opens_and_closes_also_after_the_broker_was_away() {
    let (mut child, port, folder) = broker().await;
    let (client, mut events) = witness(port).await;
    let house = House::new();
    let mut happenings = house.engine.bus().subscribe(Filter::only([Topic::from_static("hb.mute")]));
    let said = |text: &'static str| client.publish("museum/hall 3/open", QoS::AtLeastOnce, true, text);
    // Retained: said before anybody listened.
    said("closed").await.unwrap();
    told(&mut events).await;
    let signal = Config {
        broker: config(port, "pass"),
        topic: "museum/+/open".into(),
        scopes: vec![Scope::Everything],
        who: Who::new("mqtt museum/+/open", "127.0.0.1").unwrap(),
    };
    spawn(listen(signal, house.watch.clone()));
    house.until_closed(&mut happenings, true).await;
    spawn(async move { while events.poll().await.is_ok() {} });
    said("perhaps").await.unwrap();
    said(" OPEN\n").await.unwrap();
    house.until_closed(&mut happenings, false).await;

    child.kill().await.unwrap();
    // Who listened to it is away too, and comes back by itself.
    let _child = loop {
        if let Some(child) = start(&folder.path().join("config")).await {
            break child;
        }
    };
    let (client, mut events) = witness(port).await;
    client.publish("museum/hall 3/open", QoS::AtLeastOnce, true, "0").await.unwrap();
    told(&mut events).await;
    house.until_closed(&mut happenings, true).await;
}

#[test]
fn a_switch_says_open_or_closed_and_nothing_else_counts() {
    for (payload, expected) in [
        ("open", Some(true)),
        ("1", Some(true)),
        ("ON", Some(true)),
        ("closed\n", Some(false)),
        ("0", Some(false)),
        ("false", Some(false)),
        ("", None),
        ("opened", None),
        ("10", None),
    ] {
        assert_eq!(word(payload.as_bytes()), expected, "{payload:?}");
    }
    assert_eq!(word(b"\xff"), None);
    assert_eq!(quoted("\u{1b}[2J".as_bytes()), r#""\u{1b}[2J""#);
}

#[test]
fn what_a_broker_kept_is_new_once() {
    let mut words = Words::default();
    let mut say = |topic: &'static str, old, open| words.is_new(Heard { topic, old, payload: b"" }, open);
    assert!(say("a", true, false), "said before anybody listened");
    assert!(!say("a", true, false), "the connection is back, and nobody has turned the key");
    assert!(say("a", false, false), "turned again");
    assert!(say("a", true, true), "turned while nobody listened");
    assert!(say("b", true, true), "another switch");
    for n in 0..MOST_TOPICS {
        let topic = format!("{n}");
        words.is_new(Heard { topic: &topic, old: true, payload: b"" }, true);
    }
    assert!(words.0.len() <= MOST_TOPICS);
}

#[tokio::test]
async fn a_person_stays_right_when_the_connection_to_the_switch_comes_back() {
    let (_child, port, _folder) = broker().await;
    let (client, mut events) = witness(port).await;
    client.publish("museum/open", QoS::AtLeastOnce, true, "closed").await.unwrap();
    told(&mut events).await;
    let mqtt = Mqtt::new(config(port, "pass")).unwrap();
    let mut words = Words::default();
    // Each is a connection of its own, as after one that broke.
    for new in [true, false] {
        let (heard, mut first) = tokio::sync::mpsc::unbounded_channel();
        let mut listening = false;
        let follow = mqtt.follow("museum/open", &mut listening, |it| {
            heard.send(words.is_new(it, word(it.payload).unwrap())).unwrap();
        });
        tokio::select! {
            failure = follow => panic!("{failure:?}"),
            is_new = time::timeout(Duration::from_secs(30), first.recv()) => assert_eq!(is_new.unwrap(), Some(new)),
        }
    }
}
