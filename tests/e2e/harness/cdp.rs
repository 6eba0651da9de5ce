//! A small client of the Chrome DevTools Protocol: calls and their answers over one WebSocket, sessions flattened.
//! WebDriver BiDi frames its calls, answers and events in the same way, so this speaks to Firefox too.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{broadcast, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Sink = SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>;
type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

pub(crate) struct Cdp {
    sink: tokio::sync::Mutex<Sink>,
    waiting: Waiting,
    next: AtomicU64,
    events: broadcast::Sender<Value>,
}

impl Cdp {
    pub(crate) async fn connect(url: &str) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("the browser answers");
        let (sink, mut stream) = socket.split();
        let waiting = Waiting::default();
        let (events, _) = broadcast::channel(1024);
        let (answers, told) = (Arc::clone(&waiting), events.clone());
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Message::Text(text) = message else { continue };
                let Ok(value) = serde_json::from_str::<Value>(&text) else { continue };
                match value["id"].as_u64() {
                    Some(id) => {
                        let caller = answers.lock().unwrap().remove(&id);
                        let _ = caller.map(|caller| caller.send(value));
                    }
                    None => {
                        let _ = told.send(value);
                    }
                }
            }
            // Whoever still waits is told that there is nobody.
            answers.lock().unwrap().clear();
        });
        Self { sink: tokio::sync::Mutex::new(sink), waiting, next: AtomicU64::new(1), events }
    }

    /// Everything the browser tells without being asked, from now on.
    pub(crate) fn events(&self) -> broadcast::Receiver<Value> {
        self.events.subscribe()
    }

    /// Calls `method` of the browser, or of the page behind `session`.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (caller, answer) = oneshot::channel();
        self.waiting.lock().unwrap().insert(id, caller);
        self.send(id, session, method, params).await;
        let mut answer = answer.await.unwrap_or_else(|_| panic!("{method}: the browser is gone"));
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].take()
    }

    /// The same without its answer, which a page that hangs or ends by it cannot give.
    pub(crate) async fn tell(&self, session: Option<&str>, method: &str, params: Value) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.send(id, session, method, params).await;
    }

    async fn send(&self, id: u64, session: Option<&str>, method: &str, params: Value) {
        let mut call = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            call["sessionId"] = session.into();
        }
        self.sink.lock().await.send(Message::text(call.to_string())).await.expect("the browser listens");
    }
}
