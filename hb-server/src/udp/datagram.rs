//! The text of a datagram: a question or an answer, and the adapter that the dispatcher reads them with.
//!
//! Not here: what stands in a question (`hilbert`), and what the form is for (the module above).

use std::fmt;
use std::str::FromStr;

use hb_bus::dispatch::{Adapter, Class};

use crate::hilbert::Answer;

/// The name of the form and its version.
const MAGIC: &str = "hb1";

/// A question of ours is filled up to this length: the sentences in answers fit, and no network splits it.
pub const ROOM: usize = 256;

/// Joins an answer to its question: 1 to 16 ASCII letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Box<str>);

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 16 letters and digits")]
pub struct InvalidKey;

/// What one datagram says. `Debug` leaves the query out: it may hold the key to an app.
#[derive(Clone, PartialEq, Eq)]
pub enum Datagram {
    /// A command and its query.
    Question {
        /// The asker's choice.
        key: Key,
        /// As in `hb_ping?5000&appid=Tetris`.
        line: String,
    },
    /// What came of it.
    Answer {
        /// The question's.
        key: Key,
        /// As HTTP says it.
        status: u16,
        /// As HTTP's body, perhaps cut off.
        text: String,
    },
}

impl fmt::Debug for Datagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question { key, line } => {
                let command = line.split('?').next().unwrap_or_default();
                f.debug_struct("Question")
                    .field("key", key)
                    .field("command", &command)
                    .finish_non_exhaustive()
            }
            Self::Answer { key, status, text } => {
                let mut said = f.debug_struct("Answer");
                said.field("key", key).field("status", status).field("text", text).finish()
            }
        }
    }
}

/// The bytes are of another form, or of another version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no datagram of hb: expected one like `hb1 KEY hb_ping?5000&appid=Tetris`")]
pub struct NotOurs;

/// The form, for a dispatcher.
#[derive(Clone, Copy, Debug)]
pub struct Protocol;

impl Key {
    /// The key for a number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self(format!("{number:x}").into())
    }
}

impl FromStr for Key {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(text.into())) } else { Err(InvalidKey) }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Datagram {
    /// The answer to a question of `room` bytes, cut to that length; `None` if not even its status fits.
    #[must_use]
    pub fn answer(key: Key, answer: &Answer, room: usize) -> Option<Self> {
        let (status, text) = (answer.status.code(), String::from_utf8_lossy(&answer.text));
        let room = room.checked_sub(MAGIC.len() + key.0.len() + 6)?;
        let text = text[..text.floor_char_boundary(room)].to_owned();
        Some(Self::Answer { key, status, text })
    }

    /// Its bytes.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Question { key, line } => {
                let text = format!("{MAGIC} {key} {line}");
                format!("{text:ROOM$}")
            }
            Self::Answer { key, status, text } => format!("{MAGIC} {key} {status:03} {text}"),
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`NotOurs`].
    pub fn parse(datagram: &[u8]) -> Result<Self, NotOurs> {
        let text = std::str::from_utf8(datagram).map_err(|_| NotOurs)?;
        let rest = text.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(' ')).ok_or(NotOurs)?;
        let (key, rest) = rest.split_once(' ').ok_or(NotOurs)?;
        let key = key.parse().map_err(|InvalidKey| NotOurs)?;
        // No command begins with a digit.
        if !rest.starts_with(|c: char| c.is_ascii_digit()) {
            let line = rest.trim_end_matches([' ', '\r', '\n']).to_owned();
            return if line.is_empty() { Err(NotOurs) } else { Ok(Self::Question { key, line }) };
        }
        let (status, text) = rest.split_once(' ').ok_or(NotOurs)?;
        let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
        let status = if is_status { status.parse().map_err(|_| NotOurs)? } else { return Err(NotOurs) };
        Ok(Self::Answer { key, status, text: text.to_owned() })
    }
}

impl Adapter for Protocol {
    type Message = Datagram;
    type Key = Key;
    type Error = NotOurs;

    fn encode(&self, message: &Datagram, into: &mut Vec<u8>) -> Result<(), NotOurs> {
        into.extend(message.text().into_bytes());
        Ok(())
    }

    fn decode(&self, datagram: &[u8]) -> Result<Datagram, NotOurs> {
        Datagram::parse(datagram)
    }

    fn key(&self, message: &Datagram) -> Key {
        match message {
            Datagram::Question { key, .. } | Datagram::Answer { key, .. } => key.clone(),
        }
    }

    /// A beat is a notification whose ack says more than "arrived": the time granted. In the dispatcher's words that is
    /// a request with its reply.
    fn class(&self, message: &Datagram) -> Option<Class> {
        Some(match message {
            Datagram::Question { .. } => Class::Request,
            Datagram::Answer { .. } => Class::Reply,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn question(key: &str, line: &str) -> Datagram {
        Datagram::Question { key: key.parse().unwrap(), line: line.into() }
    }

    #[test]
    fn what_is_shown_of_a_question_is_no_key_to_an_app() {
        let shown = format!("{:?}", question("7", "hb_ping?5000&appid=x&key=hunter2"));
        assert_eq!(shown, "Question { key: Key(\"7\"), command: \"hb_ping\", .. }");
    }

    #[test]
    fn questions_and_answers_are_told_apart() {
        let answer = |key: &str, status, text: &str| Datagram::Answer {
            key: key.parse().unwrap(),
            status,
            text: text.into(),
        };
        for (text, expected) in [
            ("hb1 7 hb_ping?5000&appid=x", question("7", "hb_ping?5000&appid=x")),
            ("hb1 aZ9 hb_ping?5000&appid=x \r\n", question("aZ9", "hb_ping?5000&appid=x")),
            ("hb1 7 nonsense with blanks", question("7", "nonsense with blanks")),
            ("hb1 0123456789abcdef 200 6000", answer("0123456789abcdef", 200, "6000")),
            ("hb1 7 400 T is `x`: expected", answer("7", 400, "T is `x`: expected")),
            ("hb1 7 503 ", answer("7", 503, "")),
        ] {
            assert_eq!(Datagram::parse(text.as_bytes()), Ok(expected), "{text:?}");
        }
        for text in [
            "",
            "hb1",
            "hb1 ",
            "hb1 7",
            "hb1 7 ",
            "hb1 7   \n",
            "hb1  hb_ping?5000&appid=x",
            "hb1 0123456789abcdefg hb_ping?5000&appid=x",
            "hb1 ü hb_ping?5000&appid=x",
            "hb1 7 200",
            "hb1 7 20 6000",
            "hb1 7 2000 6000",
            "hb2 7 hb_ping?5000&appid=x",
            "GET /hb_ping?5000&appid=x HTTP/1.1",
        ] {
            assert_eq!(Datagram::parse(text.as_bytes()), Err(NotOurs), "{text:?}");
        }
        assert_eq!(Datagram::parse(b"hb1 7 hb_ping?\xff"), Err(NotOurs));
    }

    #[test]
    fn a_question_of_ours_has_room_for_a_sentence() {
        let short = question("7", "hb_ping?5000&appid=x").text();
        assert_eq!((short.len(), short.trim_end()), (ROOM, "hb1 7 hb_ping?5000&appid=x"));
        let long = format!("hb_ping?5000&appid={}", "x".repeat(ROOM));
        assert!(question("7", &long).text().ends_with('x'));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<u64>(), line in "[a-z][ -~]{0,300}[!-~]", status in 100..1000_u16) {
            let asked = Datagram::Question { key: Key::of(number), line: line.clone() };
            prop_assert_eq!(Datagram::parse(asked.text().as_bytes()), Ok(asked));
            let said = Datagram::Answer { key: Key::of(number), status, text: line };
            prop_assert_eq!(Datagram::parse(said.text().as_bytes()), Ok(said));
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = Datagram::parse(&bytes);
        }

        #[test]
        fn an_answer_is_never_longer_than_the_question(
            key in "[a-z0-9]{1,16}", text in "\\PC{0,200}", room in 0..200_usize,
        ) {
            let answer = Answer::refused(text);
            if let Some(answer) = Datagram::answer(key.parse().unwrap(), &answer, room) {
                prop_assert!(answer.text().len() <= room);
            }
        }
    }
}
