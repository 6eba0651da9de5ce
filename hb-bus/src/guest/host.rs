//! The host's end: one guest's session, in the task of whoever calls it.
//!
//! Not here: the guest's own end, and who is let in.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::poll_fn;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::pin::pin;
use std::task::{Context, Poll};

use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt};
use hb_lease::time::Time;

use super::budget::{self, Account, Budget, Limits, Verdict};
use super::grant::Grant;
use super::wire::{self, Say, Tell, VERSION};
use super::{ANSWERABLE, LONGEST, PATIENCE, QUEUE, REQUESTS, SUBSCRIPTIONS, TOPICS, UNREAD};
use crate::bus::{Bus, Filter, Options, Pod, Quota, Received, ReplyError, Subscription};
use crate::link::{Connection, Frame};
use crate::message::{Id, Message, Topic};
use crate::runtime::{Elapsed, Task, timeout};

/// Why a guest is gone.
///
/// The example of [`Host`] shows it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Departure {
    /// It closed the connection.
    #[error("it closed the connection")]
    Left,
    /// It was not let in.
    #[error("it was not let in: {0}")]
    Refused(String),
    /// It said much more than it may, on and on. It was told.
    #[error("it floods: it went on saying what was denied")]
    Flood,
    /// It said something that is no words of ours. It was told.
    #[error("it said something we do not understand: {0}")]
    Foreign(String),
    /// It said nothing first, or takes nothing any more.
    #[error("it takes too long")]
    Stalled,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The bus is closed.
    #[error("the bus is closed")]
    Closed,
}

/// Lets guests onto a bus. `epoch` tells this run from others: numbers of messages are good within one.
///
/// ```
/// # use hb_bus::{bus::Bus, link::memory, runtime::Simulation};
/// use hb_bus::guest::{Departure, Grant, Host};
///
/// # let world = Simulation::new(1);
/// # let bus = Bus::new(world.handle());
/// let host = Host::new(&bus, 1);
/// let (near, far) = memory::pair(16);
/// let only_the_hall = async |who: serde_json::Value| match who.as_str() {
///     Some("kiosk 7") => Ok(Grant::new().at("hall/").hear("hall/cmd")),
///     _ => Err("you are not of this hall".to_owned()),
/// };
/// drop(near); // who dials and hangs up was never let in
/// assert_eq!(world.run(host.serve(far, only_the_hall)), Departure::Left);
/// ```
#[derive(Clone, Debug)]
pub struct Host {
    bus: Bus,
    epoch: String,
    limits: Limits,
}

/// What a request of a guest came to.
type Outcome = (u64, Result<Message, ReplyError>);

struct Session {
    pod: Pod,
    grant: Grant,
    epoch: String,
    limits: Limits,
    budget: Budget,
    account: Option<Account>,
    subscriptions: BTreeMap<u64, Subscription>,
    requests: FuturesUnordered<Task<Outcome>>,
    /// What its requests came to, not told yet, and the bytes that count towards the quota.
    outcomes: VecDeque<(Tell, usize)>,
    /// What it has not read yet.
    unread: Quota,
    /// The last messages it was sent: these and no others it may answer. In order, to forget the oldest.
    answerable: (HashMap<Id, Topic>, VecDeque<Id>),
    /// Where to look first for what to send: nobody waits behind a busy neighbour.
    turn: u64,
}

impl Host {
    /// A host on this bus.
    #[must_use]
    pub fn new(bus: &Bus, epoch: u64) -> Self {
        Self { bus: bus.clone(), epoch: format!("{epoch:x}"), limits: Limits::default() }
    }

    /// What each guest may say, instead of the default.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Serves one guest until it is gone, and says why. `admit` is given what it says of itself; a reason not to let
    /// it in is told to it. Dropping this closes the connection.
    pub async fn serve(
        &self,
        connection: Connection,
        admit: impl AsyncFnOnce(serde_json::Value) -> Result<Grant, String>,
    ) -> Departure {
        self.serve_on(None, connection, admit).await
    }

    /// The same, for a guest that shares this account with all others of its place.
    pub async fn serve_on(
        &self,
        account: Option<Account>,
        mut connection: Connection,
        admit: impl AsyncFnOnce(serde_json::Value) -> Result<Grant, String>,
    ) -> Departure {
        let departure = self.session(account, &mut connection, admit).await;
        // Nothing more goes over what is broken or stalled. Whatever the others still hear of it, they are gone.
        if !matches!(departure, Departure::Stalled | Departure::Broken(_)) {
            let _ = timeout(&*self.bus.runtime(), Some(PATIENCE), connection.leaving.close()).await;
        }
        departure
    }

    /// Tells a guest why it is not let in, whoever it is, and closes the connection.
    pub async fn refuse(&self, mut connection: Connection, reason: String) -> Departure {
        let refused = Tell::Refused { reason: reason.clone() };
        let told = self.send(&mut connection, &refused).await;
        let _ = timeout(&*self.bus.runtime(), Some(PATIENCE), connection.leaving.close()).await;
        told.err().unwrap_or(Departure::Refused(reason))
    }

    async fn session(
        &self,
        account: Option<Account>,
        connection: &mut Connection,
        admit: impl AsyncFnOnce(serde_json::Value) -> Result<Grant, String>,
    ) -> Departure {
        let who = match self.greeting(connection).await {
            Ok(who) => who,
            Err(departure) => return departure,
        };
        let grant = match admit(who).await {
            Ok(grant) => grant,
            Err(reason) => {
                let refused = Tell::Refused { reason: reason.clone() };
                return self.send(connection, &refused).await.err().unwrap_or(Departure::Refused(reason));
            }
        };
        let welcome = Tell::Welcome { epoch: self.epoch.clone(), prefix: grant.prefix().to_owned() };
        if let Err(departure) = self.send(connection, &welcome).await {
            return departure;
        }
        let mut session = Session {
            pod: self.bus.pod(),
            grant,
            epoch: self.epoch.clone(),
            limits: self.limits,
            budget: Budget::new(self.limits, self.bus.runtime().now()),
            account,
            subscriptions: BTreeMap::new(),
            requests: FuturesUnordered::new(),
            outcomes: VecDeque::new(),
            unread: Quota::new(UNREAD),
            answerable: Default::default(),
            turn: 0,
        };
        loop {
            let told = {
                let next = poll_fn(|cx| session.poll_told(cx));
                match select(connection.frames.next(), next).await {
                    Either::Left((Some(Ok(frame)), _)) => session.hear(self.bus.runtime().now(), &frame),
                    Either::Left((Some(Err(error)), _)) => return Departure::Broken(error.to_string()),
                    Either::Left((None, _)) => return Departure::Left,
                    Either::Right((told, _)) => told.map(Some),
                }
            };
            let sent = match told {
                Ok(None) => Ok(()),
                Ok(Some(told)) => {
                    let mut sending = pin!(self.send(connection, &told));
                    poll_fn(|cx| {
                        // While it does not read, replies come in all the same, and count.
                        session.collect(cx);
                        sending.as_mut().poll(cx)
                    })
                    .await
                }
                Err(departure) => {
                    let refused = Tell::Refused { reason: departure.to_string() };
                    self.send(connection, &refused).await.and(Err(departure))
                }
            };
            if let Err(departure) = sent {
                return departure;
            }
        }
    }

    /// What it says first.
    async fn greeting(&self, connection: &mut Connection) -> Result<serde_json::Value, Departure> {
        let first = timeout(&*self.bus.runtime(), Some(PATIENCE), connection.frames.next()).await;
        let reason = match first {
            Err(Elapsed) => return Err(Departure::Stalled),
            Ok(None) => return Err(Departure::Left),
            Ok(Some(Err(error))) => return Err(Departure::Broken(error.to_string())),
            Ok(Some(Ok(frame))) => match wire::read(&frame) {
                Ok(Say::Hello { version: VERSION, who }) => return Ok(who),
                Ok(Say::Hello { version, .. }) => format!("version {version}: expected {VERSION}"),
                Ok(_) => r#"expected {"hello":{"version":1,"who":…}} first"#.to_owned(),
                Err(error) => error.to_string(),
            },
        };
        self.send(connection, &Tell::Refused { reason: reason.clone() }).await?;
        Err(Departure::Foreign(reason))
    }

    async fn send(&self, connection: &mut Connection, told: &Tell) -> Result<(), Departure> {
        let sending = connection.leaving.send(wire::frame(told));
        match timeout(&*self.bus.runtime(), Some(PATIENCE), sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Departure::Broken(error.to_string())),
            Err(Elapsed) => Err(Departure::Stalled),
        }
    }
}

impl Session {
    /// What it is told to what it said, if anything.
    fn hear(&mut self, now: Time, frame: &Frame) -> Result<Option<Tell>, Departure> {
        let said = wire::read(frame).map_err(|error| Departure::Foreign(error.to_string()))?;
        let denied = |reason: String| Some(Tell::Denied { reason });
        if let Some(nr) = costs(&said) {
            match self.charge(now, frame.len()) {
                Verdict::Heard => {}
                Verdict::Flood => return Err(Departure::Flood),
                Verdict::Denied { first } => {
                    let reason = budget::too_much(self.limits);
                    return Ok(match nr {
                        Some(nr) => Some(Tell::Failed { nr, reason }),
                        None => first.then_some(Tell::Denied { reason }),
                    });
                }
            }
        }
        Ok(match said {
            Say::Hello { .. } => denied("a second hello".to_owned()),
            Say::Publish { topic, data } => match self.own(&topic, data) {
                Ok(message) => {
                    self.pod.publish(message).map_err(|_| Departure::Closed)?;
                    None
                }
                Err(reason) => denied(reason),
            },
            Say::Request { nr, topic, data } => match self.ask(nr, &topic, data) {
                Ok(()) => None,
                Err(reason) => Some(Tell::Failed { nr, reason }),
            },
            Say::Answer { to, data } => match self.answer(&to, data) {
                Ok(message) => {
                    self.pod.publish(message).map_err(|_| Departure::Closed)?;
                    None
                }
                // Strangers to what they were sent answer at their own cost.
                Err(reason) => match self.charge(now, frame.len()) {
                    Verdict::Flood => return Err(Departure::Flood),
                    Verdict::Heard | Verdict::Denied { first: true } => denied(reason),
                    Verdict::Denied { first: false } => None,
                },
            },
            Say::Subscribe { nr, topics, replay, after } => {
                Some(match self.subscribe(nr, &topics, replay, after) {
                    Ok(whole) => Tell::Subscribed { nr, whole },
                    Err(reason) => Tell::Failed { nr, reason },
                })
            }
            // Done however dry the budget is, but not for nothing.
            Say::Unsubscribe { nr } => {
                self.subscriptions.remove(&nr);
                if self.charge(now, frame.len()) == Verdict::Flood {
                    return Err(Departure::Flood);
                }
                None
            }
        })
    }

    fn charge(&mut self, now: Time, bytes: usize) -> Verdict {
        match (self.budget.take(now, bytes), &self.account) {
            (Verdict::Heard, Some(account)) => account.take(now, bytes),
            (own, _) => own,
        }
    }

    /// A message that it may publish. The bus names and dates it: no guest chooses another's.
    fn own(&self, topic: &str, data: wire::Data) -> Result<Message, String> {
        if !self.grant.may_publish(topic) {
            return Err(format!("{topic:?} is not yours to publish"));
        }
        let message = wire::message(topic, data).map_err(|error| error.to_string())?;
        // Many may have to keep it; an answer goes to one who asked for it.
        match message.data().len() {
            0..=LONGEST => Ok(message),
            more => Err(format!("{more} bytes are too much: expected at most {LONGEST}, but in answers")),
        }
    }

    fn ask(&mut self, nr: u64, topic: &str, data: wire::Data) -> Result<(), String> {
        if self.requests.len() + self.outcomes.len() >= REQUESTS {
            return Err(format!("{REQUESTS} requests are under way, which is the most"));
        }
        let message = self.own(topic, data)?;
        let receipt = self.pod.request(message).map_err(|error| error.to_string())?;
        self.requests.push(Box::pin(async move { (nr, receipt.reply(Some(super::ANSWER)).await) }));
        Ok(())
    }

    /// About what it was sent, and once. Its place in the order is freed when its turn comes.
    fn answer(&mut self, to: &str, data: wire::Data) -> Result<Message, String> {
        let data = data.bytes().map_err(|error| error.to_string())?;
        let sent = wire::id(to).and_then(|id| self.answerable.0.remove_entry(&id));
        let (to, topic) = sent.ok_or("that is no message you were sent lately and have not answered")?;
        Ok(Message::new(topic, data).answering(to))
    }

    /// Whether nothing is missing.
    fn subscribe(
        &mut self,
        nr: u64,
        topics: &[String],
        replay: bool,
        after: Option<wire::After>,
    ) -> Result<bool, String> {
        if self.subscriptions.len() >= SUBSCRIPTIONS && !self.subscriptions.contains_key(&nr) {
            return Err(format!("{SUBSCRIPTIONS} subscriptions stand, which is the most"));
        }
        if topics.len() > TOPICS {
            return Err(format!("{} topics: expected at most {TOPICS}", topics.len()));
        }
        if let Some(topic) = topics.iter().find(|topic| !self.grant.may_hear(topic)) {
            return Err(format!("{topic:?} is not for you to hear"));
        }
        let topics: Result<Vec<Topic>, _> = topics.iter().map(|topic| topic.parse()).collect();
        let filter = Filter::only(topics.map_err(|error| error.to_string())?);
        let asked = after.filter(|after| after.epoch == self.epoch);
        let options = Options { replay, quota: Some(self.unread.clone()), ..filter.queue(QUEUE) };
        let resumed = asked.and_then(|after| self.pod.resume(after.seq, options.clone()).ok());
        let whole = resumed.is_some();
        let subscription = resumed.unwrap_or_else(|| self.pod.subscribe(options));
        self.subscriptions.insert(nr, subscription);
        Ok(whole)
    }

    /// Takes in what its requests came to. A reply that finds too much unread is given up, unless it is the only one.
    fn collect(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some((nr, outcome))) = self.requests.poll_next_unpin(cx) {
            let told = match outcome {
                Ok(reply) => {
                    let bytes = reply.data().len();
                    self.unread.take(bytes);
                    if self.outcomes.is_empty() || !self.unread.is_exceeded() {
                        let topic = reply.topic().to_string();
                        (Tell::Reply { nr, topic, data: wire::Data::of(reply.data()) }, bytes)
                    } else {
                        self.unread.give_back(bytes);
                        let reason = format!("you were too slow: {UNREAD} bytes wait for you already");
                        (Tell::Failed { nr, reason }, 0)
                    }
                }
                Err(error) => (Tell::Failed { nr, reason: error.to_string() }, 0),
            };
            self.outcomes.push_back(told);
        }
    }

    /// What it is to be told next.
    fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<Result<Tell, Departure>> {
        self.collect(cx);
        if let Some((told, bytes)) = self.outcomes.pop_front() {
            self.unread.give_back(bytes);
            return Poll::Ready(Ok(told));
        }
        for round in [(Included(self.turn), Unbounded), (Unbounded, Excluded(self.turn))] {
            for (&nr, subscription) in self.subscriptions.range_mut(round) {
                let Poll::Ready(received) = subscription.poll_recv(cx) else { continue };
                return Poll::Ready(match received {
                    Received::Message { seq, message } => {
                        self.turn = nr.wrapping_add(1);
                        remember(&mut self.answerable, &message);
                        Ok(Tell::message(nr, seq, &message))
                    }
                    Received::Missed(count) => Ok(Tell::Missed { nr, count }),
                    Received::Closed => Err(Departure::Closed),
                });
            }
        }
        Poll::Pending
    }
}

/// Whether it is to be paid for, and if so the number under which its failure is told. Answers were asked for, and
/// whoever asked shall have them; leaving off costs nobody anything.
fn costs(said: &Say) -> Option<Option<u64>> {
    match said {
        Say::Answer { .. } | Say::Unsubscribe { .. } => None,
        Say::Request { nr, .. } | Say::Subscribe { nr, .. } => Some(Some(*nr)),
        Say::Hello { .. } | Say::Publish { .. } => Some(None),
    }
}

fn remember((known, order): &mut (HashMap<Id, Topic>, VecDeque<Id>), sent: &Message) {
    if known.insert(sent.id(), sent.topic().clone()).is_none() {
        order.push_back(sent.id());
        if order.len() > ANSWERABLE
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
    }
}
