//! Who a beat is about: an app in one place, `(host, slot, app)`, and one page load of it, its boot.
//!
//! Every name is checked once, at its only door; after that no code asks again. Not here: how a host is *decided*
//! (declared, configured or the peer's address); that is the shell's.

mod glob;
mod label;
mod pattern;
mod seen;
mod who;

use alloc::boxed::Box;
use core::fmt;
use core::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

pub use glob::Glob;
pub use label::{InvalidLabel, short};
pub use pattern::{InvalidPattern, MAX_PATTERN, Pattern};
pub use seen::seen;
pub use who::Who;

/// Longest app id, in bytes of UTF-8 after percent-decoding.
pub const MAX_APP: usize = 255;
/// Longest host and slot, in bytes of UTF-8 after percent-decoding.
pub const MAX_PLACE: usize = 64;

/// Why a name was refused. The text is meant for the person who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// An app id or host of no characters.
    #[error("is empty: expected 1 to {0} bytes")]
    Empty(usize),
    /// Longer than its limit in bytes.
    #[error("is {0} bytes long: expected at most {1}")]
    TooLong(usize, usize),
    /// `.` or `..`: no browser can ask for an app of that name.
    #[error("is a folder to every address: expected a name other than `.` and `..`")]
    Folder,
    /// Contains a control character, which would forge lines in `list` and `status`.
    #[error("contains the control character U+{0:04X}: expected printable text")]
    Control(u32),
    /// Contains a character that cannot be seen or turns the direction of writing: it would look like another name.
    #[error("contains the invisible character U+{0:04X}: expected a name that reads as it looks")]
    Invisible(u32),
}

/// What an address of the web would be read as a folder by, wherever it is written.
fn is_folder(name: &str) -> bool {
    matches!(name, "." | "..")
}

/// Whether `name` reads as it looks, in at most `max` bytes.
pub(crate) fn check(name: &str, max: usize) -> Result<(), InvalidName> {
    if name.len() > max {
        return Err(InvalidName::TooLong(name.len(), max));
    }
    // Most names are plain, and every beat comes by here.
    if name.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Ok(());
    }
    match seen(name).find(|(_, seen)| !seen) {
        Some((c, _)) if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
            Err(InvalidName::Control(u32::from(c)))
        }
        Some((c, _)) => Err(InvalidName::Invisible(u32::from(c))),
        None => Ok(()),
    }
}

/// An app in one place, borrowed: what every beat is about. Its parts are checked by [`Identity::new`].
///
/// ```
/// use hb_core::id::Identity;
///
/// let kiosk = Identity::new("127.0.0.1", "", "Tetris").unwrap();
/// assert_eq!(kiosk.to_string(), "Tetris @ 127.0.0.1");
/// assert!(Identity::new("127.0.0.1", "", "a\nb").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity<'a> {
    host: &'a str,
    slot: &'a str,
    app: &'a str,
}

impl<'a> Identity<'a> {
    /// Checks the three names: `app` and `host` must not be empty nor `.` or `..`, none may hold characters that are not [`seen()`].
    ///
    /// # Errors
    /// The first name that is empty, too long or does not read as it looks, with the reason.
    pub fn new(host: &'a str, slot: &'a str, app: &'a str) -> Result<Self, InvalidName> {
        if app.is_empty() {
            return Err(InvalidName::Empty(MAX_APP));
        }
        if host.is_empty() {
            return Err(InvalidName::Empty(MAX_PLACE));
        }
        if is_folder(app) || is_folder(host) {
            return Err(InvalidName::Folder);
        }
        check(app, MAX_APP)?;
        check(host, MAX_PLACE)?;
        check(slot, MAX_PLACE)?;
        Ok(Self { host, slot, app })
    }

    /// The machine: a declared id or the peer's address.
    #[must_use]
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The window or monitor of the host; empty when there is only one.
    #[must_use]
    pub const fn slot(&self) -> &'a str {
        self.slot
    }

    /// The exhibit.
    #[must_use]
    pub const fn app(&self) -> &'a str {
        self.app
    }

    /// 128 bits that stand for this identity wherever the text would be too long to compare.
    ///
    /// SipHash-1-3 under a secret `key`: a peer that chooses its names cannot choose their fingerprint.
    #[must_use]
    pub fn fingerprint(&self, key: &HashKey) -> Fingerprint {
        let mut hasher = SipHasher13::new_with_keys(key.0, key.1);
        for part in [self.host, self.slot, self.app] {
            hasher.write(part.as_bytes());
            // 0xFF occurs in no UTF-8 text, so ("ab", "c") and ("a", "bc") differ.
            hasher.write_u8(0xFF);
        }
        Fingerprint(hasher.finish128().as_u128())
    }

    /// An owned copy.
    #[must_use]
    pub fn to_owned(&self) -> OwnedIdentity {
        OwnedIdentity { host: self.host.into(), slot: self.slot.into(), app: self.app.into() }
    }
}

/// An [`Identity`] that owns its text, for messages that outlive the beat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedIdentity {
    host: Box<str>,
    slot: Box<str>,
    app: Box<str>,
}

impl OwnedIdentity {
    /// The same identity, borrowed.
    #[must_use]
    pub fn borrow(&self) -> Identity<'_> {
        Identity { host: &self.host, slot: &self.slot, app: &self.app }
    }
}

/// Secret key of the fingerprints, drawn by the shell once per run (the core has no randomness of its own).
#[derive(Clone, Copy, Debug, Default)]
pub struct HashKey(pub u64, pub u64);

/// A keyed 128-bit hash of an [`Identity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The raw bits, for indexes and shard choice.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

/// One page load or process start of an app: up to 16 printable ASCII characters, chosen at random by the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boot {
    bytes: [u8; 16],
}

impl Boot {
    /// Checks and copies `text`: 1 to 16 characters of `A–Z a–z 0–9 - _ .`; `None` for anything else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let wanted = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if text.is_empty() || text.len() > 16 || !text.bytes().all(wanted) {
            return None;
        }
        let mut bytes = [0; 16];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self { bytes })
    }

    /// The text it was made from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|&b| b == 0).unwrap_or(self.bytes.len());
        core::str::from_utf8(&self.bytes[..end]).unwrap_or_default()
    }
}

impl fmt::Debug for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boot({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_at_the_door() {
        let long = "x".repeat(256);
        let cases = [
            ("h", "", "", Err(InvalidName::Empty(255))),
            ("", "", "a", Err(InvalidName::Empty(64))),
            ("h", "", long.as_str(), Err(InvalidName::TooLong(256, 255))),
            ("h", "", "..", Err(InvalidName::Folder)),
            (".", "", "a", Err(InvalidName::Folder)),
            ("h", "..", "...", Ok(())),
            ("h", "", "a\u{0}b", Err(InvalidName::Control(0))),
            ("h", "", "a\u{85}b", Err(InvalidName::Control(0x85))),
            ("h", "", "a\u{2028}b", Err(InvalidName::Control(0x2028))),
            ("h", "", "a\u{202E}b", Err(InvalidName::Invisible(0x202E))),
            ("h", "", "Tet\u{200B}ris", Err(InvalidName::Invisible(0x200B))),
            ("h", "", "Tet\u{200D}ris", Err(InvalidName::Invisible(0x200D))),
            ("h", "", "Tetris\u{FE0F}", Err(InvalidName::Invisible(0xFE0F))),
            ("h", "", "\u{FEFF}Tetris", Err(InvalidName::Invisible(0xFEFF))),
            ("h\u{2066}", "", "a", Err(InvalidName::Invisible(0x2066))),
            ("h", "left\u{E0041}", "a", Err(InvalidName::Invisible(0xE0041))),
            ("h", "left\u{E0080}", "a", Err(InvalidName::Invisible(0xE0080))),
            ("h", "", "Tetris\u{E01F0}", Err(InvalidName::Invisible(0xE01F0))),
            ("h", "", "Tetris\u{1BCA0}", Err(InvalidName::Invisible(0x1BCA0))),
            ("h", "", "Größ\u{180B}e", Err(InvalidName::Invisible(0x180B))),
            ("h", "", "Tetris\u{180F}", Err(InvalidName::Invisible(0x180F))),
            ("h", "", "ᠮᠣᠩᠭᠣᠯ\u{180B}", Ok(())),
            ("h", "", "👩\u{200D}🚀 ❤\u{FE0F} 1\u{FE0F}\u{20E3} می\u{200C}خواهم", Ok(())),
            ("h", "", &long[..255], Ok(())),
            ("h", "left", "Größe & mehr, <b>", Ok(())),
        ];
        for (host, slot, app, expected) in cases {
            assert_eq!(Identity::new(host, slot, app).map(|_| ()), expected, "{app:?}");
        }
    }

    #[test]
    fn the_boundary_between_names_counts() {
        let key = HashKey(1, 2);
        let a = Identity::new("ab", "", "c").unwrap();
        let b = Identity::new("a", "b", "c").unwrap();
        assert_ne!(a.fingerprint(&key), b.fingerprint(&key));
        assert_eq!(a.fingerprint(&key), a.to_owned().borrow().fingerprint(&key));
        assert_ne!(a.fingerprint(&key), a.fingerprint(&HashKey(1, 3)));
    }

    #[test]
    fn a_boot_is_at_most_sixteen_plain_characters() {
        assert_eq!(Boot::new("0123456789abcdef").unwrap().as_str(), "0123456789abcdef");
        for bad in ["", "0123456789abcdefg", "a b", "ä", "a\u{0}"] {
            assert_eq!(Boot::new(bad), None, "{bad:?}");
        }
    }
}
