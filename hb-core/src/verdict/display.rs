//! What a display that is off makes of a verdict. In opening hours nobody sees anything, whatever is drawn: a fault. When the
//! house is closed it is how it should be, and nobody is told of what is not shown.
//!
//! Not here: who knows of the display (an agent), who knows the hours.

use crate::beat::{Cause, State};

/// The verdict on an app whose display is known to be off. What is worse is true as well, and so is, while it is closed,
/// everything that is no picture.
#[must_use]
pub fn dark(state: State, cause: Cause, closed: bool) -> (State, Cause) {
    match state {
        State::Missing | State::Down | State::Done => (state, cause),
        State::Up if closed => (State::Off, Cause::DisplayOff),
        _ if closed => (state, cause),
        _ => (State::Stalled, Cause::DisplayOff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_is_a_fault_while_people_may_look_and_no_news_otherwise() {
        for &state in State::ALL {
            let open = dark(state, Cause::Silence, false);
            let expected = match state {
                State::Missing | State::Down | State::Done => (state, Cause::Silence),
                _ => (State::Stalled, Cause::DisplayOff),
            };
            assert_eq!(open, expected);
            assert!(open.0 <= state, "the worst true fact wins: {state}");
            let closed = dark(state, Cause::Silence, true);
            let is_up = state == State::Up;
            assert_eq!(closed, if is_up { (State::Off, Cause::DisplayOff) } else { (state, Cause::Silence) });
        }
    }
}
