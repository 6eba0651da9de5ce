//! 256 random bits as text, and their hash.
//!
//! SHA-256 is right here, though it would be wrong for passwords: a slow hash slows down who guesses what people think
//! up, and nobody goes through 2²⁵⁶ numbers at any speed. A secret is found by looking up its hash; how long that takes
//! tells at most of the hash of what was sent, and nobody can steer that towards one that is known here.

use std::fmt::{self, Write as _};

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What every secret begins with, so that it is known for one where it should not be.
const PREFIX: &str = "hb_";
const BYTES: usize = 32;

/// A secret of ours: a token, a one-time login, a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Of a secret; tells nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Hash([u8; BYTES]);

impl Secret {
    /// A new one.
    ///
    /// # Panics
    /// When the system has no random bits: there is nothing safe to do then.
    #[must_use]
    pub fn random() -> Self {
        let mut bits = [0; BYTES];
        SystemRandom::new().fill(&mut bits).expect("the system gives random bits");
        Self(format!("{PREFIX}{}", hex(&bits)))
    }

    /// What somebody sent; `None` if it is no secret of ours, whatever it is.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix(PREFIX)?;
        let is_one = digits.len() == 2 * BYTES && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_one.then(|| Self(format!("{PREFIX}{}", digits.to_ascii_lowercase())))
    }

    /// The secret itself, for the one who is to have it. Never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> Hash {
        let mut hash = [0; BYTES];
        hash.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        Hash(hash)
    }
}

impl Hash {
    /// As it is kept.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut hash = [0; BYTES];
        if text.len() != 2 * BYTES || !text.is_ascii() {
            return None;
        }
        for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// It stands in no log by accident.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_is_read_back_and_shown_to_nobody() {
        let (one, two) = (Secret::random(), Secret::random());
        assert_ne!(one, two);
        assert_eq!(one.reveal().len(), 67);
        assert_eq!(Secret::read(&format!(" {}\n", one.reveal())), Some(one.clone()));
        assert_eq!(Hash::read(&one.hash().to_string()), Some(one.hash()));
        assert!(!one.hash().to_string().contains(&one.reveal()[3..9]));
        assert_eq!(format!("{one:?}"), "Secret(…)");
    }

    #[test]
    fn the_hash_is_sha_256_of_the_text() {
        let zero = Secret::read(&format!("hb_{}", "0".repeat(64))).unwrap();
        assert_eq!(
            zero.hash().to_string(),
            "c99286577b4724071e63309bec44258eec37c41bc20512cf47c3b9c8eba28e74"
        );
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(text in any::<String>()) {
            prop_assert!(Secret::read(&text).is_none());
            let _ = Hash::read(&text);
        }
    }
}
