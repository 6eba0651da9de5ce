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
        "/api/v1/apps?q=Lost" => "[]",
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
        ("Old", 3, "<html>hello</html>\n"),
        ("Gone", 0, "OK - finished application [Gone @ 127.0.0.1]: said goodbye\n"),
    ] {
        assert_eq!(hb(&["check", app]).env("HB_URL", stub.url()).end(), Ended::of(code, line, ""), "{app}");
    }
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
    for (url, error) in [(&*dead, refused), (down.url(), broken)] {
        for (args, code, out) in [
            (&["check", "x"][..], 2, format!("{no_server}\n")),
            (&["check"], 2, format!("{no_server}\n")),
            (&["check", "--checkmk", "x"], 0, format!("2 \"hb x\" - {no_server}\n")),
        ] {
            assert_eq!(hb(args).env("HB_URL", url).end(), Ended::of(code, &out, &error), "{args:?}");
        }
    }
}

#[test]
fn a_check_that_cannot_be_made_is_unknown() {
    let out = "UNKNOWN - HB_PORT is `http`: expected a port from 1 to 65535\n";
    assert_eq!(hb(&["check", "x"]).env("HB_PORT", "http").end(), Ended::of(3, out, ""));
}
