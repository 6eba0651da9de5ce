//! Whom a mute, a calendar or a signal is for: everything, a group, a host, an app.
//!
//! Not here: which groups something belongs to; that is the shell's to know.

use alloc::boxed::Box;
use core::fmt;
use core::str::FromStr;

use crate::id::{self, InvalidName};

/// Longest pattern, in bytes: that of `app @ host#slot`, and a star.
pub const MAX_PATTERN: usize = id::MAX_APP + 2 * id::MAX_PLACE + 5;

/// What is asked about, with all its names. Empty ones are not known, and nothing but [`Scope::Everything`] is for them.
///
/// ```
/// use hb_core::window::Subject;
///
/// let left = Subject { groups: &["hall 3"], host: "kiosk-17", slot: "left", app: "Tetris" };
/// assert!(Subject::default().app.is_empty());
/// assert_eq!(left.groups.len(), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject<'a> {
    /// All groups it belongs to.
    pub groups: &'a [&'a str],
    /// The machine.
    pub host: &'a str,
    /// The window or monitor of the host; empty when there is only one.
    pub slot: &'a str,
    /// The exhibit; empty when a whole screen is asked about.
    pub app: &'a str,
}

/// A name, or the beginning of names with a `*` behind it.
///
/// ```
/// use hb_core::window::Pattern;
///
/// assert!(Pattern::new("kiosk-*").unwrap().matches("kiosk-17"));
/// assert!(!Pattern::new("kiosk-1").unwrap().matches("kiosk-17"));
/// assert!(Pattern::new("*-17").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern(Box<str>);

impl Pattern {
    /// Checks `text`: 1 to [`MAX_PATTERN`] bytes that read as they look, `*` only as the last.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, InvalidScope> {
        if text.is_empty() {
            return Err(InvalidName::Empty(MAX_PATTERN).into());
        }
        id::check(text, MAX_PATTERN)?;
        if text.strip_suffix('*').unwrap_or(text).contains('*') {
            return Err(InvalidScope::Star(text.into()));
        }
        Ok(Self(text.into()))
    }

    /// The text it was made from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `name` is meant. An empty name never is.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.matches_joined(&[name])
    }

    /// The beginning, and whether anything may follow it.
    fn split(&self) -> (&str, bool) {
        self.0.strip_suffix('*').map_or((&self.0, false), |literal| (literal, true))
    }

    /// [`Self::matches`] of all `parts` in a row, the first of which must not be empty.
    fn matches_joined(&self, parts: &[&str]) -> bool {
        let (literal, more) = self.split();
        let mut rest = literal.as_bytes();
        for part in parts.iter().map(|part| part.as_bytes()) {
            let shared = part.len().min(rest.len());
            if part[..shared] != rest[..shared] {
                return false;
            }
            rest = &rest[shared..];
            if shared < part.len() {
                return more;
            }
        }
        rest.is_empty() && parts.first().is_some_and(|part| !part.is_empty())
    }

    /// Whether some name might be meant by both, or be part of what the other means.
    fn meets(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.split().0, other.split().0);
        ours.starts_with(theirs) || theirs.starts_with(ours)
    }
}

/// Whom something is for. Its text form is `everything`, `group:hall 3`, `host:kiosk-1*` or `app:Tetris`.
///
/// ```
/// use hb_core::window::{Scope, Subject};
///
/// let left = Subject { groups: &["hall 3"], host: "kiosk-17", slot: "left", app: "Tetris" };
/// for scope in ["everything", "group:hall*", "host:kiosk-17", "host:kiosk-17#left", "app:Tetris @ kiosk-17*"] {
///     assert!(scope.parse::<Scope>().unwrap().covers(left), "{scope}");
/// }
/// assert!(!"host:kiosk-17#right".parse::<Scope>().unwrap().covers(left));
/// assert!("hall 3".parse::<Scope>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole house.
    Everything,
    /// What belongs to a group.
    Group(Pattern),
    /// A machine, or one window of it: matched with `host` and with `host#slot`.
    Host(Pattern),
    /// An exhibit, everywhere or in one place: matched with `app`, `app @ host` and `app @ host#slot`.
    App(Pattern),
}

impl Scope {
    /// Whether it is for `subject`.
    #[must_use]
    pub fn covers(&self, subject: Subject<'_>) -> bool {
        let Subject { groups, host, slot, app } = subject;
        let placed = !slot.is_empty();
        match self {
            Self::Everything => true,
            Self::Group(pattern) => groups.iter().any(|group| pattern.matches(group)),
            Self::Host(pattern) => {
                pattern.matches(host)
                    || (placed && !host.is_empty() && pattern.matches_joined(&[host, "#", slot]))
            }
            Self::App(pattern) => {
                pattern.matches(app)
                    || (!host.is_empty() && pattern.matches_joined(&[app, " @ ", host]))
                    || (placed && pattern.matches_joined(&[app, " @ ", host, "#", slot]))
            }
        }
    }

    /// Who is more special: of two that cover the same, the higher one. App above host above group above everything;
    /// of two patterns the longer one, and a name above a beginning. Groups are equals: their names say nothing.
    pub(super) fn rank(&self) -> (u8, usize) {
        let long = |pattern: &Pattern| {
            let (literal, more) = pattern.split();
            2 * literal.len() + usize::from(!more)
        };
        match self {
            Self::Everything => (0, 0),
            Self::Group(_) => (1, 0),
            Self::Host(pattern) => (2, long(pattern)),
            Self::App(pattern) => (3, long(pattern)),
        }
    }

    /// Whether something might be covered by both. Where only the shell could know, they do.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Group(ours), Self::Group(theirs))
            | (Self::Host(ours), Self::Host(theirs))
            | (Self::App(ours), Self::App(theirs)) => ours.meets(theirs),
            _ => true,
        }
    }

    /// Asks about a subject that has the names of this scope and no others.
    pub(super) fn ask<T>(&self, question: impl FnOnce(Subject<'_>) -> T) -> T {
        let place = |text| str::split_once(text, '#').unwrap_or((text, ""));
        match self {
            Self::Everything => question(Subject::default()),
            Self::Group(pattern) => question(Subject { groups: &[pattern.as_str()], ..Subject::default() }),
            Self::Host(pattern) => {
                let (host, slot) = place(pattern.as_str());
                question(Subject { host, slot, ..Subject::default() })
            }
            Self::App(pattern) => {
                let (app, rest) = pattern.as_str().split_once(" @ ").unwrap_or((pattern.as_str(), ""));
                let (host, slot) = place(rest);
                question(Subject { groups: &[], host, slot, app })
            }
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        if text == "everything" {
            return Ok(Self::Everything);
        }
        let unknown = || InvalidScope::Kind(text.chars().take(MAX_PATTERN).collect());
        let (kind, name) = text.split_once(':').ok_or_else(unknown)?;
        let scope = match kind {
            "group" => Self::Group,
            "host" => Self::Host,
            "app" => Self::App,
            _ => return Err(unknown()),
        };
        Ok(scope(Pattern::new(name)?))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Group(pattern) => write!(f, "group:{}", pattern.0),
            Self::Host(pattern) => write!(f, "host:{}", pattern.0),
            Self::App(pattern) => write!(f, "app:{}", pattern.0),
        }
    }
}

/// Why a text names no scope. Meant for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// No known kind stands before the name.
    #[error("`{0}` says not whom it is for: expected `everything`, `group:NAME`, `host:NAME` or `app:NAME`")]
    Kind(Box<str>),
    /// A star elsewhere than at the end.
    #[error("`{0}` has a star before its end: expected a name, or the beginning of names and then `*`")]
    Star(Box<str>),
    /// A name that is none.
    #[error("the name {0}")]
    Name(#[from] InvalidName),
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_scope_covers_what_it_names() {
        let left = Subject { groups: &["hall 3", "café"], host: "kiosk-17", slot: "left", app: "Tetris" };
        let nobody = Subject::default();
        for (text, covered) in [
            ("everything", true),
            ("group:hall 3", true),
            ("group:café", true),
            ("group:caf*", true),
            ("group:hall", false),
            ("group:hall 33", false),
            ("host:kiosk-17", true),
            ("host:kiosk-17#left", true),
            ("host:kiosk-17#le*", true),
            ("host:kiosk-17#right", false),
            ("host:kiosk-1", false),
            ("host:*", true),
            ("app:Tetris", true),
            ("app:tetris", false),
            ("app:Tetris @ kiosk-17", true),
            ("app:Tetris @ kiosk-17#left", true),
            ("app:Tetris @ kiosk-18", false),
            ("app:T*", true),
        ] {
            assert_eq!(scope(text).covers(left), covered, "{text}");
            assert_eq!(scope(text).covers(nobody), text == "everything", "{text} and nobody");
            assert_eq!(scope(text).to_string(), text);
            assert!(scope(text).ask(|subject| scope(text).covers(subject)), "{text} covers its own name");
        }
    }

    #[test]
    fn the_more_special_one_ranks_higher() {
        let order = [
            "everything",
            "group:a very long name",
            "host:*",
            "host:kiosk-*",
            "host:kiosk-1*",
            "host:kiosk-1",
            "host:kiosk-1#left",
            "app:*",
            "app:Tetris",
            "app:Tetris @ kiosk-1",
        ];
        for pair in order.windows(2) {
            assert!(scope(pair[0]).rank() < scope(pair[1]).rank(), "{pair:?}");
        }
        assert_eq!(scope("group:a").rank(), scope("group:hall 3").rank());
    }

    #[test]
    fn scopes_meet_unless_their_names_keep_them_apart() {
        for (one, other, meet) in [
            ("everything", "app:Tetris", true),
            ("group:a", "host:b", true),
            ("host:kiosk-1", "host:kiosk-2", false),
            ("host:kiosk-*", "host:kiosk-2", true),
            ("host:kiosk-2#left", "host:kiosk-2", true),
            ("group:a", "group:b", false),
        ] {
            assert_eq!(scope(one).meets(&scope(other)), meet, "{one} {other}");
            assert_eq!(scope(other).meets(&scope(one)), meet, "{other} {one}");
        }
    }

    #[test]
    fn what_is_no_scope_is_taught() {
        for (text, expected) in [
            ("", "`` says not whom it is for"),
            ("kiosk-1", "`kiosk-1` says not whom it is for"),
            ("hosts:kiosk-1", "`hosts:kiosk-1` says not whom it is for"),
            ("host:", "the name is empty"),
            ("host:*-1", "`*-1` has a star before its end"),
            ("host:**", "`**` has a star before its end"),
            ("host:a\nb", "the name contains the control character U+000A"),
        ] {
            let said = text.parse::<Scope>().unwrap_err().to_string();
            assert!(said.starts_with(expected), "{text:?}: {said}");
        }
        let long = "x".repeat(MAX_PATTERN + 1);
        assert!(Pattern::new(&long).is_err());
    }
}
