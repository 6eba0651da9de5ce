//! Opening hours and mutes: when nobody is to be told, and nothing to be repaired.
//!
//! [`Hours`] are a calendar, a [`Mute`] is what one person or a plan silences, [`Mutes`] is the machine that holds all
//! of them, hears signals to open and close, and answers for each screen. A mute silences alerts and repairs, never
//! detection: states stay true. Not here: clocks and time zone files (the shell gives both), what is alerted or repaired.

pub mod hours;
mod mute;
mod mutes;
mod openings;
mod scope;

use core::time::Duration;

use hb_lease::time::Wall;

pub use hours::Hours;
pub use mute::{InvalidMute, Kind, MAX_WORDS, Mute, When};
pub use mutes::{
    Config, End, Hush, Input, MAX_CALENDARS, MAX_MUTES, MAX_RETURNS, MAX_SIGNALS, MuteId, Muted, Mutes,
    Output, Refused, Reply,
};
pub use openings::{Phase, Word};
pub use scope::{Scope, Subject};

/// `wall` so much earlier.
fn before(wall: Wall, span: Duration) -> Wall {
    Wall::from_unix_millis(wall.as_unix_millis().saturating_sub(millis(span)))
}

/// `wall` so much later.
fn after(wall: Wall, span: Duration) -> Wall {
    Wall::from_unix_millis(wall.as_unix_millis().saturating_add(millis(span)))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
