//! Every row of the tables of spec/hilbert.md, and some more.

use alloc::borrow::Cow;
use alloc::string::ToString;

use super::*;
use crate::beat::{By, Diagnosis, Display, Gl, Visibility, Vitals};
use crate::id::Boot;

fn check_good(query: &str, promise: u32, app: &str) {
    let request = parse(Verb::Ping, query).unwrap_or_else(|error| panic!("{query:?}: {error}"));
    assert_eq!((request.beat.promise.as_millis(), &*request.app), (promise, app), "{query:?}");
    assert_eq!(request.beat.malformed, 0, "{query:?}");
}

#[test]
fn a_key_is_found_wherever_it_stands_and_is_read_with_no_beat() {
    for (query, found) in [
        ("5000&appid=x", None),
        ("5000&appid=x&key=", None),
        ("5000&appid=x&key", None),
        ("5000&appid=x&monkey=a", None),
        ("5000&appid=x&key=%ff", None),
        ("5000&appid=x&key=a%26b+c&v=1", Some("a&b c")),
        ("key=a&key=b", Some("a")),
    ] {
        assert_eq!(key(query).as_deref(), found, "{query}");
    }
    let mut query = "5000&appid=x".to_string();
    push_key(&mut query, "a&b c");
    assert_eq!(key(&query).as_deref(), Some("a&b c"));
    let beat = parse(Verb::Ping, &query).unwrap();
    assert!(!alloc::format!("{beat:?}").contains("a&b"));
}

#[test]
fn good_queries() {
    for (query, promise, app) in [
        ("5000&appid=Tetris", 5000, "Tetris"),
        ("0&appid=x", 0, "x"),
        ("&appid=x", 0, "x"),
        ("appid=x", 0, "x"),
        ("cache_buster=17&appid=x", 0, "x"),
        ("00005000&appid=x", 5000, "x"),
        ("1.5&appid=x", 2, "x"),
        ("2.000&appid=x", 2, "x"),
        ("0.0001&appid=x", 1, "x"),
        ("604800000&appid=x", 604_800_000, "x"),
        ("5000=&appid=x", 5000, "x"),
        ("%35000&appid=x", 5000, "x"),
        ("5000&appid=x&cache_buster=1448&flag&=&&", 5000, "x"),
        ("5000&cache_buster=1448&flag&appid=x", 5000, "x"),
        ("5000&app%69d=x", 5000, "x"),
        ("appid=x&5000", 0, "x"),
        ("_=&appid=x", 0, "x"),
        // The first of two counts.
        ("5000&appid=x&appid=y", 5000, "x"),
        // Decoded after splitting.
        ("5000&appid=a%26b%3Fc%3Dd%23", 5000, "a&b?c=d#"),
        ("5000&appid=a=b", 5000, "a=b"),
        ("5000&appid=a+b%20c%2Bd", 5000, "a b c+d"),
        ("5000&appid=Gr%C3%B6%C3%9Fe", 5000, "Größe"),
        ("5000&appid=Größe", 5000, "Größe"),
        ("5000&appid=<b>|,;", 5000, "<b>|,;"),
        // Old clients do not encode: a `%` that begins no escape is itself.
        ("5000&appid=100%", 5000, "100%"),
        ("5000&appid=100%zz", 5000, "100%zz"),
        // Bytes that are no text matter only where they are read.
        ("5000&appid=x&junk=%FF&%FF=1", 5000, "x"),
    ] {
        check_good(query, promise, app);
    }
    let longest = "x".repeat(255);
    check_good(&alloc::format!("1&appid={longest}"), 1, &longest);
}

fn check_bad(query: &str, line: &str) {
    let error = parse(Verb::Ping, query).expect_err(query).to_string();
    assert_eq!(error, line, "{query:?}");
    assert!(!error.contains(char::is_control), "{query:?} must be answered in one line");
}

#[test]
fn bad_queries_are_told_what_was_wrong_and_what_is_expected() {
    let promise = |token: &str| {
        alloc::format!(
            "T is `{token}`: expected a promise in whole milliseconds from 0 to 604800000, as in hb_ping?5000&appid=Tetris"
        )
    };
    for token in
        ["abc", "-5", "+5", "1e3", "1,5", "1.", ".5", "1.5.5", "5 000", "0x10", "٣", "5%20", "NaN", "%FF"]
    {
        check_bad(&alloc::format!("{token}&appid=x"), &promise(token));
    }
    check_bad("-5=&appid=x", &promise("-5"));
    check_bad(&alloc::format!("{}&appid=x", "y".repeat(5000)), &promise(&("y".repeat(40) + "…")));
    check_bad("a\u{7}b&appid=x", &promise("a?b"));
    for token in ["604800001", "604800000.1", "99999999999999999999"] {
        check_bad(
            &alloc::format!("{token}&appid=x"),
            &alloc::format!("T is {token} ms: expected at most 604800000 (7 days)"),
        );
    }
    let missing = "appid is missing: expected the app's id, as in hb_ping?5000&appid=Tetris";
    for query in ["", "5000", "5000&", "5000&app=x", "5000&cache_buster=1"] {
        check_bad(query, missing);
    }
    let empty = "appid is empty: expected 1 to 255 bytes";
    for query in ["5000&appid=", "5000&appid", "5000&appid=&appid=x"] {
        check_bad(query, empty);
    }
    let control =
        |code| alloc::format!("appid contains the control character U+{code}: expected printable text");
    for (escaped, code) in
        [("%0A", "000A"), ("%00", "0000"), ("%0D", "000D"), ("%7F", "007F"), ("%E2%80%A8", "2028")]
    {
        check_bad(&alloc::format!("5000&appid=a{escaped}b"), &control(code));
    }
    let (long, longer) = ("x".repeat(256), "%41".repeat(4096));
    check_bad(&alloc::format!("1&appid={long}"), "appid is 256 bytes long: expected at most 255");
    check_bad(&alloc::format!("1&appid={longer}"), "appid is 4096 bytes long: expected at most 255");
    check_bad("5000&appid=%FF%FE", "appid is not UTF-8: expected percent-encoded UTF-8");
    check_bad("5000&appid=x&host=%C3", "host is not UTF-8: expected percent-encoded UTF-8");
    check_bad(
        "5000&appid=x&slot=a%0Ab",
        "slot contains the control character U+000A: expected printable text",
    );
    let far = "h".repeat(65);
    check_bad(&alloc::format!("1&appid=x&host={far}"), "host is 65 bytes long: expected at most 64");
}

#[test]
fn a_host_and_a_slot_may_be_declared() {
    let place = |query| {
        let request = parse(Verb::Ping, query).unwrap();
        (request.host.map(Cow::into_owned), request.slot.map(Cow::into_owned))
    };
    assert_eq!(place("1&appid=x"), (None, None));
    assert_eq!(place("1&appid=x&host=&slot="), (None, None));
    assert_eq!(
        place("1&appid=x&host=kiosk-3&slot=left%20wall"),
        (Some("kiosk-3".into()), Some("left wall".into()))
    );
}

#[test]
fn hb_state_must_say_a_known_state() {
    let diagnosis =
        |verb, query: &str| parse(verb, query).map(|r| (r.beat.vitals.diagnosis, r.beat.malformed));
    let words = "starting, ok, slow, idle, hidden, frozen, leaving, no-frames, main-blocked, context-lost, gpu-stuck, picture-stuck";
    for &word in Diagnosis::ALL {
        let query = alloc::format!("5000&appid=x&state={word}");
        assert_eq!(diagnosis(Verb::State, &query), Ok((Some(word), 0)));
    }
    let bogus = diagnosis(Verb::State, "5000&appid=x&state=bogus").unwrap_err();
    assert_eq!(bogus.to_string(), alloc::format!("state is `bogus`: expected one of {words}"));
    let none = diagnosis(Verb::State, "5000&appid=x").unwrap_err();
    assert_eq!(none.to_string(), alloc::format!("state is missing: expected one of {words}"));
    assert!(diagnosis(Verb::State, "5000&appid=x&state=bogus&state=ok").is_err(), "the first counts");
    assert_eq!(diagnosis(Verb::Ping, "5000&appid=x&state=bogus"), Ok((None, 1)));
}

#[test]
fn vitals_are_read() {
    let query = "5000&appid=x&v=1&boot=a1-b_2.c&seq=7&by=worker&frames=123456789012&age=16&gap=33&vis=hidden&gl=lost\
                 &state=context-lost&display=off&stall=3000&errs=2&lasterr=Type%45rror%3A+x+is%20null&mem=20480";
    let beat = parse(Verb::Ping, query).unwrap().beat;
    assert_eq!(
        beat.vitals,
        Vitals {
            version: Some(1),
            boot: Boot::new("a1-b_2.c"),
            seq: Some(7),
            by: Some(By::Worker),
            frames: Some(123_456_789_012),
            age: Some(16),
            gap: Some(33),
            visibility: Some(Visibility::Hidden),
            gl: Some(Gl::Lost),
            diagnosis: Some(Diagnosis::ContextLost),
            display: Some(Display::Off),
            stall: Some(3000),
            errors: Some(2),
            memory: Some(20480),
        }
    );
    assert_eq!((beat.last_error.as_deref(), beat.malformed), (Some("TypeError: x is null"), 0));
}

#[test]
fn malformed_vitals_are_dropped_and_counted() {
    let long = alloc::format!("lasterr={}", "e".repeat(121));
    for part in [
        "v=",
        "v=0",
        "v=256",
        "v=one",
        "boot=",
        "boot=0123456789abcdefg",
        "boot=a%20b",
        "boot=%FF",
        "seq=0",
        "seq=-1",
        "seq=4294967296",
        "by=me",
        "frames=1.5",
        "age=-3",
        "age=+3",
        "gap=",
        "vis=maybe",
        "gl=OK",
        "state=bogus",
        "display=dim",
        "stall=3s",
        "errs=x",
        "mem=1e9",
        "lasterr=",
        "lasterr=a%0Ab",
        "lasterr=%FF",
        &long,
        "age",
    ] {
        let query = alloc::format!("5000&appid=x&{part}");
        let beat = parse(Verb::Ping, &query).unwrap().beat;
        assert_eq!((beat.vitals, beat.last_error, beat.malformed), (Vitals::default(), None, 1), "{part}");
    }
    let beat = parse(Verb::Ping, "5000&appid=x&age=bad&age=5&gap=bad&seq=3&seq=bad").unwrap().beat;
    assert_eq!(
        (beat.vitals.age, beat.vitals.seq, beat.malformed),
        (None, Some(3), 2),
        "the first counts, even malformed"
    );
    let beat = parse(Verb::Ping, "5000&appid=x&age=99999999999&frames=99999999999999999999").unwrap().beat;
    assert_eq!((beat.vitals.age, beat.vitals.frames), (Some(u32::MAX), Some(u64::MAX)), "at least so much");
    let longest = alloc::format!("1&appid=x&lasterr={}", "%C3%A4".repeat(120));
    assert_eq!(parse(Verb::Ping, &longest).unwrap().beat.malformed, 0, "characters, not bytes");
}

#[test]
fn the_template_form_is_a_ping() {
    let request = parse_template("container=pong&next=5000&age=3").unwrap();
    assert_eq!(
        (request.beat.verb, request.beat.promise.as_millis(), &*request.app),
        (Verb::Ping, 5000, "pong")
    );
    assert_eq!(request.beat.vitals.age, Some(3));
    for (query, promise) in [("next=7&container=pong", 7), ("container=pong", 0), ("container=pong&next=", 0)]
    {
        assert_eq!(parse_template(query).unwrap().beat.promise.as_millis(), promise, "{query}");
    }
    for (query, line) in [
        (
            "next=5",
            "container is missing: expected the app's id, as in heartbeat.html?container=Tetris&next=5000",
        ),
        ("container=&next=5", "container is empty: expected 1 to 255 bytes"),
        ("container=a%00&next=5", "container contains the control character U+0000: expected printable text"),
    ] {
        assert_eq!(parse_template(query).unwrap_err().to_string(), line);
    }
    let unreplaced = parse_template("container=pong&next=%n").unwrap_err().to_string();
    assert!(unreplaced.starts_with("T is `%n`: expected"), "{unreplaced}");
}

#[test]
fn status_may_ask_for_one() {
    for (query, asked) in [
        ("", None),
        ("0", None),
        ("appid=", None),
        ("slot=left", None),
        ("appid=x", Some(("x", ""))),
        ("0&appid=x", Some(("x", ""))),
        ("cache=1&appid=a%26b", Some(("a&b", ""))),
        ("slot=left+side&appid=x&slot=right", Some(("x", "left side"))),
    ] {
        let found = parse_status(query).unwrap();
        let found = found.as_ref().map(|Asked { app, slot }| (&**app, &**slot));
        assert_eq!(found, asked, "{query:?}");
    }
    for query in ["appid=%00", "appid=%FF", "appid=x&slot=%00", "slot=%00"] {
        assert!(parse_status(query).is_err(), "{query:?}");
    }
}

#[test]
fn nothing_is_copied_unless_it_was_encoded() {
    let borrowed = |cow: &Cow<'_, str>| matches!(cow, Cow::Borrowed(_));
    let plain = "5000&appid=Tetris&v=1&boot=b1&seq=1&host=h&slot=s&lasterr=oops&junk=a%20b";
    let request = parse(Verb::Ping, plain).unwrap();
    assert!(borrowed(&request.app));
    assert!(request.host.as_ref().is_some_and(borrowed) && request.slot.as_ref().is_some_and(borrowed));
    assert!(request.beat.last_error.as_ref().is_some_and(borrowed));
    assert!(!borrowed(&parse(Verb::Ping, "5000&appid=Te%74ris").unwrap().app));
    for (name, value) in Pairs::new("5000&appid=Tetris&boot=b1") {
        assert!(borrowed(&name) && decode(value).as_ref().is_some_and(borrowed), "{name}");
    }
}
