//! What monitoring is told about a state: one table for the status line, the API and the command line.
//!
//! Not here: the text of a line (`wire::status`), mutes.

use core::time::Duration;

use crate::beat::State;
use crate::defaults;

/// What a Nagios plugin says by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Nagios {
    /// Nothing to do.
    Ok = 0,
    /// Look at it today.
    Warning = 1,
    /// Go there now.
    Critical = 2,
    /// Cannot say.
    Unknown = 3,
}

use Nagios::{Critical, Ok, Unknown, Warning};

/// A state, its code, and from which age on it has another one.
struct Row(State, Nagios, Option<(Duration, Nagios)>);

#[rustfmt::skip]
const CODES: &[Row] = &[
    Row(State::Missing,      Critical, None),
    Row(State::Down,         Critical, None),
    Row(State::Stalled,      Critical, None),
    // Outside opening hours nobody is told: then the app is excused, whatever stands here.
    Row(State::Hidden,       Warning,  Some((defaults::HIDDEN, Critical))),
    Row(State::Late,         Warning,  None),
    Row(State::Unknown,      Unknown,  None),
    Row(State::Reconnecting, Ok,       None),
    Row(State::Starting,     Ok,       None),
    Row(State::Up,           Ok,       None),
    Row(State::Off,          Ok,       None),
    Row(State::Done,         Ok,       None),
];

impl Nagios {
    /// Every code.
    pub const ALL: &[Self] = &[Ok, Warning, Critical, Unknown];

    /// The code of a state that an app has had for `age`.
    #[must_use]
    pub fn of(state: State, age: Duration) -> Self {
        let row = CODES.iter().find(|row| row.0 == state);
        let &Row(_, code, later) = row.expect("the table has every state");
        match later {
            Some((from, later)) if age >= from => later,
            _ => code,
        }
    }

    /// The word that begins the line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Ok => "OK",
            Warning => "WARNING",
            Critical => "CRITICAL",
            Unknown => "UNKNOWN",
        }
    }

    /// What a line says by its first word; anything else is `Unknown`.
    #[must_use]
    pub fn of_line(line: &str) -> Self {
        let word = line.split_whitespace().next().unwrap_or_default();
        Self::ALL.iter().copied().find(|code| code.word() == word).unwrap_or(Unknown)
    }

    /// The exit code of a plugin.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// How bad it is, to find the worst of many: 0 is good. `Unknown` is better than `Warning`, as among the states.
    #[must_use]
    pub const fn severity(self) -> u8 {
        match self {
            Ok => 0,
            Unknown => 1,
            Warning => 2,
            Critical => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_code_at_every_age() {
        let (new, almost, long) = (0, 29_999, 30_000);
        let cases = [
            (State::Missing, [Critical, Critical, Critical]),
            (State::Down, [Critical, Critical, Critical]),
            (State::Stalled, [Critical, Critical, Critical]),
            (State::Hidden, [Warning, Warning, Critical]),
            (State::Late, [Warning, Warning, Warning]),
            (State::Unknown, [Unknown, Unknown, Unknown]),
            (State::Reconnecting, [Ok, Ok, Ok]),
            (State::Starting, [Ok, Ok, Ok]),
            (State::Up, [Ok, Ok, Ok]),
            (State::Off, [Ok, Ok, Ok]),
            (State::Done, [Ok, Ok, Ok]),
        ];
        assert!(cases.iter().map(|(state, _)| state).eq(State::ALL), "all states, in their order");
        assert!(CODES.iter().map(|row| &row.0).eq(State::ALL), "each once");
        for (state, codes) in cases {
            let found = [new, almost, long].map(|age| Nagios::of(state, Duration::from_millis(age)));
            assert_eq!(found, codes, "{state}");
        }
    }

    #[test]
    fn the_first_word_of_a_line_is_its_verdict() {
        for (line, nagios) in [
            ("OK - fine", Ok),
            ("WARNING: x", Unknown),
            ("WARNING - x", Warning),
            ("CRITICAL", Critical),
            ("UNKNOWN - x", Unknown),
            ("OKAY", Unknown),
            ("", Unknown),
            ("<html>", Unknown),
        ] {
            assert_eq!(Nagios::of_line(line), nagios, "{line:?}");
        }
    }
}
