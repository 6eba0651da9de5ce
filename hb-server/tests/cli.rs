//! The command line from outside: the real binary against a stub server that keeps what it was asked.
#![expect(clippy::unwrap_used, reason = "a step of a test that fails is a test that fails")]

#[path = "cli/alert.rs"]
mod alert;
#[cfg(unix)]
#[path = "tls/authority.rs"]
mod authority;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/config.rs"]
mod config;
#[cfg(unix)]
#[path = "cli/disk.rs"]
mod disk;
#[cfg(target_os = "linux")]
#[path = "cli/display.rs"]
mod display;
#[cfg(unix)]
#[path = "cli/docs.rs"]
mod docs;
#[path = "cli/doctor.rs"]
mod doctor;
#[cfg(target_os = "linux")]
#[path = "cli/eye.rs"]
mod eye;
#[path = "cli/hb.rs"]
mod hb;
#[cfg(unix)]
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/kill.rs"]
mod kill;
#[path = "cli/memory.rs"]
mod memory;
#[cfg(target_os = "linux")]
#[path = "cli/native.rs"]
mod native;
#[cfg(target_os = "linux")]
#[path = "cli/netns.rs"]
mod netns;
#[cfg(target_os = "linux")]
#[path = "cli/replace.rs"]
mod replace;
#[cfg(unix)]
#[path = "cli/run.rs"]
mod run;
#[path = "cli/samples.rs"]
mod samples;
#[cfg(unix)]
#[path = "cli/serve.rs"]
mod serve;
#[path = "cli/stub.rs"]
mod stub;
#[cfg(target_os = "linux")]
#[path = "cli/systemd.rs"]
mod systemd;
#[cfg(unix)]
#[path = "cli/tls.rs"]
mod tls;
#[path = "cli/token.rs"]
mod token;
#[cfg(unix)]
#[path = "cli/told.rs"]
mod told;
#[cfg(target_os = "linux")]
#[path = "cli/top.rs"]
mod top;
#[path = "cli/udp.rs"]
mod udp;
#[path = "cli/watch.rs"]
mod watch;

use std::sync::atomic::{AtomicU32, Ordering};

use hb::{Ended, hb};
use stub::Stub;

const PING: &str = "/hb_ping?9000&appid=x&by=cli";

#[test]
fn a_beat_prints_what_was_granted() {
    let stub = Stub::new(|_| (200, "6000".into()));
    for (args, asked) in [
        (&["init", "--app", "a&b"][..], "/hb_init?10000&appid=a%26b&by=cli"),
        (&["ping", "--app", "x", "5000"], "/hb_ping?5000&appid=x&by=cli"),
        (&["done", "--app", "x"], "/hb_done?0&appid=x&by=cli"),
    ] {
        assert_eq!(hb(args).env("HB_URL", stub.url()).end(), Ended::of(0, "6000\n", ""));
        assert_eq!(stub.asked(), asked);
        #[cfg(unix)]
        assert!(stub.head().lines().any(|line| line == "hb-by: program"), "by which it is believed");
    }
    let template = format!("{}/x/heartbeat.html?container=pong&next=%n", stub.url());
    assert_eq!(hb(&["ping", "5000"]).env("HB_URL", &template).end(), Ended::of(0, "6000\n", ""));
    assert_eq!(stub.asked(), "/x/heartbeat.html?container=pong&next=5000");
    let goodbye = "hb: a template with %n can say no goodbye: expected --url or HB_URL to be a base like http://127.0.0.1:8888\n";
    assert_eq!(hb(&["done"]).env("HB_URL", &template).end(), Ended::of(1, "", goodbye));
}

#[test]
fn the_environment_says_who_and_where() {
    let stub = Stub::new(|_| (200, "7000".into()));
    let port = stub.url().rsplit(':').next().unwrap().to_owned();
    let beat = hb(&["ping"])
        .env("HB_HOST", "127.0.0.1")
        .env("HB_PORT", &port)
        .env("APP_ID", "Tetris")
        .env("HB_HOST_ID", "kiosk-3")
        .env("HB_PING_INTERVAL", "6000");
    assert_eq!(beat.end(), Ended::of(0, "7000\n", ""));
    assert_eq!(stub.asked(), "/hb_ping?6000&appid=Tetris&host=kiosk-3&by=cli");
}

#[test]
fn what_goes_wrong_is_said_in_one_line() {
    let stub = Stub::new(|_| (400, "T is `x`: expected something else\u{1b}[2J\nmore".into()));
    let dead = stub::dead_url();
    let url = stub.url();
    for (args, variables, code, line) in [
        (
            &["ping", "--app", "x"][..],
            &[("HB_URL", url)][..],
            1,
            format!("hb: {url} refused: 400 T is `x`: expected something else?[2J\n"),
        ),
        (
            &["list"],
            &[("HB_URL", &*dead)],
            1,
            format!("hb: cannot reach {dead}: connection refused; is `hb serve` running?\n"),
        ),
        (
            &["ping"],
            &[("HB_URL", url)],
            2,
            "hb: no app: expected --app ID, or APP_ID in the environment\n".into(),
        ),
        (
            &["list"],
            &[("HB_URL", url), ("HB_HOST", "elsewhere")],
            1,
            format!("hb: HB_URL says {url} and HB_HOST says elsewhere: unset one of them\n"),
        ),
    ] {
        let command = variables.iter().fold(hb(args), |command, (name, value)| command.env(name, value));
        assert_eq!(command.end(), Ended::of(code, "", &line));
    }
}

#[test]
fn a_question_is_asked_twice_before_it_is_given_up() {
    for (lost, code, out) in [(1, 0, "6000\n"), (2, 1, "")] {
        let asked = AtomicU32::new(0);
        let stub = Stub::new(move |_| {
            let status = if asked.fetch_add(1, Ordering::Relaxed) < lost { 0 } else { 200 };
            (status, "6000".into())
        });
        let ended = hb(&["ping", "--app", "x"]).env("HB_URL", stub.url()).end();
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), out), "{lost} lost: {}", ended.err);
        assert_eq!((stub.asked(), stub.asked(), stub.is_quiet()), (PING.into(), PING.into(), true));
    }
}

#[test]
fn an_answer_without_an_end_is_not_read_to_it() {
    let stub = Stub::new(|_| (200, "6".repeat(70_000)));
    let url = stub.url();
    let line = format!("hb: {url} answers with more than 64 KiB: is that an hb server?\n");
    assert_eq!(hb(&["ping", "--app", "x"]).env("HB_URL", url).end(), Ended::of(1, "", &line));
    assert_eq!((stub.asked(), stub.is_quiet()), (PING.into(), true), "it is not asked twice");
    // A list may be long.
    assert_eq!(hb(&["list"]).env("HB_URL", url).end().code, Some(0));
}

#[test]
fn a_wrong_command_line_ends_with_the_code_its_readers_expect() {
    for (args, code) in [
        (&["ping", "5s"][..], 2),
        (&["serve", "--max-apps", "0"], 2),
        (&["bogus"], 2),
        (&["check", "--bogus"], 3),
        (&["run"], 125),
    ] {
        let ended = hb(args).end();
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{args:?}");
        assert!(ended.err.starts_with("error: "), "{args:?}: {}", ended.err);
    }
}

#[test]
fn a_value_that_was_typed_wrong_is_a_wrong_command_line() {
    for (args, variables, code) in [
        (&["serve", "--listen", "99999"][..], &[][..], 2),
        (&["serve", "--policy", "foo"], &[], 2),
        (&["serve", "--beat-to", "ftp://hall"], &[], 2),
        (&["ping", "--app", ""], &[], 2),
        (&["serve"], &[("HB_PORT", "99999")], 1),
        (&["ping"], &[("APP_ID", "a\tb")], 1),
        (&["run", "--app", "", "--", "true"], &[], 125),
    ] {
        let command = variables.iter().fold(hb(args), |command, (name, value)| command.env(name, value));
        let ended = command.end();
        assert_eq!((ended.code, ended.err.lines().count()), (Some(code), 1), "{args:?}: {}", ended.err);
    }
}

#[test]
fn an_app_without_its_flag_leads_to_the_right_line() {
    for (args, tip) in [
        (&["ping", "tetris"][..], "tip: name the app with --app: hb ping --app tetris\n"),
        (&["ping", "tetris", "5000"], "tip: name the app with --app: hb ping --app tetris 5000\n"),
        (&["check", "--app", "tetris"], "tip: the app is named without --app here: hb check tetris\n"),
        (&["run"], "hb run --app signage -- ./player\n"),
    ] {
        let ended = hb(args).end();
        assert!(ended.err.contains(tip), "{args:?}: {}", ended.err);
    }
}

#[test]
fn lists_and_status_lines_are_the_servers() {
    let stub = Stub::new(|path| match path {
        "/list" => (200, "a @ h\nb @ h\n".into()),
        _ => (200, "CRITICAL - quite late application [x @ h]| od=5.07;3;5;0;6 delay=2850ms;;; ".into()),
    });
    assert_eq!(hb(&["list"]).env("HB_URL", stub.url()).end(), Ended::of(0, "a @ h\nb @ h\n", ""));
    let line = "CRITICAL - quite late application [x @ h]| od=5.07;3;5;0;6 delay=2850ms;;; \n";
    assert_eq!(hb(&["status", "x y"]).env("HB_URL", stub.url()).end(), Ended::of(0, line, ""));
    assert_eq!((stub.asked(), stub.asked()), ("/list".into(), "/status?appid=x%20y".into()));
    let left = hb(&["status", "x", "--slot", "left side"]).env("HB_URL", stub.url()).end();
    assert_eq!((left.code, stub.asked()), (Some(0), "/status?appid=x&slot=left%20side".into()));
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let commands = ["serve", "init", "ping", "done", "list", "status", "check", "run", "completions", "man"];
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ended = hb(&["completions", shell]).end();
        assert_eq!(ended.code, Some(0), "{shell}");
        assert!(commands.iter().all(|command| ended.out.contains(command)), "{shell}");
    }
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("man");
    assert_eq!(hb(&["man", "--dir", dir.to_str().unwrap()]).end(), Ended::of(0, "", ""));
    let page = hb(&["man"]).end().out;
    assert!(page.contains(".TH hb 1 "), "{page}");
    for command in commands {
        assert!(page.contains(&format!("hb\\-{command}(1)")), "{command}: {page}");
        let own = hb(&["man", command]).end().out;
        assert!(own.contains(&format!(".TH hb-{command} 1 ")), "{command}: {own}");
        assert_eq!(std::fs::read_to_string(dir.join(format!("hb-{command}.1"))).unwrap(), own);
    }
    // Every page that is referred to is there.
    for word in page.split_whitespace().filter_map(|word| word.trim_end_matches(',').strip_suffix("(1)")) {
        assert!(dir.join(format!("{}.1", word.replace('\\', ""))).is_file(), "{word}");
    }
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn manual_pages_have_the_sections_that_readers_look_for() {
    for (args, headings) in [
        (&["man"][..], &[".SH COMMANDS", ".SH EXAMPLES", ".SH ENVIRONMENT", ".SH \"EXIT STATUS\""][..]),
        (
            &["man", "run"],
            &[".SH OPTIONS", ".SH SERVER", ".SH \"EXIT STATUS\"", ".SH EXAMPLES", ".SH \"SEE ALSO\""],
        ),
        (&["man", "ping"], &[".SH DESCRIPTION", ".SH EXAMPLES"]),
        (&["man", "serve"], &[".SH POLICIES", ".SH FILES", ".SH ENVIRONMENT"]),
    ] {
        let page = hb(args).end().out;
        for heading in headings {
            assert!(page.lines().any(|line| line == *heading), "{args:?} has no {heading}:\n{page}");
        }
        assert!(!page.contains(".SH EXTRA"), "{args:?}: {page}");
    }
    let wrong = hb(&["man", "sreve"]).end();
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.err.starts_with("hb: `sreve` is no command of hb: expected one of serve, "),
        "{}",
        wrong.err
    );
}

#[test]
fn help_teaches_by_example() {
    for (args, expected) in [
        (&["--help"][..], &["Examples:", "HB_PING_INTERVAL", "Exit codes:"][..]),
        (&["-h"], &["Examples:", "hb run --app"]),
        (&["serve", "--help"], &["Policies:", "hb.toml", "RUST_LOG", "--listen 0.0.0.0:8888"]),
        (
            &["run", "--help"],
            &[
                "on-failure",
                "127",
                "HB_SEND_PING",
                "done after a crash too",
                "HB_SEND_DONE=false",
                "HB_FRAMES_PORT",
            ],
        ),
        (&["done", "--help"], &["leave it out"]),
        (&["check", "--help"], &["0    OK", "--checkmk tetris"]),
    ] {
        let ended = hb(args).end();
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(!ended.out.contains('\u{1b}'), "no colours in a pipe");
        for text in expected {
            assert!(ended.out.contains(text), "{args:?} does not say {text}:\n{}", ended.out);
        }
    }
}
