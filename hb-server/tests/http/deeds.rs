//! Links in messages: what a person without a token can do with one, and what nobody can.

use std::path::Path;

use futures_util::{SinkExt, StreamExt};
use hb_server::config::Listen;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as Word;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::alerts::{HOUSE, SCREEN, configured, freeze};
use crate::harness::{Answer, SOON, TestServer};
use crate::receiver::Receiver;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

const URL: &str = "https://hb.museum.example/hb";

/// A server that tells `receiver`, under the address that people know.
async fn house(receiver: &Receiver, state: Option<&Path>) -> TestServer {
    let url = format!("url = \"{URL}\"\n");
    let text =
        [&url, HOUSE, SCREEN, &receiver.channel("guards"), "[[rule]]\nchannels = \"guards\"\nfor_s = 1\n"];
    let loaded = configured(&text.concat());
    let state = state.map(Into::into);
    TestServer::with(|config| *config = hb_server::Config { listen: Listen::Loopback(0), state, ..loaded })
        .await
}

/// The paths of the links in the opening about a page that freezes and hears nothing: take care, quiet.
async fn links(server: &TestServer, receiver: &mut Receiver, app: &str) -> (u64, [String; 2]) {
    let (number, paths) = labelled(server, receiver, app, &["I take care of it", "Quiet for 1 hour"]).await;
    (number, paths.try_into().unwrap())
}

/// The paths of the links in the opening about a page that freezes, which are called so.
async fn labelled(
    server: &TestServer,
    receiver: &mut Receiver,
    app: &str,
    labels: &[&str],
) -> (u64, Vec<String>) {
    let number = freeze(server, app).await;
    let opening = receiver.next_while(|| server.pass(1_000)).await.body;
    let found = &opening["incidents"][0];
    assert_eq!(found["number"], number, "{opening}");
    let links = found["links"].as_array().unwrap();
    let found: Vec<_> = links.iter().map(|link| link["label"].as_str().unwrap()).collect();
    assert_eq!(found, labels);
    let path = |link: &Value| {
        let url = link["url"].as_str().unwrap();
        assert!(opening["text"].as_str().unwrap().contains(url), "people see it too");
        url.strip_prefix(URL).unwrap().to_owned()
    };
    (number, links.iter().map(path).collect())
}

/// The presence socket of the page that freezes, which takes a reload.
async fn listen(server: &TestServer) -> Socket {
    let url = format!("ws://{}/hb_presence?0&appid=tetris&boot=b1&accepts=reload", server.addrs[0]);
    let (socket, _) = connect_async(url).await.unwrap();
    timeout(SOON, async {
        while server.get("/api/v1/apps").await.json()[0]["accepts"] != json!(["reload"]) {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is known in time what it takes");
    socket
}

/// Waits until the page behind the link `path` says so.
async fn shows(server: &TestServer, path: &str, button: bool) {
    timeout(SOON, async {
        while server.get(path).await.body.contains("<button>Reload the page</button>") != button {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is seen in time who listens");
}

async fn press(server: &TestServer, path: &str) -> Answer {
    // As a browser sends the form of a page that tells no referrer.
    server
        .request("POST", path, "Origin: null\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n", "")
        .await
}

fn word(server: &TestServer, number: u64) -> (Option<String>, bool) {
    server.watch.look(|machine, _| {
        let record = machine.alerts().record(hb_core::incident::Number(number));
        let record = record.expect("it is open");
        let by = record.acknowledged.as_ref().map(|word| format!("{} {}", word.who.by(), word.who.from()));
        (by, record.snoozed.is_some())
    })
}

#[tokio::test]
async fn a_look_changes_nothing_and_a_press_works_once() {
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, None).await;
    let (number, [care, quiet]) = links(&server, &mut receiver, "tetris").await;
    for _ in 0..3 {
        let page = server.get(&care).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("<h1>tetris on 127.0.0.1 does not work</h1>"), "{}", page.body);
        assert!(
            page.body.contains("<form method=\"post\"><button>I take care of it</button>"),
            "{}",
            page.body
        );
        assert!(page.body.contains("since 00:00 UTC, for"), "{}", page.body);
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("access-control-allow-origin"), None);
        assert_eq!(server.request("HEAD", &care, "", "").await.status, 200);
    }
    let german = server.request("GET", &care, "Accept-Language: de-AT,de;q=0.9,en;q=0.5\r\n", "").await;
    assert!(german.body.contains("<html lang=\"de\">"), "{german:?}");
    assert!(german.body.contains("<h1>tetris auf 127.0.0.1 funktioniert nicht</h1>"), "{german:?}");
    assert!(german.body.contains("seit 00:00 UTC") && german.body.contains("Ich kümmere mich"), "{german:?}");
    assert_eq!(word(&server, number), (None, false), "nobody pressed");
    let done = press(&server, &care).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body.contains("You take care of tetris on 127.0.0.1."), "{}", done.body);
    assert_eq!(word(&server, number), (Some("link 127.0.0.1".into()), false));
    for again in [press(&server, &care).await, server.get(&care).await] {
        assert_eq!(again.status, 410, "{again:?}");
        assert!(again.body.contains("Used already"), "{}", again.body);
    }
    // Each link has a use of its own.
    let done = press(&server, &quiet).await;
    assert!(done.body.contains("Nobody is told of tetris on 127.0.0.1 for an hour."), "{done:?}");
    assert!(word(&server, number).1);
}

#[tokio::test]
async fn two_that_press_at_once_are_one() {
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, None).await;
    let (_, [care, ..]) = links(&server, &mut receiver, "tetris").await;
    let (a, b) = tokio::join!(press(&server, &care), press(&server, &care));
    let mut found = [a.status, b.status];
    found.sort_unstable();
    assert_eq!(found, [200, 410]);
}

#[tokio::test]
async fn what_is_not_ours_too_old_or_over_is_said_and_does_nothing() {
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, None).await;
    let (number, [care, quiet]) = links(&server, &mut receiver, "tetris").await;
    let (payload, mac) = care.split_once('.').unwrap();
    let other = quiet.split_once('.').unwrap().1;
    let flipped = if mac.starts_with('A') { "B" } else { "A" };
    for bad in [
        format!("{payload}.{other}"),
        format!("{payload}.{flipped}{}", &mac[1..]),
        payload.into(),
        "/do/x".into(),
    ] {
        for answer in [server.get(&bad).await, press(&server, &bad).await] {
            assert_eq!(answer.status, 404, "{bad}: {answer:?}");
            assert!(answer.body.contains("Not a link of this server"), "{}", answer.body);
        }
    }
    assert_eq!(word(&server, number), (None, false));
    // Under a name that is not ours nobody is answered; under that of `url` everybody.
    for (host, status) in [("evil.example", 421), ("hb.museum.example", 200)] {
        let request = format!("GET {quiet} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(server.raw(request.as_bytes()).await.status, status, "{host}");
    }
    server.ok("/hb_ping?3600000&appid=tetris&v=1&boot=b1&by=frame&frames=9&age=1").await;
    let closing = receiver.next_while(|| server.pass(1_000)).await.body;
    assert_eq!(
        (&closing["kind"], &closing["incidents"][0]["links"]),
        (&"closing".into(), &Value::Array(vec![]))
    );
    let over = press(&server, &care).await;
    assert_eq!(over.status, 410, "{over:?}");
    assert!(over.body.contains("It is over"), "{}", over.body);
    // A day later it is just too old.
    server.pass(24 * 60 * 60 * 1000);
    let old = press(&server, &care).await;
    assert!(old.status == 410 && old.body.contains("Links work for a day."), "{old:?}");
}

#[tokio::test]
async fn a_restart_keeps_the_key_and_what_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, Some(folder.path())).await;
    let (number, [care, quiet]) = links(&server, &mut receiver, "tetris").await;
    assert_eq!(press(&server, &care).await.status, 200);
    // The next server makes one of its own.
    server.auth.revoke("desk").await.unwrap();
    server.stop().await;
    let server = house(&receiver, Some(folder.path())).await;
    let used = press(&server, &care).await;
    assert!(used.status == 410 && used.body.contains("Used already"), "{used:?}");
    let done = press(&server, &quiet).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(word(&server, number).1);
    server.stop().await;
    let mut text = Vec::new();
    let file = folder.path().join(hb_server::store::FILE);
    hb_server::store::Reader::open(&file).unwrap().export(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("\"deliveries\"") && !text.contains("/do/"), "an export holds no link: {text}");
}

#[tokio::test]
async fn the_page_is_asked_to_load_again_if_it_listens() {
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, None).await;
    server.ok("/hb_ping?3600000&appid=tetris&v=1&boot=b1&state=ok").await;
    let socket = listen(&server).await;
    let labels = ["I take care of it", "Quiet for 1 hour", "Reload the page"];
    let (_, paths) = labelled(&server, &mut receiver, "tetris", &labels).await;
    let reload = &paths[2];
    shows(&server, reload, true).await;
    drop(socket);
    shows(&server, reload, false).await;
    let deaf = server.get(reload).await;
    assert!(deaf.status == 200 && !deaf.body.contains("<form"), "{deaf:?}");
    let deaf = press(&server, reload).await;
    assert!(deaf.status == 409 && deaf.body.contains("This link still works"), "{deaf:?}");
    let mut socket = listen(&server).await;
    shows(&server, reload, true).await;
    let answers = async {
        loop {
            let word = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
            if let Word::Text(text) = word {
                let told: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(told["name"], "reload");
                let said = json!({ "nr": told["nr"], "ok": true });
                return socket.send(Word::Text(said.to_string().into())).await.unwrap();
            }
        }
    };
    let (done, ()) = tokio::join!(press(&server, reload), answers);
    assert!(done.status == 200 && done.body.contains("loads its page again"), "{done:?}");
    assert_eq!(press(&server, reload).await.status, 410);
}

#[tokio::test]
async fn a_name_is_text_on_the_page_and_nothing_else() {
    let mut receiver = Receiver::start(&[]).await;
    let server = house(&receiver, None).await;
    let app = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%26amp%3B";
    let (_, [care, ..]) = links(&server, &mut receiver, app).await;
    for answer in [server.get(&care).await, press(&server, &care).await] {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("<script"), "{}", answer.body);
        let shown = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;amp; on 127.0.0.1";
        assert!(answer.body.contains(shown), "{}", answer.body);
    }
}

#[tokio::test]
async fn who_guesses_has_to_wait() {
    let mut receiver = Receiver::start(&[]).await;
    let url = format!("url = \"{URL}\"\ntrusted_proxies = \"127.0.0.1\"\n");
    let text =
        [&url, HOUSE, SCREEN, &receiver.channel("guards"), "[[rule]]\nchannels = \"guards\"\nfor_s = 1\n"];
    let server = TestServer::with(|config| *config = configured(&text.concat())).await;
    let (_, [care, ..]) = links(&server, &mut receiver, "tetris").await;
    let from = async |address: &str, path: &str| {
        server.request("GET", path, &format!("X-Forwarded-For: {address}\r\n"), "").await
    };
    let fetched = "X-Forwarded-For: 10.0.0.9\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n";
    let framed = fetched.replace("no-cors", "navigate").replace("image", "iframe");
    for headers in [fetched, &framed] {
        for _ in 0..12 {
            assert_eq!(
                server.request("GET", "/do/x.y", headers, "").await.status,
                403,
                "a page, and nobody's guess"
            );
        }
        assert_eq!(server.request("POST", &care, headers, "").await.status, 403);
    }
    for _ in 0..10 {
        assert_eq!(from("10.0.0.9", "/do/x.y").await.status, 404);
    }
    let waits = from("10.0.0.9", "/do/x.y").await;
    assert!(waits.status == 429 && waits.header("retry-after").is_some(), "{waits:?}");
    assert_eq!(from("10.0.0.9", &care).await.status, 200, "who has a link does not wait");
    assert_eq!(from("10.0.0.8", &care).await.status, 200);
    let clicked = framed.replace("iframe", "document");
    assert_eq!(
        server.request("GET", &care, &clicked, "").await.status,
        200,
        "from a mail that is read in a page"
    );
}
