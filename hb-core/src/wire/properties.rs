//! Properties of the wire over requests and queries that nobody wrote down.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use proptest::prelude::*;

use super::*;
use crate::beat::{By, Diagnosis, Display, Gl, Visibility, Vitals};
use crate::id::{Boot, seen};

fn is_seen(text: &str) -> bool {
    seen(text).all(|(_, seen)| seen)
}

/// Names of up to `most` characters.
fn names(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::char::any(), 1..=most)
        .prop_map(|chars| chars.into_iter().collect())
        .prop_map(|text: String| seen(&text).filter_map(|(c, seen)| seen.then_some(c)).collect::<String>())
        .prop_filter("a name", |text| !matches!(&**text, "" | "." | "..") && is_seen(text))
}

/// What our own clients could ever say.
fn requests() -> impl Strategy<Value = Request<'static>> {
    let numbers = (
        proptest::option::of(1_u8..),
        proptest::option::of(1_u32..),
        proptest::option::of(any::<u64>()),
        any::<[Option<u32>; 5]>(),
    );
    let words = (
        proptest::option::of(proptest::sample::select(By::ALL)),
        proptest::option::of(proptest::sample::select(Visibility::ALL)),
        proptest::option::of(proptest::sample::select(Gl::ALL)),
        proptest::option::of(proptest::sample::select(Diagnosis::ALL)),
        proptest::option::of(proptest::sample::select(Display::ALL)),
    );
    let texts = (
        names(63),
        proptest::option::of(names(16)),
        proptest::option::of("[ -~]{1,64}"),
        proptest::option::of("[A-Za-z0-9._-]{1,16}"),
        proptest::option::of("[\\PC&&[^\u{2028}\u{2029}]]{1,120}"),
    );
    (proptest::sample::select(Verb::ALL), 0..=604_800_000_u64, numbers, words, texts)
        .prop_filter("hb_state says a state", |(verb, _, _, words, _)| {
            *verb != Verb::State || words.3.is_some()
        })
        .prop_map(
            |(verb, millis, (version, seq, frames, [age, gap, stall, errors, memory]), words, texts)| {
                let (by, visibility, gl, diagnosis, display) = words;
                let (app, host, slot, boot, last_error) = texts;
                let boot = boot.and_then(|text| Boot::new(&text));
                let promise = Promise::from_millis(millis).unwrap();
                let vitals = Vitals {
                    version,
                    boot,
                    seq,
                    by,
                    frames,
                    age,
                    gap,
                    visibility,
                    gl,
                    diagnosis,
                    display,
                    stall,
                    errors,
                    memory,
                };
                let last_error = last_error.map(Cow::Owned);
                let beat = Beat { verb, promise, vitals, last_error, malformed: 0 };
                Request { beat, app: app.into(), host: host.map(Cow::Owned), slot: slot.map(Cow::Owned) }
            },
        )
}

const NAMES: [&str; 15] = [
    "v", "boot", "seq", "by", "frames", "age", "gap", "vis", "gl", "state", "display", "stall", "errs",
    "lasterr", "mem",
];

/// Queries that look like queries, so that the parser is not left at the door.
fn queries() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        proptest::sample::select(&NAMES[..]).prop_map(String::from),
        proptest::sample::select(&["appid", "host", "slot", "next", "container", "%61ppid"][..])
            .prop_map(String::from),
        "[ -~]{0,6}",
    ];
    let value = prop_oneof![
        "[0-9]{0,22}",
        "\\PC{0,8}",
        "(%[0-9a-fA-F]{2}|[a-z+%]){0,8}",
        "[a-z-]{0,12}",
        any::<String>()
    ];
    let token = prop_oneof![value.clone(), (name, value).prop_map(|(n, v)| n + "=" + &v)];
    proptest::collection::vec(token, 0..12).prop_map(|tokens| tokens.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn what_is_encoded_is_read_back(request in requests()) {
        let mut query = String::new();
        request.encode(&mut query);
        prop_assert!(query.is_ascii());
        prop_assert_eq!(parse(request.beat.verb, &query), Ok(request.clone()));
    }

    #[test]
    fn nothing_panics_and_what_is_accepted_is_sound(query in queries(), verb in proptest::sample::select(Verb::ALL)) {
        for parsed in [parse(verb, &query), parse_template(&query)] {
            match parsed {
                Ok(request) => {
                    prop_assert!(request.beat.promise.as_duration() <= crate::beat::MAX_PROMISE);
                    let (host, slot) = (request.host.as_deref(), request.slot.as_deref());
                    prop_assert!(Identity::new(host.unwrap_or("-"), slot.unwrap_or(""), &request.app).is_ok());
                    prop_assert!(host != Some("") && slot != Some(""));
                    prop_assert!(request.beat.verb != Verb::State || request.beat.vitals.diagnosis.is_some());
                    prop_assert_ne!(request.beat.vitals.seq, Some(0));
                    if let Some(error) = &request.beat.last_error {
                        prop_assert!((1..=120).contains(&error.chars().count()) && !error.contains(char::is_control));
                    }
                    let mut again = String::new();
                    request.encode(&mut again);
                    let mut expected = request.clone();
                    expected.beat.malformed = 0;
                    prop_assert_eq!(parse(request.beat.verb, &again), Ok(expected));
                }
                Err(error) => {
                    let line = error.to_string();
                    prop_assert!(is_seen(&line) && line.len() < 400, "{}", line);
                }
            }
        }
        if let Ok(Some(Asked { app, slot })) = parse_status(&query) {
            prop_assert!(Identity::new("-", &slot, &app).is_ok());
        }
    }

    #[test]
    fn one_walk_splits_as_two_would(query in queries()) {
        let naive = query.split('&').map(|token| token.split_once('=').unwrap_or((token, "")));
        let naive = naive.map(|(name, value)| (decode(name).unwrap_or_default(), value));
        prop_assert!(Pairs::new(&query).eq(naive));
    }
}
