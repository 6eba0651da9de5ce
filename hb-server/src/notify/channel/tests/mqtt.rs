//! MQTT with a real mosquitto: messages, retained states, and a broker that is not there.

use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use hb_core::verdict::Nagios;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::*;
use crate::notify::channel::mqtt::topics::Topics;
use crate::notify::channel::mqtt::{Config, Invalid, Mqtt};

/// A broker that lets `hb` in with `pass`, its port, and its folder. It dies with the handle.
pub(crate) async fn broker() -> (Child, u16, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (config, passwords) = (folder.path().join("config"), folder.path().join("passwords"));
    std::fs::write(&passwords, "hb:pass\n").unwrap();
    let hashed = std::process::Command::new("mosquitto_passwd").arg("-U").arg(&passwords).status();
    assert!(hashed.expect("mosquitto is installed: apt-get install mosquitto").success());
    loop {
        let port = free();
        // As root it would become somebody who may not read the folder.
        let text = format!("listener {port} 127.0.0.1\nuser root\npassword_file {}\n", passwords.display());
        std::fs::write(&config, text).unwrap();
        // Another program may have taken the port in between: then it ends, and the next one is tried.
        if let Some(child) = start(&config).await {
            return (child, port, folder);
        }
    }
}

/// A broker that runs by this file; `None` if it ended instead.
pub(crate) async fn start(config: &Path) -> Option<Child> {
    let mut child = Command::new("mosquitto")
        .arg("-v")
        .arg("-c")
        .arg(config)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("mosquitto is installed: apt-get install mosquitto");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    while let Some(line) = soon(lines.next_line()).await.unwrap() {
        if line.contains(" running") {
            // It must be able to go on talking.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(child);
        }
    }
    None
}

fn free() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

pub(crate) fn config(port: u16, password: &str) -> Config {
    let login = Some(("hb".into(), Secret::new(password)));
    let host = "127.0.0.1".into();
    Config { host, port: Some(port), tls: false, ca: None, login, topics: Topics::default() }
}

pub(crate) fn mqtt(port: u16, password: &str) -> Mqtt {
    Mqtt::new(config(port, password)).unwrap()
}

/// Somebody who hears everything from now on, and first what is retained.
pub(crate) async fn witness(port: u16) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new("witness", "127.0.0.1", port);
    options.set_credentials("hb", "pass");
    let (client, mut events) = AsyncClient::new(options, 10);
    client.subscribe("#", QoS::AtLeastOnce).await.unwrap();
    while !matches!(soon(events.poll()).await.unwrap(), Event::Incoming(Packet::SubAck(_))) {}
    (client, events)
}

pub(crate) async fn told(events: &mut EventLoop) -> Publish {
    loop {
        if let Event::Incoming(Packet::Publish(publish)) = soon(events.poll()).await.unwrap() {
            return publish;
        }
    }
}

#[tokio::test]
async fn a_message_is_heard_by_who_listens_and_retained_for_nobody() {
    let (_broker, port, _folder) = broker().await;
    let (_client, mut events) = witness(port).await;
    send(&Channel::Mqtt(mqtt(port, "pass")), &about("Tetris/#")).await.unwrap();
    let heard = told(&mut events).await;
    assert_eq!((&*heard.topic, heard.retain), ("hb/alert", false));
    let facts: serde_json::Value = serde_json::from_slice(&heard.payload).unwrap();
    assert_eq!(facts["title"], "Tetris/# on kiosk-17 does not work");
}

#[tokio::test]
async fn whoever_comes_later_is_told_how_every_app_is_until_it_is_forgotten() {
    let (_broker, port, _folder) = broker().await;
    let mqtt = mqtt(port, "pass");
    // More than a broker takes at once without an answer.
    let names: Vec<String> = (0..150).map(|at| format!("app-{at}")).collect();
    let apps = || names.iter().map(|name| Identity::new("kiosk-7", "", name).unwrap());
    let verdict = (State::Stalled, Cause::NoFrames, None);
    let state = |app| mqtt.topics().state(app, verdict, Nagios::Critical, "2026-07-14T12:02:00Z");
    let all = apps().flat_map(|app| [mqtt.topics().discovery(app).unwrap(), state(app)]).collect();
    soon(mqtt.publish(all)).await.unwrap();
    let (_client, mut events) = witness(port).await;
    let mut heard = Vec::new();
    while heard.len() < 2 * names.len() {
        let publish = told(&mut events).await;
        assert!(publish.retain);
        heard.push(publish.topic);
    }
    heard.sort();
    assert!(
        heard[0].starts_with("hb/state/kiosk-7/_/app-0")
            && heard[299].starts_with("homeassistant/binary_sensor/")
    );
    soon(mqtt.publish(apps().skip(1).flat_map(|app| mqtt.topics().forgotten(app)).collect())).await.unwrap();
    let (client, mut events) = witness(port).await;
    client.publish("end", QoS::AtLeastOnce, false, "").await.unwrap();
    let mut left = Vec::new();
    loop {
        let publish = told(&mut events).await;
        if publish.topic == "end" {
            break;
        }
        left.push(publish.topic);
    }
    assert_eq!(left.len(), 2, "{left:?}");
}

#[tokio::test]
async fn a_broker_that_does_not_take_it_is_named() {
    let (_broker, port, _folder) = broker().await;
    let failure = send(&Channel::Mqtt(mqtt(port, "hunter2")), &about("a")).await.unwrap_err();
    assert!(failure.reason.starts_with("127.0.0.1 does not let us in ("), "{failure}");
    assert!(!failure.reason.contains("hunter2"));
    let failure = send(&Channel::Mqtt(mqtt(free(), "pass")), &about("a")).await.unwrap_err();
    assert!(failure.reason.starts_with("127.0.0.1 cannot be reached: "), "{failure}");
    let elsewhere = Config {
        host: "hall".into(),
        port: None,
        tls: false,
        ca: None,
        login: Some(("hb".into(), Secret::new("x"))),
        topics: Topics::default(),
    };
    assert!(matches!(Mqtt::new(elsewhere), Err(Invalid::Plain(_))));
}
