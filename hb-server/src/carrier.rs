//! Carriers: what brings a [`Broker`]'s connections over the network, for both ends.
//!
//! [`ghms`] is an HTTP upgrade, for native peers; [`websocket`] is for pages too, which cannot do the former. Each has
//! `accept`, which answers one request and can be mounted anywhere, `dial`, and `dial_over` for a stream of one's own,
//! such as TLS.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use axum::routing::any;
//! use hb_bus::broker::{Broker, Connection};
//! use hb_bus::runtime::Native;
//! use hb_server::carrier::{ghms, websocket};
//!
//! #[derive(serde::Serialize, serde::Deserialize)]
//! struct Text(String);
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Broker::builder(Arc::new(Native::current()))
//!     .register::<Text>(10)
//!     .handle(|from: Connection, text: Arc<Text>| async move {
//!         from.send(Text(text.0.to_uppercase())).await?;
//!         Ok(())
//!     })
//!     .build()?;
//! let page_side = server.clone();
//! let router = Router::new()
//!     .route("/messages", any(async move |request| ghms::accept(&server, request)))
//!     .route("/messages/ws", any(async move |request| websocket::accept(&page_side, request).await));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! tokio::spawn(async move { axum::serve(listener, router).await });
//!
//! let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel();
//! let client = Broker::builder(Arc::new(Native::current()))
//!     .register::<Text>(10)
//!     .handle(move |_: Connection, text: Arc<Text>| std::future::ready(heard.send(text).map_err(Into::into)))
//!     .build()?;
//! ghms::dial(&client, &format!("http://{address}/messages")).await?;
//! client.send(Text("hello".into())).await?;
//! assert_eq!(hears.recv().await.expect("an answer").0, "HELLO");
//! # Ok(())
//! # }
//! ```
//!
//! Not here: what is said over them ([`hb_bus::broker`]), dialling again, TLS. `hb serve` does not mount them: they are
//! for programs that embed a broker.
//!
//! [`Broker`]: hb_bus::broker::Broker

mod dial;
pub mod discovery;
pub mod frames;
pub mod ghms;
pub mod nats;
pub mod requests;
#[cfg(test)]
mod tests;
pub mod websocket;
mod word;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hb_bus::broker::{PROTOCOL, Refusal};

pub use dial::DialError;

/// The values of all headers of this name: a list may be spread over several.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// A refusal as HTTP says it. `known` is what could have been asked for.
fn refused(refusal: Refusal, known: &str) -> Response {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let known =
        if refusal == Refusal::NotAcceptable { format!(": offer one of {known}") } else { String::new() };
    let mut response = (status, format!("{refusal}{known}\n")).into_response();
    if refusal == Refusal::UpgradeRequired {
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static(PROTOCOL));
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}
