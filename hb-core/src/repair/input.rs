//! What the ladder is told and what it tells: closed enums, matched exhaustively by the shell.
//!
//! Not here: what follows from what ([`super::Repairs`]).

use alloc::sync::Arc;
use core::time::Duration;

use hb_lease::time::Time;

use super::{Action, Evidence, Ladder, Record};
use crate::beat::State;
use crate::hold::Reason;
use crate::id::{Identity, OwnedIdentity, Who};

/// Something that happened outside.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Evidence began or ended. What a client says is one word: a new one takes the place of the old, which need not be
    /// taken back, and the bad state goes on from where it began.
    Evidence {
        /// The app.
        id: Identity<'a>,
        /// What.
        evidence: Evidence,
        /// Whether it began.
        on: bool,
    },
    /// The GPU context of a page was lost or restored, which comes before the client's own state turns good again. Losses
    /// are counted while the app is adopted.
    Context {
        /// The app.
        id: Identity<'a>,
        /// Whether it is lost.
        lost: bool,
    },
    /// A reason for an app to wait began or ended: what [`crate::incident::Output::Held`] says. Only those that stop
    /// repairs matter here.
    Held {
        /// The app.
        id: Identity<'a>,
        /// Why.
        reason: Reason,
        /// Whether it began.
        on: bool,
    },
    /// Whether the calendar of this host can be trusted. It cannot until this is said: repairs fail closed.
    Clock {
        /// Whether it can.
        trusted: bool,
    },
    /// The groups that a host is in, from the configuration. Takes the place of what was said before.
    Groups {
        /// The host.
        host: &'a str,
        /// Their names; none by default.
        groups: &'a [&'a str],
    },
    /// How far an app is adopted. [`Adoption::New`] by default.
    Adopt {
        /// The app.
        id: Identity<'a>,
        /// How far.
        adoption: Adoption,
    },
    /// The ladder of an app, instead of that of the configuration. An incident under way begins at its foot.
    Ladder {
        /// The app.
        id: Identity<'a>,
        /// Its steps.
        ladder: Arc<Ladder>,
    },
    /// What the server believes about an app, from each transition, and once more when it is adopted: of whom nobody
    /// expects anything, it is not kept.
    State {
        /// The app.
        id: Identity<'a>,
        /// What is believed.
        state: State,
    },
    /// A visitor touched the screen. Of an app that nobody expects it need not be kept.
    Touched {
        /// The app.
        id: Identity<'a>,
    },
    /// How a step went.
    Result {
        /// The app.
        id: Identity<'a>,
        /// [`Move::ticket`] of the step. That of another than the one under way is late news.
        ticket: u64,
        /// What stopped it; `None` if it was carried out.
        failure: Option<Failure>,
    },
    /// A person wants the next step now.
    ///
    /// It skips what is only patience: the age of the evidence, back-off, a visitor at the screen, and a ladder that was
    /// given up begins anew. It skips no evidence, no reason to wait and no cap: those are there because somebody may stand
    /// behind the screen, or because a button can be pressed ten times. Whoever must act regardless sends the command
    /// itself.
    Now {
        /// The app.
        id: Identity<'a>,
        /// Who, and from where.
        who: Who,
    },
    /// What an earlier run of the server knew, or this one under another name. Later words about the same app win.
    Restore {
        /// The app.
        id: Identity<'a>,
        /// What [`super::Repairs::record`] said.
        record: Record,
        /// How long ago; zero where nobody knows, which makes caps last longer.
        after: Duration,
        /// The step under way, if this run began it: what is said about it counts.
        ticket: Option<u64>,
    },
    /// When an earlier run of the server rebooted a host: what [`super::Repairs::reboots`] said.
    Rebooted {
        /// The host.
        host: &'a str,
        /// For how long it may not be rebooted again; longer than [`super::Config::reboot_span`] counts as that.
        left: Duration,
    },
    /// The app is no longer held. Its caps are remembered until they run out.
    Forget {
        /// The app.
        id: Identity<'a>,
    },
    /// Time has passed. Only this starts what waited for time alone, or for the step of another to end: take queued inputs
    /// first.
    Tick,
}

/// How far an app is adopted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Adoption {
    /// Not at all: never repaired.
    #[default]
    New,
    /// Known: what would be done is said, nothing is done.
    DryRun,
    /// With repairs.
    Repairs,
}

/// Why a step was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody was there to ask: no link of the page, no agent on the host.
    NobodyListening,
    /// Whoever was asked refused.
    Refused,
    /// No answer in time, or the command took too long and was killed.
    TimedOut,
    /// The command ended with this code.
    Exit(i32),
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out; whether it helps shows later.
    Done,
    /// It was not carried out, and is not tried again in this incident.
    Failed(Failure),
    /// Its wait is over, and the screen does not work.
    NoHelp,
}

/// One step to take, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The app.
    pub id: OwnedIdentity,
    /// Names this move in [`Input::Result`]; unique in this run of the server.
    pub ticket: u64,
    /// When.
    pub at: Time,
    /// Which step of its ladder, from 0.
    pub step: u8,
    /// What to do.
    pub action: Action,
    /// How many moves this incident has had, this one included.
    pub attempt: u16,
    /// On which evidence.
    pub why: Evidence,
    /// Since when that is so.
    pub since: Time,
    /// Who asked for it; `None` where the ladder decided.
    pub who: Option<Who>,
}

/// What followed from an input. Each is an event for the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Take this step, and say how it went by [`Input::Result`].
    Run(Move),
    /// This step would be taken, were the app adopted with repairs. Nothing to do.
    WouldRun(Move),
    /// A step ended.
    Ended {
        /// The app.
        id: OwnedIdentity,
        /// Which move.
        ticket: u64,
        /// When.
        at: Time,
        /// How.
        outcome: Outcome,
    },
    /// The ladder is at its end and the screen does not work: a person is needed. Once per incident.
    GaveUp {
        /// The app.
        id: OwnedIdentity,
        /// When.
        at: Time,
        /// Moves in vain.
        attempts: u16,
        /// What is wrong with it.
        why: Evidence,
    },
    /// The screen has worked for a while: the incident of repairs is over.
    Recovered {
        /// The app.
        id: OwnedIdentity,
        /// When.
        at: Time,
        /// Moves it took.
        attempts: u16,
    },
    /// The app said goodbye or was forgotten, and its incident went with it.
    Closed {
        /// The app.
        id: OwnedIdentity,
        /// When.
        at: Time,
    },
    /// The answer to [`Input::Now`] where nothing was done.
    Refused {
        /// The app.
        id: OwnedIdentity,
        /// When.
        at: Time,
        /// Who asked.
        who: Who,
        /// Why not.
        why: Refusal,
    },
}

/// Why nothing is done about an app now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no evidence that anything is wrong.
    NoEvidence,
    /// It waits for this; [`Reason::New`] where it is not adopted.
    Held(Reason),
    /// The calendar of this host cannot be trusted.
    Clock,
    /// A step is under way.
    Running,
    /// A step is being rehearsed: nothing is done.
    Rehearsing,
    /// No step of its ladder answers to the evidence.
    NoStep,
    /// It had its repairs of this hour; the next may be then.
    Hourly(Time),
    /// All that is left is a reboot, and its host had that of the day; the next may be then.
    Rebooted(Time),
    /// Another host of its group is being repaired, or its own host reboots or would.
    Busy,
}
