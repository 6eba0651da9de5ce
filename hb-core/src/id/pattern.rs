//! Which apps a rule is about: `HOST/APP#SLOT`, with `*` for anything. Not here: what a `*` means ([`super::Glob`]).

use core::fmt;
use core::str::FromStr;

use alloc::string::String;

use super::label::{Part, decoded};
use super::{Glob, Identity, InvalidName};

/// Longest pattern, in bytes.
pub const MAX_PATTERN: usize = 400;

/// A pattern over hosts, slots and apps, as people write it.
///
/// `APP` is that app on every host, `HOST/APP` the one of this host, `HOST/APP#SLOT` one window of it, `HOST/*` all that
/// runs there; a `*` stands for any characters, also none. Without `#SLOT` every slot is meant. A number sign of an app's
/// own name is written `%23`, as [`short`](super::short) does.
///
/// ```
/// use hb_core::id::{Identity, Pattern};
///
/// let halls: Pattern = "hall3-*/*".parse().unwrap();
/// assert!(halls.matches(Identity::new("hall3-07", "left", "Tetris").unwrap()));
/// assert!(!halls.matches(Identity::new("hall4-07", "", "Tetris").unwrap()));
/// let tetris: Pattern = "Tetris".parse().unwrap();
/// assert!(tetris.matches(Identity::new("hall4-07", "", "Tetris").unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    host: Glob,
    app: Glob,
    slot: Glob,
}

/// Why a pattern was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// A part of it has no characters.
    #[error("has an empty part: expected APP, HOST/APP or HOST/*, for instance hall3-*/*")]
    Empty,
    /// Longer than [`MAX_PATTERN`].
    #[error("is {0} bytes long: expected at most {MAX_PATTERN}")]
    TooLong(usize),
    /// A part of it that no name could be.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl Pattern {
    /// Everything: `*/*`.
    #[must_use]
    pub fn everything() -> Self {
        Self { host: Glob::any(), app: Glob::any(), slot: Glob::any() }
    }

    /// Whether `id` is meant. O(length of the pattern × length of the name).
    #[must_use]
    pub fn matches(&self, id: Identity<'_>) -> bool {
        self.host.matches(id.host()) && self.app.matches(id.app()) && self.slot.matches(id.slot())
    }

    /// Whether any app of `host` could be meant.
    #[must_use]
    pub fn may_match_host(&self, host: &str) -> bool {
        self.host.matches(host)
    }

    /// What is meant once the machine that it names is called `to`; `None` if it does not name exactly `from`, or if `to`
    /// would mean more than one machine.
    #[must_use]
    pub fn moved(&self, from: &str, to: &str) -> Option<Self> {
        let named = self.host.as_str() == from && !from.contains('*') && !to.contains('*');
        named.then(|| Self { host: Glob::of(to), ..self.clone() })
    }

    pub(crate) const fn host(&self) -> &Glob {
        &self.host
    }

    pub(crate) const fn app(&self) -> &Glob {
        &self.app
    }

    pub(crate) const fn slot(&self) -> &Glob {
        &self.slot
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > MAX_PATTERN {
            return Err(InvalidPattern::TooLong(text.len()));
        }
        let (host, rest) = text.split_once('/').unwrap_or(("*", text));
        let (app, slot) = rest.split_once('#').unwrap_or((rest, "*"));
        Ok(Self {
            host: Glob::new(&decoded(host))?,
            app: Glob::new(&decoded(app))?,
            slot: Glob::or_nothing(&decoded(slot))?,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A host behind whose name the app would begin.
        let host = alloc::format!("{}", Part(self.host.as_str())).replace('/', "%2F");
        write!(f, "{host}/{}", Part(self.app.as_str()))?;
        if self.slot.as_str() == "*" { Ok(()) } else { write!(f, "#{}", Part(self.slot.as_str())) }
    }
}

impl From<Identity<'_>> for Pattern {
    /// Exactly this app (a `*` in its name still stands for anything).
    fn from(id: Identity<'_>) -> Self {
        Self { host: Glob::of(id.host()), app: Glob::of(id.app()), slot: Glob::of(id.slot()) }
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        alloc::format!("{pattern}")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_moves_is_meant_where_it_is_now() {
        for (pattern, from, to, expected) in [
            ("old/*", "old", "new", Some("new/*")),
            ("old/Tetris#left", "old", "new", Some("new/Tetris#left")),
            ("old/*", "other", "new", None),
            ("ol*/*", "old", "new", None),
            ("*/Tetris", "old", "new", None),
            // Names with a star in them, which would mean many.
            ("*/*", "*", "new", None),
            ("old/*", "old", "*", None),
        ] {
            let moved = pattern.parse::<Pattern>().unwrap().moved(from, to).map(|moved| moved.to_string());
            assert_eq!(moved.as_deref(), expected, "{pattern} {from} {to}");
        }
    }

    #[test]
    fn what_is_meant_by_what() {
        let cases = [
            ("Tetris", "h", "", "Tetris", true),
            ("Tetris", "h", "left", "Tetris", true),
            ("Tetris", "h", "", "Tetris2", false),
            ("h/Tetris", "h", "", "Tetris", true),
            ("h/Tetris", "g", "", "Tetris", false),
            ("h/Tetris#left", "h", "left", "Tetris", true),
            ("h/Tetris#left", "h", "right", "Tetris", false),
            ("h/Tetris#", "h", "right", "Tetris", false),
            ("h/Tetris#", "h", "", "Tetris", true),
            ("*/*", "h", "x", "y", true),
            ("hall*/a*c", "hall7", "", "abc", true),
            ("hall*/a*c", "hall7", "", "abcd", false),
            ("*", "127.0.0.1", "", "a/b", true),
            ("h/a/b", "h", "", "a/b", true),
            ("h/x%23y", "h", "left", "x#y", true),
            ("h/x#y", "h", "", "x#y", false),
        ];
        for (pattern, host, slot, app, expected) in cases {
            let id = Identity::new(host, slot, app).unwrap();
            assert_eq!(pattern.parse::<Pattern>().unwrap().matches(id), expected, "{pattern} {id}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, error) in [
            ("", InvalidPattern::Empty),
            ("/a", InvalidPattern::Empty),
            ("h/", InvalidPattern::Empty),
            ("a\nb", InvalidName::Control(10).into()),
        ] {
            assert_eq!(text.parse::<Pattern>(), Err(error), "{text:?}");
        }
        assert_eq!("x".repeat(401).parse::<Pattern>(), Err(InvalidPattern::TooLong(401)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_pattern_reads_as_it_was_written(text in "([ab*%]|%2F|%23){1,5}/[ab*/#@%23]{0,5}[ab*]") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
            }
        }
    }
}
