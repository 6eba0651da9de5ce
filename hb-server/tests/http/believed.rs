//! Who is believed: a page of anybody's in the browser of a kiosk is, to a server, at the kiosk's own address.

use hb_core::id::Identity;
use serde_json::{Value, json};

use crate::harness::TestServer;

const X: &str = "/api/v1/apps/127.0.0.1/x";
const MARK: &str = "hb-by: program\r\n";
const EVIL: &str = "Origin: https://evil.example\r\n";

async fn say(server: &TestServer, headers: &str, line: &str) {
    let answer = server.request("GET", line, headers, "").await;
    assert_eq!(answer.status, 200, "{line}: {answer:?}");
}

/// Its state, the cause and whether it is in conflict.
async fn belief(server: &TestServer) -> (Value, Value, Value) {
    let mut view = server.get(X).await.json();
    (view["state"].take(), view["cause"].take(), view["conflict"].take())
}

/// Asks for a repair once the watch knows that something is wrong.
async fn repair(server: &TestServer) -> u16 {
    let id = Identity::new("127.0.0.1", "", "x").unwrap();
    while server.watch.look(|machine, at| machine.standing(at, id).incident.is_none()) {
        tokio::task::yield_now().await;
    }
    server.ask("POST", &format!("{X}/repair"), &Value::Null).await.status
}

#[tokio::test]
async fn what_no_program_says_as_if_it_were_one_is_no_evidence() {
    let disguises: [&str; 7] = [
        "",
        EVIL,
        "Sec-Fetch-Site: cross-site\r\n",
        &format!("{MARK}{EVIL}"),
        &format!("{MARK}Sec-Fetch-Site: same-origin\r\n"),
        &format!("{MARK}User-Agent: Mozilla/5.0\r\n"),
        "hb-by: page\r\n",
    ];
    for by in disguises {
        for said_goodbye in [false, true] {
            let server = TestServer::start().await;
            if said_goodbye {
                say(&server, EVIL, "/hb_ping?60000&appid=x&v=1&boot=a&state=ok").await;
            } else {
                say(&server, MARK, "/hb_ping?60000&appid=x&by=cli").await;
            }
            assert_eq!(server.ask("POST", &format!("{X}/adopt"), &Value::Null).await.status, 204);
            if said_goodbye {
                say(&server, EVIL, "/hb_done?0&appid=x&v=1&boot=a").await;
            }
            for word in ["&by=cli&boot=e", "&by=cli", ""] {
                let word = format!("/hb_state?60000&appid=x&state=picture-stuck&display=off{word}");
                say(&server, by, &word).await;
                let believed = belief(&server).await;
                assert_eq!(believed, (json!("stalled"), json!("unproven"), json!(false)), "{by:?} {word}");
            }
            assert_eq!(repair(&server).await, 409, "{by:?}: nothing is repaired for it");
            say(&server, MARK, "/hb_state?60000&appid=x&by=cli&boot=eye&state=picture-stuck").await;
            say(&server, MARK, "/hb_state?60000&appid=x&by=cli&state=picture-stuck").await;
            assert_eq!(belief(&server).await.1, "picture-stuck", "{by:?}: a program is believed");
            // The watch hears of it a moment later.
            while repair(&server).await != 202 {}
        }
    }
}

#[tokio::test]
async fn beside_a_page_programs_are_believed_and_nobody_else() {
    let server = TestServer::start().await;
    say(&server, EVIL, "/hb_ping?60000&appid=x&v=1&boot=a&state=ok").await;
    for word in [
        "state=picture-stuck&by=cli&boot=e",
        "state=no-frames&by=cli",
        "state=gpu-stuck",
        "state=ok&display=off&by=cli",
    ] {
        say(&server, EVIL, &format!("/hb_state?60000&appid=x&{word}")).await;
        assert_eq!(belief(&server).await, (json!("up"), json!("none"), json!(false)), "{word}");
    }
    say(&server, MARK, "/hb_state?60000&appid=x&by=cli&boot=eye&state=picture-stuck").await;
    assert_eq!(belief(&server).await, (json!("stalled"), json!("picture-stuck"), json!(false)));
}

#[tokio::test]
async fn no_page_may_ask_to_send_the_mark() {
    let server = TestServer::start().await;
    let asked = "Origin: https://evil.example\r\nAccess-Control-Request-Method: GET\r\n\
                 Access-Control-Request-Headers: hb-by\r\n";
    for target in
        ["/hb_state", "/hb_ping?5000&appid=x", "/prefix/hb_done", "/heartbeat.html?container=x", "/", "*"]
    {
        let answer = server.request("OPTIONS", target, asked, "").await;
        let allowed = answer.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
        assert!(!allowed.contains("hb-by") && !allowed.contains('*'), "{target}: {allowed}");
    }
}

/// Who points its own name at our address is its own origin, to which a page may send any header.
#[tokio::test]
async fn under_a_name_that_is_not_ours_the_mark_is_nothing() {
    // An absolute target outranks the header.
    for (target, host, cause) in [
        ("", "evil.example:8888", "unproven"),
        ("", "hall.example:8888", "no-frames"),
        ("http://evil.example", "127.0.0.1", "unproven"),
        ("", "127.0.0.1", "no-frames"),
        ("http://user@127.0.0.1", "127.0.0.1", "unproven"),
        ("http://hall.example:8888", "evil.example", "no-frames"),
    ] {
        let server = TestServer::with(|config| config.http.hosts = vec!["hall.example".into()]).await;
        let line = format!("{target}/hb_state?60000&appid=x&by=cli&state=no-frames");
        let request = format!("GET {line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{MARK}\r\n");
        assert_eq!(server.raw(request.as_bytes()).await.status, 200);
        assert_eq!(belief(&server).await.1, cause, "{target} {host}");
    }
}

#[tokio::test]
async fn a_page_of_another_origin_takes_no_page_away() {
    let own = ["", "Sec-Fetch-Site: same-origin\r\n", "Origin: http://localhost\r\n"];
    let exhibit = ["Origin: https://exhibit.example\r\n"];
    let file = ["Origin: null\r\n"];
    let image = ["Sec-Fetch-Site: cross-site\r\n"];
    let places = [&own[..], &exhibit, &file, &image];
    for (at, former) in places.iter().enumerate() {
        for (to, later) in places.iter().enumerate() {
            for (former, later) in
                former.iter().flat_map(|former| later.iter().map(move |later| (former, later)))
            {
                let server = TestServer::start().await;
                say(&server, former, "/hb_ping?60000&appid=x&v=1&boot=a&state=ok").await;
                say(&server, later, "/hb_ping?60000&appid=x&v=1&boot=b&state=ok").await;
                let conflict = belief(&server).await.2;
                assert_eq!(conflict, at != to, "{former:?} {later:?}");
            }
        }
    }
}
