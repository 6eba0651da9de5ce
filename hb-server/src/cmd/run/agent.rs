//! The agent: a link to the server, with a token, by which it may have the child started again, one program run, or this
//! host rebooted; the latter two only if the command line says so. It tells of the child's life.
//!
//! Not here: the words (`hb_server::watch::agent`), how the child ends (`child`).

use std::ffi::OsString;
use std::future::pending;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hb_bus::guest::Guest;
use hb_bus::link::Connection;
use hb_bus::message::Topic;
use hb_bus::runtime::{Native, Task};
use hb_core::repair::Action;
use hb_server::carrier::frames;
use hb_server::watch::agent::{Answer, Life, ROLE, Stopped};
use serde_json::json;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::AbortOnDropHandle;

use super::super::address::Address;
use super::super::ask::Trust;
use super::super::beat::Name;
use super::super::environment::Environment;
use super::eye::Shots;

mod link;
mod work;

use work::Work;

/// The variable that holds the token.
pub(super) const TOKEN: &str = "HB_TOKEN";
/// How long the last word about the child is waited for.
const LAST_WORD: Duration = Duration::from_secs(2);

/// What was typed for it.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Flags {
    /// Let the server start the command again, over a link with a token [env: HB_TOKEN]
    #[arg(long, help_heading = "Repairs")]
    agent: bool,

    /// File that holds the token, instead of HB_TOKEN
    #[arg(long, value_name = "FILE", requires = "agent", help_heading = "Repairs")]
    token_file: Option<PathBuf>,

    /// Program that the server may run here, without arguments, for a minute at most
    #[arg(long, value_name = "PROGRAM", requires = "agent", help_heading = "Repairs")]
    repair_command: Option<OsString>,

    /// Let the server reboot this host
    #[arg(long, requires = "agent", help_heading = "Repairs")]
    allow_reboot: bool,
}

type Dial = dyn Fn(&str) -> Task<std::io::Result<Connection>> + Send + Sync;

/// An agent to be.
pub(super) struct Plan {
    endpoint: String,
    /// Shows the token.
    dial: Box<Dial>,
    app: String,
    host: Option<String>,
    command: Option<OsString>,
    reboot: bool,
}

impl Plan {
    /// What the flags mean; `None` where there is to be no agent, or where it has no token, which is said.
    pub(super) fn read(
        flags: &Flags,
        address: &Address,
        trust: &Trust,
        name: &Name,
        environment: Environment<'_>,
    ) -> anyhow::Result<Option<Self>> {
        if !flags.agent {
            return Ok(None);
        }
        let token = match &flags.token_file {
            Some(file) => Some(
                std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read the token in {}", file.display()))?,
            ),
            None => environment.text(TOKEN),
        };
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        let Some(token) = token else {
            eprintln!(
                "hb: no token: expected {TOKEN} or --token-file; repairs that need this agent are skipped"
            );
            return Ok(None);
        };
        let dial = frames::dial_as(&token, trust.client())
            .context("the token is none: expected the line that hb printed")?;
        let endpoint = address.page("hb_link").replacen("http", "ws", 1);
        if let Some(place) = link::in_the_clear(&endpoint) {
            eprintln!("hb: the token goes to {place} unencrypted: whoever listens on the way can use it");
        }
        let Name { app, host, .. } = name.clone();
        let (command, reboot) = (flags.repair_command.clone(), flags.allow_reboot);
        Ok(Some(Self { endpoint, dial: Box::new(dial), app, host, command, reboot }))
    }

    /// Opens the link and keeps it open, in the runtime this is called in.
    pub(super) fn start(self, shots: Option<Shots>) -> Agent {
        let (restarts, asked) = mpsc::channel(1);
        let mut takes = vec![Action::Restart];
        takes.extend(self.command.is_some().then_some(Action::Command));
        takes.extend(self.reboot.then_some(Action::Reboot));
        let words: Vec<_> = takes.iter().map(|action| action.word()).collect();
        let who = json!({ "app": self.app, "host": self.host, "role": ROLE, "accepts": words });
        let guest = Guest::new(Arc::new(Native::current()), self.dial, self.endpoint, who);
        let topics = words.iter().map(|word| format!("./{word}").parse::<Topic>().expect("a word is short"));
        let heard = guest.subscribe(topics, false);
        let (life, alive) = watch::channel(None);
        let (told, known) = watch::channel(None);
        let work = Arc::new(Work::new(self.app, self.command, self.reboot, restarts));
        let task = tokio::spawn(link::attend(guest.clone(), heard, work, alive, told, shots));
        Agent { guest, asked, life, known, _task: AbortOnDropHandle::new(task) }
    }
}

/// A running agent; dropped, it leaves, and what it runs ends.
pub(super) struct Agent {
    guest: Guest,
    asked: mpsc::Receiver<Asker>,
    life: watch::Sender<Option<Life>>,
    /// What the server knows of it.
    known: watch::Receiver<Option<Life>>,
    _task: AbortOnDropHandle<()>,
}

/// Who asked for a restart, and waits for what comes of it.
pub(super) struct Asker(oneshot::Sender<Answer>);

impl Asker {
    /// It does not happen.
    pub(super) fn refuse(self, why: &str) {
        // Whoever asked may have stopped waiting.
        let _ = self.0.send(Answer { stopped: Some(Stopped::Refused), said: why.into() });
    }
}

/// The next who wants the child started again; nobody ever, where there is no agent.
pub(super) async fn asked(agent: Option<&mut Agent>) -> Asker {
    let Some(agent) = agent else { return pending().await };
    match agent.asked.recv().await {
        Some(asker) => asker,
        // The task of the link has ended: the child still matters more.
        None => pending().await,
    }
}

/// The child was started, perhaps because somebody asked.
pub(super) fn started(agent: Option<&Agent>, asker: Option<Asker>, pid: Option<u32>) {
    let pid = pid.unwrap_or_default();
    if let Some(agent) = agent {
        agent.life.send_replace(Some(Life::Running { pid }));
    }
    if let Some(Asker(answer)) = asker {
        let _ = answer.send(Answer { stopped: None, said: format!("started again as process {pid}") });
    }
}

/// The child ended, because it was told to or not.
pub(super) fn ended(agent: Option<&Agent>, told: bool, code: i32) {
    if let Some(agent) = agent {
        agent.life.send_replace(Some(if told { Life::Ended } else { Life::Exited { code } }));
    }
}

/// Waits until the server knows how things are, if it is there.
pub(super) async fn farewell(agent: Option<Agent>) {
    let Some(mut agent) = agent.filter(|agent| agent.guest.is_online()) else { return };
    let last = *agent.life.borrow();
    // An error means that the time is over, and then it is the server's loss.
    let _ = tokio::time::timeout(LAST_WORD, agent.known.wait_for(|known| *known == last)).await;
}
