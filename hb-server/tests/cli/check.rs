//! `hb check`: what monitoring reads, and the code it goes by.

use crate::hb::{Ended, hb};
use crate::stub::{Stub, dead_url};

const APPS: &str = r#"[
    {"app":"Pong","host":"10.0.0.7","slot":"","state":"stalled","cause":"main-blocked","sentence":"The picture is frozen: the page's script is stuck.","overdue":0.31,"muted":false,"conflict":false,"vitals":{}},
    {"app":"Tetris","host":"127.0.0.1","slot":"","state":"up","sentence":"","overdue":0.014,"muted":false},
    {"app":"Gone","host":"127.0.0.1","slot":"","state":"done","sentence":"Said goodbye.","overdue":null,"muted":false}
]"#;

fn server(path: &str) -> (u16, String) {
    let line = match path {
        "/api/v1/apps" | "/api/v1/apps?q=Gone" => APPS,
        "/status?appid=Fine" => "OK - fine application [Fine @ 127.0.0.1]| od=0.01;1;2;0; delay=2000ms;;; ",
        "/status?appid=Late" => {
            "WARNING - somewhat late application [Late @ 127.0.0.1]| od=1.20;1;2;0; delay=2000ms;;; "
        }
        "/status?appid=Odd" => {
            "UNKNOWN - not heard since restart [Odd @ 127.0.0.1]| od=0.00;1;2;0; delay=2000ms;;; "
        }
        "/status?appid=Gone" => "CRITICAL - no application record for queried ID: [Gone @ 127.0.0.1]",
        "/status?appid=Lost" => "CRITICAL - no application record for queried ID: [Lost @ 127.0.0.1]",
        path if path.ends_with("1%2FLost") || path.ends_with("1/Lost") => {
            "CRITICAL - no application record for queried ID: [k-1/Lost @ 127.0.0.1]"
        }
        "/api/v1/apps?q=Lost" => "[]",
        "/status?appid=%5BGone%5D" => "CRITICAL - no application record for queried ID: [[Gone] @ 127.0.0.1]",
        "/api/v1/apps?q=%5BGone%5D" => r#"[{"app":"[Gone]","host":"127.0.0.1","state":"done"}]"#,
        "/status?appid=Old" => "<html>hello</html>",
        _ => return (404, "not here".into()),
    };
    (200, line.into())
}

#[test]
fn one_app_by_the_servers_own_line() {
    let stub = Stub::new(server);
    for (app, code, line) in [
        ("Fine", 0, "OK - fine application [Fine @ 127.0.0.1]| od=0.01;1;2;0; delay=2000ms;;; \n"),
        (
            "Late",
            1,
            "WARNING - somewhat late application [Late @ 127.0.0.1]| od=1.20;1;2;0; delay=2000ms;;; \n",
        ),
        ("Odd", 3, "UNKNOWN - not heard since restart [Odd @ 127.0.0.1]| od=0.00;1;2;0; delay=2000ms;;; \n"),
        ("Lost", 2, "CRITICAL - no application record for queried ID: [Lost @ 127.0.0.1]\n"),
        // Of another machine, not of the server's.
        ("k-1/Lost", 2, "CRITICAL - no application record for queried ID: [k-1/Lost]\n"),
        ("Old", 3, "<html>hello</html>\n"),
        ("Gone", 0, "OK - finished application [Gone @ 127.0.0.1]: said goodbye\n"),
        ("[Gone]", 0, "OK - finished application [[Gone] @ 127.0.0.1]: said goodbye\n"),
    ] {
        assert_eq!(hb(&["check", app]).env("HB_URL", stub.url()).end(), Ended::of(code, line, ""), "{app}");
    }
}

#[test]
fn an_app_of_another_host_or_slot_is_found_by_its_label() {
    let stub = Stub::new(|path| {
        match path {
        "/status?appid=Pong&slot=left" => (200, "OK - fine application [Pong @ h#left]| od=0.01;1;2;0; delay=2000ms;;; ".into()),
        _ if path.starts_with("/status?appid=") => {
            (200, "CRITICAL - no application record for queried ID: [what was asked for @ h]".into())
        }
        "/api/v1/apps?q=Pong" | "/api/v1/apps?q=Pong%202" => (200, r#"[
            {"app":"Pong","host":"10.0.0.7","slot":"","state":"stalled","sentence":"The picture is frozen.","overdue":0.31},
            {"app":"Pong","host":"10.0.0.7","slot":"left side","state":"up","sentence":"","overdue":0.014},
            {"app":"Pong","host":"10.0.0.8","slot":"","state":"done","sentence":"Said goodbye.","overdue":null},
            {"app":"Pong 2","host":"10.0.0.9","slot":"","state":"down","sentence":"","overdue":9.5}
        ]"#.into()),
        _ => (404, "not here".into()),
    }
    });
    let elsewhere = "hb: there are 2 apps of this name, \"Pong @ 10.0.0.7\", \"Pong @ 10.0.0.7#left side\": \
                     ask for one of them so, with host and slot\n";
    let alone = "hb: there is \"Pong 2 @ 10.0.0.9\": ask for it so, with host and slot\n";
    let lost = "CRITICAL - no application record for queried ID: [what was asked for @ h]\n";
    for (args, code, out, err) in [
        (
            &["Pong", "--slot", "left"][..],
            0,
            "OK - fine application [Pong @ h#left]| od=0.01;1;2;0; delay=2000ms;;; \n",
            "",
        ),
        (
            &["Pong @ 10.0.0.7"],
            2,
            "CRITICAL - stalled [Pong @ 10.0.0.7]: The picture is frozen| od=0.31\n",
            "",
        ),
        (&["Pong @ 10.0.0.7#left side"], 0, "OK - up [Pong @ 10.0.0.7#left side]| od=0.01\n", ""),
        (&["Pong @ 10.0.0.8"], 0, "OK - finished application [Pong @ 10.0.0.8]: said goodbye\n", ""),
        (&["10.0.0.7/Pong"], 2, "CRITICAL - stalled [Pong @ 10.0.0.7]: The picture is frozen| od=0.31\n", ""),
        (&["10.0.0.7/Pong#left side"], 0, "OK - up [Pong @ 10.0.0.7#left side]| od=0.01\n", ""),
        (&["10.0.0.8/Pong"], 0, "OK - finished application [Pong @ 10.0.0.8]: said goodbye\n", ""),
        (
            &["10.0.0.9/Pong"],
            2,
            "CRITICAL - no application record for queried ID: [10.0.0.9/Pong]\n",
            elsewhere,
        ),
        (
            &["10.0.0.7/Pong#right"],
            2,
            "CRITICAL - no application record for queried ID: [10.0.0.7/Pong#right]\n",
            elsewhere,
        ),
        (&["Pong 2"], 2, lost, alone),
        (&["Pong"], 2, lost, elsewhere),
        (&["Pong @ 10.0.0.9"], 2, lost, elsewhere),
        (
            &["--checkmk", "Pong", "--slot", "left"],
            0,
            "0 \"hb Pong#left\" od=0.01;1;2 OK - fine application [Pong @ h#left]\n",
            "",
        ),
        (
            &["--checkmk", "10.0.0.7/Pong#left side"],
            0,
            "0 \"hb 10.0.0.7/Pong#left side\" od=0.01 OK - up [Pong @ 10.0.0.7#left side]\n",
            "",
        ),
        (
            &["--checkmk", "Pong @ 10.0.0.7"],
            0,
            "2 \"hb Pong @ 10.0.0.7\" od=0.31 CRITICAL - stalled [Pong @ 10.0.0.7]: The picture is frozen\n",
            "",
        ),
    ] {
        let ended = hb(&[&["check"], args].concat()).env("HB_URL", stub.url()).end();
        assert_eq!(ended, Ended::of(code, out, err), "{args:?}");
    }
    assert_eq!(hb(&["check", "--slot", "left"]).end().code, Some(3), "a slot of which app?");
}

#[test]
fn what_a_server_says_cannot_speak_to_the_terminal() {
    let stub = Stub::new(|_| {
        let app = r#"[{"app":"a\u009b31m\u001b[2J","host":"h","state":"up"},{"app":"b","host":"h","state":"down\u009b"}]"#;
        (200, app.into())
    });
    for flags in [&["check"][..], &["check", "--checkmk"]] {
        let ended = hb(flags).env("HB_URL", stub.url()).end();
        assert!(!ended.out.contains(|c: char| c.is_control() && c != '\n'), "{ended:?}");
    }
}

#[test]
fn without_an_app_the_worst_of_all() {
    let stub = Stub::new(server);
    let line = "CRITICAL - 1 of 2 applications: Pong @ 10.0.0.7 (stalled: The picture is frozen: the page's script is stuck)\
                | critical=1 warning=0 unknown=0 ok=1\n";
    assert_eq!(hb(&["check"]).env("HB_URL", stub.url()).end(), Ended::of(2, line, ""));

    // A server without our API is asked for its own line.
    let old = Stub::new(|path| match path {
        "/status" => (200, "UNKNOWN - no heartbeat clients at the moment...".into()),
        _ => (400, "unknown command".into()),
    });
    let line = "UNKNOWN - no heartbeat clients at the moment...\n";
    assert_eq!(hb(&["check"]).env("HB_URL", old.url()).end(), Ended::of(3, line, ""));
}

#[test]
fn checkmk_lines_are_always_delivered_with_success() {
    let stub = Stub::new(server);
    let all = "2 \"hb\" critical=1|warning=0|unknown=0|ok=1 CRITICAL - 1 of 2 applications: Pong @ 10.0.0.7 (stalled: The picture is frozen: the page's script is stuck)\n\
               2 \"hb Pong @ 10.0.0.7\" od=0.31 CRITICAL - stalled: The picture is frozen: the page's script is stuck\n\
               0 \"hb Tetris\" od=0.01 OK - up\n";
    for (args, lines) in [
        (
            &["check", "--checkmk", "Fine"][..],
            "0 \"hb Fine\" od=0.01;1;2 OK - fine application [Fine @ 127.0.0.1]\n",
        ),
        (
            &["check", "--checkmk", "Gone"],
            "0 \"hb Gone\" - OK - finished application [Gone @ 127.0.0.1]: said goodbye\n",
        ),
        (&["check", "--checkmk"], all),
    ] {
        assert_eq!(hb(args).env("HB_URL", stub.url()).end(), Ended::of(0, lines, ""), "{args:?}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_critical() {
    let dead = dead_url();
    let refused = format!("hb: cannot reach {dead}: connection refused; is `hb serve` running?\n");
    let down = Stub::new(|_| (500, "broken".into()));
    let broken = format!("hb: {} refused: 500 broken\n", down.url());
    let no_server = "CRITICAL - cannot get heartbeat status from HB server!";
    for (url, error, args, code, out) in [
        (&*dead, &refused, &["check", "x"][..], 2, format!("{no_server}\n")),
        (&*dead, &refused, &["check"], 2, format!("{no_server}\n")),
        (&*dead, &refused, &["check", "--checkmk", "x"], 0, format!("2 \"hb x\" - {no_server}\n")),
        (down.url(), &broken, &["check", "x"], 2, format!("{no_server}\n")),
        (down.url(), &broken, &["check", "--checkmk", "x"], 0, format!("2 \"hb x\" - {no_server}\n")),
    ] {
        assert_eq!(hb(args).env("HB_URL", url).end(), Ended::of(code, &out, error), "{args:?}");
    }
}

#[test]
fn a_view_that_is_refused_is_unknown_and_no_reason_to_ask_for_less() {
    let misdirected = r#"{"detail":"`hall-3` is no name of this server: add it to allowed_hosts in hb.toml, or use an address"}"#;
    for (status, body, why) in [
        (
            421,
            misdirected,
            "`hall-3` is no name of this server: add it to allowed_hosts in hb.toml, or use an address",
        ),
        (
            503,
            "",
            "too busy, or not up yet: ask again in a moment; if it stays, look at what `hb serve` says",
        ),
        (500, "broken", "the server is in trouble: look at what `hb serve` says"),
    ] {
        // The line that would be asked for instead knows no dead screen.
        let stub = Stub::new(move |path| match path {
            "/status" => (200, "WARNING - multiple (2) applications: [a @ 127.0.0.1,b @ 127.0.0.1]".into()),
            _ => (status, body.into()),
        });
        let text = format!("{}/api/v1/apps refused: {status} {why}", stub.url());
        let plain = hb(&["check"]).env("HB_URL", stub.url()).end();
        assert_eq!(plain, Ended::of(3, &format!("UNKNOWN - {text}\n"), ""));
        let checkmk = hb(&["check", "--checkmk"]).env("HB_URL", stub.url()).end();
        assert_eq!(checkmk, Ended::of(0, &format!("3 \"hb\" - UNKNOWN - {text}\n"), ""));
    }
    let page = Stub::new(|_| (200, "<html>hello</html>".into()));
    let text = format!(
        "UNKNOWN - {}/api/v1/apps answers with no list of apps: is that an hb server, and as new as this hb?\n",
        page.url()
    );
    assert_eq!(hb(&["check"]).env("HB_URL", page.url()).end(), Ended::of(3, &text, ""));
}

#[test]
fn an_app_without_a_record_stays_critical_where_nobody_says_that_it_finished() {
    let lost = "CRITICAL - no application record for queried ID: [x @ 127.0.0.1]";
    let stub = Stub::new(move |path| match path {
        "/status?appid=x" => (200, lost.into()),
        _ => (503, String::new()),
    });
    let ended = hb(&["check", "x"]).env("HB_URL", stub.url()).end();
    assert_eq!((ended.code, ended.out), (Some(2), format!("{lost}\n")));
    assert!(
        ended.err.starts_with("hb: whether it said goodbye, or runs elsewhere, is not known: "),
        "{}",
        ended.err
    );
}

#[test]
fn a_check_that_cannot_be_made_is_unknown() {
    let out = "UNKNOWN - HB_PORT is `http`: expected a port from 1 to 65535\n";
    assert_eq!(hb(&["check", "x"]).env("HB_PORT", "http").end(), Ended::of(3, out, ""));
}

#[test]
fn a_server_that_wants_a_token_is_unknown_and_says_so() {
    let problem = r#"{"status":401,"detail":"looking needs a token"}"#;
    let stub = Stub::new(move |_| (401, problem.into()));
    for args in [&["check"][..], &["check", "x"], &["check", "--checkmk"]] {
        let ended = hb(args).env("HB_URL", stub.url()).end();
        assert!(
            ended.out.contains("looking needs a token") && !ended.out.contains('{'),
            "{args:?}: {ended:?}"
        );
        assert_eq!(ended.code, Some(if args.contains(&"--checkmk") { 0 } else { 3 }), "{args:?}");
    }
    let listed = hb(&["list"]).env("HB_URL", stub.url()).end();
    assert_eq!(listed.err, format!("hb: {} refused: 401 looking needs a token\n", stub.url()));
}
