//! Commands over a presence socket, what is said where nobody takes them, and what the API says an app takes.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Word;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Answer, SOON, TestServer};

const APP: &str = "/api/v1/apps/127.0.0.1/tetris";

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn beat(server: &TestServer) {
    server.ok("/hb_ping?60000&appid=tetris&v=1&boot=b1&seq=1").await;
}

/// The presence socket of a page that takes these commands; open and heard when this returns.
async fn page(server: &TestServer, accepts: &str) -> Socket {
    page_of(server, "b1", accepts).await
}

/// The same of any page.
async fn page_of(server: &TestServer, boot: &str, accepts: &str) -> Socket {
    let before = server.engine.screens().stats().subscriptions;
    let url = format!("ws://{}/hb_presence?0&appid=tetris&boot={boot}&accepts={accepts}", server.addrs[0]);
    let (socket, _) = connect_async(url).await.unwrap();
    let hears = accepts.split(',').any(|word| ["identify", "reload"].contains(&word));
    until(|| server.engine.screens().stats().subscriptions >= before + usize::from(hears)).await;
    socket
}

async fn told(socket: &mut Socket) -> Value {
    loop {
        let word = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
        if let Word::Text(text) = word {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

async fn say(socket: &mut Socket, said: Value) {
    socket.send(Word::Text(said.to_string().into())).await.unwrap();
}

async fn command(server: &TestServer, app: &str, body: &str) -> Answer {
    let headers = format!("{}Content-Length: {}\r\n", server.operator, body.len());
    server.request("POST", &format!("/api/v1/apps/127.0.0.1/{app}/commands"), &headers, body).await
}

async fn until(so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, waiting).await.expect("so in time");
}

/// Where the picture is that leads to its page.
const CODE: &str = "qr?host=127%2E0%2E0%2E1&app=tetris";

#[tokio::test]
async fn a_page_without_a_link_is_asked_over_its_presence_socket() {
    let server = TestServer::start().await;
    beat(&server).await;
    let mut socket = page(&server, "reload,identify,format").await;
    let answers = async {
        assert_eq!(
            told(&mut socket).await,
            json!({ "nr": 1, "name": "identify", "text": "tetris @ 127.0.0.1", "code": CODE })
        );
        say(&mut socket, json!({ "nr": 1, "ok": true })).await;
    };
    let (answer, ()) = tokio::join!(command(&server, "tetris", r#"{"name":"identify"}"#), answers);
    assert_eq!((answer.status, answer.json()), (200, json!({ "ok": true })));
    let answers = async {
        assert_eq!(told(&mut socket).await["name"], "reload");
        // Words that answer nothing change nothing.
        for noise in [json!(7), json!({ "nr": 1, "ok": true }), json!({ "nr": 3, "ok": true })] {
            say(&mut socket, noise).await;
        }
        say(&mut socket, json!({ "nr": 2, "ok": false, "error": "not now" })).await;
    };
    let (answer, ()) = tokio::join!(command(&server, "tetris", r#"{"name":"reload"}"#), answers);
    assert_eq!((answer.status, answer.json()), (200, json!({ "ok": false, "error": "not now" })));
}

#[tokio::test]
async fn beside_a_page_that_is_open_no_strangers_socket_is_asked() {
    let server = TestServer::start().await;
    let mut stranger = page_of(&server, "evil", "reload").await;
    let answers = async {
        told(&mut stranger).await;
        say(&mut stranger, json!({ "nr": 1, "ok": true })).await;
    };
    server.ok("/hb_ping?60000&appid=tetris").await;
    let (answer, ()) = tokio::join!(command(&server, "tetris", r#"{"name":"reload"}"#), answers);
    assert_eq!(answer.json(), json!({ "ok": true }), "where no page is open it may be the page");

    beat(&server).await;
    let mut socket = page(&server, "reload").await;
    // It knows the number that it would be told, and is quick.
    say(&mut stranger, json!({ "nr": 2, "ok": false, "error": "no" })).await;
    let lies = async {
        while let Ok(Some(Ok(word))) = timeout(std::time::Duration::from_millis(500), stranger.next()).await {
            assert!(!word.is_text(), "{word:?}");
        }
    };
    let answers = async {
        told(&mut socket).await;
        say(&mut socket, json!({ "nr": 1, "ok": true })).await;
    };
    let (answer, (), ()) = tokio::join!(command(&server, "tetris", r#"{"name":"reload"}"#), lies, answers);
    assert_eq!((answer.status, answer.json()), (200, json!({ "ok": true })));

    // A page that said goodbye has nothing to say either, while another is open.
    server.ok("/hb_ping?60000&appid=tetris&v=1&boot=evil&seq=1").await;
    server.ok("/hb_done?0&appid=tetris&v=1&boot=evil&seq=2").await;
    let asked = command(&server, "tetris", r#"{"name":"reload"}"#);
    let answers = async {
        told(&mut socket).await;
        say(&mut socket, json!({ "nr": 2, "ok": true })).await;
    };
    let (answer, ()) = tokio::join!(asked, answers);
    assert_eq!(answer.json(), json!({ "ok": true }));
}

#[tokio::test]
async fn no_stranger_says_what_a_page_takes_that_is_open() {
    let server = TestServer::start().await;
    beat(&server).await;
    let _stranger = page_of(&server, "evil", "reload,identify").await;
    let view = async || server.get("/api/v1/apps/127.0.0.1/tetris").await.json();
    assert_eq!(view().await["accepts"], json!([]));
    let answer = command(&server, "tetris", r#"{"name":"reload"}"#).await;
    assert!(answer.body.contains("nobody is listening"), "{}: {}", answer.status, answer.body);
    let _socket = page(&server, "identify").await;
    assert_eq!(view().await["accepts"], json!(["identify"]));
}

#[tokio::test]
async fn a_page_that_goes_away_before_it_answers_is_not_waited_for() {
    let server = TestServer::start().await;
    beat(&server).await;
    let mut socket = page(&server, "reload").await;
    let dies = async {
        told(&mut socket).await;
        drop(socket);
    };
    let asked = command(&server, "tetris", r#"{"name":"reload","timeout_ms":60000}"#);
    let (answer, ()) =
        timeout(SOON, async { tokio::join!(asked, dies) }).await.expect("not the whole minute");
    assert_eq!(answer.status, 502, "{answer:?}");
}

#[tokio::test]
async fn a_link_that_listens_is_asked_before_the_socket() {
    let server = TestServer::start().await;
    beat(&server).await;
    let mut socket = page(&server, "reload").await;
    let link = crate::link::screen(&server).await;
    let answer = command(&server, "tetris", r#"{"name":"reload","timeout_ms":1}"#).await;
    assert_eq!(answer.status, 504, "the link is asked, and says nothing: {answer:?}");
    drop(link);
    until(|| server.engine.screens().stats().subscriptions == 2).await;
    let answers = async {
        assert_eq!(told(&mut socket).await["nr"], 1, "this was the first that came here");
        say(&mut socket, json!({ "nr": 1, "ok": true })).await;
    };
    let (answer, ()) = tokio::join!(command(&server, "tetris", r#"{"name":"reload"}"#), answers);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn who_cannot_be_asked_is_said_at_once_and_why() {
    let server = TestServer::start().await;
    let ask = async |app: &str| {
        // A time-out longer than the test's patience: nobody is waited for.
        let answer = command(&server, app, r#"{"name":"reload","timeout_ms":60000}"#).await;
        (answer.status, answer.json()["detail"].as_str().unwrap().to_owned())
    };
    let unknown =
        |hint| (404, format!("`tetris @ 127.0.0.1` is unknown: no app of that name has beaten here; {hint}"));
    assert_eq!(ask("tetris").await, unknown("`hb list` names all that have and did not say goodbye"));
    server.ok("/hb_ping?60000&appid=tetris&host=hall&slot=left").await;
    assert_eq!(ask("tetris").await, unknown("did you mean `tetris @ hall#left`?"));
    server.ok("/hb_ping?60000&appid=tetris&host=hall&slot=right").await;
    let both = "there are `tetris @ hall#left`, `tetris @ hall#right`: ask for one of them";
    assert_eq!(ask("tetris").await, unknown(both));
    beat(&server).await;
    let nobody = (
        409,
        "nobody is listening: `tetris @ 127.0.0.1` is up, but no page of it takes commands: \
         it must open a link, or say hb.commands({ reload: true })"
            .to_owned(),
    );
    assert_eq!(ask("tetris").await, nobody);
    let deaf = page(&server, "").await;
    assert_eq!(ask("tetris").await, nobody, "a page of old is there and takes nothing");
    drop(deaf);
    let _socket = page(&server, "identify").await;
    assert_eq!(
        ask("tetris").await,
        (409, "not allowed by the page: `tetris @ 127.0.0.1` takes identify".to_owned())
    );
}

#[tokio::test]
async fn the_api_says_what_an_app_takes() {
    let server = TestServer::start().await;
    beat(&server).await;
    let accepts = async |of: &str| server.get(of).await.json()["accepts"].clone();
    assert_eq!(accepts(APP).await, json!([]));
    let socket = page(&server, "reload,identify").await;
    assert_eq!(accepts(APP).await, json!(["identify", "reload"]));
    assert_eq!(server.get("/api/v1/apps").await.json()[0]["accepts"], json!(["identify", "reload"]));
    let mut events = crate::harness::Stream::open(&server, None).await;
    assert_eq!(events.next().await.data["apps"][0]["accepts"], json!(["identify", "reload"]));
    let link = crate::link::guest(&server, json!({ "app": "tetris", "accepts": ["message", ""] }));
    let mut commands = link.subscribe([crate::link::CMD], false);
    crate::link::hear(&mut commands).await;
    assert_eq!(accepts(APP).await, json!(["message"]), "the link is asked, so it is told");
    drop((link, commands));
    until(|| server.engine.screens().stats().subscriptions == 2).await;
    let (guest, commands) = crate::link::screen(&server).await;
    assert_eq!(accepts(APP).await, json!(["*"]), "a link that does not say");
    drop((guest, commands, socket));
    until(|| server.engine.screens().stats().subscriptions == 1).await;
    assert_eq!(accepts(APP).await, json!([]));
}

#[tokio::test]
async fn a_link_that_hears_no_commands_stands_before_no_socket() {
    let server = TestServer::start().await;
    beat(&server).await;
    let mut socket = page(&server, "reload").await;
    let link = crate::link::guest(&server, json!({ "app": "tetris", "accepts": ["message"] }));
    // It follows what another window says, and no more.
    let mut door = link.subscribe([hb_bus::message::Topic::from_static("app/127.0.0.1/tetris/door")], false);
    crate::link::hear(&mut door).await;
    assert_eq!(server.get(APP).await.json()["accepts"], json!(["reload"]));
    let answers = async {
        assert_eq!(told(&mut socket).await["name"], "reload");
        say(&mut socket, json!({ "nr": 1, "ok": true })).await;
    };
    let (answer, ()) = tokio::join!(command(&server, "tetris", r#"{"name":"reload"}"#), answers);
    assert_eq!(answer.status, 200);
}
