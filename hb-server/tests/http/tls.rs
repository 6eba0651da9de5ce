//! A server that speaks TLS: beats, a heart and a link over it, and a certificate that is replaced while it runs.

use std::sync::Arc;
use std::time::Duration;

use hb_bus::guest::{Guest, Heard};
use hb_bus::runtime::Native;
use hb_core::beat::State;
use hb_core::id::Identity;
use hb_server::config::Listen;
use hb_server::tls::{Files, Roots, connect};
use hb_server::{carrier, heart};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::authority::Authority;
use crate::harness::{Answer, SOON, TestServer};
use crate::link::{CMD, hear};

/// A server with a certificate for `names`, and who vouches for it.
async fn hall(names: &[&str]) -> (TestServer, Authority) {
    let authority = Authority::new();
    let [certificate, key] = authority.write(names);
    let tls = Some(Files { certificate, key });
    (TestServer::with(|config| config.tls = tls).await, authority)
}

/// The answer to one question by TLS, and the certificate that was shown.
async fn get(hall: &TestServer, ca: &Authority, target: &str) -> (Answer, Vec<u8>) {
    let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    say(hall, ca, &request).await
}

/// As [`get`], of a whole request.
async fn say(hall: &TestServer, ca: &Authority, request: &str) -> (Answer, Vec<u8>) {
    let roots = Roots::read(Some(&ca.ca())).unwrap();
    let stream = connect(roots.client(), "127.0.0.1", hall.connect().await).await;
    let mut stream = stream.unwrap();
    let shown = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("an answer in time").unwrap();
    (Answer::parse(&bytes), shown)
}

#[tokio::test]
async fn beats_arrive_by_tls_and_a_new_certificate_is_shown_without_a_restart() {
    let (hall, authority) = hall(&["127.0.0.1"]).await;
    let (answer, first) = get(&hall, &authority, "/hb_ping?5000&appid=x").await;
    assert_eq!((answer.status, &*answer.body), (200, "6000"));
    // A long answer goes through too.
    let (page, _) = get(&hall, &authority, "/hb.js").await;
    let length = page.header("content-length").unwrap().parse::<usize>().unwrap();
    assert_eq!((page.status, page.body.len()), (200, length));
    assert_eq!(hall.get("/hb_ping?5000&appid=x").await.status, 200, "this machine may speak plain HTTP");

    authority.write(&["127.0.0.1", "hall.example"]);
    let changed = async {
        // No event tells: a look at the files once a second.
        while get(&hall, &authority, "/hb_ping?5000&appid=x").await.1 == first {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, changed).await.expect("the new one is shown in time");
    hall.stop().await;
}

#[tokio::test]
async fn a_server_beats_to_one_that_it_believes_and_to_no_other() {
    let (hall, authority) = hall(&["127.0.0.1"]).await;
    let agent = async |ca| {
        let to = format!("https://{}", hall.addrs[0]).parse().unwrap();
        let promise = Duration::from_millis(300);
        let beat_to = heart::Config { promise, ca: Some(ca), ..heart::Config::new(to) };
        TestServer::with(|config| config.beat_to = Some(beat_to)).await
    };
    let hears = |least: u32| {
        let app = hall.engine.snapshot(Identity::new("127.0.0.1", "", "hb").unwrap());
        app.is_some_and(|app| app.state == State::Up && app.vitals.seq >= Some(least))
    };
    let stranger = Authority::new();
    let doubtful = agent(stranger.ca()).await;
    let faithful = agent(authority.ca()).await;
    let heard = async {
        while !hears(4) {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, heard).await.expect("it is heard in time");
    faithful.stop().await;
    hall.pass(100_000);
    assert!(!hears(0), "the other is not believed, so it says nothing");
    doubtful.stop().await;

    let to = "https://hall".parse().unwrap();
    let beat_to = Some(heart::Config { ca: Some("/nowhere/ca.pem".into()), ..heart::Config::new(to) });
    let config = hb_server::Config { listen: Listen::Loopback(0), beat_to, ..Default::default() };
    let refused = hb_server::Server::bind(config).await.unwrap_err().to_string();
    assert!(
        refused.starts_with("cannot beat by TLS: cannot read the certificates /nowhere/ca.pem: "),
        "{refused}"
    );
}

#[tokio::test]
async fn a_link_opens_by_wss() {
    let (hall, authority) = hall(&["localhost", "127.0.0.1"]).await;
    let roots = Roots::read(Some(&authority.ca())).unwrap();
    let dial = carrier::frames::dialer(roots.client());
    let place = format!("wss://localhost:{}/hb_link", hall.addrs[0].port());
    let guest = Guest::new(Arc::new(Native::current()), dial, place.clone(), json!({ "app": "tetris" }));
    let mut commands = guest.subscribe([CMD], false);
    assert_eq!(hear(&mut commands).await, Heard::Connected { whole: false });

    let stranger = carrier::frames::dialer(Roots::read(Some(&Authority::new().ca())).unwrap().client());
    let refused = timeout(SOON, stranger(&place)).await.expect("in time").err().unwrap().to_string();
    assert!(refused.starts_with("nobody whom this machine trusts signed its certificate"), "{refused}");
}

#[tokio::test]
async fn a_session_by_tls_stays_there() {
    let (hall, authority) = hall(&["127.0.0.1"]).await;
    let token = hall.operator.trim().rsplit(' ').next().unwrap();
    let body = json!({ "token": token }).to_string();
    let headers = format!("X-HB: 1\r\nContent-Length: {}\r\n", body.len());
    let request = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}"
    );
    let (answer, _) = say(&hall, &authority, &request).await;
    assert!(answer.header("set-cookie").unwrap().ends_with("; Secure"), "{answer:?}");
    let plain = hall.request("POST", "/api/v1/session", &headers, &body).await;
    assert!(plain.header("set-cookie").unwrap().ends_with("; SameSite=Strict"), "{plain:?}");
    hall.stop().await;
}

#[tokio::test]
async fn without_its_certificate_it_does_not_begin() {
    let authority = Authority::new();
    let [certificate, _] = authority.write(&["127.0.0.1"]);
    let tls = Some(Files { certificate, key: authority.folder().join("none") });
    let config = hb_server::Config { listen: Listen::Loopback(0), tls, ..Default::default() };
    let error = hb_server::Server::bind(config).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot speak TLS: cannot read "), "{error}");
    assert!(std::error::Error::source(&error).is_none(), "it is said once");
}
