//! A message as NATS has it: topic ↔ subject, ids ↔ headers.
//!
//! Not here: when it is sent.

use std::fmt::Write;

use async_nats::{HeaderMap, HeaderValue, Message as Theirs};
use hb_bus::message::{Head, Id, Message, Topic};

/// Its name; of JetStream's, so that it tells repetitions.
const ID: &str = "Nats-Msg-Id";
const PARENT: &str = "Hb-Parent";
const REPLY_TO: &str = "Hb-Reply-To";
/// When it was published, in nanoseconds since 1970.
const TIME: &str = "Hb-Time";

/// The subject of a topic. White space, `*`, `>`, `%` and a dot that no name stands beside would mean something else to
/// NATS: they are percent-encoded. Two topics have two subjects.
pub(super) fn subject(topic: &Topic) -> String {
    let text = topic.as_str();
    let mut subject = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let alone = subject.is_empty() || subject.ends_with('.') || at + 1 == text.len();
        if c.is_whitespace() || c.is_control() || matches!(c, '*' | '>' | '%') || (c == '.' && alone) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                // Writing to a string does not fail.
                let _ = write!(subject, "%{byte:02X}");
            }
        } else {
            subject.push(c);
        }
    }
    subject
}

pub(super) fn headers(head: &Head) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ID, head.id.to_string());
    headers.insert(TIME, head.at.to_string());
    for (name, id) in [(PARENT, head.parent), (REPLY_TO, head.reply_to)] {
        if let Some(id) = id {
            headers.insert(name, id.to_string());
        }
    }
    headers
}

/// What came. Whatever its headers do not say, or say wrongly, it is without.
pub(super) fn read(topic: Topic, theirs: Theirs) -> Message {
    let headers = theirs.headers.unwrap_or_default();
    let said = |name: &str| headers.get(name).map(HeaderValue::as_str);
    let id = |name: &str| said(name).and_then(|text| text.parse().ok()).filter(|id: &Id| !id.is_nil());
    let time = said(TIME).and_then(|text| text.parse().ok());
    // One that has no time has no name either: the bus gives both.
    let (id_of_it, at) = id(ID).zip(time).unwrap_or((Id::NIL, 0));
    let head = Head { id: id_of_it, parent: id(PARENT), reply_to: id(REPLY_TO), topic, at };
    Message::from_parts(head, theirs.payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_the_topic_wherever_nats_allows_it() {
        for (topic, expected) in [
            ("hb.transition", "hb.transition"),
            ("app/127.0.0.1/tetris#left/door", "app/127.0.0.1/tetris#left/door"),
            ("Saal 3", "Saal%203"),
            ("a.*.>", "a.%2A.%3E"),
            ("100%", "100%25"),
            (".a..b.", "%2Ea.%2Eb%2E"),
            (".", "%2E"),
            ("grün\u{a0}", "grün%C2%A0"),
        ] {
            let subject = subject(&topic.parse().unwrap());
            assert_eq!(subject, expected);
            assert!(async_nats::Subject::from(subject).is_valid(), "{topic}");
        }
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let topic = Topic::from_static("doors");
        let id = Id::from_u128;
        let head =
            Head { id: id(1), parent: Some(id(2)), reply_to: Some(id(3)), topic: topic.clone(), at: 4 };
        let theirs = |headers: Option<HeaderMap>| Theirs {
            subject: "doors".into(),
            reply: None,
            payload: "open".into(),
            headers,
            status: None,
            description: None,
            length: 0,
        };
        let came = read(topic.clone(), theirs(Some(headers(&head))));
        assert_eq!(came, Message::from_parts(head, "open"));
        let mut wrong = HeaderMap::new();
        wrong.insert(ID, "seven");
        wrong.insert(REPLY_TO, "00000000-0000-0000-0000-000000000000");
        wrong.insert(TIME, "noon");
        for headers in [None, Some(wrong)] {
            assert_eq!(read(topic.clone(), theirs(headers)), Message::new(topic.clone(), "open"));
        }
    }

    proptest::proptest! {
        #[test]
        fn every_topic_has_a_subject_of_its_own(one in "[a. *>%\u{a0}ü/]{1,6}", other in "[a. *>%\u{a0}ü/]{1,6}") {
            let topics = [&one, &other].map(|text| text.parse::<Topic>().unwrap());
            let subjects = topics.each_ref().map(subject);
            for subject in &subjects {
                assert!(async_nats::Subject::from(subject.as_str()).is_valid(), "{subject}");
                assert!(!subject.contains(['*', '>', ' ', '\u{a0}']), "{subject}");
            }
            assert_eq!(topics[0] == topics[1], subjects[0] == subjects[1], "{subjects:?}");
        }
    }
}
