//! The scenarios of the heart that concern Hilbert's protocol (messaging.md H17), by HTTP and by a responder heart.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt};
use hb_bus::heart::ResponderHeart;
use hb_bus::heart::responder::{Ended, Received};
use hb_bus::runtime::Native;
use hb_core::registry::Policy;
use hb_server::engine::peer::Peer;
use hb_server::hilbert::{Answer, Endpoint, Question};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::harness::TestServer;

type Asked = Received<Question, Answer, &'static str>;

/// Questions to an endpoint that a responder heart drives.
struct Line(mpsc::UnboundedSender<Asked>);

impl Line {
    async fn ask(&self, line: &str) -> (u16, String) {
        let (answer, answered) = oneshot::channel();
        let question = Question::of(Peer::new([127, 0, 0, 1].into()), line);
        let asked = Received::new(question, |said: Answer| async move {
            answer.send(said).map_err(|_| "nobody waits for the answer")
        });
        self.0.send(asked).expect("the heart beats");
        let said = answered.await.unwrap();
        (said.status.code(), String::from_utf8(said.text.to_vec()).unwrap())
    }
}

/// Runs the scenario by `ask`, which brings one line to the server and its answer back.
async fn scenario(server: &TestServer, ask: impl AsyncFn(&str) -> (u16, String)) {
    let ok = |text: &str| (200, text.to_owned());
    let begins = async |line: &str, beginning: &str| {
        let (status, text) = ask(line).await;
        assert!(status == 200 && text.starts_with(beginning), "{line}: {status} {text}");
    };
    assert_eq!(ask("hb_init?5000&appid=x").await, ok("6000"));
    assert_eq!(
        ask("hb_ping?1850&appid=y&cache_buster=7&debug").await,
        ok("2850"),
        "a ping without an init is one"
    );
    assert_eq!(ask("hb_done?0&appid=x").await, ok("goodbye"));
    assert_eq!(ask("list").await, ok("y @ 127.0.0.1\n"), "done removes");

    // At 2.99, 3, 5 and 6 times the granted time.
    for (passed, beginning) in [
        (8_521, "OK - fine application [y @ 127.0.0.1]| od=2.99;3;5;0;6"),
        (30, "WARNING - somewhat late application [y @ 127.0.0.1]| od=3.00;"),
        (5_700, "CRITICAL - quite late application [y @ 127.0.0.1]| od=5.00;"),
        (2_849, "CRITICAL - no application record for queried ID: [y @ 127.0.0.1]"),
    ] {
        server.pass(passed);
        begins("status?appid=y", beginning).await;
    }
    assert_eq!(ask("list").await, ok(""), "dropped");

    assert_eq!(ask("hb_ping?appid=z").await, ok("1000"), "no T is 0");
    assert_eq!(ask("hb_done?&appid=z").await, ok("goodbye"));
    for (line, sentence) in [
        ("hb_pong?5000&appid=z", "unknown command"),
        ("hb_ping?abc&appid=z", "T is `abc`: expected a promise"),
        ("hb_ping?5000", "appid is missing"),
    ] {
        let (status, text) = ask(line).await;
        assert!(status == 400 && text.starts_with(sentence), "{line}: {status} {text}");
    }
    assert_eq!(ask("list").await, ok(""), "what is refused registers nothing");
}

async fn server() -> TestServer {
    TestServer::with(|config| config.engine.registry.policy = Policy::Hilbert).await
}

#[tokio::test]
async fn h17_hilbert_by_get_and_post() {
    for method in ["GET", "POST"] {
        let server = server().await;
        let ask = async |line: &str| {
            let answer = server.request(method, &format!("/{line}"), "Content-Length: 0\r\n", "").await;
            (answer.status, answer.body)
        };
        scenario(&server, ask).await;
    }
}

#[tokio::test]
async fn h17_hilbert_by_a_responder_heart() {
    let server = server().await;
    let (line, asked) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let mut heart = ResponderHeart::new(Arc::new(Native::current()), Endpoint::new(server.engine.clone()));
    let mut asked = Box::pin(futures_util::stream::unfold(asked, |mut asked| async {
        let next = asked.recv().await?;
        Some((Ok::<Asked, &'static str>(next), asked))
    }));
    let line = Line(line);
    let (ended, ()) = tokio::join!(heart.run(&mut asked, &stop), async {
        scenario(&server, async |text: &str| line.ask(text).await).await;
        stop.cancel();
    });
    assert_eq!(ended, Ended::Stopped);
    assert!(asked.next().now_or_never().is_none(), "the questions can go on with another heart");
}
