//! Who asked for something, and from where (spec/liveness.md 3, law 12). Not here: whether they may.

use alloc::string::String;

use super::seen;

/// A person, for the audit: what somebody asked for says who and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    by: String,
    from: String,
}

impl Who {
    /// Longest name and longest place, in characters.
    pub const MOST: usize = 64;

    /// `by` from `from` (an address, `cli`, a topic), each cut after [`Who::MOST`] characters and without those that
    /// cannot be seen.
    ///
    /// ```
    /// let who = hb_core::id::Who::new("Ada\n", "10.0.0.7");
    /// assert_eq!((who.by(), who.from()), ("Ada", "10.0.0.7"));
    /// ```
    #[must_use]
    pub fn new(by: &str, from: &str) -> Self {
        let clean = |text| seen(text).filter(|&(_, seen)| seen).map(|(c, _)| c).take(Self::MOST).collect();
        Self { by: clean(by), from: clean(from) }
    }

    /// Who.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// From where.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }
}
