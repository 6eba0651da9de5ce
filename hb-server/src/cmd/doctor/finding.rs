//! What a check found: how bad it is, what it is, what to do. Not here: the checks.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Fine,
    /// Somebody should look at it.
    Doubt,
    Wrong,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) level: Level,
    pub(super) says: String,
    /// What to do; a fine thing may have something to know.
    pub(super) advice: Option<String>,
}

impl Level {
    /// The exit code where nothing is worse.
    pub(super) const fn code(self) -> u8 {
        self as u8
    }

    /// For programs.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Doubt => "look",
            Self::Wrong => "wrong",
        }
    }

    /// For people, who find what is wrong at a glance.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Wrong => "WRONG",
            fine => fine.word(),
        }
    }
}

impl Finding {
    pub(super) fn fine(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, level: Level::Fine, says: says.into(), advice: None }
    }

    pub(super) fn doubt(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Doubt, says: says.into(), advice: Some(advice.into()) }
    }

    pub(super) fn wrong(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Wrong, says: says.into(), advice: Some(advice.into()) }
    }

    /// With something to know.
    pub(super) fn and(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}
