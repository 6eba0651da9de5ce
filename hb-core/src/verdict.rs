//! The table of facts → state and cause, and what they are in words. Rows are data; the first row that fits decides, so their
//! order is the precedence of spec/liveness.md 2.
//!
//! Beside it: what a restart leaves of a belief (`unknown`), and what a display that is off makes of a verdict (`off`). Not here:
//! which screens show nothing (`missing`, [`crate::expect`]), how the facts came to be known ([`crate::registry`],
//! [`crate::detect`]).

mod display;
mod nagios;
mod restart;
mod words;

use crate::beat::{Cause, State};
use crate::detect::Suspicion;

pub use display::dark;
pub use nagios::Nagios;
pub use restart::remembered;
pub use words::{advice, brief, sentence};

/// What a session says of itself, boiled down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Registered, nothing shown yet.
    Starting,
    /// Pictures advance, are drawn on demand, or nothing was said about them.
    Fine,
    /// Nobody can see the page; frozen by the browser or just covered.
    Unseen {
        /// The browser stopped the page.
        frozen: bool,
    },
    /// Reload or navigation under way.
    Leaving,
    /// Nothing is being drawn.
    Bad(Cause),
}

/// What is known of the presence socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Open, or never heard of: its absence means nothing.
    Unsuspicious,
    /// Closed without a goodbye a moment ago.
    Missed,
    /// Closed without a goodbye, and nothing came back within its grace.
    Lost,
}

/// All facts about one session at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it says of itself.
    pub claim: Claim,
    /// How silent it is, counted from the last word that bears on the claim.
    pub silence: Suspicion,
    /// Its presence socket.
    pub presence: Presence,
    /// Too many unclean starts of the app.
    pub crashing: bool,
}

/// A row: the facts it wants, and what they amount to. `None` as a wish means "whatever".
struct Row {
    claim: fn(Claim) -> bool,
    silence: Option<Suspicion>,
    presence: Option<Presence>,
    crashing: bool,
    state: State,
    cause: CauseOf,
}

/// Where the cause comes from.
#[derive(Clone, Copy)]
enum CauseOf {
    /// The row names it.
    Is(Cause),
    /// The bad claim brings it along.
    Claim,
}

const ANY: fn(Claim) -> bool = |_| true;
const BAD: fn(Claim) -> bool = |claim| matches!(claim, Claim::Bad(_));
const LEAVING: fn(Claim) -> bool = |claim| claim == Claim::Leaving;
const FROZEN: fn(Claim) -> bool = |claim| claim == Claim::Unseen { frozen: true };
const COVERED: fn(Claim) -> bool = |claim| claim == Claim::Unseen { frozen: false };
const STARTING: fn(Claim) -> bool = |claim| claim == Claim::Starting;

const fn row(
    claim: fn(Claim) -> bool,
    silence: Option<Suspicion>,
    presence: Option<Presence>,
    state: State,
    cause: CauseOf,
) -> Row {
    Row { claim, silence, presence, crashing: false, state, cause }
}

use CauseOf::Is;
use Suspicion::{Down, Kept, Late};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    //  claim     silence      presence                state                cause
    // Whose socket closed is gone, whatever was wrong with its picture: nothing of that can be mended there any more.
    row(BAD,      Some(Down),  Some(Presence::Unsuspicious), State::Down,   CauseOf::Claim),
    row(LEAVING,  Some(Down),  None,                   State::Down,         Is(Cause::Left)),
    row(ANY,      Some(Down),  Some(Presence::Lost),   State::Down,         Is(Cause::ConnectionLost)),
    // Its grace may be longer than the promise: that the socket closed explains the silence.
    row(ANY,      Some(Down),  Some(Presence::Missed), State::Down,         Is(Cause::ConnectionLost)),
    row(ANY,      Some(Down),  None,                   State::Down,         Is(Cause::Silence)),
    Row { claim: ANY, silence: None, presence: None, crashing: true, state: State::Stalled, cause: Is(Cause::CrashLoop) },
    row(BAD,      Some(Kept),  Some(Presence::Lost),   State::Stalled,      Is(Cause::ConnectionLost)),
    row(BAD,      Some(Kept),  None,                   State::Stalled,      CauseOf::Claim),
    row(FROZEN,   Some(Kept),  Some(Presence::Unsuspicious), State::Hidden, Is(Cause::Frozen)),
    row(COVERED,  Some(Kept),  Some(Presence::Unsuspicious), State::Hidden, Is(Cause::None)),
    row(BAD,      Some(Late),  Some(Presence::Unsuspicious), State::Late,   CauseOf::Claim),
    row(LEAVING,  Some(Late),  None,                   State::Late,         Is(Cause::Left)),
    row(ANY,      None,        Some(Presence::Lost),   State::Late,         Is(Cause::ConnectionLost)),
    row(ANY,      Some(Late),  Some(Presence::Missed), State::Late,         Is(Cause::ConnectionLost)),
    row(ANY,      Some(Late),  None,                   State::Late,         Is(Cause::Silence)),
    row(LEAVING,  None,        None,                   State::Reconnecting, Is(Cause::None)),
    row(ANY,      None,        Some(Presence::Missed), State::Reconnecting, Is(Cause::None)),
    row(STARTING, None,        None,                   State::Starting,     Is(Cause::None)),
    row(ANY,      None,        None,                   State::Up,           Is(Cause::None)),
];

/// State and cause for `facts`. Total: the last row fits everything.
#[must_use]
pub fn judge(facts: Facts) -> (State, Cause) {
    // A record that is about to be dropped is down until it is.
    let silence = facts.silence.min(Down);
    let fits = |row: &&Row| {
        (row.claim)(facts.claim)
            && row.silence.is_none_or(|wanted| wanted == silence)
            && row.presence.is_none_or(|wanted| wanted == facts.presence)
            && (!row.crashing || facts.crashing)
    };
    let row = ROWS.iter().find(fits).expect("the last row fits everything");
    match (row.cause, facts.claim) {
        (Is(cause), _) | (CauseOf::Claim, Claim::Bad(cause)) => (row.state, cause),
        (CauseOf::Claim, _) => (row.state, Cause::None),
    }
}

/// The state by silence alone, as the reference server has it; `None` where it has forgotten the app.
#[must_use]
pub const fn by_silence(silence: Suspicion) -> Option<State> {
    match silence {
        Kept => Some(State::Up),
        Late => Some(State::Late),
        Down => Some(State::Down),
        Suspicion::Dropped => None,
    }
}

#[cfg(test)]
mod tests;
