//! `hb mute`, `hb incidents` and the others that work with screens: what they ask the server, and what they print.
//!
//! Not here: what the server makes of it (`tests/http`).

use crate::hb::{Ended, Hb, hb};
use crate::stub::Stub;

/// A command for such a server, at a terminal in Berlin.
fn at(stub: &Stub, args: &[&str]) -> Hb {
    hb(args).env("HB_URL", stub.url()).env("TZ", "Europe/Berlin")
}

/// What was asked for: path, and body as JSON.
fn asked(stub: &Stub) -> (String, serde_json::Value) {
    (stub.asked(), serde_json::from_str(&stub.body().1).unwrap_or_default())
}

#[test]
fn a_mute_is_asked_for_in_words_that_a_person_types() {
    let stub = Stub::new(|_| (201, r#"{"id":7}"#.into()));
    for (args, wanted) in [
        (&[][..], r#"{"kind":"snooze","for_s":3600}"#),
        (
            &["--for", "90m", "--reason", "new floor"],
            r#"{"kind":"snooze","for_s":5400,"reason":"new floor"}"#,
        ),
        (&["--until", "2096-12-24T09:00"], r#"{"kind":"snooze","until":"2096-12-24T08:00:00Z"}"#),
        (&["--until-opening"], r#"{"kind":"snooze","until_opening":true}"#),
        (
            &["--during", "we 07:00-09:00", "--maintenance"],
            r#"{"kind":"maintenance","during":"we 07:00-09:00","zone":"Europe/Berlin"}"#,
        ),
    ] {
        let ended = at(&stub, &[&["mute", "group:hall 3"], args].concat()).end();
        let said = "group:hall 3 is muted (end it by: hb mute lift 7)\n";
        assert_eq!(ended, Ended::of(0, said, ""), "{args:?}");
        let mut wanted: serde_json::Value = serde_json::from_str(wanted).unwrap();
        wanted["for"] = "group:hall 3".into();
        assert_eq!(asked(&stub), ("/api/v1/mutes".into(), wanted), "{args:?}");
        assert_eq!(asked(&stub).0, "/api/v1/mutes", "when it ends is the server's to say");
    }
    let lifted = at(&stub, &["mute", "lift", "7"]).end();
    assert_eq!((lifted, stub.asked()), (Ended::of(0, "mute 7 is lifted\n", ""), "/api/v1/mutes/7".into()));
}

#[test]
fn a_name_alone_that_is_a_hosts_is_for_all_of_the_host_and_one_that_is_both_is_asked_about() {
    let server = |apps: &'static str| {
        Stub::new(move |path| match path {
            "/api/v1/apps" => (200, apps.into()),
            _ => (201, r#"{"id":7}"#.into()),
        })
    };
    let host = server(r#"[{"host":"kiosk-7","app":"tetris"},{"host":"kiosk-70","app":"x"}]"#);
    let ended = at(&host, &["mute", "kiosk-7"]).end();
    let note = "hb: kiosk-7 is a host: this is for all of it\n";
    assert_eq!(ended, Ended::of(0, "kiosk-7/* is muted (end it by: hb mute lift 7)\n", note));
    let app = server(r#"[{"host":"hall","app":"kiosk-7"}]"#);
    let ended = at(&app, &["mute", "kiosk-7"]).end();
    assert_eq!(ended, Ended::of(0, "*/kiosk-7 is muted (end it by: hb mute lift 7)\n", ""));
    let both = server(r#"[{"host":"kiosk-7","app":"kiosk-7"}]"#);
    let ended = at(&both, &["mute", "kiosk-7"]).end();
    assert!(ended.code == Some(1) && ended.err.contains("a host and an app: say kiosk-7/*"), "{ended:?}");
    // A stranger's page has taken the name of a group.
    let taken =
        server(r#"[{"host":"x","app":"kiosk-7","groups":[]},{"host":"h","app":"y","groups":["kiosk-7"]}]"#);
    let ended = at(&taken, &["close", "kiosk-7"]).end();
    assert!(ended.code == Some(1) && ended.err.contains("or \"group:kiosk-7\""), "{ended:?}");
    // Written out, it is what it is.
    let host = server(r#"[{"host":"kiosk-7","app":"tetris"}]"#);
    let ended = at(&host, &["mute", "*/kiosk-7"]).end();
    assert_eq!(ended, Ended::of(0, "*/kiosk-7 is muted (end it by: hb mute lift 7)\n", ""));
}

#[test]
fn a_key_switch_is_for_all_of_a_host_or_a_group_that_is_named_alone() {
    let stub = Stub::new(|path| match path {
        "/api/v1/apps" => (200, r#"[{"host":"kiosk-7","app":"tetris","groups":["hall 3"]}]"#.into()),
        "/api/v1/signals" => (200, r#"{"matches":1}"#.into()),
        _ => (200, "[]".into()),
    });
    for (name, kind, scope) in [("kiosk-7", "host", "kiosk-7/*"), ("hall 3", "group", "group:hall 3")] {
        let ended = at(&stub, &["close", name]).end();
        let said = format!("{scope} is closed\n{scope} covers 1 screen now\n");
        assert_eq!(ended, Ended::of(0, &said, &format!("hb: {name} is a {kind}: this is for all of it\n")));
    }
    // Nobody is called so: it may be an app that is still to come.
    let ended = at(&stub, &["open", "pong"]).end();
    assert!(ended.out.starts_with("*/pong is open\n") && ended.err.is_empty(), "{ended:?}");
}

#[test]
fn it_is_said_how_many_a_scope_covers_and_that_it_covers_none() {
    for (matches, line, warning) in [
        (3, "*/hall covers 3 screens now\n", ""),
        (1, "*/hall covers 1 screen now\n", ""),
        (0, "", "hb: */hall covers none that is known: is that the name? A group is \"group:NAME\"\n"),
    ] {
        let stub = Stub::new(move |_| (200, format!(r#"{{"id":7,"matches":{matches}}}"#)));
        let ended = at(&stub, &["close", "hall"]).end();
        assert_eq!(ended, Ended::of(0, &format!("*/hall is closed\n{line}"), warning));
        let ended = at(&stub, &["mute", "hall"]).end();
        let said = format!("*/hall is muted (end it by: hb mute lift 7)\n{line}");
        assert_eq!(ended, Ended::of(0, &said, warning));
    }
}

#[test]
fn what_was_mistyped_is_said_before_anybody_is_asked() {
    let stub = Stub::new(|_| (200, "[]".into()));
    for (args, said) in [
        (&["mute"][..], "<SCOPE>"),
        (&["mute", "kiosk-7/"], "expected everything, \"group:hall 3\""),
        (&["mute", "everything", "--for", "1h", "--until", "18:00"], "cannot be used with"),
        (&["mute", "everything", "--for", "soon"], "a number and a unit, such as 15m, 8h"),
        (&["mute", "everything", "--until", "tomorrow"], "expected a moment as in 18:00"),
        (&["mute", "everything", "--during", "we 7-9"], "no time of day"),
        (&["mute", "lift", "x"], "<ID>"),
        (&["ack", "tetris"], "the number of an incident"),
        (&["expect", "add", "kiosk-7"], "<APP>"),
        (&["open", ""], "expected everything"),
    ] {
        let ended = at(&stub, args).end();
        assert!(ended.code == Some(2) && ended.err.contains(said), "{args:?}: {ended:?}");
    }
    let past = at(&stub, &["mute", "everything", "--until", "2020-01-01T09:00"]).end();
    assert!(past.code == Some(1) && past.err.contains("2020-01-01 09:00 is over"), "{past:?}");
    assert!(stub.is_quiet());
}

#[test]
fn lists_stand_in_columns_and_no_name_moves_the_cursor() {
    let mutes = r#"[
        {"id":7,"kind":"snooze","for":"group:hall 3","from":"2026-01-01T00:00:00Z","until":"2096-12-24T08:00:00Z",
         "hours":null,"opening":false,"by":"ada","place":"cli","reason":"a\u001b[2J\u202eb","holds":true},
        {"id":12,"kind":"maintenance","for":"everything","from":null,"until":null,"hours":"we 07:00-09:00","zone":"Europe/Berlin",
         "opening":false,"by":"bob","place":"api","reason":"","holds":false}]"#;
    let hours = r#"[{"for":"everything","phase":"open","until":null},
        {"for":"kiosk-7/*","phase":"opening","until":"2096-12-24T08:00:00Z"},
        {"for":"group:hall 3","phase":"closed","until":"2096-12-24T08:00:00Z"}]"#;
    let screens = r#"[{"host":"kiosk-7","slot":"left","shows":["tetris","menu-*"],"missing_since":null,"by":"config"}]"#;
    let stub = Stub::new(move |path| {
        let body = match path {
            "/api/v1/mutes" => mutes,
            "/api/v1/hours" => hours,
            _ => screens,
        };
        (200, body.to_owned())
    });
    let listed = at(&stub, &["mute", "list"]).end();
    let lines: Vec<&str> = listed.out.lines().collect();
    assert!(lines[0].starts_with("id  for           kind         when"), "{listed:?}");
    assert!(lines[1].starts_with("7   group:hall 3  snooze       until 2096-12-24 09:00, in "), "{listed:?}");
    assert!(lines[1].ends_with("  ada  a?[2J?b"), "{listed:?}");
    assert!(
        lines[2].starts_with("12  everything    maintenance  during we 07:00-09:00 (Europe/Berlin)"),
        "{listed:?}"
    );

    let json = at(&stub, &["mute", "list", "--json"]).end().out;
    assert!(!json.contains('\u{202e}') && json.lines().count() == 1, "{json:?}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["reason"], "a\u{1b}[2J\u{202e}b", "and nothing is lost");

    let open = at(&stub, &["hours"]).end().out;
    let row = |whom: &str, now: &str, until: &str| format!("{whom:12}  {now:20}  {until}");
    assert!(open.contains(&row("everything", "open", "it is told otherwise")), "{open}");
    assert!(open.contains(&row("kiosk-7/*", "open, not judged yet", "2096-12-24 09:00, in ")), "{open}");
    assert!(open.contains(&row("group:hall 3", "closed", "2096-12-24 09:00, in ")), "{open}");
    let dark = at(&stub, &["expect", "list"]).end().out;
    assert_eq!(
        dark,
        "place         shows           dark since  by\nkiosk-7#left  tetris, menu-*  -           config\n"
    );
}

#[test]
fn an_incident_is_listed_with_who_takes_care_and_taken_on() {
    let incidents = r#"[{"number":12,"about":{"group":"hall 3"},"state":"down","since":"2026-01-01T00:00:00Z",
        "acknowledged":{"by":"ada","from":"cli"},"snoozed_until":"2096-12-24T08:00:00Z","holds":["muted"],
        "covers":["a @ k","b @ k"]}]"#;
    let stub = Stub::new(move |path| match path {
        "/api/v1/incidents?open=true" => (200, incidents.to_owned()),
        path if path.starts_with("/api/v1/incidents/") => (204, String::new()),
        _ => (200, "[]".into()),
    });
    let listed = at(&stub, &["incidents"]).end().out;
    assert!(listed.contains("#12     down   group:hall 3  2026-01-01 01:00, "), "{listed}");
    assert!(listed.contains("ada takes care; snoozed until 2096-12-24 09:00, in "), "{listed}");
    assert!(listed.trim_end().ends_with("; alerts and repairs wait: it is muted; 2 screens"), "{listed}");
    stub.asked();
    let none = at(&stub, &["incidents", "--all", "--limit", "5"]).end();
    assert_eq!(none, Ended::of(0, "", "hb: there was no incident\n"));
    assert_eq!(stub.asked(), "/api/v1/incidents?limit=5");
    stub.body();
    stub.body();

    let ack = at(&stub, &["ack", "#12"]).end();
    assert_eq!(ack, Ended::of(0, "#12 is yours: nobody is reminded of it\n", ""));
    assert_eq!(asked(&stub).0, "/api/v1/incidents/12/acknowledge");
    let snooze = at(&stub, &["snooze", "12", "--for", "3h"]).end();
    assert!(snooze.out.contains(", in 3 h\n"), "{snooze:?}");
    assert_eq!(asked(&stub), ("/api/v1/incidents/12/snooze".into(), serde_json::json!({ "for_s": 10_800 })));
}

#[test]
fn places_apps_and_switches_are_named_as_they_are_listed() {
    let stub = Stub::new(|_| (204, String::new()));
    for (args, said, path, body) in [
        (
            &["expect", "add", "kiosk-7#left", "tetris", "menu-*"][..],
            "kiosk-7#left is expected to show tetris or menu-*\n",
            "/api/v1/screens/kiosk%2D7?slot=left",
            r#"{"shows":["tetris","menu-*"]}"#,
        ),
        (
            &["expect", "remove", "kiosk-7"],
            "nothing is expected of kiosk-7 any more\n",
            "/api/v1/screens/kiosk%2D7",
            "null",
        ),
        (
            &["adopt", "k/tetris"],
            "tetris @ k is here to stay: its silence is told from now on\n",
            "/api/v1/apps/k/tetris/adopt",
            "{}",
        ),
        (
            &["repair", "tetris @ k#left"],
            "tetris @ k#left is being repaired; hb incidents says whether it helped\n",
            "/api/v1/apps/k/tetris/repair?slot=left",
            "{}",
        ),
        (
            &["open", "group:hall 3"],
            "group:hall 3 is open\n",
            "/api/v1/signals",
            r#"{"for":"group:hall 3","open":true}"#,
        ),
        (
            &["close", "everything"],
            "everything is closed\n",
            "/api/v1/signals",
            r#"{"for":"everything","open":false}"#,
        ),
    ] {
        assert_eq!(at(&stub, args).end(), Ended::of(0, said, ""), "{args:?}");
        assert_eq!(asked(&stub), (path.into(), serde_json::from_str(body).unwrap()), "{args:?}");
    }
}

#[test]
fn a_repair_that_is_only_rehearsed_is_called_so() {
    let why = "no [[repair]] of hb.toml names it";
    let stub = Stub::new(move |_| (202, format!(r#"{{"action":"reload","dry":true,"why":"{why}"}}"#)));
    let said = format!("nothing is done to tetris @ k, only written down, a rehearsal of reload: {why}\n");
    assert_eq!(at(&stub, &["repair", "k/tetris"]).end(), Ended::of(0, &said, ""));
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_server() {
    let refused = r#"{"detail":"nothing is repaired now: a step is under way already\u001b[2J"}"#;
    let stub = Stub::new(move |_| (409, refused.into()));
    let ended = at(&stub, &["repair", "tetris"]).end();
    let said = "hb: nothing is repaired now: a step is under way already?[2J\n";
    assert_eq!(ended, Ended::of(1, "", said));
    let other = Stub::new(|_| (404, "<html>not found</html>".into()));
    let ended = at(&other, &["incidents"]).end();
    assert!(ended.code == Some(1) && ended.err.contains("knows nothing of incidents (404)"), "{ended:?}");
}
