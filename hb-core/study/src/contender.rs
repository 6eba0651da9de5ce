//! The detectors of the comparison, each as a rule that says after every beat until when it waits for the next.
//!
//! The machines are hb-core's own. Not here: how well they do ([`crate::quality`]), which settings are drawn
//! ([`crate::sweep`]).

use std::time::Duration;

use hb_core::defaults::TOLERANCE;
use hb_core::detect::{Chen, Level, Phi, Slack};
use hb_lease::time::Time;

/// A detector and its setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Contender {
    /// Waits for so many hundredths of the time granted.
    Fixed(u64),
    /// The same, and the slack that it learned.
    Slack(u64),
    /// Waits for so many ms after the moment at which the next beat is expected.
    Chen(u64),
    /// Waits until φ is so many tenths.
    Phi(u16),
}

/// A contender that looks at one trace.
pub(crate) enum Watch {
    Fixed { share: u64 },
    Slack { share: u64, slack: Slack, last: Option<(u64, u64)> },
    Chen(Chen),
    Phi { phi: Phi, level: Level },
}

impl Contender {
    pub(crate) fn watch(self, cadence: u64) -> Watch {
        match self {
            Self::Fixed(share) => Watch::Fixed { share },
            Self::Slack(share) => Watch::Slack { share, slack: Slack::default(), last: None },
            Self::Chen(after) => Watch::Chen(Chen::new(ms(cadence), ms(after), ms(after))),
            Self::Phi(tenths) => {
                let level = Level::from_tenths(tenths);
                Watch::Phi { phi: Phi::new(level, level), level }
            }
        }
    }
}

impl Watch {
    /// Takes a beat; until when it waits for the next one.
    pub(crate) fn hear(&mut self, at: u64, seq: u32, promise: u64) -> u64 {
        let granted = promise + TOLERANCE.as_millis() as u64;
        let now = Time::from_millis(at);
        match self {
            Self::Fixed { share } => at + granted * *share / 100,
            Self::Slack { share, slack, last } => {
                let patience = granted * *share / 100;
                if let Some((before, waited)) = last.replace((at, patience)) {
                    // Who was silent for twice as long was away: that is no lateness to get used to.
                    let elapsed = at - before;
                    if elapsed < 2 * waited {
                        slack.learn(ms(promise), ms(elapsed), ms(elapsed.saturating_sub(waited)));
                    }
                }
                at + patience + slack.of(ms(promise)).as_millis() as u64
            }
            Self::Chen(chen) => {
                chen.hear(now, seq);
                chen.crosses().map_or(at + granted, Time::as_millis)
            }
            Self::Phi { phi, level } => {
                phi.hear(now);
                phi.crosses(*level).map_or(at + granted, Time::as_millis)
            }
        }
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
