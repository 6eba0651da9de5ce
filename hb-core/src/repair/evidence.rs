//! What counts as evidence that a screen is broken. Silence is not in the list, and that is the point: no repair comes
//! from silence alone (spec/liveness.md 3, law 11).
//!
//! Not here: how long evidence must last ([`super::Config`]).

use crate::beat::Diagnosis;

/// A proof that the picture does not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The client says: no frame for `stallAfter` while visible.
    NoFrames,
    /// The client's worker says: the page's script does not answer.
    MainBlocked,
    /// The client says: a GL context is lost.
    ContextLost,
    /// The client says: the GPU finishes nothing.
    GpuStuck,
    /// The client says: the picture does not change.
    PictureStuck,
    /// The process that draws has exited; a supervisor says so.
    Exited,
    /// The browser is dead while the agent of its host answers.
    BrowserDead,
}

impl Evidence {
    /// Every value, in order.
    pub const ALL: &[Self] = &[
        Self::NoFrames,
        Self::MainBlocked,
        Self::ContextLost,
        Self::GpuStuck,
        Self::PictureStuck,
        Self::Exited,
        Self::BrowserDead,
    ];

    /// The client's own bad state as evidence; `None` for a good one.
    ///
    /// ```
    /// use hb_core::beat::Diagnosis;
    /// use hb_core::repair::Evidence;
    ///
    /// assert_eq!(Evidence::of(Diagnosis::GpuStuck), Some(Evidence::GpuStuck));
    /// assert_eq!(Evidence::of(Diagnosis::Slow), None);
    /// ```
    #[must_use]
    pub const fn of(diagnosis: Diagnosis) -> Option<Self> {
        match diagnosis {
            Diagnosis::NoFrames => Some(Self::NoFrames),
            Diagnosis::MainBlocked => Some(Self::MainBlocked),
            Diagnosis::ContextLost => Some(Self::ContextLost),
            Diagnosis::GpuStuck => Some(Self::GpuStuck),
            Diagnosis::PictureStuck => Some(Self::PictureStuck),
            Diagnosis::Starting
            | Diagnosis::Ok
            | Diagnosis::Slow
            | Diagnosis::Idle
            | Diagnosis::Hidden
            | Diagnosis::Frozen
            | Diagnosis::Leaving => None,
        }
    }

    /// The word for this value: that of the client's state, or `exited`, `browser-dead`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoFrames => Diagnosis::NoFrames.word(),
            Self::MainBlocked => Diagnosis::MainBlocked.word(),
            Self::ContextLost => Diagnosis::ContextLost.word(),
            Self::GpuStuck => Diagnosis::GpuStuck.word(),
            Self::PictureStuck => Diagnosis::PictureStuck.word(),
            Self::Exited => "exited",
            Self::BrowserDead => "browser-dead",
        }
    }

    /// The value for a word; `None` if there is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|evidence| evidence.word() == word)
    }
}

/// A set of [`Evidence`].
///
/// ```
/// use hb_core::repair::{Evidence, Signs};
///
/// let gone = Signs::of(&[Evidence::Exited, Evidence::BrowserDead]);
/// assert!(gone.has(Evidence::Exited) && !gone.has(Evidence::NoFrames));
/// assert!(Signs::ANY.meets(gone) && !Signs::CLIENT.meets(gone));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(u8);

impl Signs {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Everything that a client says of itself.
    pub const CLIENT: Self = Self::of(&[
        Evidence::NoFrames,
        Evidence::MainBlocked,
        Evidence::ContextLost,
        Evidence::GpuStuck,
        Evidence::PictureStuck,
    ]);
    /// What a client says of itself while the page's script still runs: nothing else hears that it should load again.
    pub const RESPONSIVE: Self =
        Self::of(&[Evidence::NoFrames, Evidence::ContextLost, Evidence::GpuStuck, Evidence::PictureStuck]);
    /// Everything.
    pub const ANY: Self = Self::of(Evidence::ALL);

    /// The set of these.
    #[must_use]
    pub const fn of(list: &[Evidence]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < list.len() {
            bits |= 1 << list[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether it holds `evidence`.
    #[must_use]
    pub const fn has(self, evidence: Evidence) -> bool {
        self.0 & 1 << evidence as u8 != 0
    }

    /// Whether the two have something in common.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it holds nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What happened outside the page, where there is any: the last words of a page whose process is gone are history,
    /// and nobody there hears a reload.
    #[must_use]
    pub(super) const fn weightiest(self) -> Self {
        let outside = Self(self.0 & !Self::CLIENT.0);
        if outside.is_empty() { self } else { outside }
    }

    pub(super) const fn add(&mut self, evidence: Evidence) {
        self.0 |= 1 << evidence as u8;
    }
}

/// The strongest that is in both: what happened outside the page before what the page says.
pub(super) fn strongest(signs: Signs, when: Signs) -> Option<Evidence> {
    Evidence::ALL.iter().rev().copied().find(|&evidence| signs.has(evidence) && when.has(evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_of_a_client_is_what_the_vocabulary_calls_bad_and_nothing_else() {
        for &diagnosis in Diagnosis::ALL {
            let evidence = Evidence::of(diagnosis);
            assert_eq!(evidence.is_some(), diagnosis.is_bad(), "{diagnosis}");
            if let Some(evidence) = evidence {
                assert_eq!(evidence.word(), diagnosis.word());
                assert!(Signs::CLIENT.has(evidence));
            }
        }
        for &evidence in Evidence::ALL {
            assert_eq!(Evidence::from_word(evidence.word()), Some(evidence));
        }
        assert_eq!(Evidence::from_word("silence"), None, "law 11");
    }
}
