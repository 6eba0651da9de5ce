//! What was opened with a token ends with it: event streams and the links of agents. Not here: who gets in (`tests/http`).

use hb_core::id::Who;

use super::*;
use crate::auth::{Order, Role};
use crate::engine::ears::Over;
use crate::http::guard::Reads;
use crate::http::link::Agents;

/// From the network nothing is to be had without a token.
fn house() -> House {
    House::furnished(Limits::default(), |config, auth| {
        config.reads = Reads::Token;
        config.link.agents = Agents::default().or(auth.clone());
    })
}

async fn token(house: &House, role: Role, lasts: Option<Duration>) -> String {
    let who = Who::new("root", "cli").unwrap();
    let order = Order { name: "ada", role, lasts, who: &who };
    format!("Authorization: Bearer {}\r\n", house.auth.make(order).await.unwrap().reveal())
}

/// Opens a stream of events from the network, and sees it tell something.
async fn stream(house: &House, shown: &str) -> DuplexStream {
    let mut stream = house.send("10.0.0.7", &format!("GET /api/v1/events HTTP/1.0\r\n{shown}\r\n")).await;
    let head = head(&mut stream).await;
    assert!(head.contains(" 200 "), "{head}");
    stream
}

/// How long it goes on from now; what it says in the meantime is not asked.
async fn lasts(stream: &mut DuplexStream) -> Duration {
    let (began, mut room) = (Instant::now(), [0; 4096]);
    let gone = async { while stream.read(&mut room).await.is_ok_and(|count| count > 0) {} };
    timeout(Duration::from_secs(10), gone).await.expect("it ends soon");
    began.elapsed()
}

#[tokio::test]
async fn an_event_stream_ends_soon_after_its_token_was_taken_back() {
    let house = house();
    let mut stream = stream(&house, &token(&house, Role::Viewer, None).await).await;
    house.auth.revoke("ada").await.unwrap();
    tokio::time::pause();
    assert!(lasts(&mut stream).await <= Duration::from_secs(2));
}

#[tokio::test]
async fn an_event_stream_ends_with_a_token_that_runs_out_or_with_its_session() {
    let house = house();
    let shown = token(&house, Role::Viewer, Some(Duration::from_secs(60))).await;
    let mut by_token = stream(&house, &shown).await;
    let peer = Peer::new([10, 0, 0, 7].into());
    let secret = shown.trim_end().rsplit(' ').next().unwrap();
    let cookie = house.auth.login(&peer, secret).await.unwrap().cookie;
    let session = format!("Cookie: hb_session={}\r\n", cookie.reveal());
    let (mut left, mut stays) = (stream(&house, &session).await, stream(&house, &session).await);
    house.auth.logout(cookie.reveal());
    tokio::time::pause();
    assert!(lasts(&mut left).await <= Duration::from_secs(2));
    assert!(lasts(&mut stays).await <= Duration::from_secs(2));
    house.hand.advance(Duration::from_secs(61));
    assert!(lasts(&mut by_token).await <= Duration::from_secs(2));
}

#[tokio::test]
async fn the_link_of_an_agent_ends_soon_after_its_token_was_taken_back() {
    let house = house();
    let shown = token(&house, Role::Agent, None).await;
    let upgrade = format!(
        "GET /hb_link HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{shown}\r\n"
    );
    let mut link = house.send("10.0.0.7", &upgrade).await;
    assert!(head(&mut link).await.contains(" 101 "));
    let hello = br#"{"hello":{"version":1,"who":{"app":"x","role":"agent","accepts":["restart"]}}}"#;
    // A text frame of fewer than 126 bytes, under the mask of zeros.
    let begin = [0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0];
    link.write_all(&[&begin[..], hello].concat()).await.unwrap();
    let id = Identity::new("10.0.0.7", "", "x").unwrap();
    let mut look = tokio::time::interval(Duration::from_millis(1));
    while house.engine.ears().names(id, Over::Agent).is_empty() {
        look.tick().await;
    }
    house.auth.revoke("ada").await.unwrap();
    tokio::time::pause();
    assert!(lasts(&mut link).await <= Duration::from_secs(2));
    while !house.engine.ears().names(id, Over::Agent).is_empty() {
        look.tick().await;
    }
}

#[tokio::test]
async fn an_agent_that_has_to_wait_is_told_so() {
    let house = house();
    let upgrade = format!("GET /hb_link HTTP/1.0\r\nAuthorization: Bearer hb_{}\r\n\r\n", "1".repeat(64));
    for n in 0..12 {
        let said = end(&mut house.send("10.0.0.7", &upgrade).await).await.0;
        let waits =
            said.contains(" 429 ") && said.contains("retry-after: 6") && said.contains("try again in 6 s");
        assert_eq!(waits, n >= 10, "{n}: {said}");
    }
}
