//! Whom a mute, a calendar or a signal is for: everything, a group, or the apps of a pattern.
//!
//! Not here: which groups something belongs to; that is the shell's to know.

use core::fmt;
use core::str::FromStr;

use crate::id::{Glob, InvalidPattern, Pattern};

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

/// Whom something is for. Its text form is `everything`, `group:hall 3`, or a [`Pattern`]: `kiosk-1*/*` for hosts,
/// `kiosk-17/*#left` for a window, `Tetris` or `kiosk-17/Tetris` for apps.
///
/// ```
/// use hb_core::window::{Scope, Subject};
///
/// let left = Subject { groups: &["hall 3"], host: "kiosk-17", slot: "left", app: "Tetris" };
/// for scope in ["everything", "group:hall*", "kiosk-17/*", "kiosk-17/*#left", "kiosk-17*/Tetris", "Tetris"] {
///     assert!(scope.parse::<Scope>().unwrap().covers(left), "{scope}");
/// }
/// assert!(!"kiosk-17/*#right".parse::<Scope>().unwrap().covers(left));
/// assert!("kiosk-17/".parse::<Scope>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The whole house.
    Everything,
    /// What belongs to a group.
    Group(Glob),
    /// Apps in their places; with `*` for the app also a whole screen.
    Apps(Pattern),
}

impl Scope {
    /// Whether it is for `subject`.
    #[must_use]
    pub fn covers(&self, subject: Subject<'_>) -> bool {
        let Subject { groups, host, slot, app } = subject;
        let means = |glob: &Glob, name: &str| glob.is_any() || (!name.is_empty() && glob.matches(name));
        match self {
            Self::Everything => true,
            Self::Group(glob) => groups.iter().any(|group| glob.matches(group)),
            Self::Apps(pattern) => {
                let named = [host, slot, app].iter().any(|name| !name.is_empty());
                named
                    && means(pattern.host(), host)
                    && means(pattern.app(), app)
                    && pattern.slot().matches(slot)
            }
        }
    }

    /// Whom it is for once the machine that it names is called `to`; `None` if it does not name exactly `from`.
    #[must_use]
    pub fn moved(&self, from: &str, to: &str) -> Option<Self> {
        match self {
            Self::Apps(pattern) => pattern.moved(from, to).map(Self::Apps),
            Self::Everything | Self::Group(_) => None,
        }
    }

    /// Who is more special: of two that cover the same, the higher one. App above host above group above everything;
    /// of two patterns the longer one, and a name above a beginning. Groups are equals: their names say nothing.
    pub(super) fn rank(&self) -> (u8, usize) {
        match self {
            Self::Everything => (0, 0),
            Self::Group(_) => (1, 0),
            Self::Apps(pattern) => {
                let weight = pattern.host().weight() + pattern.slot().weight() + pattern.app().weight();
                (if pattern.app().is_any() { 2 } else { 3 }, weight)
            }
        }
    }

    /// Whether something might be covered by both. Where only the shell could know, they do.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Group(ours), Self::Group(theirs)) => ours.meets(theirs),
            (Self::Apps(ours), Self::Apps(theirs)) => {
                ours.host().meets(theirs.host())
                    && ours.app().meets(theirs.app())
                    && ours.slot().meets(theirs.slot())
            }
            _ => true,
        }
    }

    /// Asks about a subject that has the names of this scope and no others.
    pub fn ask<T>(&self, question: impl FnOnce(Subject<'_>) -> T) -> T {
        match self {
            Self::Everything => question(Subject::default()),
            Self::Group(glob) => question(Subject { groups: &[glob.as_str()], ..Subject::default() }),
            Self::Apps(pattern) => {
                let [host, slot, app] = [pattern.host(), pattern.slot(), pattern.app()]
                    .map(|glob| if glob.is_any() { "" } else { glob.as_str() });
                question(Subject { groups: &[], host, slot, app })
            }
        }
    }
}

impl FromStr for Scope {
    type Err = InvalidPattern;

    /// An app that is called `everything`, or begins with `group:`, is written with its host: `*/everything`.
    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text == "everything" {
            return Ok(Self::Everything);
        }
        if let Some(name) = text.strip_prefix("group:") {
            return Ok(Self::Group(Glob::new(name)?));
        }
        let pattern: Pattern = text.parse()?;
        let parts = [pattern.host(), pattern.app(), pattern.slot()];
        let all = parts.into_iter().all(Glob::is_any);
        Ok(if all { Self::Everything } else { Self::Apps(pattern) })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Group(glob) => write!(f, "group:{}", glob.as_str()),
            Self::Apps(pattern) => pattern.fmt(f),
        }
    }
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
            ("kiosk-17/*", true),
            ("kiosk-17/*#left", true),
            ("kiosk-17/*#le*", true),
            ("kiosk-17/*#right", false),
            ("kiosk-17/*#", false),
            ("kiosk-1/*", false),
            ("*-17/*", true),
            ("*/*#left", true),
            ("*/Tetris", true),
            ("*/tetris", false),
            ("kiosk-17/Tetris", true),
            ("kiosk-17/Tetris#left", true),
            ("kiosk-18/Tetris", false),
            ("*/T*", true),
            ("*/everything", false),
            ("*/group:café", false),
        ] {
            assert_eq!(scope(text).covers(left), covered, "{text}");
            assert_eq!(scope(text).covers(nobody), text == "everything", "{text} and nobody");
            assert_eq!(scope(text).to_string(), text);
            assert!(scope(text).ask(|subject| scope(text).covers(subject)), "{text} covers its own name");
        }
        assert_eq!((scope("Tetris"), scope("*")), (scope("*/Tetris"), Scope::Everything));
    }

    #[test]
    fn a_whole_screen_is_no_app_of_it() {
        let screen = Subject { host: "kiosk-17", slot: "left", ..Subject::default() };
        for (text, covered) in [("kiosk-17/*", true), ("kiosk-17/*#left", true), ("kiosk-17/Tetris", false)] {
            assert_eq!(scope(text).covers(screen), covered, "{text}");
        }
    }

    #[test]
    fn the_more_special_one_ranks_higher() {
        let order = [
            "everything",
            "group:a very long name",
            "kiosk-*/*",
            "kiosk-1*/*",
            "kiosk-1/*",
            "kiosk-1/*#left",
            "T*",
            "Tetris",
            "kiosk-1/Tetris",
        ];
        for pair in order.windows(2) {
            assert!(scope(pair[0]).rank() < scope(pair[1]).rank(), "{pair:?}");
        }
        assert_eq!(scope("group:a").rank(), scope("group:hall 3").rank());
    }

    #[test]
    fn scopes_meet_unless_their_names_keep_them_apart() {
        for (one, other, meet) in [
            ("everything", "Tetris", true),
            ("group:a", "b/*", true),
            ("kiosk-1/*", "kiosk-2/*", false),
            ("kiosk-*/*", "kiosk-2/*", true),
            ("kiosk-*/*", "*-2/*", true),
            ("kiosk-2/*#left", "kiosk-2/*", true),
            ("kiosk-2/*#left", "kiosk-2/*#right", false),
            ("kiosk-1/Tetris", "Tetris", true),
            ("kiosk-1/Tetris", "kiosk-1/Pong", false),
            ("group:a", "group:b", false),
        ] {
            assert_eq!(scope(one).meets(&scope(other)), meet, "{one} {other}");
            assert_eq!(scope(other).meets(&scope(one)), meet, "{other} {one}");
        }
    }

    #[test]
    fn what_is_no_scope_is_taught() {
        for (text, expected) in [
            ("", "has an empty part"),
            ("group:", "has an empty part"),
            ("kiosk-1/", "has an empty part"),
            ("a\nb/*", "contains the control character U+000A"),
        ] {
            let said = text.parse::<Scope>().unwrap_err().to_string();
            assert!(said.starts_with(expected), "{text:?}: {said}");
        }
    }
}
