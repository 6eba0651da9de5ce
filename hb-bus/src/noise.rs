//! Bytes of every kind for what reads them: wholly random ones, and good ones spoilt a little. In tests only.

use crate::runtime::{Runtime, Simulation};

/// How many inputs each parser gets.
pub(crate) const INPUTS: usize = 10_000;

/// A source of spoilt bytes. The same seed spoils the same way.
pub(crate) struct Noise(Simulation);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Simulation::new(seed))
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&self, limit: usize) -> usize {
        (self.0.random() % limit as u64) as usize
    }

    /// Random bytes, or one of `good` with something cut, turned, doubled, put in, or nothing at all.
    pub(crate) fn bytes(&self, good: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = good[self.below(good.len())].clone();
        for _ in 0..self.below(4) {
            let (from, to) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            match self.below(6) {
                0 => bytes.truncate(from),
                1 => drop(bytes.drain(from..to)),
                2 => bytes.extend_from_within(from..to),
                3 => bytes[from..to].iter_mut().take(4).for_each(|byte| *byte = self.0.random() as u8),
                4 => drop(bytes.splice(
                    from..from,
                    b"\"{}[]:,;\\\x00\xff\x80=/.0-".iter().copied().take(self.below(17)),
                )),
                _ => bytes = (0..self.below(64)).map(|_| self.0.random() as u8).collect(),
            }
        }
        bytes
    }

    /// The same as text, where it is none with marks in place.
    pub(crate) fn text(&self, good: &[&str]) -> String {
        let good: Vec<_> = good.iter().map(|text| text.as_bytes().to_vec()).collect();
        String::from_utf8_lossy(&self.bytes(&good)).into_owned()
    }
}
