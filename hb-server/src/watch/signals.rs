//! The key switch and the show control by MQTT: what they say of a topic opens and closes something.
//!
//! Each topic has a task and a connection of its own. What a broker retained counts from the moment it arrives. Not here:
//! what a signal means (`hb_core::window`), signals by API (`http`).

#[cfg(test)]
pub(super) mod tests;

use std::time::Duration;

use hb_core::id::Who;
use hb_core::window::Scope;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::sleep;

use crate::notify::channel::mqtt::{self, Mqtt};

use super::{Request, Watch};

/// After the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where a signal comes from, and what it opens and closes.
#[derive(Clone, Debug)]
pub struct Config {
    /// Who passes it on; its own topics do not matter.
    pub broker: mqtt::Config,
    /// What to listen to; may hold `+` and `#`.
    pub topic: String,
    /// For whom.
    pub scopes: Vec<Scope>,
    /// In whose name.
    pub who: Who,
}

/// Listens, for ever. Ends with a word in the log if there can be no such connection.
pub(crate) async fn listen(Config { broker, topic, scopes, who }: Config, watch: Watch) {
    let mqtt = match Mqtt::new(broker) {
        Ok(mqtt) => mqtt,
        Err(why) => return tracing::error!("nobody listens to the signal {topic}: {why}"),
    };
    let (said, latest) = channel(None);
    tokio::select! {
        () = follow(&mqtt, &topic, &said) => {}
        () = pass_on(latest, &watch, &who, &scopes) => {}
    }
}

async fn follow(mqtt: &Mqtt, topic: &str, said: &Sender<Option<bool>>) {
    let mut pause = FIRST_PAUSE;
    // One line for each kind of trouble, however often it comes.
    let mut odd = Vec::new();
    loop {
        let mut connected = false;
        let failure = mqtt.follow(topic, &mut connected, |payload| match word(payload) {
            Some(open) => {
                odd.clear();
                said.send_replace(Some(open));
            }
            None if odd == payload => {}
            None => {
                tracing::warn!(
                    "the signal {topic} says {}: expected open or closed, 1 or 0",
                    quoted(payload)
                );
                odd = payload.to_vec();
            }
        });
        let failure = failure.await;
        if connected {
            pause = FIRST_PAUSE;
        }
        if pause == FIRST_PAUSE {
            tracing::warn!("nobody hears the signal {topic} until it is back: {failure}");
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The last word counts, where there come more than the disk can keep.
async fn pass_on(mut latest: Receiver<Option<bool>>, watch: &Watch, who: &Who, scopes: &[Scope]) {
    while latest.changed().await.is_ok() {
        let said = *latest.borrow_and_update();
        let Some(open) = said else { continue };
        for scope in scopes {
            if let Err(why) = watch.ask(who, Request::Signal { scope: scope.clone(), open }).await {
                tracing::warn!(by = who.by(), "a signal for {scope}: {why}");
            }
        }
    }
}

/// What a switch says.
fn word(payload: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(payload).ok()?.trim().to_ascii_lowercase();
    match text.as_str() {
        "open" | "1" | "on" | "true" => Some(true),
        "closed" | "close" | "0" | "off" | "false" => Some(false),
        _ => None,
    }
}

/// As much of it as a log should hold.
fn quoted(payload: &[u8]) -> String {
    let text = String::from_utf8_lossy(payload);
    format!("{:?}", text.chars().take(40).collect::<String>())
}
