//! The key switch and the show control by MQTT: what they say of a topic opens and closes something.
//!
//! Each topic has a task and a connection of its own. What a broker retained counts from the moment it arrives first: when a
//! connection comes back, the word that was heard before it went is no new one, and a person who said otherwise since then
//! stays right. Not here:
//! what a signal means (`hb_core::window`), signals by API (`http`).

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use hb_core::id::Who;
use hb_core::window::Scope;
use tokio::sync::watch::{Receiver, Sender, channel};
use tokio::time::sleep;

use crate::notify::channel::mqtt::{self, Heard, Mqtt};

use super::{Request, Watch};

/// After the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Topics whose last word is remembered, of those that one pattern listens to.
const MOST_TOPICS: usize = 1_000;

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
    let mut words = Words::default();
    loop {
        let mut connected = false;
        let failure = mqtt.follow(topic, &mut connected, |heard| match word(heard.payload) {
            Some(open) => {
                odd.clear();
                if words.is_new(heard, open) {
                    said.send_replace(Some(open));
                } else {
                    let word = if open { "open" } else { "closed" };
                    tracing::info!(
                        "the signal {topic} is heard again: {word}, as before, which changes nothing"
                    );
                }
            }
            None if odd == heard.payload => {}
            None => {
                tracing::warn!(
                    "the signal {topic} says {}: expected open or closed, 1 or 0",
                    quoted(heard.payload)
                );
                odd = heard.payload.to_vec();
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

/// The last word of each topic, for as long as this server runs.
#[derive(Debug, Default)]
struct Words(BTreeMap<String, bool>);

impl Words {
    /// Whether somebody says it now, or said it while nobody listened.
    fn is_new(&mut self, heard: Heard<'_>, open: bool) -> bool {
        if self.0.len() >= MOST_TOPICS && !self.0.contains_key(heard.topic) {
            return true;
        }
        self.0.insert(heard.topic.to_owned(), open) != Some(open) || !heard.old
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
