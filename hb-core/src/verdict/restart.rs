//! What a restart leaves of a belief, until the app itself speaks (spec/liveness.md 3, law 5): amnesty with memory.
//!
//! Not here: from when the silence of such an app counts ([`crate::registry`]), and what becomes of its incident
//! ([`crate::incident`]).

use crate::beat::{Cause, State};
use crate::detect::Suspicion;

/// What becomes of a belief without a word from the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Stays: only a word can end it, or time.
    Stays,
    /// Stays, until silence alone makes it down. Not late before: that would look like half a recovery.
    UntilDown,
    /// Nobody knows; then it is late and down as any other.
    Amnesty,
}

use Fate::{Amnesty, Stays, UntilDown};

/// One row for each state, in their order.
const FATES: &[(State, Fate)] = &[
    (State::Missing, Stays),
    (State::Down, Stays),
    // Both were said by the page itself, and are as true as they were.
    (State::Stalled, UntilDown),
    (State::Hidden, UntilDown),
    // A doubt from silence, of which our own absence may be the better part. Alarms nobody, so it is no memory of a fault.
    (State::Late, Amnesty),
    (State::Unknown, Amnesty),
    (State::Reconnecting, Amnesty),
    (State::Starting, Amnesty),
    (State::Up, Amnesty),
    // Beats say that a display is off, as they say that it is on: without one it is no longer known.
    (State::Off, Amnesty),
    (State::Done, Stays),
];

/// State and cause of an app that was believed to be `state` for `cause` before a restart, has said nothing since, and
/// whose silence is by now `silence`. Never a state that needs a beat.
///
/// ```
/// use hb_core::beat::{Cause, State};
/// use hb_core::detect::Suspicion;
/// use hb_core::verdict::remembered;
///
/// let up = |silence| remembered(State::Up, Cause::None, silence);
/// assert_eq!(up(Suspicion::Kept), (State::Unknown, Cause::Restart));
/// assert_eq!(up(Suspicion::Down), (State::Down, Cause::Silence));
/// ```
#[must_use]
pub fn remembered(state: State, cause: Cause, silence: Suspicion) -> (State, Cause) {
    let fate = FATES.iter().find(|(before, _)| *before == state).map_or(Amnesty, |&(_, fate)| fate);
    match (fate, silence) {
        (Stays, _) | (UntilDown, Suspicion::Kept | Suspicion::Late) => (state, cause),
        // As in the other table: what was wrong with the picture stays the cause, that nobody saw it does not.
        (UntilDown, _) if state == State::Hidden => (State::Down, Cause::Silence),
        (UntilDown, _) => (State::Down, cause),
        (Amnesty, Suspicion::Kept) => (State::Unknown, Cause::Restart),
        (Amnesty, Suspicion::Late) => (State::Late, Cause::Silence),
        (Amnesty, Suspicion::Down | Suspicion::Dropped) => (State::Down, Cause::Silence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Suspicion::{Down, Dropped, Kept, Late};

    #[test]
    #[rustfmt::skip]
    fn every_state_has_its_fate() {
        let restart = (State::Unknown, Cause::Restart);
        let (late, down) = ((State::Late, Cause::Silence), (State::Down, Cause::Silence));
        let cases = [
            ((State::Missing, Cause::Silence),     [(State::Missing, Cause::Silence); 3]),
            ((State::Down, Cause::Left),           [(State::Down, Cause::Left); 3]),
            ((State::Stalled, Cause::GpuStuck),    [(State::Stalled, Cause::GpuStuck), (State::Stalled, Cause::GpuStuck),
                                                    (State::Down, Cause::GpuStuck)]),
            ((State::Hidden, Cause::Frozen),       [(State::Hidden, Cause::Frozen), (State::Hidden, Cause::Frozen), down]),
            ((State::Late, Cause::ConnectionLost), [restart, late, down]),
            (restart,                              [restart, late, down]),
            ((State::Reconnecting, Cause::None),   [restart, late, down]),
            ((State::Starting, Cause::None),       [restart, late, down]),
            ((State::Up, Cause::None),             [restart, late, down]),
            ((State::Off, Cause::DisplayOff),      [restart, late, down]),
            ((State::Done, Cause::None),           [(State::Done, Cause::None); 3]),
        ];
        assert!(cases.iter().map(|((state, _), _)| state).eq(State::ALL), "all states, in their order");
        assert!(FATES.iter().map(|(state, _)| state).eq(State::ALL), "each once");
        for ((state, cause), [kept, late, down]) in cases {
            let found = [Kept, Late, Down, Dropped].map(|silence| remembered(state, cause, silence));
            assert_eq!(found, [kept, late, down, down], "{state}");
        }
    }

    #[test]
    fn law_5_nothing_is_green_by_memory_but_a_goodbye_and_nothing_bad_gets_better() {
        for &state in State::ALL {
            for silence in [Kept, Late, Down, Dropped] {
                let (after, _) = remembered(state, Cause::NoFrames, silence);
                assert!(
                    after <= State::Unknown || (state, after) == (State::Done, State::Done),
                    "{state} → {after}"
                );
                assert!(state > State::Hidden || after <= State::Hidden, "{state} → {after}");
            }
        }
    }
}
