//! Links: a page's guest over a real WebSocket, and commands to it by the API.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hb_bus::guest::{Event, Guest, Heard, Subscription};
use hb_bus::link::{Connection, Frame};
use hb_bus::message::{Message, Topic};
use hb_bus::runtime::{Native, Task};
use hb_server::http::link::Reach;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Word;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{Answer, SOON, TestServer};

const COMMANDS: &str = "/api/v1/apps/127.0.0.1/tetris/commands";
pub(crate) const CMD: Topic = Topic::from_static("app/127.0.0.1/tetris/cmd");

fn dial(endpoint: &str) -> Task<std::io::Result<Connection>> {
    let request = endpoint.into_client_request().unwrap();
    Box::pin(async move {
        let (socket, _) = connect_async(request).await.map_err(std::io::Error::other)?;
        let (leaving, frames) = socket.split();
        let frames = frames.filter_map(async |word| match word {
            Ok(Word::Text(text)) => Some(Ok(Frame::Control(text.into()))),
            Ok(_) => None,
            Err(error) => Some(Err(std::io::Error::other(error))),
        });
        let leaving = leaving.with(async |frame| match frame {
            Frame::Control(bytes) | Frame::Message(bytes) => {
                Ok(Word::Text(bytes.try_into().expect("guests speak text")))
            }
        });
        let leaving =
            leaving.sink_map_err(|error: tokio_tungstenite::tungstenite::Error| std::io::Error::other(error));
        Ok(Connection::from_parts(frames.boxed(), Box::pin(leaving)))
    })
}

pub(crate) fn guest(server: &TestServer, who: Value) -> Guest {
    let endpoint = format!("ws://{}/any/prefix/hb_link", server.addrs[0]);
    Guest::new(Arc::new(Native::current()), dial, endpoint, who)
}

/// A guest that hears its commands.
pub(crate) async fn screen(server: &TestServer) -> (Guest, Subscription) {
    let guest = guest(server, json!({ "app": "tetris" }));
    let mut commands = guest.subscribe([CMD], false);
    assert_eq!(hear(&mut commands).await, Heard::Connected { whole: false });
    (guest, commands)
}

pub(crate) async fn hear(subscription: &mut Subscription) -> Heard {
    timeout(SOON, subscription.recv()).await.unwrap()
}

async fn command(server: &TestServer, body: &str) -> Answer {
    post(server, &server.operator, body).await
}

async fn post(server: &TestServer, headers: &str, body: &str) -> Answer {
    let headers = format!("{headers}Content-Length: {}\r\n", body.len());
    server.request("POST", COMMANDS, &headers, body).await
}

#[tokio::test]
async fn a_command_reaches_the_page_and_its_answer_comes_back() {
    let server = TestServer::start().await;
    let (guest, mut commands) = screen(&server).await;
    let page = async {
        let Heard::Message { message, .. } = hear(&mut commands).await else { panic!("no command") };
        let asked: Value = serde_json::from_slice(message.data()).unwrap();
        assert_eq!(asked, json!({ "name": "message", "data": "We open at ten" }));
        let answer = json!({ "ok": true, "data": { "shown": true } }).to_string();
        guest.publish(&Message::new(CMD, answer).in_reply_to(&message)).unwrap();
    };
    let asked = command(&server, r#"{"name":"message","data":"We open at ten"}"#);
    let (answer, ()) = tokio::join!(asked, page);
    assert_eq!((answer.status, answer.json()), (200, json!({ "ok": true, "data": { "shown": true } })));
}

#[tokio::test]
async fn nobody_is_listening_is_said_at_once() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=tetris").await;
    let answer = command(&server, r#"{"name":"reload","timeout_ms":60000}"#).await;
    assert_eq!(answer.status, 409);
    // The watch listens to what agents say.
    let before = server.engine.screens().stats().subscriptions;
    let (guest, commands) = screen(&server).await;
    drop(commands);
    guest.leave();
    while server.engine.screens().stats().subscriptions > before {
        tokio::task::yield_now().await;
    }
    assert_eq!(command(&server, r#"{"name":"reload"}"#).await.status, 409);
}

#[tokio::test]
async fn a_page_that_does_not_answer_is_told_of() {
    let server = TestServer::start().await;
    let (_guest, _commands) = screen(&server).await;
    let answer = command(&server, r#"{"name":"reload","timeout_ms":1}"#).await;
    assert_eq!(answer.status, 504);
    let detail = "`tetris @ 127.0.0.1` is listening, but did not answer within 1 ms";
    assert_eq!(answer.json()["detail"], detail);
}

#[tokio::test]
async fn a_page_that_goes_away_before_it_answers_is_not_waited_for() {
    let server = TestServer::start().await;
    let (guest, mut commands) = screen(&server).await;
    let dies = async {
        hear(&mut commands).await;
        guest.leave();
    };
    let asked = command(&server, r#"{"name":"reload","timeout_ms":60000}"#);
    let (answer, ()) = timeout(SOON, async { tokio::join!(asked, dies) }).await.unwrap();
    assert_eq!(answer.status, 502);
    let detail = "`tetris @ 127.0.0.1` was asked, but its page went away before it answered";
    assert_eq!(answer.json()["detail"], detail);
}

#[tokio::test]
async fn a_command_must_be_one_and_come_from_somebody_who_may() {
    let server = TestServer::start().await;
    let (_guest, _commands) = screen(&server).await;
    let own = &*server.operator;
    let foreign = format!("{own}Origin: http://evil.example\r\n");
    for (headers, body, status, said) in [
        ("", r#"{"name":"reload"}"#, 401, "asking a screen needs a token"),
        (&foreign, r#"{"name":"reload"}"#, 403, "a page of this server"),
        (own, "reload", 400, r#"expected {"name":"reload"}"#),
        (own, r#"{"nam":"reload"}"#, 400, "unknown field `nam`"),
        (own, r#"{"name":7}"#, 400, "invalid type"),
    ] {
        let answer = post(&server, headers, body).await;
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == status && detail.contains(said), "{headers:?} {body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_guest_speaks_and_hears_for_its_own_app_only() {
    let server = TestServer::start().await;
    let guest = guest(&server, json!({ "app": "tetris", "host": "127.0.0.1" }));
    let mut events = guest.events(8);
    let mut forbidden = [CMD.as_str(), "hb.transition", "app/127.0.0.1/pong/cmd"]
        .map(|topic: &str| guest.subscribe([topic.parse().unwrap()], true));
    let [own, others @ ..] = &mut forbidden;
    assert_eq!(hear(own).await, Heard::Connected { whole: false });
    for other in others {
        assert!(matches!(hear(other).await, Heard::Refused(_)), "{other:?}");
    }
    let mut ear = server.engine.screens().subscribe(hb_bus::bus::Filter::all());
    for topic in ["hb.transition", "app/127.0.0.1/pong/door", "app/127.0.0.1/tetris/door"] {
        guest.publish(&Message::new(topic.parse().unwrap(), "open")).unwrap();
    }
    let (_, message) = timeout(SOON, ear.recv()).await.unwrap().message().unwrap();
    assert_eq!(message.topic().as_str(), "app/127.0.0.1/tetris/door");
    let hb_bus::bus::Taken::Item(Event::Online(_)) = timeout(SOON, events.recv()).await.unwrap() else {
        panic!("not online")
    };
    for denied in ["hb.transition", "pong"] {
        let told = timeout(SOON, events.recv()).await.unwrap();
        let hb_bus::bus::Taken::Item(Event::Denied(reason)) = told else { panic!("{denied} is not denied") };
        assert!(reason.contains(denied), "{reason}");
    }
}

#[tokio::test]
async fn a_link_is_opened_to_whom_it_may_be() {
    let server = TestServer::with(|config| config.http.link.origins = vec!["null".into()]).await;
    let own = format!("http://{}", server.addrs[0]);
    for (origin, host, may) in [
        (None, None, true),
        (Some(own.as_str()), None, true),
        (Some("null"), None, true),
        (Some("http://evil.example"), None, false),
        // A foreign name that was pointed at us: same origin to the browser, none of ours.
        (Some("http://evil.example"), Some("evil.example"), false),
    ] {
        let mut request = format!("ws://{}/hb_link", server.addrs[0]).into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        if let Some(host) = host {
            request.headers_mut().insert("host", host.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((_, _)) if may => {}
            // A page is told nothing of an answer that is no upgrade: so it is told over the socket, which ends.
            Ok((mut socket, _)) => {
                let told = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap().into_text().unwrap();
                assert!(
                    told.contains(r#"{"refused""#) && told.contains("add that to link_origins"),
                    "{told}"
                );
                let end = timeout(SOON, socket.next()).await.unwrap();
                assert!(end.is_none_or(|end| end.is_ok_and(|frame| frame.is_close())), "{origin:?}");
            }
            Err(error) => assert!(!may && host.is_some(), "{origin:?}: {error}"),
        }
    }
    let off = TestServer::with(|config| config.http.link.reach = Reach::Off).await;
    let answer = off.get("/hb_link").await;
    assert_eq!((answer.status, answer.body.contains("links are off")), (403, true), "{answer:?}");
    let plain = server.get("/hb_link").await;
    assert_eq!((plain.status, plain.body.contains("expected an upgrade")), (426, true), "{plain:?}");
}

#[tokio::test]
async fn words_that_are_none_end_the_link_and_nothing_else() {
    let server = TestServer::start().await;
    let (_guest, mut commands) = screen(&server).await;
    for word in [
        Word::Text("hello".into()),
        Word::Binary(vec![0; 100].into()),
        Word::Text(r#"{"hello":{"version":1,"who":{"app":""}}}"#.into()),
        Word::Text(r#"{"hello":{"version":1,"who":7}}"#.into()),
        Word::Text("x".repeat(5 * 1024 * 1024).into()),
    ] {
        let (mut socket, _) = connect_async(format!("ws://{}/hb_link", server.addrs[0])).await.unwrap();
        // One that is too long is not read to its end.
        let _ = socket.send(word).await;
        let told = timeout(SOON, async {
            let mut told = String::new();
            while let Some(Ok(word)) = socket.next().await {
                if let Word::Text(text) = word {
                    told = text.to_string();
                }
            }
            told
        });
        let told = told.await.expect("the link ends");
        assert!(told.is_empty() || told.contains("refused"), "{told}");
    }
    server.engine.screens().publish(Message::new(CMD, "still there")).unwrap();
    let Heard::Message { message, .. } = hear(&mut commands).await else { panic!("gone") };
    assert_eq!(message.data(), "still there");
}

#[tokio::test]
async fn a_link_names_32_commands_of_64_bytes() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=tetris").await;
    let mut names = vec![String::new(), "x".repeat(65), "x".repeat(64)];
    names.extend((0..40).map(|n| format!("name{n:02}")));
    let guest = guest(&server, json!({ "app": "tetris", "accepts": names }));
    let mut commands = guest.subscribe([CMD], false);
    assert_eq!(hear(&mut commands).await, Heard::Connected { whole: false });
    let app = server.get("/api/v1/apps/127.0.0.1/tetris").await.json();
    let mut taken: Vec<_> = names[2..34].to_vec();
    taken.sort();
    assert_eq!(app["accepts"], json!(taken));
}

#[tokio::test]
async fn a_server_that_stops_ends_its_links() {
    let server = TestServer::start().await;
    let (guest, _commands) = screen(&server).await;
    let mut events = guest.events(8);
    server.stop().await;
    let told = timeout(SOON, events.recv()).await.unwrap();
    let hb_bus::bus::Taken::Item(Event::Offline { again_in, .. }) = told else { panic!("{told:?}") };
    assert!(again_in >= Duration::from_secs(1));
}

#[tokio::test]
async fn what_pages_say_is_heard_by_nobody_who_follows_events() {
    let server = TestServer::start().await;
    let mut events = crate::harness::Stream::open(&server, None).await;
    events.next().await;
    // Two, since it is more than one may say at once.
    let guests = [screen(&server).await.0, screen(&server).await.0];
    let mut ear = server.engine.screens().subscribe(hb_bus::bus::Filter::all());
    // More than the events' replay keeps.
    for n in 0..1_100 {
        guests[n % 2]
            .publish(&Message::new("app/127.0.0.1/tetris/x".parse().unwrap(), format!("\n\ndata: {n}")))
            .unwrap();
        timeout(SOON, ear.recv()).await.unwrap().message().unwrap();
    }
    server.ok("/hb_ping?60000&appid=x").await;
    let event = events.next().await;
    assert_eq!((event.name.as_str(), &event.data["app"]), ("transition", &"x".into()));
    assert!(event.id.is_some_and(|id| id.ends_with("-1")), "nothing was said before it");
}
