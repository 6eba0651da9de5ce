//! Who may change something: by a token, by a session, and nobody else, also on this machine.

use std::time::Duration;

use hb_server::auth::Role;
use hb_server::engine::peer::Network;
use hb_server::http::Reads;

use crate::harness::{Answer, TestServer, bearer};

const APP: &str = "/api/v1/apps/127.0.0.1/x";
const ORIGIN: &str = "Origin: http://localhost\r\n";
const OWN: &str = "X-HB: 1\r\nOrigin: http://localhost\r\n";

/// Every change there is: how, where, with what body, the least role, and what comes of it.
const CHANGES: &[(&str, &str, &str, Role, u16)] = &[
    ("POST", "/api/v1/apps/127.0.0.1/x/commands", r#"{"name":"reload"}"#, Role::Operator, 409),
    ("DELETE", "/api/v1/apps/127.0.0.1/x/conflict", "", Role::Operator, 204),
    ("DELETE", APP, "", Role::Operator, 204),
    ("GET", "/api/v1/tokens", "", Role::Admin, 200),
    ("POST", "/api/v1/tokens", r#"{"name":"new","role":"viewer"}"#, Role::Admin, 201),
    ("DELETE", "/api/v1/tokens/new", "", Role::Admin, 204),
];

async fn send(server: &TestServer, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let headers = format!("{headers}Content-Length: {}\r\n", body.len());
    server.request(method, target, &headers, body).await
}

async fn log_in(server: &TestServer, headers: &str, token: &str) -> Answer {
    let body = serde_json::json!({ "token": token }).to_string();
    send(server, "POST", "/api/v1/session", headers, &body).await
}

/// The headers by which our page changes something.
fn session(answer: &Answer) -> String {
    let json = answer.json();
    format!("{ORIGIN}{}X-HB: {}\r\n", cookie(answer), json["key"].as_str().expect("a key"))
}

/// The header that a browser sends with the cookie it was given.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {answer:?}"));
    format!("Cookie: {}\r\n", set.split(';').next().unwrap())
}

fn token(header: &str) -> &str {
    header.trim().rsplit(' ').next().unwrap()
}

#[tokio::test]
async fn every_change_needs_its_role_also_on_this_machine() {
    let server = TestServer::start().await;
    server.ok("/hb_ping?60000&appid=x").await;
    let mut headers = vec![(None, String::new()), (None, "X-HB: 1\r\n".to_owned()), (None, OWN.to_owned())];
    headers.push((None, format!("Authorization: Bearer hb_{}\r\n", "0".repeat(64))));
    headers.push((None, "Authorization: Basic aGI6aGI=\r\n".to_owned()));
    headers.push((None, format!("{OWN}Cookie: hb_session=hb_{}\r\n", "0".repeat(64))));
    for role in Role::ALL {
        let bearer = bearer(&server.auth, role.word(), role).await;
        let answer = log_in(&server, OWN, token(&bearer)).await;
        headers.push((Some(role), bearer));
        headers.push((Some(role), session(&answer)));
        headers.push((None, format!("{OWN}{}", cookie(&answer))));
    }
    for (role, headers) in &headers {
        for (method, target, body, least, done) in CHANGES {
            server.ok("/hb_ping?60000&appid=x").await;
            let answer = send(&server, method, target, headers, body).await;
            let detail = &answer.body;
            match role {
                None => {
                    assert_eq!(answer.status, 401, "{method} {target} {headers}: {detail}");
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
                    assert!(detail.contains("hb token") || detail.contains("Bearer hb_"), "{detail}");
                }
                Some(role) if role < least => {
                    assert_eq!(answer.status, 403, "{method} {target} {role:?}: {detail}");
                    assert!(detail.contains("hb token new NAME --role"), "it says what to do: {detail}");
                }
                Some(role) => assert_eq!(answer.status, *done, "{method} {target} {role:?}: {detail}"),
            }
            assert!(!detail.contains("hb_00"), "what was sent is not told again: {detail}");
        }
    }
}

#[tokio::test]
async fn a_session_changes_nothing_without_its_key_nor_for_a_page_of_a_stranger() {
    let server = TestServer::start().await;
    let answer = log_in(&server, OWN, token(&server.operator)).await;
    let (cookie, json) = (cookie(&answer), answer.json());
    let key = format!("X-HB: {}\r\n", json["key"].as_str().unwrap());
    let other = log_in(&server, OWN, token(&server.operator)).await.json();
    let others = format!("X-HB: {}\r\n", other["key"].as_str().unwrap());
    for (headers, status) in [
        (String::new(), 401),
        ("X-HB: 1\r\n".to_owned(), 401),
        (others, 401),
        (format!("{key}Origin: http://evil.example\r\n"), 403),
        (format!("{key}Origin: http://localhost:3000\r\n"), 403),
        (format!("{key}Origin: null\r\n"), 403),
        (format!("{key}{ORIGIN}Sec-Fetch-Site: same-site\r\n"), 403),
        (format!("{key}{ORIGIN}"), 204),
        (key.clone(), 404),
    ] {
        server.ok(if status == 204 { "/hb_ping?60000&appid=x" } else { "/list" }).await;
        let answer = send(&server, "DELETE", APP, &format!("{cookie}{headers}"), "").await;
        assert_eq!(answer.status, status, "{headers}: {answer:?}");
    }
    assert_eq!(send(&server, "DELETE", APP, &key, "").await.status, 401, "nor the key without the cookie");
    // A token in a foreign page's hands is no better.
    let foreign = format!("{}Origin: http://evil.example\r\n", server.operator);
    assert_eq!(send(&server, "DELETE", APP, &foreign, "").await.status, 403);
}

#[tokio::test]
async fn a_browser_logs_in_and_out() {
    let server = TestServer::start().await;
    let who = async |headers: &str| server.request("GET", "/api/v1/session", headers, "").await.json();
    assert_eq!(who("").await, serde_json::json!({ "role": null }));
    for headers in ["", "X-HB: 1\r\nOrigin: http://evil.example\r\n"] {
        assert_eq!(log_in(&server, headers, token(&server.operator)).await.status, 403, "{headers}");
    }
    assert_eq!(log_in(&server, OWN, "hb_nonsense").await.status, 401);
    let wrong = send(&server, "POST", "/api/v1/session", OWN, r#"{"token":"hb_secret""#).await;
    assert!(wrong.status == 400 && !wrong.body.contains("secret"), "{wrong:?}");

    let answer = log_in(&server, OWN, &format!("  {}\n", token(&server.operator))).await;
    let set = answer.header("set-cookie").unwrap().to_owned();
    assert!(set.ends_with("; Path=/api/v1; Max-Age=604800; HttpOnly; SameSite=Strict"), "{set}");
    assert!(!set.contains(token(&server.operator)), "the cookie is no token");
    let session = cookie(&answer);
    assert_eq!(who(&session).await, serde_json::json!({ "name": "desk", "role": "operator" }));
    let bearer = session.replace("Cookie: hb_session=", "Authorization: Bearer ");
    assert_eq!(send(&server, "DELETE", APP, &bearer, "").await.status, 401, "nor is it good for one");

    let out = send(&server, "DELETE", "/api/v1/session", &format!("{OWN}{session}"), "").await;
    assert!(out.status == 204 && out.header("set-cookie").unwrap().contains("Max-Age=0"), "{out:?}");
    assert_eq!(who(&session).await, serde_json::json!({ "role": null }));
    let tls = log_in(&server, "X-HB: 1\r\nOrigin: https://localhost\r\n", token(&server.operator)).await;
    assert!(tls.header("set-cookie").unwrap().ends_with("; Secure"));
}

#[tokio::test]
async fn a_session_ends_with_its_token() {
    let server = TestServer::start().await;
    let session = session(&log_in(&server, OWN, token(&server.operator)).await);
    let admin = bearer(&server.auth, "root", Role::Admin).await;
    assert_eq!(send(&server, "DELETE", "/api/v1/tokens/desk", &admin, "").await.status, 204);
    for headers in [session, server.operator.clone()] {
        assert_eq!(send(&server, "DELETE", APP, &headers, "").await.status, 401, "{headers}");
    }
}

#[tokio::test]
async fn the_first_login_is_good_for_one_browser() {
    let server = TestServer::start().await;
    let once = server.auth.first_login().await.unwrap().expect("nobody is admin yet");
    let first = log_in(&server, OWN, once.reveal()).await;
    let json = first.json();
    assert_eq!((&json["name"], &json["role"]), (&"login".into(), &"admin".into()));
    assert_eq!(log_in(&server, OWN, once.reveal()).await.status, 401);
    let admin = session(&first);
    let made =
        send(&server, "POST", "/api/v1/tokens", &admin, r#"{"name":"ada","role":"operator","expires_s":60}"#);
    let made = made.await.json();
    let ada = format!("Authorization: Bearer {}\r\n", made["token"].as_str().unwrap());
    assert_eq!(send(&server, "DELETE", APP, &ada, "").await.status, 404, "it is good at once");
    let listed = send(&server, "GET", "/api/v1/tokens", &admin, "").await;
    let listed_ada = &listed.json()[0];
    let told = |name: &str| listed_ada[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (told("name"), told("role"), told("by"), told("from"), told("expires")),
        (
            "ada".into(),
            "operator".into(),
            "login".into(),
            "dashboard 127.0.0.1".into(),
            "2026-01-01T00:01:00.000Z".into()
        )
    );
    assert!(!listed.body.contains(made["token"].as_str().unwrap()), "shown once");
    server.hand.advance(Duration::from_secs(60));
    assert_eq!(send(&server, "DELETE", APP, &ada, "").await.status, 401, "it is over");
}

#[tokio::test]
async fn wrong_questions_for_a_token_say_what_was_expected() {
    let server = TestServer::start().await;
    let admin = bearer(&server.auth, "root", Role::Admin).await;
    for (body, status, said) in [
        (r#"{"name":"a","role":"king"}"#, 400, "expected one of agent, viewer, operator, admin"),
        (r#"{"name":"desk","role":"viewer"}"#, 409, "already"),
        (r#"{"name":"login","role":"viewer"}"#, 400, "one-time"),
        (r#"{"name":"a\nb","role":"viewer"}"#, 400, "is no name"),
        (r#"{"name":"a","role":"viewer","expires_s":0}"#, 400, "from 1 to"),
        (r#"{"nam":"a"}"#, 400, "expected {"),
    ] {
        let answer = send(&server, "POST", "/api/v1/tokens", &admin, body).await;
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(answer.status == status && detail.contains(said), "{body}: {answer:?}");
    }
    assert_eq!(send(&server, "DELETE", "/api/v1/tokens/nobody", &admin, "").await.status, 404);
}

/// A server whose tests come from the network: by a proxy that says so.
async fn behind_a_proxy(reads: Reads) -> TestServer {
    TestServer::with(|config| {
        config.engine.trust.proxies = vec!["127.0.0.1".parse::<Network>().unwrap()];
        config.http.reads = reads;
    })
    .await
}

const AWAY: &str = "X-Forwarded-For: 10.0.0.7\r\n";

#[tokio::test]
async fn who_guesses_from_the_network_waits_and_a_session_of_there_does_not() {
    let server = behind_a_proxy(Reads::Open).await;
    let session = session(&log_in(&server, &format!("{OWN}{AWAY}"), token(&server.operator)).await);
    for n in 0..12 {
        let headers = format!("{AWAY}Authorization: Bearer hb_{}\r\n", "1".repeat(64));
        let answer = send(&server, "DELETE", APP, &headers, "").await;
        if n < 10 {
            assert_eq!(answer.status, 401, "{n}");
        } else {
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("6")), "{n}: {answer:?}");
        }
    }
    let right = format!("{AWAY}{}", server.operator);
    assert_eq!(
        send(&server, "DELETE", APP, &right, "").await.status,
        404,
        "who has a right one does not wait"
    );
    assert_eq!(log_in(&server, &format!("{OWN}{AWAY}"), token(&server.operator)).await.status, 200);
    assert_eq!(log_in(&server, &format!("{OWN}{AWAY}"), "hb_x").await.status, 429);
    let inside = format!("{AWAY}{session}");
    assert_eq!(send(&server, "DELETE", APP, &inside, "").await.status, 404);
    let other = format!("X-Forwarded-For: 10.0.0.8\r\n{}", server.operator);
    assert_eq!(send(&server, "DELETE", APP, &other, "").await.status, 404, "others do not wait");
    server.hand.advance(Duration::from_secs(6));
    let wrong = format!("{AWAY}Authorization: Bearer hb_x\r\n");
    assert_eq!(send(&server, "DELETE", APP, &wrong, "").await.status, 401);
}

#[tokio::test]
async fn the_network_reads_with_a_token_where_that_is_said() {
    let targets = ["/api/v1/apps", "/api/v1/apps/h/x", "/metrics", "/list", "/status", "/any/list"];
    for (reads, expected) in [(Reads::Open, false), (Reads::Token, true)] {
        let server = behind_a_proxy(reads).await;
        let viewer = bearer(&server.auth, "wall", Role::Viewer).await;
        let session = cookie(&log_in(&server, &format!("{OWN}{AWAY}"), token(&viewer)).await);
        for target in targets {
            let shut = server.request("GET", target, AWAY, "").await;
            assert_eq!(shut.status == 401, expected, "{reads:?} {target}");
            for headers in [&viewer, &session] {
                let answer = server.request("GET", target, &format!("{AWAY}{headers}"), "").await;
                assert_ne!(answer.status, 401, "{reads:?} {target}");
            }
            assert_ne!(server.get(target).await.status, 401, "this machine reads as before");
        }
        for target in ["/hb_ping?5000&appid=x", "/healthz", "/login", "/", "/api/v1/session", "/hb.js"] {
            let answer = server.request("GET", target, AWAY, "").await;
            assert_ne!(answer.status, 401, "{target}");
        }
    }
}
