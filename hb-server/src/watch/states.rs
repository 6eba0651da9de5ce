//! What every app is, retained by the MQTT brokers among the channels, for show controls and Home Assistant.
//!
//! Each broker has a task of its own: one that hangs keeps nobody waiting. What changed is published at once, everything
//! at the start, after trouble, and once a minute: a view that is told nothing turns unknown there. What is retained of an
//! app that is no more is taken away, also if it went while the broker or this server was away. Not here: what stands
//! under which topic (`notify::channel::mqtt::topics`), messages to people (`post`).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hb_bus::bus::{Filter, Received};
use hb_bus::message::Topic;
use hb_core::beat::{By, Cause, State};
use hb_core::id::{Identity, OwnedIdentity};
use hb_core::registry::EventKind;
use hb_core::verdict::Nagios;
use hb_lease::time::Wall;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use crate::engine::{Dated, Engine, Happening};
use crate::notify;
use crate::notify::channel::Channel;
use crate::notify::channel::mqtt::Mqtt;
use crate::notify::channel::mqtt::topics::{Publication, Topics};

use super::{Machine, Told, Verdict, Watch, What};

/// Happenings that may wait for us; beyond that everything is published anew.
const QUEUE: usize = 4096;
/// How often everything is told: a third of what Home Assistant waits for.
const AGAIN: Duration = Duration::from_secs(60);
/// How long a broker may take for all of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// After the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The brokers among the channels, each of which is to be told by [`publish`].
pub(crate) fn brokers(alerts: &notify::Config) -> Vec<Arc<Channel>> {
    let channels = alerts.channels.iter().map(|named| Arc::clone(&named.channel));
    channels.filter(|channel| matches!(**channel, Channel::Mqtt(_))).collect()
}

/// Publishes to one broker, for ever. Ends at once for a channel that is none.
pub(crate) async fn publish(channel: Arc<Channel>, engine: Engine, watch: Watch) {
    let Channel::Mqtt(mqtt) = &*channel else { return };
    let topics = ["hb.transition", "hb.event", "hb.standing"].map(Topic::from_static);
    let mut happenings = engine.bus().subscribe(Filter::only(topics).queue(QUEUE));
    let mut again = interval_at(Instant::now() + AGAIN, AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut desk = Desk::new(engine, watch).await;
    let mut pause = FIRST_PAUSE;
    loop {
        match tell(mqtt, desk.due(mqtt.topics())).await {
            Ok(()) => {
                pause = FIRST_PAUSE;
                desk.gone.clear();
            }
            Err(why) => {
                if pause == FIRST_PAUSE {
                    tracing::warn!("states are not published: {why}");
                }
                // Whatever it has of them may be gone.
                desk.all = true;
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        }
        tokio::select! {
            _ = again.tick() => desk.all = true,
            received = happenings.recv() => if !desk.hear(&received) { return },
        }
        // What happens at once is told at once.
        while let Some(received) = happenings.try_recv() {
            if !desk.hear(&received) {
                return;
            }
        }
    }
}

async fn tell(mqtt: &Mqtt, publications: Vec<Publication>) -> Result<(), String> {
    if publications.is_empty() {
        return Ok(());
    }
    match timeout(PATIENCE, mqtt.publish(publications)).await {
        Ok(told) => told.map_err(|failure| failure.to_string()),
        Err(_) => Err(format!("the broker did not take them within {} s", PATIENCE.as_secs())),
    }
}

/// What one broker was told, and what it is to be told.
struct Desk {
    engine: Engine,
    watch: Watch,
    /// Apps that it may have something of.
    told: BTreeSet<OwnedIdentity>,
    /// Those that are no more, of which it was told nothing yet.
    gone: BTreeSet<OwnedIdentity>,
    changed: BTreeSet<OwnedIdentity>,
    all: bool,
}

/// What is published of an app.
struct Shown {
    /// And who speaks.
    verdict: (State, Cause, Option<By>),
    nagios: Nagios,
    since: Wall,
}

impl Desk {
    /// Of all whose name the memory knows an earlier run may have told.
    async fn new(engine: Engine, watch: Watch) -> Self {
        let asked = watch.clone();
        let names = tokio::task::spawn_blocking(move || asked.names()).await;
        let told = names.unwrap_or_default().into_iter().collect();
        Self { engine, watch, told, gone: BTreeSet::new(), changed: BTreeSet::new(), all: true }
    }

    /// Whether there may be more to hear.
    fn hear(&mut self, received: &Received) -> bool {
        match received {
            Received::Closed => return false,
            Received::Missed(_) => self.all = true,
            Received::Message { message, .. } => {
                if let Some(Dated { happening, .. }) = message.value() {
                    self.note(happening);
                } else if let Some(Told { what: What::Standing(id), .. }) = message.value() {
                    self.changed.insert(id.clone());
                }
            }
        }
        true
    }

    fn note(&mut self, happening: &Happening) {
        match happening {
            Happening::Transition { transition, .. } => {
                self.changed.insert(transition.id.clone());
            }
            Happening::Event(event) => {
                self.changed.insert(event.id.clone());
                if let EventKind::Moved { from: other } | EventKind::Replaced { by: other, .. } = &event.kind
                {
                    let this = event.id.borrow();
                    let other = Identity::new(other, this.slot(), this.app());
                    self.changed.extend(other.ok().map(|other| other.to_owned()));
                }
            }
            Happening::Pause { .. } => {}
        }
    }

    fn due(&mut self, topics: &Topics) -> Vec<Publication> {
        let mut changed = std::mem::take(&mut self.changed);
        let all = std::mem::take(&mut self.all);
        changed.extend(std::mem::take(&mut self.gone));
        if all {
            // Whoever was told of and is no more, too.
            changed.extend(self.told.iter().cloned());
            self.engine.for_each(|snapshot| changed.extend([snapshot.id]));
            let unheard = self.watch.look(Machine::unheard);
            changed.extend(unheard.into_iter().map(|(id, ..)| id));
        }
        let mut due = Vec::new();
        for id in changed {
            let app = id.borrow();
            let Some(Shown { verdict, nagios, since }) = self.shown(app) else {
                due.extend(topics.forgotten(app));
                self.told.remove(&id);
                self.gone.insert(id);
                continue;
            };
            let new = self.told.insert(id.clone());
            due.extend(topics.discovery(app).filter(|_| all || new));
            due.push(topics.state(app, verdict, nagios, &stamp(since)));
        }
        due
    }

    /// How an app is; `None` where there is none of that name.
    fn shown(&self, id: Identity<'_>) -> Option<Shown> {
        let snapshot = self.engine.snapshot(id);
        let standing = self.watch.look(|machine, at| machine.standing(at, id));
        let Some(app) = snapshot else {
            // A dark place where nobody was ever heard.
            let nagios = if standing.is_excused() { Nagios::Ok } else { Nagios::Critical };
            let verdict = (State::Missing, Cause::None, None);
            return standing.missing.map(|since| Shown { verdict, nagios, since });
        };
        let clock = self.engine.clock();
        let now = clock.now();
        let Verdict { state, cause, nagios, .. } = standing.verdict(&app, now, clock.wall(now));
        let since = standing.missing.unwrap_or_else(|| clock.wall(app.since));
        Some(Shown { verdict: (state, cause, app.vitals.by), nagios, since })
    }
}

fn stamp(at: Wall) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at.as_unix_millis());
    stamp.map(|stamp| format!("{stamp:.3}")).unwrap_or_default()
}
