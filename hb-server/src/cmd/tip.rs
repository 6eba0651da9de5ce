//! One line under a command line that was refused, for the mistakes people make most: what to type instead.
//!
//! Not here: what was wrong; clap says that.

use clap::error::ErrorKind;

/// Flags of the client commands that take a value.
const VALUED: [&str; 5] = ["--app", "--slot", "--url", "--host", "--port"];

/// What to type instead of `hb` with these arguments, which were refused for `kind`.
pub(crate) fn tip(kind: ErrorKind, args: &[String]) -> Option<String> {
    let (command, rest) = args.split_first()?;
    let named = rest.iter().any(|arg| arg == "--app" || arg.starts_with("--app="));
    let words = words(rest);
    // A number below zero looks like a flag.
    let below = rest
        .iter()
        .any(|arg| arg.strip_prefix('-').is_some_and(|digits| !digits.is_empty() && is_number(digits)));
    let app = words.iter().find(|word| !is_number(word)).map(|word| plain(word));
    match (command.as_str(), named) {
        ("init" | "ping" | "done", false) => {
            let promise = words.iter().find(|word| is_number(word)).map(|ms| format!(" {ms}"));
            Some(format!(
                "name the app with --app: hb {command} --app {}{}",
                app?,
                promise.unwrap_or_default()
            ))
        }
        ("init" | "ping" | "done", true) => {
            app.or(below.then_some(""))?;
            Some(format!("the promise is whole milliseconds: hb {command} --app ID 5000"))
        }
        ("status" | "check", true) => {
            let app = value(rest, "--app");
            Some(format!("the app is named without --app here: hb {command} {}", plain(app.unwrap_or("ID"))))
        }
        ("list", _) => Some(format!("to ask about one app: hb status {}", app?)),
        ("serve", _) if kind == ErrorKind::UnknownArgument => {
            let alone = rest.first().map(String::as_str).filter(|word| is_number(word));
            let place = match (value(rest, "--host"), value(rest, "--port").or(alone)) {
                (Some(host), Some(port)) => format!("{host}:{port}"),
                (host, port) => host.or(port)?.to_owned(),
            };
            Some(format!("where to listen is said by --listen: hb serve --listen {}", plain(&place)))
        }
        ("run", _) if kind == ErrorKind::MissingRequiredArgument => {
            Some("flags first, then -- and the command: hb run --app signage -- ./player".into())
        }
        _ => None,
    }
}

/// What was typed behind a flag.
fn value<'a>(args: &'a [String], flag: &str) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(at, arg)| match arg.strip_prefix(flag)? {
        "" => args.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

/// The arguments that are neither flags nor their values.
fn words(args: &[String]) -> Vec<&str> {
    let flags = std::iter::once("").chain(args.iter().map(String::as_str));
    let free = args.iter().zip(flags).filter(|(_, before)| !VALUED.contains(before));
    free.map(|(word, _)| word.as_str()).filter(|word| !word.starts_with('-')).collect()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A word as it can be typed, or a stand-in for one that a shell would take apart.
fn plain(word: &str) -> &str {
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | ':' | '/');
    if !word.is_empty() && word.chars().all(safe) { word } else { "ID" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_mistakes_lead_to_the_right_line() {
        for (typed, expected) in [
            ("ping tetris", Some("name the app with --app: hb ping --app tetris")),
            ("ping tetris 5000", Some("name the app with --app: hb ping --app tetris 5000")),
            ("init 5000 tetris", Some("name the app with --app: hb init --app tetris 5000")),
            ("done --url http://a tetris", Some("name the app with --app: hb done --app tetris")),
            ("ping a;b", Some("name the app with --app: hb ping --app ID")),
            ("ping --app x 5s", Some("the promise is whole milliseconds: hb ping --app ID 5000")),
            ("ping --bogus", None),
            ("ping --app x --prot", None),
            ("check --app tetris", Some("the app is named without --app here: hb check tetris")),
            ("status --app=tetris", Some("the app is named without --app here: hb status tetris")),
            ("check a b", None),
            ("list tetris", Some("to ask about one app: hb status tetris")),
            ("list --bogus", None),
            ("run", Some("flags first, then -- and the command: hb run --app signage -- ./player")),
            ("serve x", None),
            ("", None),
        ] {
            let args: Vec<_> = typed.split_whitespace().map(String::from).collect();
            assert_eq!(tip(ErrorKind::MissingRequiredArgument, &args).as_deref(), expected, "{typed}");
        }
        for (typed, expected) in [
            ("serve --port 9000", Some("where to listen is said by --listen: hb serve --listen 9000")),
            ("serve --host=0.0.0.0", Some("where to listen is said by --listen: hb serve --listen 0.0.0.0")),
            ("serve --port 9 --host h", Some("where to listen is said by --listen: hb serve --listen h:9")),
            ("serve 9000", Some("where to listen is said by --listen: hb serve --listen 9000")),
            ("serve --max-apps 5 --bogus", None),
            ("ping --app x -5", Some("the promise is whole milliseconds: hb ping --app ID 5000")),
        ] {
            let args: Vec<_> = typed.split_whitespace().map(String::from).collect();
            assert_eq!(tip(ErrorKind::UnknownArgument, &args).as_deref(), expected, "{typed}");
        }
        let args = ["run".into(), "--restrat".into()];
        assert_eq!(tip(ErrorKind::UnknownArgument, &args), None, "clap knows the flag that was meant");
    }
}
