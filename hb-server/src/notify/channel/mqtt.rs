//! A message to an MQTT broker, what every app is, retained, for show controls and Home Assistant, and what is said there.
//!
//! Every try is a connection of its own, which ends when the broker has acknowledged all. Not here: what stands under
//! which topic (`topics`), when a state is published again (`watch::states`), what a signal
//! means (`watch::signals`).

pub mod topics;

use std::sync::Arc;

use jiff::tz::TimeZone;
use rumqttc::{
    AsyncClient, Event, MqttOptions, Outgoing, Packet, QoS, SubscribeReasonCode, TlsConfiguration, Transport,
};
use rustls::ClientConfig;

use super::{Failure, Secret, Way, is_loopback};
use crate::notify::message::Message;
use crate::notify::render::Words;
use crate::tls::{self, Roots, RootsError};
use topics::{Publication, Topics};

/// Largest payload: twenty incidents with their links are a fifth of it.
const LARGEST: usize = 256 * 1024;

/// Where the broker is.
#[derive(Clone, Debug)]
pub struct Config {
    /// The machine.
    pub host: String,
    /// Its port; by default 8883 with TLS, 1883 without.
    pub port: Option<u16>,
    /// Whether with TLS.
    pub tls: bool,
    /// Who signs its certificate; by default whom this machine trusts.
    pub ca: Option<Roots>,
    /// Name and password, if it asks for them.
    pub login: Option<(String, Secret)>,
    /// Under which topics.
    pub topics: Topics,
}

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Everyone on the way would know it.
    #[error("a password goes to other machines by TLS only, and {0} is another: expected tls = true")]
    Plain(String),
    /// No certificates.
    #[error(transparent)]
    Tls(#[from] RootsError),
}

/// A way to one broker.
pub struct Mqtt {
    config: Config,
    tls: Option<Arc<ClientConfig>>,
}

/// What was said of a topic.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Which.
    pub topic: &'a str,
    /// The broker kept it for whoever comes: nobody says when it was said.
    pub old: bool,
    /// What.
    pub payload: &'a [u8],
}

impl std::fmt::Debug for Mqtt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mqtt({})", self.config.host)
    }
}

impl Mqtt {
    /// The way that `config` describes.
    ///
    /// # Errors
    /// A password that everyone could read, or no TLS to be had.
    pub fn new(config: Config) -> Result<Self, Invalid> {
        if config.login.is_some() && !config.tls && !is_loopback(&config.host) {
            return Err(Invalid::Plain(config.host));
        }
        let tls = if config.tls { Some(Roots::or_of_machine(config.ca.as_ref())?.client()) } else { None };
        Ok(Self { config, tls })
    }

    /// Its topics.
    #[must_use]
    pub const fn topics(&self) -> &Topics {
        &self.config.topics
    }

    fn port(&self) -> u16 {
        self.config.port.unwrap_or(if self.config.tls { 8883 } else { 1883 })
    }

    pub(super) fn way(&self) -> Way {
        Way::Network { host: self.config.host.clone(), port: self.port() }
    }

    pub(super) fn place(&self) -> String {
        self.config.host.clone()
    }

    pub(super) async fn send(&self, message: &Message, zone: &TimeZone) -> Result<(), Failure> {
        let payload = Words::new(message, zone).json().to_string();
        let topic = self.config.topics.messages();
        self.publish(vec![Publication { topic, payload, retain: false }]).await
    }

    /// Publishes all of these, in order, and waits until the broker has them. Has no time-out of its own.
    ///
    /// # Errors
    /// The broker cannot be reached, or broke off before it had acknowledged all.
    pub async fn publish(&self, publications: Vec<Publication>) -> Result<(), Failure> {
        let mut missing = publications.len();
        // One place for each, and one for the goodbye: queueing never waits.
        let (client, mut events) = AsyncClient::new(self.options(), missing + 1);
        for Publication { topic, payload, retain } in publications {
            client
                .try_publish(topic, QoS::AtLeastOnce, retain, payload)
                .map_err(|_| Failure::refused("the topic holds a character that none may hold"))?;
        }
        while missing > 0 {
            if let Event::Incoming(Packet::PubAck(_)) =
                events.poll().await.map_err(|error| self.failed(&error))?
            {
                missing -= 1;
            }
        }
        // All has arrived; what becomes of the goodbye no longer matters.
        if client.try_disconnect().is_ok() {
            while !matches!(events.poll().await, Ok(Event::Outgoing(Outgoing::Disconnect)) | Err(_)) {}
        }
        Ok(())
    }

    /// Listens to `topic` and passes on what is said there, until the connection ends; answers why. `listening` is set as
    /// soon as the broker agrees.
    pub async fn follow(
        &self,
        topic: &str,
        listening: &mut bool,
        mut heard: impl FnMut(Heard<'_>),
    ) -> Failure {
        let (client, mut events) = AsyncClient::new(self.options(), 1);
        if client.try_subscribe(topic, QoS::AtLeastOnce).is_err() {
            return Failure::refused("the topic holds a character that none may hold");
        }
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::SubAck(ack))) => {
                    if ack.return_codes.contains(&SubscribeReasonCode::Failure) {
                        let host = &self.config.host;
                        return Failure::unavailable(format!("{host} does not let us hear it"));
                    }
                    *listening = true;
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    let (topic, old, payload) = (&publish.topic, publish.retain, &publish.payload);
                    heard(Heard { topic, old, payload });
                }
                Ok(_) => {}
                Err(error) => return self.failed(&error),
            }
        }
    }

    fn options(&self) -> MqttOptions {
        let port = self.port();
        // Nameless: two tries at once must not push each other out.
        let mut options = MqttOptions::new("", &self.config.host, port);
        options.set_clean_session(true).set_max_packet_size(LARGEST, LARGEST);
        if let Some((name, password)) = &self.config.login {
            options.set_credentials(name, password.expose());
        }
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::Tls(TlsConfiguration::Rustls(Arc::clone(tls))));
        }
        options
    }

    fn failed(&self, error: &rumqttc::ConnectionError) -> Failure {
        use rumqttc::ConnectionError as E;
        let host = &self.config.host;
        match error {
            E::ConnectionRefused(code) => {
                Failure::unavailable(format!("{host} does not let us in ({code:?}): check name and password"))
            }
            E::Tls(error) => {
                let reason = tls::reason(error).unwrap_or_else(|| error.to_string());
                Failure::unavailable(format!("{host} speaks no TLS that can be trusted: {reason}"))
            }
            E::Io(error) => Failure::unavailable(format!("{host} cannot be reached: {error}")),
            error => Failure::unavailable(format!("{host} broke off: {error}")),
        }
    }
}
