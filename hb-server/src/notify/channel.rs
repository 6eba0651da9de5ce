//! What carries a message to people: one way each, with a time-out, and one sentence when it failed.
//!
//! No secret stands in any error, log or `Debug`: an address of a chat service is one. Not here: when to try again
//! ([`super::outbox`]), which channels there are (the configuration).

pub mod command;
pub mod mail;
pub mod mqtt;
pub mod webhook;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::message::Message;
use super::outbox::Outcome;

/// The longest that one try may take. Who answers later is tried again.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// One way to people.
#[derive(Debug)]
pub enum Channel {
    /// An HTTP request.
    Webhook(webhook::Webhook),
    /// A mail.
    Mail(mail::Mail),
    /// A message to a broker.
    Mqtt(mqtt::Mqtt),
    /// A program.
    Command(command::Command),
}

impl Channel {
    /// Delivers `message`, with the times of `zone`, within [`TIMEOUT`].
    ///
    /// # Errors
    /// It did not arrive, or nobody said that it did.
    pub async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        self.send_within(TIMEOUT, message, zone).await
    }

    /// [`Self::send`] with another time-out.
    ///
    /// # Errors
    /// It did not arrive, or nobody said that it did.
    pub async fn send_within(
        &self,
        most: Duration,
        message: &Message,
        zone: &TimeZone,
    ) -> Result<(), Failure> {
        let sending = async {
            match self {
                Self::Webhook(webhook) => webhook.send(message, zone).await,
                Self::Mail(mail) => mail.send(message, zone).await,
                Self::Mqtt(mqtt) => mqtt.send(message, zone).await,
                Self::Command(command) => command.send(message, zone).await,
            }
        };
        // Whatever a try holds (a socket, a program and its children) ends with it.
        let late =
            |_| Failure::unavailable(format!("{} did not answer within {} s", self.place(), most.as_secs()));
        tokio::time::timeout(most, sending).await.map_err(late)?
    }

    /// The first step to it: whoever can take it has no firewall, no wrong name and no missing program in the way.
    #[must_use]
    pub fn way(&self) -> Way {
        match self {
            Self::Webhook(webhook) => webhook.way(),
            Self::Mail(mail) => mail.way(),
            Self::Mqtt(mqtt) => mqtt.way(),
            Self::Command(command) => Way::Program(command.place()),
        }
    }

    /// Where it leads, without its secrets.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Webhook(webhook) => webhook.place(),
            Self::Mail(mail) => mail.place(),
            Self::Mqtt(mqtt) => mqtt.place(),
            Self::Command(command) => command.place(),
        }
    }
}

/// The first step to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A connection.
    Network {
        /// A name or an address, without brackets.
        host: String,
        /// Its port.
        port: u16,
    },
    /// A program of this machine.
    Program(String),
}

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// What the outbox is told.
    pub outcome: Outcome,
    /// What a person is told: one line, without secrets.
    pub reason: String,
}

impl Failure {
    fn unavailable(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unavailable { after: None }, reason: reason.into() }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, reason: reason.into() }
    }
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether `host` is this machine, as far as its name tells.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
pub(crate) mod tests;
