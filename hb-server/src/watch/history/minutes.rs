//! The last hour of each app, minute by minute: what an hour's row is too coarse for. In memory only: a restart begins anew.
//!
//! Bounded: of so many apps and no more, the first that were seen. Not here: what is kept ([`super::tally`]).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hb_core::id::{Identity, OwnedIdentity};
use hb_core::registry::Snapshot;
use hb_lease::time::Wall;

/// How far back, in minutes, and one more to begin with.
const LENGTH: usize = 61;
/// Older than this nobody asks for, in ms.
const OLDEST: i64 = 65 * 60 * 1_000;
/// Apps of which this is known: some 7 MB.
const MOST: usize = 5_000;

/// A look at an app, once a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minute {
    /// When.
    pub at: Wall,
    /// Pictures a second, just then.
    pub fps: Option<f32>,
    /// The longest pause between two pictures that it told of, in ms.
    pub gap: Option<u32>,
    /// Beats since the look before; `None` for the first look.
    pub beats: Option<u32>,
}

/// The last hour of all apps; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Minutes(Arc<Mutex<HashMap<OwnedIdentity, Past>>>);

#[derive(Debug, Default)]
struct Past {
    minutes: VecDeque<Minute>,
    /// As the app counted them last.
    beats: u64,
}

impl Minutes {
    /// The last hour of an app, the oldest first.
    #[must_use]
    pub fn of(&self, id: Identity<'_>) -> Vec<Minute> {
        self.lock().get(&id.to_owned()).map(|past| past.minutes.iter().copied().collect()).unwrap_or_default()
    }

    /// Takes a look at an app.
    pub(super) fn note(&self, app: &Snapshot, at: Wall) {
        let mut all = self.lock();
        if !all.contains_key(&app.id) && all.len() >= MOST {
            return;
        }
        let past = all.entry(app.id.clone()).or_default();
        // Counted anew after it was forgotten.
        let beats = (!past.minutes.is_empty() && app.beats >= past.beats).then(|| app.beats - past.beats);
        past.beats = app.beats;
        if past.minutes.len() == LENGTH {
            past.minutes.pop_front();
        }
        past.minutes.push_back(Minute {
            at,
            fps: app.fps.filter(|fps| fps.is_finite() && *fps >= 0.0),
            gap: app.vitals.gap,
            beats: beats.map(|beats| u32::try_from(beats).unwrap_or(u32::MAX)),
        });
    }

    /// An app is called otherwise now; who is there already keeps what is its own.
    pub(super) fn rename(&self, from: &OwnedIdentity, to: &OwnedIdentity) {
        let mut all = self.lock();
        if let Some(past) = all.remove(from) {
            all.entry(to.clone()).or_insert(past);
        }
    }

    /// Who was not looked at for an hour makes room.
    pub(super) fn sweep(&self, now: Wall) {
        let oldest = now.as_unix_millis().saturating_sub(OLDEST);
        self.lock()
            .retain(|_, past| past.minutes.back().is_some_and(|last| last.at.as_unix_millis() >= oldest));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnedIdentity, Past>> {
        // Nothing that holds this lock can leave half a minute behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
