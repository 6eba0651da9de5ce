//! States told to a real mosquitto: at once, retained, and taken away with the app.

use hb_core::beat::Verb;
use hb_core::wire;
use serde_json::Value;
use tokio::spawn;

use super::*;
use crate::notify::channel::tests::mqtt::{broker, mqtt, told, witness};
use crate::store::row::Adoption;
use crate::watch::signals::tests::House;

#[tokio::test]
async fn a_broker_knows_how_every_app_is_until_it_is_forgotten() {
    let (_broker, port, _folder) = broker().await;
    let (_client, mut events) = witness(port).await;
    let house = House::new();
    let request = wire::parse(Verb::Ping, "5000&appid=Tetris&v=1&boot=a").unwrap();
    let id = Identity::new("kiosk-7", "", "Tetris").unwrap();
    let _ = house.engine.beat(id, &request.beat, None);
    let channel = Arc::new(Channel::Mqtt(mqtt(port, "pass")));
    spawn(publish(channel, house.engine.clone(), house.watch.clone()));

    let discovery = told(&mut events).await;
    assert_eq!(discovery.topic, "homeassistant/binary_sensor/hb__kiosk-7____Tetris/config");
    let state = told(&mut events).await;
    assert_eq!(state.topic, "hb/state/kiosk-7/_/Tetris");
    let fine: Value = serde_json::from_slice(&state.payload).unwrap();
    assert_eq!(fine["problem"], "OFF", "{fine}");

    house.hand.advance(Duration::from_secs(600));
    house.engine.run_due();
    loop {
        let state = told(&mut events).await;
        assert_eq!(state.topic, "hb/state/kiosk-7/_/Tetris", "it is discovered once");
        let now: Value = serde_json::from_slice(&state.payload).unwrap();
        if now["state"] == "down" {
            assert_eq!(now["problem"], "ON", "{now}");
            break;
        }
    }
    // Whoever comes later; a broker has one of this name at a time.
    let (_client, mut events) = witness(port).await;
    assert!(told(&mut events).await.retain && told(&mut events).await.retain);

    house.engine.forget(id);
    let mut gone = Vec::new();
    while gone.len() < 2 {
        let publish = told(&mut events).await;
        gone.extend(publish.payload.is_empty().then_some(publish.topic));
    }
    assert_eq!(gone, [state.topic, discovery.topic]);
}

#[tokio::test]
async fn what_is_retained_of_an_app_that_went_while_nobody_could_tell_is_taken_away() {
    let (_broker, port, _folder) = broker().await;
    let [id, other] = ["Tetris", "Pong"].map(|app| Identity::new("kiosk-7", "", app).unwrap());
    let told_before = mqtt(port, "pass");
    let state = |id| told_before.topics().state(id, (State::Up, Cause::None, None), Nagios::Ok, "");
    told_before.publish(vec![state(id), state(other)]).await.unwrap();

    // An earlier run kept something of one, which is held no longer.
    let house = House::new();
    let at = Wall::from_unix_millis(0);
    let who = ("server".to_owned(), "server".to_owned());
    let row = Adoption { app: id.to_owned(), at, how: "age".into(), by: who.0, place: who.1 };
    house.store.commit(vec![row.into()]).done().await.unwrap();
    let (_client, mut events) = witness(port).await;
    let mut retained = [told(&mut events).await.topic, told(&mut events).await.topic];
    retained.sort();
    assert_eq!(retained, ["hb/state/kiosk-7/_/Pong", "hb/state/kiosk-7/_/Tetris"]);
    let request = wire::parse(Verb::Ping, "5000&appid=Menu&v=1&boot=a").unwrap();
    let menu = Identity::new("kiosk-7", "", "Menu").unwrap();
    let _ = house.engine.beat(menu, &request.beat, None);
    let channel = Arc::new(Channel::Mqtt(mqtt(port, "pass")));
    spawn(publish(channel, house.engine.clone(), house.watch.clone()));
    let mut gone = Vec::new();
    while gone.len() < 2 {
        let publish = told(&mut events).await;
        gone.extend(publish.payload.is_empty().then_some(publish.topic));
    }
    assert_eq!(gone[0], "hb/state/kiosk-7/_/Tetris", "and nothing of whom this server never knew");
}

#[tokio::test]
async fn who_is_no_more_is_taken_away_until_the_broker_has_heard_it() {
    let house = House::new();
    let request = wire::parse(Verb::Ping, "5000&appid=Tetris&v=1&boot=a").unwrap();
    let id = Identity::new("kiosk-7", "", "Tetris").unwrap();
    let _ = house.engine.beat(id, &request.beat, None);
    let mut desk = Desk::new(house.engine.clone(), house.watch.clone()).await;
    let topics = Topics::default();
    assert_eq!(desk.due(&topics).len(), 2);
    house.engine.forget(id);
    desk.changed.insert(id.to_owned());
    assert_eq!(desk.due(&topics), topics.forgotten(id));
    assert_eq!(desk.due(&topics), topics.forgotten(id), "the broker did not take it");
    desk.gone.clear();
    desk.all = true;
    assert_eq!(desk.due(&topics), []);
}
