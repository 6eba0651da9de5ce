//! Who asked for something, and from where (spec/liveness.md 3, law 12). Not here: whether they may.

use alloc::boxed::Box;

use super::{InvalidName, check};

/// Who did something, and from where: no mute, acknowledgement, adoption or repair by hand without it.
///
/// ```
/// use hb_core::id::Who;
///
/// let who = Who::new("Ada", "dashboard 10.0.3.7").unwrap();
/// assert_eq!((who.by(), who.from()), ("Ada", "dashboard 10.0.3.7"));
/// for (by, from) in [("", "cli"), ("Ada", ""), ("Ada\n", "cli"), ("A\u{202E}da", "cli")] {
///     assert!(Who::new(by, from).is_err());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    by: Box<str>,
    from: Box<str>,
}

impl Who {
    /// Longest name and longest place, in bytes.
    pub const MOST: usize = 200;

    /// Checks both names: 1 to [`Who::MOST`] bytes that read as they look.
    ///
    /// # Errors
    /// What is wrong with the first that is not so.
    pub fn new(by: &str, from: &str) -> Result<Self, InvalidName> {
        for name in [by, from] {
            if name.is_empty() {
                return Err(InvalidName::Empty(Self::MOST));
            }
            check(name, Self::MOST)?;
        }
        Ok(Self { by: by.into(), from: from.into() })
    }

    /// A person, a token's name, `config`, a key switch.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// An address, `cli`, a topic, a line of a file.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }
}
