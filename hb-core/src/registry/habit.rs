//! What was learned of an app from its own beats: the pace, which is advice, and the slack, which only the judge adds.
//!
//! Only an ordinary interval of a page that counts its frames teaches: the picture was fine before and after, nobody reloaded, and the app was not down in
//! between. One beat that came late, and was called so, teaches too: without those no slack could ever begin. Not here:
//! how it is learned ([`crate::detect`]).

use core::time::Duration;

use super::{Config, Policy};
use crate::detect::{Pace, Ratio, Slack};

/// What is known of an app's beats; in eight bytes, as every app has it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    pace: Pace,
    slack: Slack,
}

/// An interval from one beat to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lesson {
    /// What the earlier of the two promised, …
    pub(super) promise: Duration,
    /// … was granted, …
    pub(super) granted: Duration,
    /// … and how its silence was judged.
    pub(super) ratio: Ratio,
    /// How long it was.
    pub(super) elapsed: Duration,
}

impl Habit {
    /// Takes a lesson; `Some` where the app began to slow down, or no longer does.
    pub(super) fn learn(&mut self, lesson: &Lesson, config: &Config) -> Option<bool> {
        let Lesson { promise, granted, ratio, elapsed } = *lesson;
        let slack = self.slack(promise, config);
        if elapsed >= granted * ratio.down + slack {
            return None;
        }
        if learns(config) {
            self.slack.learn(promise, elapsed, elapsed.saturating_sub(granted * ratio.late));
        }
        self.pace.hear(granted, elapsed)
    }

    /// What the judge adds to what `promise` was granted.
    pub(super) fn slack(self, promise: Duration, config: &Config) -> Duration {
        if learns(config) { self.slack.of(promise) } else { Duration::ZERO }
    }

    /// Whether its beats come later than they used to.
    pub(super) fn is_slowing(self) -> bool {
        self.pace.is_slowing()
    }
}

/// Who is judged as by the reference server is judged by what was promised alone.
fn learns(config: &Config) -> bool {
    config.slack && config.policy != Policy::Hilbert
}
