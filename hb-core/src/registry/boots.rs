//! Where is this page load now? An index of live boots, by which an app is found again at another address, and the
//! presence sockets that opened before their page's first beat.
//!
//! A boot is live in one place at a time, and only there is it indexed: however many said goodbye under one boot, a beat
//! meets none of them.
//! Not here: what a move means ([`super`]).

use alloc::collections::VecDeque;
use core::hash::Hasher;

use hashbrown::HashTable;
use hb_lease::lease::Slot;
use hb_lease::time::Time;
use siphasher::sip::SipHasher13;

use super::Apps;
use crate::defaults::PRESENCE_WAIT;
use crate::id::{Boot, Fingerprint, HashKey, Identity};

/// Sockets that may wait for their page in one shard; the oldest goes first.
const WAITING: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Boots {
    live: HashTable<Slot>,
    waiting: VecDeque<Waiting>,
}

/// A page whose sockets came before its first beat.
#[derive(Debug)]
struct Waiting {
    app: Fingerprint,
    boot: Boot,
    until: Time,
    sockets: u16,
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
        let Some(boot) = app.live_boot() else { return };
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
        self.waiting.retain(|page| page.until > now);
        let known = self.waiting.iter().position(|page| (page.app, page.boot) == (app, boot));
        let known = known.and_then(|at| self.waiting.remove(at)).map_or(0, |page| page.sockets);
        let sockets = if open { known.saturating_add(1) } else { known.saturating_sub(1) };
        if sockets > 0 {
            if self.waiting.len() >= WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Waiting { app, boot, until: now + PRESENCE_WAIT, sockets });
        }
    }

    /// The page `boot` beats: how many sockets waited for it.
    pub(super) fn greet(&mut self, now: Time, app: Fingerprint, boot: Boot) -> u16 {
        if self.waiting.is_empty() {
            return 0;
        }
        self.waiting.retain(|page| page.until > now);
        let known = self.waiting.iter().position(|page| (page.app, page.boot) == (app, boot));
        known.and_then(|at| self.waiting.remove(at)).map_or(0, |page| page.sockets)
    }
}

#[cfg(test)]
impl Boots {
    /// How many live pages are remembered, and how many wait.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.live.len(), self.waiting.len())
    }

    /// The places that are looked through for one boot, at most.
    pub(super) fn longest(&self, apps: &Apps, key: &HashKey) -> usize {
        let hashes = self.live.iter().filter_map(|&slot| {
            let app = apps.value(slot);
            Some(hash(key, app.id(), app.boot()?))
        });
        hashes.map(|hash| self.live.iter_hash(hash).count()).max().unwrap_or(0)
    }
}
