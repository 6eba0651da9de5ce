//! Messages there and back, and everything that is none.

use wasm_bindgen_test::wasm_bindgen_test;

use super::*;
use crate::message::{Head, Topic};
use crate::noise::{INPUTS, Noise};

const GRAV: &str = r#"{"meta":{"uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8","parent_id":"","response_to":"","msg_type":"grav.default","timestamp":"2021-06-01T10:20:30.123456789Z"},"payload":{"data":"SGVsbG8sIFdvcmxk"}}"#;

fn hello() -> Message {
    let head = Head {
        id: "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap(),
        parent: None,
        reply_to: None,
        topic: Topic::DEFAULT,
        at: 1_622_542_830_123_456_789,
    };
    Message::from_parts(head, "Hello, World")
}

#[wasm_bindgen_test(unsupported = test)]
fn g21_the_envelope_is_gravs_byte_for_byte() {
    assert_eq!(Json.encode(&hello()), GRAV);
    assert_eq!(Json.decode(GRAV.as_bytes()).unwrap(), hello());
}

#[wasm_bindgen_test(unsupported = test)]
fn g21_what_others_add_leave_out_or_write_otherwise_is_read() {
    for (was, instead) in [
        (r#""payload""#, r#""later":[1,{}],"payload""#),
        (r#""parent_id":"","response_to":"","#, ""),
        (r#""msg_type":"grav.default","#, ""),
        ("2021-06-01T10:20:30.123456789Z", "2021-06-01T12:20:30.123456789+02:00"),
        ("grav.default", "grav\\u002edefault"),
    ] {
        let text = GRAV.replace(was, instead);
        assert_ne!(text, GRAV);
        assert_eq!(Json.decode(text.as_bytes()).unwrap(), hello(), "{text}");
    }
    let empty = GRAV.replace(r#""SGVsbG8sIFdvcmxk""#, "null");
    assert_eq!(Json.decode(empty.as_bytes()).unwrap().data(), "");
}

#[wasm_bindgen_test(unsupported = test)]
fn g21_what_is_no_message_is_refused_in_words() {
    for (was, instead, said) in [
        (GRAV, "Hello", "not a message in application/json: expected value at line 1 column 1"),
        (r#""uuid":"67e55044-10b1-426f-9247-bb680e5fe0c8","#, "", "missing field `uuid`"),
        ("67e55044-10b1-426f-9247-bb680e5fe0c8", "7", "\"7\" is no id"),
        ("grav.default", "two\\nlines", "not a topic"),
        ("2021-06-01T", "yesterday", "not a time"),
        ("SGVsbG8sIFdvcmxk", "!", "not base64"),
    ] {
        let error = Json.decode(GRAV.replace(was, instead).as_bytes()).unwrap_err().to_string();
        assert!(error.contains(said), "{error:?} does not say {said:?}");
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn no_bytes_make_a_codec_panic_or_talk_long() {
    let noise = Noise::new(21);
    let long = Message::new(Topic::DEFAULT, vec![7; 3_000]);
    for codec in [&Json as &dyn Codec, &Postcard] {
        let good = [&hello(), &long, &hello().in_reply_to(&long).following(&hello())]
            .map(|message| codec.encode(message).to_vec());
        let mut read = 0;
        for _ in 0..INPUTS {
            let bytes = noise.bytes(&good);
            match codec.decode(&bytes) {
                Ok(message) => {
                    read += 1;
                    assert_eq!(codec.decode(&codec.encode(&message)).unwrap(), message);
                }
                Err(error) => assert!(error.to_string().len() < 500, "{error}"),
            }
        }
        assert!(read > INPUTS / 20 && read < INPUTS, "{}: {read} of {INPUTS}", codec.media_type());
    }
}

#[wasm_bindgen_test(unsupported = test)]
fn an_error_does_not_repeat_a_megabyte_of_a_peers() {
    let megabyte = "ü".repeat(1 << 19);
    for text in [format!("{{\"meta\":\"{megabyte}\"}}"), GRAV.replace("grav.default", &megabyte)] {
        let said = Json.decode(text.as_bytes()).unwrap_err().to_string();
        assert!(said.len() < 500, "{} bytes", said.len());
    }
}

#[cfg(not(target_family = "wasm"))]
mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Id;

    fn id() -> impl Strategy<Value = Id> {
        any::<u128>().prop_map(Id::from_u128)
    }

    fn message() -> impl Strategy<Value = Message> {
        let id_or_none = || prop::option::of(id());
        // The years that RFC 3339 can write, within 64 bits of nanoseconds.
        let at = -9_000_000_000_000_000_000..9_000_000_000_000_000_000_i64;
        let topic = "[^\u{0}-\u{1f}\u{7f}]{1,60}".prop_map(|text| text.parse().unwrap());
        (id(), id_or_none(), id_or_none(), topic, at, any::<Vec<u8>>()).prop_map(
            |(id, parent, reply_to, topic, at, data)| {
                Message::from_parts(Head { id, parent, reply_to, topic, at }, data)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_codec_reads_what_it_wrote(message in message()) {
            for codec in [&Json as &dyn Codec, &Postcard] {
                prop_assert_eq!(&codec.decode(&codec.encode(&message)).unwrap(), &message);
            }
        }

        #[test]
        fn no_bytes_make_a_codec_panic(bytes in any::<Vec<u8>>(), message in message(), cut in any::<usize>(), flip in any::<u8>()) {
            for codec in [&Json as &dyn Codec, &Postcard] {
                let _ = codec.decode(&bytes);
                let mut whole = codec.encode(&message).to_vec();
                let at = cut % whole.len();
                let _ = codec.decode(&whole[..at]);
                whole[at] ^= flip;
                let _ = codec.decode(&whole);
            }
        }
    }
}
