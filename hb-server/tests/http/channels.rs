//! Mail and MQTT as an alert's last mile: a local SMTP server, and a real mosquitto. Not here: what is in a mail, and who is
//! refused (the channels' own tests).

use std::process::Stdio;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::alerts::{HOUSE, SCREEN, configured, freeze};
use crate::harness::{SOON, TestServer};

/// A mail server; what it is told comes line by line.
async fn post_office() -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (said, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"220 test\r\n").await;
            let (mut line, mut in_mail) = (String::new(), false);
            while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                let word = line.trim_end();
                in_mail = if in_mail { word != "." } else { word == "DATA" };
                let reply = match word {
                    "DATA" => "354 go on\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ if in_mail => "",
                    _ => "250 fine\r\n",
                };
                let _ = said.send(word.to_owned());
                let _ = stream.write_all(reply.as_bytes()).await;
                line.clear();
            }
        }
    });
    (port, heard)
}

/// A mosquitto that lets everybody in, and its port.
async fn broker() -> (Child, u16) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config");
    loop {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        std::fs::write(&config, format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"))
            .unwrap();
        let mut child = Command::new("mosquitto")
            .arg("-v")
            .arg("-c")
            .arg(&config)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto is installed: apt-get install mosquitto");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        // Another program may have taken the port in between: then it ends, and the next one is tried.
        while let Some(line) = timeout(SOON, lines.next_line()).await.expect("it starts in time").unwrap() {
            if line.contains(" running") {
                // It must be able to go on talking.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return (child, port);
            }
        }
    }
}

#[tokio::test]
async fn a_frozen_screen_is_told_by_mail_and_by_mqtt() {
    let (smtp, mut mail) = post_office().await;
    let (_broker, mqtt) = broker().await;
    let (witness, mut events) = AsyncClient::new(MqttOptions::new("witness", "127.0.0.1", mqtt), 10);
    witness.subscribe("hb/alert", QoS::AtLeastOnce).await.unwrap();
    let listening =
        async { while !matches!(events.poll().await.unwrap(), Event::Incoming(Packet::SubAck(_))) {} };
    timeout(SOON, listening).await.expect("it listens in time");
    let channels = format!(
        "url = \"https://hb.museum.example\"\n{HOUSE}{SCREEN}\
         [[channel]]\nname = \"office\"\ntype = \"mail\"\nserver = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\n\
         from = \"hb <hb@museum.example>\"\nto = \"guard@museum.example\"\n\
         [[channel]]\nname = \"house\"\ntype = \"mqtt\"\nserver = \"127.0.0.1\"\nport = {mqtt}\ntls = false\n\
         [[rule]]\nchannels = [\"office\", \"house\"]\nfor_s = 1\n"
    );
    let server = TestServer::with(|config| *config = configured(&channels)).await;
    let number = freeze(&server, "tetris").await;
    server.pass(1_000);
    let told = async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() {
                return serde_json::from_slice::<serde_json::Value>(&publish.payload).unwrap();
            }
        }
    };
    let facts = timeout(SOON, told).await.expect("a message in time");
    assert_eq!((&facts["kind"], &facts["incidents"][0]["number"]), (&"opening".into(), &number.into()));
    // No page is there that would take a reload.
    let links = facts["incidents"][0]["links"].as_array().unwrap().iter().map(|link| &link["label"]);
    assert!(links.eq(["I take care of it", "Quiet for 1 hour"]), "{facts}");
    let mut lines = Vec::new();
    while lines.last().is_none_or(|line| line != ".") {
        lines.push(timeout(SOON, mail.recv()).await.expect("a mail in time").unwrap());
    }
    let has = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
    assert!(
        has("RCPT TO:<guard@museum.example>") && has("Subject: tetris on 127.0.0.1 does not work"),
        "{lines:?}"
    );
    assert!(has("https://hb.museum.example/do/"), "{lines:?}");
}
