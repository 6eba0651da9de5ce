//! What a message is about.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// What a message is about: 1 to 255 bytes of UTF-8 without control characters. Compared whole: `t1` is not `t10`.
/// Cheap to clone.
///
/// ```
/// use hb_bus::message::Topic;
///
/// const DOORS: Topic = Topic::from_static("doors"); // checked by the compiler
/// let named: Topic = "doors".parse()?; // checked now
/// assert_eq!(named, DOORS);
/// # Ok::<(), hb_bus::message::InvalidTopic>(())
/// ```
#[derive(Clone)]
pub struct Topic(Text);

#[derive(Clone)]
enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

/// This cannot be a topic.
///
/// ```
/// use hb_bus::message::{InvalidTopic, Topic};
///
/// for wrong in ["", "two\nlines", &"long".repeat(64)] {
///     assert_eq!(wrong.parse::<Topic>(), Err(InvalidTopic));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a topic: expected 1 to 255 bytes without control characters")]
pub struct InvalidTopic;

const LONGEST: usize = 255;

impl Topic {
    /// The topic of Grav's messages that name none.
    pub const DEFAULT: Self = Self::from_static("grav.default");

    /// A topic that is known when the program is written.
    ///
    /// # Panics
    /// If it cannot be a topic; in a constant, that stops the compiler.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        assert!(is_valid(text.as_bytes()), "a topic has 1 to 255 bytes without control characters");
        Self(Text::Static(text))
    }

    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
}

/// ASCII's control characters; UTF-8 has them nowhere else.
const fn is_valid(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_control() {
            return false;
        }
        at += 1;
    }
    !bytes.is_empty() && bytes.len() <= LONGEST
}

impl FromStr for Topic {
    type Err = InvalidTopic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_valid(text.as_bytes()) { Ok(Self(Text::Shared(text.into()))) } else { Err(InvalidTopic) }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

// By the text, however it is held.
impl PartialEq for Topic {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Topic {}

impl Hash for Topic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;
    use crate::noise::{INPUTS, Noise};

    #[wasm_bindgen_test(unsupported = test)]
    fn topics_are_checked_at_the_door() {
        for (text, good) in [
            ("a".to_owned(), true),
            ("hb.transition".to_owned(), true),
            ("Ausstellung / Saal 3 · grün".to_owned(), true),
            ("x".repeat(255), true),
            (String::new(), false),
            ("x".repeat(256), false),
            ("two\nlines".to_owned(), false),
            ("\u{7f}".to_owned(), false),
        ] {
            assert_eq!(text.parse::<Topic>().is_ok(), good, "{text:?}");
        }
        assert_eq!("t".parse(), Ok(Topic::from_static("t")));
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn what_is_a_topic_is_printable_and_short_whatever_comes() {
        let noise = Noise::new(2);
        let long = "x".repeat(250);
        let mut read = 0;
        for _ in 0..INPUTS {
            let text = noise.text(&["grav.default", "Saal 3 · grün", &long, "\n\u{7f}", ""]);
            let good = !text.is_empty() && text.len() <= 255 && !text.chars().any(|c| c.is_ascii_control());
            match text.parse::<Topic>() {
                Ok(topic) => {
                    read += 1;
                    assert!(good && topic.as_str() == text, "{text:?}");
                }
                Err(InvalidTopic) => assert!(!good, "{text:?}"),
            }
        }
        assert!(read > INPUTS / 4 && read < INPUTS, "{read} of {INPUTS} were topics");
    }
}
