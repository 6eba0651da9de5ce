//! The ladder as data: which steps, on which evidence, how long to wait, how often to try.
//!
//! Not here: when a step is due ([`super::Repairs`]), argv of a command and the like: the shell knows them by the
//! number of the step.

use alloc::boxed::Box;
use core::time::Duration;

use super::Signs;

/// Most steps of a ladder: a technician should see the whole of it at once.
pub const MOST_STEPS: usize = 8;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The page loads again, asked over its own link.
    Reload,
    /// A program of the operator's.
    Command,
    /// The supervised child or the unit starts again.
    Restart,
    /// The host starts again.
    Reboot,
}

impl Action {
    /// Every value, mildest first.
    pub const ALL: &[Self] = &[Self::Reload, Self::Command, Self::Restart, Self::Reboot];

    /// The word for this value.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reload => "reload",
            Self::Command => "command",
            Self::Restart => "restart",
            Self::Reboot => "reboot",
        }
    }

    /// The value for a word; `None` if there is none.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.word() == word)
    }
}

/// One step of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// On which evidence; on other evidence it is passed over.
    pub when: Signs,
    /// How long the screen may take to work again before the step counts as no help.
    pub wait: Duration,
    /// How often it is tried in one incident.
    pub cap: u8,
}

/// Why a ladder was refused. The text is meant for the person who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLadder {
    /// No step.
    #[error(
        "has no step: name at least one of reload, command, restart, reboot, or adopt the app without repairs"
    )]
    Empty,
    /// More steps than [`MOST_STEPS`].
    #[error("has {0} steps: expected at most {MOST_STEPS}")]
    TooLong(usize),
    /// A step that would never be tried.
    #[error("step {0} is never tried: expected a cap of 1 or more, and at least one kind of evidence")]
    Dead(usize),
}

/// Steps in order, from mild to harsh: 1 to [`MOST_STEPS`].
///
/// ```
/// use core::time::Duration;
/// use hb_core::repair::{Action, InvalidLadder, Ladder, Signs, Step};
///
/// let wait = Duration::from_secs(60);
/// let reload = Step { action: Action::Reload, when: Signs::RESPONSIVE, wait, cap: 2 };
/// assert_eq!(Ladder::new(&[reload]).unwrap().steps(), [reload]);
/// assert_eq!(Ladder::new(&[]), Err(InvalidLadder::Empty));
/// assert_eq!(Ladder::new(&[Step { cap: 0, ..reload }]), Err(InvalidLadder::Dead(1)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Box<[Step]>);

impl Ladder {
    /// A ladder of `steps`, in this order.
    ///
    /// # Errors
    /// None or too many steps, or one that could never be tried (counted from 1).
    pub fn new(steps: &[Step]) -> Result<Self, InvalidLadder> {
        if steps.is_empty() {
            return Err(InvalidLadder::Empty);
        }
        if steps.len() > MOST_STEPS {
            return Err(InvalidLadder::TooLong(steps.len()));
        }
        if let Some(at) = steps.iter().position(|step| step.cap == 0 || step.when.is_empty()) {
            return Err(InvalidLadder::Dead(at + 1));
        }
        Ok(Self(steps.into()))
    }

    /// The steps, in order.
    #[must_use]
    pub const fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl Default for Ladder {
    /// Reload twice, then restart once. A reboot takes other exhibits of the host along and a command does whatever it
    /// does: both want to be asked for by name. A page whose process is gone or whose script is stuck hears no reload.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self(Box::new([
            Step { action: Action::Reload, when: Signs::RESPONSIVE, wait: minute, cap: 2 },
            Step { action: Action::Restart, when: Signs::ANY, wait: minute * 2, cap: 1 },
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_ladder_is_one_that_anybody_could_have_written() {
        let ladder = Ladder::default();
        assert_eq!(Ladder::new(ladder.steps()), Ok(ladder));
        let step = Ladder::default().steps()[0];
        assert_eq!(Ladder::new(&[step; MOST_STEPS + 1]), Err(InvalidLadder::TooLong(MOST_STEPS + 1)));
        assert_eq!(Ladder::new(&[step, Step { when: Signs::NONE, ..step }]), Err(InvalidLadder::Dead(2)));
    }
}
