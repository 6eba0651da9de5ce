//! Which apps a rule is about: `HOST/APP`, with `*` for anything.

use core::fmt;
use core::str::FromStr;

use alloc::boxed::Box;
use alloc::string::String;

use super::Identity;
use super::label::{Part, decoded};

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
    host: Box<str>,
    app: Box<str>,
    slot: Box<str>,
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
}

impl Pattern {
    /// Everything: `*/*`.
    #[must_use]
    pub fn everything() -> Self {
        Self { host: "*".into(), app: "*".into(), slot: "*".into() }
    }

    /// Whether `id` is meant. O(length of the pattern × length of the name).
    #[must_use]
    pub fn matches(&self, id: Identity<'_>) -> bool {
        glob(&self.host, id.host()) && glob(&self.app, id.app()) && glob(&self.slot, id.slot())
    }

    /// Whether any app of `host` could be meant.
    #[must_use]
    pub fn may_match_host(&self, host: &str) -> bool {
        glob(&self.host, host)
    }
}

/// Whether `text` is `pattern` with each `*` replaced by some characters. At most one way back is kept, so it is never
/// slower than the product of both lengths.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > MAX_PATTERN {
            return Err(InvalidPattern::TooLong(text.len()));
        }
        let (host, rest) = text.split_once('/').unwrap_or(("*", text));
        let (app, slot) = rest.split_once('#').unwrap_or((rest, "*"));
        if host.is_empty() || app.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        Ok(Self { host: decoded(host).into(), app: decoded(app).into(), slot: decoded(slot).into() })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Part(&self.host), Part(&self.app))?;
        if &*self.slot == "*" { Ok(()) } else { write!(f, "#{}", Part(&self.slot)) }
    }
}

impl From<Identity<'_>> for Pattern {
    /// Exactly this app (a `*` in its name still stands for anything).
    fn from(id: Identity<'_>) -> Self {
        Self { host: id.host().into(), app: id.app().into(), slot: id.slot().into() }
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
        for (text, error) in
            [("", InvalidPattern::Empty), ("/a", InvalidPattern::Empty), ("h/", InvalidPattern::Empty)]
        {
            assert_eq!(text.parse::<Pattern>(), Err(error), "{text:?}");
        }
        assert_eq!("x".repeat(401).parse::<Pattern>(), Err(InvalidPattern::TooLong(401)));
    }

    /// The plainest way to say what a star means.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            Some((b, rest)) => text.first() == Some(b) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn stars_are_as_the_naive_way_has_them(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(glob(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn a_pattern_reads_as_it_was_written(text in "[ab*%]{1,5}/[ab*/#@%23]{0,5}[ab*]") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
            }
        }
    }
}
