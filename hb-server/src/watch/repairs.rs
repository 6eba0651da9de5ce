//! Carries out the steps of the repair ladder: by the page itself, by a program on this host, or by the agent of the app.
//!
//! Not here: whether a step is taken (`hb_core::repair`), programs (`exec`), what an agent is told (`agent`).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hb_bus::bus::{ReplyError, RequestError};
use hb_bus::message::Message;
use hb_core::id::Identity;
use hb_core::repair::{Action, Failure, Move};
use serde::Deserialize;

use super::Plan;
use super::agent::{self, Answer, Asked};
use crate::engine::Engine;
use crate::engine::ears::Over;
use crate::engine::peer::is_loopback;
use crate::exec::{self, Executor, Order};
use crate::screen::{self, Deaf};

/// How long a page may take to say that it loads again: as long as a command of the API.
const PAGE: Duration = Duration::from_secs(5);
/// How long an agent may take: the minute that a program has, its grace, and the way.
const AGENT: Duration = Duration::from_secs(75);
/// What is kept of what was said: a dashboard shows it in a line of the story.
const MOST_LINES: usize = 8;
const MOST_CHARS: usize = 1_000;

/// Who carried a step out, or was to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The page, over its link or its presence socket.
    Page,
    /// A program on this host.
    Program,
    /// The agent of the app, or of its host.
    Agent,
    /// There is nobody.
    Nobody,
}

/// How a step went: for [`hb_core::repair::Input::Result`], and for the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What stopped it; `None` if it was carried out.
    pub failure: Option<Failure>,
    /// Who did it.
    pub by: By,
    /// The first lines of what was said; no character of it steers a terminal.
    pub said: String,
}

/// Carries out steps. A cheap handle.
#[derive(Clone, Debug)]
pub struct Repairer {
    engine: Engine,
    executor: Executor,
    plans: Arc<[Plan]>,
    own: Option<Arc<str>>,
    under_way: Arc<Mutex<HashSet<u64>>>,
}

impl Repairer {
    /// One for these plans, of which the first that matches counts. `own` is the name by which apps of this machine
    /// declare their host, where they do (`HB_HOST_ID`).
    #[must_use]
    pub fn new(
        engine: &Engine,
        executor: Executor,
        plans: impl Into<Arc<[Plan]>>,
        own: Option<&str>,
    ) -> Self {
        let (plans, own) = (plans.into(), own.map(Arc::from));
        Self { engine: engine.clone(), executor, plans, own, under_way: Arc::default() }
    }

    /// Carries out `step` and says how it went; `None` if that very step is under way already. Dropped, it ends the
    /// program that it began; what a page or an agent was asked, they do.
    pub async fn carry_out(&self, step: &Move) -> Option<Report> {
        let _busy = Busy::begin(&self.under_way, step.ticket)?;
        let id = step.id.borrow();
        let plan = self.plans.iter().find(|plan| plan.apps.iter().any(|apps| apps.matches(id)));
        if plan.is_some_and(|plan| plan.dry) {
            // The ladder knows that and says only what it would do. Should it not, nothing happens.
            return Some(Report::not(Failure::Refused, By::Nobody, "the plan says dry_run"));
        }
        let command = plan.and_then(|plan| plan.command.clone());
        let unit = plan.and_then(|plan| plan.unit.clone()).filter(|_| self.is_here(id.host()));
        Some(match (step.action, command, unit) {
            (Action::Reload, ..) => self.reload(id).await,
            (Action::Command, Some(words), _) => self.run(&Order::Command(words), step).await,
            (Action::Restart, _, Some(unit)) => self.run(&Order::Restart(unit), step).await,
            (Action::Command | Action::Restart, ..) => self.ask_agent(id, step).await,
            (Action::Reboot, ..) => {
                match self.engine.ears().on_host(id.host(), Over::Agent, Action::Reboot.word()) {
                    Some(agent) => self.ask_agent(agent.borrow(), step).await,
                    None if self.is_here(id.host()) => self.run(&Order::Reboot, step).await,
                    None => self.nobody(id, step.action),
                }
            }
        })
    }

    /// Whether apps of `host` run on this machine: beats from loopback do, whatever name they declare there. Where other
    /// machines may declare names too, a name proves nothing; that of loopback they cannot.
    fn is_here(&self, host: &str) -> bool {
        is_loopback(host) || !self.engine.trust().declared_hosts && self.own.as_deref() == Some(host)
    }

    async fn reload(&self, id: Identity<'_>) -> Report {
        let not = |failure, said: &str| Report::not(failure, By::Page, said);
        let asked = Bytes::from_static(br#"{"name":"reload","data":null}"#);
        let asked = match screen::ask(&self.engine, id, Action::Reload.word(), &asked) {
            Ok(asked) => asked,
            Err(deaf @ Deaf::NotAllowed { .. }) => return not(Failure::Refused, &deaf.to_string()),
            Err(deaf) => return Report::not(Failure::NobodyListening, By::Nobody, &deaf.to_string()),
        };
        match asked.answer(PAGE).await {
            Ok(reply) => match serde_json::from_slice(reply.data()) {
                Ok(Said { ok: false, error }) => not(Failure::Refused, &error),
                // Whatever else a page of the operator's own says, it heard.
                Ok(Said { ok: true, .. }) | Err(_) => Report::done(By::Page, ""),
            },
            // It went before it said so.
            Err(Deaf::Gone { .. }) => Report::done(By::Page, ""),
            Err(deaf @ Deaf::Silent { .. }) => not(Failure::TimedOut, &deaf.to_string()),
            Err(deaf) => not(Failure::NobodyListening, &deaf.to_string()),
        }
    }

    async fn run(&self, order: &Order, step: &Move) -> Report {
        self.executor.carry_out(order, step).await.into()
    }

    async fn ask_agent(&self, id: Identity<'_>, step: &Move) -> Report {
        let Some(topic) = agent::topic(id, step.action.word()) else { return self.nobody(id, step.action) };
        let asked = serde_json::to_vec(&Asked::of(step)).expect("words and numbers are always JSON");
        let receipt = match self.engine.screens().request(Message::new(topic, asked)) {
            Ok(receipt) => receipt,
            Err(RequestError::NoSubscribers) => return self.nobody(id, step.action),
            Err(RequestError::Duplicate(_) | RequestError::Closed(_)) => {
                return Report::not(Failure::NobodyListening, By::Agent, &Deaf::Stopped.to_string());
            }
        };
        let not = |failure, said: &str| Report::not(failure, By::Agent, said);
        let reply = tokio::select! {
            biased;
            reply = receipt.reply(Some(AGENT)) => reply,
            () = self.engine.ears().departure(id, Over::Agent) => {
                let said = "the agent left before it answered";
                // As an agent does whose host starts again.
                return if step.action == Action::Reboot {
                    Report::done(By::Agent, said)
                } else {
                    not(Failure::NobodyListening, said)
                };
            }
        };
        match reply {
            Ok(reply) => match serde_json::from_slice(reply.data()) {
                Ok(Answer { stopped: None, said }) => Report::done(By::Agent, &said),
                Ok(Answer { stopped: Some(stopped), said }) => not(stopped.into(), &said),
                Err(error) => not(Failure::Refused, &format!("the agent answers something else: {error}")),
            },
            Err(ReplyError::Timeout) => {
                not(Failure::TimedOut, &format!("the agent did not answer within {} s", AGENT.as_secs()))
            }
            Err(ReplyError::Closed(_)) => not(Failure::NobodyListening, &Deaf::Stopped.to_string()),
        }
    }

    /// Nobody can do it, and what there could be.
    fn nobody(&self, id: Identity<'_>, action: Action) -> Report {
        let (host, app) = (id.host(), id.app());
        let said = match action {
            Action::Reload | Action::Command => {
                format!(
                    "no agent of `{app}` at {host} takes commands: start it by hb run --agent --repair-command PROGRAM"
                )
            }
            Action::Restart if self.is_here(host) => {
                format!(
                    "no agent of `{app}` is here: start it by hb run --agent, or name its unit in hb.toml"
                )
            }
            Action::Restart => format!("no agent of `{app}` at {host} is here: start it by hb run --agent"),
            Action::Reboot => {
                format!("no agent at {host} may reboot it: start one by hb run --agent --allow-reboot")
            }
        };
        Report::not(Failure::NobodyListening, By::Nobody, &said)
    }
}

/// What a page answers.
#[derive(Debug, Deserialize)]
struct Said {
    ok: bool,
    #[serde(default)]
    error: String,
}

impl Report {
    fn done(by: By, said: &str) -> Self {
        Self { failure: None, by, said: beginning(said) }
    }

    fn not(failure: Failure, by: By, said: &str) -> Self {
        Self { failure: Some(failure), by, said: beginning(said) }
    }
}

impl From<exec::Report> for Report {
    fn from(exec::Report { failure, stdout, stderr }: exec::Report) -> Self {
        // The complaint first: it is what a person looks for.
        Self { failure, by: By::Program, said: beginning(&format!("{stderr}\n{stdout}")) }
    }
}

/// The first lines that say something.
fn beginning(said: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\n';
    let lines = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).take(MOST_LINES);
    let text = lines.collect::<Vec<_>>().join("\n").replace(steers, "\u{FFFD}");
    text.chars().take(MOST_CHARS).collect()
}

/// A step under way, until this is dropped.
struct Busy<'a>(&'a Mutex<HashSet<u64>>, u64);

impl<'a> Busy<'a> {
    fn begin(under_way: &'a Mutex<HashSet<u64>>, ticket: u64) -> Option<Self> {
        let fresh = under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket);
        fresh.then_some(Self(under_way, ticket))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

#[cfg(test)]
mod tests;
