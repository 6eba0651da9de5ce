//! NATS: topics of a bus that others follow and, if they were named, may speak about too.
//!
//! A topic is a subject, what a subject cannot hold is percent-encoded, ids are headers, and the content is the payload
//! as it is. A link connects again by itself for ever. What is said while the server is away waits for it, up to
//! [`WAITING`] messages; what comes after those is lost, and counted. Not here: what is told to whom (`server`).
//!
//! ```no_run
//! use hb_bus::bus::Filter;
//! use hb_bus::message::Topic;
//! use hb_bus::node::Node;
//! use hb_server::carrier::nats::Link;
//!
//! # async fn f(bus: &hb_bus::bus::Bus) -> Result<(), Box<dyn std::error::Error>> {
//! let link = Link::open("nats://hall-3:4222".parse()?).await?;
//! const DOORS: Topic = Topic::from_static("doors");
//! let node = Node::builder(bus).build();
//! node.bridge(Filter::only([DOORS]), link.both([DOORS]).await?);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, PublishErrorKind, ServerAddr, SubscribeError};
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use hb_bus::message::Topic;
use tokio::sync::watch;

mod bridge;
mod form;
mod outage;

pub use bridge::Bridge;
use outage::Outage;

/// Messages that wait while the server is away.
pub const WAITING: usize = 2048;
/// Messages of one subject that wait to be read here; when more come, they are lost.
const UNREAD: usize = 256;
/// Longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// How long [`Link::close`] waits for the last messages to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where a NATS server is: `nats://[user:password@]host[:port]`, or `tls://…`. Shown without what is secret in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(ServerAddr);

/// This is nowhere to find a NATS server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no address of a NATS server: expected one like nats://hall-3:4222")]
pub struct InvalidAddress;

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address: ServerAddr = text.parse().map_err(|_| InvalidAddress)?;
        let known = matches!(address.scheme(), "nats" | "tls") && !address.host().is_empty();
        if known { Ok(Self(address)) } else { Err(InvalidAddress) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.0.scheme(), self.0.host(), self.0.port())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a server is told about NATS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the server is.
    pub address: Address,
    /// What others there may speak about too.
    pub topics: Vec<Topic>,
}

/// A connection to a NATS server, now or as soon as there is one. A cheap handle.
#[derive(Clone, Debug)]
pub struct Link {
    client: Client,
    connected: watch::Receiver<bool>,
    lost: Arc<AtomicU64>,
}

impl Link {
    /// Connects in the background, for as long as it takes.
    ///
    /// # Errors
    /// The system has nothing to make a connection with.
    pub async fn open(address: Address) -> Result<Self, async_nats::ConnectError> {
        let (tell, connected) = watch::channel(false);
        let shown = address.to_string();
        let outage = Outage::default();
        let (attempts, place) = (outage.clone(), shown.clone());
        let told = move |event| {
            match event {
                Event::Connected => {
                    tracing::info!("NATS: connected to {shown}");
                    outage.over();
                    tell.send_replace(true);
                }
                Event::Disconnected => {
                    tracing::info!("NATS: {shown} is gone");
                    tell.send_replace(false);
                }
                Event::ServerError(error) => tracing::warn!("NATS: {shown} says: {error}"),
                // An attempt that failed, without its reason.
                Event::ClientError(error) => tracing::debug!("NATS: {shown}: {error}"),
                Event::SlowConsumer(_) => tracing::warn!("NATS: more comes from {shown} than is read"),
                Event::LameDuckMode | Event::Draining | Event::Closed => {}
            }
            std::future::ready(())
        };
        let client = ConnectOptions::new()
            .name("hb")
            .no_echo()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(wait)
            .reconnect_to_server_callback(move |servers, _| {
                attempts.attempt(&place, &servers);
                // As it would without us.
                std::future::ready(None)
            })
            .client_capacity(WAITING)
            .subscription_capacity(UNREAD)
            .event_callback(told)
            .connect(address.0)
            .await?;
        Ok(Self { client, connected, lost: Arc::default() })
    }

    /// Whether the server is there, and when that changes.
    #[must_use]
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.connected.clone()
    }

    /// Messages that could not wait any more.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// A bridge by which whatever is put into it leaves, and nothing comes.
    #[must_use]
    pub fn outward(&self) -> Bridge {
        Bridge::new(self.clone(), None, stream::pending().boxed())
    }

    /// A bridge for these topics, both ways. Nothing else passes it in either.
    ///
    /// # Errors
    /// A topic that is no subject, or the link was closed.
    pub async fn both(&self, topics: impl IntoIterator<Item = Topic>) -> Result<Bridge, SubscribeError> {
        let mut known = Vec::new();
        let mut coming = Vec::new();
        for topic in topics {
            let subscriber = self.client.subscribe(form::subject(&topic)).await?;
            known.push(topic.clone());
            coming.push(subscriber.map(move |message| (topic.clone(), message)));
        }
        Ok(Bridge::new(self.clone(), Some(known), stream::select_all(coming).boxed()))
    }

    /// Sends what still waits, if the server is there, and ends the connection.
    pub async fn close(self) {
        if *self.connected.borrow() && tokio::time::timeout(FAREWELL, self.client.flush()).await.is_err() {
            tracing::warn!("NATS: the last messages did not leave in time");
        }
        // It ends with its last handle otherwise.
        drop(self.client.drain().now_or_never());
    }

    /// Never waits.
    fn publish(&self, message: &hb_bus::message::Message) -> Result<(), async_nats::PublishError> {
        let (subject, headers) = (form::subject(message.topic()), form::headers(message.head()));
        let publishing = self.client.publish_with_headers(subject, headers, message.data().clone());
        // Its only wait is for room in its queue; a task that has done much must not be taken for a full one.
        match tokio::task::unconstrained(publishing).now_or_never() {
            Some(Err(error)) if error.kind() == PublishErrorKind::Send => Err(error),
            Some(Ok(())) => Ok(()),
            // Too long for that server, or there is no room.
            Some(Err(_)) | None => {
                if self.lost.fetch_add(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(
                        "NATS: a message about {} could not wait or is too long: it is lost",
                        message.topic()
                    );
                }
                Ok(())
            }
        }
    }
}

/// Doubles from a quarter of a second on.
fn wait(attempts: usize) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(8);
    (Duration::from_millis(250) * (1 << doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer_up_to_one_in_four_seconds() {
        let waits = [0, 1, 2, 3, 4, 5, 6, 7, 100, usize::MAX].map(|attempts| wait(attempts).as_millis());
        assert_eq!(waits, [250, 250, 500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000, 4_000]);
    }
}
