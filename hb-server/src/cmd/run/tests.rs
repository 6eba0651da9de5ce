//! What flags and environment mean for a supervised program.

use clap::Parser;

use super::super::environment::of_pairs;
use super::*;

#[derive(Debug, Parser)]
struct Typed {
    #[command(flatten)]
    args: Args,
}

fn typed(arguments: &[&str]) -> Args {
    Typed::try_parse_from([&["hb-run"], arguments].concat()).expect("typed well").args
}

fn check(flags: &[&str], pairs: &[(&str, &str)], expected: Result<[Option<u32>; 3], &str>) {
    let lookup = of_pairs(pairs);
    let plan = plan(&typed(&[flags, &["--", "x"]].concat()), Environment::new(&lookup));
    let words = plan.map(|Plan { words: Words { init, ping, done, .. }, .. }| {
        [init, ping, done].map(|word| word.map(Promise::as_millis))
    });
    assert_eq!(
        words.map_err(|error| error.to_string()),
        expected.map_err(String::from),
        "{flags:?} {pairs:?}"
    );
}

#[test]
fn the_environment_of_the_originals_wrapper_is_honoured() {
    let all = Ok([Some(10_000), Some(9_000), Some(0)]);
    let app = ("APP_ID", "x");
    for (flags, pairs, expected) in [
        (&[][..], &[app][..], all),
        (&["--app", "x"], &[], all),
        (&[], &[app, ("HB_SEND_PING", "true")], all),
        (&[], &[app, ("HB_SEND_PING", "false")], Ok([Some(10_000), None, Some(0)])),
        (&["--no-ping"], &[app, ("HB_SEND_PING", "true")], Ok([Some(10_000), None, Some(0)])),
        (&[], &[app, ("HB_SEND_INIT", "0"), ("HB_SEND_DONE", "no")], Ok([None, Some(9_000), None])),
        (
            &[],
            &[app, ("HB_INIT_TIMEOUT", "1"), ("HB_PING_INTERVAL", "2"), ("HB_DONE_TIMEOUT", "3")],
            Ok([Some(1), Some(2), Some(3)]),
        ),
        (&[], &[], Err("no app: expected --app ID, or APP_ID in the environment")),
        (&[], &[app, ("HB_SEND_DONE", "perhaps")], Err("HB_SEND_DONE is `perhaps`: expected true or false")),
        (
            &[],
            &[app, ("HB_PING_INTERVAL", "5s")],
            Err("HB_PING_INTERVAL is `5s`: expected milliseconds from 0 to 604800000"),
        ),
    ] {
        check(flags, pairs, expected);
    }
}

#[test]
fn what_follows_the_command_is_the_commands() {
    let args = typed(&["--app", "x", "player", "--app", "y", "--restart"]);
    assert_eq!((args.app.as_deref(), args.restart), (Some("x"), Policy::Never));
    assert_eq!(args.command, ["player", "--app", "y", "--restart"]);
    assert_eq!(typed(&["--restart", "on-failure", "--", "--odd-name"]).command, ["--odd-name"]);
}
