//! Where is this page load now? An index of live boots, by which an app is found again at another address, and the
//! presence sockets that opened before their page's first beat.
//!
//! Not here: what a move means ([`super`]).

use alloc::collections::VecDeque;
use core::hash::Hasher;

use hashbrown::HashTable;
use hb_lease::lease::Slot;
use hb_lease::time::Time;
use siphasher::sip::SipHasher13;

use super::Apps;
use super::session::Socket;
use crate::defaults::PRESENCE_WAIT;
use crate::id::{Boot, Fingerprint, HashKey, Identity};

/// Sockets that may wait for their page in one shard; the oldest goes first.
const WAITING: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Boots {
    live: HashTable<Slot>,
    waiting: VecDeque<(Fingerprint, Boot, Time)>,
}

fn hash(key: &HashKey, id: Identity<'_>, boot: Boot) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(key.0, key.1);
    for part in [id.slot(), id.app(), boot.as_str()] {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xFF);
    }
    hasher.finish()
}

impl Boots {
    /// The app of this name, in any place, whose live page is `boot`.
    pub(super) fn find(&self, apps: &Apps, key: &HashKey, id: Identity<'_>, boot: Boot) -> Option<Slot> {
        let same = |&slot: &Slot| {
            let app = apps.value(slot);
            app.live_boot() == Some(boot) && app.is_namesake(id)
        };
        self.live.find(hash(key, id, boot), same).copied()
    }

    /// Adds the live page of `slot`, if it has one.
    pub(super) fn remember(&mut self, apps: &Apps, slot: Slot, key: &HashKey) {
        let app = apps.value(slot);
        let Some(boot) = app.boot() else { return };
        let rehash = |&slot: &Slot| {
            let app = apps.value(slot);
            app.boot().map_or(0, |boot| hash(key, app.id(), boot))
        };
        self.live.insert_unique(hash(key, app.id(), boot), slot, rehash);
    }

    /// Removes the page `boot` of `slot`.
    pub(super) fn forget(&mut self, apps: &Apps, slot: Slot, key: &HashKey, boot: Option<Boot>) {
        let Some(boot) = boot else { return };
        let hash = hash(key, apps.value(slot).id(), boot);
        if let Ok(found) = self.live.find_entry(hash, |&at| at == slot) {
            found.remove();
        }
    }

    /// Notes a socket whose page has not beaten yet, or that such a socket closed.
    pub(super) fn expect(&mut self, now: Time, app: Fingerprint, boot: Boot, open: bool) {
        self.waiting.retain(|&(who, which, until)| until > now && (who, which) != (app, boot));
        if open {
            if self.waiting.len() >= WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back((app, boot, now + PRESENCE_WAIT));
        }
    }

    /// The page `boot` beats: if its socket waited for it, `note` is told.
    pub(super) fn greet(&mut self, now: Time, app: Fingerprint, boot: Boot, note: impl FnOnce(Socket)) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting.retain(|&(_, _, until)| until > now);
        let waited = self.waiting.len();
        self.waiting.retain(|&(who, which, _)| (who, which) != (app, boot));
        if self.waiting.len() < waited {
            note(Socket::Open);
        }
    }
}
