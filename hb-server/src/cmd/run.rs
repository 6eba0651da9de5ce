//! `hb run`: supervises one program as the original's wrapper does: init, pings while it lives, done when it ends,
//! signals passed on, its exit code returned; and starts it again where asked to.
//!
//! Two machines decide (`pulse` when to beat, `restart` whether to begin anew), one task beats by a thread that speaks,
//! one task waits for the child (`child`), and one, where asked to, holds a link by which the server may have the child
//! started again (`agent`). A supervisor vouches only for a process that lives, unless the app reports its frames
//! (`frames`, `app`). Not here: what the server makes of it.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use hb_core::beat::{Promise, Verb};
use hb_core::sender;
use hb_lease::time::Time;
use hb_server::exec::ends::exit_code;
use tokio::sync::watch;

use super::address::{self, Address};
use super::ask::Client;
use super::beat::{Name, promise};
use super::environment::{self, Environment};
use super::when;

mod agent;
mod app;
mod child;
mod display;
mod eye;
mod frames;
mod heart;
mod native;
mod platform;
mod pulse;
mod restart;
mod seen;
mod voice;

use agent::{Agent, Asker};
use child::{End, Keeper, Pause, why_not_started};
use eye::Eye;
use frames::{Frames, Source};
use heart::Heart;
use pulse::Words;
use restart::{Policy, Restarts};
use seen::Seen;

/// Longest wait at the very end for a server that takes its time over the goodbye.
const FAREWELL: Duration = Duration::from_secs(4);

/// What `hb run` itself ends with when it cannot do its work; as `env`, `timeout` and `nohup`.
pub(crate) const FAILURE: u8 = 125;
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// What was typed behind `hb run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The app's id [env: APP_ID]
    #[arg(long, value_name = "ID")]
    app: Option<String>,

    /// When to start the command again; waits 1 s, 2 s, 4 s … 60 s between tries, anew after it lived for a minute
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    restart: Policy,

    /// Give up after so many restarts in a row that did not last a minute [default: never]
    #[arg(long, value_name = "N")]
    max_restarts: Option<u32>,

    /// Send no pings: the command sends its own [env: HB_SEND_PING=false]
    #[arg(long)]
    no_ping: bool,

    /// Beat only while the app's own count of frames advances. WHERE it counts: stdout, stdin, udp, udp:PORT or file:PATH
    #[arg(long, value_name = "WHERE", conflicts_with = "no_ping", help_heading = "Proof of pictures")]
    from_app: Option<Source>,

    /// Without a new frame for so long the app is stuck
    #[arg(
        long,
        value_name = "TIME",
        value_parser = when::span,
        default_value = "3s",
        requires = "from_app",
        help_heading = "Proof of pictures"
    )]
    stall_after: Duration,

    /// File of the key to the app, where the server wants one [env: HB_KEY, the key itself]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Say whether the display is lit, where this machine knows [default FOLDER: the X server, else /sys/class/drm]
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "auto",
        help_heading = "Proof of pictures"
    )]
    watch_display: Option<PathBuf>,

    #[command(flatten)]
    eye: eye::Flags,

    #[command(flatten)]
    agent: agent::Flags,

    #[command(flatten)]
    server: address::Flags,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What it means.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    address: Address,
    name: Name,
    words: Words,
    /// Of an app that is judged by its own frames.
    app: app::Config,
}

/// Flags and environment together.
fn plan(args: &Args, environment: Environment<'_>) -> anyhow::Result<Plan> {
    let address = address::resolve(&args.server, environment)?;
    let name = Name::resolve(args.app.as_deref(), args.key_file.as_deref(), &address, environment)?;
    let word = |flag, verb| -> anyhow::Result<_> {
        let promise = promise(verb, environment)?;
        Ok(environment.flag(flag)?.unwrap_or(true).then_some(promise))
    };
    let words = Words {
        init: word("HB_SEND_INIT", Verb::Init)?,
        ping: word("HB_SEND_PING", Verb::Ping)?.filter(|_| !args.no_ping),
        done: word("HB_SEND_DONE", Verb::Done)?,
        state: promise(Verb::State, environment)?,
        eye: None,
    };
    // Where the command pings, what is seen from outside is said by a voice of its own, which no ping takes back.
    let words = Words { eye: words.ping.is_none().then(heart::boot), ..words };
    let span = |name| anyhow::Ok(environment.promise(name)?.map(Promise::as_duration));
    // As a page promises: nothing depends on what is granted.
    let by_frames = sender::Config::default();
    let app = app::Config {
        interval: span("HB_PING_INTERVAL")?.unwrap_or(by_frames.interval),
        stall: args.stall_after,
        grace: span("HB_INIT_TIMEOUT")?.unwrap_or(by_frames.grace),
        done: words.done.is_some(),
    };
    Ok(Plan { address, name, words, app })
}

/// Runs the command to its end and returns what to exit with.
pub(crate) fn run(args: &Args) -> anyhow::Result<i32> {
    let environment = Environment::new(&environment::of_process);
    let Plan { address, name, words, app } = plan(args, environment)?;
    let trust = args.server.trust(&address, environment)?;
    let agent = agent::Plan::read(&args.agent, &address, &trust, &name, environment)?;
    let eye = eye::Plan::read(&args.eye)?;
    let client = Client::new(&trust);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(async {
        let (tell, seen) = watch::channel(Seen::default());
        let frames = match args.from_app.clone() {
            Some(source) => Some(Frames::of(source).await?),
            None => None,
        };
        let heart = match &frames {
            Some(frames) => Heart::of_app(client, address, name, app, frames.latest(), seen),
            None => Heart::start(client, address, name, words, seen),
        };
        let heart = heart.context("cannot start the heart's thread")?;
        let display = args.watch_display.as_deref().map(|folder| {
            let source = display::Source::choose(folder, &|name| std::env::var_os(name).is_some());
            display::Watcher::start(source, tell.clone())
        });
        let _display = display.transpose().context("cannot start the display's thread")?;
        let eye = eye.map(|eye| eye.start(tell)).transpose().context("cannot start the eye's thread")?;
        let agent = agent.map(|agent| agent.start(eye.as_ref().and_then(Eye::shots)));
        let code = supervise(args, heart, (frames.as_ref(), eye.as_ref()), agent).await;
        if let Some(frames) = frames {
            frames.drain().await;
        }
        code
    });
    // A disk that does not answer must not hold the end up.
    runtime.shutdown_background();
    code
}

async fn supervise(
    args: &Args,
    heart: Heart,
    (frames, eye): (Option<&Frames>, Option<&Eye>),
    mut agent: Option<Agent>,
) -> anyhow::Result<i32> {
    let origin = Instant::now();
    let now = || Time::ZERO + origin.elapsed();
    // Before the child is there, so that no signal meets the default action while a child lives.
    let mut keeper = Keeper::new(agent.is_some())?;
    let mut restarts = Restarts::new(args.restart, args.max_restarts);
    let mut was_started = false;
    // Who asked for the start that comes next.
    let mut asked: Option<Asker> = None;
    let code = loop {
        restarts.started(now());
        let code = match keeper.spawn(&args.command, frames) {
            Ok(child) => {
                let life = heart.born();
                if let Some(eye) = eye {
                    eye.born();
                }
                was_started = true;
                agent::started(agent.as_ref(), asked.take(), child.id());
                let signalled = |wish| restarts.signalled(now(), wish);
                let End { status, asker } = keeper.attend(child, agent.as_mut(), signalled).await?;
                drop(life);
                let code = exit_code(status);
                match asker {
                    // A signal that it outlived before it was asked meant something else.
                    Some(asker) if !restarts.is_ending() => {
                        asked = Some(asker);
                        continue;
                    }
                    Some(asker) => asker.refuse("hb run was told to end"),
                    None => {}
                }
                code
            }
            Err(error) => {
                let why = format!("cannot start {}: {}", args.command[0].display(), why_not_started(&error));
                eprintln!("hb: {why}");
                if let Some(asker) = asked.take() {
                    asker.refuse(&why);
                }
                let code = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
                if !was_started {
                    // It never ran: this is a mistake in the command line, and nothing that time would mend.
                    return Ok(code);
                }
                code
            }
        };
        agent::ended(agent.as_ref(), restarts.is_told(now()), code);
        let Some(after) = restarts.ended(now(), code != 0) else { break code };
        eprintln!("hb: the command ended with {code}; starting it again in {} s", after.as_secs());
        match keeper.pause(after, agent.as_mut()).await {
            Pause::Over => {}
            Pause::Asked(asker) => asked = Some(asker),
            Pause::Stopped => {
                agent::ended(agent.as_ref(), true, code);
                break code;
            }
        }
    };
    // Signals that come now change nothing: it ends within seconds anyway, and a goodbye left out is an alarm.
    tokio::join!(heart.farewell(FAREWELL), agent::farewell(agent));
    Ok(code)
}

#[cfg(test)]
mod tests;
