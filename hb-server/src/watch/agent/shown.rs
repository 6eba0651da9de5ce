//! The pictures that agents show of their screens: the last of each app, and the last before it stood still. Held in memory,
//! a bounded number, and for no longer than their screen; nothing of them is written down.
//!
//! Not here: how they come and who may look (`http`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hb_core::id::{Identity, OwnedIdentity};

use super::{Caption, Picture};
use crate::notify::message::Message;

/// Apps of which pictures are held: two of 64 KiB each. Who was shown longest ago goes first.
const APPS: usize = 256;
/// Pictures in one message: each is 64 KiB at most.
const IN_MESSAGE: usize = 4;
/// An older one is no picture of what a message tells.
const RECENT: Duration = Duration::from_mins(15);
/// What was not shown anew for so long tells nothing of the screen.
const FRESH: Duration = Duration::from_hours(24);

/// What is held of each app.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pictures(Arc<Mutex<HashMap<OwnedIdentity, Held>>>);

#[derive(Clone, Debug)]
struct Held {
    last: Shown,
    /// The last before it stood still.
    good: Option<Shown>,
}

/// A picture, and since when it is here.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) picture: Picture,
    pub(crate) at: Instant,
}

impl Pictures {
    /// The agent of `id` shows a picture.
    pub(crate) fn show(&self, id: &OwnedIdentity, picture: Picture, at: Instant) {
        let mut held = self.lock();
        held.retain(|_, held| at.saturating_duration_since(held.last.at) < FRESH);
        let before = held.remove(id);
        if held.len() >= APPS {
            let oldest = held.iter().min_by_key(|(_, held)| held.last.at).map(|(id, _)| id.clone());
            oldest.and_then(|oldest| held.remove(&oldest));
        }
        let last = Shown { picture, at };
        // A picture on which something changed may be the first of many that stand: what went before it is the good one.
        let good = before.and_then(|before| {
            let Caption { stuck, black, .. } = before.last.picture.caption;
            let moved = last.picture.caption.still_ms == 0 && !stuck && !black;
            if moved { Some(before.last) } else { before.good }
        });
        held.insert(id.clone(), Held { last, good });
    }

    /// The last picture, or the last before it stood still.
    pub(crate) fn of(&self, id: Identity<'_>, good: bool, now: Instant) -> Option<Shown> {
        let held = self.lock();
        let held = held.get(&id.to_owned())?;
        let shown = if good { held.good.as_ref() } else { Some(&held.last) };
        shown.filter(|shown| now.saturating_duration_since(shown.at) < FRESH).cloned()
    }
    /// The screen is no more.
    pub(in crate::watch) fn forget(&self, id: Identity<'_>) {
        self.lock().remove(&id.to_owned());
    }

    /// The screen is called otherwise; what is shown under its new name already is newer.
    pub(in crate::watch) fn rename(&self, from: Identity<'_>, to: Identity<'_>) {
        let mut held = self.lock();
        if let Some(before) = held.remove(&from.to_owned()) {
            held.entry(to.to_owned()).or_insert(before);
        }
    }

    /// Puts into `message` what the screens show that do not work.
    pub(in crate::watch) fn fill(&self, message: &mut Message, now: Instant) {
        let open = message.incidents.iter_mut().filter(|it| it.until.is_none());
        let mut left = IN_MESSAGE;
        for incident in open {
            let id = Identity::new(&incident.host, &incident.slot, &incident.app).ok();
            let shown = id.filter(|_| left > 0).and_then(|id| self.of(id, false, now));
            let recent = shown.filter(|shown| now.saturating_duration_since(shown.at) < RECENT);
            left -= usize::from(recent.is_some());
            incident.picture = recent.map(|shown| shown.picture.jpeg);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OwnedIdentity, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hb_core::beat::{Cause, State};
    use hb_core::incident::Subject;

    use super::*;
    use crate::notify::message::{Incident, Kind};

    fn id(n: usize) -> OwnedIdentity {
        Identity::new("h", "", &format!("x{n}")).unwrap().to_owned()
    }

    fn picture(still_ms: u64, last: u8) -> Picture {
        let caption = Caption { stuck: still_ms > 1_000, black: false, still_ms };
        Picture { caption, jpeg: Bytes::copy_from_slice(&[0xFF, 0xD8, 0xFF, last]) }
    }

    #[test]
    fn the_last_and_the_last_good_one_are_held_for_a_day() {
        let (pictures, start) = (Pictures::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let last = |good, now| pictures.of(id(1).borrow(), good, now).map(|shown| shown.picture.jpeg[3]);
        for (second, still_ms) in [(1, 0), (2, 0), (3, 1_000), (4, 2_000)] {
            pictures.show(&id(1), picture(still_ms, second as u8), at(second));
        }
        assert_eq!(
            (last(false, at(5)), last(true, at(5))),
            (Some(4), Some(1)),
            "the second is the one that stands"
        );
        assert_eq!(last(false, at(4) + FRESH), None, "it says nothing of now");
        assert!(pictures.of(id(2).borrow(), false, at(5)).is_none());
    }

    #[test]
    fn no_more_are_held_than_there_is_room_for() {
        let (pictures, start) = (Pictures::default(), Instant::now());
        for n in 0..APPS + 3 {
            pictures.show(&id(n), picture(0, 1), start + Duration::from_millis(n as u64));
        }
        assert_eq!(pictures.0.lock().unwrap().len(), APPS);
        let is_held = |n: usize| pictures.of(id(n).borrow(), false, start + Duration::from_secs(2)).is_some();
        assert_eq!([0, 2, 3, APPS + 2].map(is_held), [false, false, true, true]);
    }
    #[test]
    fn none_is_shown_of_who_is_no_more_and_what_has_moved_took_its_own_along() {
        let (pictures, now) = (Pictures::default(), Instant::now());
        let last = |n| pictures.of(id(n).borrow(), false, now).map(|shown| shown.picture.jpeg[3]);
        pictures.show(&id(1), picture(0, 1), now);
        pictures.rename(id(1).borrow(), id(2).borrow());
        assert_eq!((last(1), last(2)), (None, Some(1)));
        pictures.show(&id(3), picture(0, 3), now);
        pictures.rename(id(2).borrow(), id(3).borrow());
        assert_eq!((last(2), last(3)), (None, Some(3)));
        pictures.forget(id(3).borrow());
        assert_eq!(last(3), None);
    }

    #[test]
    fn a_message_shows_a_few_of_those_that_do_not_work_as_they_are_now() {
        let (pictures, start) = (Pictures::default(), Instant::now());
        let about = |n: usize| {
            let subject = Subject::App(id(n));
            Incident::new(1, &subject, (State::Stalled, Cause::PictureStuck), 0)
        };
        let mut incidents: Vec<Incident> = (0..8).map(about).collect();
        incidents[0].until = Some(1);
        let mut message = Message { kind: Kind::Opening, at: 0, incidents, ready: None };
        pictures.show(&id(1), picture(0, 1), start);
        let now = start + RECENT;
        (2..8).filter(|&n| n != 3).chain([0]).for_each(|n| pictures.show(&id(n), picture(0, n as u8), now));
        pictures.fill(&mut message, now);
        let with: Vec<usize> = (0..8).filter(|&n| message.incidents[n].picture.is_some()).collect();
        assert_eq!(with, [2, 4, 5, 6], "it works again; too old; none; enough");
        let kept = serde_json::to_string(&message).unwrap();
        assert!(!kept.contains("picture\""), "no picture waits in the memory: {kept}");
    }
}
