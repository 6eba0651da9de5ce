//! The machine at work: fed by the bus and by people, under one short lock; what it says is kept, told and done.
//!
//! Whoever asks for something holds the lock as long as the machine needs, never for the disk or a network: rows go into
//! the store's queue, tries and steps to tasks of their own. Not here: what is decided ([`Machine`]).

mod hear;
mod kept;
mod replace;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hb_bus::bus::{Filter, Received};
use hb_bus::message::{Message as BusMessage, Topic};
use hb_core::id::{Identity, OwnedIdentity, Who};
use hb_core::incident::{Belief, Circle, Number};
use hb_core::registry::Snapshot;
use hb_core::repair::{Failure, Move};
use hb_lease::time::Wall;
use jiff::tz::TimeZone;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::engine::{Dated, Engine};
use crate::notify;
use crate::notify::message::{Kind, Message};
use crate::notify::outbox::{Attempt, Outcome};
use crate::notify::render::Words;
use crate::screen;
use crate::store::row::Row;
use crate::store::{NotKept, Store};

use super::agent::shown::Pictures;
use super::agent::{HEARD, Heard};
use super::links::Links;
use super::post::{Mail, Post, Try};
use super::repairs::Repairer;
use super::{Config, Input, Machine, Moment, Output, Refusal, Reply, Request, Told, What};
use kept::Kept;
use replace::renamed;

/// Happenings that may wait for us; beyond that we look at everybody anew.
const QUEUE: usize = 4096;
/// The calendar may be set at any time: nobody sleeps longer than this.
const NAP: Duration = Duration::from_secs(20);

/// Why something that was asked for was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The machine refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was done and could not be kept: a restart would forget it.
    #[error("it holds for now, but is {0}")]
    NotKept(#[from] NotKept),
}

/// A handle on the watch over one house; cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Inner>);

struct Inner {
    engine: Engine,
    store: Arc<Store>,
    alerts: notify::Config,
    repairer: Repairer,
    links: Option<Links>,
    pictures: Pictures,
    zone: TimeZone,
    state: Mutex<Desk>,
    wake: Notify,
    jobs: mpsc::UnboundedSender<Job>,
}

struct Desk {
    machine: Machine,
    post: Post,
    /// Until the clock shows this, it is not to be trusted; and what it showed when that was found.
    doubt: Option<(Wall, Moment)>,
}

/// Something that takes its time.
enum Job {
    Send(Try),
    Repair(Move),
}

/// How it went.
enum Done {
    Sent(Attempt, Outcome),
    Repaired(OwnedIdentity, u64, Option<Failure>, String),
}

/// What runs beside the handle: it feeds the machine, and does what it says.
pub struct Task {
    watch: Watch,
    jobs: mpsc::UnboundedReceiver<Job>,
}

impl Watch {
    /// Begins, with what `store` kept of an earlier run and what `engine` took over from it. [`Task::run`] goes on.
    ///
    /// # Errors
    /// Apps that wait for each other in a circle.
    pub fn begin(
        config: &Config,
        alerts: notify::Config,
        engine: &Engine,
        store: &Arc<Store>,
        repairer: Repairer,
    ) -> Result<(Self, Task), Circle> {
        let machine = Machine::new(config, &alerts)?;
        let (jobs, received) = mpsc::unbounded_channel();
        let watch = Self(Arc::new(Inner {
            engine: engine.clone(),
            store: Arc::clone(store),
            alerts,
            repairer,
            links: config.url.clone().map(|base| Links::open(base, store)),
            pictures: Pictures::default(),
            zone: config.zone.clone(),
            state: Mutex::new(Desk { machine, post: Post::default(), doubt: None }),
            wake: Notify::new(),
            jobs,
        }));
        watch.take_over(config);
        Ok((watch.clone(), Task { watch, jobs: received }))
    }

    /// One that nobody configured, feeds or runs, for tests of those that ask it.
    #[cfg(test)]
    pub(crate) fn alone(engine: &Engine, store: &Arc<Store>) -> Self {
        let executor = crate::exec::Executor::new(crate::exec::Config::default());
        let repairer = Repairer::new(engine, executor, Vec::new(), None);
        let begun = Self::begin(&Config::default(), notify::Config::default(), engine, store, repairer);
        begun.expect("nobody waits for anybody").0
    }

    fn take_over(&self, config: &Config) {
        let at = self.moment();
        let mut reader = self.0.store.reader().map_err(|why| why.to_string());
        let Kept { mut past, outbox, latest } = Kept::read(&mut reader, at.wall);
        self.0.engine.for_each(|snapshot| past.apps.push((snapshot.id.clone(), belief(&snapshot))));
        let latest = latest.max(past.ladders.iter().map(|ladder| ladder.at).max());
        let trusted = latest.is_none_or(|latest| latest <= at.wall);
        if !trusted {
            tracing::warn!(
                "the clock is behind what was last kept: no repairs, and no opening hours, until it is right"
            );
        }
        let (mut out, mut rows) = (Vec::new(), Vec::new());
        let mut desk = self.lock();
        desk.doubt = latest.filter(|_| !trusted).map(|latest| (latest, at));
        desk.machine.handle(at, Input::Clock { trusted, step: 0 }, &mut out);
        desk.machine.begin(at, config, past, &mut out);
        let known = |name: &str| self.0.alerts.channel(name).is_some();
        let tries = desk.post.restore(at, outbox, known, &mut rows);
        self.start(tries);
        self.apply(&mut desk, at, out, &mut rows);
        self.record(rows);
    }

    /// Does what `who` asks for, and answers when it is durable.
    ///
    /// # Errors
    /// Why it was not done, or not kept.
    pub async fn ask(&self, who: &Who, request: Request) -> Result<Reply, Denied> {
        let (reply, commit) = {
            let (mut out, mut rows) = (Vec::new(), Vec::new());
            let mut desk = self.lock();
            let at = self.moment();
            let reply = desk.machine.request(at, who, request, &mut out);
            let moves: Vec<_> = out.iter().filter_map(renamed).collect();
            self.apply(&mut desk, at, out, &mut rows);
            let commit = !rows.is_empty() || !moves.is_empty();
            let commit = commit.then(|| self.0.store.commit_moved(moves.clone(), rows));
            for (from, to) in &moves {
                self.0.engine.replace(from.borrow(), to.borrow());
            }
            (reply?, commit)
        };
        self.0.wake.notify_one();
        if let Some(commit) = commit {
            commit.done().await?;
        }
        Ok(reply)
    }

    /// Asks the machine something, at this moment. Hold it for no longer than the answer takes.
    pub fn look<T>(&self, question: impl FnOnce(&Machine, Moment) -> T) -> T {
        let desk = self.lock();
        question(&desk.machine, self.moment())
    }

    /// All apps of which the memory keeps anything, held or not. Waits for the disk.
    pub(super) fn names(&self) -> Vec<OwnedIdentity> {
        let read = |mut reader: crate::store::Reader| reader.apps().map_err(|why| why.to_string());
        let names = self.0.store.reader().map_err(|why| why.to_string()).and_then(read);
        names
            .inspect_err(|why| tracing::error!("the names of apps cannot be read: {why}"))
            .unwrap_or_default()
    }

    /// How it stands with what is for each channel.
    #[must_use]
    pub fn mail(&self) -> Vec<(&str, Mail)> {
        let desk = self.lock();
        self.0.alerts.channels.iter().map(|named| (&*named.name, desk.post.mail(&named.name))).collect()
    }

    /// What signs the links of messages, if people can reach this server by any.
    pub(crate) fn links(&self) -> Option<&Links> {
        self.0.links.as_ref()
    }

    /// The zone of times in messages.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    /// What agents show of their screens.
    pub(crate) fn pictures(&self) -> &Pictures {
        &self.0.pictures
    }

    /// An open incident as a message would tell it now; `None` if it is over.
    pub(crate) fn words(&self, number: u64) -> Option<Words> {
        let (incident, at) =
            self.look(|machine, at| (machine.told(Number(number)), at.wall.as_unix_millis()));
        let incident = incident.filter(|incident| incident.until.is_none())?;
        let message = Message { kind: Kind::Opening, at, incidents: vec![incident], ready: None };
        Some(Words::new(&message, &self.0.zone))
    }

    /// Tells the machine something from outside.
    pub fn tell(&self, input: Input<'_>) {
        self.feed([input]);
        self.0.wake.notify_one();
    }

    fn feed<'a>(&self, inputs: impl IntoIterator<Item = Input<'a>>) {
        let (mut out, mut rows) = (Vec::new(), Vec::new());
        let mut desk = self.lock();
        let at = self.moment();
        for input in inputs {
            desk.machine.handle(at, input, &mut out);
        }
        self.apply(&mut desk, at, out, &mut rows);
        self.record(rows);
    }

    /// Does what the machine said, none of which waits for anything. Rows are left to whoever must know that they are kept.
    fn apply(&self, desk: &mut Desk, at: Moment, out: Vec<Output>, rows: &mut Vec<Row>) {
        let mut changed = BTreeSet::new();
        for output in out {
            match output {
                Output::Keep(row) => rows.push(row),
                Output::Tell { channel, message } => {
                    let Some(named) = self.0.alerts.channels.get(usize::from(channel.0)) else { continue };
                    let tries = desk.post.post(at, &named.name, &message, rows);
                    self.start(tries);
                }
                Output::Repair(step) => drop(self.0.jobs.send(Job::Repair(step))),
                Output::Adopted(id) => drop(self.0.engine.adopt(id.borrow(), true)),
                Output::Closed(id, on) => drop(self.0.engine.close(id.borrow(), on)),
                Output::Happened(happened) => self.publish(at, What::Happened(happened)),
                Output::Changed(id) => drop(changed.insert(id)),
                // With its rows, by whoever asked.
                Output::Renamed(..) => {}
            }
        }
        for id in changed {
            self.publish(at, What::Standing(id));
        }
    }

    fn publish(&self, at: Moment, what: What) {
        let topic = what.topic();
        // A closed bus has nobody left to tell.
        let _ = self.0.engine.bus().publish(BusMessage::of(topic, Told { at, what }));
    }

    fn start(&self, tries: Vec<Try>) {
        // If the task is gone, the server ends: what was not sent is in the outbox of the next run.
        tries.into_iter().for_each(|one| drop(self.0.jobs.send(Job::Send(one))));
    }

    fn record(&self, rows: Vec<Row>) {
        rows.into_iter().for_each(|row| self.0.store.record(row));
    }

    fn moment(&self) -> Moment {
        let clock = self.0.engine.clock();
        let now = clock.now();
        Moment { now, wall: clock.wall(now) }
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        // A machine that panicked half-way is still the best there is to ask.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at everybody: at what the bus had no more room for. What it told up to the number that comes back is older than
    /// this look: to hear of it too would be to believe once more what is over.
    #[must_use]
    fn look_again(&self) -> u64 {
        // Before the look, and each shard tells under its own lock: what has a higher number may be known already, and
        // nothing that has not is unknown.
        let told = self.0.engine.bus().latest();
        let mut all = Vec::new();
        self.0.engine.for_each(|snapshot| all.push(snapshot));
        let held: BTreeSet<OwnedIdentity> = all.iter().map(|snapshot| snapshot.id.clone()).collect();
        let gone = self.lock().machine.gone(&held);
        gone.iter().for_each(|id| self.0.pictures.forget(id.borrow()));
        self.feed(gone.iter().map(|id| Input::Removed { id: id.borrow(), forgotten: false }));
        // One at a time: nobody waits for all of them.
        for snapshot in &all {
            self.believe(snapshot.id.borrow(), snapshot);
        }
        told
    }

    fn believe(&self, id: Identity<'_>, snapshot: &Snapshot) {
        let believed = Input::Believed { id, belief: belief(snapshot) };
        let conflict = Input::Conflict { id, on: snapshot.conflict };
        self.feed(snapshot.lived.then_some(Input::Lived { id }).into_iter().chain([believed, conflict]));
    }

    fn tick(&self) {
        let (mut out, mut rows) = (Vec::new(), Vec::new());
        let mut desk = self.lock();
        let at = self.moment();
        if let Some((_, begun)) = desk.doubt.take_if(|(latest, _)| *latest <= at.wall) {
            tracing::info!("the clock is right again");
            let step = at.wall.as_unix_millis().saturating_sub(begun.wall_of(at.now).as_unix_millis());
            desk.machine.handle(at, Input::Clock { trusted: true, step }, &mut out);
        }
        desk.machine.handle(at, Input::Tick, &mut out);
        let tries = desk.post.tick(at, &mut rows);
        self.start(tries);
        self.apply(&mut desk, at, out, &mut rows);
        self.record(rows);
    }

    /// How long nothing is due.
    fn nap(&self) -> Duration {
        let desk = self.lock();
        let at = self.moment();
        let due = [desk.machine.next_timeout(at), desk.post.next_timeout()].into_iter().flatten().min();
        due.map_or(NAP, |due| due.since(at.now)).min(NAP)
    }

    fn finish(&self, done: Done) {
        match done {
            Done::Repaired(id, ticket, failure, said) => {
                self.feed([Input::Repaired { id: id.borrow(), ticket, failure, said: &said }]);
            }
            Done::Sent(attempt, outcome) => {
                let mut rows = Vec::new();
                let mut desk = self.lock();
                let at = self.moment();
                let tries = desk.post.ended(at, attempt, outcome, &mut rows);
                drop(desk);
                self.start(tries);
                self.record(rows);
            }
        }
    }

    async fn work(self, job: Job) -> Done {
        match job {
            Job::Send(Try { attempt, channel, mut message }) => {
                let Some(named) = self.0.alerts.channel(&channel) else {
                    return Done::Sent(attempt, Outcome::Refused);
                };
                message.voice(|id| {
                    let app = self.0.engine.snapshot(id)?;
                    Some((app.vitals.by, app.conflict))
                });
                // Only now: what waits in the memory holds no link.
                if let Some(links) = &self.0.links {
                    links.fill(&mut message, self.moment().wall, |id| {
                        screen::hears(&self.0.engine, id, "reload")
                    });
                }
                if named.pictures {
                    self.0.pictures.fill(&mut message, Instant::now());
                }
                let outcome = match named.channel.send(&message, &self.0.zone).await {
                    Ok(()) => Outcome::Delivered,
                    Err(failure) => {
                        tracing::warn!("{channel}: {failure}");
                        failure.outcome
                    }
                };
                Done::Sent(attempt, outcome)
            }
            Job::Repair(step) => {
                let report = self.0.repairer.carry_out(&step).await;
                let (failure, said) = report.map_or((Some(Failure::Refused), String::new()), |report| {
                    tracing::info!(app = %step.id, step = step.action.word(), said = report.said, "repair");
                    (report.failure, report.said)
                });
                Done::Repaired(step.id, step.ticket, failure, said)
            }
        }
    }
}

impl Task {
    /// Feeds the machine and does what it says, until `stop`. Tries and steps under way are dropped then, and so ended.
    pub async fn run(self, stop: CancellationToken) {
        let Self { watch, mut jobs } = self;
        let topics = [Topic::from_static("hb.transition"), Topic::from_static("hb.event")];
        let mut events = watch.0.engine.bus().subscribe(Filter::only(topics).queue(QUEUE));
        let mut agents = watch.0.engine.screens().subscribe(Filter::only([HEARD]).queue(QUEUE));
        // What came in between the look at the beginning and this line.
        let mut known = watch.look_again();
        let mut under_way = JoinSet::new();
        loop {
            // However much there is to hear: what is due is not put off.
            let nap = watch.nap();
            if nap.is_zero() {
                watch.tick();
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(done) = under_way.join_next(), if !under_way.is_empty() => {
                    if let Ok(done) = done {
                        watch.finish(done);
                    }
                }
                Some(job) = jobs.recv() => {
                    under_way.spawn(watch.clone().work(job));
                }
                received = events.recv() => match received {
                    Received::Message { seq, message } => {
                        if let Some(Dated { happening, .. }) = message.value().filter(|_| seq > known) {
                            watch.hear(happening);
                        }
                    }
                    Received::Missed(_) => known = watch.look_again(),
                    Received::Closed => return,
                },
                received = agents.recv() => {
                    if let Received::Message { message, .. } = received
                        && let Some(Heard { id, evidence, on, .. }) = message.value()
                    {
                        watch.feed([Input::Evidence { id: id.borrow(), evidence: *evidence, on: *on }]);
                    }
                }
                () = watch.0.wake.notified() => {}
                // While the engine's time stands still, what is due stays due.
                () = tokio::time::sleep(nap.max(Duration::from_millis(1))) => {}
            }
        }
    }
}

/// What the registry believes, in the words of incidents.
fn belief(snapshot: &Snapshot) -> Belief {
    let Snapshot { state, cause, since, granted, silent_since, thresholds, .. } = snapshot;
    let down_at = *silent_since + *granted * thresholds.down;
    Belief { state: *state, cause: *cause, since: *since, granted: *granted, down_at }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("alerts", &self.0.alerts).finish_non_exhaustive()
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").finish_non_exhaustive()
    }
}
