//! Where is the lease of this key? Hashes to slots, found with one look at far memory.
//!
//! Open addressing with linear probing over words of 64 bits: half a hash beside the slot, so that a probe needs no
//! second table of tags, and growing or removing asks nobody for a key again. At a million leases each look at far
//! memory costs more than all the arithmetic of a beat; that is why this is not a general hash map. Not here: keys.

use alloc::boxed::Box;
use alloc::vec;

/// Few enough that an empty table costs next to nothing.
const LEAST: usize = 8;

/// Slots by the hash of their key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Half a hash, then the slot plus one; 0 where there is none. Their number is 0 or a power of two, and at most
    /// three in four are taken, so that a search ends soon.
    words: Box<[u64]>,
    len: usize,
}

impl Index {
    /// Number of slots held.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The slot under `hash` for which `is` holds.
    pub(crate) fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        self.place(half(hash), is).map(|at| slot(self.words[at]))
    }

    /// Adds `slot` under `hash`. The caller sees to it that it is not there already.
    pub(crate) fn insert(&mut self, hash: u64, slot: u32) {
        if self.len >= self.words.len() / 4 * 3 {
            self.grow();
        }
        self.put(u64::from(half(hash)) << 32 | (u64::from(slot) + 1));
        self.len += 1;
    }

    /// Takes `wanted` out from under `hash`; does nothing if it is not there.
    pub(crate) fn remove(&mut self, hash: u64, wanted: u32) {
        let Some(mut hole) = self.place(half(hash), |slot| slot == wanted) else { return };
        self.len -= 1;
        let mask = self.words.len() - 1;
        // Whoever was pushed past the hole moves up, so that no search ends too early.
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let word = self.words[at];
            if word == 0 {
                break;
            }
            let pushed = at.wrapping_sub(self.home((word >> 32) as u32)) & mask;
            if pushed >= at.wrapping_sub(hole) & mask {
                self.words[hole] = word;
                hole = at;
            }
        }
        self.words[hole] = 0;
    }

    /// Where the word with this half of a hash stands, for which `is` holds.
    fn place(&self, half: u32, mut is: impl FnMut(u32) -> bool) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut at = self.home(half);
        loop {
            let word = self.words[at];
            if word == 0 {
                return None;
            }
            if (word >> 32) as u32 == half && is(slot(word)) {
                return Some(at);
            }
            at = (at + 1) & (self.words.len() - 1);
        }
    }

    /// Where the search for this half of a hash begins: its upper bits.
    fn home(&self, half: u32) -> usize {
        ((u64::from(half) * self.words.len() as u64) >> 32) as usize
    }

    fn put(&mut self, word: u64) {
        let mut at = self.home((word >> 32) as u32);
        while self.words[at] != 0 {
            at = (at + 1) & (self.words.len() - 1);
        }
        self.words[at] = word;
    }

    fn grow(&mut self) {
        let room = (self.words.len() * 2).max(LEAST);
        let words = core::mem::replace(&mut self.words, vec![0; room].into_boxed_slice());
        words.into_iter().filter(|&word| word != 0).for_each(|word| self.put(word));
    }
}

/// The half of a hash that is kept. The factor (2^64 / golden ratio) spreads hashes that are hardly any.
fn half(hash: u64) -> u32 {
    (hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

fn slot(word: u64) -> u32 {
    (word as u32).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Few hashes, so that many slots share one and their runs meet, also around the end (8 begins at 0.94 of it).
        #[test]
        fn holds_what_was_put_in_and_not_taken_out(
            steps in prop::collection::vec((any::<bool>(), 0..40_u32, prop::sample::select(&[0, 1, 2, 8, u64::MAX][..])), 1..120),
        ) {
            let mut index = Index::default();
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            let mut peak = 0;
            for (insert, slot, hash) in steps {
                if insert {
                    model.entry(slot).or_insert_with(|| {
                        index.insert(hash, slot);
                        hash
                    });
                } else {
                    index.remove(model.remove(&slot).unwrap_or(hash), slot);
                }
                prop_assert_eq!(index.len(), model.len());
                peak = model.len().max(peak);
                prop_assert!(index.words.len() <= (4 * peak).max(LEAST), "{} words for {}", index.words.len(), peak);
                for slot in 0..40 {
                    let hash = model.get(&slot).copied().unwrap_or(hash);
                    let expected = model.contains_key(&slot).then_some(slot);
                    prop_assert_eq!(index.find(hash, |found| found == slot), expected);
                }
            }
        }
    }

    #[test]
    fn the_first_and_the_last_slot_are_slots_like_others() {
        let mut index = Index::default();
        for slot in [0, u32::MAX - 1] {
            assert_eq!(index.find(0, |found| found == slot), None);
            index.insert(0, slot);
            assert_eq!(index.find(0, |found| found == slot), Some(slot));
        }
    }
}
