//! `hb init`, `hb ping` and `hb done`: one beat from a script. Prints what was granted, in ms.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hb_core::beat::{Beat, By, Promise, Verb, Vitals};
use hb_core::id::{Identity, InvalidName};
use hb_core::wire::Request;
use hb_server::engine::key::Key;

use super::address::{self, Address};
use super::ask::{Client, printable};
use super::environment::{self, Environment};
use super::say;

/// What was typed behind `hb init`, `hb ping` or `hb done`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The promise: the next beat comes within so many ms (0 to 604800000)
    #[arg(value_name = "T", value_parser = typed_promise)]
    promise: Option<Promise>,

    /// The app's id [env: APP_ID]
    #[arg(long, value_name = "ID")]
    app: Option<String>,

    /// File of the key to the app, where the server wants one [env: HB_KEY, the key itself]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    #[command(flatten)]
    server: address::Flags,
}

/// Who a beat is about, as a client declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The app's id; checked.
    pub(crate) app: String,
    /// `HB_HOST_ID`, where set; checked.
    pub(crate) host: Option<String>,
    /// The key to it.
    pub(crate) key: Option<Key>,
}

/// Why there is no name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoName {
    #[error("no app: expected --app ID, or APP_ID in the environment")]
    Missing,
    #[error("{0} {1}")]
    App(&'static str, InvalidName),
    #[error("HB_HOST_ID {0}")]
    Host(InvalidName),
    #[error("cannot read the key {}: {reason}", path.display())]
    Unread { path: PathBuf, reason: ErrorKind },
    #[error("{} holds no key: expected one line", .0.display())]
    NoKey(PathBuf),
}

impl Name {
    /// From the flag, else the environment. To a template the app is not told, since it names its own.
    pub(crate) fn resolve(
        app: Option<&str>,
        key_file: Option<&Path>,
        address: &Address,
        environment: Environment<'_>,
    ) -> Result<Self, NoName> {
        let place = if app.is_some() { "--app" } else { "APP_ID" };
        let app = match (app.map(String::from).or_else(|| environment.text("APP_ID")), address) {
            (Some(app), _) => app,
            (None, Address::Template(_)) => "template".into(),
            (None, Address::Base(_) | Address::Udp(_)) => return Err(NoName::Missing),
        };
        Identity::new("-", "", &app).map_err(|error| NoName::App(place, error))?;
        let host = environment.text("HB_HOST_ID");
        if let Some(host) = &host {
            Identity::new(host, "", "-").map_err(NoName::Host)?;
        }
        let key = match key_file {
            // Never typed itself: whoever is on this machine sees what was typed.
            Some(file) => {
                let text = std::fs::read_to_string(file);
                let text =
                    text.map_err(|error| NoName::Unread { path: file.into(), reason: error.kind() })?;
                Some(Key::new(text.trim()).ok_or_else(|| NoName::NoKey(file.into()))?)
            }
            None => environment.text("HB_KEY").and_then(|key| Key::new(&key)),
        };
        Ok(Self { app, host, key })
    }

    /// A beat about it from a command line.
    pub(crate) fn request(&self, verb: Verb, promise: Promise) -> Request<'_> {
        self.about(by_cli(verb, promise))
    }

    /// This beat, said of it.
    pub(crate) fn about<'a>(&'a self, beat: Beat<'a>) -> Request<'a> {
        Request {
            beat,
            app: Cow::Borrowed(&self.app),
            host: self.host.as_deref().map(Cow::Borrowed),
            slot: None,
        }
    }
}

/// A beat from a command line. Says `by=cli` and neither `boot` nor `v`: like the original wrapper it paces itself by what
/// is granted, so it must be judged as patiently.
pub(crate) fn by_cli(verb: Verb, promise: Promise) -> Beat<'static> {
    let vitals = Vitals { by: Some(By::Cli), ..Vitals::default() };
    Beat { verb, promise, vitals, last_error: None, malformed: 0 }
}

/// The variable that holds a verb's promise, and what is promised without it, ms.
pub(crate) const fn default_promise(verb: Verb) -> (&'static str, u64) {
    match verb {
        Verb::Init => ("HB_INIT_TIMEOUT", 10_000),
        Verb::Ping | Verb::State => ("HB_PING_INTERVAL", 9_000),
        Verb::Done => ("HB_DONE_TIMEOUT", 0),
    }
}

/// The promise of a verb from the environment, else the default.
pub(crate) fn promise(verb: Verb, environment: Environment<'_>) -> Result<Promise, environment::BadVariable> {
    let (name, default) = default_promise(verb);
    let default = Promise::from_millis(default).expect("the defaults are below 7 days");
    Ok(environment.promise(name)?.unwrap_or(default))
}

fn typed_promise(text: &str) -> Result<Promise, &'static str> {
    environment::promise(text).ok_or("expected milliseconds from 0 to 604800000")
}

/// Sends one beat.
pub(crate) fn run(verb: Verb, args: &Args) -> anyhow::Result<ExitCode> {
    let environment = Environment::new(&environment::of_process);
    let address = address::resolve(&args.server, environment)?;
    let name = Name::resolve(args.app.as_deref(), args.key_file.as_deref(), &address, environment)?;
    let promise = match args.promise {
        Some(promise) => promise,
        None => promise(verb, environment)?,
    };
    let Some(url) = address.beat(&name.request(verb, promise), name.key.as_ref()) else {
        anyhow::bail!(
            "a template with %n can say no goodbye: expected --url or HB_URL to be a base like http://127.0.0.1:8888"
        );
    };
    let trust = args.server.trust(&address, environment)?;
    let granted = Client::new(&trust).get_ok(&url)?;
    say(&(printable(granted.trim_end()) + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::super::environment::of_pairs;
    use super::*;

    #[test]
    fn a_name_comes_from_the_flag_or_the_environment() {
        let (base, template) = (Address::Base("http://a".into()), Address::Template("http://a?%n".into()));
        let name = |app: &str, host: Option<&str>| {
            Ok(Name { app: app.into(), host: host.map(Into::into), key: None })
        };
        for (flag, pairs, address, expected) in [
            (Some("x"), &[("APP_ID", "y")][..], &base, name("x", None)),
            (None, &[("APP_ID", "y"), ("HB_HOST_ID", "kiosk-3")], &base, name("y", Some("kiosk-3"))),
            (None, &[("APP_ID", "")], &base, Err(NoName::Missing)),
            (None, &[], &template, name("template", None)),
            (Some(""), &[], &base, Err(NoName::App("--app", InvalidName::Empty(255)))),
            (Some("a\nb"), &[], &base, Err(NoName::App("--app", InvalidName::Control(10)))),
            (None, &[("APP_ID", "a\tb")], &base, Err(NoName::App("APP_ID", InvalidName::Control(9)))),
            (Some("x"), &[("HB_HOST_ID", "\t")], &base, Err(NoName::Host(InvalidName::Control(9)))),
        ] {
            let lookup = of_pairs(pairs);
            assert_eq!(
                Name::resolve(flag, None, address, Environment::new(&lookup)),
                expected,
                "{flag:?} {pairs:?}"
            );
        }
    }

    #[test]
    fn a_promise_comes_from_the_environment_or_is_the_originals() {
        let none = of_pairs(&[]);
        let set =
            of_pairs(&[("HB_INIT_TIMEOUT", "15000"), ("HB_PING_INTERVAL", "2000"), ("HB_DONE_TIMEOUT", "7")]);
        for (verb, default, given) in
            [(Verb::Init, 10_000, 15_000), (Verb::Ping, 9_000, 2_000), (Verb::Done, 0, 7)]
        {
            assert_eq!(promise(verb, Environment::new(&none)).unwrap().as_millis(), default);
            assert_eq!(promise(verb, Environment::new(&set)).unwrap().as_millis(), given);
        }
    }
}
