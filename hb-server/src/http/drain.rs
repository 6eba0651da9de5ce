//! Bodies that are read and ignored beside their connection: what follows a command that has been answered already.
//!
//! Nobody waits for such a body but its own connection, which may be shown out meanwhile as one that says nothing. If it
//! comes in time, the connection serves on; else it ends. Not here: whose place that is ([`super::places`]), and bodies
//! that say something.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Response;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Incoming};

use super::answer::{Body, close};

/// Longest body that is waited for, in bytes; a longer one costs the peer its connection.
const MAX_BODY: usize = 16 * 1024;
/// How long a body may take.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What one connection has still to say to a request that was answered.
#[derive(Default)]
pub(super) struct Drain(Mutex<Option<Reading>>);

type Reading = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Drain {
    /// Has `body` read when its request has been answered by `response`; ends the connection with that if it need not
    /// come (`expects` whether the peer waits to be told to send it) or would be too long.
    pub(super) fn after(&self, response: &mut Response<Body>, body: Incoming, expects: bool) {
        if body.is_end_stream() {
            return;
        }
        if expects || body.size_hint().lower() > MAX_BODY as u64 {
            close(response);
            return;
        }
        let reading = async {
            // However it ends, the body is dropped: where there is more to it, hyper ends the connection.
            let _ = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(reading));
    }

    /// What comes of `connection`, beside which bodies are read.
    pub(super) async fn beside<C: Future>(&self, connection: C) -> C::Output {
        let mut connection = pin!(connection);
        poll_fn(|cx| {
            let ended = connection.as_mut().poll(cx);
            if ended.is_pending() {
                // After the connection, which may have brought one just now.
                self.read(cx);
            }
            ended
        })
        .await
    }

    fn read(&self, cx: &mut Context<'_>) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(body) = reading.as_mut()
            && let Poll::Ready(()) = body.as_mut().poll(cx)
        {
            *reading = None;
        }
    }
}
