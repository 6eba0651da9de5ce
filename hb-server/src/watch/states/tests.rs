//! States told to a real mosquitto: at once, retained, and taken away with the app.

use hb_core::beat::Verb;
use hb_core::wire;
use serde_json::Value;
use tokio::spawn;

use super::*;
use crate::notify::channel::tests::mqtt::{broker, mqtt, told, witness};
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
