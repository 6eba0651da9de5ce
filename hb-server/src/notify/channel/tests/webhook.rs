//! Webhooks: shapes, failures, secrets, and the outbox over one that fails, hangs and recovers.

use hb_lease::time::Time;
use serde_json::Value;

use super::server::{Answer, start};
use super::*;
use crate::notify::channel::webhook::{Invalid, Shape, Webhook};
use crate::notify::outbox::{Input, Item, Outbox, Output};
use crate::notify::render::own::{Form, Template};

fn hook(address: &str, path: &str, shape: Shape) -> Channel {
    Channel::Webhook(Webhook::new(&format!("http://{address}{path}"), None, shape, None).unwrap())
}

#[tokio::test]
async fn every_shape_arrives_as_what_it_is() {
    let (address, heard) = start(Vec::new()).await;
    let own = Template::new("<b>{{ title }}</b>", Form::Html).unwrap();
    for (shape, path, wanted) in [
        (Shape::Slack, "/services/T0/B0/x", "/services/T0/B0/x"),
        (Shape::Mattermost, "/hooks/x", "/hooks/x"),
        (Shape::Teams, "/w?sig=1", "/w?sig=1"),
        (Shape::Ntfy, "/hall3", "/"),
        (Shape::Json, "/", "/"),
        (Shape::Own(Box::new(own)), "/own", "/own"),
    ] {
        send(&hook(&address, path, shape), &about("<Tetris>")).await.unwrap();
        let (head, body) = heard.lock().unwrap().pop().unwrap();
        assert!(head.starts_with(&format!("POST {wanted} HTTP/1.1\r\n")), "{head}");
        if wanted == "/own" {
            assert_eq!(body, "<b>&lt;Tetris&gt; on kiosk-17 does not work</b>");
        } else {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert!(path != "/hall3" || body["topic"] == "hall3");
        }
    }
}

#[tokio::test]
async fn what_went_wrong_is_said_without_the_secret() {
    let elsewhere = "302 Found\r\nlocation: http://127.0.0.1:1/\r\n";
    for (answer, wanted) in [
        (Answer::Say("404 Not Found\r\n"), "knows no such address (404 Not Found): correct it"),
        (
            Answer::Say("401 Unauthorized\r\n"),
            "does not let us in (401 Unauthorized): check address and token",
        ),
        (Answer::Say("400 Bad Request\r\n"), "does not want this message (400 Bad Request)"),
        (Answer::Say("503 Service Unavailable\r\nretry-after: 40\r\n"), "answered 503 Service Unavailable"),
        (
            Answer::Say(elsewhere),
            "sends us elsewhere (302 Found), which is not followed: correct the address",
        ),
        (Answer::Close, "broke off: connection closed before message completed"),
    ] {
        let (address, heard) = start(vec![answer]).await;
        let url = format!("http://{address}/hunter2");
        let hook = Webhook::new(&url, Some(Secret::new("hunter3")), Shape::Json, None).unwrap();
        let channel = Channel::Webhook(hook);
        let failure = send(&channel, &about("a")).await.unwrap_err();
        assert_eq!(failure.reason, format!("{address} {wanted}"));
        assert!(!format!("{failure:?} {channel:?}").contains("hunter"));
        let head = &heard.lock().unwrap()[0].0;
        assert!(head.contains("authorization: Bearer hunter3"), "{head}");
        let refused = wanted.contains("does not want");
        assert_eq!(failure.outcome == Outcome::Refused, refused);
        let after = Some(Duration::from_secs(40));
        assert_eq!(failure.outcome == Outcome::Unavailable { after }, wanted.contains("503"));
    }
}

#[test]
fn addresses_that_give_secrets_away_are_refused() {
    let token = || Some(Secret::new("hunter2"));
    let new = |url: &str, token, shape| Webhook::new(url, token, shape, None).unwrap_err();
    assert!(matches!(new("http://ntfy.example/x", token(), Shape::Json), Invalid::Plain));
    assert!(matches!(new("https://me:pw@ntfy.example/x", None, Shape::Json), Invalid::Password));
    assert!(matches!(new("https://ntfy.example/", None, Shape::Ntfy), Invalid::Topic));
    assert!(matches!(new("ftp://hunter2/", None, Shape::Json), Invalid::Scheme));
    assert!(matches!(new("hunter2 hunter2", None, Shape::Json), Invalid::Address));
    assert!(Webhook::new("http://[::1]:80/", token(), Shape::Json, None).is_ok());
    assert!(Webhook::new("https://ntfy.example/x", token(), Shape::Ntfy, None).is_ok());
}

#[tokio::test]
async fn a_receiver_that_speaks_no_tls_is_told_nothing() {
    let (address, heard) = start(Vec::new()).await;
    let hook = Webhook::new(&format!("https://{address}/hunter2"), None, Shape::Json, None).unwrap();
    let failure = send(&Channel::Webhook(hook), &about("a")).await.unwrap_err();
    assert!(
        failure.reason.starts_with(&format!("{address} speaks no TLS that can be trusted: ")),
        "{failure}"
    );
    assert!(heard.lock().unwrap().is_empty() && !failure.reason.contains("hunter2"));
}

/// The outbox in a time of its own, the receiver in real time.
#[tokio::test]
async fn a_receiver_that_fails_hangs_and_recovers_hears_everything_in_order() {
    let script = vec![
        Answer::Say("503 Service Unavailable\r\n"),
        Answer::Hang,
        Answer::Close,
        Answer::Say("500 Internal Server Error\r\n"),
    ];
    let (address, heard) = start(script).await;
    let channel = hook(&address, "/", Shape::Json);
    let (mut outbox, mut now, mut out) = (Outbox::default(), Time::ZERO, Vec::new());
    for id in 1..=3 {
        let item = Item { id, channel: "guard".into(), about: vec!["Tetris".into()] };
        outbox.handle(now, Input::Queued { item, age: Duration::ZERO }, &mut out);
    }
    let mut delivered = Vec::new();
    while !outbox.is_empty() {
        let Some(output) = (!out.is_empty()).then(|| out.remove(0)) else {
            now = outbox.next_timeout().expect("what waits for nothing else waits for time");
            outbox.handle(now, Input::Tick, &mut out);
            continue;
        };
        match output {
            Output::Send { attempt, ids, digest, .. } => {
                assert!(!digest && ids.len() == 1);
                let message = about(&format!("app-{}", ids[0]));
                let sent = channel.send_within(Duration::from_millis(500), &message, &TimeZone::UTC).await;
                let outcome = sent.map_or_else(|failure| failure.outcome, |()| Outcome::Delivered);
                outbox.handle(now, Input::Ended { attempt, outcome }, &mut out);
            }
            Output::Delivered { ids, .. } => delivered.extend(ids),
            Output::Lost { .. } => panic!("nothing was refused: {output:?}"),
        }
    }
    let told: Vec<String> = heard
        .lock()
        .unwrap()
        .iter()
        .map(|(_, body)| {
            serde_json::from_str::<Value>(body).unwrap()["incidents"][0]["app"].as_str().unwrap().into()
        })
        .collect();
    assert_eq!(told, ["app-1", "app-1", "app-1", "app-1", "app-1", "app-2", "app-3"]);
    assert_eq!(now.as_millis(), 75_000, "5, 10, 20 and 40 s");
}
