//! What an action of the ladder means on this host: the words of a program. Not here: running it.

use std::ffi::OsString;

use hb_core::repair::Action;

/// Longest name of a unit, as systemd has it.
const LONGEST: usize = 255;

/// Something to carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// This program, with its arguments; the first word is its whole path or a name in `PATH`.
    Command(Vec<OsString>),
    /// Restart of a systemd unit.
    Restart(Unit),
    /// The host starts again.
    Reboot,
}

impl Order {
    /// The action of the ladder that it carries out.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Command(_) => Action::Command,
            Self::Restart(_) => Action::Restart,
            Self::Reboot => Action::Reboot,
        }
    }

    /// The program and its arguments. Nobody is there to type a password, so systemd must not wait for one.
    pub(super) fn words(&self) -> Vec<OsString> {
        let systemctl = |words: &[&str]| {
            ["systemctl", "--no-ask-password"].iter().chain(words).map(OsString::from).collect()
        };
        match self {
            Self::Command(words) => words.clone(),
            Self::Restart(Unit(unit)) => systemctl(&["restart", unit]),
            Self::Reboot => systemctl(&["reboot"]),
        }
    }
}

/// The name of a systemd unit.
///
/// ```
/// use hb_server::exec::Unit;
///
/// assert!(Unit::new("kiosk@2.service").is_ok());
/// assert!(Unit::new("--force").is_err() && Unit::new("a b").is_err() && Unit::new("*.service").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit(Box<str>);

impl Unit {
    /// Checks `name`: 1 to 255 of the characters that systemd allows. What begins with `-` would be an option, and
    /// `systemctl` would take a `*` for many units.
    ///
    /// # Errors
    /// The name is none.
    pub fn new(name: &str) -> Result<Self, InvalidUnit> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        let fits = (1..=LONGEST).contains(&name.len());
        if !fits || name.starts_with('-') || !name.chars().all(allowed) {
            return Err(InvalidUnit(name.chars().take(LONGEST).collect()));
        }
        Ok(Self(name.into()))
    }

    /// The text it was made from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text that names no unit. Meant for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no systemd unit: expected one as `systemctl list-units` shows it, for instance kiosk.service"
)]
pub struct InvalidUnit(Box<str>);
