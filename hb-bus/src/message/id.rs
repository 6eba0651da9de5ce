//! Names of messages, and where new ones come from.

use std::fmt;
use std::str::FromStr;

use uuid::{Builder, Uuid};

/// The name of a message: a UUID.
///
/// ```
/// use hb_bus::message::Id;
///
/// let id: Id = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?;
/// assert_eq!(Id::from_u128(id.as_u128()), id);
/// assert!(Id::NIL.is_nil() && !id.is_nil());
/// # Ok::<(), hb_bus::message::InvalidId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(Uuid);

/// This is no UUID.
///
/// ```
/// use hb_bus::message::{Id, InvalidId};
///
/// let wrong: Result<Id, InvalidId> = "kiosk 7".parse();
/// assert!(wrong.unwrap_err().to_string().starts_with("\"kiosk 7\" is no id: expected a UUID"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no id: expected a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8")]
pub struct InvalidId(String);

impl Id {
    /// No name: that of a message nobody has published yet.
    pub const NIL: Self = Self(Uuid::nil());

    /// Whether this is [`NIL`](Self::NIL).
    #[must_use]
    pub const fn is_nil(self) -> bool {
        self.0.is_nil()
    }

    /// The number that these 16 bytes are.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        Self(Uuid::from_u128(number))
    }

    /// Its 16 bytes as a number.
    #[must_use]
    pub const fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // An error that repeats a megabyte of a peer's would be one itself.
        text.parse().map(Self).map_err(|_| InvalidId(text.chars().take(64).collect()))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Draws new ids: 60 bits of chance that tell sources apart, and a count. RFC 9562, version 8.
///
/// ```
/// use hb_bus::message::Ids;
///
/// let (mut ours, mut theirs) = (Ids::new(1), Ids::new(2));
/// let (first, second) = (ours.draw(), ours.draw());
/// assert!(first != second && first != theirs.draw());
/// ```
#[derive(Clone, Debug)]
pub struct Ids {
    source: u64,
    count: u64,
}

impl Ids {
    /// A source of ids. No two sources in the same network may have the same `chance`.
    #[must_use]
    pub const fn new(chance: u64) -> Self {
        Self { source: chance, count: 0 }
    }

    /// The next id.
    pub fn draw(&mut self) -> Id {
        self.count += 1;
        let bytes = (u128::from(self.source) << 64 | u128::from(self.count)).to_be_bytes();
        Id(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::noise::{INPUTS, Noise};

    #[wasm_bindgen_test(unsupported = test)]
    fn ids_differ_and_read_back() {
        let (mut ours, mut theirs) = (Ids::new(1), Ids::new(2));
        let drawn = [ours.draw(), ours.draw(), theirs.draw(), theirs.draw()];
        for (at, id) in drawn.iter().enumerate() {
            assert_eq!(id.to_string().parse(), Ok(*id));
            assert!(!drawn[..at].contains(id) && !id.is_nil());
        }
        let long = "x".repeat(1 << 20).parse::<Id>().unwrap_err();
        assert!(long.to_string().len() < 200);
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn no_text_makes_an_id_panic() {
        let noise = Noise::new(1);
        let good =
            ["67e55044-10b1-426f-9247-bb680e5fe0c8", "{67e5504410b1426f9247bb680e5fe0c8}", "urn:uuid:", ""];
        let mut read = 0;
        for _ in 0..INPUTS {
            if let Ok(id) = noise.text(&good).parse::<Id>() {
                read += 1;
                assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
        assert!(read > INPUTS / 20 && read < INPUTS, "{read} of {INPUTS} were ids");
    }
}
