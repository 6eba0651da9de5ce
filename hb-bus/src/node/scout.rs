//! Keeps those connected that were found.
//!
//! Not here: when to try again (`dials`), and how to meet.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};

use super::dials::Dial;
use super::discovery::Sighting;
use super::meeting::MeetError;
use super::peers::Refusal;
use super::{Event, Shared, lock};
use crate::runtime::timeout;
use crate::sync::Arc;

impl Shared {
    /// Notes what is found.
    pub(super) async fn look(self: Arc<Self>, mut sightings: Pin<Box<dyn Stream<Item = Sighting> + Send>>) {
        while let Some(Some(sighting)) = self.stop.run_until_cancelled(sightings.next()).await {
            lock(&self.state).dials.sighted(self.runtime().now(), sighting);
            self.changed.notify_one();
        }
    }

    /// Dials whoever is to be dialled.
    pub(super) async fn scout(self: Arc<Self>) {
        while !self.stop.is_cancelled() {
            let now = self.runtime().now();
            let (due, next) = {
                let state = &mut *lock(&self.state);
                let due = state.dials.due(now, |name| state.peers.wanted(name));
                (due, state.dials.next_timeout())
            };
            for dial in due {
                self.runtime().spawn(Box::pin(Arc::clone(&self).attempt(dial)));
            }
            let wait = next.map(|at| at.since(now));
            let changed = timeout(&**self.runtime(), wait, self.changed.notified());
            // Either is a reason to look again.
            let _ = self.stop.run_until_cancelled(changed).await;
        }
    }

    async fn attempt(self: Arc<Self>, dial: Dial) {
        let met = self.dial(&dial.endpoint, dial.name).await;
        let there = match &met {
            // Somebody else has connected us meanwhile, or it is nobody but ourselves.
            Ok(name) | Err(MeetError::Refused(Refusal::Known(name))) => Some(*name),
            Err(MeetError::Refused(Refusal::Oneself)) => Some(self.settings.name),
            Err(_) => None,
        };
        let mut state = lock(&self.state);
        // It may have left again before this was noted.
        let there = there.filter(|name| !state.peers.wanted(*name));
        state.dials.finished(self.runtime().now(), &dial.endpoint, there);
        drop(state);
        self.changed.notify_one();
        if let (Err(error), None) = (met, there) {
            self.events.tell(&Event::NotMet { endpoint: dial.endpoint, reason: error.to_string() });
        }
    }
}
