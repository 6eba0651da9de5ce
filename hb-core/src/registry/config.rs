//! How apps are judged: the knobs, and the policies with their words. Not here: the defaults' reasons
//! ([`crate::defaults`]).

use core::time::Duration;

use crate::defaults;

/// When a silent app is late and down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// [`Ratio::PROMPT`](crate::detect::Ratio::PROMPT) for clients that send `v`, [`Ratio::PATIENT`](crate::detect::Ratio::PATIENT) for older ones; records stay.
    #[default]
    Auto,
    /// [`Ratio::PROMPT`](crate::detect::Ratio::PROMPT) for all.
    Strict,
    /// [`Ratio::HILBERT`](crate::detect::Ratio::HILBERT), as the reference server.
    Hilbert,
}

/// How apps are judged. [`Config::default`] is what [`crate::defaults`] says.
#[derive(Clone, Debug)]
pub struct Config {
    /// When a silent app is late and down.
    pub policy: Policy,
    /// Added to every promise.
    pub tolerance: Duration,
    /// Whether what was learned of an app's late beats is added too, by the judge alone; never under [`Policy::Hilbert`].
    pub slack: bool,
    /// Age of the last frame from which a visible picture counts as frozen, where the client names none.
    pub stall: Duration,
    /// How long an app that said goodbye is kept.
    pub done_retention: Duration,
    /// How long a new name is kept after it went down.
    pub new_retention: Duration,
    /// How long a new name keeps its place unheard when it is to be displaced.
    pub new_hold: Duration,
    /// After how much life a name is no longer new.
    pub adopt_after: Duration,
    /// How long after a restart nobody is judged by silence, whatever was promised.
    pub boot_grace: Duration,
}

impl Policy {
    /// Every policy, the default first.
    pub const ALL: &[Self] = &[Self::Auto, Self::Strict, Self::Hilbert];

    /// The word for it: on the command line, in the configuration and in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Strict => "strict",
            Self::Hilbert => "hilbert",
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            tolerance: defaults::TOLERANCE,
            slack: defaults::SLACK,
            stall: defaults::STALL,
            done_retention: defaults::DONE_RETENTION,
            new_retention: defaults::NEW_RETENTION,
            new_hold: defaults::NEW_HOLD,
            adopt_after: defaults::ADOPT_AFTER,
            boot_grace: defaults::BOOT_GRACE,
        }
    }
}
