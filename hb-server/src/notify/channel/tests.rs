//! Channels against real receivers: HTTP and SMTP servers that do as they are told, mosquitto, programs.

mod command;
mod mail;
pub(crate) mod mqtt;
mod server;
mod tls;
mod webhook;

use std::future::Future;

use hb_core::beat::{Cause, State};
use hb_core::id::Identity;
use hb_core::incident::Subject;

use super::*;
use crate::notify::message::{Incident, Kind};

const SINCE: i64 = 1_784_030_520_000;

/// An opening about an app of this name.
fn about(app: &str) -> Message {
    let subject = Subject::App(Identity::new("kiosk-17", "", app).unwrap().to_owned());
    let incident = Incident::new(7, &subject, (State::Stalled, Cause::NoFrames), SINCE);
    Message { kind: Kind::Opening, at: SINCE + 15_000, incidents: vec![incident], ready: None }
}

async fn send(channel: &Channel, message: &Message) -> Result<(), Failure> {
    soon(channel.send(message, &TimeZone::UTC)).await
}

/// What must come, with a deadline.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what).await.expect("it comes within 30 s")
}

#[test]
fn no_secret_is_shown() {
    assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(Secret)");
    assert!(is_loopback("::1") && is_loopback("127.0.0.9") && !is_loopback("127.example"));
}
